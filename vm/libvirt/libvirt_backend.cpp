#include "vm/libvirt/libvirt_backend.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "vm/backend/notifier.h"
#include "vm/backend/validate.h"
#include "vm/libvirt/channel_bridge.h"
#include "vm/libvirt/connection.h"
#include "vm/libvirt/domain_xml.h"
#include "vm/libvirt/errors.h"
#include "vm/libvirt/kvm_probe.h"
#include "vm/libvirt/nat_network.h"
#include "vm/libvirt/usernet.h"

namespace cove::vm {
namespace libvirt {
namespace {

constexpr std::chrono::milliseconds kChannelPatience{2000};
constexpr std::chrono::milliseconds kTakenPatience{500};
constexpr std::chrono::milliseconds kChannelRetry{20};
constexpr std::size_t kMaxBridges = 256;

enum class Kind { kSession, kSystem, kTest };

Kind kind_of(const std::string& uri) {
  if (uri.starts_with("test")) return Kind::kTest;
  return uri.find("/session") != std::string::npos ? Kind::kSession : Kind::kSystem;
}

std::string version_text(unsigned long v) {
  return fmt::format("{}.{}.{}", v / 1000000, v / 1000 % 1000, v % 1000);
}

// QEMU brings it along for machines that have a kernel and need nothing but that: it does not look
// for devices to boot from, which takes an emulated processor a tenth of a second.
constexpr const char* kBriefFirmware = "/usr/share/qemu/qboot.rom";

// Whether files there can be opened past the page cache; not so on tmpfs and some network file
// systems.
bool has_direct_io(const Path& file) {
  if (const Fd fd(::open(file.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC)); fd) return true;
  if (errno != ENOENT) return errno != EINVAL;
  Path folder = file.parent_path();
  std::error_code ignored;
  while (folder.has_relative_path() && !std::filesystem::is_directory(folder, ignored)) {
    folder = folder.parent_path();
  }
  const Fd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_DIRECT | O_CLOEXEC, 0600));
  return fd || errno != EINVAL;
}

bool is_active(virDomainPtr domain) {
  return virDomainIsActive(domain) == 1;
}

std::string paused_trouble(int reason) {
  switch (reason) {
    case VIR_DOMAIN_PAUSED_IOERROR:
      return "QEMU stopped the virtual machine because a disk failed or the host's disk is full";
    case VIR_DOMAIN_PAUSED_CRASHED: return "the virtual machine crashed";
    case VIR_DOMAIN_PAUSED_WATCHDOG: return "the virtual machine's watchdog stopped it";
    default: return "";
  }
}

std::string off_trouble(int reason) {
  switch (reason) {
    case VIR_DOMAIN_SHUTOFF_CRASHED: return "QEMU was killed or crashed";
    case VIR_DOMAIN_SHUTOFF_FAILED: return "QEMU could not be started";
    case VIR_DOMAIN_SHUTOFF_DAEMON:
      return "libvirt ended the virtual machine because it lost control of it";
    default: return "";
  }
}

Observation observation(int state, int reason, bool saved) {
  switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
    case VIR_DOMAIN_SHUTDOWN: return {Power::kRunning, ""};
    case VIR_DOMAIN_PAUSED:
      if (reason == VIR_DOMAIN_PAUSED_STARTING_UP) return {Power::kRunning, ""};
      return {Power::kFrozen, paused_trouble(reason)};
    case VIR_DOMAIN_PMSUSPENDED: return {Power::kFrozen, ""};
    case VIR_DOMAIN_CRASHED: return {Power::kOff, "the virtual machine crashed"};
    default:
      if (saved) return {Power::kSaved, ""};
      return {Power::kOff, off_trouble(reason)};
  }
}

Result<Fd> connect_to(const Path& socket, Clock& clock) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.native().size() >= sizeof address.sun_path) {
    return Error{ErrorCode::kInvalidArgument, "connect to", socket, "the path is too long", ""};
  }
  std::memcpy(address.sun_path, socket.c_str(), socket.native().size());
  const SteadyTime end = clock.steady() + kChannelPatience;
  while (true) {
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) return errno_error(errno, "connect to", socket);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      return fd;
    }
    const int error = errno;
    const bool early = error == ENOENT || error == ECONNREFUSED || error == EAGAIN;
    if (!early || clock.steady() >= end) return errno_error(error, "connect to", socket);
    clock.sleep(kChannelRetry);
  }
}

