#include "vm/libvirt/connection.h"

#include <libvirt/virterror.h>
#include <unistd.h>

#include <atomic>

#include "vm/libvirt/errors.h"

namespace cove::vm::libvirt {
namespace {

constexpr int kKeepAliveSeconds = 5;
constexpr unsigned kKeepAliveMisses = 3;
constexpr std::chrono::milliseconds kFirstRetry{200};
constexpr std::chrono::milliseconds kLongestRetry{5000};

// What libvirt's callbacks hold: they may still run while the Connection goes.
struct Listener {
  std::mutex mutex;
  std::function<void(const std::string&)> changed;  // guarded by mutex; empty once retired
  std::function<void()> closed;                     // likewise
  std::atomic<bool> dead{false};
};

using SharedListener = std::shared_ptr<Listener>;

void free_listener(void* opaque) {
  delete static_cast<SharedListener*>(opaque);
}

Listener& listener_of(void* opaque) {
  return **static_cast<SharedListener*>(opaque);
}

}  // namespace

struct Connection::Session {
  Connect connect;
  SharedListener listener = std::make_shared<Listener>();
  int lifecycle = -1;
  bool close_registered = false;
};

void Connection::on_close(virConnectPtr, int, void* opaque) {
  Listener& listener = listener_of(opaque);
  listener.dead = true;
  std::lock_guard lock(listener.mutex);
  if (listener.closed) listener.closed();
}

int Connection::on_lifecycle(virConnectPtr, virDomainPtr domain, int, int, void* opaque) {
  Listener& listener = listener_of(opaque);
  const char* name = virDomainGetName(domain);
  std::lock_guard lock(listener.mutex);
  if (listener.changed && name != nullptr) listener.changed(name);
  return 0;
}

Connection::Connection(std::string uri, std::shared_ptr<EventLoop> loop, Clock& clock,
                       Logger& logger, std::function<void(const std::string&)> changed)
    : uri_(std::move(uri)),
      loop_(std::move(loop)),
      clock_(clock),
      logger_(logger),
      changed_(std::move(changed)),
      keeper_([this](std::stop_token stop) { keep(std::move(stop)); }) {}

Connection::~Connection() {
  keeper_.request_stop();
  keeper_.join();
  if (session_) retire(session_);
}

Result<std::shared_ptr<Connection::Session>> Connection::open() {
  if (::geteuid() == 0 && uri_.starts_with("qemu") && uri_.find("/session") != std::string::npos) {
    return Error{ErrorCode::kPermissionDenied, "connect to", uri_,
                 "virtual machines of a session do not run as root",
                 "Run Cove as an ordinary user."};
  }
  auto session = std::make_shared<Session>();
  session->connect.reset(virConnectOpen(uri_.c_str()));
  if (!session->connect) return last_error("connect to", uri_, uri_);
  session->listener->changed = changed_;
  session->listener->closed = [this] {
    std::lock_guard lock(mutex_);
    wake_.notify_all();
  };
  // A driver inside this process has no daemon to lose, and takes a close callback without ever
  // releasing it.
  if (!uri_.starts_with("test")) {
    virConnectSetKeepAlive(session->connect.get(), kKeepAliveSeconds, kKeepAliveMisses);
    auto* closing = new SharedListener(session->listener);
    session->close_registered = virConnectRegisterCloseCallback(session->connect.get(), &on_close,
                                                                closing, &free_listener) == 0;
    if (!session->close_registered) free_listener(closing);
  }
  auto* lifecycle = new SharedListener(session->listener);
  session->lifecycle = virConnectDomainEventRegisterAny(
      session->connect.get(), nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
      VIR_DOMAIN_EVENT_CALLBACK(&on_lifecycle), lifecycle, &free_listener);
  if (session->lifecycle < 0) {
    free_listener(lifecycle);
    Error error = last_error("listen to the events of", uri_, uri_);
    retire(session);
    return error;
  }
  return session;
}

// Ends the callbacks (waiting for one under way) before the connection itself is closed.
void Connection::retire(const std::shared_ptr<Session>& session) {
  {
    std::lock_guard lock(session->listener->mutex);
    session->listener->changed = nullptr;
    session->listener->closed = nullptr;
  }
  if (session->lifecycle >= 0) {
    virConnectDomainEventDeregisterAny(session->connect.get(), session->lifecycle);
    session->lifecycle = -1;
  }
  if (session->close_registered) {
    virConnectUnregisterCloseCallback(session->connect.get(), &on_close);
    session->close_registered = false;
  }
}

Result<Connect> Connection::get() {
  std::lock_guard opening(opening_);
  std::shared_ptr<Session> stale;
  {
    std::lock_guard lock(mutex_);
    if (session_ && !session_->listener->dead) return share(session_->connect.get());
    stale = std::move(session_);
    session_ = nullptr;
  }
  if (stale) {
    retire(stale);
    stale = nullptr;
    logger_.warn("the connection to libvirt was lost", {{"uri", uri_}});
    changed_("");
  }
  COVE_TRY(std::shared_ptr<Session> session, open());
  Connect shared = share(session->connect.get());
  bool again = false;
  {
    std::lock_guard lock(mutex_);
    session_ = std::move(session);
    again = std::exchange(was_open_, true);
  }
  if (again) {
    logger_.info("connected to libvirt again", {{"uri", uri_}});
    changed_("");
  }
  return shared;
}

bool Connection::lost(virConnectPtr used) {
  if (virConnectIsAlive(used) == 1) return false;
  std::lock_guard lock(mutex_);
  if (session_ && session_->connect.get() == used) session_->listener->dead = true;
  wake_.notify_all();
  return true;
}

void Connection::keep_open() {
  std::lock_guard lock(mutex_);
  keep_open_ = true;
  wake_.notify_all();
}

void Connection::keep(std::stop_token stop) {
  std::chrono::milliseconds pause = kFirstRetry;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, stop, [&] { return keep_open_ && (!session_ || session_->listener->dead); });
    }
    if (stop.stop_requested()) return;
    if (get().has_value()) {
      pause = kFirstRetry;
      continue;
    }
    if (!clock_.sleep(pause, stop)) return;
    pause = std::min(pause * 2, kLongestRetry);
  }
}

}  // namespace cove::vm::libvirt
