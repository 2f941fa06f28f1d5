#include "ui/bridge/api_session.h"

#include <QPointer>
#include <mutex>
#include <set>

namespace cove::ui {

Result<std::unique_ptr<client::ChannelTransport>> ApiSource::connect_channels(const std::string&,
                                                                              Executor&) {
  return Error{
      ErrorCode::kUnsupported, "open", "a stream to a pod", "this way to the cluster has none", {}};
}

// Between the session's thread and the GUI's: what changed and was not shown yet. It holds an
// object once however often it changes, so it never grows beyond the collection.
struct LiveCollection::Mailbox {
  std::mutex mutex;
  std::map<std::string, api::ObjectPtr> changes;
  bool synced = false;
  std::optional<client::ApiError> problem;
  bool posted = false;
  QPointer<LiveCollection> receiver;  // read and set in the GUI thread
  QObject* post_to = nullptr;         // lives as long as the session
  std::uint64_t generation = 0;

  // `change` is done under the lock; nothing is done for a cluster that was left.
  void put(std::uint64_t of, const std::shared_ptr<Mailbox>& self,
           const std::function<void()>& change) {
    {
      const std::lock_guard lock(mutex);
      if (of != generation) return;
      change();
      if (posted) return;
      posted = true;
    }
    announce(self);
  }
  void announce(const std::shared_ptr<Mailbox>& self) const {
    QMetaObject::invokeMethod(
        post_to,
        [self] {
          if (self->receiver) self->receiver->deliver();
        },
        Qt::QueuedConnection);
  }
};

LiveCollection::LiveCollection(client::Selection selection, std::shared_ptr<Mailbox> mailbox)
    : selection_(std::move(selection)), mailbox_(std::move(mailbox)) {}

LiveCollection::~LiveCollection() {
  if (gone_) gone_();
}

api::ObjectPtr LiveCollection::find(const std::string& key) const {
  const auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : found->second;
}

void LiveCollection::deliver() {
  std::vector<ObjectChange> changes;
  bool synced = false;
  bool more = false;
  std::optional<client::ApiError> problem;
  {
    const std::lock_guard lock(mailbox_->mutex);
    while (!mailbox_->changes.empty() && changes.size() < kBatch) {
      auto first = mailbox_->changes.extract(mailbox_->changes.begin());
      changes.push_back({std::move(first.key()), std::move(first.mapped())});
    }
    more = !mailbox_->changes.empty();
    mailbox_->posted = more;
    synced = mailbox_->synced && !more;
    problem = mailbox_->problem;
  }
  for (const ObjectChange& change : changes) {
    if (change.object) {
      objects_[change.key] = change.object;
    } else {
      objects_.erase(change.key);
    }
  }
  const auto message = [](const auto& error) { return error ? error->message : std::string(); };
  const bool health = synced != synced_ || message(problem) != message(problem_);
  synced_ = synced_ || synced;
  problem_ = std::move(problem);
  if (!changes.empty()) Q_EMIT changed(changes);
  if (health) Q_EMIT health_changed();
  // The rest in a turn of its own: the window stays awake between them.
  if (more) mailbox_->announce(mailbox_);
}

void LiveCollection::forget() {
  objects_.clear();
  synced_ = false;
  problem_.reset();
  Q_EMIT forgotten();
}

// What belongs to the session's thread.
class ApiSession::Worker {
 public:
  Worker(ApiSession& session, std::shared_ptr<ApiSource> source, Logger& logger)
      : session_(session), source_(std::move(source)), logger_(logger) {
    loop_.start();
  }
  ~Worker() {
    loop_.post([this] { leave(); });
    loop_.stop();
  }

  void choose(const std::string& context, std::uint64_t generation) {
    loop_.post([this, context, generation] {
      leave();
      generation_ = generation;
      chosen_ = context;
      if (context.empty()) return;
      auto made = source_->connect(context, loop_);
      std::optional<Error> trouble;
      if (made) {
        transport_ = std::move(*made);
        for (const auto& mailbox : followed_) begin(mailbox.first, mailbox.second);
      } else {
        trouble = made.error();
      }
      QMetaObject::invokeMethod(
          &session_,
          [this, trouble, generation] {
            if (generation == session_.generation_) session_.take_trouble(trouble);
          },
          Qt::QueuedConnection);
    });
  }

  void follow(const client::Selection& selection,
              const std::shared_ptr<LiveCollection::Mailbox>& mailbox) {
    loop_.post([this, selection, mailbox] {
      followed_[selection] = mailbox;
      if (transport_) begin(selection, mailbox);
    });
  }
  void unfollow(const client::Selection& selection,
                const std::shared_ptr<LiveCollection::Mailbox>& mailbox) {
    loop_.post([this, selection, mailbox] {
      const auto found = followed_.find(selection);
      if (found == followed_.end() || found->second != mailbox) return;
      followed_.erase(found);
      informers_.erase(selection);
    });
  }