Error not_found(std::string action, const std::string& machine) {
  return {ErrorCode::kNotFound, std::move(action), machine, "there is no such virtual machine", ""};
}
Error must_be_off(std::string action, const std::string& machine) {
  return {ErrorCode::kConflict, std::move(action), machine, "the virtual machine is not off",
          "Stop it first."};
}
Error not_running(std::string action, const std::string& machine) {
  return {ErrorCode::kUnavailable, std::move(action), machine, "the virtual machine is not running",
          "Start it first."};
}

// A domain of ours and what it carries.
struct Owned {
  Domain domain;
  Metadata metadata;
};

}  // namespace

class LibvirtBackend final : public Backend, public Forwarding, public Saving, public Snapshots {
 public:
  LibvirtBackend(LibvirtOptions options, std::shared_ptr<EventLoop> loop)
      : options_(std::move(options)),
        kind_(kind_of(options_.uri)),
        owner_(std::to_string(::getuid())),
        loop_(std::move(loop)),
        connection_(options_.uri, loop_, options_.clock, options_.logger,
                    [this](const std::string& machine) { notifier_.notify(machine); }) {}

  ~LibvirtBackend() override {
    std::lock_guard lock(bridges_mutex_);
    for (const auto& bridge : bridges_) bridge->close();
  }

  Result<void> connect() {
    return with<void>([](virConnectPtr) -> Result<void> { return {}; });
  }

  Result<BackendInfo> describe() override;
  Result<void> define(const MachineSpec& spec) override;
  Result<void> start(const std::string& machine) override;
  Result<void> stop(const std::string& machine, StopPolicy policy) override;
  Result<void> undefine(const std::string& machine) override;
  Result<Observation> observe(const std::string& machine) override;
  Result<std::vector<std::string>> machines() override;
  Result<GuestNetwork> guest_network(const std::string& machine) override;
  Result<Fd> open_channel(const std::string& machine, const ChannelSpec& channel) override;
  Result<std::unique_ptr<Subscription>> subscribe(
      std::function<void(const std::string& machine)> changed) override;

  Forwarding* forwarding() override { return kind_ == Kind::kSession ? this : nullptr; }
  Saving* saving() override { return this; }
  vm::Snapshots* snapshots() override { return this; }

  Result<void> add_forward(const std::string& machine, const ForwardRule& rule) override;
  Result<void> remove_forward(const std::string& machine, const ForwardRule& rule) override;
  Result<std::vector<ForwardRule>> forwards(const std::string& machine) override;
  Result<void> save(const std::string& machine) override;
  Result<void> discard_saved(const std::string& machine) override;
  Result<void> take_snapshot(const std::string& machine, const std::string& name) override;
  Result<void> restore_snapshot(const std::string& machine, const std::string& name) override;
  Result<void> remove_snapshot(const std::string& machine, const std::string& name) override;
  Result<std::vector<Snapshot>> snapshots(const std::string& machine) override;

 private:
  // Runs `work` on the connection, and once more on a new one when the daemon went away in the
  // middle: every operation here may be repeated.
  template <class T, class Work>
  Result<T> with(Work work) {
    for (int attempt = 0;; ++attempt) {
      COVE_TRY(const Connect connection, connection_.get());
      Result<T> result = work(connection.get());
      if (result || attempt > 0 || !connection_.lost(connection.get())) return result;
    }
  }

  // Runs `work` on an owned domain; kNotFound when there is none.
  template <class T, class Work>
  Result<T> with_machine(std::string action, const std::string& machine, Work work) {
    return with<T>([&](virConnectPtr connection) -> Result<T> {
      COVE_TRY(std::optional<Owned> owned, find(connection, machine));
      if (!owned) return not_found(action, machine);
      return work(connection, *owned);
    });
  }

