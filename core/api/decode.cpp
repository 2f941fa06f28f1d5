#include "core/api/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/api/quantity.h"
#include "core/api/time.h"
#include "core/base/base64.h"
#include "core/base/strings.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxUnknown = 100;

Error undecodable(std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "decode", "the document", std::move(cause), {}};
}

// "io.k8s.api.apps.v1.DeploymentSpec": "DeploymentSpec", or with its version.
std::string_view short_name(std::string_view definition, int parts) {
  std::size_t dot = definition.size();
  for (; parts > 0 && dot != std::string_view::npos; --parts) dot = definition.rfind('.', dot - 1);
  return dot == std::string_view::npos ? definition : definition.substr(dot + 1);
}

// The type's name in error messages, as Go calls it.
std::string type_name(const Schema& schema) {
  switch (schema.type) {
    case Type::kObject: return std::string(short_name(schema.definition, 2));
    case Type::kMap: return "map[string]" + type_name(*schema.items);
    case Type::kList: return (schema.items_are_pointers ? "[]*" : "[]") + type_name(*schema.items);
    case Type::kBoolean: return "bool";
    case Type::kInt32: return "int32";
    case Type::kInt64: return "int64";
    case Type::kDouble: return "float64";
    case Type::kBytes: return "[]uint8";
    case Type::kQuantity: return "resource.Quantity";
    case Type::kTime: return "v1.Time";
    case Type::kMicroTime: return "v1.MicroTime";
    case Type::kDuration: return "v1.Duration";
    case Type::kIntOrString: return "intstr.IntOrString";
    case Type::kFields: return "v1.FieldsV1";
    case Type::kRaw: return "runtime.RawExtension";
    case Type::kAny: return "interface {}";
    case Type::kString: break;
  }
  return "string";
}

std::string value_name(const json::value& value, bool with_number) {
  switch (value.kind()) {
    case json::kind::object: return "object";
    case json::kind::array: return "array";
    case json::kind::string: return "string";
    case json::kind::bool_: return "bool";
    case json::kind::null: return "null";
    default: break;
  }
  if (!with_number) return "number";
  std::string digits = to_text(value);
  if (value.is_double() && digits.find_first_of(".e") == std::string::npos) digits += ".0";
  return "number " + digits;
}

// A value as a field without one has it in Go; null where Go has nil.
json::value zero_value(const Schema& schema);

json::object zero_object(const Schema& schema) {
  json::object object;
  for (const Field& field : schema.fields) {
    if (field.pointer) {
      if (!field.omit_empty && !field.omit_zero) object.emplace(key(field.name), nullptr);
      continue;
    }
    const bool is_struct =
        field.schema->type == Type::kObject || field.schema->type == Type::kTime ||
        field.schema->type == Type::kMicroTime || field.schema->type == Type::kDuration ||
        field.schema->type == Type::kQuantity || field.schema->type == Type::kIntOrString ||
        field.schema->type == Type::kRaw;
    if (field.omit_zero || (field.omit_empty && !is_struct)) continue;
    object.emplace(key(field.name), zero_value(*field.schema));
  }
  return object;
}

json::value zero_value(const Schema& schema) {
  switch (schema.type) {
    case Type::kObject: return zero_object(schema);
    case Type::kString: return "";
    case Type::kBoolean: return false;
    case Type::kInt32:
    case Type::kInt64:
    case Type::kDouble:
    case Type::kIntOrString: return 0;
    case Type::kDuration: return "0s";
    case Type::kQuantity: return "0";
    default: return nullptr;
  }
}

class Decoder {
 public:
  explicit Decoder(DecodeReport& report) : report_(report) {}

  const std::optional<Error>& error() const { return error_; }

  // False after the first error.
  bool object(const Schema& schema, json::object in, json::object& out) {
    const Schema* const outer = std::exchange(struct_, &schema);
    out.reserve(in.size() + 2);
    std::size_t known = 0;
    if (schema.is_kind) {
      for (const std::string_view name : {"kind", "apiVersion"}) {
        if (!type_member(schema, name, in, out, known)) return false;
      }
    }
    for (const Field& field : schema.fields) {
      json::value* const given = in.if_contains(key(field.name));
      if (given != nullptr) ++known;
      json::value value;
      if (given != nullptr && !given->is_null()) {
        steps_.push_back({field.name, kName});
        if (!decode(*field.schema, std::move(*given), value)) return false;
        steps_.pop_back();
        struct_ = &schema;
      } else if (!field.pointer) {
        value = zero_value(*field.schema);
      }
      if (stays(field, value)) out.emplace(key(field.name), std::move(value));
    }
    if (known < in.size()) report_unknown(schema, in);
    struct_ = outer;
    return true;
  }

 private:
  static constexpr std::size_t kName = std::size_t(-1);
  struct Step {
    std::string_view name;
    std::size_t index = kName;  // of an element
    bool is_key = false;        // of a map: not a field to Go
  };

