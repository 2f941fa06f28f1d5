#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "core/base/strings.h"
#include "core/runtime/exec_process.h"
#include "core/runtime/implementation.h"

namespace cove::runtime {
namespace {

namespace json = boost::json;

constexpr auto kPatience = std::chrono::seconds(120);
constexpr std::size_t kMostWords = 8192;

// The files that crun and we share while a process starts; gone with this.
class Places {
 public:
  Places(const Path& folder, std::uint64_t number)
      : specification(folder / fmt::format("{}.json", number)),
        pid(folder / fmt::format("{}.pid", number)),
        console(folder / fmt::format("{}.tty", number)) {}
  ~Places() {
    for (const Path* path : {&specification, &pid, &console}) ::unlink(path->c_str());
  }
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  const Path specification, pid, console;
};

// Where crun writes the process' number as soon as there is one: a FIFO, so that we learn at once.
Result<Fd> make_fifo(const Path& path) {
  if (::mkfifo(path.c_str(), 0600) != 0) return errno_error(errno, "make", path.string());
  Fd fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return errno_error(errno, "open", path.string());
  return fd;
}

Result<Fd> listen_at(const Path& path) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path)
    return errno_error(ENAMETOOLONG, "make the socket", path.string());
  path.native().copy(address.sun_path, sizeof address.sun_path - 1);
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), 1) != 0)
    return errno_error(errno, "make the socket", path.string());
  return fd;
}

// The terminal that crun sends by its console socket.
Fd receive_terminal(int listener) {
  Fd peer(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (!peer) return {};
  char name[256];
  iovec part{name, sizeof name};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(peer.get(), &message, MSG_CMSG_CLOEXEC) < 0) return {};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return Fd(fd);
}

void no_blocking(const Fd& fd) {
  if (fd) ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

std::string words_of(const Fd& fd) {
  std::string text(kMostWords, '\0');
  const ssize_t n = ::read(fd.get(), text.data(), text.size());
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

class Handle final : public Runtime::Exec {
 public:
  explicit Handle(std::shared_ptr<ExecProcess> process)
      : process_(std::move(process)), streams_(process_.get()) {}
  ~Handle() override { process_->let_go(); }
  pid_t pid() const override { return process_->pid(); }
  Streams& streams() override { return streams_; }
  Result<void> resize(unsigned rows, unsigned columns) override {
    return process_->resize(rows, columns);
  }
  void signal(int number) override { process_->signal(number); }
  std::optional<int> exit_code() const override { return process_->exit_code(); }

 private:
  class Input final : public Streams {
   public:
    explicit Input(ExecProcess* process) : process_(process) {}
    Result<void> write(std::string_view input) override { return process_->write(input); }
    void close_input() override { process_->close_input(); }

   private:
    ExecProcess* process_;
  };

  std::shared_ptr<ExecProcess> process_;
  Input streams_;
};

struct Started {
  pid_t pid = 0;
  Fd terminal;
};

// Waits for the number, and the terminal; without one of them when crun ended before.
Started await(const Child& crun, const Fd& fifo, const Fd& listener) {
  Started started;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    std::array<pollfd, 3> fds{
        pollfd{crun.pidfd(), POLLIN, 0}, pollfd{started.pid > 0 ? -1 : fifo.get(), POLLIN, 0},
        pollfd{listener && !started.terminal ? listener.get() : -1, POLLIN, 0}};
    ::poll(fds.data(), fds.size(), 1000);
    if (fds[2].revents != 0) started.terminal = receive_terminal(listener.get());
    if (fds[1].revents != 0) {
      const std::string text = words_of(fifo);
      std::from_chars(text.data(), text.data() + text.size(), started.pid);
    }
    if (started.pid > 0 && (!listener || started.terminal)) break;
    if (fds[0].revents != 0 && fds[1].revents == 0 && fds[2].revents == 0) break;
  }
  return started;
}

}  // namespace

