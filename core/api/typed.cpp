#include "core/api/typed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/api/go_text.h"
#include "core/api/typed_common.h"

namespace cove::api::typed {
namespace {

constexpr std::size_t kMaxErrors = 100;

const Schema& text_schema() {
  static const Schema schema = [] {
    Schema text;
    text.type = Type::kString;
    return text;
  }();
  return schema;
}

std::string_view go_type(const json::value& value) {
  if (value.is_object()) return "map[string]interface {}";
  if (value.is_array()) return "[]interface {}";
  if (value.is_string()) return "string";
  if (value.is_bool()) return "bool";
  return value.is_double() ? "float64" : "int64";
}

std::string scalar_problem(Type type, const json::value& value) {
  if (value.is_null()) return {};
  switch (type) {
    case Type::kInt32:
    case Type::kInt64:
    case Type::kDouble:
      if (value.is_number()) return {};
      return fmt::format("expected numeric (int or float), got {}", go_type(value));
    case Type::kString:
    case Type::kBytes:
    case Type::kDuration:
      if (value.is_string()) return {};
      return fmt::format("expected string, got &value.valueUnstructured{{Value:{}}}",
                         go_value_text(value));
    case Type::kBoolean:
      if (value.is_bool()) return {};
      return fmt::format("expected boolean, got &{{{}}}", go_value_text(value));
    case Type::kRaw:
    case Type::kAny:
    case Type::kFields: return {};
    default:
      if (!value.is_object() && !value.is_array()) return {};
      return fmt::format("expected any scalar, got &{{{}}}", go_value_text(value));
  }
}

class Validator {
 public:
  explicit Validator(bool allow_duplicates) : allow_duplicates_(allow_duplicates) {}

  void check(const Typed& type, const json::value& value) {
    if (problems_.size() >= kMaxErrors) return;
    switch (shape_of(type, &value)) {
      case Shape::kMap:
        if (value.is_null()) return;
        if (!value.is_object()) {
          return add(fmt::format("expected map, got &{{{}}}", go_value_text(value)));
        }
        return check_map(type, value.get_object());
      case Shape::kList:
        if (value.is_null()) return;
        if (!value.is_array()) {
          return add(fmt::format("expected list, got &{{{}}}", go_value_text(value)));
        }
        return check_list(type, value.get_array());
      case Shape::kLeaf:
        if (type.schema == nullptr) return;
        if (std::string problem = scalar_problem(type.schema->type, value); !problem.empty()) {
          add(problem);
        }
    }
  }

  void check_map(const Typed& type, const json::object& map) {
    for (const auto& each : map) {
      const Child child = child_of(type, name_of(each));
      const std::string step = fmt::format(".{}", name_of(each));
      if (!child.allowed) {
        at(step, [this] { add("field not declared in schema"); });
        return;
      }
      at(step, [&] { check(child.type, each.value()); });
    }
  }

  std::string text() const {
    if (problems_.size() == 1) return problems_[0];
    if (problems_.empty()) return {};
    return fmt::format("errors:\n  {}", fmt::join(problems_, "\n  "));
  }

 private:
  void add(const std::string& problem) {
    problems_.push_back(path_.empty() ? problem : fmt::format("{}: {}", path_, problem));
  }

  template <class Body>
  void at(const std::string& step, Body body) {
    const std::size_t length = path_.size();
    path_ += step;
    body();
    path_.resize(length);
  }

  void check_list(const Typed& type, const json::array& list) {
    const bool named = !is_atomic(type, Shape::kList);
    std::vector<PathElement> elements;
    for (std::size_t i = 0; i < list.size(); ++i) {
      std::string step = fmt::format("[{}]", i);
      if (named) {
        Element element = element_of(*type.schema, list[i]);
        if (!element.element) return add(fmt::format("element {}: {}", i, element.problem));
        step = element.element->display();
        elements.push_back(std::move(*element.element));
      }
      at(step, [&] { check(items_of(type), list[i]); });
    }
    if (allow_duplicates_) return;
    std::ranges::sort(elements);
    const auto twice = std::ranges::adjacent_find(elements);
    if (twice != elements.end()) {
      add(fmt::format("duplicate entries for key {}", twice->display()));
    }
  }

