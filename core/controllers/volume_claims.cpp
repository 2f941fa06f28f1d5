#include "core/controllers/volume_claims.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "core/api/quantity.h"
#include "core/api/selector.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

api::Quantity quantity_at(const api::Object& object, api::Steps path) {
  auto parsed = api::Quantity::parse(api::text_at(object.document(), path));
  return parsed ? *parsed : api::Quantity();
}

api::Quantity capacity_of(const api::Object& volume) {
  return quantity_at(volume, {"spec", "capacity", "storage"});
}
api::Quantity request_of(const api::Object& claim) {
  return quantity_at(claim, {"spec", "resources", "requests", "storage"});
}

std::string_view mode_of(const api::Object& object) {
  const std::string_view mode = api::text_at(object.document(), {"spec", "volumeMode"});
  return mode.empty() ? "Filesystem" : mode;
}

std::set<std::string_view> access_modes_of(const api::Object& object) {
  std::set<std::string_view> modes;
  const json::array* const all = api::array_at(object.document(), {"spec", "accessModes"});
  if (all == nullptr) return modes;
  for (const json::value& mode : *all) {
    if (mode.is_string()) modes.insert(api::view(mode.get_string()));
  }
  return modes;
}

bool has_access_modes(const api::Object& volume, const api::Object& claim) {
  return std::ranges::includes(access_modes_of(volume), access_modes_of(claim));
}

bool selector_matches(const api::Object& claim, const api::Object& volume) {
  const json::object* const selector = api::object_at(claim.document(), {"spec", "selector"});
  if (selector == nullptr) return true;
  const auto parsed = api::LabelSelector::from_document(selector);
  return parsed && parsed->matches(volume.document());
}

// A node's fields as labels, so that one selector reads both.
bool term_matches(const json::object& term, const api::Object& node) {
  json::array expressions;
  if (const json::array* const all = api::array_at(term, {"matchExpressions"})) expressions = *all;
  if (!expressions.empty()) {
    const json::object selector{{"matchExpressions", std::move(expressions)}};
    const auto parsed = api::LabelSelector::from_document(&selector);
    if (!parsed || !parsed->matches(node.document())) return false;
  }
  const json::array* const fields = api::array_at(term, {"matchFields"});
  if (fields == nullptr) return true;
  return std::ranges::all_of(*fields, [&](const json::value& each) {
    if (!each.is_object() || api::text_at(each.get_object(), {"key"}) != "metadata.name")
      return false;
    const json::array* const values = api::array_at(each.get_object(), {"values"});
    const bool named = values != nullptr && std::ranges::any_of(*values, [&](const auto& value) {
                         return value.is_string() && api::view(value.get_string()) == node.name();
                       });
    return named == (api::text_at(each.get_object(), {"operator"}) == "In");
  });
}

}  // namespace

std::string_view annotation_of(const api::Object& object, std::string_view name) {
  return api::text_at(object.document(), {"metadata", "annotations", name});
}

std::string_view storage_class_of(const api::Object& object) {
  const std::string_view old = annotation_of(object, "volume.beta.kubernetes.io/storage-class");
  return old.empty() ? api::text_at(object.document(), {"spec", "storageClassName"}) : old;
}

bool is_for_claim(const api::Object& volume, const api::Object& claim) {
  const json::object* const reference = api::object_at(volume.document(), {"spec", "claimRef"});
  if (reference == nullptr || api::text_at(*reference, {"name"}) != claim.name() ||
      api::text_at(*reference, {"namespace"}) != claim.namespace_name())
    return false;
  const std::string_view uid = api::text_at(*reference, {"uid"});
  return uid.empty() || uid == claim.uid();
}

std::string_view mismatch(const api::Object& volume, const api::Object& claim) {
  if (volume.deleting()) return "the volume is marked for deletion";
  if (capacity_of(volume) < request_of(claim)) return "requested PV is too small";
  if (storage_class_of(volume) != storage_class_of(claim)) return "storageClassName does not match";
  if (mode_of(volume) != mode_of(claim)) return "incompatible volumeMode";
  if (!has_access_modes(volume, claim)) return "incompatible accessMode";
  return {};
}

bool is_usable_on(const api::Object& volume, const api::Object& node) {
  const json::array* const terms =
      api::array_at(volume.document(), {"spec", "nodeAffinity", "required", "nodeSelectorTerms"});
  return terms == nullptr || std::ranges::any_of(*terms, [&](const json::value& term) {
           return term.is_object() && term_matches(term.get_object(), node);
         });
}

api::ObjectPtr find_volume(const api::Object& claim, const std::vector<api::ObjectPtr>& volumes,
                           const api::Object* node, bool delayed) {
  const api::Quantity request = request_of(claim);
  api::ObjectPtr best;
  const auto rank = [](const api::ObjectPtr& volume) {
    return std::tuple(access_modes_of(*volume).size(), capacity_of(*volume));
  };
  for (const api::ObjectPtr& volume : volumes) {
    const bool kept = is_for_claim(*volume, claim);
    if (api::object_at(volume->document(), {"spec", "claimRef"}) != nullptr && !kept) continue;
    if (volume->deleting() || capacity_of(*volume) < request ||
        mode_of(*volume) != mode_of(claim) || !has_access_modes(*volume, claim))
      continue;
    const bool usable = node == nullptr || is_usable_on(*volume, *node);
    if (kept) return usable ? volume : nullptr;
    if (delayed || !usable ||
        api::text_at(volume->document(), {"status", "phase"}) != "Available" ||
        storage_class_of(*volume) != storage_class_of(claim) || !selector_matches(claim, *volume))
      continue;
    if (!best || rank(volume) < rank(best)) best = volume;
  }
  return best;
}

std::vector<std::string> claims_of(const api::Object& pod) {
  std::vector<std::string> claims;
  const json::array* const volumes = api::array_at(pod.document(), {"spec", "volumes"});
  if (volumes == nullptr) return claims;
  const std::string prefix = std::string(pod.namespace_name()) + "/";
  for (const json::value& each : *volumes) {
    if (!each.is_object()) continue;
    const json::object& volume = each.get_object();
    if (const auto name = api::text_at(volume, {"persistentVolumeClaim", "claimName"});
        !name.empty()) {
      claims.push_back(prefix + std::string(name));
    } else if (api::value_at(volume, {"ephemeral"}) != nullptr) {
      claims.push_back(prefix + std::string(pod.name()) + "-" +
                       std::string(api::text_at(volume, {"name"})));
    }
  }
  return claims;
}

}  // namespace cove::controllers
