// Which nodes a pod or a volume may be on (kubernetes.io "Assigning Pods to Nodes").
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/document.h"

namespace cove::api {

// One term of a node selector: all requirements hold. Immutable once made.
class NodeTerm {
 public:
  // matchExpressions and matchFields; null has neither.
  explicit NodeTerm(const json::object* term);

  // `labels` may be null. A term without requirements matches no node.
  bool matches(const json::object* labels, std::string_view node_name) const;
  bool empty() const { return labels_.empty() && fields_.empty(); }
  // The names that matchFields leaves; nothing: any.
  std::optional<std::set<std::string, std::less<>>> names() const;

 private:
  enum class Operator { kIn, kNotIn, kExists, kDoesNotExist, kGreater, kLess, kUnknown };
  struct Requirement {
    std::string key;
    Operator op = Operator::kUnknown;
    std::vector<std::string> values;
    bool accepts(std::optional<std::string_view> value) const;
  };
  static std::vector<Requirement> read(const json::object* term, std::string_view list);

  std::vector<Requirement> labels_, fields_;
};

// A NodeSelector: one of the terms matches. Without terms it matches nothing.
class NodeSelector {
 public:
  explicit NodeSelector(const json::object& selector);
  bool matches(const json::object* labels, std::string_view node_name) const;
  const std::vector<NodeTerm>& terms() const { return terms_; }

 private:
  std::vector<NodeTerm> terms_;
};

// Whether all of `wanted` are among `labels`, which may be null.
bool has_labels(const json::object* labels, const json::object& wanted);
// Whether a pod may be on a node by nodeSelector and required node affinity. `labels` may be null.
bool wants_node(const json::object& pod_spec, const json::object* labels,
                std::string_view node_name);

}  // namespace cove::api
