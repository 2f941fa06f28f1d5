// ApiSession: the GUI thread's side of one cluster's Kubernetes API. Collections are followed on a
// thread of its own; what changes arrives coalesced, so that a burst costs the GUI thread little.
#pragma once

#include <QObject>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/api/object.h"
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/client/channel.h"
#include "core/client/informer.h"

namespace cove::ui {

// A context of the kubeconfig.
struct ContextEntry {
  std::string name;
  std::string cluster;
  std::string user;
  std::string namespace_name;
  std::string server;    // "https://host:port"; empty when it cannot be used
  std::string file;      // that names it
  std::string identity;  // differs when anything of it does: authorities, credentials …
  bool operator==(const ContextEntry&) const = default;
};

// Leads to clusters. Called on the session's thread; may read files, must not wait for a network.
class ApiSource {
 public:
  virtual ~ApiSource() = default;
  // The API of a kubeconfig context; callbacks on `executor`.
  virtual Result<std::unique_ptr<client::Transport>> connect(const std::string& context,
                                                             Executor& executor) = 0;
  // Every context there is, by name.
  virtual Result<std::vector<ContextEntry>> contexts() { return std::vector<ContextEntry>(); }
  // Where they are read from. Any thread.
  virtual std::vector<Path> files() const { return {}; }
  // The streams of that cluster's pods, as `connect`. A source may have none (kUnsupported).
  virtual Result<std::unique_ptr<client::ChannelTransport>> connect_channels(
      const std::string& context, Executor& executor);
};

class PodChannel;

struct ObjectChange {
  std::string key;        // "namespace/name"
  api::ObjectPtr object;  // null: it is gone
};

// One collection as the window shows it. GUI thread. It keeps what it last knew when the cluster
// cannot be reached (problem() says why), and is healed by a diff.
class LiveCollection : public QObject {
  Q_OBJECT
 public:
  ~LiveCollection() override;

  const client::Selection& selection() const { return selection_; }
  const std::map<std::string, api::ObjectPtr>& objects() const { return objects_; }
  api::ObjectPtr find(const std::string& key) const;
  // All of the first state has arrived.
  bool synced() const { return synced_; }
  const std::optional<client::ApiError>& problem() const { return problem_; }

 Q_SIGNALS:
  // At most kBatch at a time; every key once.
  void changed(const std::vector<cove::ui::ObjectChange>& changes);
  // Another cluster is shown from now on: nothing is known of it yet.
  void forgotten();
  // synced() or problem() changed.
  void health_changed();

 public:
  static constexpr std::size_t kBatch = 400;

 private:
  friend class ApiSession;
  struct Mailbox;
  LiveCollection(client::Selection selection, std::shared_ptr<Mailbox> mailbox);
  void deliver();
  void forget();

  const client::Selection selection_;
  const std::shared_ptr<Mailbox> mailbox_;
  std::map<std::string, api::ObjectPtr> objects_;
  bool synced_ = false;
  std::optional<client::ApiError> problem_;
  std::function<void()> gone_;
};

// A body that comes piece by piece, as the GUI thread sees it: no piece before the one before was
// read.
struct ApiStreamReader {
  std::function<void()> opened = {};
  std::function<void(const std::string& bytes)> bytes;
  // Last, once; see client::StreamCallbacks.
  std::function<void(std::optional<client::ApiError>)> closed;
};

// GUI thread. Its end is the stream's: nothing is read afterwards.
class ApiStream {
 public:
  ApiStream(const ApiStream&) = delete;
  ApiStream& operator=(const ApiStream&) = delete;
  ~ApiStream() { end_(); }

 private:
  friend class ApiSession;
  ApiStream(std::shared_ptr<ApiStreamReader> reader, std::function<void()> end)
      : reader_(std::move(reader)), end_(std::move(end)) {}

  const std::shared_ptr<ApiStreamReader> reader_;
  const std::function<void()> end_;
};

// GUI thread; outlives its collections.
class ApiSession : public QObject {
  Q_OBJECT
 public:
  ApiSession(std::shared_ptr<ApiSource> source, Logger& logger, QObject* parent = nullptr);
  // Ends every request; waits for the session's thread, not for a network.
  ~ApiSession() override;

  // The context whose cluster is shown; empty: none. Collections go on with the new one.
  void choose(const std::string& context);
  // The same again, after its credentials or its address may have changed.
  void reconnect();
  const std::string& context() const { return context_; }
  // Why there is no way to the cluster at all (an unreadable kubeconfig …); empty when there is.
  const std::optional<Error>& trouble() const { return trouble_; }

  // In the GUI thread, unless `receiver` has gone.
  void list_contexts(QObject* receiver,
                     std::function<void(Result<std::vector<ContextEntry>>)> done);
  std::vector<Path> context_files() const;

  // Shared by all who ask for the same, and followed while somebody holds it.
  std::shared_ptr<LiveCollection> follow(const client::Selection& selection);
  // The same if somebody follows it already and its first state is here; else null.
  std::shared_ptr<LiveCollection> followed(const client::Selection& selection) const;

  // One request. `done` in the GUI thread, unless `receiver` has gone or another cluster was chosen
  // meanwhile.
  using Done = std::function<void(client::ApiResult<client::ApiResponse>)>;
  void send(const client::ApiRequest& request, QObject* receiver, Done done);
  // The same for what reads better as a verb of ResourceClient: `start` runs on the session's
  // thread and gets a callback to pass on.
  using ObjectDone = client::ResourceClient::ObjectDone;
  void call(std::function<client::Operation(client::Transport&, ObjectDone)> start,
            QObject* receiver, ObjectDone done);
  // A GET of what may have no end. Nothing more comes once another cluster was chosen.
  [[nodiscard]] std::unique_ptr<ApiStream> stream(const client::ApiRequest& request,
                                                  ApiStreamReader reader);

  // A stream to a pod. It ends when another cluster is chosen.
  std::unique_ptr<PodChannel> open_channel(const client::ChannelRequest& request);
  // On the session's thread, with the way to the streams of the cluster that is chosen now, or why
  // there is none. What is begun there ends with the cluster.
  using Channels = std::function<void(const std::shared_ptr<client::ChannelTransport>&,
                                      const client::ApiError& why_not)>;
  void with_channels(Channels use);

 Q_SIGNALS:
  void trouble_changed();
  void chosen();

 private:
  class Worker;
  void take_trouble(std::optional<Error> error);
  template <class Answer>
  void begin(
      std::function<client::Operation(client::Transport&, std::function<void(Answer)>)> start,
      QObject* receiver, std::function<void(Answer)> done);

  const std::shared_ptr<ApiSource> source_;
  std::unique_ptr<Worker> worker_;
  std::string context_;
  std::uint64_t generation_ = 0;  // of choices
  std::optional<Error> trouble_;
  std::map<client::Selection, std::weak_ptr<LiveCollection>> collections_;
};

}  // namespace cove::ui