  // `start` gets null when there is no cluster.
  void run(std::function<void(client::Transport*, std::uint64_t generation)> start) {
    loop_.post([this, start = std::move(start)] { start(transport_.get(), generation_); });
  }
  // Made when the first stream is wanted.
  void with_channels(Channels use) {
    loop_.post([this, use = std::move(use)] {
      client::ApiError why_not = client::no_answer(ErrorCode::kUnavailable, "no cluster is chosen");
      if (!channels_ && !chosen_.empty()) {
        auto made = source_->connect_channels(chosen_, loop_);
        if (made) channels_ = std::move(*made);
        if (!made) why_not = client::no_answer(made.error());
      }
      use(channels_, why_not);
    });
  }
  // Keeps an operation until `id` is finished or the cluster is left.
  std::uint64_t next_operation() { return ++last_operation_; }
  void keep(std::uint64_t id, client::Operation operation) {
    if (!finished_.erase(id)) operations_[id] = std::move(operation);
  }
  void drop(std::uint64_t id) { operations_.erase(id); }
  void finish(std::uint64_t id) {
    if (const auto found = operations_.find(id); found != operations_.end()) {
      found->second.release();
      operations_.erase(found);
    } else {
      finished_.insert(id);
    }
  }

 private:
  struct Followed {
    std::shared_ptr<client::Informer> informer;
    client::Registration registration;
  };

  void begin(const client::Selection& selection,
             const std::shared_ptr<LiveCollection::Mailbox>& mailbox) {
    using Mailbox = LiveCollection::Mailbox;
    auto informer =
        client::Informer::create(*transport_, selection, client::system_random, logger_);
    const std::uint64_t generation = generation_;
    const auto put = [mailbox, generation](const api::ObjectPtr& object, bool gone) {
      mailbox->put(generation, mailbox,
                   [&] { mailbox->changes[client::key_of(*object)] = gone ? nullptr : object; });
    };
    const std::weak_ptr<client::Informer> weak = informer;
    informer->on_health([weak, mailbox, generation] {
      const auto self = weak.lock();
      if (!self) return;
      const bool synced = self->has_synced();
      auto problem = self->problem();
      const std::shared_ptr<Mailbox>& box = mailbox;
      box->put(generation, box, [&] {
        box->synced = synced;
        box->problem = std::move(problem);
      });
    });
    Followed& followed = informers_[selection];
    followed.informer = informer;
    followed.registration = informer->add_handler(
        {.added = [put](const api::ObjectPtr& object, bool) { put(object, false); },
         .updated = [put](const api::ObjectPtr&, const api::ObjectPtr& now) { put(now, false); },
         .deleted = [put](const api::ObjectPtr& last, bool) { put(last, true); }});
    informer->start();
  }

  void leave() {
    informers_.clear();
    operations_.clear();
    finished_.clear();
    channels_.reset();
    transport_.reset();
  }

