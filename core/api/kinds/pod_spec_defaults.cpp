#include <algorithm>
#include <array>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/quantity.h"

namespace cove::api::pods {
namespace {

constexpr std::array<std::string_view, 3> kContainerLists = {"containers", "initContainers",
                                                             "ephemeralContainers"};

void default_container(json::object& container) {
  set_default(container, "imagePullPolicy",
              json::string(default_pull_policy(text_at(container, {"image"}))));
}

void default_volume(json::object& volume) {
  const bool has_source = std::ranges::any_of(volume, [](const auto& member) {
    return member.key() != "name" && !member.value().is_null();
  });
  if (!has_source) volume["emptyDir"] = json::object();
  if (json::object* const image = rules::object_in(volume, {"image"})) {
    set_default(*image, "pullPolicy",
                json::string(default_pull_policy(text_at(*image, {"reference"}))));
  }
}

void default_requests(json::object& container) {
  const json::object* const limits = object_at(container, {"resources", "limits"});
  if (limits == nullptr) return;
  const json::object copy = *limits;
  json::object& requests = make_object_at(container, {"resources", "requests"});
  for (const auto& [name, value] : copy) set_default(requests, name, value);
}

void default_host_ports(json::object& container) {
  rules::each(rules::array_in(container, {"ports"}), [](json::object& port, std::size_t) {
    const json::value* const number = member(port, "containerPort");
    if (number != nullptr && integer_at(port, {"hostPort"}).value_or(0) == 0) {
      port["hostPort"] = json::value(*number);
    }
  });
}

// What the containers ask for together, by resource.
std::map<std::string, Quantity, std::less<>> requested(const json::object& spec) {
  std::map<std::string, Quantity, std::less<>> sums;
  rules::each(array_at(spec, {"containers"}), [&](const json::object& container, std::size_t) {
    const json::object* const requests = object_at(container, {"resources", "requests"});
    if (requests == nullptr) return;
    for (const auto& [name, value] : *requests) {
      const auto amount = Quantity::parse(text_at(*requests, {name}));
      if (amount) sums[std::string(name)] += *amount;
    }
  });
  return sums;
}

// The pod's own requests, where it has limits: what its containers ask for, else the limit.
void default_pod_requests(json::object& spec) {
  const json::object* const limits = object_at(spec, {"resources", "limits"});
  if (limits == nullptr) return;
  const json::object copy = *limits;
  const auto sums = requested(spec);
  json::object& requests = make_object_at(spec, {"resources", "requests"});
  for (const auto& [name, value] : copy) {
    const auto sum = sums.find(std::string_view(name));
    const bool take_sum = sum != sums.end() && !std::string_view(name).starts_with("hugepages-");
    set_default(requests, name, take_sum ? json::value(json::string(sum->second.text())) : value);
  }
}

}  // namespace

std::string_view default_pull_policy(std::string_view image) {
  constexpr std::string_view kAlways = "Always";
  constexpr std::string_view kIfNotPresent = "IfNotPresent";
  if (image.empty()) return kIfNotPresent;
  const std::size_t digest = image.find('@');
  const std::string_view name = image.substr(0, digest);
  const std::size_t slash = name.rfind('/');
  const std::size_t colon = name.rfind(':');
  const bool tagged =
      colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  if (tagged) return name.substr(colon + 1) == "latest" ? kAlways : kIfNotPresent;
  return digest == std::string_view::npos ? kAlways : kIfNotPresent;
}

void default_spec(json::object& spec) {
  for (const std::string_view list : kContainerLists) {
    rules::each(rules::array_in(spec, {list}),
                [](json::object& container, std::size_t) { default_container(container); });
  }
  rules::each(rules::array_in(spec, {"volumes"}),
              [](json::object& volume, std::size_t) { default_volume(volume); });
  // The former name of the field always says the same.
  if (const std::string account(text_at(spec, {"serviceAccountName"})); !account.empty()) {
    spec["serviceAccount"] = account;
  } else if (const std::string former(text_at(spec, {"serviceAccount"})); !former.empty()) {
    spec["serviceAccountName"] = former;
  }
}

void default_template(json::object& object, Steps path) {
  json::object* const pod_template = rules::object_in(object, path);
  if (pod_template == nullptr) return;
  if (json::object* const spec = rules::object_in(*pod_template, {"spec"})) default_spec(*spec);
}

void default_pod_only(json::object& spec) {
  const bool host_network = flag_at(spec, {"hostNetwork"});
  for (const std::string_view list : {"containers", "initContainers"}) {
    rules::each(rules::array_in(spec, {list}), [&](json::object& container, std::size_t) {
      default_requests(container);
      if (host_network) default_host_ports(container);
    });
  }
  default_pod_requests(spec);
  set_default(spec, "enableServiceLinks", true);
}

}  // namespace cove::api::pods
