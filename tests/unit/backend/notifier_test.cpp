#include "vm/backend/notifier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace cove::vm {
namespace {

TEST(Notifier, EndingASubscriptionWaitsForTheCallUnderWay) {
  Notifier notifier;
  std::promise<void> inside;
  std::promise<void> leave;
  std::atomic<bool> left = false;
  auto subscription = notifier.subscribe([&](const std::string&) {
    inside.set_value();
    leave.get_future().wait();
    left = true;
  });
  notifier.notify("m");
  inside.get_future().wait();
  std::jthread releaser([&] { leave.set_value(); });
  subscription.reset();
  EXPECT_TRUE(left);
}

TEST(Notifier, ASubscriptionMayEndItself) {
  Notifier notifier;
  std::promise<void> done;
  std::unique_ptr<Backend::Subscription> subscription;
  subscription = notifier.subscribe([&](const std::string&) {
    subscription.reset();
    done.set_value();
  });
  notifier.notify("m");
  done.get_future().wait();
}

TEST(Notifier, ASubscriptionMayOutliveIt) {
  auto notifier = std::make_unique<Notifier>();
  auto subscription = notifier->subscribe([](const std::string&) {});
  notifier.reset();
  subscription.reset();
}

TEST(Notifier, ManyWaitingNamesBecomeTheEmptyName) {
  Notifier notifier;
  std::promise<void> inside;
  std::promise<void> leave;
  std::promise<void> everything;
  auto subscription = notifier.subscribe([&, calls = 0](const std::string& name) mutable {
    if (++calls == 1) {
      inside.set_value();
      leave.get_future().wait();
    } else if (name.empty()) {
      everything.set_value();
    }
  });
  notifier.notify("first");
  inside.get_future().wait();
  for (int i = 0; i < 1025; ++i) notifier.notify("m" + std::to_string(i));
  leave.set_value();
  everything.get_future().wait();
}

}  // namespace
}  // namespace cove::vm
