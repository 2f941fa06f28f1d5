// A real coved process, real kubectl, and a TLS client that can misbehave.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/process.h"
#include "core/client/http.h"

namespace cove::testing {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  const Path& path() const { return path_; }

 private:
  Path path_;
};

Path coved_program();

// The names of the clients that the tests run with: "kubectl" (newest) and "kubectl-1.20".
std::vector<std::string> kubectl_versions();
// Where a client is; fails the test with a sentence when it was not fetched.
Path client_program(const std::string& name);

class Coved {
 public:
  // kApi: objects stay as they were written, since nothing acts on them.
  enum class Runs { kApi, kCluster };
  explicit Coved(const Path& directory, Runs runs = Runs::kApi)
      : directory_(directory), runs_(runs) {}

  // Starts `coved --data-dir DIR/data --listen 127.0.0.1:0 --kubeconfig-out DIR/kubeconfig` with
  // `--api-only` where that is all it runs, and `more`, and waits until it says that it serves.
  // False when it ended instead; a start that hangs fails the test too and says what it waits for.
  bool start(std::vector<std::string> more = {});
  // Runs coved to its end and returns its exit code.
  int run_to_end(std::vector<std::string> arguments);
  void signal(int number);
  // The exit code, or nothing when it still runs after 20 s.
  std::optional<int> wait();

  std::uint16_t port() const;
  pid_t pid() const { return process_->pid(); }
  Path data() const { return directory_ / "data"; }
  Path kubeconfig() const { return directory_ / "kubeconfig"; }
  std::string log() const;  // everything it wrote to standard error

  client::TlsIdentity admin() const;
  Result<client::Response> get(const std::string& path, const client::TlsIdentity& identity) const;
  Completed kubectl(const std::string& version, std::vector<std::string> arguments) const;

 private:
  bool await_ready(int socket);

  Path directory_;
  Runs runs_;
  std::optional<ChildProcess> process_;
};

// Blocking, with a bound of 30 s on every wait.
class TlsClient {
 public:
  // `identity` may be null: no certificate is shown, and the server's is not checked.
  TlsClient(std::uint16_t port, const client::TlsIdentity* identity);

  bool handshake();
  bool send(std::string_view bytes);
  // Reads until the peer closes, or `enough` is in what came.
  std::string receive(std::string_view enough = {});
  // What comes next; empty when the peer has closed, or nothing came within the bound.
  std::string receive_some();
  // Whether receive_some() has something that fd() does not show any more.
  bool holds_input() const;
  // Whether the peer closed (or reset) the connection within the bound.
  bool closed_by_peer();
  int fd() const { return fd_.get(); }
  explicit operator bool() const { return static_cast<bool>(fd_); }

 private:
  Fd fd_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> session_;
};

}  // namespace cove::testing
