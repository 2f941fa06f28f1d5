// References: which ConfigMaps and Secrets the volumes of this node's pods show, each of them
// watched by its name, so that a change arrives at once. Not the whole collections: those may hold
// any number of objects that this node has nothing to do with, and Secrets that it must not read.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "core/api/object.h"
#include "core/client/informer.h"

namespace cove::node {

// Those of configMap, secret and projected volumes, each once.
std::set<client::Selection> references_of(const api::Object& pod);

// Everything on the transport's executor. References beyond kMost different objects are not
// watched: what changed is then seen when volumes are read again anyway.
class References {
 public:
  static constexpr std::size_t kMost = 4096;

  struct Parts {
    client::Transport& transport;
    client::Random random;
    Logger& logger;
    // What a volume of the pod shows is there, changed or gone. Also told of the first state.
    std::function<void(const std::string& uid)> changed;
  };
  explicit References(Parts parts) : parts_(std::move(parts)) {}
  ~References();
  References(const References&) = delete;

  void follow(const api::Object& pod);
  void forget(const std::string& uid);

 private:
  struct Watch {
    std::shared_ptr<client::Informer> informer;
    client::Registration registration;
    std::set<std::string> pods;  // uids
  };
  std::shared_ptr<Watch> begin(const client::Selection& reference) const;

  const Parts parts_;
  std::map<client::Selection, std::shared_ptr<Watch>> watches_;
  std::map<std::string, std::set<client::Selection>> pods_;  // by uid
};

}  // namespace cove::node
