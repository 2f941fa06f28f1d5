// A cluster in which chosen controllers run, and a node agent is played.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "core/controllers/controllers.h"
#include "core/controllers/list.h"
#include "core/controllers/pod_control.h"
#include "tests/support/cluster.h"

namespace cove::controllers {

using namespace std::chrono_literals;

// Of the first container of a pod or template.
inline std::string image_of(const json::object* pod) {
  const auto* const containers =
      pod == nullptr ? nullptr : api::array_at(*pod, {"spec", "containers"});
  if (containers == nullptr || containers->empty()) return "(none)";
  return std::string(api::text_at((*containers)[0].get_object(), {"image"}));
}

class Workloads : public ::testing::Test {
 protected:
  Workloads() : pods_(cluster_.informers().informer({{"", "v1", "pods"}})) {}
  ~Workloads() override {
    if (!controllers_) return;
    bool stopped = false;
    controllers_->stop([&] { stopped = true; });
    EXPECT_TRUE(cluster_.until([&] { return stopped; }));
  }

  void run(std::vector<MakeControlLoop> loops) {
    loops_ = std::move(loops);
    controllers_ = std::make_unique<Controllers>(
        Environment{cluster_.informers(),
                    [this](std::string_view account) -> client::Transport& {
                      return cluster_.as_account(account);
                    },
                    cluster_.executor, cluster_.clock, [] { return 0.5; }, cluster_.logger()},
        loops_);
    controllers_->start();
    ASSERT_TRUE(cluster_.until([&] { return controllers_->running(); }, 5ms));
  }

  std::vector<api::ObjectPtr> pods(std::string_view selector = {}) {
    return cluster_.list("pods", "default", selector);
  }
  std::vector<std::string> pod_names() {
    std::vector<std::string> names;
    for (const auto& pod : pods()) {
      if (!pod->deleting()) names.emplace_back(pod->name());
    }
    return names;
  }
  // Runs what is not running, and ends what is being deleted; whether there was anything.
  bool play_node(bool ready = true) {
    bool busy = false;
    // First, so that what goes because of those that start goes by the next call.
    const auto known = pods();
    cluster_.finish_deletions();
    for (const auto& pod : known) {
      if (pod->deleting()) {
        busy = true;
      } else if (pod_phase(*pod) == "Pending") {
        cluster_.run_pod(pod->name(), ready);
        busy = true;
      }
    }
    cluster_.settle();
    return busy;
  }
  // Until the node agent has nothing to do any more.
  void play() {
    cluster_.settle();
    for (int round = 0; round < 200; ++round) {
      if (!play_node()) return;
    }
    ADD_FAILURE() << "never at rest";
  }
  std::int64_t number(const api::ObjectPtr& object, api::Steps path) {
    return object ? api::integer_at(object->document(), path).value_or(0) : -1;
  }
  std::string text(const api::ObjectPtr& object, api::Steps path) {
    return object ? std::string(api::text_at(object->document(), path)) : "(none)";
  }
  // "Progressing=True NewReplicaSetAvailable"
  std::string condition(const api::ObjectPtr& object, std::string_view type) {
    const auto* const all =
        object ? api::array_at(object->document(), {"status", "conditions"}) : nullptr;
    if (all == nullptr) return "";
    for (const auto& each : *all) {
      const auto& one = each.get_object();
      if (api::text_at(one, {"type"}) != type) continue;
      return std::string(api::text_at(one, {"status"})) + " " +
             std::string(api::text_at(one, {"reason"}));
    }
    return "";
  }
  // "reason: message" of the events about that object.
  std::set<std::string> events(std::string_view kind, std::string_view name) {
    std::set<std::string> found;
    for (const auto& event : cluster_.list("events")) {
      const auto& document = event->document();
      if (api::text_at(document, {"involvedObject", "kind"}) != kind ||
          api::text_at(document, {"involvedObject", "name"}) != name)
        continue;
      found.insert(std::string(api::text_at(document, {"reason"})) + ": " +
                   std::string(api::text_at(document, {"message"})));
    }
    return found;
  }

  test::Cluster cluster_;
  std::shared_ptr<client::Informer> pods_;
  std::vector<MakeControlLoop> loops_;
  std::unique_ptr<Controllers> controllers_;
};

}  // namespace cove::controllers
