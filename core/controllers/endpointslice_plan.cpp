#include "core/controllers/endpointslice_plan.h"

#include <algorithm>

#include "core/api/names.h"

namespace cove::controllers {
namespace {

// What makes an endpoint the same one although its state is another.
std::string identity(const json::object& endpoint) {
  std::string text;
  if (const json::array* const addresses = api::array_at(endpoint, {"addresses"})) {
    for (const json::value& each : *addresses) {
      if (each.is_string()) text += api::view(each.get_string());
      text += ' ';
    }
  }
  text += api::text_at(endpoint, {"hostname"});
  for (const std::string_view part : {"kind", "namespace", "name"}) {
    text += '/';
    text += api::text_at(endpoint, {"targetRef", part});
  }
  return text;
}

// Ports in any order are the same ports.
std::string ports_identity(const json::array* ports) {
  std::vector<std::string> texts;
  if (ports != nullptr) {
    for (const json::value& each : *ports) {
      if (!each.is_object()) continue;
      const json::object& port = each.get_object();
      const json::object main{{"name", api::key(api::text_at(port, {"name"}))},
                              {"protocol", api::key(api::text_at(port, {"protocol"}))},
                              {"port", api::integer_at(port, {"port"}).value_or(-1)},
                              {"app", api::key(api::text_at(port, {"appProtocol"}))}};
      texts.push_back(api::to_text(main));
    }
  }
  std::ranges::sort(texts);
  std::string all;
  for (const std::string& text : texts) all += text;
  return all;
}

using Wanted = std::map<std::string, json::object>;

// A slice on its way: one that exists, or a new one.
struct Draft {
  api::ObjectPtr existing;
  json::array endpoints;
  bool changed = false;
};

json::object new_slice(const SliceMetadata& metadata, std::string_view address_type,
                       const json::array& ports, json::array endpoints) {
  json::object own{{"generateName", metadata.generate_name},
                   {"namespace", metadata.namespace_name},
                   {"labels", metadata.labels},
                   {"ownerReferences", json::array{metadata.owner}}};
  if (!metadata.annotations.empty()) own["annotations"] = metadata.annotations;
  return {{"apiVersion", "discovery.k8s.io/v1"}, {"kind", "EndpointSlice"},
          {"metadata", std::move(own)},          {"addressType", api::key(address_type)},
          {"endpoints", std::move(endpoints)},   {"ports", ports}};
}

bool has_labels(const api::Object& slice, const json::object& labels) {
  const json::value* const own = api::value_at(slice.document(), {"metadata", "labels"});
  return own != nullptr && api::same(*own, json::value(labels));
}

// The slices of one set of ports.
class Group {
 public:
  Group(const SliceMetadata& metadata, std::string_view address_type, const SliceGroup& group,
        std::size_t most)
      : metadata_(metadata), address_type_(address_type), ports_(group.ports), most_(most) {
    for (const json::object& endpoint : group.endpoints)
      wanted_.emplace(identity(endpoint), endpoint);
  }

  // Takes over what stays in the slice.
  void keep(const api::ObjectPtr& slice) {
    Draft draft{slice, {}, !has_labels(*slice, metadata_.labels)};
    if (const json::array* const old = api::array_at(slice->document(), {"endpoints"})) {
      for (const json::value& each : *old) {
        const auto found =
            each.is_object() ? wanted_.find(identity(each.get_object())) : wanted_.end();
        if (found == wanted_.end()) {
          draft.changed = true;
          continue;
        }
        if (!api::same(each, json::value(found->second))) draft.changed = true;
        draft.endpoints.push_back(std::move(found->second));
        wanted_.erase(found);
      }
    }
    drafts_.push_back(std::move(draft));
  }

  void place_the_rest() {
    std::vector<Draft*> by_size;
    for (Draft& draft : drafts_) by_size.push_back(&draft);
    std::ranges::stable_sort(by_size, std::greater(),
                             [](const Draft* draft) { return draft->endpoints.size(); });
    for (Draft* const draft : by_size) {
      // One that became empty goes.
      if (draft->changed && !draft->endpoints.empty()) fill(*draft);
    }
    while (!wanted_.empty()) {
      const auto fits = std::ranges::find_if(by_size, [&](const Draft* draft) {
        return !draft->changed && draft->endpoints.size() + wanted_.size() <= most_ &&
               wanted_.size() < most_;
      });
      if (fits != by_size.end()) {
        (*fits)->changed = true;
        fill(**fits);
      } else {
        Draft draft;
        fill(draft);
        fresh_.push_back(std::move(draft));
      }
    }
  }

