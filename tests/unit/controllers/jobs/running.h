// Control loops that run against a test cluster.
#pragma once

#include <gtest/gtest.h>

#include "core/controllers/controllers.h"
#include "core/controllers/list.h"
#include "tests/support/cluster.h"

namespace cove::controllers {

namespace json = boost::json;

class Running {
 public:
  // Another transport for an account; null: the cluster's own.
  using Instead = std::function<client::Transport*(test::Cluster& of, std::string_view account)>;

  explicit Running(const std::vector<MakeControlLoop>& loops, const Instead& instead = {})
      : environment{.informers = cluster.informers(),
                    .as = [this, instead](std::string_view account) -> client::Transport& {
                      client::Transport* const other =
                          instead ? instead(cluster, account) : nullptr;
                      return other != nullptr ? *other : cluster.as_account(account);
                    },
                    .executor = cluster.executor,
                    .clock = cluster.clock,
                    .random = [] { return 0.5; },
                    .logger = cluster.logger()},
        controllers_(environment, loops) {
    controllers_.start();
    EXPECT_TRUE(
        cluster.until([&] { return controllers_.running(); }, std::chrono::milliseconds(5)));
  }

  // The pods of a selector, by name.
  std::vector<api::ObjectPtr> pods(std::string_view labels = {}) {
    return cluster.list("pods", "default", labels);
  }
  // "Reason: message" of every event about an object of that name, in the order of their names.
  std::vector<std::string> events_about(std::string_view name) {
    std::vector<std::string> texts;
    for (const api::ObjectPtr& event : cluster.list("events")) {
      if (api::text_at(event->document(), {"involvedObject", "name"}) != name) continue;
      texts.push_back(std::string(api::text_at(event->document(), {"reason"})) + ": " +
                      std::string(api::text_at(event->document(), {"message"})));
    }
    return texts;
  }
  // The cluster may be quiet between a question of a controller and its answer, not for long.
  void settle() {
    for (int i = 0; i < 3; ++i) cluster.settle();
  }
  // Time that goes by, slowly enough for the server to answer before anybody gives up on it.
  void pass(std::chrono::nanoseconds time) {
    constexpr std::chrono::nanoseconds kStep = std::chrono::seconds(10);
    for (; time.count() > 0; time -= kStep) {
      cluster.executor.advance(std::min(time, kStep));
      cluster.settle();
    }
    settle();
  }

  test::Cluster cluster;
  const Environment environment;

 private:
  Controllers controllers_;
};

}  // namespace cove::controllers
