// Pods on this node beside bare crun: how soon one runs, how soon a full node does, exec and the
// first line of a log through the API, and what a pod costs in memory. The ratios are what counts.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <thread>

#include "core/base/process.h"
#include "core/base/strings.h"
#include "core/http/client.h"
#include "tests/bench/load/measure.h"
#include "tests/integration/coved/harness.h"
#include "tests/support/containers.h"

namespace cove::testing {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using bench::median;
using bench::milliseconds;
using bench::value;

constexpr const char* kPods = "/api/v1/namespaces/default/pods";
constexpr std::chrono::minutes kPatience{5};

// In bytes; memory that several share is divided among them.
std::uint64_t memory_of(pid_t pid) {
  const auto text = read_file(fmt::format("/proc/{}/smaps_rollup", pid), 1 << 16);
  const std::size_t at = text ? text->find("\nPss:") : std::string::npos;
  return at == std::string::npos ? 0 : std::strtoull(text->c_str() + at + 5, nullptr, 10) * 1024;
}

struct Row {
  std::string name;
  double ours = 0, limit = 0, target = 0;  // the target is a ratio
  const char* unit = "ms";
  const char* of = "";
};

class NodeBench {
 public:
  explicit NodeBench(bool quick)
      : rounds_(quick ? 1 : 9),
        crowd_(quick ? 5 : 110),
        folder_("/var/tmp/cove-bench-" + random_hex(4)),
        coved_((std::filesystem::create_directories(folder_), folder_), Coved::Runs::kCluster) {
    const char* const binaries = std::getenv("COVE_BINARY_DIR");
    const Path images =
        Path(binaries == nullptr ? "build/release" : binaries) / "share/cove/images";
    if (!std::filesystem::exists(images / "busybox"))
      throw std::runtime_error(images.string() + " is missing: installers/images/build makes it");
    if (!coved_.start({"--images", images.string()})) throw std::runtime_error(coved_.log());
    const client::TlsIdentity admin = coved_.admin();
    http::ClientOptions options;
    options.tls.ca_pem = admin.ca_certificate_pem;
    options.tls.certificate_pem = admin.certificate_pem;
    options.tls.key_pem = admin.key_pem;
    http_ = value(http::Client::create(std::move(options)));
    test::make_busybox_layer(folder_ / "bundle/rootfs");
    make_bundle();
    await_node();
  }
  ~NodeBench() {
    try {
      clear();
    } catch (const std::exception& error) {
      fmt::print(stderr, "node_bench: {}\n", error.what());
    }
    coved_.signal(SIGTERM);
    static_cast<void>(coved_.wait());
    static_cast<void>(remove_tree(folder_));
  }

  std::vector<Row> measure() {
    std::vector<double> one, bare, exec, bare_exec, log;
    crun({"run", "--detach", "--bundle", bundle("sleep 1000"), "long"});
    for (int round = 0; round < rounds_; ++round) {
      bare.push_back(milliseconds([&] { crun({"run", "--bundle", bundle("true"), "bare"}); }));
      Running running = watch_running();
      one.push_back(milliseconds([&] {
        create("one", "echo first; sleep 1000");
        running.await(1);
      }));
      bare_exec.push_back(milliseconds([&] { crun({"exec", "long", "true"}); }));
      exec.push_back(milliseconds([&] { exec_true("one"); }));
      log.push_back(milliseconds([&] { read_log("one"); }));
      clear();
    }
    crun({"delete", "--force", "long"});
    std::vector<Row> rows{
        {"pod created to Running", median(one), median(bare), 2, "ms", "crun run"},
        {"pod created to Running, image present", median(one), 60, 1, "ms", "target"},
        {"exec through the API", median(exec), median(bare_exec), 1.5, "ms", "crun exec"},
        {"first line of its log", median(log), median(bare_exec), 1.5, "ms", "crun exec"}};
    for (const int many : {std::max(1, crowd_ / 10), crowd_}) add_crowd(many, median(bare), rows);
    add_rollout(rows);
    return rows;
  }

