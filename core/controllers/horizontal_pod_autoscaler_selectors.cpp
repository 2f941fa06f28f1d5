#include "core/controllers/horizontal_pod_autoscaler_selectors.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/client/indexer.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

std::string place_of(std::string_view namespace_name, std::string_view label,
                     std::string_view value) {
  return fmt::format("{}/{}={}", namespace_name, label, value);
}

}  // namespace

json::object demanded_labels(const api::LabelSelector& selector) {
  json::object demanded;
  for (const std::string& part : split(selector.text(), ',')) {
    const std::string label = part.substr(0, part.find('='));
    if (const auto value = selector.exact(label)) demanded[api::key(label)] = *value;
  }
  return demanded;
}

void AutoscalerSelectors::put(const std::string& key, const api::LabelSelector& selector) {
  forget(key);
  const json::object demanded = demanded_labels(selector);
  const std::string in = client::split_key(key).namespace_name;
  const std::string place = demanded.empty()
                                ? place_of(in, "", "")
                                : place_of(in, demanded.begin()->key(),
                                           api::view(demanded.begin()->value().get_string()));
  places_[place].insert(key);
  entries_.insert_or_assign(key, Entry{selector, place});
}

void AutoscalerSelectors::forget(const std::string& key) {
  const auto entry = entries_.find(key);
  if (entry == entries_.end()) return;
  const auto place = places_.find(entry->second.place);
  place->second.erase(key);
  if (place->second.empty()) places_.erase(place);
  entries_.erase(entry);
}

void AutoscalerSelectors::add(const std::string& place, const api::Object& pod,
                              std::set<std::string>& keys) const {
  const auto found = places_.find(place);
  if (found == places_.end()) return;
  for (const std::string& key : found->second) {
    if (entries_.at(key).selector.matches(pod.document())) keys.insert(key);
  }
}

std::set<std::string> AutoscalerSelectors::choosing(const std::vector<api::ObjectPtr>& pods) const {
  std::set<std::string> keys;
  for (const api::ObjectPtr& pod : pods) {
    add(place_of(pod->namespace_name(), "", ""), *pod, keys);
    const json::object* const labels = api::object_at(pod->document(), {"metadata", "labels"});
    if (labels == nullptr) continue;
    for (const json::key_value_pair& pair : *labels) {
      if (!pair.value().is_string()) continue;
      add(place_of(pod->namespace_name(), pair.key(), api::view(pair.value().get_string())), *pod,
          keys);
    }
  }
  return keys;
}

}  // namespace cove::controllers
