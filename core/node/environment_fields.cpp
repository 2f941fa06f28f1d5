#include "core/node/environment_fields.h"

#include <fmt/format.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>

namespace cove::node {

namespace json = boost::json;

namespace {

using api::Amounts;
using api::Quantity;

Error refuse(std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "read", "the pod's field", std::move(cause), {}};
}

std::string all_pairs(const json::object* pairs) {
  if (pairs == nullptr) return {};
  std::map<std::string_view, std::string_view> sorted;
  for (const auto& [name, value] : *pairs) {
    if (const auto* const text = value.if_string()) sorted[name] = api::view(*text);
  }
  std::string out;
  for (const auto& [name, value] : sorted) {
    if (!out.empty()) out += '\n';
    out += fmt::format("{}={}", name, api::quote(value));
  }
  return out;
}

// The key of "metadata.labels['key']", or nothing.
std::optional<std::string_view> subscript(std::string_view path, std::string_view field) {
  if (!path.starts_with(field)) return std::nullopt;
  path.remove_prefix(field.size());
  if (!path.starts_with("['") || !path.ends_with("']") || path.size() < 4) return std::nullopt;
  return path.substr(2, path.size() - 4);
}

std::string addresses_of(const api::Object& pod, std::string_view list) {
  std::string out;
  const json::array* const all = api::array_at(pod.document(), {"status", list});
  if (all == nullptr) return out;
  for (const json::value& item : *all) {
    const json::object* const entry = item.if_object();
    if (entry == nullptr) continue;
    if (!out.empty()) out += ',';
    out += api::text_at(*entry, {"ip"});
  }
  return out;
}

std::string or_else(const std::string& known, std::string otherwise) {
  return known.empty() ? std::move(otherwise) : known;
}

std::int64_t ceil_of(std::int64_t amount, std::int64_t divisor) {
  return divisor <= 0 ? amount : amount / divisor + (amount % divisor > 0 ? 1 : 0);
}

// What the whole machine has, as far as nobody says what of it is for pods.
Quantity machine_amount(std::string_view name) {
  struct sysinfo machine {};
  if (name == "cpu") return Quantity::of(std::max(::sysconf(_SC_NPROCESSORS_ONLN), 1L));
  if (name != "memory" || ::sysinfo(&machine) != 0) return {};
  return Quantity::of(static_cast<std::int64_t>(machine.totalram) * machine.mem_unit,
                      Quantity::Format::kBinarySi);
}

Quantity limit_of(const api::Object& pod, const json::object& container, std::string_view name,
                  const Amounts& allocatable) {
  const Amounts own = api::amounts_at(container, {"resources", "limits"});
  if (const auto found = own.find(name); found != own.end() && found->second.sign() > 0)
    return found->second;
  const Amounts whole = api::amounts_at(pod.document(), {"spec", "resources", "limits"});
  if (const auto found = whole.find(name); found != whole.end()) return found->second;
  // Huge pages have no default.
  if (name != "cpu" && name != "memory" && name != "ephemeral-storage") return {};
  const auto node = allocatable.find(name);
  return node == allocatable.end() ? machine_amount(name) : node->second;
}

}  // namespace

Result<std::string> field_value(const api::Object& pod, std::string_view path,
                                const PodAddresses& addresses) {
  const json::object& document = pod.document();
  for (const std::string_view map : {"labels", "annotations"}) {
    const std::string field = fmt::format("metadata.{}", map);
    if (path == field) return all_pairs(api::object_at(document, {"metadata", map}));
    if (const auto name = subscript(path, field))
      return std::string(api::text_at(document, {"metadata", map, *name}));
  }
  for (const std::string_view name : {"name", "namespace", "uid"}) {
    if (path == fmt::format("metadata.{}", name))
      return std::string(api::text_at(document, {"metadata", name}));
  }
  for (const std::string_view name : {"nodeName", "serviceAccountName"}) {
    if (path == fmt::format("spec.{}", name))
      return std::string(api::text_at(document, {"spec", name}));
  }
  const auto status = [&](std::string_view name) {
    return std::string(api::text_at(document, {"status", name}));
  };
  if (path == "status.podIP") return or_else(addresses.pod, status("podIP"));
  if (path == "status.podIPs") return or_else(addresses.pod, addresses_of(pod, "podIPs"));
  if (path == "status.hostIP") return or_else(addresses.host, status("hostIP"));
  if (path == "status.hostIPs") return or_else(addresses.host, addresses_of(pod, "hostIPs"));
  return refuse(fmt::format("unsupported fieldPath: {}", path));
}

const json::object* find_container(const api::Object& pod, std::string_view name) {
  for (const std::string_view list : {"containers", "initContainers", "ephemeralContainers"}) {
    const json::array* const all = api::array_at(pod.document(), {"spec", list});
    if (all == nullptr) continue;
    for (const json::value& item : *all) {
      const json::object* const container = item.if_object();
      if (container != nullptr && api::text_at(*container, {"name"}) == name) return container;
    }
  }
  return nullptr;
}

Result<std::string> resource_value(const api::Object& pod, const json::object* container,
                                   const json::object& reference, const Amounts& allocatable) {
  if (const auto name = api::text_at(reference, {"containerName"}); !name.empty()) {
    container = find_container(pod, name);
    if (container == nullptr) return refuse(fmt::format("container {} not found", name));
  }
  if (container == nullptr) return refuse("the container is not named");
  const std::string_view resource = api::text_at(reference, {"resource"});
  const std::size_t dot = resource.find('.');
  const std::string_view part = resource.substr(0, dot);
  const std::string_view name =
      dot == std::string_view::npos ? std::string_view() : resource.substr(dot + 1);
  Quantity amount;
  if (name.empty() || (part != "limits" && part != "requests"))
    return refuse(fmt::format("unsupported container resource : {}", resource));
  if (part == "limits") {
    amount = limit_of(pod, *container, name, allocatable);
  } else {
    const Amounts own = api::amounts_at(*container, {"resources", "requests"});
    if (const auto found = own.find(name); found != own.end()) amount = found->second;
  }
  Quantity divisor = Quantity::of(1);
  if (const auto text = api::text_at(reference, {"divisor"}); !text.empty()) {
    COVE_TRY(divisor, Quantity::parse(text));
    if (divisor.sign() <= 0) divisor = Quantity::of(1);
  }
  const bool cpu = name == "cpu";
  return std::to_string(cpu ? ceil_of(amount.milli_value(), divisor.milli_value())
                            : ceil_of(amount.value(), divisor.value()));
}

}  // namespace cove::node