  Result<std::optional<Owned>> find(virConnectPtr connection, const std::string& machine);
  std::optional<Metadata> metadata_of(virDomainPtr domain);
  std::vector<std::string> addresses_of_others(virConnectPtr connection,
                                               const std::string& machine);
  Result<Metadata> plan(virConnectPtr connection, const MachineSpec& spec,
                        const std::optional<NatAddress>& kept);
  Flavor flavor(const MachineSpec& spec) const;
  Result<void> forget(virConnectPtr connection, const Owned& owned, const std::string& machine);
  Result<void> boot(virDomainPtr domain, const std::string& machine);
  Result<std::string> monitor(virDomainPtr domain, const char* command, const std::string& action,
                              const std::string& machine);
  Result<Fd> open_socket(virDomainPtr domain, const std::string& machine,
                         const ChannelSpec& channel);
  Result<Fd> open_stream(virConnectPtr connection, virDomainPtr domain, const std::string& machine,
                         const ChannelSpec& channel);
  Result<void> require_off(virDomainPtr domain, const std::string& action,
                           const std::string& machine);
  Error failed(std::string action, const std::string& machine) {
    return last_error(std::move(action), machine, options_.uri);
  }

  const LibvirtOptions options_;
  const Kind kind_;
  const std::string owner_;
  const std::shared_ptr<EventLoop> loop_;
  Notifier notifier_;
  std::mutex bridges_mutex_;
  std::vector<std::shared_ptr<ChannelBridge>> bridges_;
  std::mutex describe_mutex_;
  std::optional<BackendInfo> info_;
  Connection connection_;
};

std::optional<Metadata> LibvirtBackend::metadata_of(virDomainPtr domain) {
  const Text text(virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, kMetadataNamespace, 0));
  if (!text) return std::nullopt;
  auto parsed = parse_metadata(text.get());
  if (!parsed) return std::nullopt;
  return std::move(*parsed);
}

Result<std::optional<Owned>> LibvirtBackend::find(virConnectPtr connection,
                                                  const std::string& machine) {
  Domain domain(virDomainLookupByName(connection, machine.c_str()));
  if (!domain) {
    if (last_code() == VIR_ERR_NO_DOMAIN) return std::optional<Owned>();
    return failed("look for the virtual machine", machine);
  }
  std::optional<Metadata> metadata = metadata_of(domain.get());
  if (!metadata || metadata->owner != owner_) return std::optional<Owned>();
  return std::optional<Owned>(Owned{std::move(domain), std::move(*metadata)});
}

Result<BackendInfo> LibvirtBackend::describe() {
  std::lock_guard lock(describe_mutex_);
  if (info_ && info_->acceleration == Acceleration::kKvm) return *info_;
  BackendInfo info;
  info.name = "libvirt";
  info.network = kind_ == Kind::kSystem ? NetworkMode::kNat : NetworkMode::kUser;
  std::string qemu = "unknown";
  COVE_CHECK(with<void>([&](virConnectPtr connection) -> Result<void> {
    unsigned long libvirt_version = 0;
    unsigned long qemu_version = 0;
    if (virConnectGetLibVersion(connection, &libvirt_version) != 0 ||
        virConnectGetVersion(connection, &qemu_version) != 0) {
      return failed("ask for the version of", "QEMU");
    }
    if (qemu_version == 0) {
      return Error{ErrorCode::kUnavailable, "use", "libvirt", "QEMU is not installed",
                   "Install the package qemu-system-x86."};
    }
    qemu = version_text(qemu_version);
    info.version = fmt::format("libvirt {}, QEMU {}", version_text(libvirt_version), qemu);
    return {};
  }));
  AccelerationVerdict verdict;
  if (options_.probe) {
    verdict = options_.probe(qemu);
  } else {
    KvmProbe probe;
    probe.kernel = options_.probe_kernel;
    probe.cache = options_.cache;
    probe.qemu_version = qemu;
    KvmVerdict found = probe_kvm(probe, options_.logger);
    verdict = {found.acceleration, std::move(found.note)};
  }
  info.acceleration = verdict.acceleration;
  info.acceleration_note = std::move(verdict.note);
  info_ = info;
  return info;
}

