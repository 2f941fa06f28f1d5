#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "vm/provision/provisioner_impl.h"

namespace cove::provision {
namespace {

using namespace std::chrono_literals;

constexpr auto kResync = 5s;

bool same(const Step& a, const Step& b) {
  return a.id == b.id && a.state == b.state;
}

bool same(const ClusterStatus& a, const ClusterStatus& b) {
  const bool steps = a.current_step.has_value() == b.current_step.has_value() &&
                     (!a.current_step || same(*a.current_step, *b.current_step));
  return steps && a.profile == b.profile && a.phase == b.phase && a.reason == b.reason &&
         a.remedy == b.remedy && a.busy == b.busy && a.wish == b.wish &&
         a.acceleration == b.acceleration && a.server == b.server && a.api_ready == b.api_ready &&
         a.node_ready == b.node_ready && a.unanswered == b.unanswered &&
         a.kubernetes_version == b.kubernetes_version && a.kubeconfig_ok == b.kubeconfig_ok &&
         a.started_at == b.started_at;
}

bool same(const std::vector<ClusterStatus>& a, const std::vector<ClusterStatus>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const ClusterStatus& x, const ClusterStatus& y) { return same(x, y); });
}

}  // namespace

// One thread that sleeps in poll(2) on: a wake-up (backend events, destruction), inotify on the
// folders of states and locks.
class WatchThread final : public Provisioner::Watch {
 public:
  WatchThread(std::function<Result<std::vector<ClusterStatus>>()> list,
              std::function<Result<std::shared_ptr<vm::Backend>>(vm::NetworkMode)> backend,
              Paths paths, std::function<void(std::vector<ClusterStatus>)> changed)
      : list_(std::move(list)),
        backend_(std::move(backend)),
        paths_(std::move(paths)),
        changed_(std::move(changed)),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
        thread_([this](std::stop_token stop) { run(stop); }) {}

  ~WatchThread() override {
    thread_.request_stop();
    poke();
    thread_.join();
    subscriptions_.clear();
  }

 private:
  void poke() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
  }

  // Watches folders that may come and go: adding a watch that exists changes nothing.
  void watch_folders(const std::vector<ClusterStatus>& statuses) {
    // Closing a lock's writable descriptor is how its release shows; reading one (as every look
    // does) is not watched.
    constexpr std::uint32_t kEvents =
        IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR;
    std::error_code error;
    std::vector<Path> folders{paths_.data / "clusters", paths_.data / "locks",
                              paths_.kubeconfig.parent_path()};
    folders.push_back(std::filesystem::exists(paths_.data, error) ? paths_.data
                                                                  : paths_.data.parent_path());
    for (const ClusterStatus& status : statuses) folders.push_back(status.directory);
    for (const Path& folder : folders) ::inotify_add_watch(inotify_.get(), folder.c_str(), kEvents);
  }

  void subscribe(const std::vector<ClusterStatus>& statuses) {
    for (const ClusterStatus& status : statuses) {
      auto& subscription = subscriptions_[status.wish.network];
      if (subscription) continue;
      auto machines = backend_(status.wish.network);
      if (!machines) continue;
      auto made = (*machines)->subscribe([this](const std::string&) { poke(); });
      if (made) subscription = std::move(*made);
    }
  }

  void wait() {
    std::array<pollfd, 2> fds{pollfd{wake_.get(), POLLIN, 0}, pollfd{inotify_.get(), POLLIN, 0}};
    ::poll(fds.data(), fds.size(), static_cast<int>(std::chrono::milliseconds(kResync).count()));
    char buffer[4096];
    while (::read(wake_.get(), buffer, sizeof(std::uint64_t)) > 0) {
    }
    while (::read(inotify_.get(), buffer, sizeof buffer) > 0) {
    }
  }

  void run(std::stop_token stop) {
    bool first = true;
    std::vector<ClusterStatus> last;
    while (!stop.stop_requested()) {
      auto now = list_();
      if (now) {
        watch_folders(*now);
        subscribe(*now);
        if (first || !same(*now, last)) {
          first = false;
          last = *now;
          changed_(std::move(*now));
        }
      }
      if (!stop.stop_requested()) wait();
    }
  }

  std::function<Result<std::vector<ClusterStatus>>()> list_;
  std::function<Result<std::shared_ptr<vm::Backend>>(vm::NetworkMode)> backend_;
  Paths paths_;
  std::function<void(std::vector<ClusterStatus>)> changed_;
  Fd wake_;
  Fd inotify_;
  std::map<vm::NetworkMode, std::unique_ptr<vm::Backend::Subscription>> subscriptions_;
  std::jthread thread_;
};

std::unique_ptr<Provisioner::Watch> Provisioner::watch(
    std::function<void(std::vector<ClusterStatus>)> changed) {
  return std::make_unique<WatchThread>(
      [this] { return impl_->list(); },
      [this](vm::NetworkMode network) { return impl_->backend(network); },
      impl_->dependencies().paths, std::move(changed));
}

}  // namespace cove::provision
