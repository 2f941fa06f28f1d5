// Execs: processes that clients start beside a container's own.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/container.h"
#include "core/engine/containers.h"
#include "core/engine/exchange.h"
#include "core/runtime/runtime.h"

namespace cove::engine {

struct ExecConfig {
  std::vector<std::string> command;
  std::vector<std::string> env;
  std::string user, working_dir, detach_keys;
  bool terminal = false, input = false, output = false, error = false, privileged = false;
  unsigned rows = 0, columns = 0;
};
Outcome<ExecConfig> read_exec_body(const boost::json::object& body);

struct Exec {
  std::string id;
  std::string container;
  ExecConfig config;
  // Under the mutex:
  mutable std::mutex mutex;
  bool started = false;
  bool running = false;
  std::optional<int> exit_code;
  pid_t pid = 0;
  std::unique_ptr<runtime::Runtime::Exec> process;
  SteadyTime ended_at{};
};
using ExecPtr = std::shared_ptr<Exec>;

// Thread-safe. At most 1,024 a container: one more is refused until others have ended. One that has
// ended is forgotten five minutes later.
class Execs {
 public:
  explicit Execs(Containers& containers) : containers_(containers) {}
  ~Execs();

  Outcome<ExecPtr> create(const ContainerPtr& container, ExecConfig config);
  Outcome<ExecPtr> find(const std::string& id) const;
  std::vector<std::string> of(const std::string& container) const;
  void forget(const std::string& container);

  // Starts the process; `ended` is called once with its exit code, after the last output.
  Outcome<> start(const ExecPtr& exec, runtime::Streams::Handlers handlers,
                  std::function<void(int)> ended);
  boost::json::object inspect(const Exec& exec) const;

 private:
  void drop_old();  // with the mutex held

  // What processes that outlive us look at before they tell their end.
  struct Alive {
    std::mutex mutex;
    bool alive = true;
  };

  Containers& containers_;
  const std::shared_ptr<Alive> alive_ = std::make_shared<Alive>();
  mutable std::mutex mutex_;
  std::map<std::string, ExecPtr> execs_;
};

// The process of an exec or a health check: the container's own, with what is asked for.
Outcome<runtime::ExecSpec> make_exec(Containers& containers, const ContainerPtr& container,
                                     const ExecConfig& config);

}  // namespace cove::engine