Flavor LibvirtBackend::flavor(const MachineSpec& spec) const {
  Flavor flavor;
  flavor.domain_type = kind_ == Kind::kTest                      ? "test"
                       : spec.acceleration == Acceleration::kKvm ? "kvm"
                                                                 : "qemu";
  flavor.own_sockets = kind_ != Kind::kSystem;
  // The system's libvirt may run under AppArmor, whose rules let it read few files of /usr/share.
  if (kind_ == Kind::kSession && flavor.domain_type == "qemu" &&
      ::access(kBriefFirmware, R_OK) == 0)
    flavor.firmware = kBriefFirmware;
  if (kind_ == Kind::kSystem) flavor.account = fmt::format("+{}:+{}", ::getuid(), ::getgid());
  flavor.nat_network = kNatNetwork;
  for (const DiskSpec& disk : spec.disks) flavor.direct_io.push_back(has_direct_io(disk.file));
  return flavor;
}

// Of every domain with our metadata, whoever owns it.
std::vector<std::string> LibvirtBackend::addresses_of_others(virConnectPtr connection,
                                                             const std::string& machine) {
  std::vector<std::string> used;
  virDomainPtr* raw = nullptr;
  const int count = virConnectListAllDomains(connection, &raw, 0);
  const std::unique_ptr<virDomainPtr, Releaser<std::free>> list(raw);
  for (int i = 0; i < count; ++i) {
    const Domain domain(raw[i]);
    const std::optional<Metadata> metadata = metadata_of(domain.get());
    if (metadata && metadata->nat && machine != virDomainGetName(domain.get())) {
      used.push_back(metadata->nat->address);
    }
  }
  return used;
}

Result<Metadata> LibvirtBackend::plan(virConnectPtr connection, const MachineSpec& spec,
                                      const std::optional<NatAddress>& kept) {
  Metadata metadata{owner_, fingerprint(spec), spec.network.mode, std::nullopt};
  if (spec.network.mode == NetworkMode::kUser) return metadata;
  if (kind_ == Kind::kSession) {
    return Error{ErrorCode::kUnsupported, "make the virtual machine", spec.name,
                 "the NAT network belongs to the system's libvirt",
                 "Use the user network, or the system's libvirt."};
  }
  COVE_TRY(const NatNetwork network, ensure_nat_network(connection, options_.proc_net_route));
  COVE_TRY(metadata.nat, choose_address(network, kept, addresses_of_others(connection, spec.name)));
  return metadata;
}

Result<void> LibvirtBackend::define(const MachineSpec& spec) {
  COVE_CHECK(validate(spec));
  return with<void>([&](virConnectPtr connection) -> Result<void> {
    COVE_TRY(std::optional<Owned> owned, find(connection, spec.name));
    std::optional<NatAddress> kept;
    if (owned) {
      if (is_active(owned->domain.get())) {
        if (owned->metadata.fingerprint == fingerprint(spec)) return {};
        return Error{ErrorCode::kConflict, "change the virtual machine", spec.name, "it is running",
                     "Stop it first."};
      }
      kept = owned->metadata.nat;
      char uuid[VIR_UUID_STRING_BUFLEN] = "";
      virDomainGetUUIDString(owned->domain.get(), uuid);
      if (spec.uuid != uuid) COVE_CHECK(forget(connection, *owned, spec.name));
    } else if (const Domain other(virDomainLookupByName(connection, spec.name.c_str())); other) {
      return Error{ErrorCode::kConflict, "make the virtual machine", spec.name,
                   "a virtual machine of that name exists that this account did not make with Cove",
                   "Choose another name, or remove that virtual machine with virsh."};
    }
    COVE_TRY(const Metadata metadata, plan(connection, spec, kept));
    const Domain domain(
        virDomainDefineXML(connection, domain_xml(spec, metadata, flavor(spec)).c_str()));
    if (!domain) return failed("make the virtual machine", spec.name);
    return {};
  });
}

Result<void> LibvirtBackend::boot(virDomainPtr domain, const std::string& machine) {
  const bool saved = virDomainHasManagedSaveImage(domain, 0) == 1;
  if (virDomainCreate(domain) == 0) return {};
  Error error = failed("start the virtual machine", machine);
  if (is_active(domain)) return {};  // another program was quicker
  if (saved && virDomainHasManagedSaveImage(domain, 0) == 1) {
    error.action = "continue the saved virtual machine";
    if (error.code != ErrorCode::kResourceExhausted) error.code = ErrorCode::kCorrupt;
    error.remedy = "Discard the saved memory to boot afresh; the disks are kept.";
  }
  return error;
}

