#include "tests/vm/libvirt/test_guest.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "core/base/clock.h"
#include "core/base/process.h"
#include "core/base/strings.h"

namespace cove::vm::testing {
namespace {

constexpr std::size_t kMaxFile = 256 << 20;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// One entry of the "newc" archive format
// (Documentation/driver-api/early-userspace/buffer-format.rst).
std::string archive_entry(const std::string& name, unsigned mode, const std::string& bytes) {
  const auto pad = [](std::string& text) { text.resize((text.size() + 3) / 4 * 4, '\0'); };
  std::string out = "070701";
  for (const std::size_t field : std::initializer_list<std::size_t>{
           0, mode, 0, 0, 1, 0, bytes.size(), 0, 0, 0, 0, name.size() + 1, 0}) {
    out += fmt::format("{:08x}", field);
  }
  out += name;
  out.push_back('\0');
  pad(out);
  out += bytes;
  pad(out);
  return out;
}

}  // namespace

Result<TestGuest> make_test_guest(const Path& folder) {
  const Path binaries = environment("COVE_BINARY_DIR");
  const Path image = binaries / "share/cove/system";
  TestGuest guest;
  guest.kernel = environment("COVE_TEST_KERNEL");
  if (guest.kernel.empty()) guest.kernel = image / "vmlinux";
  if (!std::filesystem::is_regular_file(guest.kernel)) {
    return Error{ErrorCode::kNotFound, "find a kernel for the test guest", guest.kernel,
                 "it is not there", "Build the system image or set COVE_TEST_KERNEL."};
  }
  Path modules = environment("COVE_TEST_INITRD");
  if (modules.empty()) modules = image / "initrd.img";
  std::string initrd;
  if (std::filesystem::is_regular_file(modules)) {
    COVE_TRY(initrd, read_file(modules, kMaxFile));
    initrd.resize((initrd.size() + 511) / 512 * 512, '\0');
  }
  COVE_TRY(const std::string init, read_file(binaries / "tests/libvirt_test_guest", kMaxFile));
  initrd += archive_entry("init", S_IFREG | 0755, init);
  initrd += archive_entry("TRAILER!!!", 0, "");
  guest.initrd = folder / "test-initrd.img";
  COVE_CHECK(write_file_atomic(guest.initrd, initrd, 0644));
  return guest;
}

Result<MachineSpec> test_machine(const std::string& name, const TestGuest& guest,
                                 const Path& folder) {
  MachineSpec spec;
  spec.name = name;
  spec.uuid = random_uuid();
  spec.title = "Test guest <\"&\">";
  spec.cpus = 1;
  spec.memory_mib = 256;
  spec.kernel = guest.kernel;
  spec.initrd = guest.initrd;
  spec.command_line = "console=ttyS0 panic=-1 cryptomgr.notests rdinit=/init";
  spec.channels = {{"dev.cove.control.0", folder / (name + ".sock")}};
  spec.console_log = folder / (name + ".log");
  spec.network.mac = "52:54:00:12:34:56";
  const Path disk = folder / (name + ".qcow2");
  const Path root = folder / (name + ".raw");
  COVE_CHECK(write_file_atomic(root, std::string(4096, 'x'), 0444));
  COVE_TRY(const Completed made,
           make_spawner()->run({.argv = {"qemu-img", "create", "-q", "-f", "qcow2", disk, "64M"},
                                .environment = {},
                                .working_directory = {},
                                .standard_input = {}},
                               std::chrono::seconds(30)));
  if (made.exit_code != 0) {
    return Error{ErrorCode::kUnavailable, "make a disk", disk, made.standard_error, ""};
  }
  spec.disks = {{root, DiskSpec::Format::kRaw, true, "system"},
                {disk, DiskSpec::Format::kQcow2, false, "data"}};
  return spec;
}

std::string console(const MachineSpec& spec) {
  const auto text = read_file(spec.console_log, kMaxFile);
  return text ? *text : "";
}

bool await_console(const MachineSpec& spec, const std::string& text) {
  SystemClock clock;
  const SteadyTime end = clock.steady() + std::chrono::minutes(1);
  while (console(spec).find(text) == std::string::npos) {
    if (clock.steady() > end) return false;
    clock.sleep(std::chrono::milliseconds(50));
  }
  return true;
}

Result<unsigned> ask(int channel) {
  if (::write(channel, "?", 1) != 1) return errno_error(errno, "write to", "the channel");
  std::string line;
  while (!line.ends_with('\n')) {
    pollfd ready{channel, POLLIN, 0};
    char byte = 0;
    if (::poll(&ready, 1, 30000) != 1 || ::read(channel, &byte, 1) != 1) {
      return Error{ErrorCode::kTimeout, "read from", "the channel", "no answer came", ""};
    }
    line.push_back(byte);
  }
  return static_cast<unsigned>(std::strtoul(line.c_str(), nullptr, 10));
}

}  // namespace cove::vm::testing