Result<std::unique_ptr<Runtime::Exec>> Runtime::Implementation::exec(
    const std::string& id, const ExecSpec& spec, Streams::Handlers handlers,
    std::function<void(int)> ended) {
  const char* const action = "run a process in the container";
  if (spec.process.args.empty() || spec.process.args.front().empty())
    return Error{ErrorCode::kInvalidArgument, action, id, "no command specified", {}};
  COVE_TRY(const Turn turn, take_running(id, action));
  if (turn->status.state == ContainerState::kPaused)
    return Error{ErrorCode::kConflict, action, id, "it is paused", "Resume it first."};

  Security security;
  security.privileged = spec.privileged;
  security.no_new_privileges = turn->spec.security.no_new_privileges;
  security.capabilities =
      turn->spec.security.privileged ? all_capabilities() : turn->spec.security.capabilities;
  security.ambient = turn->spec.security.ambient;
  if (spec.capabilities) security.capabilities = *spec.capabilities;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = next_exec_++;
  }
  const Places places(parts_.run / "x", number);
  COVE_CHECK(replace_file(places.specification,
                          json::serialize(oci_process(spec.process, security, host_))));
  COVE_TRY(const Fd fifo, make_fifo(places.pid));
  std::vector<std::string> argv = crun_command();
  argv.insert(argv.end(), {"exec", "--process", places.specification.string(), "--pid-file",
                           places.pid.string()});
  Fd listener;
  Pipe in, out;
  if (spec.process.terminal) {
    COVE_TRY(listener, listen_at(places.console));
    argv.insert(argv.end(), {"--console-socket", places.console.string()});
  } else {
    if (spec.open_stdin) {
      COVE_TRY(in, make_pipe());
    }
    COVE_TRY(out, make_pipe());
  }
  COVE_TRY(Pipe err, make_pipe());
  argv.push_back(id);
  COVE_TRY(Child crun, launch(argv, {kHelperPath},
                              {in.read.get(), out.write.get(), err.write.get()}, parts_.run));
  in.read.reset();
  out.write.reset();
  err.write.reset();
  no_blocking(in.write);
  no_blocking(out.read);
  no_blocking(err.read);
  Started started = await(crun, fifo, listener);
  if (started.pid <= 0 || (listener && !started.terminal)) {
    ::kill(crun.pid(), SIGKILL);
    crun.wait();
    // crun speaks to the terminal once there is one.
    std::string words = words_of(err.read);
    if (started.terminal) {
      no_blocking(started.terminal);
      words += words_of(started.terminal);
    }
    return start_error("a process in the container " + id, spec.process.args.front(), trim(words));
  }
  ExecProcess::Pieces pieces;
  pieces.crun = std::move(crun);
  pieces.pid = started.pid;
  pieces.terminal = spec.process.terminal;
  if (spec.process.terminal) {
    no_blocking(started.terminal);
    if (spec.open_stdin) pieces.input = Fd(::fcntl(started.terminal.get(), F_DUPFD_CLOEXEC, 3));
    pieces.output = std::move(started.terminal);
  } else {
    pieces.input = std::move(in.write);
    pieces.output = std::move(out.read);
    pieces.error = std::move(err.read);
  }
  pieces.output_wanted = spec.stdout_wanted;
  pieces.error_wanted = spec.stderr_wanted;
  pieces.handlers = std::move(handlers);
  pieces.ended = std::move(ended);
  auto process = std::make_shared<ExecProcess>(std::move(pieces));
  if (spec.process.terminal && spec.process.rows > 0)
    static_cast<void>(process->resize(spec.process.rows, spec.process.columns));
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(execs_, [](const auto& weak) { return weak.expired(); });
    execs_.push_back(process);
  }
  auto handle = std::make_unique<Handle>(process);
  ExecProcess::run(process);
  return std::unique_ptr<Exec>(std::move(handle));
}

}  // namespace cove::runtime
