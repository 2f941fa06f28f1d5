#include "core/api/schema.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <charconv>
#include <deque>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <unordered_map>

namespace cove::api {
namespace {

[[noreturn]] void bug(const std::string& what) {
  throw std::logic_error("core/api/types: " + what);
}

const std::unordered_map<std::string_view, Type>& scalar_types() {
  static const std::unordered_map<std::string_view, Type> types{
      {"string", Type::kString},
      {"bool", Type::kBoolean},
      {"int32", Type::kInt32},
      {"int64", Type::kInt64},
      {"float64", Type::kDouble},
      {"bytes", Type::kBytes},
      {"time", Type::kTime},
      {"microtime", Type::kMicroTime},
      {"duration", Type::kDuration},
      {"quantity", Type::kQuantity},
      {"intstr", Type::kIntOrString},
      {"fields", Type::kFields},
      {"raw", Type::kRaw},
      {"json", Type::kAny},
  };
  return types;
}

// Calls `take(key, value)` for each "key=value" or "key" of an attribute text.
template <class Take>
void for_each_attribute(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) {
      take(word, std::string_view());
    } else {
      take(word.substr(0, equals), word.substr(equals + 1));
    }
  }
}

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

struct ListAttributes {
  std::string_view list;
  std::string_view keys;
};

void apply_patch_attribute(std::string_view value, Field& field) {
  for (const std::string& strategy : split_list(value, ',')) {
    if (strategy == "merge") {
      field.patch_merge = true;
    } else if (strategy == "retainKeys") {
      field.patch_retain_keys = true;
    } else if (strategy == "replace") {
      field.patch_replace = true;
    } else {
      bug(fmt::format("field {}: patch strategy '{}' is unknown", field.name, strategy));
    }
  }
}

ListAttributes apply_attributes(std::string_view attributes, Field& field) {
  ListAttributes list;
  for_each_attribute(attributes, [&](std::string_view key, std::string_view value) {
    if (key == "omitempty") {
      field.omit_empty = true;
    } else if (key == "omitzero") {
      field.omit_zero = true;
    } else if (key == "required") {
      field.required = true;
    } else if (key == "atomic") {
      field.atomic = true;
    } else if (key == "list") {
      list.list = value;
    } else if (key == "key") {
      list.keys = value;
    } else if (key == "patch") {
      apply_patch_attribute(value, field);
    } else if (key == "patchKey") {
      field.patch_key = value;
    } else if (key == "default") {
      field.default_value = json::parse(json::string_view(value.data(), value.size()));
    } else if (key == "enum") {
      field.enumeration = split_list(value, '|');
    } else if (key != "inline") {
      bug(fmt::format("field {}: attribute '{}' is unknown", field.name, key));
    }
  });
  return list;
}

}  // namespace

const Field* Schema::find(std::string_view name) const {
  const auto position = std::ranges::lower_bound(by_name_, name, {}, [this](std::uint16_t each) {
    return std::string_view(fields[each].name);
  });
  if (position == by_name_.end() || fields[*position].name != name) return nullptr;
  return &fields[*position];
}

void Schema::index() {
  by_name_.resize(fields.size());
  std::iota(by_name_.begin(), by_name_.end(), std::uint16_t{0});
  std::ranges::sort(by_name_, {},
                    [this](std::uint16_t each) { return std::string_view(fields[each].name); });
}

class BuiltinSchemas::Implementation {
 public:
  Implementation() {
    for (const TypePackage& package : type_packages()) {
      for (const auto& table : package.tables) {
        for (const TypeFact& fact : table) {
          facts_.emplace(fmt::format("{}.{}", package.key, fact.name),
                         Entry{&package, &fact, nullptr});
        }
      }
    }
  }

  const Schema& type(std::string_view name) {
    const std::lock_guard lock(mutex_);
    return *resolve(std::string(name));
  }

  const Schema* definition(std::string_view name) {
    const std::lock_guard lock(mutex_);
    for (const TypePackage& package : type_packages()) {
      if (!name.starts_with(package.openapi) || name.size() <= package.openapi.size() ||
          name[package.openapi.size()] != '.')
        continue;
      const std::string key =
          fmt::format("{}.{}", package.key, name.substr(package.openapi.size() + 1));
      if (facts_.contains(key)) return resolve(key);
    }
    return nullptr;
  }

 private:
  struct Entry {
    const TypePackage* package = nullptr;
    const TypeFact* fact = nullptr;
    Schema* schema = nullptr;  // null until asked for
  };

