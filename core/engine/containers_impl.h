// The inside of Containers, for the files it is written in.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "core/base/event_loop.h"
#include "core/base/worker_pool.h"
#include "core/engine/container.h"
#include "core/engine/containers.h"
#include "core/engine/execs.h"
#include "core/engine/health.h"
#include "core/engine/restart_policy.h"

namespace cove::engine {

class Containers::Implementation {
 public:
  Implementation(Containers& self, Parts given);
  ~Implementation();

  Path record_file(const std::string& id) const;
  // hosts, hostname, resolv.conf and the log.
  void remove_stray_namespaces(const std::vector<std::string>& running);
  Path folder(const std::string& id) const;
  // Records are written beside, where the next coved finds what this one said last, and take their
  // place once the disk has them: a loss of power leaves the old or the new one. Those of
  // containers that are removed with their end need not outlive that.
  Path next_file(const std::string& id) const;
  // Durable when it returns.
  Result<void> save(const ContainerPtr& container);
  // Durable within kSettleAfter; a coved that comes after this one has it at once. For beginnings
  // and ends that decide nothing at the next boot: after a loss of power such a container has ended
  // one way or the other. What the disk refuses is tried again every kSettleAfter.
  void save_soon(const ContainerPtr& container);
  // As save() for a container with a restart policy: what is done with it at the next boot goes by
  // the record, and nobody else has that. Else save_soon().
  void save_told(const ContainerPtr& container);
  static bool has_restart_policy(const ContainerPtr& container);
  void settle_now(const ContainerPtr& container);
  // With the container's `file` held. `record` is of that container.
  Result<void> write(Container& container, const ContainerRecord& record);
  Result<void> settle(Container& container);
  // Logs a failure that is not the last one again; true when there is none.
  bool note(Container& container, const Result<void>& saved);
  void settle_later(const ContainerPtr& container);
  Result<void> settle_all(const Path& directory);
  Result<void> load();

  // Later, on a worker thread; dropped once stopping.
  void later(std::chrono::nanoseconds delay, std::function<void()> task);

  Outcome<> reserve_name(std::string& name, const std::string& id);
  void release_name(const std::string& name, const std::string& id);
  void hold_layers(const std::string& id, const std::vector<image::Digest>& layers);
  void let_layers_go(const std::string& id);

  // --- create (containers_create.cpp) ---
  Outcome<> prepare_mounts(ContainerRecord& record);
  Outcome<> take_volumes_from(ContainerRecord& record);
  Outcome<> attach_networks(ContainerRecord& record);
  Outcome<> fill_volumes(const ContainerRecord& record);
  void undo_create(const ContainerRecord& record);

  // --- lifecycle (containers_lifecycle.cpp), with the container's `operation` held ---
  // By its policy, a container is restarting until it runs, and its last end is told of it. Where
  // it cannot be started it still is: whether it is tried again is the caller's to say.
  enum class StartedBy { kUser, kPolicy };
  Outcome<> start_locked(const ContainerPtr& container, StartedBy by = StartedBy::kUser);
  Outcome<> start_process(const ContainerPtr& container);
  Outcome<bool> stop_locked(const ContainerPtr& container, std::optional<int> seconds,
                            const std::string& signal);
  Outcome<> remove_locked(const ContainerPtr& container, const Removal& removal);
  bool wait_stopped(const ContainerPtr& container, std::optional<std::chrono::seconds> time);

  // --- exits ---
  void exited(const runtime::ContainerStatus& status);
  // Of the runtime, which knows before anybody else.
  bool runs(const std::string& id) const;
  void finish_exit(const ContainerPtr& container, const runtime::ContainerStatus& status);
  // Its number. `decides`: about the next boot; then the disk has it before anybody is told.
  std::uint64_t record_exit(const ContainerPtr& container, const runtime::ContainerStatus& status,
                            bool restarts, bool decides);
  void schedule_restart(const ContainerPtr& container, std::chrono::nanoseconds delay,
                        std::uint64_t exits);
  // With the container's `operation` held, after a restart that did not succeed.
  void after_failed_restart(const ContainerPtr& container, std::uint64_t exits);
  void restore_one(const ContainerPtr& container);

  // --- networks (containers_network.cpp) ---
  // Where plug() makes the namespace, or that of another container; empty: the machine's own.
  Outcome<Path> network_path(const ContainerRecord& record) const;
  Outcome<> plug(const ContainerPtr& container);
  Outcome<> plug_one(ContainerRecord& record, Attachment& attachment, const Path& namespace_path,
                     bool first);
  void unplug(const ContainerPtr& container);
  Outcome<> write_files(const ContainerRecord& record);
  void write_hosts(const ContainerRecord& record);
  // The container whose network namespace it shares, or nothing.
  ContainerPtr network_owner(const ContainerRecord& record) const;

  // The runtime's way here, which outlives us.
  struct Link {
    std::mutex mutex;
    Implementation* target = nullptr;
  };

  Containers& self;
  Parts parts;
  const std::shared_ptr<Link> link = std::make_shared<Link>();
  unsigned cpus = 1;
  std::stop_source stopping;
  std::unique_ptr<Networks> networks;
  std::unique_ptr<Volumes> volumes;
  std::unique_ptr<Execs> execs;
  std::unique_ptr<Health> health;
  EventLoop timers;
  WorkerPool workers{WorkerPool::Limits{.threads = 64}};

  mutable std::mutex mutex;
  std::map<std::string, ContainerPtr> by_id;
  std::map<std::string, std::string> names;  // to ids; also of containers being made
  std::map<std::string, std::unique_ptr<image::ImageStore::Lease>> leases;
  std::map<std::string, RestartBackoff> backoffs;
  // Exits that came while their container's start was under way.
  std::map<std::string, runtime::ContainerStatus> early_exits;
};

}  // namespace cove::engine
