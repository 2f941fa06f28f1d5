// How long a cold `cove start` takes, step by step, beside a bare boot of the same kernel to an
// empty init, in turn in one run. Medians; the ratio is what counts. The least daemon says how much
// of it any program needs that is reached over the network by TLS.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>

#include "core/base/clock.h"
#include "core/client/http.h"
#include "core/pki/pki.h"
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

Path pack(const Computer& computer, const std::string& name, std::string files) {
  const Path initrd = computer.home() / (name + ".cpio");
  Command command{{"cpio", "--quiet", "-o", "-H", "newc", "-F", initrd.string()},
                  {},
                  computer.home() / name,
                  std::move(files)};
  if (value(make_spawner()->run(command, 10s)).exit_code != 0)
    throw std::runtime_error("cpio failed");
  return initrd;
}

// An initramfs with the empty init in it.
Path make_bare_initrd(const Computer& computer) {
  const Path root = computer.home() / "bare";
  std::filesystem::create_directories(root / "dev");
  std::filesystem::copy_file(Computer::build() / "tests" / "bench_empty_init", root / "init");
  return pack(computer, "bare", "init\ndev\n");
}

// QEMU with a kernel and nothing else, from its start.
class BareMachine {
 public:
  BareMachine(const vm::SystemImage& image, const Path& initrd, bool kvm, const Options& options,
              const std::vector<std::string>& devices = {}) {
    std::string command_line = image.command_line;
    if (!kvm) command_line += " " + image.command_line_software;
    Command command{{"qemu-system-x86_64",
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
    command.argv.insert(command.argv.end(), devices.begin(), devices.end());
    output_ = value(make_pipe());
    begin_ = std::chrono::steady_clock::now();
    qemu_ = value(ChildProcess::spawn(command, {-1, output_.write.get(), -1, true, false}));
    output_.write.reset();
  }

  void wait_for(std::string_view line) {
    while (text_.find(line) == std::string::npos) {
      pollfd poll{output_.read.get(), POLLIN, 0};
      if (::poll(&poll, 1, 120'000) <= 0)
        throw std::runtime_error("the bare kernel did not get there in 120 s: " + text_);
      char buffer[4096];
      const ssize_t n = ::read(output_.read.get(), buffer, sizeof buffer);
      if (n <= 0) throw std::runtime_error("QEMU ended before the bare kernel was there: " + text_);
      text_.append(buffer, static_cast<std::size_t>(n));
    }
  }
  Milliseconds elapsed() const { return since(begin_); }

 private:
  Pipe output_;
  std::chrono::steady_clock::time_point begin_;
  std::optional<ChildProcess> qemu_;
  std::string text_;
};

// From the start of QEMU until the empty init's line is on the console.
Milliseconds bare_boot(const vm::SystemImage& image, const Path& initrd, bool kvm,
                       const Options& options) {
  BareMachine machine(image, initrd, kvm, options);
  machine.wait_for("bare-init-reached");
  return machine.elapsed();
}

// A program that answers over TLS, by the system image's drivers of a network card.
class LeastDaemon {
 public:
  LeastDaemon(const Computer& computer, const vm::SystemImage& image)
      : pki_(value(pki::ensure_cluster_pki(computer.home() / "pki", {{}, {"127.0.0.1"}}, clock_))) {
    const Path root = computer.home() / "least";
    std::filesystem::create_directories(root);
    Command unpack{
        {"cpio", "--quiet", "-i", "-d", "-F", image.initrd.string(), "modules/*", "./modules/*"},
        {},
        root,
        {}};
    if (value(make_spawner()->run(unpack, 10s)).exit_code != 0)
      throw std::runtime_error("cpio failed");
    const std::string index = value(read_file(root / "modules" / "index", 1 << 20));
    for (const std::string& line : split(index, '\n')) {
      const auto fields = split(line, '\t');
      if (fields.size() == 3) needs_[fields[0]] = split(fields[1], ' ');
    }
    for (const char* driver : {"virtio_pci", "virtio_net"}) add(driver);
    std::filesystem::copy_file(Computer::build() / "tests" / "bench_least_daemon", root / "init");
    std::string files = "init\nmodules\norder\nnow\nca.crt\nserver.crt\nserver.key\n";
    std::string order;
    for (const std::string& name : order_) {
      order += name + "\n";
      files += "modules/" + name + ".ko\n";
    }
    write(root / "order", order);
    write(root / "now", std::to_string(::time(nullptr)));
    write(root / "ca.crt", pki_.ca_certificate_pem);
    write(root / "server.crt", pki_.server.certificate_pem);
    write(root / "server.key", pki_.server.key_pem.reveal());
    initrd_ = pack(computer, "least", files);
  }

  // From the start of QEMU until the answer is there.
  Milliseconds boot(const vm::SystemImage& image, bool kvm, const Options& options) const {
    const std::uint16_t port = free_port();
    BareMachine machine(
        image, initrd_, kvm, options,
        {"-cpu", kvm ? "host" : "max,la57=off,erms=off", "-netdev",
         fmt::format("user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{}-:6443", port), "-device",
         "virtio-net-pci,netdev=net,romfile="});
    machine.wait_for("least-daemon-listens");
    const client::TlsIdentity identity{pki_.ca_certificate_pem, pki_.admin.certificate_pem,
                                       pki_.admin.key_pem};
    if (value(client::https_get({"127.0.0.1", port}, identity, "/", 60s)).status != 200)
      throw std::runtime_error("the least daemon did not answer");
    return machine.elapsed();
  }

 private:
  static void write(const Path& file, std::string_view bytes) {
    const auto written = write_file_atomic(file, bytes, 0600);
    if (!written) throw std::runtime_error(written.error().message());
  }
  static std::uint16_t free_port() {
    const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no port is free");
    }
    return ntohs(address.sin_port);
  }
  // After what it needs, each once.
  void add(const std::string& name) {
    if (name.empty() || std::ranges::find(order_, name) != order_.end()) return;
    for (const std::string& need : needs_.at(name)) add(need);
    order_.push_back(name);
  }

  SystemClock clock_;
  pki::ClusterPki pki_;
  std::map<std::string, std::vector<std::string>> needs_;
  std::vector<std::string> order_;
  Path initrd_;
};

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
            const std::vector<Milliseconds>& least, const Options& options) {
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
    fmt::print("{}\n",
               boost::json::serialize(boost::json::object{{"bench", "start"},
                                                          {"rounds", options.rounds},
                                                          {"kvm", starts.front().kvm},
                                                          {"cold_start_ms", median(totals)},
                                                          {"bare_boot_ms", median(bare)},
                                                          {"least_daemon_ms", median(least)},
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
  fmt::print("  {:<20} {:>9.0f}   the bare boot, a network card, and one answer over mutual TLS\n",
             "least daemon", median(least));
  fmt::print("  {:<20} {:>9.2f}   below this no control plane comes\n", "its ratio",
             median(least) / median(bare));
}

int run(const Options& options) {
  const Computer computer;
  const vm::SystemImage image =
      value(vm::open_system_image(Computer::build() / "share" / "cove" / "system"));
  const Path initrd = make_bare_initrd(computer);
  const LeastDaemon daemon(computer, image);
  // The session daemon and its probe of QEMU are paid once a login, not at every start.
  const bool kvm = cold_start(computer, options).kvm;
  std::vector<ColdStart> starts;
  std::vector<Milliseconds> bare;
  std::vector<Milliseconds> least;
  for (int round = 0; round < options.rounds; ++round) {
    bare.push_back(bare_boot(image, initrd, kvm, options));
    least.push_back(daemon.boot(image, kvm, options));
    starts.push_back(cold_start(computer, options));
  }
  report(starts, bare, least, options);
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
