// The API server's figures against a natively started coved: requests a second, latencies, watch
// fan-out, start and memory, one table with the target beside each (or JSON with --json). What
// depends on a number of things is measured for ten times as many too. Peers are measured elsewhere
// with the same requests.
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <thread>

#include "core/http/client.h"
#include "tests/bench/api/crowd.h"
#include "tests/bench/api/nginx.h"
#include "tests/bench/api/writers.h"
#include "tests/bench/load/load.h"
#include "tests/integration/coved/harness.h"

namespace cove::bench {
namespace {

constexpr std::size_t kLongestList = 256 << 20;

using namespace std::chrono_literals;
using testing::Coved;
using Steady = std::chrono::steady_clock;

struct Arguments {
  bool json = false;
  bool quick = false;
  std::vector<std::string> only;  // empty: all
};

struct Line {
  std::string what;
  std::string measured;
  std::string target;
  std::string limit;  // of this machine
};

double milliseconds_since(Steady::time_point start) {
  return std::chrono::duration<double, std::milli>(Steady::now() - start).count();
}

double quantile(std::vector<double> values, double of) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto at = static_cast<std::size_t>(of * static_cast<double>(values.size()));
  return values[std::min(at, values.size() - 1)];
}

double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
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
  explicit Bench(const Arguments& arguments)
      : quick_(arguments.quick), rounds_(arguments.quick ? 1 : 5), only_(arguments.only) {}

  std::vector<Line> run() {
    if (wanted("start")) cold_start();
    coved_.emplace(directory_.path());
    if (!coved_->start()) throw std::runtime_error("coved does not start: " + coved_->log());
    admin_ = coved_->admin();
    std::filesystem::create_directory(directory_.path() / "nginx");
    nginx_ = Nginx::start(directory_.path() / "nginx", coved_->data() / "pki");
    if (wanted("idle")) idle();
    if (wanted("get")) get_one();
    if (wanted("create")) create();
    if (wanted("watch")) {
      for (const std::size_t watchers : {10, 100}) watch(quick_ ? watchers / 10 : watchers);
    }
    if (wanted("list") || wanted("kubectl") || wanted("restart") || wanted("among")) objects();
    if (wanted("memory")) memory();
    if (wanted("namespace")) remove_namespaces();
    return std::move(lines_);
  }

 private:
  bool wanted(std::string_view part) const {
    return only_.empty() || std::ranges::count(only_, part) > 0;
  }

  void add(std::string what, std::string measured, std::string target, std::string limit = "") {
    lines_.push_back({std::move(what), std::move(measured), std::move(target), std::move(limit)});
  }