  const Schema* resolve(const std::string& name) {
    const auto found = facts_.find(name);
    if (found == facts_.end()) bug(fmt::format("there is no type '{}'", name));
    Entry& entry = found->second;
    if (entry.schema != nullptr) return entry.schema;
    Schema& schema = schemas_.emplace_back();
    entry.schema = &schema;  // before its fields: types refer to themselves
    schema.type = Type::kObject;
    schema.definition = fmt::format("{}.{}", entry.package->openapi, entry.fact->name);
    schema.doc = entry.fact->doc;
    for_each_attribute(entry.fact->attributes, [&](std::string_view key, std::string_view value) {
      if (key == "kind") {
        schema.is_kind = true;
      } else if (key == "atomic") {
        schema.atomic = true;
      } else if (key == "atomic") {
        schema.atomic = true;
      } else if (key == "any") {
        schema.type = Type::kAny;
      } else if (key == "items") {
        schema.type = Type::kList;
        schema.wrapped_items = true;
        value.remove_prefix(2);  // "[]"
        bool pointer = false;
        schema.items = expression(*entry.package, value, pointer, {});
      } else {
        bug(fmt::format("type {}: attribute '{}' is unknown", name, key));
      }
    });
    add_fields(*entry.package, entry.fact->fields, {}, schema);
    schema.index();
    return &schema;
  }

  void add_fields(const TypePackage& package, std::span<const FieldFact> facts,
                  const std::vector<int>& inline_numbers, Schema& schema) {
    for (const FieldFact& fact : facts) {
      if (fact.name.empty()) {
        const auto [inlined_package, inlined] = find_fact(package, fact.type);
        std::vector<int> deeper = inline_numbers;
        deeper.push_back(fact.number);
        add_fields(*inlined_package, inlined->fields, deeper, schema);
        continue;
      }
      Field field;
      field.name = fact.name;
      field.doc = fact.doc;
      field.number = fact.number;
      field.inline_numbers = inline_numbers;
      const ListAttributes list = apply_attributes(fact.attributes, field);
      field.schema = expression(package, fact.type, field.pointer, list);
      schema.fields.push_back(std::move(field));
    }
  }

  std::pair<const TypePackage*, const TypeFact*> find_fact(const TypePackage& package,
                                                           std::string_view type) {
    const auto found = facts_.find(qualified(package, type));
    if (found == facts_.end()) bug(fmt::format("there is no type '{}' to inline", type));
    return {found->second.package, found->second.fact};
  }

  static std::string qualified(const TypePackage& package, std::string_view type) {
    return type.find('.') == std::string_view::npos ? fmt::format("{}.{}", package.key, type)
                                                    : std::string(type);
  }

  // A type expression of the tables. `pointer` becomes true for "*T".
  const Schema* expression(const TypePackage& package, std::string_view text, bool& pointer,
                           const ListAttributes& list) {
    if (text.starts_with('*')) {
      pointer = true;
      text.remove_prefix(1);
    }
    if (text.starts_with("[]")) {
      Schema& schema = schemas_.emplace_back();
      schema.type = Type::kList;
      schema.items = expression(package, text.substr(2), schema.items_are_pointers, {});
      if (list.list == "set") schema.list_type = ListType::kSet;
      if (list.list == "map") {
        schema.list_type = ListType::kMap;
        schema.list_keys = split_list(list.keys, ',');
      }
      return &schema;
    }
    if (text.starts_with("{}")) {
      Schema& schema = schemas_.emplace_back();
      schema.type = Type::kMap;
      schema.items = expression(package, text.substr(2), schema.items_are_pointers, {});
      return &schema;
    }
    if (const auto scalar = scalar_types().find(text); scalar != scalar_types().end()) {
      Schema*& shared = scalars_[scalar->second];
      if (shared == nullptr) {
        shared = &schemas_.emplace_back();
        shared->type = scalar->second;
      }
      return shared;
    }
    return resolve(qualified(package, text));
  }

  std::mutex mutex_;
  std::deque<Schema> schemas_;
  std::unordered_map<std::string, Entry> facts_;
  std::unordered_map<Type, Schema*> scalars_;
};

BuiltinSchemas::BuiltinSchemas() : implementation_(std::make_unique<Implementation>()) {}
BuiltinSchemas::~BuiltinSchemas() = default;

const Schema& BuiltinSchemas::type(std::string_view name) const {
  return implementation_->type(name);
}

const Schema* BuiltinSchemas::definition(std::string_view name) const {
  return implementation_->definition(name);
}

}  // namespace cove::api
