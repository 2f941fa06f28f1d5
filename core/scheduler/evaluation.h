// Evaluation: one attempt to find a node for one pod: filters, then scores.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/client/backoff.h"
#include "core/scheduler/plugin.h"

namespace cove::scheduler {

// Pods for which room is being made on a node. On the executor.
class Nominations {
 public:
  // An empty node: none.
  void set(const PodPtr& pod, const std::string& node);
  void remove(std::string_view uid) { set_.erase(std::string(uid)); }
  std::vector<PodPtr> on(std::string_view node) const;
  // "" when there is none.
  std::string_view node_of(std::string_view uid) const;

 private:
  struct Nomination {
    PodPtr pod;
    std::string node;
  };
  std::map<std::string, Nomination, std::less<>> set_;  // by uid
};

// Valid while nothing of the world changes.
class Evaluation {
 public:
  Evaluation(PodPtr pod, const World& world, const Nominations& nominations);

  const PodPtr& pod() const { return pod_; }
  // A filter that says no to every node at once.
  const Verdict& everywhere() const { return everywhere_; }
  // Whether that node was asked for at all by those filters that know the names of theirs.
  bool considers(std::string_view node) const { return !only_ || only_->contains(node); }

  // With the pods of no lower priority that are nominated to the node, and without them.
  Verdict check(const NodeInfo& node);
  // See Filter; `node` is the one that the pod is (not) on.
  void add(const PodInfo& pod, const NodeInfo& node);
  void remove(const PodInfo& pod, const NodeInfo& node);

  // Names of the filters that said no.
  const std::set<std::string_view>& rejected_by() const { return rejected_by_; }
  // Those that chose the nodes by name.
  const std::set<std::string_view>& chosen_by() const { return chosen_by_; }

 private:
  struct Named {
    std::string_view name;
    std::unique_ptr<Filter> filter;
  };
  Verdict check_as_it_is(const NodeInfo& node);

  const PodPtr pod_;
  const Nominations& nominations_;
  std::vector<Named> filters_;
  Verdict everywhere_;
  std::optional<std::set<std::string, std::less<>>> only_;
  std::set<std::string_view> rejected_by_, chosen_by_;
};

// Why a pod has no node.
struct NoFit {
  std::size_t nodes = 0;                             // that there are
  std::string everywhere;                            // one reason for all of them
  std::map<std::string, Verdict, std::less<>> told;  // by node; the others have `others`
  std::vector<std::string> others;

  // "0/3 nodes are available: 1 Insufficient cpu, 2 Too many pods. preemption: …"
  std::string message(std::string_view after = {}) const;
};

// Asks filters and scores. Remembers where it was with many nodes, so that all get their turn.
class Chooser {
 public:
  explicit Chooser(client::Random random) : random_(std::move(random)) {}
  // The name of the best; empty: none, and why.
  std::string choose(Evaluation& evaluation, const World& world, NoFit& why);

 private:
  std::vector<const NodeInfo*> fitting(Evaluation& evaluation, const World& world, NoFit& why);

  const client::Random random_;
  std::size_t start_ = 0;
};

}  // namespace cove::scheduler