  void finish(SlicePlan& plan) {
    for (Draft& draft : drafts_) {
      if (draft.endpoints.empty()) {
        plan.remove.push_back(draft.existing);
      } else if (draft.changed) {
        json::object next = draft.existing->document();
        next["endpoints"] = std::move(draft.endpoints);
        api::set_at(next, {"metadata", "labels"}, metadata_.labels);
        plan.update.push_back(std::move(next));
      }
    }
    for (Draft& draft : fresh_)
      plan.create.push_back(
          new_slice(metadata_, address_type_, ports_, std::move(draft.endpoints)));
  }

 private:
  void fill(Draft& draft) {
    while (!wanted_.empty() && draft.endpoints.size() < most_) {
      draft.endpoints.push_back(std::move(wanted_.begin()->second));
      wanted_.erase(wanted_.begin());
    }
  }

  const SliceMetadata& metadata_;
  const std::string_view address_type_;
  const json::array& ports_;
  const std::size_t most_;
  Wanted wanted_;
  std::vector<Draft> drafts_, fresh_;
};

// A slice to remove and one to make are one to change.
void recycle(SlicePlan& plan, const SliceMetadata& metadata) {
  while (!plan.create.empty() && !plan.remove.empty()) {
    json::object next = plan.remove.back()->document();
    json::object& fresh = plan.create.back();
    next["endpoints"] = std::move(fresh["endpoints"]);
    next["ports"] = std::move(fresh["ports"]);
    api::set_at(next, {"metadata", "labels"}, metadata.labels);
    plan.update.push_back(std::move(next));
    plan.create.pop_back();
    plan.remove.pop_back();
  }
}

bool is_empty_slice(const api::Object& slice) {
  const json::array* const endpoints = api::array_at(slice.document(), {"endpoints"});
  const json::array* const ports = api::array_at(slice.document(), {"ports"});
  return (endpoints == nullptr || endpoints->empty()) && (ports == nullptr || ports->empty());
}

void keep_one(SlicePlan& plan, const SliceMetadata& metadata, std::string_view address_type) {
  const auto found = std::ranges::find_if(plan.remove, [&](const api::ObjectPtr& slice) {
    return is_empty_slice(*slice) && has_labels(*slice, metadata.labels);
  });
  if (found != plan.remove.end()) {
    plan.remove.erase(found);
  } else {
    plan.create.push_back(new_slice(metadata, address_type, {}, {}));
  }
}

}  // namespace

void SlicePlan::add(SlicePlan other) {
  std::ranges::move(other.create, std::back_inserter(create));
  std::ranges::move(other.update, std::back_inserter(update));
  std::ranges::move(other.remove, std::back_inserter(remove));
}

SlicePlan plan_slices(const SliceMetadata& metadata, std::string_view address_type,
                      const std::vector<SliceGroup>& desired,
                      const std::vector<api::ObjectPtr>& existing, const SliceRules& rules) {
  SlicePlan plan;
  std::map<std::string, Group> groups;
  for (const SliceGroup& group : desired) {
    if (group.endpoints.empty()) continue;
    groups.try_emplace(ports_identity(&group.ports), metadata, address_type, group, rules.most);
  }
  for (const api::ObjectPtr& slice : existing) {
    const auto group = groups.find(ports_identity(api::array_at(slice->document(), {"ports"})));
    if (group == groups.end()) {
      plan.remove.push_back(slice);
    } else {
      group->second.keep(slice);
    }
  }
  for (auto& [ports, group] : groups) {
    group.place_the_rest();
    group.finish(plan);
  }
  if (groups.empty() && rules.keep_one_empty) keep_one(plan, metadata, address_type);
  recycle(plan, metadata);
  return plan;
}

std::string slice_prefix(std::string_view name) {
  std::string prefix = std::string(name) + "-";
  if (api::check_name(prefix, api::NameRule::kDnsSubdomain, true).empty()) return prefix;
  return std::string(name);
}

}  // namespace cove::controllers
