// The state file of a cluster: what must survive the program that wrote it. JSON, format 1, written
// atomically.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/base/fs.h"
#include "core/base/result.h"
#include "vm/provision/status.h"

namespace cove::provision {

inline constexpr int kStateFormat = 1;

// The operation last begun. `outcome` is "running" until it ends, so a program that was killed
// leaves it so.
struct OperationRecord {
  std::string name;  // "start", "stop", "pause", "delete"
  std::string step_id;
  std::string step_title;
  std::string outcome;  // "running", "done", "failed", "cancelled"
  std::string cause;    // the error's message when it failed
  std::string remedy;
};

struct State {
  std::string profile;
  std::string machine;  // its name in the backend
  std::string uuid;
  std::string mac;
  Wish wish;
  bool created = false;           // a start has once come to its end
  bool defined = false;           // the backend may know the machine
  Path sockets;                   // folder of the channels' host ends
  std::uint16_t api_port = 0;     // host port of the Kubernetes API, kept across restarts
  std::string server;             // "https://127.0.0.1:6443"
  std::uint16_t engine_port = 0;  // host port of the container engine, kept as well
  std::string host;
  std::string host_boot_id;   // of the host, when the machine was last started
  std::string image_digest;   // the system image it last booted
  std::string image_version;  // its version; empty in files of before that was kept
  Resources booted;           // with which it last booted; the wish's in files of before
  vm::Acceleration acceleration = vm::Acceleration::kSoftware;
  std::string acceleration_note;
  std::int64_t started_unix_seconds = 0;
  OperationRecord operation;
};

// Nothing when there is no file. kCorrupt with line or member when it is not what write_state
// wrote, kUnsupported when a newer Cove wrote it; the file is left alone in both cases.
Result<std::optional<State>> read_state(const Path& file);
Result<void> write_state(const Path& file, const State& state);

}  // namespace cove::provision
