#include <fmt/format.h>

#include <set>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

// Dynamic resource allocation: DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice.
namespace cove::api {
namespace {

constexpr std::size_t kMaxRequests = 32;
constexpr std::size_t kMaxDevices = 128;
constexpr std::size_t kMaxSelectors = 32;

// One device unless all are asked for.
void default_count(json::object& request) {
  if (text_at(request, {"allocationMode"}) == "ExactCount" &&
      integer_at(request, {"count"}).value_or(0) == 0) {
    request["count"] = 1;
  }
}

void default_requests(json::array* requests) {
  rules::each(requests, [](json::object& request, std::size_t) {
    if (json::object* exactly = rules::object_in(request, {"exactly"})) {
      default_count(*exactly);
    }
    rules::each(rules::array_in(request, {"firstAvailable"}),
                [](json::object& choice, std::size_t) { default_count(choice); });
  });
}

void check_selectors(const json::object& owner, const FieldPath& path, ErrorList& errors) {
  const json::array* selectors = array_at(owner, {"selectors"});
  if (selectors != nullptr && selectors->size() > kMaxSelectors) {
    errors.too_many(path / "selectors", selectors->size(), kMaxSelectors);
  }
  rules::each(selectors, [&](const json::object& selector, std::size_t i) {
    const FieldPath at = (path / "selectors").index(i) / "cel";
    if (!rules::has(selector, {"cel"})) {
      errors.required(at);
    } else {
      rules::required_text(errors, at / "expression", text_at(selector, {"cel", "expression"}));
    }
  });
}

void check_device_request(const json::object& request, const FieldPath& path, ErrorList& errors) {
  const std::string_view name = text_at(request, {"deviceClassName"});
  const std::string_view mode = text_at(request, {"allocationMode"});
  const auto count = integer_at(request, {"count"});
  if (name.empty()) {
    errors.required(path / "deviceClassName");
  } else {
    rules::name(errors, path / "deviceClassName", name, NameRule::kDnsSubdomain);
  }
  check_selectors(request, path, errors);
  rules::enumeration(errors, path / "allocationMode", mode, {"All", "ExactCount"});
  if (mode == "All" && count.value_or(0) != 0) {
    errors.invalid(path / "count", *count, "must not be specified when allocationMode is 'All'");
  } else if (mode == "ExactCount" && count.value_or(0) <= 0) {
    errors.invalid(path / "count", count.value_or(0), "must be greater than zero");
  }
}

void check_claim(const json::object* spec, const FieldPath& path, ErrorList& errors) {
  const json::array* requests =
      spec == nullptr ? nullptr : array_at(*spec, {"devices", "requests"});
  const FieldPath all = path / "devices" / "requests";
  if (requests != nullptr && requests->size() > kMaxRequests) {
    errors.too_many(all, requests->size(), kMaxRequests);
  }
  std::set<std::string, std::less<>> names;
  rules::each(requests, [&](const json::object& request, std::size_t i) {
    const FieldPath at = all.index(i);
    const std::string_view name = text_at(request, {"name"});
    const json::object* exactly = object_at(request, {"exactly"});
    const json::array* choices = array_at(request, {"firstAvailable"});
    if (name.empty()) {
      errors.required(at / "name");
    } else {
      rules::name(errors, at / "name", name, NameRule::kDnsLabel);
    }
    if (!names.emplace(name).second) {
      errors.duplicate(at / "name", rules::cell(name));
    }
    const bool has_choices = choices != nullptr && !choices->empty();
    if (exactly == nullptr && !has_choices) {
      errors.required(at, "exactly one of `exactly` or `firstAvailable` is required");
    } else if (exactly != nullptr && has_choices) {
      errors.invalid(at, "", "exactly one of `exactly` or `firstAvailable` is required");
    }
    if (exactly != nullptr) {
      check_device_request(*exactly, at / "exactly", errors);
    }
    rules::each(choices, [&](const json::object& choice, std::size_t j) {
      check_device_request(choice, (at / "firstAvailable").index(j), errors);
    });
  });
}

void check_slice(const json::object& object, ErrorList& errors) {
  const std::string_view driver = text_at(object, {"spec", "driver"});
  const json::array* devices = array_at(object, {"spec", "devices"});
  if (driver.empty()) {
    errors.required("spec.driver");
  } else {
    rules::name(errors, "spec.driver", driver, NameRule::kDnsSubdomain);
  }
  rules::required_text(errors, "spec.pool.name", text_at(object, {"spec", "pool", "name"}));
  if (integer_at(object, {"spec", "pool", "resourceSliceCount"}).value_or(0) <= 0) {
    errors.invalid("spec.pool.resourceSliceCount",
                   integer_at(object, {"spec", "pool", "resourceSliceCount"}).value_or(0),
                   "must be greater than zero");
  }
  std::size_t places = 0;
  for (const std::string_view field :
       {"nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"}) {
    places += rules::has(object, {"spec", field}) ? 1 : 0;
  }
  const bool counters = rules::size_at(object, {"spec", "sharedCounters"}) > 0;
  if (places == 0 && !counters) {
    errors.required("spec",
                    "exactly one of `nodeName`, `nodeSelector`, `allNodes`, "
                    "`perDeviceNodeSelection` is required");
  } else if (places > 1) {
    errors.invalid("spec", "",
                   "exactly one of `nodeName`, `nodeSelector`, `allNodes`, "
                   "`perDeviceNodeSelection` is required, but multiple fields are set");
  }
  if (devices != nullptr && devices->size() > kMaxDevices) {
    errors.too_many("spec.devices", devices->size(), kMaxDevices);
  }
  std::set<std::string, std::less<>> names;
  rules::each(devices, [&](const json::object& device, std::size_t i) {
    const FieldPath path = FieldPath("spec.devices").index(i) / "name";
    const std::string_view name = text_at(device, {"name"});
    rules::name(errors, path, name, NameRule::kDnsLabel);
    if (!names.emplace(name).second) {
      errors.duplicate(path, rules::cell(name));
    }
  });
}

json::array claim_cells(const json::object& object, WallTime now) {
  std::vector<std::string> states;
  if (rules::has(object, {"metadata", "deletionTimestamp"})) {
    states.emplace_back("deleted");
  }
  if (!rules::has(object, {"status", "allocation"})) {
    states.emplace_back("pending");
  } else {
    states.emplace_back("allocated");
    states.emplace_back(rules::size_at(object, {"status", "reservedFor"}) > 0 ? "reserved" : "");
  }
  std::erase(states, "");
  return {rules::name_cell(object), rules::cell(rules::join(states, ",")),
          rules::age_cell(object, now)};
}

json::array slice_cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object),
          rules::cell(rules::scalar_text(value_at(object, {"spec", "nodeName"}), "<unset>")),
          rules::cell(text_at(object, {"spec", "driver"})),
          rules::cell(text_at(object, {"spec", "pool", "name"})), rules::age_cell(object, now)};
}