  bool allow_duplicates_;
  std::string path_;
  std::vector<std::string> problems_;
};

FieldSet walk_fields(const Typed& type, const json::value& value, bool& self);

FieldSet map_fields(const Typed& type, const json::object& map) {
  std::vector<FieldSet::Node> nodes;
  nodes.reserve(map.size());
  for (const auto& each : map) {
    const Child child = child_of(type, name_of(each));
    bool self = false;
    FieldSet below = walk_fields(child.type, each.value(), self);
    const auto* object = each.value().if_object();
    if (!child.declared || each.value().is_null() || (object != nullptr && object->empty())) {
      self = true;
    }
    nodes.push_back({PathElement::field(name_of(each)), self, std::move(below)});
  }
  return FieldSet::of(std::move(nodes));
}

// Elements that share a name stand for themselves only once and as a whole.
FieldSet list_fields(const Typed& type, const json::array& list) {
  std::vector<std::pair<PathElement, const json::value*>> items;
  items.reserve(list.size());
  for (const json::value& each : list) {
    Element element = element_of(*type.schema, each);
    if (element.element) items.emplace_back(std::move(*element.element), &each);
  }
  std::ranges::stable_sort(items, {},
                           [](const auto& each) -> const PathElement& { return each.first; });
  std::vector<FieldSet::Node> nodes;
  nodes.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::size_t last = i;
    while (last + 1 < items.size() && items[last + 1].first == items[i].first) ++last;
    bool self = true;
    FieldSet below;
    if (last == i) below = walk_fields(items_of(type), *items[i].second, self);
    nodes.push_back({std::move(items[i].first), true, std::move(below)});
    i = last;
  }
  return FieldSet::of(std::move(nodes));
}

FieldSet walk_fields(const Typed& type, const json::value& value, bool& self) {
  const Shape shape = shape_of(type, &value);
  if (shape == Shape::kLeaf || is_atomic(type, shape)) {
    self = true;
    return {};
  }
  if (shape == Shape::kMap && value.is_object()) return map_fields(type, value.get_object());
  if (shape == Shape::kList && value.is_array()) return list_fields(type, value.get_array());
  return {};
}

FieldSet name_fields(const Typed& type, const FieldSet& set) {
  std::vector<FieldSet::Node> nodes;
  nodes.reserve(set.nodes().size());
  for (const FieldSet::Node& node : set.nodes()) {
    FieldSet::Node next{node.element, node.member, {}};
    Typed below;
    if (const std::string* name = node.element.field_name()) {
      const Child child = child_of(type, *name);
      below = child.type;
      if (child.declared && !node.below.empty()) next.member = true;
    } else if (type.schema != nullptr && type.schema->type == Type::kList) {
      below = items_of(type);
    }
    next.below = name_fields(below, node.below);
    nodes.push_back(std::move(next));
  }
  return FieldSet::of(std::move(nodes));
}

bool collapses(const Typed& type) {
  if (type.schema == nullptr || type.schema->type == Type::kAny) return false;
  if (type.schema->type == Type::kRaw) return true;
  const Shape shape = shape_of(type, nullptr);
  return shape != Shape::kLeaf && is_atomic(type, shape);
}

FieldSet reconcile(const Typed& type, const FieldSet& set) {
  std::vector<FieldSet::Node> nodes;
  nodes.reserve(set.nodes().size());
  for (const FieldSet::Node& node : set.nodes()) {
    Child child;
    if (const std::string* name = node.element.field_name()) {
      child = child_of(type, *name);
    } else if (type.schema != nullptr && type.schema->type == Type::kList) {
      child.type = items_of(type);
    }
    if (!node.below.empty() && child.allowed && collapses(child.type)) {
      nodes.push_back({node.element, true, {}});
    } else {
      nodes.push_back({node.element, node.member, reconcile(child.type, node.below)});
    }
  }
  return FieldSet::of(std::move(nodes));
}

json::value zero_value(const Schema& schema) {
  switch (schema.type) {
    case Type::kObject: return zero_document(schema);
    case Type::kString: return json::string();
    case Type::kBoolean: return false;
    case Type::kInt32:
    case Type::kInt64:
    case Type::kIntOrString: return 0;
    case Type::kDouble: return 0.0;
    case Type::kDuration: return json::string("0s");
    case Type::kQuantity: return json::string("0");
    default: return nullptr;
  }
}

// Go's structs are there whether they are empty or not.
bool is_struct(Type type) {
  return type == Type::kObject || type == Type::kTime || type == Type::kMicroTime ||
         type == Type::kDuration || type == Type::kQuantity || type == Type::kIntOrString ||
         type == Type::kRaw;
}

}  // namespace

Shape shape_of(const Typed& type, const json::value* value) {
  const Type kind = type.schema == nullptr ? Type::kAny : type.schema->type;
  switch (kind) {
    case Type::kObject:
    case Type::kMap: return Shape::kMap;
    case Type::kList: return Shape::kList;
    case Type::kAny:
      return value == nullptr || value->is_object() || value->is_null() ? Shape::kMap
                                                                        : Shape::kLeaf;
    default: return Shape::kLeaf;
  }
}

