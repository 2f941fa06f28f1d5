// How long a cold `cove start` takes, step by step, beside a bare boot of the same kernel to an
// empty init, in turn in one run. Medians; the ratio is what counts.
#include <fmt/format.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <map>
#include <numeric>

#include "tests/support/computer.h"
#include "vm/image/image.h"

namespace cove {
namespace {

using namespace std::chrono_literals;
using Milliseconds = double;
using test::Computer;
using test::value;

struct Options {
  int rounds = 5;
  bool json = false;
  unsigned cpus = 2;
  unsigned memory_mib = 2048;
};

Milliseconds since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

Milliseconds median(std::vector<Milliseconds> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// An initramfs with the empty init in it, by cpio.
Path make_bare_initrd(const Computer& computer) {
  const Path root = computer.home() / "bare";
  std::filesystem::create_directories(root / "dev");
  std::filesystem::copy_file(Computer::build() / "tests" / "bench_empty_init", root / "init");
  const Path initrd = computer.home() / "bare.cpio";
  Command pack{
      {"cpio", "--quiet", "-o", "-H", "newc", "-F", initrd.string()}, {}, root, "init\ndev\n"};
  if (value(make_spawner()->run(pack, 10s)).exit_code != 0) throw std::runtime_error("cpio failed");
  return initrd;
}

// From the start of QEMU until the empty init's line is on the console.
Milliseconds bare_boot(const vm::SystemImage& image, const Path& initrd, bool kvm,
                       const Options& options) {
  std::string command_line = image.command_line;
  if (!kvm) command_line += " " + image.command_line_software;
  const Command command{{"qemu-system-x86_64",
                         "-accel",
                         kvm ? "kvm" : "tcg",
                         "-machine",
                         "q35",
                         "-nodefaults",
                         "-no-user-config",
                         "-display",
                         "none",
                         "-no-reboot",
                         "-smp",
                         std::to_string(options.cpus),
                         "-m",
                         std::to_string(options.memory_mib),
                         "-kernel",
                         image.kernel.string(),
                         "-initrd",
                         initrd.string(),
                         "-append",
                         command_line,
                         "-serial",
                         "stdio"},
                        {},
                        {},
                        {}};
  Pipe output = value(make_pipe());
  const auto begin = std::chrono::steady_clock::now();
  ChildProcess qemu =
      value(ChildProcess::spawn(command, {-1, output.write.get(), -1, true, false}));
  output.write.reset();
  std::string text;
  while (text.find("bare-init-reached") == std::string::npos) {
    pollfd poll{output.read.get(), POLLIN, 0};
    if (::poll(&poll, 1, 120'000) <= 0)
      throw std::runtime_error("the bare kernel did not reach its init in 120 s");
    char buffer[4096];
    const ssize_t n = ::read(output.read.get(), buffer, sizeof buffer);
    if (n <= 0)
      throw std::runtime_error("QEMU ended before the bare kernel reached its init: " + text);
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return since(begin);
}

struct ColdStart {
  Milliseconds total = 0;
  std::vector<std::pair<std::string, Milliseconds>> steps;
  bool kvm = false;
};

ColdStart cold_start(const Computer& computer, const Options& options) {
  ColdStart result;
  const auto begin = std::chrono::steady_clock::now();
  const std::string output =
      computer.cove({"start", "-o", "json", "--cpus", std::to_string(options.cpus), "--memory",
                     std::to_string(options.memory_mib)});
  result.total = since(begin);
  for (const std::string& line : split(output, '\n')) {
    boost::system::error_code error;
    const boost::json::value event = boost::json::parse(line, error);
    if (error || !event.is_object()) continue;
    const auto text = [&](const char* pointer) {
      const auto* found = event.find_pointer(pointer, error);
      return found != nullptr && found->is_string() ? std::string(found->as_string())
                                                    : std::string();
    };
    if (text("/event") != "step" || text("/state") != "done") continue;
    const auto* elapsed = event.find_pointer("/elapsed_ms", error);
    if (elapsed != nullptr) result.steps.emplace_back(text("/id"), elapsed->to_number<double>());
  }
  const std::string status = computer.cove({"status", "-o", "json"});
  result.kvm = status.find("\"kvm\"") != std::string::npos;
  computer.cove({"delete"});
  return result;
}

void report(const std::vector<ColdStart>& starts, const std::vector<Milliseconds>& bare,
            const Options& options) {
  std::map<std::string, std::vector<Milliseconds>> steps;
  std::vector<Milliseconds> totals;
  for (const ColdStart& start : starts) {
    totals.push_back(start.total);
    for (const auto& [id, time] : start.steps) steps[id].push_back(time);
  }
  const double ratio = median(totals) / median(bare);
  if (options.json) {
    boost::json::object timeline;
    for (const auto& [id, time] : starts.front().steps) timeline[id] = median(steps[id]);
    fmt::print("{}\n", boost::json::serialize(boost::json::object{{"bench", "start"},
                                                                  {"rounds", options.rounds},
                                                                  {"kvm", starts.front().kvm},
                                                                  {"cold_start_ms", median(totals)},
                                                                  {"bare_boot_ms", median(bare)},
                                                                  {"ratio", ratio},
                                                                  {"timeline_ms", timeline}}));
    return;
  }
  fmt::print("cold start, {}, {} CPUs, {} MiB, median of {}\n\n",
             starts.front().kvm ? "KVM" : "software emulation", options.cpus, options.memory_mib,
             options.rounds);
  fmt::print("  {:<20} {:>9}\n", "step", "ms");
  for (const auto& [id, time] : starts.front().steps)
    fmt::print("  {:<20} {:>9.0f}\n", id, median(steps[id]));
  fmt::print("  {:<20} {:>9.0f}   exec of cove to its end, node Ready\n", "total", median(totals));
  fmt::print("  {:<20} {:>9.0f}   same kernel, empty init, raw QEMU\n", "bare boot", median(bare));
  fmt::print("  {:<20} {:>9.2f}   target 1.5 under software emulation\n", "ratio", ratio);
}

int run(const Options& options) {
  const Computer computer;
  const vm::SystemImage image =
      value(vm::open_system_image(Computer::build() / "share" / "cove" / "system"));
  const Path initrd = make_bare_initrd(computer);
  // The session daemon and its probe of QEMU are paid once a login, not at every start.
  const bool kvm = cold_start(computer, options).kvm;
  std::vector<ColdStart> starts;
  std::vector<Milliseconds> bare;
  for (int round = 0; round < options.rounds; ++round) {
    bare.push_back(bare_boot(image, initrd, kvm, options));
    starts.push_back(cold_start(computer, options));
  }
  report(starts, bare, options);
  return 0;
}

}  // namespace
}  // namespace cove

int main(int argc, char** argv) {
  cove::Options options;
  CLI::App app{"Times a cold start beside a bare boot of the same kernel."};
  app.add_option("--rounds", options.rounds, "How often each is measured")
      ->check(CLI::Range(1, 1000));
  app.add_option("--cpus", options.cpus, "CPUs of the machine")->check(CLI::Range(1, 64));
  app.add_option("--memory", options.memory_mib, "Memory in MiB")->check(CLI::Range(512, 65536));
  app.add_flag("--json", options.json, "One line of JSON instead of the table");
  CLI11_PARSE(app, argc, argv);
  try {
    return cove::run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "start_bench: {}\n", error.what());
    return 1;
  }
}