Result<void> LibvirtBackend::start(const std::string& machine) {
  const std::string action = "start the virtual machine";
  return with_machine<void>(action, machine, [&](virConnectPtr, Owned& owned) -> Result<void> {
    int state = 0;
    int reason = 0;
    if (virDomainGetState(owned.domain.get(), &state, &reason, 0) != 0) {
      return failed(action, machine);
    }
    if (state == VIR_DOMAIN_PAUSED && reason != VIR_DOMAIN_PAUSED_STARTING_UP) {
      if (virDomainResume(owned.domain.get()) != 0) return failed(action, machine);
      return {};
    }
    if (state == VIR_DOMAIN_PMSUSPENDED) {
      if (virDomainPMWakeup(owned.domain.get(), 0) != 0) return failed(action, machine);
      return {};
    }
    if (is_active(owned.domain.get())) return {};
    return boot(owned.domain.get(), machine);
  });
}

Result<void> LibvirtBackend::stop(const std::string& machine, StopPolicy policy) {
  const std::string action = "stop the virtual machine";
  return with_machine<void>(action, machine, [&](virConnectPtr, Owned& owned) -> Result<void> {
    virDomainPtr domain = owned.domain.get();
    if (!is_active(domain)) return {};
    int done = 0;
    if (policy == StopPolicy::kForce) {
      done = virDomainDestroy(domain);
    } else {
      // Frozen processors would never see the button.
      int state = 0;
      if (virDomainGetState(domain, &state, nullptr, 0) == 0 && state == VIR_DOMAIN_PAUSED) {
        virDomainResume(domain);
      }
      done = virDomainShutdown(domain);
    }
    if (done == 0) return {};
    Error error = failed(action, machine);
    if (!is_active(domain)) return {};
    return error;
  });
}

Result<void> LibvirtBackend::forget(virConnectPtr connection, const Owned& owned,
                                    const std::string& machine) {
  const unsigned flags = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA;
  if (virDomainUndefineFlags(owned.domain.get(), flags) != 0 && last_code() != VIR_ERR_NO_DOMAIN) {
    return failed("remove the virtual machine", machine);
  }
  if (owned.metadata.network == NetworkMode::kNat) return remove_unused_nat_network(connection);
  return {};
}

Result<void> LibvirtBackend::undefine(const std::string& machine) {
  return with<void>([&](virConnectPtr connection) -> Result<void> {
    COVE_TRY(const std::optional<Owned> owned, find(connection, machine));
    if (!owned) return {};
    if (is_active(owned->domain.get())) {
      return Error{ErrorCode::kConflict, "remove the virtual machine", machine, "it is running",
                   "Stop it first."};
    }
    COVE_CHECK(forget(connection, *owned, machine));
    if (!options_.machine_logs.empty()) {
      COVE_CHECK(remove_tree(options_.machine_logs / (machine + ".log")));
    }
    return {};
  });
}

Result<Observation> LibvirtBackend::observe(const std::string& machine) {
  return with<Observation>([&](virConnectPtr connection) -> Result<Observation> {
    COVE_TRY(const std::optional<Owned> owned, find(connection, machine));
    if (!owned) return Observation{};
    int state = 0;
    int reason = 0;
    if (virDomainGetState(owned->domain.get(), &state, &reason, 0) != 0) {
      if (last_code() == VIR_ERR_NO_DOMAIN) return Observation{};
      return failed("observe the virtual machine", machine);
    }
    const bool saved = virDomainHasManagedSaveImage(owned->domain.get(), 0) == 1;
    return observation(state, reason, saved);
  });
}

