// JsonPath: the paths of printer columns, ".spec.replicas", ".status.conditions[?(@.type=="Ready")]
// .status" (kubernetes.io "JSONPath Support", the part that columns may use). Immutable.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/document.h"
#include "core/base/result.h"

namespace cove::api {

class JsonPath {
 public:
  // kInvalidArgument. At most 100 steps.
  static Result<JsonPath> parse(std::string_view text);
  // What is there, several values with [*] and filters; at most 1,000.
  std::vector<const json::value*> find(const json::object& document) const;

 private:
  struct Step {
    enum class Kind { kChild, kIndex, kAll, kFilter } kind = Kind::kChild;
    std::string name;                // kChild
    std::int64_t index = 0;          // kIndex; negative counts from the end
    std::vector<std::string> field;  // kFilter: of the element
    std::string op;                  // "==", "!=", or empty: the field is there
    json::value literal;

    bool accepts(const json::value& element) const;
    void take(const json::value& value, std::vector<const json::value*>& out) const;
  };
  class Parser;

  std::vector<Step> steps_;
};

}  // namespace cove::api
