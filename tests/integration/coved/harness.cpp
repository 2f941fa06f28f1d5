#include "tests/integration/coved/harness.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>

#include "core/base/strings.h"
#include "tests/support/loopback.h"
#include "tests/support/tls_identity.h"

extern char** environ;

namespace cove::testing {
namespace {

using namespace std::chrono_literals;

// For a start that hangs: one on a loaded machine may take long.
constexpr std::chrono::milliseconds kStartBound = 5min;

// What the threads of a process wait for, a line for each.
std::string waits_of(pid_t pid) {
  std::string text;
  std::error_code error;
  const Path tasks = Path("/proc") / std::to_string(pid) / "task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    std::string name;
    std::string wait;
    std::string state;
    std::getline(std::ifstream(task.path() / "comm"), name);
    std::getline(std::ifstream(task.path() / "wchan"), wait);
    std::ifstream status(task.path() / "status");
    while (!state.starts_with("State:") && std::getline(status, state)) {
    }
    text += "  " + name + ": " + state + ", in " + (wait.empty() ? "?" : wait) + "\n";
  }
  return text;
}

std::string environment(const char* name, const std::string& otherwise) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

// A terminal that shows no colours, whatever the caller's is.
std::vector<std::string> environment_with(std::vector<std::string> more) {
  more.emplace_back("TERM=dumb");
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view text(*each);
    if (!text.starts_with("KUBECONFIG=") && !text.starts_with("HOME=") &&
        !text.starts_with("NOTIFY_SOCKET=") && !text.starts_with("TERM=")) {
      more.emplace_back(text);
    }
  }
  return more;
}

}  // namespace

TempDir::TempDir() : path_(std::filesystem::temp_directory_path() / ("cove-it-" + random_hex(6))) {
  std::filesystem::create_directories(path_);
}

TempDir::~TempDir() {
  (void)remove_tree(path_);
}

Path coved_program() {
  return Path(environment("COVE_BINARY_DIR", "build/dev")) / "bin" / "coved";
}

std::vector<std::string> kubectl_versions() {
  return {"kubectl", "kubectl-1.20"};
}

Path client_program(const std::string& name) {
  const std::string home = environment("HOME", "/root");
  const std::string cache = environment("XDG_CACHE_HOME", home + "/.cache");
  const Path program =
      Path(environment("COVE_CLIENTS", cache + "/cove/clients")) / name / "usr/bin/kubectl";
  EXPECT_EQ(::access(program.c_str(), X_OK), 0)
      << program
      << " is missing: run installers/clients/fetch (or set COVE_CLIENTS) before these tests.";
  return program;
}