 private:
  // --- crun by hand
  void make_bundle() {
    const auto made =
        value(make_spawner()->run({{"crun", "spec"}, {}, folder_ / "bundle", {}}, 60s));
    if (made.exit_code != 0) throw std::runtime_error(made.standard_error);
    spec_ = json::parse(value(read_file(folder_ / "bundle/config.json", 1 << 20)));
    spec_.at("process").at("terminal") = false;
  }
  std::string bundle(const char* script) {
    spec_.at("process").at("args") = json::array{"/bin/sh", "-c", script};
    std::ofstream(folder_ / "bundle/config.json") << json::serialize(spec_);
    return (folder_ / "bundle").string();
  }
  void crun(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"crun", "--root=" + (folder_ / "crun").string()});
    // What it leaves behind must not hold its pipes.
    std::string line;
    for (const std::string& each : arguments) line += each + " ";
    const auto done = value(make_spawner()->run(
        {{"/bin/sh", "-c", "exec " + line + ">/dev/null 2>&1"}, {}, {}, {}}, 60s));
    if (done.exit_code != 0) throw std::runtime_error(line + "failed");
  }

  // --- The API
  http::ClientRequest request(const char* method, const std::string& target,
                              std::string body = {}) {
    http::ClientRequest request;
    request.method = method;
    request.url = {"https", "127.0.0.1", coved_.port(), target, {}};
    request.headers = {{"Content-Type", "application/json"}};
    request.body = std::move(body);
    return request;
  }
  std::string call(const char* method, const std::string& target, std::string body = {}) {
    auto response = value(http_->send(request(method, target, std::move(body))));
    std::string text = value(response.read_all(64 << 20));
    if (response.status() >= 300) throw std::runtime_error(target + ": " + text);
    return text;
  }
  void await(const std::function<bool()>& condition, const char* what) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end)
        throw std::runtime_error(fmt::format("{}: not in time\n{}", what, coved_.log()));
      std::this_thread::sleep_for(1ms);
    }
  }
  // It takes pods, and its images are there.
  void await_node() {
    await([&] { return call("GET", "/api/v1/nodes").find("busybox") != std::string::npos; },
          "the node's images");
    await(
        [&] {
          auto response = value(
              http_->send(request("GET", "/api/v1/namespaces/default/serviceaccounts/default")));
          return response.status() == 200;
        },
        "the service account");
  }
  void create(const std::string& name, const char* script) {
    const json::object container{{"name", "main"},
                                 {"image", "busybox"},
                                 {"imagePullPolicy", "IfNotPresent"},
                                 {"command", {"/bin/sh", "-c", script}}};
    call("POST", kPods,
         json::serialize(json::object{
             {"apiVersion", "v1"},
             {"kind", "Pod"},
             {"metadata", {{"name", name}}},
             {"spec",
              {{"terminationGracePeriodSeconds", 0}, {"containers", json::array{container}}}}}));
  }
  // Pods that begin to run, as a watch tells: who asks again and again takes the processors from
  // what is measured.
  class Running {
   public:
    explicit Running(http::ClientResponse watch) : watch_(std::move(watch)) {}
    void await(std::size_t count) {
      constexpr std::string_view kBegins = "{\"type\":\"ADDED\"";
      while (begun_ < count) {
        const std::string piece = value(watch_.read(64 << 10));
        if (piece.empty()) throw std::runtime_error("the watch has ended");
        line_ += piece;
        for (auto end = line_.find('\n'); end != std::string::npos; end = line_.find('\n')) {
          if (line_.starts_with(kBegins)) ++begun_;
          line_.erase(0, end + 1);
        }
      }
    }

   private:
    http::ClientResponse watch_;
    std::string line_;
    std::size_t begun_ = 0;
  };
  Running watch_running() {
    http::ClientRequest wish =
        request("GET", std::string(kPods) + "?watch=true&fieldSelector=status.phase%3DRunning");
    wish.headers.emplace_back("Accept",
                              "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
    return Running(value(http_->send(std::move(wish))));
  }
  void clear() {
    call("DELETE", kPods, R"({"gracePeriodSeconds":0})");
    await([&] { return json::parse(call("GET", kPods)).at("items").as_array().empty(); },
          "pods that go");
    await([&] { return monitors().empty(); }, "containers that go");
  }
  void exec_true(const std::string& pod) {
    http::ClientRequest wish =
        request("GET", fmt::format("{}/{}/exec?command=true&stdout=1", kPods, pod));
    wish.headers = {{"Connection", "Upgrade"},
                    {"Upgrade", "websocket"},
                    {"Sec-WebSocket-Version", "13"},
                    {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                    {"Sec-WebSocket-Protocol", "v5.channel.k8s.io"}};
    auto response = value(http_->send(std::move(wish)));
    const auto stream = value(response.take_stream());
    std::string got;
    while (got.find("Success") == std::string::npos) {
      const std::string piece = value(stream->read(4096));
      if (piece.empty()) throw std::runtime_error("exec: " + got);
      got += piece;
    }
  }
  void read_log(const std::string& pod) {
    auto response =
        value(http_->send(request("GET", fmt::format("{}/{}/log?follow=true", kPods, pod))));
    if (value(response.read(64)) != "first\n")
      throw std::runtime_error("the log is not what it is");
  }

  // --- Many
  std::vector<pid_t> monitors() {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string name = entry.path().filename();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      const auto comm = read_file(entry.path() / "comm", 64);
      if (comm && *comm == "conmon\n") found.push_back(static_cast<pid_t>(std::stol(name)));
    }
    return found;
  }
  void add_crowd(int many, double bare, std::vector<Row>& rows) {
    const std::uint64_t before = memory_of(coved_.pid());
    Running running = watch_running();
    const double all = milliseconds([&] {
      for (int i = 0; i < many; ++i) create(fmt::format("pod-{}", i), "sleep 1000");
      running.await(static_cast<std::size_t>(many));
    });
    std::uint64_t used = memory_of(coved_.pid());
    used -= std::min(used, before);
    for (const pid_t pid : monitors()) used += memory_of(pid);
    clear();
    const double cores = std::max(1U, std::thread::hardware_concurrency());
    rows.push_back({fmt::format("{} pods created to all Running", many), all, many * bare / cores,
                    1.5, "ms", "as many crun run over all processors"});
    rows.push_back({fmt::format("memory of one of {} beyond its processes", many),
                    static_cast<double>(used) / many / 1e6, 1.5, 1, "MB", "target"});
  }

  // Ten replicas, one more and one less at a time: five waves, each as long as pods take to count
  // as available.
  void add_rollout(std::vector<Row>& rows) {
    constexpr const char* kDeployments = "/apis/apps/v1/namespaces/default/deployments";
    constexpr int kWaves = 5;
    const int wait = rounds_ > 1 ? 10 : 1;
    const auto body = [&](const char* version, int available_after) {
      const json::object container{{"name", "main"},
                                   {"image", "busybox"},
                                   {"imagePullPolicy", "IfNotPresent"},
                                   {"command", {"sleep", "1000"}},
                                   {"env", json::array{{{"name", "V"}, {"value", version}}}}};
      const json::object metadata{{"labels", {{"app", "roll"}}}};
      return json::serialize(json::object{
          {"apiVersion", "apps/v1"},
          {"kind", "Deployment"},
          {"metadata", {{"name", "roll"}, {"namespace", "default"}}},
          {"spec",
           {{"replicas", 10},
            {"minReadySeconds", available_after},
            {"selector", {{"matchLabels", {{"app", "roll"}}}}},
            {"strategy", {{"rollingUpdate", {{"maxSurge", 1}, {"maxUnavailable", 1}}}}},
            {"template",
             {{"metadata", metadata},
              {"spec",
               {{"terminationGracePeriodSeconds", 0},
                {"containers", json::array{container}}}}}}}}});
    };
    const auto until_rolled = [&](int generation) {
      await(
          [&] {
            const json::value all = json::parse(call("GET", fmt::format("{}/roll", kDeployments)));
            const json::object& status = all.at("status").as_object();
            const auto number = [&](const char* name) {
              const json::value* const found = status.if_contains(name);
              return found == nullptr ? 0 : found->to_number<int>();
            };
            return number("observedGeneration") >= generation && number("replicas") == 10 &&
                   number("updatedReplicas") == 10 && number("availableReplicas") == 10;
          },
          "the rollout");
    };
    call("POST", kDeployments, body("1", 0));
    until_rolled(1);
    const double time = milliseconds([&] {
      call("PUT", fmt::format("{}/roll", kDeployments), body("2", wait));
      until_rolled(2);
    });
    call("DELETE", fmt::format("{}/roll", kDeployments));
    clear();
    const double least = kWaves * wait * 1000.0;
    rows.push_back({fmt::format("rolling update of 10, minReadySeconds {}", wait), time, least,
                    (least + 1500) / least, "ms", "the arithmetic"});
  }

  const int rounds_, crowd_;
  const Path folder_;
  Coved coved_;
  std::unique_ptr<http::Client> http_;
  json::value spec_;
};

