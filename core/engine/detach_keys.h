// Detach keys: what a person types to leave a container without ending it.
#pragma once

#include <string>
#include <string_view>

#include "core/engine/exchange.h"

namespace cove::engine {

// Not thread-safe.
class DetachKeys {
 public:
  // "ctrl-p,ctrl-q", "a,ctrl-c": at most 16 keys. Empty: the default.
  static Outcome<DetachKeys> parse(const std::string& text);

  // What of the typed bytes is meant for the process; what may become the sequence is held back.
  // True once the sequence is complete: what followed it is dropped.
  bool filter(std::string_view typed, std::string& passed);

 private:
  std::string keys_;
  std::size_t matched_ = 0;
};

}  // namespace cove::engine
