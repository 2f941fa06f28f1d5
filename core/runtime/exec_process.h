// A process beside a container's: `crun exec` and its streams.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "core/runtime/attach_stream.h"
#include "core/runtime/launch.h"
#include "core/runtime/runtime.h"

namespace cove::runtime {

// Lives until the process has ended: its thread, which reads the output and reaps, holds it.
// Thread-safe.
class ExecProcess {
 public:
  struct Pieces {
    Child crun;
    pid_t pid = 0;
    Fd input, output, error;  // of pipes, not blocking; input and output are the terminal's, if any
    bool terminal = false;
    bool output_wanted = true, error_wanted = true;
    Streams::Handlers handlers;
    std::function<void(int)> ended;
  };
  explicit ExecProcess(Pieces pieces);
  static void run(const std::shared_ptr<ExecProcess>& process);

  pid_t pid() const { return pieces_.pid; }
  std::optional<int> exit_code() const;
  Result<void> write(std::string_view input);
  void close_input();
  Result<void> resize(unsigned rows, unsigned columns);
  void signal(int number);
  // No handler is called any more; output is dropped, the process goes on.
  void let_go();
  // The thread ends too.
  void abandon();

 private:
  void pump();
  // False once the descriptor has no more.
  bool read_once(const Fd& from, Streams::Channel channel);
  void call_output(Streams::Channel channel, std::string_view text);

  Pieces pieces_;
  Fd process_;
  Wake stop_;
  mutable std::mutex mutex_;
  Fd input_;
  bool abandoned_ = false;
  std::optional<int> exit_code_;
  std::mutex calling_;  // held while a handler runs
  std::atomic<std::thread::id> thread_;
};

}  // namespace cove::runtime
