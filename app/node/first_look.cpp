#include "app/node/first_look.h"

#include <condition_variable>
#include <mutex>

namespace cove::node {
namespace {

// Between two requests of one look.
constexpr std::chrono::milliseconds kMoment{15};

}  // namespace

struct FirstLook::Count {
  std::mutex mutex;
  std::condition_variable changed;
  unsigned begun = 0;
  unsigned answered = 0;

  void add(unsigned& what) {
    {
      std::lock_guard lock(mutex);
      ++what;
    }
    changed.notify_all();
  }
};

FirstLook::FirstLook(http::Handler& behind) : behind_(behind), count_(std::make_shared<Count>()) {}

void FirstLook::wait(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::unique_lock lock(count_->mutex);
  const auto all_answered = [this] {
    return count_->answered > 0 && count_->answered == count_->begun;
  };
  while (count_->changed.wait_until(lock, deadline, all_answered)) {
    const unsigned seen = count_->begun;
    const auto quiet = std::min(deadline, std::chrono::steady_clock::now() + kMoment);
    if (!count_->changed.wait_until(lock, quiet, [&] { return count_->begun != seen; })) break;
  }
  looking_ = false;
}

void FirstLook::handle(std::shared_ptr<const http::Request> request, Respond respond) {
  if (!looking_) return behind_.handle(std::move(request), std::move(respond));
  count_->add(count_->begun);
  behind_.handle(std::move(request),
                 [count = count_, respond = std::move(respond)](http::Answer answer) {
                   respond(std::move(answer));
                   count->add(count->answered);
                 });
}

bool FirstLook::streams_body(const http::Request& head) const {
  return behind_.streams_body(head);
}

http::Answer FirstLook::refuse(int status, std::string_view message) const {
  return behind_.refuse(status, message);
}

}  // namespace cove::node
