#include "vm/libvirt/kvm_probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/strings.h"

namespace cove::vm::libvirt {
namespace {

constexpr std::chrono::milliseconds kSilence{2000};
constexpr std::chrono::milliseconds kLimit{15000};
constexpr std::size_t kMaxTail = 64 << 10;
constexpr const char* kSlow = "The virtual machine runs in software and is several times slower: ";

KvmVerdict software(std::string reason) {
  return {Acceleration::kSoftware, kSlow + std::move(reason)};
}

// Nothing when the device can be used by this account.
std::optional<KvmVerdict> look_at_device(const Path& device) {
  const Fd fd(::open(device.c_str(), O_RDWR | O_CLOEXEC));
  if (fd) return std::nullopt;
  switch (errno) {
    case EACCES:
    case EPERM:
      return software(
          fmt::format("your account may not use {}; add it to the group kvm and log in again.",
                      device.native()));
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return software(fmt::format(
          "this computer offers no hardware virtualization ({} is missing); switch it on in the "
          "firmware, or allow nested virtualization when this is a virtual machine itself.",
          device.native()));
    default:
      return software(fmt::format("{} cannot be opened ({}).", device.native(), ::strerror(errno)));
  }
}

std::string cpu_model(const Path& proc) {
  const auto info = read_file(proc / "cpuinfo", 4 << 20);
  if (!info) return "unknown";
  for (const std::string& line : split(*info, '\n')) {
    if (line.starts_with("model name")) return std::string(trim(line.substr(line.find(':') + 1)));
  }
  return "unknown";
}

std::string boot_id(const Path& proc) {
  const auto id = read_file(proc / "sys/kernel/random/boot_id", 256);
  return id ? std::string(trim(*id)) : "unknown";
}

std::string describe_file(const Path& file) {
  struct stat status {};
  if (file.empty() || ::stat(file.c_str(), &status) != 0) return "none";
  return fmt::format("{} {} {}", file.native(), status.st_size, status.st_mtim.tv_sec);
}

std::string host_key(const KvmProbe& probe, const Path& qemu, const Path& kernel) {
  utsname host{};
  ::uname(&host);
  return escape_control(fmt::format("{}|{}|{}|{}|{}", cpu_model(probe.proc), host.release,
                                    probe.qemu_version, describe_file(qemu),
                                    describe_file(kernel)));
}

Path remembered_file(const KvmProbe& probe) {
  return probe.cache / "kvm-probe";
}

// Three lines: "works" or "fails <boot id>", the key, an empty end. Anything else is as if nothing
// were remembered.
std::optional<bool> recall(const KvmProbe& probe, const std::string& key) {
  if (probe.cache.empty()) return std::nullopt;
  const auto text = read_file(remembered_file(probe), 64 << 10);
  if (!text) return std::nullopt;
  if (*text == "works\n" + key + "\n") return true;
  if (*text == "fails " + boot_id(probe.proc) + "\n" + key + "\n") return false;
  return std::nullopt;
}

void remember(const KvmProbe& probe, const std::string& key, bool works, Logger& logger) {
  if (probe.cache.empty()) return;
  Result<void> written = make_directories(probe.cache, 0700);
  if (written) {
    const std::string verdict = works ? "works" : "fails " + boot_id(probe.proc);
    written = write_file_atomic(remembered_file(probe), verdict + "\n" + key + "\n", 0600);
  }
  if (!written)
    logger.warn("the result of the KVM probe is not remembered",
                {{"error", written.error().message()}});
}

// A kernel without a root file system ends in a panic; by then it has run through nearly everything
// that a processor can get wrong. Without a kernel the firmware's last words have to do.
struct Boot {
  Command command;
  std::string proof;
};

Boot boot_of(const Path& qemu, const Path& kernel) {
  Boot boot;
  boot.command.argv = {
      qemu.native(), "-accel",          "kvm",      "-cpu", "host",      "-m", "128",
      "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"};
  if (!kernel.empty()) {
    for (const char* argument :
         {"-serial", "stdio", "-append", "console=ttyS0 panic=-1", "-kernel"}) {
      boot.command.argv.emplace_back(argument);
    }
    boot.command.argv.push_back(kernel.native());
    boot.proof = "Kernel panic - not syncing: VFS";
  } else {
    for (const char* argument : {"-chardev", "stdio,id=firmware", "-device",
                                 "isa-debugcon,iobase=0x402,chardev=firmware"}) {
      boot.command.argv.emplace_back(argument);
    }
    boot.proof = "No bootable device";
  }
  return boot;
}

}  // namespace

Result<bool> watch_boot(const Command& command, const std::string& proof,
                        std::chrono::milliseconds silence, std::chrono::milliseconds limit) {
  COVE_TRY(Pipe pipe, make_pipe());
  ChildProcess::Options options;
  options.standard_output = pipe.write.get();
  options.die_with_parent = true;
  COVE_TRY(ChildProcess child, ChildProcess::spawn(command, options));
  pipe.write.reset();
  const auto end = std::chrono::steady_clock::now() + limit;
  std::string tail;
  std::array<char, 4096> buffer;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd ready{pipe.read.get(), POLLIN, 0};
    const int n = ::poll(&ready, 1, static_cast<int>(std::min(left, silence).count()));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    const ssize_t got = ::read(pipe.read.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    tail.append(buffer.data(), static_cast<std::size_t>(got));
    if (tail.find(proof) != std::string::npos) return true;
    if (tail.size() > kMaxTail) tail.erase(0, tail.size() - proof.size());
  }
}

KvmVerdict probe_kvm(const KvmProbe& probe, Logger& logger) {
  if (auto verdict = look_at_device(probe.device)) return *verdict;
  Path qemu = probe.qemu;
  if (qemu.empty()) qemu = find_program("qemu-system-x86_64").value_or("");
  if (qemu.empty()) return software("QEMU is not installed; install the package qemu-system-x86.");
  std::error_code ignored;
  const Path kernel =
      std::filesystem::is_regular_file(probe.kernel, ignored) ? probe.kernel : Path();
  const std::string key = host_key(probe, qemu, kernel);
  std::optional<bool> works = recall(probe, key);
  if (!works) {
    const Boot boot = boot_of(qemu, kernel);
    const auto seen = probe.boot(boot.command, boot.proof, kSilence, kLimit);
    if (!seen) return software(seen.error().message());
    works = *seen;
    logger.info("probed hardware virtualization", {{"works", *works ? "yes" : "no"}});
    remember(probe, key, *works, logger);
  }
  if (*works) return {Acceleration::kKvm, ""};
  return software(fmt::format(
      "{} is there but a guest does not get through its boot on it, as happens on nested or "
      "restricted hosts; check that nested virtualization is fully enabled.",
      probe.device.native()));
}

}  // namespace cove::vm::libvirt
