#include "tests/bench/api/nginx.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "core/base/fd.h"
#include "tests/support/loopback.h"

namespace cove::bench {
namespace {

using namespace std::chrono_literals;

constexpr const char* kProgram = "/usr/sbin/nginx";

bool answers(std::uint16_t port) {
  const sockaddr_in address = testing::loopback(port);
  for (int i = 0; i < 200; ++i) {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

std::string configuration(const Path& folder, const Path& pki, std::uint16_t port) {
  std::string scratch;
  for (const char* const each : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    scratch += fmt::format("  {}_temp_path {}/{};\n", each, folder.string(), each);
  return fmt::format(
      "daemon off;\nmaster_process off;\npid {0}/pid;\nerror_log {0}/error.log;\n"
      "events {{ worker_connections 1024; }}\n"
      "http {{\n  access_log off;\n  default_type application/json;\n"
      "  keepalive_requests 1000000000;\n  keepalive_timeout 1h;\n  open_file_cache max=100;\n{3}"
      "  server {{\n    listen 127.0.0.1:{2} ssl;\n    ssl_protocols TLSv1.3;\n"
      "    ssl_certificate {1}/server.crt;\n    ssl_certificate_key {1}/server.key;\n"
      "    root {0}/files;\n  }}\n}}\n",
      folder.string(), pki.string(), port, scratch);
}

}  // namespace

std::unique_ptr<Nginx> Nginx::start(const Path& folder, const Path& pki) {
  if (::access(kProgram, X_OK) != 0) return nullptr;
  const std::uint16_t port = testing::free_port();
  const Path file = folder / "nginx.conf";
  if (port == 0 || !make_directories(folder / "files", 0700) ||
      !write_file_atomic(file, configuration(folder, pki, port), 0600))
    return nullptr;
  Command command;
  command.argv = {kProgram, "-p",         folder.string(), "-e", (folder / "error.log").string(),
                  "-c",     file.string()};
  ChildProcess::Options options;
  options.die_with_parent = true;
  auto process = ChildProcess::spawn(command, options);
  if (!process || !answers(port)) return nullptr;
  return std::unique_ptr<Nginx>(new Nginx(folder, port, std::move(*process)));
}

Nginx::~Nginx() {
  process_.signal(SIGTERM);
  process_.wait(10s);
}

std::string Nginx::serve(const std::string& bytes) {
  // Each its own name: nginx keeps the files open that it has served.
  const std::string name = std::to_string(++files_);
  return write_file_atomic(folder_ / "files" / name, bytes, 0600) ? "/" + name : std::string();
}

}  // namespace cove::bench
