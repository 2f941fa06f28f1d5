// This machine's Node, as its agent reports it.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/clock.h"

namespace cove::server {

struct NodeFacts {
  std::string name;
  std::string internal_ip;
  std::string host_name;
  unsigned cpus = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t storage_bytes = 0;
  std::string machine_id;
  std::string system_uuid;
  std::string boot_id;
  std::string kernel_version;
  std::string os_image;
  std::string container_runtime_version;  // "crun://1.8.1"; may be empty
  std::string kubelet_version;
  std::string architecture;  // as Go names it: "amd64"
  WallTime ready_since;
  std::map<std::string, std::string> annotations = {};  // set, others stay
};

inline constexpr int kMaxPods = 110;

// The document without what the server sets. Heartbeats are of `now`.
boost::json::object make_node(const NodeFacts& facts, WallTime now);

// Go's name of the machine's architecture, "amd64" for x86_64.
std::string go_architecture(std::string_view machine);

}  // namespace cove::server
