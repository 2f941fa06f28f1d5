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
#include "core/client/client.h"
#include "core/node/background.h"

namespace cove::node {

// Mirrors, by their uid as the node knows it: a hash of the node, the file and what it says.
using StaticPodsByUid = std::map<std::string, boost::json::object>;

// The pods of the files (YAML or JSON, one pod each, at most 1 MiB) of a folder; files whose names
// begin with a dot are left out, as is, with a warning, what is no pod. The first 250 by name
// count.
StaticPodsByUid read_manifests(const Path& folder, const std::string& node_name, Logger& logger);

// The uid that the node knows a mirror by, 32 hexadecimal digits; empty when the pod is none.
std::string mirrored_uid(const api::Object& pod);
// The mirror with that uid as its own: what the node's rooms work with. Any other pod as it is.
api::ObjectPtr as_run(const api::ObjectPtr& pod);

// Everything on the executor. The folder is looked at every second; it need not be there.
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
  };
  // Reads the folder once: wants() is right from the beginning. Blocks.
  explicit StaticPods(Parts parts);
  // Once the pods of this node are known.
  void start();
  void stop();

  // Whether it is the mirror of a file that is there. Anybody may make what looks like one.
  bool wants(const api::Object& mirror) const;
  // Makes mirrors that are missing and removes those that nothing is behind any more.
  void reconcile();

 private:
  using Fingerprint = std::vector<std::string>;
  static Fingerprint look_at(const Path& folder);
  void look();
  void make(const std::string& uid, const boost::json::object& mirror);
  void remove(const api::Object& mirror, bool at_once);
  // One write for each at a time.
  bool begin_write(const std::string& uid);
  // By value: what it ends may be what holds the caller's.
  void wrote(std::string uid, const char* step, std::string failure);

  const Parts parts_;
  Fingerprint seen_;
  StaticPodsByUid wanted_;
  std::map<std::string, client::Operation> writes_;  // by uid
  std::map<std::string, std::string> told_;          // failures, by uid
  bool started_ = false, stopped_ = false;
};

}  // namespace cove::node
