// How far a Deployment's rollout is, as `kubectl rollout status` decides it.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

namespace cove::api {

struct Rollout {
  bool observed = false;  // the controller has seen this spec; before that the rest is of the last
  std::int64_t wanted = 0;
  std::int64_t all = 0;
  std::int64_t updated = 0;
  std::int64_t available = 0;  // of any revision
  std::string stuck;           // the message of Progressing=False; empty while it may still come

  bool done() const {
    return observed && stuck.empty() && updated >= wanted && all <= updated && available >= updated;
  }
};

Rollout rollout_of(const boost::json::object& deployment);

}  // namespace cove::api
