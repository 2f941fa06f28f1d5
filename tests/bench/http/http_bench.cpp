// Requests a second and latencies of core/http over TLS on loopback, beside what bare sockets do:
// one table, or JSON with --json. With --wrk the same server is also asked by wrk.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <iostream>
#include <thread>

#include "core/base/fd.h"
#include "core/http/server.h"
#include "core/pki/pki.h"
#include "tests/bench/load/load.h"

namespace cove::bench {
namespace {

struct Arguments {
  bool json = false;
  bool quick = false;
  bool wrk = false;
  unsigned threads = 2;
  unsigned connections = 16;
};

struct Line {
  std::string what;
  double per_second = 0;
  double p50 = 0;
  double p99 = 0;
  std::uint64_t failures = 0;
};

// "/N" is answered with N bytes, at once.
class Bytes final : public http::Handler {
 public:
  Bytes() {
    for (const std::size_t size : {1024, 65'536, 1'048'576})
      bodies_.emplace(size, std::make_shared<const std::string>(size, 'x'));
  }
  void handle(std::shared_ptr<const http::Request> request, Respond respond) override {
    http::Answer answer;
    const auto found = bodies_.find(std::strtoul(request->path.c_str() + 1, nullptr, 10));
    if (found == bodies_.end()) {
      answer.status = 404;
    } else {
      answer.body = found->second;
    }
    respond(std::move(answer));
  }

 private:
  std::unordered_map<std::size_t, std::shared_ptr<const std::string>> bodies_;
};

// Round trips a second of 100 bytes there and 1 KiB back on bare TCP, all connections at once.
double bare_round_trips(unsigned connections, std::chrono::milliseconds time) {
  const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  ::bind(listener.get(), name, size);
  ::listen(listener.get(), SOMAXCONN);
  ::getsockname(listener.get(), name, &size);
  std::vector<std::pair<Fd, Fd>> pairs;
  for (unsigned i = 0; i < connections; ++i) {
    Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::connect(client.get(), name, size);
    Fd server(::accept(listener.get(), nullptr, nullptr));
    const int yes = 1;
    for (const int fd : {client.get(), server.get()})
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    pairs.emplace_back(std::move(client), std::move(server));
  }
  // One thread asks all and then reads all, the other answers: as little waiting as can be.
  std::jthread answering([&] {
    std::array<char, 2048> buffer{};
    for (;;) {
      for (const auto& [client, server] : pairs) {
        if (::recv(server.get(), buffer.data(), buffer.size(), 0) <= 0) return;
        if (::send(server.get(), buffer.data(), 1024, MSG_NOSIGNAL) <= 0) return;
      }
    }
  });
  std::array<char, 2048> buffer{};
  std::uint64_t count = 0;
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < time) {
    for (const auto& [client, server] : pairs)
      ::send(client.get(), buffer.data(), 100, MSG_NOSIGNAL);
    for (const auto& [client, server] : pairs) {
      ::recv(client.get(), buffer.data(), buffer.size(), 0);
      ++count;
    }
  }
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  for (const auto& [client, server] : pairs) ::shutdown(client.get(), SHUT_RDWR);
  return static_cast<double>(count) / passed.count();
}

double wrk_requests(const Arguments& arguments, std::uint16_t port) {
  const std::string command = fmt::format("wrk -t1 -c{} -d{}s https://127.0.0.1:{}/1024 2>&1",
                                          arguments.connections, arguments.quick ? 1 : 3, port);
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return 0;
  std::array<char, 512> line{};
  double found = 0;
  while (std::fgets(line.data(), line.size(), pipe) != nullptr) {
    if (std::strncmp(line.data(), "Requests/sec:", 13) == 0) found = std::atof(line.data() + 13);
  }
  ::pclose(pipe);
  return found;
}

class Bench {
 public:
  explicit Bench(const Arguments& arguments) : arguments_(arguments) {}