  bool type_member(const Schema& schema, std::string_view name, json::object& in, json::object& out,
                   std::size_t& known) {
    json::value* const given = in.if_contains(key(name));
    if (given == nullptr) return true;
    const bool is_field = schema.find(name) != nullptr;
    if (is_field) return true;
    ++known;
    if (given->is_null()) return true;
    if (!given->is_string()) {
      steps_.push_back({name, kName});
      return mismatch(*given, "string");
    }
    if (!given->get_string().empty()) out.emplace(key(name), std::move(*given));
    return true;
  }

  // Whether Go prints the field.
  static bool stays(const Field& field, const json::value& value) {
    if (field.pointer) return !value.is_null() || (!field.omit_empty && !field.omit_zero);
    if (field.omit_zero) return !is_zero(*field.schema, value);
    if (!field.omit_empty) return true;
    switch (field.schema->type) {
      case Type::kString:
      case Type::kBytes: return value.is_string() && !value.get_string().empty();
      case Type::kBoolean: return value.is_bool() && value.get_bool();
      case Type::kInt32:
      case Type::kInt64:
      case Type::kDouble: return value.to_number<double>() != 0;
      case Type::kList: return value.is_array() && !value.get_array().empty();
      case Type::kMap: return value.is_object() && !value.get_object().empty();
      case Type::kFields:
      case Type::kAny: return !value.is_null();
      default: return true;
    }
  }

  static bool is_zero(const Schema& schema, const json::value& value) {
    if (value.is_null()) return true;
    if (schema.type != Type::kObject) return value == zero_value(schema);
    return std::ranges::all_of(value.get_object(), [&](const auto& each) {
      const Field* const field = schema.find({each.key().data(), each.key().size()});
      return field != nullptr && !field->pointer && is_zero(*field->schema, each.value());
    });
  }

  bool decode(const Schema& schema, json::value in, json::value& out) {
    switch (schema.type) {
      case Type::kObject:
        if (!in.is_object()) return mismatch(in, type_name(schema));
        return object(schema, std::move(in.get_object()), out.emplace_object());
      case Type::kMap:
        if (!in.is_object()) return mismatch(in, type_name(schema));
        return map(schema, std::move(in.get_object()), out.emplace_object());
      case Type::kList:
        if (!in.is_array()) return mismatch(in, type_name(schema));
        return list(schema, std::move(in.get_array()), out.emplace_array());
      case Type::kAny:
        if (!schema.fields.empty()) return choice(schema, std::move(in), out);
        [[fallthrough]];
      case Type::kFields:
      case Type::kRaw: out = std::move(in); return true;
      default: return scalar(schema, std::move(in), out);
    }
  }

  bool map(const Schema& schema, json::object in, json::object& out) {
    std::vector<std::pair<std::string_view, json::value*>> members;
    members.reserve(in.size());
    for (auto& each : in)
      members.emplace_back(std::string_view(each.key().data(), each.key().size()), &each.value());
    std::ranges::sort(members, {}, &std::pair<std::string_view, json::value*>::first);
    out.reserve(in.size());
    for (const auto& [name, given] : members) {
      json::value& value = out[key(name)];
      if (!element(schema, {name, kName, true}, std::move(*given), value)) return false;
    }
    return true;
  }

  bool list(const Schema& schema, json::array in, json::array& out) {
    out.reserve(in.size());
    for (std::size_t i = 0; i < in.size(); ++i) {
      json::value& value = out.emplace_back(nullptr);
      if (!element(schema, {{}, i, false}, std::move(in[i]), value)) return false;
    }
    return true;
  }

  bool element(const Schema& schema, Step step, json::value in, json::value& out) {
    if (in.is_null()) {
      if (!schema.items_are_pointers) out = zero_value(*schema.items);
      return true;
    }
    steps_.push_back(step);
    if (!decode(*schema.items, std::move(in), out)) return false;
    steps_.pop_back();
    return true;
  }

  // One of the shapes that the fields name: an object, a list, a boolean.
  bool choice(const Schema& schema, json::value in, json::value& out) {
    for (const Field& field : schema.fields) {
      const Type type = field.schema->type;
      const bool fits =
          (type == Type::kObject && in.is_object()) || (type == Type::kList && in.is_array());
      if (fits) return decode(*field.schema, std::move(in), out);
    }
    out = std::move(in);
    return true;
  }

  bool scalar(const Schema& schema, json::value in, json::value& out) {
    switch (schema.type) {
      case Type::kString:
      case Type::kBytes:
        if (!in.is_string()) return mismatch(in, type_name(schema));
        if (schema.type == Type::kBytes && !base64(in)) return false;
        out = std::move(in);
        return true;
      case Type::kBoolean:
        if (!in.is_bool()) return mismatch(in, "bool");
        out = std::move(in);
        return true;
      case Type::kInt32:
      case Type::kInt64: return integer(schema.type == Type::kInt32, in, out);
      case Type::kDouble:
        if (!in.is_number()) return mismatch(in, "float64");
        out = in.to_number<double>();
        return true;
      case Type::kQuantity: return quantity(in, out);
      case Type::kIntOrString:
        if (in.is_string()) {
          out = std::move(in);
          return true;
        }
        return integer(true, in, out, true);
      default: return time(schema, in, out);
    }
  }