json::array plain_cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object), rules::age_cell(object, now)};
}

Kind kind(const BuiltinSchemas& schemas, std::string_view name, std::string plural) {
  return {.gvk = {"resource.k8s.io", "v1", std::string(name)},
          .plural = std::move(plural),
          .singular = rules::lower(name),
          .schema = &schemas.type(fmt::format("resource/v1.{}", name)),
          .tracks_generation = false,
          .columns = {rules::name_column(), rules::age_column()},
          .cells = plain_cells};
}

// What is asked for stays as it was.
void spec_kept(const json::object& object, const json::object& old, ErrorList& errors) {
  rules::immutable(errors, object, old, {"spec"}, "spec");
}

}  // namespace

std::vector<Kind> resource_kinds(const BuiltinSchemas& schemas) {
  Kind device_class = kind(schemas, "DeviceClass", "deviceclasses");
  device_class.namespaced = false;
  device_class.tracks_generation = true;
  device_class.rules.validate = [](const json::object& object, ErrorList& errors) {
    if (const json::object* spec = object_at(object, {"spec"})) {
      check_selectors(*spec, "spec", errors);
    }
  };

  Kind claim = kind(schemas, "ResourceClaim", "resourceclaims");
  claim.subresources = rules::status_subresource();
  claim.columns = {rules::name_column(), rules::column("State", "How far it is."),
                   rules::age_column()};
  claim.cells = claim_cells;
  claim.rules = {.set_defaults =
                     [](json::object& object) {
                       default_requests(rules::array_in(object, {"spec", "devices", "requests"}));
                     },
                 .validate =
                     [](const json::object& object, ErrorList& errors) {
                       check_claim(object_at(object, {"spec"}), "spec", errors);
                     },
                 .validate_update = spec_kept};

  Kind claim_template = kind(schemas, "ResourceClaimTemplate", "resourceclaimtemplates");
  claim_template.rules = {
      .set_defaults =
          [](json::object& object) {
            default_requests(rules::array_in(object, {"spec", "spec", "devices", "requests"}));
          },
      .validate =
          [](const json::object& object, ErrorList& errors) {
            check_claim(object_at(object, {"spec", "spec"}), "spec.spec", errors);
          },
      .validate_update = spec_kept};

  Kind slice = kind(schemas, "ResourceSlice", "resourceslices");
  slice.namespaced = false;
  slice.tracks_generation = true;
  slice.selectable_fields = {"spec.driver", "spec.nodeName"};
  slice.columns = {rules::name_column(), rules::column("Node", "Node of the devices."),
                   rules::column("Driver", "The driver."), rules::column("Pool", "The pool."),
                   rules::age_column()};
  slice.cells = slice_cells;
  slice.rules.validate = check_slice;
  slice.rules.validate_update = [](const json::object& object, const json::object& old,
                                   ErrorList& errors) {
    rules::immutable(errors, object, old, {"spec", "driver"}, "spec.driver");
    rules::immutable(errors, object, old, {"spec", "pool", "name"}, "spec.pool.name");
    rules::immutable(errors, object, old, {"spec", "nodeName"}, "spec.nodeName");
  };
  return {std::move(device_class), std::move(claim), std::move(claim_template), std::move(slice)};
}

}  // namespace cove::api
