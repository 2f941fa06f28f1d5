#include <fmt/format.h>

#include <set>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"
#include "core/api/quantity.h"

namespace cove::api {
namespace {

void fill(json::object& into, const json::object* from) {
  rules::each_member(from, [&](std::string_view name, const json::value& value) {
    set_default(into, name, value);
  });
}

// Containers get what the limits leave open: first the limits themselves, then the requests.
void set_defaults(json::object& object) {
  rules::each(rules::array_in(object, {"spec", "limits"}), [](json::object& item, std::size_t) {
    if (text_at(item, {"type"}) != "Container") {
      return;
    }
    json::object limits =
        object_at(item, {"default"}) ? *object_at(item, {"default"}) : json::object();
    json::object requests =
        object_at(item, {"defaultRequest"}) ? *object_at(item, {"defaultRequest"}) : json::object();
    fill(limits, object_at(item, {"max"}));
    fill(requests, &limits);
    fill(requests, object_at(item, {"min"}));
    for (const auto& [field, map] :
         {std::pair<std::string_view, const json::object&>{"default", limits},
          {"defaultRequest", requests}}) {
      if (!map.empty()) {
        item[key(field)] = map;
      }
    }
  });
}

// One resource of one item, as far as it is limited.
class Limits {
 public:
  Limits(const json::object& item, std::string_view resource) : item_(item), resource_(resource) {}

  // Adds an error when the amount of `low` is above that of `high`; `blamed` is one of the two.
  void check(std::string_view low, std::string_view low_name, std::string_view high,
             std::string_view high_name, std::string_view blamed, std::string_view shown,
             const FieldPath& path, ErrorList& errors) const {
    const auto lower = amount(low);
    const auto upper = amount(high);
    if (!lower || !upper || *lower <= *upper) {
      return;
    }
    errors.invalid((path / blamed).key(resource_),
                   rules::cell((shown == low ? lower : upper)->text()),
                   fmt::format("{} value {} is greater than {} value {}", low_name, lower->text(),
                               high_name, upper->text()));
  }
  std::optional<Quantity> amount(std::string_view field) const {
    const json::value* value = value_at(item_, {field, resource_});
    if (value == nullptr) {
      return std::nullopt;
    }
    const auto parsed = Quantity::parse(rules::scalar_text(value, "0"));
    return parsed.has_value() ? std::optional(*parsed) : std::nullopt;
  }

 private:
  const json::object& item_;
  std::string_view resource_;
};

void check_item(const json::object& item, const FieldPath& path, ErrorList& errors) {
  const std::string_view type = text_at(item, {"type"});
  if (type == "Pod") {
    for (const std::string_view field : {"default", "defaultRequest"}) {
      if (rules::size_at(item, {field}) > 0) {
        errors.forbidden(path / field, "may not be specified when `type` is 'Pod'");
      }
    }
  }
  if (type == "PersistentVolumeClaim" && !rules::has(item, {"min", "storage"}) &&
      !rules::has(item, {"max", "storage"})) {
    errors.required(path / "limits",
                    "either minimum or maximum storage value is required, but neither was "
                    "provided");
  }
  std::set<std::string, std::less<>> resources;
  for (const std::string_view field :
       {"max", "min", "default", "defaultRequest", "maxLimitRequestRatio"}) {
    rules::each_member(object_at(item, {field}), [&](std::string_view name, const json::value&) {
      add_problems(errors, (path / field).key(name), name, check_qualified_name(name));
      resources.emplace(name);
    });
  }
  for (const std::string& resource : resources) {
    const Limits limits(item, resource);
    limits.check("min", "min", "max", "max", "min", "min", path, errors);
    limits.check("min", "min", "defaultRequest", "default request", "defaultRequest",
                 "defaultRequest", path, errors);
    limits.check("defaultRequest", "default request", "max", "max", "defaultRequest",
                 "defaultRequest", path, errors);
    limits.check("defaultRequest", "default request", "default", "default limit", "defaultRequest",
                 "defaultRequest", path, errors);
    limits.check("min", "min", "default", "default", "default", "min", path, errors);
    limits.check("default", "default", "max", "max", "default", "default", path, errors);
    const auto ratio = limits.amount("maxLimitRequestRatio");
    if (ratio && *ratio < Quantity::of(1)) {
      errors.invalid((path / "maxLimitRequestRatio").key(resource), rules::cell(ratio->text()),
                     fmt::format("ratio {} is less than 1", ratio->text()));
    }
  }
}

void validate(const json::object& object, ErrorList& errors) {
  std::set<std::string, std::less<>> types;
  rules::each(array_at(object, {"spec", "limits"}), [&](const json::object& item, std::size_t i) {
    const FieldPath path = FieldPath("spec.limits").index(i);
    const std::string_view type = text_at(item, {"type"});
    add_problems(errors, path / "type", type, check_qualified_name(type));
    if (!types.emplace(type).second) {
      errors.duplicate(path / "type", rules::cell(type));
    }
    check_item(item, path, errors);
  });
}

json::array cells(const json::object& object, WallTime) {
  return {rules::name_cell(object), rules::created_cell(object)};
}

}  // namespace

std::vector<Kind> limit_range_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"", "v1", "LimitRange"},
           .plural = "limitranges",
           .singular = "limitrange",
           .short_names = {"limits"},
           .schema = &schemas.type("core/v1.LimitRange"),
           .allows_create_on_update = true,
           .tracks_generation = false,
           .columns = {rules::name_column(), rules::created_column()},
           .cells = cells,
           .rules = {.set_defaults = set_defaults, .validate = validate}}};
}

}  // namespace cove::api