Result<std::vector<std::string>> LibvirtBackend::machines() {
  return with<std::vector<std::string>>(
      [&](virConnectPtr connection) -> Result<std::vector<std::string>> {
        virDomainPtr* raw = nullptr;
        const int count = virConnectListAllDomains(connection, &raw, 0);
        if (count < 0) return failed("list the virtual machines", "");
        const std::unique_ptr<virDomainPtr, Releaser<std::free>> list(raw);
        std::vector<std::string> names;
        for (int i = 0; i < count; ++i) {
          const Domain domain(raw[i]);
          const std::optional<Metadata> metadata = metadata_of(domain.get());
          if (metadata && metadata->owner == owner_) {
            names.emplace_back(virDomainGetName(domain.get()));
          }
        }
        std::sort(names.begin(), names.end());
        return names;
      });
}

Result<GuestNetwork> LibvirtBackend::guest_network(const std::string& machine) {
  const std::string action = "find the network of the virtual machine";
  return with_machine<GuestNetwork>(
      action, machine, [&](virConnectPtr, Owned& owned) -> Result<GuestNetwork> {
        if (owned.metadata.network == NetworkMode::kUser) {
          return GuestNetwork{"10.0.2.15", 24, "10.0.2.2", "10.0.2.3", ""};
        }
        if (!owned.metadata.nat) {
          return Error{ErrorCode::kCorrupt, action, machine, "its address is not noted",
                       "Stop it and start it again."};
        }
        const NatAddress& nat = *owned.metadata.nat;
        return GuestNetwork{nat.address, nat.prefix_length, nat.gateway, nat.gateway, nat.address};
      });
}

Result<Fd> LibvirtBackend::open_socket(virDomainPtr domain, const std::string& machine,
                                       const ChannelSpec& channel) {
  // QEMU serves one program a channel and leaves others waiting without a word, so look first. A
  // peer that just left is noticed with a short delay.
  const SteadyTime end = options_.clock.steady() + kTakenPatience;
  while (true) {
    COVE_TRY(const std::string answer,
             monitor(domain, kChardevCommand, "open the channel " + channel.name + " of", machine));
    if (!channel_is_taken(answer, channel.socket)) break;
    if (options_.clock.steady() >= end) {
      return Error{ErrorCode::kConflict, "open the channel " + channel.name + " of", machine,
                   "another program is using it", ""};
    }
    options_.clock.sleep(kChannelRetry);
  }
  return connect_to(channel.socket, options_.clock);
}

Result<Fd> LibvirtBackend::open_stream(virConnectPtr connection, virDomainPtr domain,
                                       const std::string& machine, const ChannelSpec& channel) {
  const std::string action = "open the channel " + channel.name + " of";
  Stream stream(virStreamNew(connection, VIR_STREAM_NONBLOCK));
  if (!stream) return failed(action, machine);
  if (virDomainOpenChannel(domain, channel.name.c_str(), stream.get(), 0) != 0) {
    Error error = failed(action, machine);
    if (error.cause.find("Active channel stream exists") != std::string::npos) {
      error.code = ErrorCode::kConflict;
      error.cause = "another program is using it";
    }
    return error;
  }
  std::lock_guard lock(bridges_mutex_);
  std::erase_if(bridges_, [](const auto& bridge) { return bridge->closed(); });
  if (bridges_.size() >= kMaxBridges) {
    return Error{ErrorCode::kResourceExhausted, action, machine, "too many channels are open", ""};
  }
  COVE_TRY(ChannelBridge::Opened opened, ChannelBridge::open(share(connection), std::move(stream)));
  bridges_.push_back(std::move(opened.bridge));
  return std::move(opened.end);
}

Result<Fd> LibvirtBackend::open_channel(const std::string& machine, const ChannelSpec& channel) {
  const std::string action = "open the channel " + channel.name + " of";
  return with_machine<Fd>(action, machine,
                          [&](virConnectPtr connection, Owned& owned) -> Result<Fd> {
                            if (!is_active(owned.domain.get())) return not_running(action, machine);
                            if (kind_ == Kind::kTest) {
                              return Error{ErrorCode::kUnsupported, action, machine,
                                           "libvirt's test driver has no channels", ""};
                            }
                            if (kind_ == Kind::kSession)
                              return open_socket(owned.domain.get(), machine, channel);
                            return open_stream(connection, owned.domain.get(), machine, channel);
                          });
}

Result<std::unique_ptr<Backend::Subscription>> LibvirtBackend::subscribe(
    std::function<void(const std::string&)> changed) {
  COVE_CHECK(connect());
  connection_.keep_open();
  return notifier_.subscribe(std::move(changed));
}

