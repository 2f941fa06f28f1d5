// A cluster with some of its control loops running.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "core/controllers/controllers.h"
#include "core/controllers/list.h"
#include "tests/support/cluster.h"

namespace cove::controllers {

namespace json = boost::json;

class Upkeep : public ::testing::Test {
 public:
  Environment environment() {
    return {cluster.informers(),
            [this](std::string_view account) -> client::Transport& {
              return cluster.as_account(account);
            },
            cluster.executor,
            cluster.clock,
            [] { return 0.5; },
            cluster.logger()};
  }
  void run(const std::vector<MakeControlLoop>& loops) {
    controllers_ = std::make_unique<Controllers>(environment(), loops);
    controllers_->start();
    ASSERT_TRUE(
        cluster.until([&] { return controllers_->running(); }, std::chrono::milliseconds(5)));
  }
  ~Upkeep() override {
    if (!controllers_) return;
    bool stopped = false;
    controllers_->stop([&] { stopped = true; });
    cluster.until([&] { return stopped; }, std::chrono::milliseconds(100));
  }

  // Whether it comes while the clock goes on.
  bool until(const std::function<bool()>& done,
             std::chrono::nanoseconds step = std::chrono::milliseconds(100)) {
    return cluster.until(done, step);
  }
  // Lets what is on its way arrive. Cluster::settle() waits for silence, which its own writes break
  // for who follows every kind.
  void quiet() {
    for (int round = 0; round < 2; ++round) {
      int polls = 0;
      cluster.create("{apiVersion: v1, kind: ConfigMap, metadata: {generateName: quiet-}}");
      cluster.until([&] { return ++polls > 20; });
    }
  }
  bool gone(std::string_view resource, std::string_view name,
            std::string_view name_space = "default") {
    return until([&] { return cluster.get(resource, name, name_space) == nullptr; });
  }
  static std::string text(const api::ObjectPtr& object, api::Steps path) {
    return object ? std::string(api::text_at(object->document(), path)) : "(gone)";
  }
  // The condition of that type, or an empty object.
  static json::object condition(const api::ObjectPtr& object, std::string_view type) {
    const json::array* const all =
        object ? api::array_at(object->document(), {"status", "conditions"}) : nullptr;
    if (all == nullptr) return {};
    for (const json::value& each : *all) {
      if (api::text_at(each.get_object(), {"type"}) == type) return each.get_object();
    }
    return {};
  }
  static std::string condition_text(const api::ObjectPtr& object, std::string_view type,
                                    std::string_view field) {
    return std::string(api::text_at(condition(object, type), {field}));
  }
  // A custom kind, widgets.example.com, that is served when this returns.
  void define_widgets() {
    cluster.create(R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
)");
    ASSERT_TRUE(until([&] {
      return condition_text(cluster.get("customresourcedefinitions.apiextensions.k8s.io",
                                        "widgets.example.com"),
                            "Established", "status") == "True";
    }));
  }
  // "reason: message" of every event about an object of that name.
  std::vector<std::string> events(std::string_view about, std::string_view name_space = "default") {
    std::vector<std::string> all;
    for (const api::ObjectPtr& event : cluster.list("events", name_space)) {
      if (text(event, {"involvedObject", "name"}) == about)
        all.push_back(text(event, {"reason"}) + ": " + text(event, {"message"}));
    }
    return all;
  }
  bool has_event(std::string_view about, const std::string& event,
                 std::string_view name_space = "default") {
    return until([&] {
      const auto all = events(about, name_space);
      return std::ranges::find(all, event) != all.end();
    });
  }

  test::Cluster cluster;

 private:
  std::unique_ptr<Controllers> controllers_;
};

}  // namespace cove::controllers
