#include "core/controllers/fan_out.h"

namespace cove::controllers {
namespace {

class FanOut : public std::enable_shared_from_this<FanOut> {
 public:
  FanOut(std::size_t count, std::function<void(std::size_t, FanOutDone)> start, FanOutDone all_done)
      : count_(count), start_(std::move(start)), all_done_(std::move(all_done)) {}

  // Not entered again from inside: what is done at once is counted by the loop that began it.
  void step() {
    if (stepping_) return;
    stepping_ = true;
    while (running_ < kFanOut && next_ < count_) {
      ++running_;
      start_(next_++, [self = shared_from_this()](client::ApiResult<void> result) {
        if (!result && !self->error_) self->error_ = result.error();
        --self->running_;
        self->step();
      });
    }
    stepping_ = false;
    if (running_ > 0 || next_ < count_) return;
    const FanOutDone done = std::exchange(all_done_, nullptr);
    if (done) done(error_ ? client::ApiResult<void>(*error_) : client::ApiResult<void>());
  }

 private:
  const std::size_t count_;
  const std::function<void(std::size_t, FanOutDone)> start_;
  FanOutDone all_done_;
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  bool stepping_ = false;
  std::optional<client::ApiError> error_;
};

}  // namespace

void fan_out(std::size_t count, std::function<void(std::size_t index, FanOutDone done)> start,
             FanOutDone all_done) {
  std::make_shared<FanOut>(count, std::move(start), std::move(all_done))->step();
}

}  // namespace cove::controllers
