// Debian's docker-registry on a free loopback port, with its storage in a temporary folder. Runs as
// whoever runs the test.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "core/base/fs.h"
#include "core/base/process.h"
#include "core/pki/pki.h"
#include "tests/support/temporary_folder.h"

namespace cove::test {

struct TestRegistryOptions {
  bool tls = false;           // with a certificate for localhost, 127.0.0.1 and registry.example
  std::string username = {};  // basic authentication when not empty
  std::string password = {};
  std::string proxy_of = {};  // a pull-through cache of this URL
};

class TestRegistry {
 public:
  using Options = TestRegistryOptions;

  explicit TestRegistry(Options options = {}) : options_(std::move(options)) {
    write("config.yml", config());
    start();
  }
  TestRegistry(const TestRegistry&) = delete;
  TestRegistry& operator=(const TestRegistry&) = delete;

  std::uint16_t port() const { return port_; }
  // "127.0.0.1:5000": the domain of references.
  std::string domain() const { return fmt::format("127.0.0.1:{}", port_); }
  std::string url() const {
    return fmt::format("{}://{}", options_.tls ? "https" : "http", domain());
  }
  // Of the private authority that issued its certificate.
  const std::string& ca_pem() const { return ca_.certificate_pem; }
  Path ca_file() const { return folder_ / "ca.crt"; }
  Path storage() const { return folder_ / "storage"; }
  // All that it has said so far; each request is a line.
  std::string log() const {
    const auto text = read_file(folder_ / "log", 64 << 20);
    return text ? *text : std::string();
  }
  // Ends it as kill -9 does.
  void kill() { process_.reset(); }

 private:
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }

  std::string config() {
    std::filesystem::create_directory(storage());
    std::string text = fmt::format(
        "version: 0.1\nlog:\n  level: info\n  accesslog:\n    disabled: false\n"
        "storage:\n  filesystem:\n    rootdirectory: {}\n  delete:\n    enabled: true\n"
        "http:\n  addr: 127.0.0.1:0\n",
        storage().string());
    if (options_.tls) {
      SystemClock clock;
      ca_ = *pki::create_authority("test registry CA", std::chrono::hours(24), clock);
      const auto pair = *pki::issue(
          ca_,
          {"registry", {}, {"localhost", "registry.example"}, {"127.0.0.1"}, pki::Usage::kServer},
          clock);
      write("ca.crt", ca_.certificate_pem);
      write("server.crt", pair.certificate_pem);
      write("server.key", pair.key_pem.reveal());
      text += fmt::format("  tls:\n    certificate: {}\n    key: {}\n",
                          (folder_ / "server.crt").string(), (folder_ / "server.key").string());
    }
    if (!options_.username.empty()) {
      const auto made = make_spawner()->run(
          Command{{"htpasswd", "-Bbn", options_.username, options_.password}, {}, {}, {}},
          std::chrono::seconds(30));
      if (!made || made->exit_code != 0) throw std::runtime_error("htpasswd does not run");
      write("htpasswd", made->standard_output);
      text += fmt::format("auth:\n  htpasswd:\n    realm: test\n    path: {}\n",
                          (folder_ / "htpasswd").string());
    }
    if (!options_.proxy_of.empty())
      text += fmt::format("proxy:\n  remoteurl: {}\n", options_.proxy_of);
    return text;
  }

  void start() {
    const Path log_file = folder_ / "log";
    const Fd out(::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    auto started = ChildProcess::spawn(
        Command{{"docker-registry", "serve", (folder_ / "config.yml").string()}, {}, {}, {}},
        {.standard_output = out.get(), .standard_error = out.get()});
    if (!started) throw std::runtime_error(started.error().message());
    process_.emplace(std::move(*started));
    const std::string mark = "listening on 127.0.0.1:";
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < deadline) {
      const std::string text = log();
      if (const auto at = text.find(mark); at != std::string::npos) {
        port_ = static_cast<std::uint16_t>(std::stoul(text.substr(at + mark.size())));
        return;
      }
      if (process_->wait(std::chrono::milliseconds(20))) break;
    }
    throw std::runtime_error("docker-registry does not start:\n" + log());
  }

  Options options_;
  TemporaryFolder folder_;
  pki::KeyPair ca_;
  std::optional<ChildProcess> process_;
  std::uint16_t port_ = 0;
};

}  // namespace cove::test
