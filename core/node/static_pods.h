// Static pods: what manifest files of this node say shall run, whatever the API says (kubernetes.io
// "Create static Pods"). Each has a mirror in the API that shows it: NAME-NODE, with the annotation
// kubernetes.io/config.mirror. To delete the mirror is no more than to have it made anew.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/api/object.h"
#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "core/client/client.h"
#include "core/node/background.h"

namespace cove::node {

// Mirrors, by their uid as the node knows it: a hash of the node, the file and what it says.
using StaticPodsByUid = std::map<std::string, boost::json::object>;

// The pods of the files (YAML or JSON, one pod each, at most 1 MiB) of a folder, with the defaults
// that the API has; files whose names begin with a dot are left out, as is, with a warning, what is
// no valid pod. The first 250 by name count. None when there is no folder; an error when it cannot
// be read.
Result<StaticPodsByUid> read_manifests(const Path& folder, const std::string& node_name,
                                       Logger& logger);
// Changes with whatever is written there.
using ManifestsSeen = std::vector<std::string>;
Result<ManifestsSeen> look_at_manifests(const Path& folder);

inline constexpr std::size_t kStaticUidDigits = 32;
// Whether it can be a static pod's uid as the node knows it: other uids have dashes.
bool is_static_uid(std::string_view uid);
// The uid that the node knows a mirror by; empty when the pod is none.
std::string mirrored_uid(const api::Object& pod);

// Everything on the executor. The folder is looked at every second; it need not be there. While it
// cannot be read, what it said last counts.
class StaticPods : public std::enable_shared_from_this<StaticPods> {
 public:
  struct Parts {
    Path folder;
    std::string node_name;
    client::Transport& transport;  // as system:node:<name>
    Executor& executor;
    Background& background;
    const Clock& clock;
    Logger& logger;
    // The pods of this node as the API has them, and the node; null while they are not known.
    std::function<std::vector<api::ObjectPtr>()> pods;
    std::function<api::ObjectPtr()> node;
    // Whether anything is left of what the mirror shows.
    std::function<bool(const api::Object& mirror)> runs;
    // Other pods are wanted than before; after start().
    std::function<void()> changed;
  };
  // Reads the folder once: wants() is right from the beginning. Blocks.
  explicit StaticPods(Parts parts);
  // Once the pods of this node are known.
  void start();
  void stop();

  // Whether it is the mirror of a file that is there. Anybody may make what looks like one.
  bool wants(const api::Object& mirror) const;
  // Whether a pod of this uid is wanted, or may be: nobody knows until the folder has been read.
  bool may_want(const std::string& uid) const;
  // What is to run, whatever the API shows of it: with its uid here, and nothing of the API's.
  std::vector<api::ObjectPtr> wanted() const;
  // A mirror as the node's rooms work with it: with its uid here. What runs is what the file says;
  // the API's are its identity and its status. Any other pod as it is.
  api::ObjectPtr as_run(const api::ObjectPtr& pod) const;
  // Makes mirrors that are missing and removes those that nothing is behind any more.
  void reconcile();

 private:
  struct Found;
  static void look_now(const Parts& parts, const ManifestsSeen& seen, Found& found);
  void take(Found& found);
  void look();
  void make(const boost::json::object& mirror);
  void remove(const api::Object& mirror, bool at_once);
  // One write for each name at a time.
  bool begin_write(const std::string& key);
  // By value: what it ends may be what holds the caller's.
  void wrote(std::string key, const char* step, std::string failure);

  const Parts parts_;
  ManifestsSeen seen_;
  StaticPodsByUid wanted_;
  bool known_ = false;                               // the folder has been read
  std::string unreadable_;                           // why it cannot be
  std::map<std::string, client::Operation> writes_;  // by "namespace/name", as what follows
  std::map<std::string, std::string> told_;          // failures
  bool started_ = false, stopped_ = false;
};

}  // namespace cove::node
