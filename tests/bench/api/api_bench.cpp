// The API server's figures against a natively started coved: requests a second, latencies, watch
// fan-out, start and memory, one table with the target beside each (or JSON with --json). Peers are
// measured elsewhere with the same requests.
#include <fmt/format.h>
#include <openssl/evp.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <thread>

#include "tests/bench/load/load.h"
#include "tests/integration/coved/harness.h"

namespace cove::bench {
namespace {

using namespace std::chrono_literals;
using testing::Coved;
using Steady = std::chrono::steady_clock;

struct Arguments {
  bool json = false;
  bool quick = false;
};

struct Line {
  std::string what;
  std::string measured;
  std::string target;
};

double milliseconds_since(Steady::time_point start) {
  return std::chrono::duration<double, std::milli>(Steady::now() - start).count();
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// A number out of /proc/PID/status, in MiB.
double mebibytes(pid_t pid, const std::string& field) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return std::stod(line.substr(field.size() + 1)) / 1024;
  }
  return 0;
}

double cpu_seconds(pid_t pid) {
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::string config_map(const std::string& name) {
  return fmt::format(
      R"({{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"{}":"{}"}},"data":{{"key":"{}"}}}})",
      name.empty() ? "generateName" : "name", name.empty() ? "bench-" : name,
      std::string(100, 'v'));
}

std::string pod() {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"bench-","labels":{"app":"bench"}},)"
         R"("spec":{"containers":[{"name":"web","image":"example.com/web:1","ports":[{"containerPort":80}],)"
         R"("env":[{"name":"A","value":"b"}],"resources":{"requests":{"cpu":"100m","memory":"64Mi"}},)"
         R"("readinessProbe":{"httpGet":{"path":"/","port":80}}}]}})";
}

class Bench {
 public:
  explicit Bench(const Arguments& arguments) : quick_(arguments.quick) {}

