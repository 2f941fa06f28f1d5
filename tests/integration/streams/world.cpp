#include "tests/integration/streams/world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "core/client/kubeconfig.h"
#include "core/node/node_logs.h"

namespace cove::testing {
namespace {

using namespace std::chrono_literals;
using server::PodProcess;

class PlayedLog final : public server::PodLog {
 public:
  PlayedLog(std::shared_ptr<PlayedNode::Shared> shared, std::string container,
            server::LogRequest request)
      : shared_(std::move(shared)), container_(std::move(container)), request_(request) {}

  Result<void> read(const std::function<bool(const server::LogEntry&)>& entry,
                    std::stop_token stop) override {
    std::unique_lock lock(shared_->mutex);
    PlayedNode::Log& log = shared_->logs[container_];
    std::size_t at = 0;
    if (request_.tail_lines && *request_.tail_lines < log.lines.size())
      at = log.lines.size() - *request_.tail_lines;
    if (request_.follow) ++shared_->followers;
    while (true) {
      for (; at < log.lines.size(); ++at) {
        const std::string line = log.lines[at];
        lock.unlock();
        const bool more = entry({.time = WallTime(1'700'000'000s + 5ms), .text = line});
        lock.lock();
        if (!more) stop = {};
        if (!more) return finish();
      }
      if (!request_.follow || log.ended) return finish();
      if (!shared_->changed.wait(lock, stop, [&] { return at < log.lines.size() || log.ended; }))
        return finish();
    }
  }

 private:
  Result<void> finish() {
    if (request_.follow) --shared_->followers;
    return {};
  }
  std::shared_ptr<PlayedNode::Shared> shared_;
  std::string container_;
  server::LogRequest request_;
};

// A child with pipes.
class PlayedProcess final : public PodProcess {
 public:
  PlayedProcess(ChildProcess child, Pipe in, Pipe out, Pipe error, Handlers handlers,
                std::shared_ptr<PlayedNode::Shared> shared)
      : child_(std::move(child)),
        input_(std::move(in.write)),
        shared_(std::move(shared)),
        thread_([this, out = std::move(out.read), error = std::move(error.read),
                 handlers = std::move(handlers)] { pump(out, error, handlers); }) {}
  ~PlayedProcess() override {
    hang_up();
    thread_.join();
  }

  Result<void> write(std::string_view input) override {
    return write_to(input_.get(), input)
               ? Result<void>()
               : Result<void>(Error{ErrorCode::kUnavailable, "write to", "it", "it has ended", {}});
  }
  void close_input() override { input_.reset(); }
  void resize(unsigned rows, unsigned columns) override {
    const std::lock_guard lock(shared_->mutex);
    shared_->sizes.push_back(std::to_string(rows) + "x" + std::to_string(columns));
  }
  void hang_up() override { child_.signal(SIGKILL); }

 private:
  void pump(const Fd& out, const Fd& error, const Handlers& handlers) {
    std::array<pollfd, 2> fds{pollfd{out.get(), POLLIN, 0}, pollfd{error.get(), POLLIN, 0}};
    std::vector<char> buffer(32 * 1024);
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
      ::poll(fds.data(), fds.size(), -1);
      for (int i = 0; i < 2; ++i) {
        pollfd& fd = fds[static_cast<std::size_t>(i)];
        if (fd.fd < 0 || fd.revents == 0) continue;
        const ssize_t n = ::read(fd.fd, buffer.data(), buffer.size());
        if (n <= 0) {
          fd.fd = -1;
        } else {
          handlers.output(i == 0 ? Output::kOut : Output::kError,
                          {buffer.data(), static_cast<std::size_t>(n)});
        }
      }
    }
    const auto code = child_.wait(10s);
    handlers.ended(code);
  }

  ChildProcess child_;
  Fd input_;
  std::shared_ptr<PlayedNode::Shared> shared_;
  std::thread thread_;
};

Result<std::unique_ptr<PodProcess>> spawn(const std::vector<std::string>& argv, const Path& folder,
                                          PodProcess::Handlers handlers,
                                          std::shared_ptr<PlayedNode::Shared> shared) {
  COVE_TRY(Pipe in, make_pipe());
  COVE_TRY(Pipe out, make_pipe());
  COVE_TRY(Pipe error, make_pipe());
  Command command;
  command.argv = argv;
  command.working_directory = folder;
  COVE_TRY(auto child, ChildProcess::spawn(command, {.standard_input = in.read.get(),
                                                     .standard_output = out.write.get(),
                                                     .standard_error = error.write.get()}));
  in.read.reset();
  out.write.reset();
  error.write.reset();
  return std::make_unique<PlayedProcess>(std::move(child), std::move(in), std::move(out),
                                         std::move(error), std::move(handlers), std::move(shared));
}

}  // namespace

PlayedNode::~PlayedNode() = default;

void PlayedNode::set_log(const std::string& container, std::vector<std::string> lines) {
  const std::lock_guard lock(shared_->mutex);
  shared_->logs[container] = {std::move(lines), false};
}

void PlayedNode::append_log(const std::string& container, std::string line) {
  const std::lock_guard lock(shared_->mutex);
  shared_->logs[container].lines.push_back(std::move(line));
  shared_->changed.notify_all();
}

void PlayedNode::end_log(const std::string& container) {
  const std::lock_guard lock(shared_->mutex);
  shared_->logs[container].ended = true;
  shared_->changed.notify_all();
}

void PlayedNode::map_port(std::uint16_t inside, std::uint16_t outside) {
  ports_[inside] = outside;
}

std::vector<std::string> PlayedNode::sizes() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->sizes;
}

int PlayedNode::followers() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->followers;
}

std::optional<server::ContainerState> PlayedNode::find(
    const server::ContainerOfPod& container) const {
  if (container.container == "dead") return std::nullopt;
  return server::ContainerState{.running = true, .terminal = false, .open_stdin = true};
}

Result<std::unique_ptr<server::PodLog>> PlayedNode::open_log(
    const server::ContainerOfPod& container, const server::LogRequest& request) {
  return std::make_unique<PlayedLog>(
      shared_, request.previous ? container.container + "/previous" : container.container, request);
}

Result<std::unique_ptr<PodProcess>> PlayedNode::exec(const server::ContainerOfPod&,
                                                     const server::CommandRequest& request,
                                                     PodProcess::Handlers handlers) {
  if (!find_program(request.command[0])) {
    return Error{ErrorCode::kNotFound, "run", request.command[0],
                 "exec: \"" + request.command[0] + "\": executable file not found in $PATH", ""};
  }
  return spawn(request.command, root_, std::move(handlers), shared_);
}

Result<std::unique_ptr<PodProcess>> PlayedNode::attach(const server::ContainerOfPod&,
                                                       const server::CommandRequest&,
                                                       PodProcess::Handlers handlers) {
  return spawn({"sh", "-c", "echo hello from process 1; exec cat"}, root_, std::move(handlers),
               shared_);
}

Result<Fd> PlayedNode::connect(const server::ContainerOfPod&, std::uint16_t port) {
  const auto found = ports_.find(port);
  if (found == ports_.end()) {
    return Error{ErrorCode::kUnavailable, "connect to", std::to_string(port),
                 "failed to connect to localhost:" + std::to_string(port) + " inside of the pod",
                 ""};
  }
  return connect_local(found->second);
}

// Its root is its log folder.
Result<server::NodeLogPage> PlayedNode::open_node_log(const std::string& node,
                                                      const std::string& path) {
  if (node != "node") return Error{ErrorCode::kNotFound, "read the log", path, "another's", ""};
  COVE_TRY(auto page, node::NodeLogs(root_, {}).open(path));
  return server::NodeLogPage{.folder = page.folder,
                             .names = std::move(page.names),
                             .file = std::move(page.file),
                             .bytes = page.bytes};
}

StreamsWorld::StreamsWorld() {
  pki_ =
      *pki::ensure_cluster_pki(directory_.path() / "pki",
                               {.dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1"}}, clock_);
  server::NodeFacts facts;
  facts.name = "node";
  facts.ready_since = clock_.wall();
  plane_ = *node::ControlPlane::start({.store_path = directory_.path() / "store",
                                       .pki_dir = directory_.path() / "pki",
                                       .ca_certificate_pem = pki_.ca_certificate_pem,
                                       .service_range = *server::Ipv4Range::parse("10.96.0.0/16"),
                                       .node = facts,
                                       .clock = clock_,
                                       .logger = null_logger()});
  const Path folder = directory_.path() / "container";
  std::filesystem::create_directory(folder);
  node_ = std::make_shared<PlayedNode>(folder);
  plane_->pod_streams().set_node(node_);
  https_ = *http::Server::listen_tls(
      "127.0.0.1", 0, {pki_.ca_certificate_pem, pki_.server.certificate_pem, pki_.server.key_pem},
      plane_->handler(), null_logger());
  https_->start(2);
  const client::KubeconfigEntry entry{"cove", "https://127.0.0.1:" + std::to_string(port()),
                                      pki_.ca_certificate_pem, pki_.admin.certificate_pem,
                                      pki_.admin.key_pem};
  std::ofstream(directory_.path() / "kubeconfig") << client::render_kubeconfig(entry);
}

StreamsWorld::~StreamsWorld() {
  https_->stop(1s);
  plane_.reset();
}

client::TlsIdentity StreamsWorld::admin() const {
  return {pki_.ca_certificate_pem, pki_.admin.certificate_pem, pki_.admin.key_pem};
}

std::vector<std::string> StreamsWorld::kubectl_command(const std::string& version,
                                                       std::vector<std::string> arguments) const {
  std::vector<std::string> argv{client_program(version).string(), "--kubeconfig",
                                (directory_.path() / "kubeconfig").string()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

Command StreamsWorld::command(const std::string& version, std::vector<std::string> arguments,
                              std::string input) const {
  Command command;
  command.argv = kubectl_command(version, std::move(arguments));
  command.environment = std::vector<std::string>{"HOME=" + (directory_.path() / version).string(),
                                                 "PATH=" + std::string(::getenv("PATH"))};
  command.working_directory = directory_.path();
  command.standard_input = std::move(input);
  return command;
}

Completed StreamsWorld::kubectl(const std::string& version, std::vector<std::string> arguments,
                                std::string input) const {
  auto completed =
      make_spawner(64 << 20)->run(command(version, std::move(arguments), std::move(input)), 60s);
  if (completed) return std::move(*completed);
  ADD_FAILURE() << completed.error().message();
  return {};
}

std::string StreamsWorld::running(const std::string& container) {
  return R"({"name":")" + container +
         R"(","image":"i","imageID":"i","ready":true,"restartCount":0,"containerID":"cove://1","state":{"running":{"startedAt":"2026-01-02T03:04:05Z"}}})";
}

void StreamsWorld::make_pod(const std::string& name, const std::vector<std::string>& containers,
                            const std::string& states) {
  std::string text =
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name +
      R"("},"spec":{"automountServiceAccountToken":false,"nodeName":"node","containers":[)";
  for (const std::string& each : containers)
    text +=
        (text.back() == '[' ? "" : ",") + std::string(R"({"name":")") + each + R"(","image":"i"})";
  text += "]}}";
  Completed made;
  for (int i = 0; i < 50; ++i) {  // the service account comes a moment after the server
    made = kubectl("kubectl", {"create", "-f", "-"}, text);
    if (made.exit_code == 0) break;
  }
  ASSERT_EQ(made.exit_code, 0) << made.standard_error;
  made = kubectl("kubectl",
                 {"patch", "pod", name, "--subresource=status", "--type=merge", "-p",
                  R"({"status":{"phase":"Running","containerStatuses":[)" + states + "]}}"});
  ASSERT_EQ(made.exit_code, 0) << made.standard_error;
}

TestServer::TestServer(std::size_t size)
    : size_(size), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  EXPECT_EQ(::listen(listener_.get(), 64), 0);
  ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

TestServer::~TestServer() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
}

void TestServer::serve() {
  std::vector<std::thread> all;
  while (true) {
    Fd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!peer) break;
    all.emplace_back([this, peer = std::move(peer)] {
      std::array<char, 4096> buffer;
      while (true) {
        const ssize_t n = ::recv(peer.get(), buffer.data(), buffer.size(), 0);
        if (n <= 0) return;
        std::string text(buffer.data(), static_cast<std::size_t>(n));
        if (text.starts_with("GET")) {
          write_to(peer.get(), std::string(size_, 'x'));
          return;
        }
        for (char& c : text) c = static_cast<char>(std::toupper(c));
        if (!write_to(peer.get(), text)) return;
      }
    });
  }
  for (std::thread& each : all) each.join();
}

Fd connect_local(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return {};
  return fd;
}

std::string read_to_end(int fd) {
  std::string all;
  std::vector<char> buffer(64 * 1024);
  pollfd waiting{fd, POLLIN, 0};
  while (::poll(&waiting, 1, 30'000) > 0) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n <= 0) break;
    all.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return all;
}

bool write_to(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace cove::testing