void print(const std::vector<Row>& rows, bool as_json) {
  if (as_json) {
    json::array out;
    for (const Row& row : rows)
      out.push_back(json::object{{"name", row.name},
                                 {"value", row.ours},
                                 {"unit", row.unit},
                                 {"limit", row.limit},
                                 {"of", row.of},
                                 {"target", row.target}});
    std::cout << json::serialize(out) << "\n";
    return;
  }
  fmt::print("{:46} {:>9}    {:>9}    {:>6} {:>6}\n", "", "cove", "limit", "ratio", "target");
  for (const Row& row : rows)
    fmt::print("{:46} {:9.1f} {} {:9.1f} {} {:6.2f} {:6.1f}  {}\n", row.name, row.ours, row.unit,
               row.limit, row.unit, row.ours / row.limit, row.target, row.of);
}

}  // namespace
}  // namespace cove::testing

int main(int argc, char** argv) {
  cove::test::prepare_container_host();
  if (!cove::test::can_run_containers()) {
    std::cout << "real containers need root, in mount and process namespaces of their own\n";
    return 0;
  }
  bool quick = false, as_json = false;
  for (int i = 1; i < argc; ++i) {
    quick = quick || std::strcmp(argv[i], "--quick") == 0;
    as_json = as_json || std::strcmp(argv[i], "--json") == 0;
  }
  try {
    cove::testing::NodeBench bench(quick);
    cove::testing::print(bench.measure(), as_json);
  } catch (const std::exception& error) {
    fmt::print(stderr, "node_bench: {}\n", error.what());
    return 1;
  }
}
