// PodStreams: what a node can do for the streams of its pods (logs, exec, attach, port-forward),
// and its own logs. The API server knows nodes by this alone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/result.h"

namespace cove::server {

struct ContainerOfPod {
  std::string namespace_name, pod, uid, container;
};

struct LogRequest {
  bool previous = false;  // of the run before the newest
  bool follow = false;    // until the container's end
  bool out = true, error = true;
  std::optional<WallTime> since = std::nullopt;
  std::optional<std::uint64_t> tail_lines = std::nullopt;
};

struct LogEntry {
  WallTime time{};
  bool partial = false;   // the line goes on in the next entry
  std::string_view text;  // without its end
};

class PodLog {
 public:
  virtual ~PodLog() = default;
  // Blocks. `entry` returns false to end the reading.
  virtual Result<void> read(const std::function<bool(const LogEntry&)>& entry,
                            std::stop_token stop) = 0;
};

struct CommandRequest {
  std::vector<std::string> command;
  bool in = false, out = false, error = false, terminal = false;
};

// A process with streams; destruction lets it go. Thread-safe.
class PodProcess {
 public:
  enum class Output { kOut, kError };
  // From threads of the process' own.
  struct Handlers {
    std::function<void(Output, std::string_view)> output;  // may block: the process waits meanwhile
    // Once, after the last output. Nothing: the end of what was attached to is not known so.
    std::function<void(std::optional<int> exit_code)> ended;
  };
  virtual ~PodProcess() = default;
  // Blocks while the process does not read; an error once it never will.
  virtual Result<void> write(std::string_view input) = 0;
  virtual void close_input() = 0;
  virtual void resize(unsigned rows, unsigned columns) = 0;
  // Its client has gone for good: a write that waits should end.
  virtual void hang_up() = 0;
};

struct ContainerState {
  bool running = false;
  bool terminal = false, open_stdin = false;  // as its spec has them
};

// Of a node's log folder.
struct NodeLogPage {
  bool folder = false;
  std::vector<std::string> names;  // of a folder, sorted; those of folders end with '/'
  Fd file;                         // otherwise
  std::uint64_t bytes = 0;         // of it that are shown
};

// Thread-safe. The cause of an error is a whole sentence for the client.
class PodStreams {
 public:
  virtual ~PodStreams() = default;
  // Never blocks. Nothing when the node runs no such pod, or it has no such container.
  virtual std::optional<ContainerState> find(const ContainerOfPod& container) const = 0;
  // The others block.
  virtual Result<std::unique_ptr<PodLog>> open_log(const ContainerOfPod& container,
                                                   const LogRequest& request) = 0;
  virtual Result<std::unique_ptr<PodProcess>> exec(const ContainerOfPod& container,
                                                   const CommandRequest& request,
                                                   PodProcess::Handlers handlers) = 0;
  virtual Result<std::unique_ptr<PodProcess>> attach(const ContainerOfPod& container,
                                                     const CommandRequest& request,
                                                     PodProcess::Handlers handlers) = 0;
  // A connected TCP socket to a port that listens inside of the pod; `container` is empty.
  virtual Result<Fd> connect(const ContainerOfPod& pod, std::uint16_t port) = 0;
  // What is at a relative path of that node's log folder. kNotFound, and of another node.
  virtual Result<NodeLogPage> open_node_log(const std::string& node, const std::string& path) = 0;
};

}  // namespace cove::server