  int run() {
    const auto pair =
        pki::issue(ca_, {"server", {}, {}, {"127.0.0.1"}, pki::Usage::kServer}, clock_);
    auto server = http::Server::listen_tls(
        "127.0.0.1", 0, {ca_.certificate_pem, pair->certificate_pem, pair->key_pem}, handler_,
        null_logger());
    if (!server) {
      std::cerr << server.error().message() << '\n';
      return 1;
    }
    server_ = std::move(*server);
    server_->start(arguments_.threads);
    const auto time = std::chrono::milliseconds(arguments_.quick ? 100 : 2000);
    lines_.push_back({"bare TCP, 100 bytes there and 1 KiB back",
                      bare_round_trips(arguments_.connections, time), 0, 0, 0});
    measure("HTTP/1.1, GET 1 KiB", false, 1, "/1024");
    measure("HTTP/1.1, GET 64 KiB", false, 1, "/65536");
    measure("HTTP/1.1, GET 1 MiB", false, 1, "/1048576");
    measure("HTTP/1.1, POST 1 KiB, GET 1 KiB back", false, 1, "/1024", std::string(1024, 'y'));
    measure("HTTP/2, GET 1 KiB, 1 at a time", true, 1, "/1024");
    measure("HTTP/2, GET 1 KiB, 10 at a time", true, 10, "/1024");
    measure("HTTP/2, GET 1 MiB, 1 at a time", true, 1, "/1048576");
    if (arguments_.wrk)
      lines_.push_back(
          {"HTTP/1.1, GET 1 KiB, by wrk", wrk_requests(arguments_, server_->port()), 0, 0, 0});
    print();
    return failed_ ? 1 : 0;
  }

 private:
  void measure(std::string what, bool http2, unsigned streams, std::string path,
               std::string body = {}) {
    LoadPlan plan;
    plan.port = server_->port();
    plan.ca_certificate_pem = ca_.certificate_pem;
    plan.certificate_pem = client_.certificate_pem;
    plan.key_pem = client_.key_pem;
    plan.http2 = http2;
    plan.streams = streams;
    plan.connections = arguments_.connections;
    plan.paths = {std::move(path)};
    plan.method = body.empty() ? "GET" : "POST";
    plan.body = std::move(body);
    if (arguments_.quick) {
      plan.warm_up = std::chrono::milliseconds(20);
      plan.duration = std::chrono::milliseconds(100);
    }
    const auto report = run_load(plan);
    if (!report) {
      std::cerr << what << ": " << report.error().message() << '\n';
      failed_ = true;
      return;
    }
    failed_ = failed_ || report->failures > 0 || report->requests == 0;
    lines_.push_back({std::move(what), report->per_second(), report->latency(0.5),
                      report->latency(0.99), report->failures});
  }

  void print() const {
    if (arguments_.json) {
      boost::json::array all;
      for (const Line& line : lines_) {
        all.push_back({{"what", line.what},
                       {"per_second", line.per_second},
                       {"p50_ms", line.p50},
                       {"p99_ms", line.p99},
                       {"failures", line.failures}});
      }
      std::cout << boost::json::serialize(all) << '\n';
      return;
    }
    fmt::print("{} connections, {} server threads, TLS 1.3, one loading thread\n\n",
               arguments_.connections, arguments_.threads);
    fmt::print("{:<42} {:>10} {:>9} {:>9} {:>9}\n", "", "a second", "p50 ms", "p99 ms", "failures");
    for (const Line& line : lines_) {
      fmt::print("{:<42} {:>10.0f} {:>9.3f} {:>9.3f} {:>9}\n", line.what, line.per_second, line.p50,
                 line.p99, line.failures);
    }
  }

  Arguments arguments_;
  SystemClock clock_;
  pki::KeyPair ca_ = *pki::create_authority("ca", std::chrono::hours(100), clock_);
  pki::KeyPair client_ = *pki::issue(ca_, {"client", {"bench"}}, clock_);
  Bytes handler_;
  std::unique_ptr<http::Server> server_;
  std::vector<Line> lines_;
  bool failed_ = false;
};

}  // namespace
}  // namespace cove::bench

int main(int argc, char** argv) {
  cove::bench::Arguments arguments;
  CLI::App app{"What core/http serves over TLS on loopback"};
  app.add_flag("--json", arguments.json, "JSON instead of a table");
  app.add_flag("--quick", arguments.quick, "as little work as proves that it measures");
  app.add_flag("--wrk", arguments.wrk, "ask by wrk, too");
  app.add_option("--threads", arguments.threads, "threads of the server");
  app.add_option("--connections", arguments.connections, "connections at a time");
  CLI11_PARSE(app, argc, argv);
  return cove::bench::Bench(arguments).run();
}
