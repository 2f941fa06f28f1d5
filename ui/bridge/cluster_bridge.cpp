#include "ui/bridge/cluster_bridge.h"

#include <QMetaObject>
#include <algorithm>

#include "ui/bridge/log_tail.h"

namespace cove::ui {

// Collects what an operation's thread reports and hands it over in one event however much it is.
class ClusterBridge::Reporter final : public TaskProgress,
                                      public std::enable_shared_from_this<Reporter> {
 public:
  Reporter(ClusterBridge& bridge, OperationId id) : bridge_(bridge), id_(id) {}

  void plan(const std::string&, const std::vector<provision::Step>& steps) override {
    std::lock_guard lock(mutex_);
    plan_ = steps;
    updates_.clear();
    schedule();
  }
  void update(const provision::Step& step) override {
    std::lock_guard lock(mutex_);
    const auto same = std::find_if(updates_.begin(), updates_.end(),
                                   [&](const auto& other) { return other.id == step.id; });
    if (same == updates_.end()) {
      updates_.push_back(step);
    } else {
      *same = step;
    }
    schedule();
  }
  void note(const std::string& sentence) override {
    std::lock_guard lock(mutex_);
    if (notes_.size() < kMaxNotes) notes_.push_back(QString::fromStdString(sentence));
    schedule();
  }
  void log(std::string_view text) override {
    std::lock_guard lock(mutex_);
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      line_.append(text.data(), static_cast<qsizetype>(end));
      text.remove_prefix(end + 1);
      put_line();
    }
    if (line_.size() < kMaxLine) line_.append(text.data(), static_cast<qsizetype>(text.size()));
    if (!lines_.empty()) schedule();
  }
  // What came after the last line's end is a line too.
  void flush() {
    std::lock_guard lock(mutex_);
    if (line_.isEmpty()) return;
    put_line();
    schedule();
  }

 private:
  static constexpr std::size_t kMaxNotes = 100;
  static constexpr qsizetype kMaxLines = 2000;
  static constexpr qsizetype kMaxLine = 64 * 1024;

  void put_line() {
    if (lines_.size() >= kMaxLines) lines_.removeFirst();
    lines_.append(clean_console_line(line_));
    line_.clear();
  }

  void schedule() {
    if (scheduled_) return;
    scheduled_ = true;
    bridge_.post([self = shared_from_this()] { self->deliver(); });
  }
  void deliver() {
    std::unique_lock lock(mutex_);
    scheduled_ = false;
    const auto plan = std::exchange(plan_, std::nullopt);
    const auto updates = std::exchange(updates_, {});
    const auto notes = std::exchange(notes_, {});
    const auto lines = std::exchange(lines_, {});
    lock.unlock();
    if (plan) Q_EMIT bridge_.operation_planned(id_, *plan);
    for (const auto& step : updates) Q_EMIT bridge_.operation_stepped(id_, step);
    for (const auto& sentence : notes) Q_EMIT bridge_.operation_noted(id_, sentence);
    if (!lines.isEmpty()) Q_EMIT bridge_.operation_logged(id_, lines);
  }

  ClusterBridge& bridge_;
  const OperationId id_;
  std::mutex mutex_;
  bool scheduled_ = false;
  std::optional<std::vector<provision::Step>> plan_;
  std::vector<provision::Step> updates_;
  std::vector<QString> notes_;
  QStringList lines_;
  QByteArray line_;  // not at its end yet
};

namespace {

Result<void> perform(ClusterService& service, const OperationRequest& request,
                     TaskProgress& progress, const std::stop_token& stop) {
  switch (request.kind) {
    case OperationKind::kStart:
      return service.start(request.profile, request.start, progress, stop);
    case OperationKind::kStop: return service.stop(request.profile, progress, stop);
    case OperationKind::kPause: return service.pause(request.profile, progress, stop);
    case OperationKind::kDelete: return service.remove(request.profile, progress, stop);
    case OperationKind::kConfigure:
      return service.configure(request.profile, request.start, progress, stop);
    case OperationKind::kRestart: return service.restart(request.profile, progress, stop);
    case OperationKind::kTask: return request.task->run(progress, stop);
  }
  return Error{ErrorCode::kInternal, "run", request.profile, "unknown operation", {}};
}

// A thread's root: a bug below becomes an error the user can report, not the end of the window.
template <class Function>
auto guarded(Function function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& exception) {
    return Error{ErrorCode::kInternal,
                 "finish the operation",
                 {},
                 exception.what(),
                 "Please report this as a bug in Cove."};
  }
}

}  // namespace

