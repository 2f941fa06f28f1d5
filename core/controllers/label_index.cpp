#include "core/controllers/label_index.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

constexpr std::string_view kByLabel = "namespace-label";
constexpr std::string_view kByDemand = "namespace-demanded-label";

std::string entry(std::string_view namespace_name, std::string_view label, std::string_view value) {
  std::string text(namespace_name);
  text += '/';
  text += label;
  text += '=';
  text += value;
  return text;
}

std::string_view text_of(const json::value& value) {
  return value.is_string() ? api::view(value.get_string()) : std::string_view();
}

// The pair that is likely to be rarest: values that tell many things apart are long.
const json::key_value_pair& rarest(const json::object& labels) {
  const json::key_value_pair* best = &*labels.begin();
  for (const json::key_value_pair& pair : labels) {
    const auto length = text_of(pair.value()).size();
    const auto longest = text_of(best->value()).size();
    if (length > longest || (length == longest && pair.key() < best->key())) best = &pair;
  }
  return *best;
}

std::string demand_entry(std::string_view namespace_name, const json::object& labels) {
  if (labels.empty()) return entry(namespace_name, "", "");
  const json::key_value_pair& pair = rarest(labels);
  return entry(namespace_name, pair.key(), text_of(pair.value()));
}

bool has_all(const api::Object& object, const json::object& labels) {
  const json::object* const own = api::object_at(object.document(), {"metadata", "labels"});
  for (const json::key_value_pair& pair : labels) {
    const json::value* const value = own == nullptr ? nullptr : own->if_contains(pair.key());
    if (value == nullptr || text_of(*value) != text_of(pair.value())) return false;
  }
  return true;
}

}  // namespace

void index_by_labels(client::Informer& objects) {
  objects.add_index(kByLabel, [](const api::Object& object) {
    std::vector<std::string> entries;
    const json::object* const labels = api::object_at(object.document(), {"metadata", "labels"});
    if (labels == nullptr) return entries;
    entries.reserve(labels->size());
    for (const json::key_value_pair& pair : *labels) {
      entries.push_back(entry(object.namespace_name(), pair.key(), text_of(pair.value())));
    }
    return entries;
  });
}

std::vector<api::ObjectPtr> with_labels(const client::Indexer& objects,
                                        std::string_view namespace_name,
                                        const json::object& labels) {
  if (labels.empty()) return objects.by_index(client::kByNamespace, namespace_name);
  auto found = objects.by_index(kByLabel, demand_entry(namespace_name, labels));
  std::erase_if(found, [&](const api::ObjectPtr& object) { return !has_all(*object, labels); });
  return found;
}

void index_by_demanded_labels(client::Informer& objects, DemandedLabels demanded) {
  objects.add_index(kByDemand, [demanded](const api::Object& object) -> std::vector<std::string> {
    const json::object* const labels = demanded(object);
    if (labels == nullptr) return {};
    return {demand_entry(object.namespace_name(), *labels)};
  });
}

std::vector<api::ObjectPtr> that_may_choose(const client::Indexer& objects,
                                            std::string_view namespace_name,
                                            const json::object* labels) {
  auto found = objects.by_index(kByDemand, entry(namespace_name, "", ""));
  if (labels == nullptr) return found;
  for (const json::key_value_pair& pair : *labels) {
    const auto more =
        objects.by_index(kByDemand, entry(namespace_name, pair.key(), text_of(pair.value())));
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

}  // namespace cove::controllers
