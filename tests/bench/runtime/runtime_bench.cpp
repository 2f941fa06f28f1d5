// How long a container takes to run, beside bare crun with the same bundle: in turn, medians.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstring>
#include <iostream>
#include <semaphore>

#include "core/base/process.h"
#include "core/runtime/oci_config.h"
#include "core/runtime/runtime.h"
#include "tests/bench/load/measure.h"
#include "tests/support/containers.h"

namespace cove::runtime {
namespace {

using bench::median;
using bench::milliseconds;
using bench::value;

class Bench {
 public:
  Bench()
      : runtime_(value(Runtime::open({host_.directory(), host_.run(), host_.cgroup_root(), clock_,
                                      null_logger(), *spawner_}))) {
    value(runtime_->create(test::busybox_container(host_, "long", {"sleep", "100000"})));
    value(runtime_->start("long"));
    auto groups = value(os::Cgroups::find());
    const ConfigHost config = this_host(*groups, [](const std::string&) {});
    const auto spec = test::busybox_container(host_, "bare", {"true"});
    std::filesystem::create_directories(bundle());
    const auto text =
        value(oci_config(spec, host_.busybox(), "/" + host_.cgroup_root() + "/bare", config));
    value(write_file_atomic(bundle() / "config.json", boost::json::serialize(text), 0600));
  }
  ~Bench() { static_cast<void>(runtime_->remove("long", true)); }

  void round() {
    bare_run_.push_back(milliseconds([&] {
      crun({"run", "--bundle", bundle().string(), "bare"});
    }));
    const std::string id = fmt::format("c{}", number_++);
    value(runtime_->create(test::busybox_container(host_, id, {"true"})));
    double started = 0;
    whole_.push_back(milliseconds([&] {
      started = milliseconds([&] { value(runtime_->start(id)); });
      value(runtime_->wait(id, {}));
    }));
    started_.push_back(started);
    removed_.push_back(milliseconds([&] { value(runtime_->remove(id, false)); }));
    bare_exec_.push_back(milliseconds([&] { crun({"exec", "long", "true"}); }));
    exec_.push_back(milliseconds([&] {
      std::binary_semaphore done(0);
      ExecSpec spec;
      spec.process.args = {"true"};
      spec.process.env = {"PATH=/bin"};
      const auto process = value(runtime_->exec("long", spec, {}, [&](int) { done.release(); }));
      done.acquire();
    }));
  }

  void print(bool as_json) const {
    struct Row {
      const char* name;
      double ours, bare, target;
    };
    const std::vector<Row> rows = {
        {"start: request to process running", median(started_), median(bare_run_), 2},
        {"start to end and cleaned up", median(whole_), median(bare_run_), 3},
        {"exec", median(exec_), median(bare_exec_), 1.5},
    };
    if (as_json) {
      boost::json::array out;
      for (const Row& row : rows) {
        out.push_back(boost::json::object{
            {"name", row.name}, {"ms", row.ours}, {"crun_ms", row.bare}, {"target", row.target}});
      }
      std::cout << boost::json::serialize(out) << "\n";
      return;
    }
    fmt::print("{:40} {:>9} {:>9} {:>7} {:>7}\n", "", "cove ms", "crun ms", "ratio", "target");
    for (const Row& row : rows) {
      fmt::print("{:40} {:9.1f} {:9.1f} {:7.2f} {:7.1f}\n", row.name, row.ours, row.bare,
                 row.ours / row.bare, row.target);
    }
    fmt::print("{:40} {:9.1f}\n", "remove", median(removed_));
  }

 private:
  Path bundle() const { return host_.folder() / "bundle"; }
  void crun(std::vector<std::string> arguments) {
    std::vector<std::string> argv = {"/usr/bin/crun", "--root=" + (host_.run() / "crun").string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const auto done = value(spawner_->run({argv, {}, {}, {}}, std::chrono::seconds(60)));
    if (done.exit_code != 0) throw std::runtime_error(done.standard_error);
  }

  test::ContainerHost host_;
  SystemClock clock_;
  std::unique_ptr<Spawner> spawner_ = make_spawner();
  std::unique_ptr<Runtime> runtime_;
  int number_ = 0;
  std::vector<double> bare_run_, started_, whole_, removed_, bare_exec_, exec_;
};

}  // namespace
}  // namespace cove::runtime

int main(int argc, char** argv) {
  cove::test::prepare_container_host();
  if (!cove::test::can_run_containers()) {
    std::cout << "needs root\n";
    return 0;
  }
  int rounds = 15;
  bool as_json = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) as_json = true;
    if (std::strcmp(argv[i], "--rounds") == 0 && i + 1 < argc) rounds = std::atoi(argv[++i]);
  }
  cove::runtime::Bench bench;
  for (int i = 0; i < rounds; ++i) bench.round();
  bench.print(as_json);
}