  std::vector<Line> run() {
    cold_start();
    coved_.emplace(directory_.path());
    if (!coved_->start()) throw std::runtime_error("coved does not start: " + coved_->log());
    std::this_thread::sleep_for(500ms);
    const double idle = mebibytes(coved_->pid(), "VmRSS");
    idle_cpu();
    add("memory idle", fmt::format("{:.1f} MiB", idle), "<= 32 MiB");
    get_one();
    create();
    fill("/api/v1/namespaces/default/configmaps", config_map(""), quick_ ? 200 : 10'000);
    list("LIST ConfigMaps", "/api/v1/namespaces/default/configmaps", "<= 10 ms for 10,000");

    fill("/api/v1/namespaces/kube-public/pods", pod(), quick_ ? 100 : 1'000);
    list("LIST pods", "/api/v1/namespaces/kube-public/pods", ">= 400/s for 1,000");
    add("memory after all of this", fmt::format("{:.1f} MiB", mebibytes(coved_->pid(), "VmRSS")),
        "history and what was freed included");
    watch();
    warm_start();
    return lines_;
  }

 private:
  void add(std::string what, std::string measured, std::string target) {
    lines_.push_back({std::move(what), std::move(measured), std::move(target)});
  }

  LoadPlan plan() const {
    const client::TlsIdentity admin = coved_->admin();
    LoadPlan plan;
    plan.port = coved_->port();
    plan.ca_certificate_pem = admin.ca_certificate_pem;
    plan.certificate_pem = admin.certificate_pem;
    plan.key_pem = admin.key_pem;
    plan.warm_up = quick_ ? 50ms : 300ms;
    plan.duration = quick_ ? 200ms : 3000ms;
    return plan;
  }

  static LoadReport load(const LoadPlan& plan) {
    auto report = run_load(plan);
    if (!report) throw std::runtime_error(report.error().message());
    if (report->failures > 0)
      throw std::runtime_error(fmt::format("{} {}: {} of {} requests failed", plan.method,
                                           plan.paths.front(), report->failures, report->requests));
    return *report;
  }

  static std::string figures(const LoadReport& report) {
    return fmt::format("{:.0f}/s, p50 {:.2f} ms, p99 {:.2f} ms", report.per_second(),
                       report.latency(0.5), report.latency(0.99));
  }

  boost::json::value get(const std::string& path) const {
    auto response = coved_->get(path, coved_->admin());
    if (!response || response->status != 200) throw std::runtime_error("GET " + path + " failed");
    return boost::json::parse(response->body);
  }

  // Executed until the server says that it serves; what it costs to make its keys beside it.
  void cold_start() {
    std::vector<double> times;
    for (int i = 0; i < (quick_ ? 1 : 5); ++i) {
      const testing::TempDir directory;
      Coved coved(directory.path());
      const auto start = Steady::now();
      if (!coved.start()) throw std::runtime_error("coved does not start: " + coved.log());
      times.push_back(milliseconds_since(start));
      coved.signal(SIGTERM);
      coved.wait();
    }
    const auto start = Steady::now();
    for (int i = 0; i < 4; ++i) EVP_PKEY_free(EVP_EC_gen("P-256"));
    add("start with empty data, exec to serving", fmt::format("{:.1f} ms", median(times)),
        fmt::format("<= 40 ms (4 keys: {:.1f} ms)", milliseconds_since(start)));
  }

  void warm_start() {
    coved_->signal(SIGTERM);
    coved_->wait();
    const auto start = Steady::now();
    if (!coved_->start()) throw std::runtime_error("coved does not start again: " + coved_->log());
    add("memory of these objects after it",
        fmt::format("{:.1f} MiB", mebibytes(coved_->pid(), "VmRSS")),
        "<= 100 MiB with 10,000 + 1,000");
    add("start with these objects", fmt::format("{:.1f} ms", milliseconds_since(start)),
        "<= 250 ms with 10,000");
  }

  void idle_cpu() {
    const double before = cpu_seconds(coved_->pid());
    const auto time = quick_ ? 500ms : 5000ms;
    std::this_thread::sleep_for(time);
    const double used = cpu_seconds(coved_->pid()) - before;
    add("CPU idle",
        fmt::format("{:.2f} % of a core", 100 * used / (static_cast<double>(time.count()) / 1000)),
        "<= 0.2 %");
  }

  void get_one() {
    LoadPlan one = plan();
    one.method = "POST";
    one.connections = 1;
    one.paths = {"/api/v1/namespaces/default/configmaps"};
    one.headers = {{"content-type", "application/json"}};
    one.body = config_map("");
    one.warm_up = 0ms;
    one.duration = 50ms;
    load(one);
    const std::string name(get("/api/v1/namespaces/default/configmaps?limit=1")
                               .at("items")
                               .at(0)
                               .at("metadata")
                               .at("name")
                               .as_string());
    LoadPlan gets = plan();
    gets.paths = {"/api/v1/namespaces/default/configmaps/" + name};
    add("GET one ConfigMap, 16 connections, HTTP/1.1", figures(load(gets)),
        ">= 25,000/s, p99 <= 1 ms");
    gets.http2 = true;
    add("GET one ConfigMap, 16 connections, HTTP/2", figures(load(gets)),
        ">= 25,000/s, p99 <= 1 ms");
  }

  void create() {
    LoadPlan creates = plan();
    creates.method = "POST";
    creates.paths = {"/api/v1/namespaces/kube-system/configmaps"};
    creates.headers = {{"content-type", "application/json"}};
    creates.body = config_map("");
    add("CREATE ConfigMap, fsynced, 16 connections", figures(load(creates)),
        ">= 13,000/s, p99 <= 4 ms");
    creates.connections = 1;
    add("CREATE ConfigMap, fsynced, 1 connection", figures(load(creates)), ">= 4,300/s");
    // What was made is not to weigh on the figures that follow.
    LoadPlan remove = plan();
    remove.method = "DELETE";
    remove.connections = 1;
    remove.paths = {"/api/v1/namespaces/kube-system/configmaps"};
    remove.warm_up = 0ms;
    remove.duration = 1ms;
    load(remove);
  }

  std::size_t count(const std::string& path) const {
    const auto list = get(path + "?limit=1");
    const auto* remaining = list.at("metadata").as_object().if_contains("remainingItemCount");
    return list.at("items").as_array().size() +
           (remaining != nullptr ? static_cast<std::size_t>(remaining->as_int64()) : 0);
  }

  void fill(const std::string& path, const std::string& body, std::size_t wanted) {
    LoadPlan creates = plan();
    creates.method = "POST";
    creates.paths = {path};
    creates.headers = {{"content-type", "application/json"}};
    creates.body = body;
    creates.warm_up = 0ms;
    creates.duration = 30ms;
    while (count(path) < wanted) load(creates);
  }

  void list(const std::string& what, const std::string& path, const std::string& target) {
    LoadPlan lists = plan();
    lists.connections = 4;
    lists.paths = {path};
    const LoadReport report = load(lists);
    const double bytes =
        static_cast<double>(report.body_bytes) / static_cast<double>(report.requests);
    add(fmt::format("{} ({} objects, {:.1f} MB), 4 connections", what, count(path), bytes / 1e6),
        figures(report), target);
  }

  // The time from a write's first byte to the last watcher's event, over many writes.
  void watch() {
    const std::size_t watchers = quick_ ? 5 : 100;
    const client::TlsIdentity admin = coved_->admin();
    const std::string version(get("/api/v1/namespaces/kube-node-lease/configmaps")
                                  .at("metadata")
                                  .at("resourceVersion")
                                  .as_string());
    std::vector<std::unique_ptr<testing::TlsClient>> clients;
    for (std::size_t i = 0; i < watchers; ++i) {
      clients.push_back(std::make_unique<testing::TlsClient>(coved_->port(), &admin));
      if (!clients.back()->handshake()) throw std::runtime_error("a watcher cannot connect");
      clients.back()->send(
          "GET /api/v1/namespaces/kube-node-lease/configmaps?watch=true&resourceVersion=" +
          version + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
      clients.back()->receive("\r\n\r\n");
    }
    testing::TlsClient writer(coved_->port(), &admin);
    writer.handshake();
    std::vector<double> times;
    for (int round = 0; round < (quick_ ? 3 : 50); ++round) {
      const std::string name = fmt::format("round-{}", round);
      const std::string body = config_map(name);
      std::vector<std::jthread> readers;
      std::atomic<std::int64_t> last{0};
      const auto start = Steady::now();
      for (auto& each : clients) {
        readers.emplace_back([&, reader = each.get()] {
          reader->receive("\"" + name + "\"");
          const std::int64_t took =
              std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - start).count();
          std::int64_t seen = last.load();
          while (took > seen && !last.compare_exchange_weak(seen, took)) {
          }
        });
      }
      const double before = milliseconds_since(start);  // what it takes to start the readers
      writer.send(
          fmt::format("POST /api/v1/namespaces/kube-node-lease/configmaps HTTP/1.1\r\n"
                      "Host: localhost\r\nContent-Type: application/json\r\n"
                      "Content-Length: {}\r\n\r\n{}",
                      body.size(), body));
      writer.receive("\"" + name + "\"");
      readers.clear();
      times.push_back(static_cast<double>(last.load()) / 1000 - before);
    }
    add(fmt::format("watch, {} watchers: send to all notified", watchers),
        fmt::format("p50 {:.2f} ms", median(times)), "<= 1 ms");
  }

  bool quick_;
  testing::TempDir directory_;
  std::optional<Coved> coved_;
  std::vector<Line> lines_;
};

void print(const std::vector<Line>& lines, bool as_json) {
  if (as_json) {
    boost::json::array all;
    for (const Line& line : lines)
      all.push_back({{"what", line.what}, {"measured", line.measured}, {"target", line.target}});
    std::cout << boost::json::serialize(all) << "\n";
    return;
  }
  fmt::print("{:<60} {:<48} {}\n", "", "measured", "target");
  for (const Line& line : lines)
    fmt::print("{:<60} {:<48} {}\n", line.what, line.measured, line.target);
}

}  // namespace
}  // namespace cove::bench

int main(int argc, char** argv) {
  cove::bench::Arguments arguments;
  CLI::App app("Figures of the API server of a natively started coved");
  app.add_flag("--json", arguments.json, "print JSON");
  app.add_flag("--quick", arguments.quick, "the least work, to see that it still measures");
  CLI11_PARSE(app, argc, argv);
  try {
    cove::bench::print(cove::bench::Bench(arguments).run(), arguments.json);
  } catch (const std::exception& failure) {
    std::cerr << "api_bench: " << failure.what() << "\n";
    return 1;
  }
  return 0;
}
