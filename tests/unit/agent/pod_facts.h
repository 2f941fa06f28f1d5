// Pods in every state, made by hand.
#pragma once

#include <gtest/gtest.h>

#include "core/node/pod_model.h"

namespace cove::node::test {

inline const WallTime kNow{std::chrono::seconds(1'700'000'000)};

inline api::ObjectPtr object(std::string_view yaml) {
  auto parsed = api::parse_yaml(yaml);
  if (!parsed || !parsed->value.is_object()) {
    ADD_FAILURE() << "no document: " << yaml;
    return api::Object::make({});
  }
  return api::Object::make(std::move(parsed->value.get_object()));
}

// A pod in its first sandbox, nothing of it started yet. "init", "side", "main" … are what the spec
// calls them.
class Pod {
 public:
  explicit Pod(std::string_view yaml) {
    facts.pod = object(yaml);
    facts.containers = containers_of(*facts.pod, {});
    facts.sandbox_ready = true;
    facts.sandbox_attempt = 1;
    facts.accepted_at = kNow;
    facts.address = "10.244.0.7";
    facts.host_address = "192.0.2.10";
  }
  ContainerFacts& at(std::string_view name) {
    for (ContainerFacts& each : facts.containers) {
      if (each.name == name) return each;
    }
    ADD_FAILURE() << "no container " << name;
    return facts.containers.front();
  }
  Pod& runs(std::string_view name, unsigned restart = 0) {
    ContainerFacts& container = at(name);
    container.previous = container.run;
    ContainerRun run;
    run.id = std::string(name) + "-" + std::to_string(restart);
    run.restart = restart;
    run.sandbox = facts.sandbox_attempt;
    run.state = ContainerRun::State::kRunning;
    run.started_at = kNow;
    container.run = run;
    return *this;
  }
  Pod& ended(std::string_view name, int exit_code, WallTime when = kNow) {
    ContainerFacts& container = at(name);
    if (!container.run) runs(name);
    container.run->state = ContainerRun::State::kExited;
    container.run->exit_code = exit_code;
    container.run->finished_at = when;
    return *this;
  }

  PodFacts facts;
};

}  // namespace cove::node::test
