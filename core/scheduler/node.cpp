#include "core/scheduler/node.h"

#include <algorithm>

#include "core/api/each.h"
#include "core/api/quantity.h"

namespace cove::scheduler {
namespace {

std::vector<api::Taint> read_taints(const json::object& node) {
  std::vector<api::Taint> taints;
  api::each_object(node, {"spec", "taints"},
                   [&](const json::object& taint) { taints.push_back(api::read_taint(taint)); });
  return taints;
}

bool same(const Resources& a, const Resources& b) {
  return a.milli_cpu == b.milli_cpu && a.memory == b.memory &&
         a.ephemeral_storage == b.ephemeral_storage && a.others == b.others;
}

bool same(const json::object* a, const json::object* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return *a == *b;
}

std::int64_t pods_allowed(const json::object& node) {
  const json::object* const allocatable = api::object_at(node, {"status", "allocatable"});
  const json::value* const pods =
      allocatable == nullptr ? nullptr : api::member(*allocatable, "pods");
  if (pods == nullptr) return 0;
  if (pods->is_int64()) return pods->get_int64();
  if (!pods->is_string()) return 0;
  const auto amount = api::Quantity::parse(api::view(pods->get_string()));
  return amount ? amount->value() : 0;
}

std::map<std::string, std::int64_t, std::less<>> read_images(const json::object& node) {
  std::map<std::string, std::int64_t, std::less<>> images;
  const json::array* const all = api::array_at(node, {"status", "images"});
  if (all == nullptr) return images;
  for (const json::value& each : *all) {
    const json::array* const names =
        each.is_object() ? api::array_at(each.get_object(), {"names"}) : nullptr;
    if (names == nullptr) continue;
    const std::int64_t size = api::integer_at(each.get_object(), {"sizeBytes"}).value_or(0);
    for (const json::value& name : *names) {
      if (name.is_string()) images[std::string(api::view(name.get_string()))] = size;
    }
  }
  return images;
}

void erase(std::vector<PodPtr>& pods, std::string_view uid) {
  std::erase_if(pods, [&](const PodPtr& pod) { return pod->uid == uid; });
}

}  // namespace

NodeChange NodeInfo::set(const api::ObjectPtr& object) {
  static const json::object kNone;
  const json::object& now = object ? object->document() : kNone;
  NodeChange change;
  const json::object* const labels = api::object_at(now, {"metadata", "labels"});
  change.labels = !same(labels_, labels);
  auto taints = read_taints(now);
  change.taints = taints_ != taints;
  const bool unschedulable = api::flag_at(now, {"spec", "unschedulable"});
  change.unschedulable = unschedulable != unschedulable_;
  Resources allocatable = read_resources(api::object_at(now, {"status", "allocatable"}));
  const std::int64_t allowed = pods_allowed(now);
  change.allocatable = allowed != allowed_pods_ || !same(allocatable_, allocatable);
  labels_ = labels;
  taints_ = std::move(taints);
  unschedulable_ = unschedulable;
  allocatable_ = std::move(allocatable);
  allowed_pods_ = allowed;
  images_ = read_images(now);
  object_ = object;
  return change;
}

void NodeInfo::add(const PodPtr& pod) {
  pods_.push_back(pod);
  if (pod->has_affinity()) with_affinity_.push_back(pod);
  if (!pod->anti_affinity.empty()) with_anti_affinity_.push_back(pod);
  scheduler::add(requested_, pod->requests.exact);
  usual_milli_cpu_ += pod->requests.usual_milli_cpu;
  usual_memory_ += pod->requests.usual_memory;
  for (const api::HostPort& port : pod->ports) ++ports_[port];
}

void NodeInfo::remove(std::string_view uid) {
  const auto found =
      std::ranges::find(pods_, uid, [](const PodPtr& pod) { return std::string_view(pod->uid); });
  if (found == pods_.end()) return;
  const PodPtr pod = *found;
  pods_.erase(found);
  if (pod->has_affinity()) erase(with_affinity_, uid);
  if (!pod->anti_affinity.empty()) erase(with_anti_affinity_, uid);
  scheduler::subtract(requested_, pod->requests.exact);
  usual_milli_cpu_ -= pod->requests.usual_milli_cpu;
  usual_memory_ -= pod->requests.usual_memory;
  for (const api::HostPort& port : pod->ports) {
    if (--ports_[port] == 0) ports_.erase(port);
  }
}

std::string_view NodeInfo::label(std::string_view key) const {
  const json::value* const value = labels_ == nullptr ? nullptr : api::member(*labels_, key);
  return value != nullptr && value->is_string() ? api::view(value->get_string())
                                                : std::string_view();
}

bool NodeInfo::has_label(std::string_view key) const {
  return labels_ != nullptr && api::member(*labels_, key) != nullptr;
}

bool NodeInfo::port_taken(const api::HostPort& port) const {
  return std::ranges::any_of(ports_, [&](const auto& each) { return each.first.conflicts(port); });
}

std::int64_t NodeInfo::image_size(const std::string& image) const {
  const auto found = images_.find(image);
  return found == images_.end() ? -1 : found->second;
}

std::string normal_image_name(std::string_view image) {
  const std::size_t slash = image.rfind('/');
  const std::size_t colon = image.rfind(':');
  const bool tagged = colon != image.npos && (slash == image.npos || colon > slash);
  return tagged ? std::string(image) : std::string(image) + ":latest";
}

}  // namespace cove::scheduler
