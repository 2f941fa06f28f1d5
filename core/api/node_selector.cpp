#include "core/api/node_selector.h"

#include <algorithm>
#include <charconv>

namespace cove::api {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size())
    return std::nullopt;
  return value;
}

}  // namespace

NodeTerm::NodeTerm(const json::object* term)
    : labels_(read(term, "matchExpressions")), fields_(read(term, "matchFields")) {}

std::vector<NodeTerm::Requirement> NodeTerm::read(const json::object* term, std::string_view list) {
  std::vector<Requirement> requirements;
  const json::array* const all = term == nullptr ? nullptr : array_at(*term, {list});
  if (all == nullptr) return requirements;
  for (const json::value& each : *all) {
    if (!each.is_object()) continue;
    Requirement requirement;
    requirement.key = text_at(each.get_object(), {"key"});
    const std::string_view op = text_at(each.get_object(), {"operator"});
    requirement.op = op == "In"             ? Operator::kIn
                     : op == "NotIn"        ? Operator::kNotIn
                     : op == "Exists"       ? Operator::kExists
                     : op == "DoesNotExist" ? Operator::kDoesNotExist
                     : op == "Gt"           ? Operator::kGreater
                     : op == "Lt"           ? Operator::kLess
                                            : Operator::kUnknown;
    if (const json::array* const values = array_at(each.get_object(), {"values"})) {
      for (const json::value& value : *values) {
        if (value.is_string()) requirement.values.emplace_back(view(value.get_string()));
      }
    }
    requirements.push_back(std::move(requirement));
  }
  return requirements;
}

bool NodeTerm::Requirement::accepts(std::optional<std::string_view> value) const {
  const auto listed = [&] { return std::ranges::find(values, *value) != values.end(); };
  switch (op) {
    case Operator::kIn: return value && listed();
    case Operator::kNotIn: return !value || !listed();
    case Operator::kExists: return value.has_value();
    case Operator::kDoesNotExist: return !value.has_value();
    case Operator::kGreater:
    case Operator::kLess: {
      const auto has = value ? number(*value) : std::nullopt;
      const auto bound = values.size() == 1 ? number(values.front()) : std::nullopt;
      if (!has || !bound) return false;
      return op == Operator::kGreater ? *has > *bound : *has < *bound;
    }
    case Operator::kUnknown: return false;
  }
  return false;
}

bool NodeTerm::matches(const json::object* labels, std::string_view node_name) const {
  if (empty()) return false;
  const bool by_labels = std::ranges::all_of(labels_, [&](const Requirement& each) {
    const json::value* const value = labels == nullptr ? nullptr : member(*labels, each.key);
    return each.accepts(value != nullptr && value->is_string()
                            ? std::optional(view(value->get_string()))
                            : std::nullopt);
  });
  return by_labels && std::ranges::all_of(fields_, [&](const Requirement& each) {
           return each.key == "metadata.name" && each.accepts(node_name);
         });
}

std::optional<std::set<std::string, std::less<>>> NodeTerm::names() const {
  std::optional<std::set<std::string, std::less<>>> left;
  for (const Requirement& each : fields_) {
    if (each.key != "metadata.name" || each.op != Operator::kIn) continue;
    std::set<std::string, std::less<>> these(each.values.begin(), each.values.end());
    if (left) std::erase_if(these, [&](const auto& name) { return !left->contains(name); });
    left = std::move(these);
  }
  return left;
}

NodeSelector::NodeSelector(const json::object& selector) {
  const json::array* const terms = array_at(selector, {"nodeSelectorTerms"});
  if (terms == nullptr) return;
  for (const json::value& each : *terms)
    terms_.emplace_back(each.is_object() ? &each.get_object() : nullptr);
}

bool NodeSelector::matches(const json::object* labels, std::string_view node_name) const {
  return std::ranges::any_of(terms_,
                             [&](const NodeTerm& term) { return term.matches(labels, node_name); });
}

bool has_labels(const json::object* labels, const json::object& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& each) {
    const json::value* const has = labels == nullptr ? nullptr : labels->if_contains(each.key());
    return has != nullptr && *has == each.value();
  });
}

bool wants_node(const json::object& pod_spec, const json::object* labels,
                std::string_view node_name) {
  const json::object* const wanted = object_at(pod_spec, {"nodeSelector"});
  if (wanted != nullptr && !has_labels(labels, *wanted)) return false;
  const json::object* const required = object_at(
      pod_spec, {"affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"});
  return required == nullptr || NodeSelector(*required).matches(labels, node_name);
}

}  // namespace cove::api
