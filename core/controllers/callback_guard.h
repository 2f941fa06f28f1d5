// CallbackGuard: callbacks that do nothing once what they belong to is gone.
#pragma once

#include <memory>
#include <utility>

namespace cove::controllers {

// A member of what the callbacks use; declared last, it goes first. On one executor.
class CallbackGuard {
 public:
  CallbackGuard() = default;
  CallbackGuard(const CallbackGuard&) = delete;

  // `callback`, which is called only while the guard is there.
  template <class Callback>
  auto operator()(Callback callback) const {
    return [alive = std::weak_ptr<const int>(token_),
            held = std::move(callback)](auto&&... arguments) mutable {
      if (!alive.expired()) held(std::forward<decltype(arguments)>(arguments)...);
    };
  }

 private:
  const std::shared_ptr<const int> token_ = std::make_shared<const int>(0);
};

}  // namespace cove::controllers
