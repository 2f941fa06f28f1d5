// How fast controllers make of a Deployment the pods it asks for and the scheduler binds them, in
// process with the real API server and store; beside each figure what the same number of pods
// costs when they are created directly, all at once.
#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <condition_variable>
#include <future>
#include <iostream>
#include <mutex>

#include "app/node/control_plane.h"
#include "app/node/in_process_transport.h"
#include "core/controllers/controllers.h"
#include "core/controllers/list.h"
#include "core/scheduler/scheduler.h"
#include "tests/support/temporary_folder.h"

namespace cove::bench {
namespace {

namespace json = boost::json;
using Steady = std::chrono::steady_clock;

struct Line {
  std::string what;
  double measured = 0;   // milliseconds, median
  double processor = 0;  // milliseconds of the process, of the last round
  double directly = 0;
  std::string target;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[values.size() / 2];
}

double processor_milliseconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

double milliseconds_since(Steady::time_point start) {
  return std::chrono::duration<double, std::milli>(Steady::now() - start).count();
}

json::object pod_template(const std::string& app) {
  return {{"metadata", {{"labels", {{"app", app}}}}},
          {"spec", {{"containers", {{{"name", "web"}, {"image", "example.com/web:1"}}}}}}};
}

json::object deployment(const std::string& name, int replicas) {
  return {{"apiVersion", "apps/v1"},
          {"kind", "Deployment"},
          {"metadata", {{"name", name}, {"namespace", "default"}}},
          {"spec",
           {{"replicas", replicas},
            {"selector", {{"matchLabels", {{"app", name}}}}},
            {"template", pod_template(name)}}}};
}

json::object pod() {
  json::object object = pod_template("direct");
  object["apiVersion"] = "v1";
  object["kind"] = "Pod";
  object["metadata"].as_object()["generateName"] = "direct-";
  return object;
}

class Bench {
 public:
  explicit Bench(bool quick)
      : quick_(quick), logger_(make_logger(2, LogFormat::kText, LogLevel::kError)) {
    server::NodeFacts facts;
    facts.name = "node";
    facts.internal_ip = "192.0.2.10";
    facts.cpus = 4;
    facts.memory_bytes = 8ULL << 30;
    facts.storage_bytes = 100ULL << 30;
    facts.kubelet_version = "v1.36.0";
    facts.ready_since = clock_.wall();
    auto plane = node::ControlPlane::start(
        {.store_path = folder_ / "store.db",
         .pki_dir = folder_ / "pki",
         .ca_certificate_pem = "no certificate",
         .service_range = server::Ipv4Range::parse("10.96.0.0/16").value(),
         .node = facts,
         .clock = clock_,
         .logger = *logger_});
    if (!plane) throw std::runtime_error(plane.error().message());
    plane_ = std::move(*plane);
    admin_ = transport({"admin", {"system:masters"}});
    manager_ = transport({"system:kube-controller-manager"});
    scheduling_ = transport({"system:kube-scheduler"});
    add_large_node();
    informers_ =
        std::make_unique<client::InformerFactory>(*manager_, client::system_random, *logger_);
    pods_ = informers_->informer({{"", "v1", "pods"}});
    counter_ =
        pods_->add_handler({.added =
                                [this](const api::ObjectPtr& pod, bool) {
                                  count(seen_);
                                  if (is_bound(*pod)) count(bound_);
                                },
                            .updated =
                                [this](const api::ObjectPtr& old, const api::ObjectPtr& pod) {
                                  if (!is_bound(*old) && is_bound(*pod)) count(bound_);
                                }});
    on_loop([this] {
      controllers_ = std::make_unique<controllers::Controllers>(
          controllers::Environment{*informers_,
                                   [this](std::string_view account) -> client::Transport& {
                                     return as_account(account);
                                   },
                                   plane_->executor(), clock_, client::system_random, *logger_},
          std::vector<controllers::MakeControlLoop>{controllers::make_deployment_controller,
                                                    controllers::make_replicaset_controller});
      controllers_->start();
      scheduler_ = std::make_unique<scheduler::Scheduler>(
          scheduler::Scheduler::Parts{.transport = *scheduling_,
                                      .informers = *informers_,
                                      .executor = plane_->executor(),
                                      .clock = clock_,
                                      .random = client::system_random,
                                      .logger = *logger_});
      scheduler_->start();
    });
    while (!running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ~Bench() {
    std::promise<void> stopped;
    on_loop([&] { controllers_->stop([&] { scheduler_->stop([&] { stopped.set_value(); }); }); });
    stopped.get_future().wait();
    on_loop([this] {
      controllers_.reset();
      scheduler_.reset();
      counter_ = {};
    });
    informers_->stop();
    on_loop([] {});
  }

  std::vector<Line> run() {
    std::vector<Line> lines;
    lines.push_back({"fdatasync of 4 KiB", sync_time(), 0, 0, ""});
    const int rounds = quick_ ? 1 : 15;
    for (const auto& [size, target] :
         {std::pair(10, "10"), std::pair(100, "60"), std::pair(quick_ ? 200 : 1'000, "")}) {
      for (const auto& [until, what] :
           {std::pair(&Bench::seen_, "exist"), std::pair(&Bench::bound_, "are bound")}) {
        std::vector<double> times;
        std::vector<double> direct;
        for (int i = 0; i < (size > 100 ? 1 : rounds); ++i) {
          direct.push_back(pods_directly(size, until));
          times.push_back(deployments(1, size, until));
        }
        lines.push_back({fmt::format("Deployment of {} -> pods {}", size, what), median(times),
                         processor_, median(direct), until == &Bench::bound_ ? target : ""});
      }
    }
    for (const auto& [number, target] :
         {std::pair(quick_ ? 20 : 100, ""), std::pair(quick_ ? 50 : 1'000, "2000")}) {
      const double direct = pods_directly(number, &Bench::seen_);
      const double time = deployments(number, 1, &Bench::seen_);
      lines.push_back({fmt::format("{} Deployments of 1 at once -> pods exist", number), time,
                       processor_, direct, target});
    }
    return lines;
  }

 private:
  std::unique_ptr<node::InProcessTransport> transport(const node::ClientUser& user) {
    return std::make_unique<node::InProcessTransport>(plane_->handler(), plane_->executor(), user);
  }
  client::Transport& as_account(std::string_view account) {
    auto& place = accounts_[std::string(account)];
    if (!place) {
      place = transport(node::service_account(account));
    }
    return *place;
  }
  void on_loop(const std::function<void()>& task) {
    std::promise<void> done;
    plane_->executor().post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }
  bool running() {
    bool running = false;
    on_loop([&] { running = controllers_->running(); });
    return running;
  }
  // The server's own has room for no more than a hundred pods.
  void add_large_node() {
    const client::ResourceClient nodes(*admin_, {"", "v1", "nodes"}, "");
    const json::object room{{"cpu", "100000"}, {"memory", "100Ti"}, {"pods", "100000"}};
    const auto wait = [](const auto& start) {
      std::promise<void> done;
      start([&](const auto&) { done.set_value(); }).release();
      done.get_future().wait();
    };
    wait([&](auto done) {
      return nodes.create(
          {{"apiVersion", "v1"}, {"kind", "Node"}, {"metadata", {{"name", "large"}}}}, {}, done);
    });
    // No agent says that it is ready.
    wait([&](auto done) {
      return nodes.patch("large", client::PatchType::kMerge, {{"spec", {{"taints", nullptr}}}}, {},
                         done);
    });
    wait([&](auto done) {
      return nodes.patch("large", client::PatchType::kMerge,
                         {{"status", {{"capacity", room}, {"allocatable", room}}}},
                         {.subresource = "status"}, done);
    });
    // One node is the common case: nothing is to choose.
    wait([&](auto done) {
      return nodes.patch("node", client::PatchType::kMerge, {{"spec", {{"unschedulable", true}}}},
                         {}, done);
    });
  }
  static bool is_bound(const api::Object& pod) {
    return !api::text_at(pod.document(), {"spec", "nodeName"}).empty();
  }
  void count(std::size_t& counter) {
    const std::lock_guard lock(mutex_);
    ++counter;
    changed_.notify_all();
  }
  using Until = std::size_t Bench::*;
  // From the first request until so many pods more are there or bound.
  double time_until_more(std::size_t more, Until until, const std::function<void()>& begin) {
    std::unique_lock lock(mutex_);
    const std::size_t wanted = this->*until + more;
    const auto start = Steady::now();
    const double used = processor_milliseconds();
    lock.unlock();
    begin();
    lock.lock();
    if (!changed_.wait_for(lock, std::chrono::seconds(100), [&] { return this->*until >= wanted; }))
      throw std::runtime_error("the pods did not come");
    const double time = milliseconds_since(start);
    processor_ = processor_milliseconds() - used;
    if (!changed_.wait_for(lock, std::chrono::seconds(100), [&] { return bound_ == seen_; }))
      throw std::runtime_error("the pods were not bound");
    lock.unlock();
    // What comes after (status, events) does not count, nor against the next.
    std::this_thread::sleep_for(std::chrono::milliseconds(quick_ ? 20 : 200));
    return time;
  }
  double pods_directly(int number, Until until) {
    return time_until_more(static_cast<std::size_t>(number), until, [&] {
      const client::ResourceClient client(*admin_, {"", "v1", "pods"}, "default");
      const json::object object = pod();
      for (int i = 0; i < number; ++i) client.create(object, {}, [](const auto&) {}).release();
    });
  }
  double deployments(int number, int replicas, Until until) {
    return time_until_more(static_cast<std::size_t>(number * replicas), until, [&] {
      const client::ResourceClient client(*admin_, {"apps", "v1", "deployments"}, "default");
      for (int i = 0; i < number; ++i) {
        client.create(deployment(fmt::format("web-{}", ++made_), replicas), {}, [](const auto&) {})
            .release();
      }
    });
  }
  double sync_time() {
    const std::string path = folder_ / "sync";
    const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    const std::string block(4096, 'x');
    std::vector<double> times;
    for (int i = 0; i < 50; ++i) {
      const auto start = Steady::now();
      if (::pwrite(file, block.data(), block.size(), i * 4096) < 0 || ::fdatasync(file) != 0) break;
      times.push_back(milliseconds_since(start));
    }
    ::close(file);
    return median(times);
  }

  const bool quick_;
  SystemClock clock_;
  const test::TemporaryFolder folder_;
  std::unique_ptr<Logger> logger_;
  std::unique_ptr<node::ControlPlane> plane_;
  std::unique_ptr<node::InProcessTransport> admin_, manager_, scheduling_;
  std::map<std::string, std::unique_ptr<node::InProcessTransport>, std::less<>> accounts_;
  std::unique_ptr<client::InformerFactory> informers_;
  std::shared_ptr<client::Informer> pods_;
  client::Registration counter_;
  std::unique_ptr<controllers::Controllers> controllers_;
  std::unique_ptr<scheduler::Scheduler> scheduler_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t seen_ = 0, bound_ = 0;
  double processor_ = 0;
  int made_ = 0;
};

void print(const std::vector<Line>& lines, bool as_json) {
  if (as_json) {
    json::array rows;
    for (const Line& line : lines)
      rows.push_back({{"what", line.what},
                      {"ms", line.measured},
                      {"processor_ms", line.processor},
                      {"directly_ms", line.directly},
                      {"target_ms", line.target}});
    std::cout << json::serialize(rows) << "\n";
    return;
  }
  fmt::print("{:<46} {:>10} {:>10} {:>10} {:>12}\n", "milliseconds", "measured", "processor",
             "directly", "target");
  const auto cell = [](double value) {
    return value > 0 ? fmt::format("{:.2f}", value) : std::string();
  };
  for (const Line& line : lines) {
    fmt::print("{:<46} {:>10} {:>10} {:>10} {:>12}\n", line.what, cell(line.measured),
               cell(line.processor), cell(line.directly), line.target);
  }
}

}  // namespace
}  // namespace cove::bench

int main(int argc, char** argv) {
  CLI::App app("Controllers, measured");
  bool json = false;
  bool quick = false;
  app.add_flag("--json", json, "JSON instead of a table");
  app.add_flag("--quick", quick, "the least work, to see that it still measures");
  CLI11_PARSE(app, argc, argv);
  cove::bench::print(cove::bench::Bench(quick).run(), json);
  return 0;
}
