#include "core/controllers/controllers.h"

#include <chrono>

namespace cove::controllers {
namespace {

constexpr std::chrono::milliseconds kSyncPoll{5};

}  // namespace

class Controllers::State : public std::enable_shared_from_this<State> {
 public:
  State(const Environment& environment, const std::vector<MakeControlLoop>& makers)
      : environment_(environment) {
    for (const MakeControlLoop& make : makers) loops_.push_back(make(environment));
  }

  void start() {
    environment_.informers.start();
    start_when_synced();
  }

  void stop(const std::function<void()>& stopped) {
    stopping_ = true;
    if (!running_ || loops_.empty()) return environment_.executor.post(stopped);
    running_ = false;
    const auto waiting = std::make_shared<std::size_t>(loops_.size());
    for (const auto& loop : loops_) {
      loop->stop([waiting, stopped] {
        if (--*waiting == 0) stopped();
      });
    }
  }

  void forget() {
    stopping_ = true;
    loops_.clear();
  }
  bool running() const { return running_; }

 private:
  void start_when_synced() {
    if (stopping_) return;
    if (!environment_.informers.all_synced()) {
      environment_.executor.after(kSyncPoll, [self = weak_from_this()] {
        if (const auto state = self.lock()) state->start_when_synced();
      });
      return;
    }
    running_ = true;
    for (const auto& loop : loops_) loop->start();
  }

  const Environment environment_;
  std::vector<std::unique_ptr<ControlLoop>> loops_;
  bool running_ = false;
  bool stopping_ = false;
};

Controllers::Controllers(const Environment& environment, const std::vector<MakeControlLoop>& loops)
    : state_(std::make_shared<State>(environment, loops)) {}

Controllers::~Controllers() {
  state_->forget();
}

void Controllers::start() {
  state_->start();
}

void Controllers::stop(std::function<void()> stopped) {
  state_->stop(stopped);
}

bool Controllers::running() const {
  return state_->running();
}

}  // namespace cove::controllers