ClusterBridge::ClusterBridge(std::shared_ptr<ClusterService> service, QObject* parent)
    : QObject(parent), service_(std::move(service)) {}

ClusterBridge::~ClusterBridge() {
  cancel_all();
  workers_.clear();
  host_thread_.reset();
  watch_thread_.reset();
  watch_.reset();
}

void ClusterBridge::post(std::function<void()> action) {
  QMetaObject::invokeMethod(this, std::move(action), Qt::QueuedConnection);
}

void ClusterBridge::observe() {
  if (watch_thread_) return;
  watch_thread_.emplace([this] {
    watch_ = service_->watch([this](ClusterService::Statuses statuses) {
      std::lock_guard lock(statuses_mutex_);
      const bool scheduled = pending_statuses_.has_value();
      pending_statuses_ = std::move(statuses);
      if (!scheduled) post([this] { deliver_statuses(); });
    });
  });
}

void ClusterBridge::deliver_statuses() {
  std::unique_lock lock(statuses_mutex_);
  const auto statuses = std::exchange(pending_statuses_, std::nullopt);
  lock.unlock();
  if (statuses) Q_EMIT statuses_changed(*statuses);
}

void ClusterBridge::request_host(vm::NetworkMode network) {
  if (host_thread_) {
    if (std::ranges::find(next_hosts_, network) == next_hosts_.end())
      next_hosts_.push_back(network);
    return;
  }
  ask_host(network);
}

void ClusterBridge::ask_host(vm::NetworkMode network) {
  host_thread_.emplace([this, network] {
    auto answer = std::make_shared<Result<provision::HostFacts>>(
        guarded([&]() -> Result<provision::HostFacts> { return service_->host(network); }));
    post([this, network, answer] {
      host_thread_.reset();
      if (!next_hosts_.empty()) {
        const vm::NetworkMode next = next_hosts_.front();
        next_hosts_.erase(next_hosts_.begin());
        ask_host(next);
      }
      if (answer->has_value()) {
        Q_EMIT host_known(network, **answer);
      } else {
        Q_EMIT host_failed(network, answer->error());
      }
    });
  });
}

std::optional<OperationId> ClusterBridge::run(const OperationRequest& request) {
  const bool taken = !request.profile.empty() && busy(request.profile);
  if (taken || workers_.size() >= kMaxOperations) return std::nullopt;
  const OperationId id = next_id_++;
  Worker& worker = workers_[id];
  worker.profile = request.profile;
  Q_EMIT operation_started(id, request);
  worker.thread = std::jthread([this, id, request](std::stop_token stop) {
    const auto reporter = std::make_shared<Reporter>(*this, id);
    const auto result =
        guarded([&]() -> Result<void> { return perform(*service_, request, *reporter, stop); });
    reporter->flush();
    std::optional<Error> error;
    if (result.has_error()) error = result.error();
    post([this, id, error] { finish(id, error); });
  });
  return id;
}

std::optional<OperationId> ClusterBridge::run(std::shared_ptr<const Task> task) {
  OperationRequest request;
  request.kind = OperationKind::kTask;
  request.task = std::move(task);
  return run(request);
}

void ClusterBridge::finish(OperationId id, const std::optional<Error>& error) {
  workers_.erase(id);
  Q_EMIT operation_finished(id, error);
}

void ClusterBridge::cancel(OperationId id) {
  const auto worker = workers_.find(id);
  if (worker != workers_.end()) worker->second.thread.request_stop();
}

void ClusterBridge::cancel_all() {
  for (auto& [id, worker] : workers_) worker.thread.request_stop();
}

bool ClusterBridge::busy(const std::string& profile) const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [&](const auto& entry) { return entry.second.profile == profile; });
}

}  // namespace cove::ui