  bool base64(json::value& in) {
    const auto bytes = base64_decode_lenient(view(in.get_string()));
    if (!bytes) return fail("illegal base64 data");
    if (in.get_string().find('\n') != json::string::npos ||
        in.get_string().find('\r') != json::string::npos)
      in = base64_encode(*bytes);
    return true;
  }

  bool integer(bool small, const json::value& in, json::value& out, bool alone = false) {
    if (in.is_int64()) {
      const std::int64_t number = in.get_int64();
      if (!small || std::in_range<std::int32_t>(number)) {
        out = number;
        return true;
      }
    }
    const std::string_view type = small ? "int32" : "int64";
    if (!alone) return mismatch(in, type, true);
    return fail(fmt::format("json: cannot unmarshal {} into Go value of type {}",
                            value_name(in, true), type));
  }

  bool quantity(const json::value& in, json::value& out) {
    const std::string text =
        in.is_string() ? std::string(trim(view(in.get_string()))) : to_text(in);
    const auto parsed = Quantity::parse(text);
    if (parsed.has_error()) return fail(parsed.error().cause);
    out = parsed->text();
    return true;
  }

  bool time(const Schema& schema, const json::value& in, json::value& out) {
    if (!in.is_string()) {
      return fail(fmt::format("json: cannot unmarshal {} into Go value of type string",
                              value_name(in, false)));
    }
    const std::string_view text = view(in.get_string());
    if (schema.type == Type::kDuration) {
      const auto duration = parse_duration(text);
      if (duration.has_error()) return fail(duration.error().cause);
      out = format_duration(*duration);
      return true;
    }
    const auto canonical =
        canonical_time(text, schema.type == Type::kMicroTime ? TimePrecision::kMicroseconds
                                                             : TimePrecision::kSeconds);
    if (canonical.has_error()) return fail(canonical.error().cause);
    if (!canonical->empty()) out = *canonical;
    return true;
  }

  bool fail(std::string cause) {
    error_ = undecodable(std::move(cause));
    return false;
  }

  bool mismatch(const json::value& value, std::string_view type, bool with_number = false) {
    std::string path;
    for (const Step& step : steps_) {
      if (step.index != kName || step.is_key) continue;
      path += '.';
      path += step.name;
    }
    if (path.empty()) {
      return fail(fmt::format("json: cannot unmarshal {} into Go value of type {}",
                              value_name(value, with_number), type));
    }
    return fail(fmt::format("json: cannot unmarshal {} into Go struct field {}{} of type {}",
                            value_name(value, with_number), short_name(struct_->definition, 1),
                            path, type));
  }

  void report_unknown(const Schema& schema, const json::object& in) {
    for (const auto& each : in) {
      const std::string_view name(each.key().data(), each.key().size());
      if (schema.find(name) != nullptr ||
          (schema.is_kind && (name == "kind" || name == "apiVersion")))
        continue;
      if (report_.unknown.size() >= kMaxUnknown) return;
      std::string path;
      for (const Step& step : steps_) {
        if (step.index != kName) {
          path += fmt::format("[{}]", step.index);
        } else {
          if (!path.empty()) path += '.';
          path += step.name;
        }
      }
      if (!path.empty()) path += '.';
      report_.unknown.push_back(path.append(name));
    }
  }

  DecodeReport& report_;
  std::vector<Step> steps_;
  const Schema* struct_ = nullptr;  // that whose fields are being decoded
  std::optional<Error> error_;
};

// A value that defaulting treats as absent.
bool counts_as_absent(const Field& field, const json::value* value) {
  if (value == nullptr) return true;
  if (value->is_null()) return !field.schema->nullable;
  if (field.pointer) return false;
  if (value->is_string()) return value->get_string().empty();
  return value->is_int64() && value->get_int64() == 0;
}

void default_value(const Schema& schema, json::value& value) {
  switch (schema.type) {
    case Type::kObject:
      if (value.is_object()) apply_defaults(schema, value.get_object());
      break;
    case Type::kMap:
      if (!value.is_object() || schema.items == nullptr) break;
      for (auto& each : value.get_object()) default_value(*schema.items, each.value());
      break;
    case Type::kList:
      if (!value.is_array() || schema.items == nullptr) break;
      for (json::value& each : value.get_array()) default_value(*schema.items, each);
      break;
    default: break;
  }
}

}  // namespace

Result<json::object> decode(const Schema& schema, json::object document, DecodeReport& report) {
  Decoder decoder(report);
  json::object out;
  if (decoder.object(schema, std::move(document), out)) return out;
  return *decoder.error();
}

void apply_defaults(const Schema& schema, json::object& document) {
  for (const Field& field : schema.fields) {
    json::value* member = document.if_contains(key(field.name));
    if (field.default_value && counts_as_absent(field, member)) {
      member = &document[key(field.name)];
      *member = *field.default_value;
    }
    if (member != nullptr) default_value(*field.schema, *member);
  }
  if (schema.items == nullptr) return;
  for (auto& each : document) {
    if (schema.find({each.key().data(), each.key().size()}) == nullptr)
      default_value(*schema.items, each.value());
  }
}

}  // namespace cove::api
