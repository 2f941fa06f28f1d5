// JSON as `-o json` shows it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "vm/provision/status.h"

namespace cove::cli {

// Builds one object, members in the order added.
class JsonObject {
 public:
  JsonObject& text(std::string_view key, std::string_view value);
  JsonObject& number(std::string_view key, std::int64_t value);
  JsonObject& boolean(std::string_view key, bool value);
  // `json` is a complete JSON value.
  JsonObject& raw(std::string_view key, std::string_view json);
  std::string str() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

std::string json_array(const std::vector<std::string>& values);

// {"id","title","state","elapsed_ms","expected_ms","detail"}; expected_ms only when it is known.
JsonObject step_members(JsonObject object, const provision::Step& step);

// minikube's members (Name, Host, Kubelet, APIServer, Kubeconfig, Worker) and Cove's: Phase,
// Reason, Remedy, Busy, Step, IP, Server, Context, KubeconfigFile, Version, CPUs, MemoryMiB,
// DiskGiB, Network, Acceleration, AccelerationNote, StartedAt. Members without a value are left
// out.
std::string status_json(const provision::ClusterStatus& status);

// {"code","message","action","subject","cause","remedy","exit_code"}
JsonObject error_members(JsonObject object, const Error& error);

}  // namespace cove::cli