bool is_atomic(const Typed& type, Shape shape) {
  if (type.schema == nullptr) return shape == Shape::kList;
  if (type.atomic) return true;
  if (shape == Shape::kList) return type.schema->list_type == ListType::kAtomic;
  return type.schema->atomic;
}

Child child_of(const Typed& type, std::string_view name) {
  const Schema* schema = type.schema;
  if (schema == nullptr || schema->type == Type::kAny) return {};
  if (schema->type == Type::kMap) return {{schema->items, false}, false, true};
  if (schema->type != Type::kObject) return {};
  if (const Field* field = schema->find(name)) {
    return {{field->schema, field->atomic}, true, true};
  }
  if ((schema->is_kind || schema->embedded_resource) && (name == "apiVersion" || name == "kind")) {
    return {{&text_schema(), false}, true, true};
  }
  if (schema->items != nullptr) return {{schema->items, false}, false, true};
  const bool open = schema->preserve_unknown || schema->fields.empty() || schema->embedded_resource;
  return {{}, false, open};
}

Element element_of(const Schema& list, const json::value& item) {
  if (list.list_type == ListType::kSet) {
    if (item.is_object()) {
      return {{}, "associative list without keys has an element that's a map type"};
    }
    if (item.is_array()) {
      return {{}, "not supported: associative list with lists as elements"};
    }
    if (item.is_null()) {
      return {{}, "associative list without keys has an element that's an explicit null"};
    }
    return {PathElement::value(item), {}};
  }
  if (item.is_null()) return {{}, "associative list with keys may not have a null element"};
  const auto* object = item.if_object();
  if (object == nullptr) {
    return {{}, "associative list with keys may not have non-map elements"};
  }
  PathElement::Keys keys;
  keys.reserve(list.list_keys.size());
  for (const std::string& name : list.list_keys) {
    if (const json::value* value = object->if_contains(key(name))) {
      keys.emplace_back(name, *value);
      continue;
    }
    const Field* field = list.items->find(name);
    if (field != nullptr && field->default_value) keys.emplace_back(name, *field->default_value);
  }
  if (keys.empty()) {
    std::vector<std::string> names;
    for (const std::string& name : list.list_keys) names.push_back(quote(name));
    return {{},
            fmt::format("associative list with keys has an element that omits all key fields [{}] "
                        "(and doesn't have default values for any key fields)",
                        fmt::join(names, " "))};
  }
  return {PathElement::keys(std::move(keys)), {}};
}

bool is_system_metadata(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kNames{
      "clusterName",     "creationTimestamp", "generation", "managedFields", "name", "namespace",
      "resourceVersion", "selfLink",          "uid"};
  return std::ranges::find(kNames, name) != kNames.end();
}

std::string validate(const Schema& schema, const json::object& document, bool allow_duplicates) {
  Validator validator(allow_duplicates);
  validator.check_map({&schema, false}, document);
  return validator.text();
}

FieldSet fields_of(const Schema& schema, const json::object& document) {
  return map_fields({&schema, false}, document);
}

FieldSet with_named_fields(const Schema& schema, const FieldSet& set) {
  return name_fields({&schema, false}, set);
}

FieldSet reconciled(const Schema& schema, const FieldSet& set) {
  return reconcile({&schema, false}, set);
}

json::object zero_document(const Schema& schema) {
  json::object document;
  for (const Field& field : schema.fields) {
    if (field.omit_zero || (field.pointer && field.omit_empty)) continue;
    if (field.omit_empty && !is_struct(field.schema->type)) continue;
    document.emplace(key(field.name), field.pointer ? json::value() : zero_value(*field.schema));
  }
  return document;
}

FieldSet without_system_fields(const FieldSet& set) {
  std::vector<FieldSet::Node> nodes;
  nodes.reserve(set.nodes().size());
  for (const FieldSet::Node& node : set.nodes()) {
    const std::string* name = node.element.field_name();
    FieldSet::Node next = node;
    if (name != nullptr && (*name == "apiVersion" || *name == "kind" || *name == "metadata")) {
      next.member = false;
    }
    if (name != nullptr && *name == "metadata") {
      std::vector<FieldSet::Node> kept;
      for (FieldSet::Node inner : node.below.nodes()) {
        const std::string* inner_name = inner.element.field_name();
        if (inner_name != nullptr && is_system_metadata(*inner_name)) inner.member = false;
        kept.push_back(std::move(inner));
      }
      next.below = FieldSet::of(std::move(kept));
    }
    nodes.push_back(std::move(next));
  }
  return FieldSet::of(std::move(nodes));
}

}  // namespace cove::api::typed