Result<std::string> LibvirtBackend::monitor(virDomainPtr domain, const char* command,
                                            const std::string& action, const std::string& machine) {
  char* raw = nullptr;
  const int done =
      virDomainQemuMonitorCommand(domain, command, &raw, VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP);
  const Text answer(raw);
  if (done == 0) return std::string(answer ? answer.get() : "");
  Error error = failed(action, machine);
  if (!is_active(domain)) return not_running(action, machine);
  return error;
}

Result<void> LibvirtBackend::add_forward(const std::string& machine, const ForwardRule& rule) {
  COVE_CHECK(validate(rule));
  const std::string action = "forward a port to";
  return with_machine<void>(action, machine, [&](virConnectPtr, Owned& owned) -> Result<void> {
    virDomainPtr domain = owned.domain.get();
    if (!is_active(domain)) return not_running(action, machine);
    COVE_TRY(const std::string answer, monitor(domain, add_command(rule).c_str(), action, machine));
    const Result<void> added = check_add_answer(answer, machine, rule);
    if (added) return {};
    // The port may be taken by this very rule.
    COVE_TRY(const std::string list, monitor(domain, kListCommand, action, machine));
    const std::vector<ForwardRule> rules = parse_usernet(list);
    if (std::find(rules.begin(), rules.end(), rule) != rules.end()) return {};
    return added.error();
  });
}

Result<void> LibvirtBackend::remove_forward(const std::string& machine, const ForwardRule& rule) {
  COVE_CHECK(validate(rule));
  const std::string action = "stop forwarding a port to";
  return with_machine<void>(action, machine, [&](virConnectPtr, Owned& owned) -> Result<void> {
    virDomainPtr domain = owned.domain.get();
    if (!is_active(domain)) return not_running(action, machine);
    COVE_TRY(const std::string answer,
             monitor(domain, remove_command(rule).c_str(), action, machine));
    return check_remove_answer(answer, machine, rule);
  });
}

Result<std::vector<ForwardRule>> LibvirtBackend::forwards(const std::string& machine) {
  const std::string action = "list the forwarded ports of";
  return with_machine<std::vector<ForwardRule>>(
      action, machine, [&](virConnectPtr, Owned& owned) -> Result<std::vector<ForwardRule>> {
        if (!is_active(owned.domain.get())) return not_running(action, machine);
        COVE_TRY(const std::string answer,
                 monitor(owned.domain.get(), kListCommand, action, machine));
        return parse_usernet(answer);
      });
}

Result<void> LibvirtBackend::save(const std::string& machine) {
  const std::string action = "save the virtual machine";
  return with_machine<void>(action, machine, [&](virConnectPtr, Owned& owned) -> Result<void> {
    virDomainPtr domain = owned.domain.get();
    if (!is_active(domain)) {
      if (virDomainHasManagedSaveImage(domain, 0) == 1) return {};
      return not_running(action, machine);
    }
    if (virDomainManagedSave(domain, 0) == 0) return {};
    Error error = failed(action, machine);
    if (!is_active(domain) && virDomainHasManagedSaveImage(domain, 0) == 1) return {};
    return error;
  });
}

Result<void> LibvirtBackend::discard_saved(const std::string& machine) {
  const std::string action = "discard the saved memory of the virtual machine";
  const auto work = [&](virConnectPtr, Owned& owned) -> Result<void> {
    if (virDomainHasManagedSaveImage(owned.domain.get(), 0) != 1) return {};
    if (virDomainManagedSaveRemove(owned.domain.get(), 0) != 0) return failed(action, machine);
    notifier_.notify(machine);  // libvirt has no event for it
    return {};
  };
  return with_machine<void>(action, machine, work);
}

Result<void> LibvirtBackend::require_off(virDomainPtr domain, const std::string& action,
                                         const std::string& machine) {
  if (is_active(domain) || virDomainHasManagedSaveImage(domain, 0) == 1) {
    return must_be_off(action, machine);
  }
  return {};
}

