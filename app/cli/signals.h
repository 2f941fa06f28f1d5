// Signals as events: the first Ctrl-C asks the running operation to stop, the second ends at once.
#pragma once

#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "core/base/fd.h"
#include "core/base/result.h"

namespace cove::cli {

// What the commands see of signals. Thread-safe.
class Interruption {
 public:
  std::stop_token token() const { return source_.get_token(); }
  // What to tell the user when the first Ctrl-C comes; empty: nothing.
  void announce(std::string sentence) {
    std::lock_guard lock(mutex_);
    sentence_ = std::move(sentence);
  }
  std::string sentence() const {
    std::lock_guard lock(mutex_);
    return sentence_;
  }
  void request() { source_.request_stop(); }

 private:
  std::stop_source source_;
  mutable std::mutex mutex_;
  std::string sentence_;
};

// Blocks SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGWINCH in the calling thread and those it starts
// from now on (so: construct it first in main) and answers for them on a thread of its own.
class SignalWatcher {
 public:
  static Result<std::unique_ptr<SignalWatcher>> create(Interruption& interruption);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

  // Readable whenever the window's size changed.
  int resized() const { return resized_.read.get(); }

 private:
  SignalWatcher(Interruption& interruption, Fd signals, Pipe wake, Pipe resized);
  void watch();
  void answer(int number);

  Interruption& interruption_;
  Fd signals_;
  Pipe wake_;
  Pipe resized_;
  std::thread thread_;
};

}  // namespace cove::cli
