// Container: what the engine knows of one container, on disk and in memory.
#pragma once

#include <boost/json/object.hpp>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/engine/container_config.h"
#include "core/engine/mounts.h"
#include "core/image/digest.h"
#include "core/network/container_networks.h"

namespace cove::engine {

struct HealthResult {
  WallTime start{}, end{};
  int exit_code = 0;
  std::string output;  // at most 4 KiB
};

struct HealthState {
  std::string status;  // "starting", "healthy", "unhealthy"; "" without a check
  int failing_streak = 0;
  std::deque<HealthResult> log;  // the newest five
};

struct ContainerState {
  bool running = false;
  bool paused = false;
  bool restarting = false;
  bool oom_killed = false;
  bool dead = false;
  bool removing = false;
  pid_t pid = 0;
  int exit_code = 0;
  std::string error;
  WallTime started_at{}, finished_at{};
  bool stopped_by_user = false;  // its restart policy rests until it is started again
  int restart_count = 0;
  HealthState health = {};  // not on disk

  // "created", "running", "paused", "restarting", "removing", "exited", "dead".
  std::string_view status() const;
};

// A container in a network, plugged in or to be when it starts.
struct Attachment {
  std::string network_id;
  std::string network_name;
  std::string wanted_address = {}, wanted_mac = {};
  std::vector<std::string> aliases = {}, links = {};
  std::map<std::string, std::string> driver_options = {};
  std::int64_t gateway_priority = 0;
  std::optional<network::Endpoint> endpoint = std::nullopt;  // while it runs
};

struct ContainerRecord {
  std::string id;
  std::string name;  // without a slash
  WallTime created_at{};
  std::shared_ptr<const ContainerConfig> config;
  image::Digest image;
  std::string image_name;             // as it was asked for
  std::vector<image::Digest> layers;  // diff ids, lowest first
  std::vector<MountPoint> mounts;
  std::vector<Attachment> networks;
  ContainerState state;

  // Entrypoint and command in one.
  std::vector<std::string> command() const;
  bool terminal() const;
  // "4f5a1b2c3d4e".
  std::string short_id() const { return id.substr(0, 12); }
};

boost::json::object to_json(const ContainerRecord& record);
// What was written by to_json(); kCorrupt for anything else.
Result<ContainerRecord> record_from_json(const boost::json::object& object);

class Container {
 public:
  explicit Container(ContainerRecord record) : id(record.id), record_(std::move(record)) {}

  const std::string id;
  // Held while it is started, stopped, removed, renamed … . Taken before `mutex`.
  std::mutex operation;

  ContainerRecord snapshot() const {
    std::lock_guard lock(mutex);
    return record_;
  }
  // Changes the record and wakes who waits for a change.
  template <class Change>
  auto change(Change change) {
    struct Wake {
      Container& container;
      ~Wake() { container.changed.notify_all(); }
    } wake{*this};
    std::lock_guard lock(mutex);
    return change(record_);
  }
  template <class Look>
  auto look(Look look) const {
    std::lock_guard lock(mutex);
    return look(record_);
  }

  // Held while the record's file is written or removed. Taken before `mutex`.
  std::mutex file;
  bool file_gone = false;       // under `file`: removed for good
  bool file_unsettled = false;  // under `file`: newer than what the disk is known to have
  bool file_unwritten = false;  // under `file`: not even written
  bool file_settling = false;   // under `file`: somebody is going to bring it to the disk
  std::string file_trouble;     // under `file`: why it is not there; "" when nothing failed

  mutable std::mutex mutex;
  std::condition_variable_any changed;
  // Under `mutex`:
  std::uint64_t starts = 0;  // since the engine's start
  std::uint64_t exits = 0;
  bool removed = false;
  std::string removal_error;
  bool starting = false;
  bool ending = false;  // its end is being dealt with

  const ContainerRecord& record() const { return record_; }  // with `mutex` held

 private:
  ContainerRecord record_;
};

}  // namespace cove::engine
