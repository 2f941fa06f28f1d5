#include "tests/vm/guest/machine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <future>

namespace cove::test {
namespace {

std::string drain(const Fd& fd) {
  std::string all;
  char buffer[65536];
  ssize_t n;
  while ((n = ::read(fd.get(), buffer, sizeof buffer)) > 0)
    all.append(buffer, static_cast<std::size_t>(n));
  return all;
}

void add_port(std::vector<std::string>& argv, const std::string& id, const std::string& socket,
              const std::string& name) {
  argv.insert(argv.end(),
              {"-chardev", fmt::format("socket,id={},path={},server=on,wait=off", id, socket),
               "-device", fmt::format("virtserialport,chardev={},name={}", id, name)});
}

}  // namespace

Result<Path> built_image() {
  const char* build = std::getenv("COVE_BINARY_DIR");
  const Path image = Path(build != nullptr ? build : ".") / "share/cove/system";
  if (!std::filesystem::exists(image / "manifest.json")) {
    return Error{ErrorCode::kNotFound, "test", image.string(), "the system image is not built", ""};
  }
  if (!find_program("qemu-system-x86_64")) {
    return Error{ErrorCode::kNotFound, "test", "the guest", "there is no qemu-system-x86_64", ""};
  }
  return image;
}

Result<std::unique_ptr<Machine>> Machine::boot(const Path& image, const Path& folder,
                                               const Path& data, Options options) {
  COVE_TRY(const std::string text, read_file(image / "manifest.json", 1 << 20));
  const auto manifest = boost::json::parse(text).as_object();
  const auto line = [&](const char* name) { return std::string(manifest.at(name).as_string()); };
  std::unique_ptr<Machine> machine(new Machine(folder));
  const auto in = [&](const std::string& name) { return (folder / name).string(); };
  for (const char* socket : {"control.sock", "monitor.sock"}) ::unlink(in(socket).c_str());
  Command command;
  command.argv = {
      "qemu-system-x86_64",
      "-accel",
      "tcg",
      "-machine",
      "q35",
      "-smp",
      "2",
      "-m",
      "1024",
      "-display",
      "none",
      "-nodefaults",
      "-no-reboot",
      "-kernel",
      (image / "vmlinux").string(),
      "-initrd",
      (image / "initrd.img").string(),
      "-append",
      line("command_line") + " " + line("command_line_software") + " " + options.append,
      "-serial",
      "file:" + in("console.log"),
      "-monitor",
      "unix:" + in("monitor.sock") + ",server=on,wait=off",
      "-drive",
      "if=none,id=system,format=raw,readonly=on,file=" + (image / "system.erofs").string(),
      "-device",
      "virtio-blk-pci,drive=system,serial=cove-system",
      "-drive",
      fmt::format("if=none,id=data,format={},discard=unmap,file={}", options.data_format,
                  data.string()),
      "-device",
      "virtio-blk-pci,drive=data,serial=cove-data",
      "-netdev",
      "user,id=hostnet0,restrict=on",
      "-device",
      "virtio-net-pci,netdev=hostnet0",
      "-object",
      "rng-random,id=rng,filename=/dev/urandom",
      "-device",
      "virtio-rng-pci,rng=rng",
      "-device",
      "virtio-balloon-pci,free-page-reporting=on",
      "-device",
      "virtio-serial-pci"};
  add_port(command.argv, "control", in("control.sock"), channel::kControlPort);
  for (int port = 0; port < channel::kShellPorts; ++port) {
    const std::string socket = fmt::format("shell{}.sock", port);
    ::unlink(in(socket).c_str());
    add_port(command.argv, fmt::format("shell{}", port), in(socket), channel::shell_port(port));
  }
  const Fd log(::open(in("qemu.log").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  COVE_TRY(ChildProcess process,
           ChildProcess::spawn(command, {-1, log.get(), log.get(), true, false}));
  machine->process_ = std::make_unique<ChildProcess>(std::move(process));
  return machine;
}

Machine::~Machine() = default;

Result<Fd> Machine::connect(const std::string& socket) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (folder_ / socket).string();
  if (path.size() >= sizeof address.sun_path) return errno_error(ENAMETOOLONG, "connect to", path);
  std::copy(path.begin(), path.end(), address.sun_path);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (true) {
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      return fd;
    if (std::chrono::steady_clock::now() > deadline) return errno_error(errno, "connect to", path);
    std::this_thread::yield();
  }
}

Result<channel::ControlClient> Machine::control() {
  COVE_TRY(Fd fd, connect("control.sock"));
  return channel::ControlClient::connect(std::move(fd), std::chrono::seconds(120));
}

Result<Ran> Machine::run(const std::vector<std::string>& argv, const std::string& input, int port) {
  COVE_TRY(Fd line, connect(fmt::format("shell{}.sock", port)));
  COVE_TRY(Pipe in, make_pipe());
  COVE_TRY(Pipe out, make_pipe());
  COVE_TRY(Pipe err, make_pipe());
  auto feeding = std::async(std::launch::async, [&input, fd = std::move(in.write)]() mutable {
    std::string_view left = input;
    while (!left.empty()) {
      const ssize_t n = ::write(fd.get(), left.data(), left.size());
      if (n <= 0) break;
      left.remove_prefix(static_cast<std::size_t>(n));
    }
    fd.reset();
  });
  auto output = std::async(std::launch::async, [&] { return drain(out.read); });
  auto error = std::async(std::launch::async, [&] { return drain(err.read); });
  channel::ShellRequest request;
  request.argv = argv;
  const auto code = channel::run_shell(std::move(line), request,
                                       {in.read.get(), out.write.get(), err.write.get(), -1, {}});
  in.read.reset();
  out.write.reset();
  err.write.reset();
  Ran ran;
  ran.output = output.get();
  ran.error = error.get();
  if (code.has_error()) return code.error();
  ran.code = *code;
  return ran;
}

void Machine::monitor(const std::string& line) const {
  const auto fd = connect("monitor.sock");
  if (fd.has_error()) return;
  const std::string text = line + "\n";
  [[maybe_unused]] const ssize_t n = ::write(fd->get(), text.data(), text.size());
  char buffer[4096];
  // The prompt comes back once the line was taken.
  std::string seen;
  while (seen.find(line) == std::string::npos) {
    const ssize_t got = ::read(fd->get(), buffer, sizeof buffer);
    if (got <= 0) return;
    seen.append(buffer, static_cast<std::size_t>(got));
  }
}

bool Machine::wait_off(std::chrono::milliseconds timeout) {
  if (!process_) return true;
  const bool ended = process_->wait(timeout).has_value();
  if (ended) process_.reset();
  return ended;
}

std::string Machine::console() const {
  const auto text = read_file(folder_ / "console.log", 64 << 20);
  return text.has_value() ? *text : std::string();
}

}  // namespace cove::test
