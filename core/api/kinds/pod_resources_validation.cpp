#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/quantity.h"

namespace cove::api::pods {
namespace {

using Names = std::set<std::string, std::less<>>;

bool is_huge_page(std::string_view name) {
  return name.starts_with("hugepages-");
}

bool is_container_resource(std::string_view name) {
  return name == "cpu" || name == "memory" || name == "ephemeral-storage" || is_huge_page(name);
}

// Names without a domain, or in kubernetes.io, are Kubernetes' own.
bool is_native(std::string_view name) {
  return name.find('/') == std::string_view::npos ||
         name.find("kubernetes.io/") != std::string::npos;
}

bool is_extended(std::string_view name) {
  return !is_native(name) && !name.starts_with("requests.") &&
         check_qualified_name(fmt::format("requests.{}", name)).empty();
}

// More may be promised than there is of cpu, memory and the like, but not of devices.
bool may_overcommit(std::string_view name) {
  return is_native(name) && !is_huge_page(name);
}

void check_name(ErrorList& errors, const FieldPath& path, std::string_view name) {
  const Problems problems = check_qualified_name(name);
  add_problems(errors, path, name, problems);
  if (!problems.empty()) return;
  if (name.find('/') == std::string_view::npos) {
    constexpr std::array<std::string_view, 3> kOthers = {"storage", "pods", "services"};
    if (!is_container_resource(name) && std::ranges::find(kOthers, name) == kOthers.end()) {
      errors.invalid(path, json::string(name),
                     "must be a standard resource type or fully qualified");
    }
    if (!is_container_resource(name)) {
      errors.invalid(path, json::string(name), "must be a standard resource for containers");
    }
  } else if (!is_native(name) && !is_extended(name)) {
    errors.invalid(path, json::string(name), "doesn't follow extended resource name standard");
  }
}

void check_amount(ErrorList& errors, const FieldPath& path, std::string_view name,
                  const Quantity& amount) {
  if (amount.sign() < 0) {
    errors.invalid(path, json::string(amount.text()), "must be greater than or equal to 0");
  }
  if ((is_extended(name) || name == "pods") && Quantity::of(amount.value()) != amount) {
    errors.invalid(path, json::string(amount.text()), "must be an integer");
  }
}

struct Kinds {
  bool basic = false;  // cpu or memory
  bool huge = false;
};

template <typename Visit>
void each_amount(const json::object* amounts, Visit&& visit) {
  if (amounts == nullptr) return;
  for (const auto& [name, value] : *amounts) {
    const auto amount = value.is_string() ? Quantity::parse(view(value.get_string()))
                                          : Result<Quantity>(Quantity());
    if (amount) visit(std::string_view(name), *amount);
  }
}

void note(Kinds& kinds, std::string_view name) {
  kinds.basic = kinds.basic || name == "cpu" || name == "memory";
  kinds.huge = kinds.huge || is_huge_page(name);
}

void check_request(ErrorList& errors, const FieldPath& path, std::string_view name,
                   const Quantity& amount, const json::object* limits) {
  const FieldPath requests = path / "requests";
  const json::value* const limit = limits == nullptr ? nullptr : member(*limits, name);
  if (limit == nullptr) {
    if (!may_overcommit(name)) {
      errors.required(path / "limits", "Limit must be set for non overcommitable resources");
    }
    return;
  }
  const auto most = Quantity::parse(text_at(*limits, {name}));
  if (!most) return;
  if (amount != *most && !may_overcommit(name)) {
    errors.invalid(requests, json::string(amount.text()),
                   fmt::format("must be equal to {} limit of {}", name, most->text()));
  } else if (amount > *most) {
    errors.invalid(requests, json::string(amount.text()),
                   fmt::format("must be less than or equal to {} limit of {}", name, most->text()));
  }
}

void check_claims(ErrorList& errors, const FieldPath& path, const json::object& resources,
                  const Names* claims) {
  const json::array* const list = array_at(resources, {"claims"});
  if (list == nullptr || list->empty()) return;
  if (claims == nullptr) {
    errors.forbidden(path, "claims cannot be specified here");
    return;
  }
  Names used;
  rules::each(list, [&](const json::object& claim, std::size_t i) {
    const std::string_view name = text_at(claim, {"name"});
    const std::string_view request = text_at(claim, {"request"});
    if (name.empty()) {
      errors.required(path.index(i));
      return;
    }
    const std::string both =
        request.empty() ? std::string(name) : fmt::format("{}/{}", name, request);
    if (used.contains(both)) {
      errors.duplicate(path.index(i), json::string(both));
    } else if (used.contains(name) && !request.empty()) {
      errors.duplicate(path.index(i), json::string(name));
    } else {
      used.insert(both);
    }
    if (!claims->contains(name)) errors.not_found(path.index(i), json::string(name));
  });
}

}  // namespace

void validate_resources(ErrorList& errors, const FieldPath& path, const json::object& resources,
                        const std::set<std::string, std::less<>>* claims) {
  const json::object* const limits = object_at(resources, {"limits"});
  Kinds kinds;
  each_amount(limits, [&](std::string_view name, const Quantity& amount) {
    const FieldPath at = (path / "limits").key(name);
    check_name(errors, at, name);
    check_amount(errors, at, name, amount);
    note(kinds, name);
  });
  each_amount(object_at(resources, {"requests"}),
              [&](std::string_view name, const Quantity& amount) {
                const FieldPath at = (path / "requests").key(name);
                check_name(errors, at, name);
                check_amount(errors, at, name, amount);
                check_request(errors, path, name, amount, limits);
                note(kinds, name);
              });
  if (kinds.huge && !kinds.basic) errors.forbidden(path, "HugePages require cpu or memory");
  check_claims(errors, path / "claims", resources, claims);
}

void validate_pod_resources(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  const json::object* const resources = object_at(spec, {"resources"});
  if (resources == nullptr) return;
  validate_resources(errors, path, *resources, nullptr);
  for (const std::string_view list : {"limits", "requests"}) {
    each_amount(object_at(*resources, {list}), [&](std::string_view name, const Quantity&) {
      if (name == "cpu" || name == "memory" || is_huge_page(name)) return;
      errors.not_supported((path / list).key(name), json::string(name),
                           {"cpu", "hugepages-", "memory"});
    });
  }
  // No container may use more than the whole pod may.
  const json::object* const most = object_at(*resources, {"limits"});
  if (most == nullptr) return;
  each_container(
      spec, {"containers", "initContainers"}, "spec",
      [&](const json::object& container, const FieldPath& at) {
        each_amount(object_at(container, {"resources", "limits"}), [&](std::string_view name,
                                                                       const Quantity& own) {
          const auto limit = Quantity::parse(text_at(*most, {name}));
          if (!limit || own <= *limit) return;
          errors.invalid(
              (at / "resources" / "limits").key(name), json::string(own.text()),
              fmt::format("must be less than or equal to pod limits of {}", limit->text()));
        });
      });
}

std::string_view qos_class(const json::object& spec) {
  std::map<std::string, Quantity, std::less<>> requests;
  std::map<std::string, Quantity, std::less<>> limits;
  bool guaranteed = true;
  const auto is_counted = [](std::string_view name) { return name == "cpu" || name == "memory"; };
  const auto collect = [&](const json::object& resources) {
    std::size_t limited = 0;
    each_amount(object_at(resources, {"requests"}),
                [&](std::string_view name, const Quantity& amount) {
                  if (is_counted(name) && amount.sign() > 0) requests[std::string(name)] += amount;
                });
    each_amount(object_at(resources, {"limits"}),
                [&](std::string_view name, const Quantity& amount) {
                  if (!is_counted(name) || amount.sign() <= 0) return;
                  limits[std::string(name)] += amount;
                  ++limited;
                });
    guaranteed = guaranteed && limited == 2;
  };
  const json::object* const whole = object_at(spec, {"resources"});
  if (whole != nullptr && !whole->empty()) {
    collect(*whole);
  } else {
    each_container(spec, {"containers", "initContainers"}, {},
                   [&](const json::object& container, const FieldPath&) {
                     const json::object* const resources = object_at(container, {"resources"});
                     collect(resources == nullptr ? json::object() : *resources);
                   });
  }
  if (requests.empty() && limits.empty()) return "BestEffort";
  return guaranteed && requests == limits ? "Guaranteed" : "Burstable";
}

}  // namespace cove::api::pods
