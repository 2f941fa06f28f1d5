// Programs of seccomp rules. crun makes one of a container's rules at every start, which takes it a
// third of all its work; it takes one that is ready just as well.
#pragma once

#include <boost/json/object.hpp>
#include <list>
#include <mutex>
#include <string>

#include "core/base/fs.h"

namespace cove::runtime {

// Those of the rules that were used last. Thread-safe.
class SeccompPrograms {
 public:
  // The rules of an OCI configuration, to learn their program by; "" when it has none, or says
  // itself how crun comes by their program.
  static std::string rules_of(const boost::json::object& config);
  // Adds the program of `rules` to a configuration that has these rules; false when it is not
  // known. The rules stay: a crun that knows nothing of programs goes by them.
  bool add_to(boost::json::object& config, const std::string& rules);
  // `file` is the program that crun made of `rules`, of a container that it has created. What
  // cannot be a program is not learned.
  void learn(const std::string& rules, const Path& file);

 private:
  struct Known {
    std::string rules, program;  // the program as base64
  };
  std::mutex mutex_;
  std::list<Known> known_;  // the last one used first; at most kMostKnown
};

}  // namespace cove::runtime