  ApiSession& session_;
  const std::shared_ptr<ApiSource> source_;
  Logger& logger_;
  EventLoop loop_;
  // The rest is the loop's.
  std::uint64_t generation_ = 0;
  std::string chosen_;
  std::unique_ptr<client::Transport> transport_;
  std::shared_ptr<client::ChannelTransport> channels_;
  std::map<client::Selection, std::shared_ptr<LiveCollection::Mailbox>> followed_;
  std::map<client::Selection, Followed> informers_;
  std::uint64_t last_operation_ = 0;
  std::map<std::uint64_t, client::Operation> operations_;
  std::set<std::uint64_t> finished_;
};

ApiSession::ApiSession(std::shared_ptr<ApiSource> source, Logger& logger, QObject* parent)
    : QObject(parent),
      source_(std::move(source)),
      worker_(std::make_unique<Worker>(*this, source_, logger)) {}

ApiSession::~ApiSession() {
  worker_.reset();
}

void ApiSession::choose(const std::string& context) {
  if (context == context_) return;
  context_ = context;
  reconnect();
}

void ApiSession::reconnect() {
  ++generation_;
  for (const auto& [selection, weak] : collections_) {
    const auto collection = weak.lock();
    if (!collection) continue;
    {
      const std::lock_guard lock(collection->mailbox_->mutex);
      collection->mailbox_->generation = generation_;
      collection->mailbox_->changes.clear();
      collection->mailbox_->synced = false;
      collection->mailbox_->problem.reset();
    }
    collection->forget();
  }
  worker_->choose(context_, generation_);
  take_trouble(std::nullopt);
  Q_EMIT chosen();
}

std::vector<Path> ApiSession::context_files() const {
  return source_ ? source_->files() : std::vector<Path>();
}

void ApiSession::list_contexts(QObject* receiver,
                               std::function<void(Result<std::vector<ContextEntry>>)> done) {
  const QPointer<QObject> guard(receiver);
  worker_->run(
      [this, guard, source = source_, done = std::move(done)](client::Transport*, std::uint64_t) {
        auto answer = source ? source->contexts()
                             : Result<std::vector<ContextEntry>>(std::vector<ContextEntry>());
        QMetaObject::invokeMethod(
            this,
            [guard, done, answer = std::move(answer)] {
              if (guard) done(answer);
            },
            Qt::QueuedConnection);
      });
}

void ApiSession::take_trouble(std::optional<Error> error) {
  const bool same = error.has_value() == trouble_.has_value() &&
                    (!error || error->message() == trouble_->message());
  trouble_ = std::move(error);
  if (!same) Q_EMIT trouble_changed();
}

std::shared_ptr<LiveCollection> ApiSession::follow(const client::Selection& selection) {
  std::erase_if(collections_, [](const auto& entry) { return entry.second.expired(); });
  if (const auto found = collections_.find(selection); found != collections_.end())
    return found->second.lock();
  auto mailbox = std::make_shared<LiveCollection::Mailbox>();
  mailbox->post_to = this;
  mailbox->generation = generation_;
  const std::shared_ptr<LiveCollection> collection(new LiveCollection(selection, mailbox));
  mailbox->receiver = collection.get();
  const QPointer<ApiSession> self(this);
  collection->gone_ = [self, selection, mailbox] {
    if (self && self->worker_) self->worker_->unfollow(selection, mailbox);
  };
  collections_[selection] = collection;
  worker_->follow(selection, mailbox);
  return collection;
}

std::shared_ptr<LiveCollection> ApiSession::followed(const client::Selection& selection) const {
  const auto found = collections_.find(selection);
  const auto live = found == collections_.end() ? nullptr : found->second.lock();
  return live && live->synced() ? live : nullptr;
}

namespace {

client::ApiError no_cluster() {
  return client::no_answer(ErrorCode::kUnavailable, "no cluster is chosen");
}

}  // namespace

template <class Answer>
void ApiSession::begin(
    std::function<client::Operation(client::Transport&, std::function<void(Answer)>)> start,
    QObject* receiver, std::function<void(Answer)> done) {
  const QPointer<QObject> guard(receiver);
  const QPointer<ApiSession> self(this);
  Worker* const worker = worker_.get();
  worker->run([=, this](client::Transport* transport, std::uint64_t generation) {
    const auto answer = [=, this](Answer result) {
      QMetaObject::invokeMethod(
          this,
          [=, result = std::move(result)] {
            if (guard && self && self->generation_ == generation) done(result);
          },
          Qt::QueuedConnection);
    };
    if (transport == nullptr) return answer(no_cluster());
    const std::uint64_t id = worker->next_operation();
    worker->keep(id, start(*transport, [=](Answer result) {
                   worker->finish(id);
                   answer(std::move(result));
                 }));
  });
}

void ApiSession::send(const client::ApiRequest& request, QObject* receiver, Done done) {
  begin<client::ApiResult<client::ApiResponse>>(
      [request](client::Transport& transport, Done answered) {
        return transport.send(request, std::move(answered));
      },
      receiver, std::move(done));
}

void ApiSession::call(std::function<client::Operation(client::Transport&, ObjectDone)> start,
                      QObject* receiver, ObjectDone done) {
  begin<client::ApiResult<api::ObjectPtr>>(std::move(start), receiver, std::move(done));
}

std::unique_ptr<ApiStream> ApiSession::stream(const client::ApiRequest& request,
                                              ApiStreamReader reader) {
  // Held by the stream alone, so that what it holds goes in the GUI thread.
  const auto ours = std::make_shared<ApiStreamReader>(std::move(reader));
  const std::weak_ptr<ApiStreamReader> weak = ours;
  const QPointer<ApiSession> self(this);
  const auto id = std::make_shared<std::uint64_t>(0);  // of the session's thread
  worker_->run([this, self, weak, id, request](client::Transport* transport, std::uint64_t of) {
    using Tell = std::function<void(const ApiStreamReader&)>;
    const auto tell = [this, self, weak, of](Tell what) {
      QMetaObject::invokeMethod(
          this,
          [self, weak, of, what = std::move(what)] {
            const auto reading = weak.lock();
            if (reading && self && self->generation_ == of) what(*reading);
          },
          Qt::QueuedConnection);
    };
    const auto closed = [tell](std::optional<client::ApiError> error) {
      tell([error](const ApiStreamReader& reading) { reading.closed(error); });
    };
    if (transport == nullptr) return closed(no_cluster());
    Worker* const worker = worker_.get();
    *id = worker->next_operation();
    worker->keep(
        *id, transport->stream(
                 request, {.opened =
                               [tell] {
                                 tell([](const ApiStreamReader& reading) {
                                   if (reading.opened) reading.opened();
                                 });
                               },
                           .bytes =
                               [tell](std::string bytes, std::function<void()> taken) {
                                 tell([bytes = std::move(bytes),
                                       taken = std::move(taken)](const ApiStreamReader& reading) {
                                   reading.bytes(bytes);
                                   taken();
                                 });
                               },
                           .closed =
                               [worker, id, closed](std::optional<client::ApiError> error) {
                                 worker->finish(*id);
                                 closed(std::move(error));
                               }}));
  });
  return std::unique_ptr<ApiStream>(new ApiStream(ours, [self, id] {
    if (!self || !self->worker_) return;
    self->worker_->run([worker = self->worker_.get(), id](client::Transport*, std::uint64_t) {
      worker->drop(*id);
    });
  }));
}

void ApiSession::with_channels(Channels use) {
  worker_->with_channels(std::move(use));
}

}  // namespace cove::ui
