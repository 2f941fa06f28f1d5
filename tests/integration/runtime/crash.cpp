#include "tests/integration/runtime/crash.h"

#include <array>
#include <iostream>
#include <random>

#include "tests/integration/runtime/fixture.h"

namespace cove::runtime {
namespace {

class Victim {
 public:
  Victim(Runtime& runtime, const Path& folder, const Path& layer, unsigned seed)
      : runtime_(runtime), folder_(folder), layer_(layer), random_(seed) {}

  void step() {
    const std::string id = "v" + std::to_string(random_() % 3);
    switch (random_() % 6) {
      case 0:
      case 1: create(id); break;
      case 2: static_cast<void>(runtime_.start(id)); break;
      case 3: execute(id); break;
      case 4: static_cast<void>(runtime_.remove(id, true)); break;
      default:
        if (runtime_.pause(id)) static_cast<void>(runtime_.resume(id));
    }
  }

 private:
  void create(const std::string& id) {
    ContainerSpec spec;
    spec.id = id;
    spec.root.lower = {layer_};
    spec.process.args = {"sh", "-c", "echo out; sleep 1000"};
    spec.process.env = {"PATH=/bin"};
    spec.security.capabilities = default_capabilities();
    spec.log.file = folder_ / "logs" / id;
    if (runtime_.create(spec)) static_cast<void>(runtime_.start(id));
  }
  void execute(const std::string& id) {
    ExecSpec spec;
    spec.process.args = {"sleep", "1000"};
    spec.process.env = {"PATH=/bin"};
    auto process = runtime_.exec(id, spec, {}, nullptr);
    if (process) processes_.push_back(std::move(*process));
  }

  Runtime& runtime_;
  Path folder_, layer_;
  std::mt19937 random_;
  std::vector<std::unique_ptr<Runtime::Exec>> processes_;
};

}  // namespace

int run_victim(int argc, char** argv) {
  if (argc != 7) return 2;
  SystemClock clock;
  auto spawner = make_spawner();
  const Path directory = argv[2];
  auto runtime = Runtime::open({directory, argv[3], argv[4], clock, null_logger(), *spawner});
  if (!runtime) {
    std::cerr << runtime.error().message() << "\n";
    return 1;
  }
  std::cout << "open" << std::endl;
  Victim victim(**runtime, directory.parent_path(), argv[5],
                static_cast<unsigned>(std::stoul(argv[6])));
  while (true) victim.step();
}

}  // namespace cove::runtime
