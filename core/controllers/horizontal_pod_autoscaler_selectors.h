// Which autoscalers choose which pods, so that two that choose the same are noticed. On the
// executor.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/object.h"
#include "core/api/selector.h"

namespace cove::controllers {

// Labels that the selector demands with one value each.
boost::json::object demanded_labels(const api::LabelSelector& selector);

class AutoscalerSelectors {
 public:
  // `key` is "namespace/name"; takes the place of what it chose before.
  void put(const std::string& key, const api::LabelSelector& selector);
  void forget(const std::string& key);
  // The keys of those that choose one of these pods, which are of one namespace. Looks at those
  // that share a label with it, not at all.
  std::set<std::string> choosing(const std::vector<api::ObjectPtr>& pods) const;

 private:
  struct Entry {
    api::LabelSelector selector;
    std::string place;
  };
  void add(const std::string& place, const api::Object& pod, std::set<std::string>& keys) const;

  std::map<std::string, Entry> entries_;
  std::map<std::string, std::set<std::string>> places_;  // "namespace/label=value" to keys
};

}  // namespace cove::controllers