  // Everything that needs many objects.
  void objects() {
    for (const std::size_t many : {1'000, 10'000}) {
      const std::size_t objects = quick_ ? many / 50 : many;
      fill(kConfigMaps, config_map(""), objects);
      fill(kPods, pod(), objects / 10);
      if (wanted("among")) among();
      if (wanted("list")) list("LIST ConfigMaps", kConfigMaps, "<= 10 ms for 10,000");
      if (wanted("list")) list("LIST pods", kPods, ">= 400/s for 1,000");
      if (wanted("kubectl")) kubectl();
      if (wanted("restart")) restart();
    }
    if (!wanted("list")) return;
    fill(kPods, pod(), quick_ ? 200 : 10'000);
    list("LIST pods", kPods, "10 x that of 1,000");
  }

  LoadPlan plan() const { return plan(*coved_, admin_); }
  LoadPlan plan(const Coved& of, const client::TlsIdentity& admin) const {
    LoadPlan plan;
    plan.port = of.port();
    plan.ca_certificate_pem = admin.ca_certificate_pem;
    plan.certificate_pem = admin.certificate_pem;
    plan.key_pem = admin.key_pem;
    plan.warm_up = quick_ ? 50ms : 300ms;
    plan.duration = quick_ ? 200ms : 3000ms;
    return plan;
  }
  LoadPlan post(const std::string& path, const std::string& body) const {
    return post(plan(), path, body);
  }
  static LoadPlan post(LoadPlan creates, const std::string& path, const std::string& body) {
    creates.method = "POST";
    creates.paths = {path};
    creates.headers = {{"content-type", "application/json"}};
    creates.body = body;
    return creates;
  }

  // A report's figures, and what the server's processor did for each request: this holds where
  // others use the machine too.
  static std::string figures_of(const LoadPlan& plan, pid_t server) {
    const double before = cpu_seconds(server);
    const LoadReport report = load(plan);
    const double used = cpu_seconds(server) - before;
    // The warm-up's requests are not counted by the report, but by the processor.
    const double time = std::chrono::duration<double>(plan.warm_up).count() + report.seconds;
    const double each = used / (report.per_second() * time);
    return fmt::format("{}, {:.3f} ms CPU", figures(report), 1000 * each);
  }
  std::string figures_of(const LoadPlan& plan) const { return figures_of(plan, coved_->pid()); }
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
  // The same requests to nginx, for a file of these bytes.
  std::string limit_of(LoadPlan gets, const std::string& bytes) const {
    if (!nginx_) return "no nginx here";
    gets.port = nginx_->port();
    gets.paths = {nginx_->serve(bytes)};
    return "nginx " + figures_of(gets, nginx_->pid());
  }

  // Longer than what the harness takes.
  static std::string text_of(const std::string& method, const std::string& path, const Coved& of) {
    const client::TlsIdentity admin = of.admin();
    http::ClientOptions options;
    options.tls.ca_pem = admin.ca_certificate_pem;
    options.tls.certificate_pem = admin.certificate_pem;
    options.tls.key_pem = admin.key_pem;
    http::ClientRequest request;
    request.method = method;
    request.url = http::parse_url(fmt::format("https://127.0.0.1:{}{}", of.port(), path)).value();
    const auto client = http::Client::create(std::move(options)).value();
    auto response = client->send(std::move(request)).value();
    if (response.status() != 200) throw std::runtime_error(method + " " + path + " failed");
    return response.read_all(kLongestList).value();
  }
  static std::string text_of(const std::string& path, const Coved& of) {
    return text_of("GET", path, of);
  }
  std::string text_of(const std::string& path) const { return text_of(path, *coved_); }
  boost::json::value get(const std::string& path) const {
    return boost::json::parse(text_of(path));
  }

  // Executed until the server says that it serves, and until pods can be made; what it costs to
  // make its keys beside it.
  void cold_start() {
    std::vector<double> serving;
    std::vector<double> usable;
    for (int i = 0; i < rounds_; ++i) {
      serving.push_back(start_once(Coved::Runs::kApi, false));
      if (::geteuid() != 0) usable.push_back(start_once(Coved::Runs::kCluster, true));
    }
    const auto start = Steady::now();
    for (int i = 0; i < 4; ++i) EVP_PKEY_free(EVP_EC_gen("P-256"));
    const std::string keys = fmt::format("4 keys {:.1f} ms", milliseconds_since(start));
    add("start with empty data, exec to serving", fmt::format("{:.1f} ms", median(serving)),
        "<= 40 ms", keys);
    add("start with empty data, exec to default ServiceAccount",
        usable.empty() ? kNotAsRoot : fmt::format("{:.1f} ms", median(usable)), "<= 40 ms", keys);
  }
  static double start_once(Coved::Runs runs, bool account) {
    const testing::TempDir directory;
    Coved coved(directory.path(), runs);
    const auto start = Steady::now();
    if (!coved.start()) throw std::runtime_error("coved does not start: " + coved.log());
    if (account) {
      const client::TlsIdentity admin = coved.admin();
      const auto made = [&] {
        const auto answer = coved.get("/api/v1/namespaces/default/serviceaccounts/default", admin);
        return answer && answer->status == 200;
      };
      while (!made()) std::this_thread::sleep_for(1ms);
    }
    const double took = milliseconds_since(start);
    coved.signal(SIGTERM);
    coved.wait();
    return took;
  }

  void restart() {
    const std::string twice = bytes_twice(text_of(kConfigMaps).size() + text_of(kPods).size());
    const std::string these =
        fmt::format("{} ConfigMaps, {} pods", count(kConfigMaps), count(kPods));
    add("memory after all of this, " + these,
        fmt::format("{:.1f} MiB", mebibytes(coved_->pid(), "VmRSS")),
        "<= 100 MiB with 10,000 + 1,000", twice);
    coved_->signal(SIGTERM);
    coved_->wait();
    auto start = Steady::now();
    const auto file = read_file(coved_->data() / "store.db", std::size_t{1} << 30);
    const double reading = milliseconds_since(start);
    start = Steady::now();
    if (!coved_->start()) throw std::runtime_error("coved does not start again: " + coved_->log());
    add("start with " + these, fmt::format("{:.1f} ms", milliseconds_since(start)),
        "<= 250 ms with 10,000",
        fmt::format("reading the file ({:.1f} MB): {:.1f} ms",
                    file ? static_cast<double>(file->size()) / 1e6 : 0.0, reading));
    add("memory after it, " + these, fmt::format("{:.1f} MiB", mebibytes(coved_->pid(), "VmRSS")),
        "<= 100 MiB with 10,000 + 1,000", twice);
  }
  static std::string bytes_twice(std::size_t bytes) {
    return fmt::format("their bytes twice: {:.1f} MiB", 2 * static_cast<double>(bytes) / (1 << 20));
  }

  // What objects cost a server that has just begun.
  void memory() {
    const testing::TempDir directory;
    Coved coved(directory.path());
    if (!coved.start()) throw std::runtime_error("coved does not start: " + coved.log());
    const auto grow = [&](const char* what, const std::string& path, const std::string& body) {
      const double before = mebibytes(coved.pid(), "VmRSS");
      for (const std::size_t many : {1'000, 10'000}) {
        fill(path, body, quick_ ? many / 50 : many, coved);
        const std::string all = text_of(path, coved);
        add(fmt::format("memory of {} {}", count(path, coved), what),
            fmt::format("{:.1f} MiB", mebibytes(coved.pid(), "VmRSS") - before), "grows as they do",
            bytes_twice(all.size()));
      }
    };
    grow("ConfigMaps", kConfigMaps, config_map(""));
    grow("pods", kPods, pod());
    coved.signal(SIGTERM);
    coved.wait();
  }

  void idle() {
    std::this_thread::sleep_for(quick_ ? 50ms : 500ms);
    const double before = cpu_seconds(coved_->pid());
    const auto time = quick_ ? 500ms : 5000ms;
    std::this_thread::sleep_for(time);
    const double used = cpu_seconds(coved_->pid()) - before;
    add("CPU idle",
        fmt::format("{:.2f} % of a core", 100 * used / (static_cast<double>(time.count()) / 1000)),
        "<= 0.2 %");
    add("memory idle", fmt::format("{:.1f} MiB", mebibytes(coved_->pid(), "VmRSS")), "<= 32 MiB");
  }

  void get_one() {
    LoadPlan one = post(kConfigMaps, config_map(""));
    one.connections = 1;
    one.warm_up = 0ms;
    one.duration = 50ms;
    load(one);
    const std::string name(
        get(kConfigMaps + "?limit=1").at("items").at(0).at("metadata").at("name").as_string());
    LoadPlan gets = plan();
    gets.paths = {kConfigMaps + "/" + name};
    const std::string limit = limit_of(gets, text_of(gets.paths.front()));
    add("GET one ConfigMap, 16 connections, HTTP/1.1", figures_of(gets), ">= 25,000/s, p99 <= 1 ms",
        limit);
    gets.http2 = true;
    add("GET one ConfigMap, 16 connections, HTTP/2", figures_of(gets), ">= 25,000/s, p99 <= 1 ms",
        limit);
  }

  // What 4 KiB cost on this disk.
  std::string sync_limit() const {
    const Path path = directory_.path() / "sync";
    const Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    const std::string block(4096, 's');
    std::vector<double> times;
    for (int i = 0; i < 200; ++i) {
      const auto start = Steady::now();
      // Over and over the same place, as a write-ahead log that is begun again.
      if (::pwrite(file.get(), block.data(), block.size(), 0) < 0 || ::fdatasync(file.get()) != 0)
        return "no sync";
      times.push_back(milliseconds_since(start));
    }
    return fmt::format("fdatasync of 4 KiB: {:.2f} ms", median(times));
  }

  void create() {
    const std::string path = "/api/v1/namespaces/kube-system/configmaps";
    LoadPlan creates = post(path, config_map(""));
    const std::string limit = sync_limit();
    add("CREATE ConfigMap, fsynced, 16 connections", figures_of(creates),
        ">= 13,000/s, p99 <= 4 ms", limit);
    creates.connections = 1;
    add("CREATE ConfigMap, fsynced, 1 connection", figures_of(creates), ">= 4,300/s",
        limit + ", " + round_trip());
    remove_all(path);
  }

  // What asking and being answered costs where nothing is decided.
  std::string round_trip() const {
    if (!nginx_) return "no nginx here";
    LoadPlan gets = plan();
    gets.connections = 1;
    gets.port = nginx_->port();
    gets.paths = {nginx_->serve(std::string(600, 'o'))};
    return fmt::format("a round trip to nginx: {:.2f} ms", load(gets).latency(0.5));
  }

  std::size_t count(const std::string& path) const { return count(path, *coved_); }
  static std::size_t count(const std::string& path, const Coved& of) {
    const auto answer = of.get(path + "?limit=1", of.admin());
    if (!answer || answer->status != 200) throw std::runtime_error("GET " + path + " failed");
    const auto list = boost::json::parse(answer->body);
    const auto* remaining = list.at("metadata").as_object().if_contains("remainingItemCount");
    return list.at("items").as_array().size() +
           (remaining != nullptr ? static_cast<std::size_t>(remaining->as_int64()) : 0);
  }

  void fill(const std::string& path, const std::string& body, std::size_t wanted) {
    fill(path, body, wanted, *coved_);
  }
  void fill(const std::string& path, const std::string& body, std::size_t wanted, const Coved& of) {
    LoadPlan creates = post(plan(of, of.admin()), path, body);
    creates.warm_up = 0ms;
    creates.duration = 10ms;
    while (count(path, of) < wanted) load(creates);
  }

  // What the number of objects that are there may not change.
  void among() {
    const std::string path = "/api/v1/namespaces/kube-system/configmaps";
    const std::string many = fmt::format("among {}", count(kConfigMaps) + count(kPods));
    LoadPlan gets = plan();
    const boost::json::value first = get(kConfigMaps + "?limit=1").at("items").at(0);
    gets.paths = {
        fmt::format("{}/{}", kConfigMaps, first.at("metadata").at("name").as_string().c_str())};
    add("GET one ConfigMap " + many, figures_of(gets), "as with one");
    LoadPlan creates = post(path, config_map(""));
    creates.duration = quick_ ? 50ms : 500ms;
    add("CREATE ConfigMap, 16 connections, " + many, figures_of(creates), "as with one");
    remove_all(path);
  }
  // What was made is not to weigh on the figures that follow: the answer comes when all is gone.
  void remove_all(const std::string& path) const { text_of("DELETE", path, *coved_); }

  void list(const std::string& what, const std::string& path, const std::string& target) {
    const std::string text = text_of(path);
    const std::size_t objects = count(path);
    for (const unsigned connections : {1U, 4U}) {
      LoadPlan lists = plan();
      lists.connections = connections;
      lists.paths = {path};
      const std::string limit = limit_of(lists, text) + ", " + sealing(text);
      add(fmt::format("{} ({}, {:.1f} MB), {} at a time", what, objects,
                      static_cast<double>(text.size()) / 1e6, connections),
          figures_of(lists), target, limit);
    }
  }

  // What TLS alone costs each side for it, by one processor.
  static std::string sealing(const std::string& text) {
    constexpr std::size_t kRecord = 16 * 1024;
    const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> cipher(EVP_CIPHER_CTX_new(),
                                                                            EVP_CIPHER_CTX_free);
    const std::array<unsigned char, 16> key{};
    std::vector<unsigned char> sealed(kRecord + 16);
    std::vector<double> times;
    for (int i = 0; i < 9; ++i) {
      const auto start = Steady::now();
      for (std::string_view rest = text; !rest.empty();) {
        const std::string_view record = rest.substr(0, kRecord);
        rest.remove_prefix(record.size());
        int size = 0;
        EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, key.data(), key.data());
        EVP_EncryptUpdate(cipher.get(), sealed.data(), &size,
                          reinterpret_cast<const unsigned char*>(record.data()),
                          static_cast<int>(record.size()));
        EVP_EncryptFinal_ex(cipher.get(), sealed.data(), &size);
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, 16, sealed.data() + kRecord);
      }
      times.push_back(milliseconds_since(start));
    }
    return fmt::format("AES-GCM {:.2f} ms", median(times));
  }

  // In pages of 500, as tables, and in one; the server's part of it beside it.
  void kubectl() {
    const std::size_t objects = count(kConfigMaps);
    const std::size_t pages = (objects + 499) / 500;
    // kubectl sends ten requests as they come and then waits: client-go's default.
    const std::size_t paced = pages > 10 ? (pages - 10) * 200 : 0;
    add(fmt::format("kubectl get configmaps ({}, 500 a page)", objects),
        fmt::format("{:.0f} ms", kubectl_time({"get", "configmaps"})), "<= 1,000 ms for 10,000",
        fmt::format("kubectl's own pace of 5 requests a second: {} ms; the same pages without "
                    "kubectl: {:.0f} ms",
                    paced, pages_time(500)));
    add(fmt::format("kubectl get configmaps --chunk-size=0 ({})", objects),
        fmt::format("{:.0f} ms", kubectl_time({"get", "configmaps", "--chunk-size=0"})),
        "<= 1,000 ms for 10,000",
        fmt::format("the same without kubectl: {:.0f} ms", pages_time(0)));
  }
  double kubectl_time(const std::vector<std::string>& arguments) const {
    std::vector<double> times;
    for (int i = 0; i < rounds_; ++i) {
      const auto start = Steady::now();
      const Completed completed = coved_->kubectl("kubectl", arguments);
      if (completed.exit_code != 0) throw std::runtime_error(completed.standard_error);
      times.push_back(milliseconds_since(start));
    }
    return median(times);
  }
  double pages_time(std::size_t limit) const {
    std::vector<double> times;
    for (int i = 0; i < rounds_; ++i) {
      const auto start = Steady::now();
      read_tables(limit);
      times.push_back(milliseconds_since(start));
    }
    return median(times);
  }
  static std::string whole_answer(testing::TlsClient& client) {
    std::string answer = client.receive("\r\n\r\n");
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = answer.find(kLength);
    if (at == std::string::npos) throw std::runtime_error("an answer has no length");
    const std::size_t whole = answer.find("\r\n\r\n") + 4 +
                              std::strtoull(answer.c_str() + at + kLength.size(), nullptr, 10);
    while (answer.size() < whole) {
      const std::string some = client.receive_some();
      if (some.empty()) throw std::runtime_error("an answer was cut");
      answer += some;
    }
    return answer;
  }
  void read_tables(std::size_t limit) const {
    testing::TlsClient client(coved_->port(), &admin_);
    if (!client.handshake()) throw std::runtime_error("cannot connect");
    std::string token;
    do {
      client.send(
          fmt::format("GET {}?limit={}{} HTTP/1.1\r\nHost: localhost\r\n"
                      "Accept: application/json;as=Table;v=v1;g=meta.k8s.io\r\n\r\n",
                      kConfigMaps, limit, token.empty() ? "" : "&continue=" + token));
      const std::string answer = whole_answer(client);
      constexpr std::string_view kContinue = "\"continue\":\"";
      const std::size_t at = answer.find(kContinue);
      token.clear();
      if (at == std::string::npos) continue;
      const std::size_t begin = at + kContinue.size();
      token = answer.substr(begin, answer.find('"', begin) - begin);
    } while (!token.empty());
  }

  // The time from a write's first byte to the last watcher's event, over many writes.
  void watch(std::size_t watchers) {
    const std::string limit = crowd_limit(watchers);
    const std::string path = "/api/v1/namespaces/kube-node-lease/configmaps";
    const std::string version(get(path).at("metadata").at("resourceVersion").as_string());
    Crowd crowd(watchers, coved_->port(), admin_);
    crowd.send(fmt::format("GET {}?watch=true&resourceVersion={} HTTP/1.1\r\nHost: x\r\n\r\n", path,
                           version));
    crowd.receive("\r\n\r\n");
    testing::TlsClient writer(coved_->port(), &admin_);
    writer.handshake();
    std::vector<double> times;
    const int rounds = quick_ ? 3 : 200;
    const double before = cpu_seconds(coved_->pid());
    for (int round = 0; round < rounds; ++round) {
      const std::string name = fmt::format("\"round-{}-{}\"", watchers, round);
      const std::string body = config_map(name.substr(1, name.size() - 2));
      const auto start = Steady::now();
      writer.send(
          fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\n"
                      "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                      path, body.size(), body));
      crowd.receive(name);
      times.push_back(milliseconds_since(start));
      writer.receive(name);
    }
    const double used = cpu_seconds(coved_->pid()) - before;
    add(fmt::format("watch, {} watchers: send to all notified", watchers),
        fmt::format("p50 {:.2f} ms, p99 {:.2f} ms, {:.2f} ms CPU", median(times),
                    quantile(times, 0.99), used / rounds * 1000),
        "<= 1 ms for 100", limit);
  }
  // As many TLS writes of the same size by one thread that decides nothing.
  std::string crowd_limit(std::size_t size) const {
    const std::string event(600, 'e');
    Writers writers(size, coved_->data() / "pki");
    Crowd crowd(size, writers.port(), admin_);
    std::vector<double> times;
    double before = 0;
    constexpr int kRounds = 40;
    for (int round = 0; round < kRounds; ++round) {
      const auto start = Steady::now();
      writers.write(event);
      crowd.receive(event);
      times.push_back(milliseconds_since(start));
      if (round == 0) before = writers.cpu_seconds();  // the handshakes are in it
    }
    return fmt::format("{} TLS writes: {:.2f} ms, {:.2f} ms CPU", size, median(times),
                       (writers.cpu_seconds() - before) / (kRounds - 1) * 1000);
  }

  // From the request until it is gone, with the controllers that do it.
  void remove_namespaces() {
    constexpr const char* what = "delete a namespace with {} objects";
    if (::geteuid() == 0) return add(fmt::format(what, "many"), kNotAsRoot, "<= 1 s for 10,000");
    const testing::TempDir directory;
    Coved cluster(directory.path(), Coved::Runs::kCluster);
    if (!cluster.start()) throw std::runtime_error("coved does not start: " + cluster.log());
    const client::TlsIdentity admin = cluster.admin();
    for (const std::size_t many : {1'000, 10'000}) {
      const std::size_t objects = quick_ ? many / 50 : many;
      testing::TlsClient client(cluster.port(), &admin);
      client.handshake();
      const std::string name = fmt::format("of-{}", many);
      const std::string body = fmt::format(
          R"({{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{}"}}}})", name);
      client.send(
          fmt::format("POST /api/v1/namespaces HTTP/1.1\r\nHost: localhost\r\n"
                      "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                      body.size(), body));
      client.receive("Active");
      const std::string path = "/api/v1/namespaces/" + name;
      fill(path + "/configmaps", config_map(""), objects, cluster);
      const std::size_t made = count(path + "/configmaps", cluster);
      testing::TlsClient watcher(cluster.port(), &admin);
      watcher.handshake();
      watcher.send(
          fmt::format("GET /api/v1/namespaces?watch=true&fieldSelector=metadata.name={} "
                      "HTTP/1.1\r\nHost: localhost\r\n\r\n",
                      name));
      watcher.receive("ADDED");
      const auto start = Steady::now();
      client.send(fmt::format("DELETE {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path));
      if (watcher.receive("\"DELETED\"").find("\"DELETED\"") == std::string::npos)
        throw std::runtime_error("the namespace does not end: " + cluster.log());
      add(fmt::format(what, made), fmt::format("{:.0f} ms", milliseconds_since(start)),
          "<= 1 s for 10,000");
    }
    cluster.signal(SIGTERM);
    cluster.wait();
  }

  static constexpr const char* kNotAsRoot = "only by an ordinary user: root's would run pods";
  const std::string kConfigMaps = "/api/v1/namespaces/default/configmaps";
  const std::string kPods = "/api/v1/namespaces/kube-public/pods";

  bool quick_;
  int rounds_;
  std::vector<std::string> only_;
  testing::TempDir directory_;
  std::optional<Coved> coved_;
  std::unique_ptr<Nginx> nginx_;
  client::TlsIdentity admin_;
  std::vector<Line> lines_;
};

void print(const std::vector<Line>& lines, bool as_json) {
  if (as_json) {
    boost::json::array all;
    for (const Line& line : lines)
      all.push_back({{"what", line.what},
                     {"measured", line.measured},
                     {"target", line.target},
                     {"limit", line.limit}});
    std::cout << boost::json::serialize(all) << "\n";
    return;
  }
  constexpr const char* kForm = "{:<58} {:<56} {:<32} {}\n";
  fmt::print(kForm, "", "measured", "target", "this machine's limit");
  for (const Line& line : lines)
    fmt::print(kForm, line.what, line.measured, line.target, line.limit);
}

}  // namespace
}  // namespace cove::bench

int main(int argc, char** argv) {
  cove::bench::Arguments arguments;
  CLI::App app("Figures of the API server of a natively started coved");
  app.add_flag("--json", arguments.json, "print JSON");
  app.add_flag("--quick", arguments.quick, "the least work, to see that it still measures");
  app.add_option("--only", arguments.only, "these parts of it")
      ->check(CLI::IsMember({"start", "idle", "get", "create", "watch", "list", "among", "kubectl",
                             "restart", "memory", "namespace"}));
  CLI11_PARSE(app, argc, argv);
  try {
    cove::bench::print(cove::bench::Bench(arguments).run(), arguments.json);
  } catch (const std::exception& failure) {
    std::cerr << "api_bench: " << failure.what() << "\n";
    return 1;
  }
  return 0;
}