bool Coved::start(std::vector<std::string> more) {
  const Path socket_path = directory_ / "notify";
  ::unlink(socket_path.c_str());
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket_path.c_str(), sizeof address.sun_path - 1);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return false;

  Command command;
  command.argv = {coved_program().string(), "--data-dir", data().string()};
  if (runs_ == Runs::kApi) command.argv.emplace_back("--api-only");
  if (std::ranges::find(more, "--listen") == more.end())
    command.argv.insert(command.argv.end(), {"--listen", "127.0.0.1:0"});
  if (std::ranges::find(more, "--pki-dir") == more.end()) {
    command.argv.insert(command.argv.end(), {"--kubeconfig-out", kubeconfig().string()});
  }
  command.argv.insert(command.argv.end(), more.begin(), more.end());
  command.environment = environment_with({"NOTIFY_SOCKET=" + socket_path.string()});
  const Fd log(
      ::open((directory_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  ChildProcess::Options options;
  options.standard_error = log.get();
  options.die_with_parent = true;
  auto process = ChildProcess::spawn(command, options);
  if (!process) return false;
  process_.emplace(std::move(*process));
  return await_ready(socket.get());
}

bool Coved::await_ready(int socket) {
  std::array<pollfd, 2> events{{{socket, POLLIN, 0}, {process_->pidfd(), POLLIN, 0}}};
  const int count = ::poll(events.data(), events.size(), static_cast<int>(kStartBound.count()));
  if (count == 0) {
    ADD_FAILURE() << "coved neither serves nor ends after "
                  << std::chrono::duration_cast<std::chrono::seconds>(kStartBound).count()
                  << " s. Its threads:\n"
                  << waits_of(process_->pid()) << log();
  }
  if (count <= 0 || (events[0].revents & POLLIN) == 0) return false;
  char text[64] = {};
  return ::recv(socket, text, sizeof text - 1, 0) > 0 && std::string_view(text) == "READY=1";
}

int Coved::run_to_end(std::vector<std::string> arguments) {
  Command command;
  command.argv = {coved_program().string()};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.environment = environment_with({});
  const auto completed = make_spawner()->run(command, 30s);
  if (!completed) {
    ADD_FAILURE() << completed.error().message();
    return -1;
  }
  const Fd log(
      ::open((directory_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const std::string text = completed->standard_output + completed->standard_error;
  EXPECT_EQ(::write(log.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  return completed->exit_code;
}

void Coved::signal(int number) {
  process_->signal(number);
}

std::optional<int> Coved::wait() {
  return process_->wait(20s);
}

std::uint16_t Coved::port() const {
  // The log of the last start has it, with --pki-dir too.
  const std::string text = log();
  const std::size_t at = text.find(" port=", text.rfind(" serving "));
  return at == std::string::npos ? std::uint16_t{0}
                                 : static_cast<std::uint16_t>(std::atoi(text.c_str() + at + 6));
}

std::string Coved::log() const {
  const auto bytes = read_file(directory_ / "log", 16 << 20);
  return bytes ? *bytes : "";
}

client::TlsIdentity Coved::admin() const {
  const auto file = [&](const char* name) { return *read_file(data() / "pki" / name, 1 << 20); };
  return {file("ca.crt"), file("admin.crt"), Secret(file("admin.key"))};
}

Result<client::Response> Coved::get(const std::string& path,
                                    const client::TlsIdentity& identity) const {
  return client::https_get({"127.0.0.1", port()}, identity, path, 20s);
}

Completed Coved::kubectl(const std::string& version, std::vector<std::string> arguments) const {
  Command command;
  command.argv = {client_program(version).string(), "--kubeconfig", kubeconfig().string(),
                  "--request-timeout=20s"};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  // kubectl caches discovery in the home folder: an own one, so that runs do not see each other's.
  command.environment = environment_with({"HOME=" + (directory_ / version).string()});
  auto completed = make_spawner()->run(command, 60s);
  if (completed) return std::move(*completed);
  ADD_FAILURE() << completed.error().message();
  return {};
}

TlsClient::TlsClient(std::uint16_t port, const client::TlsIdentity* identity)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
      session_(nullptr, SSL_free) {
  ::signal(SIGPIPE, SIG_IGN);  // a peer that has closed is a result here, not the end
  const timeval bound{30, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
  const sockaddr_in address = loopback(port);
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fd_.reset();
  if (identity != nullptr) {
    use_identity(context_.get(), identity->certificate_pem, identity->key_pem.reveal());
  }
  SSL_CTX_set_read_ahead(context_.get(), 1);
  session_.reset(SSL_new(context_.get()));
  SSL_set_fd(session_.get(), fd_.get());
}

bool TlsClient::handshake() {
  return fd_ && SSL_connect(session_.get()) == 1;
}

bool TlsClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const int n = SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string TlsClient::receive(std::string_view enough) {
  std::string all;
  while (enough.empty() || all.find(enough) == std::string::npos) {
    const std::string some = receive_some();
    if (some.empty()) break;
    all += some;
  }
  return all;
}

std::string TlsClient::receive_some() {
  std::array<char, 16384> buffer;
  const int n = SSL_read(session_.get(), buffer.data(), static_cast<int>(buffer.size()));
  return n > 0 ? std::string(buffer.data(), static_cast<std::size_t>(n)) : std::string();
}

bool TlsClient::holds_input() const {
  return SSL_has_pending(session_.get()) == 1;
}

bool TlsClient::closed_by_peer() {
  char buffer[4096];
  while (true) {
    const ssize_t n = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) return true;
    if (n < 0 && errno != EINTR) return false;
  }
}

}  // namespace cove::testing