Result<void> LibvirtBackend::take_snapshot(const std::string& machine, const std::string& name) {
  COVE_CHECK(validate_snapshot_name(name));
  const std::string action = "take a snapshot of";
  return with_machine<void>(action, machine, [&](virConnectPtr, Owned& owned) -> Result<void> {
    virDomainPtr domain = owned.domain.get();
    COVE_CHECK(require_off(domain, action, machine));
    if (const libvirt::Snapshot old(virDomainSnapshotLookupByName(domain, name.c_str(), 0)); old) {
      return Error{ErrorCode::kAlreadyExists, action, machine,
                   "it already has a snapshot named '" + name + "'", "Choose another name."};
    }
    const Text description(virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE));
    if (!description) return failed(action, machine);
    COVE_TRY(const std::string xml, snapshot_xml(name, description.get()));
    const libvirt::Snapshot made(virDomainSnapshotCreateXML(domain, xml.c_str(), 0));
    if (!made) return failed(action, machine);
    return {};
  });
}

Result<void> LibvirtBackend::restore_snapshot(const std::string& machine, const std::string& name) {
  COVE_CHECK(validate_snapshot_name(name));
  const std::string action = "restore a snapshot of";
  return with_machine<void>(action, machine, [&](virConnectPtr, Owned& owned) -> Result<void> {
    COVE_CHECK(require_off(owned.domain.get(), action, machine));
    const libvirt::Snapshot snapshot(
        virDomainSnapshotLookupByName(owned.domain.get(), name.c_str(), 0));
    if (!snapshot) {
      if (last_code() != VIR_ERR_NO_DOMAIN_SNAPSHOT) return failed(action, machine);
      return Error{ErrorCode::kNotFound, action, machine, "it has no snapshot named '" + name + "'",
                   ""};
    }
    if (virDomainRevertToSnapshot(snapshot.get(), 0) != 0) return failed(action, machine);
    return {};
  });
}

Result<void> LibvirtBackend::remove_snapshot(const std::string& machine, const std::string& name) {
  COVE_CHECK(validate_snapshot_name(name));
  const std::string action = "remove a snapshot of";
  return with_machine<void>(action, machine, [&](virConnectPtr, Owned& owned) -> Result<void> {
    COVE_CHECK(require_off(owned.domain.get(), action, machine));
    const libvirt::Snapshot snapshot(
        virDomainSnapshotLookupByName(owned.domain.get(), name.c_str(), 0));
    if (!snapshot) {
      if (last_code() == VIR_ERR_NO_DOMAIN_SNAPSHOT) return {};
      return failed(action, machine);
    }
    if (virDomainSnapshotDelete(snapshot.get(), 0) != 0) return failed(action, machine);
    return {};
  });
}

Result<std::vector<Snapshots::Snapshot>> LibvirtBackend::snapshots(const std::string& machine) {
  using List = std::vector<Snapshots::Snapshot>;
  const std::string action = "list the snapshots of";
  return with_machine<List>(action, machine, [&](virConnectPtr, Owned& owned) -> Result<List> {
    virDomainSnapshotPtr* raw = nullptr;
    const int count = virDomainListAllSnapshots(owned.domain.get(), &raw, 0);
    if (count < 0) return failed(action, machine);
    const std::unique_ptr<virDomainSnapshotPtr, Releaser<std::free>> list(raw);
    List out;
    for (int i = 0; i < count; ++i) {
      const libvirt::Snapshot snapshot(raw[i]);
      const Text xml(virDomainSnapshotGetXMLDesc(snapshot.get(), 0));
      out.push_back({virDomainSnapshotGetName(snapshot.get()), xml ? snapshot_time(xml.get()) : 0});
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
      return std::pair(a.taken_unix_seconds, a.name) < std::pair(b.taken_unix_seconds, b.name);
    });
    return out;
  });
}

}  // namespace libvirt

Result<std::shared_ptr<Backend>> make_libvirt_backend(LibvirtOptions options) {
  COVE_TRY(std::shared_ptr<libvirt::EventLoop> loop, libvirt::EventLoop::acquire());
  auto backend = std::make_shared<libvirt::LibvirtBackend>(std::move(options), std::move(loop));
  COVE_CHECK(backend->connect());
  return std::shared_ptr<Backend>(std::move(backend));
}

}  // namespace cove::vm
