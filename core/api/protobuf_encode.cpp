#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "core/api/protobuf_codec.h"
#include "core/api/protobuf_scalars.h"
#include "core/api/time.h"
#include "core/base/base64.h"

namespace cove::api::wire {
namespace {

const json::object& nothing() {
  static const json::object object;
  return object;
}

std::optional<std::int64_t> integer(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_uint64() && value.get_uint64() <= INT64_MAX)
    return static_cast<std::int64_t>(value.get_uint64());
  return std::nullopt;
}

// Functions answer false when a value is not what its schema says; `wrong_` has the field then.
class Encoder {
 public:
  explicit Encoder(ReverseWriter& writer) : writer_(writer) {}

  bool object(const Message& message, const json::object& object) {
    for (const Slot& slot : std::views::reverse(message.slots)) {
      if (slot.field == nullptr) {
        const std::size_t before = writer_.size();
        if (!this->object(*slot.message, object)) return false;
        writer_.message_field(slot.number, before);
        continue;
      }
      const json::value* value = object.if_contains(slot.field->name);
      if (value != nullptr && value->is_null()) value = nullptr;
      if (!field(slot, value)) {
        if (wrong_.empty()) wrong_ = slot.field->name;
        return false;
      }
    }
    return true;
  }

  const std::string& wrong() const { return wrong_; }

 private:
  bool field(const Slot& slot, const json::value* value) {
    const Schema& schema = *slot.field->schema;
    switch (schema.type) {
      case Type::kList:
        if (schema.wrapped_items) break;
        return value == nullptr || list(slot, schema, *value);
      case Type::kMap: return value == nullptr || map(slot, schema, *value);
      case Type::kBytes:
        if (value == nullptr) return true;
        break;
      default: break;
    }
    if (value == nullptr && (slot.field->pointer || schema.wrapped_items)) return true;
    return single(slot.number, schema, slot.message, value);
  }

  bool list(const Slot& slot, const Schema& schema, const json::value& value) {
    const json::array* const array = value.if_array();
    if (array == nullptr) return false;
    for (const json::value& each : std::views::reverse(*array)) {
      if (!single(slot.number, *schema.items, slot.message, each.is_null() ? nullptr : &each))
        return false;
    }
    return true;
  }

  bool map(const Slot& slot, const Schema& schema, const json::value& value) {
    const json::object* const object = value.if_object();
    if (object == nullptr) return false;
    std::vector<const json::key_value_pair*> members;
    members.reserve(object->size());
    for (const json::key_value_pair& member : *object) members.push_back(&member);
    std::ranges::sort(members, std::ranges::greater(),
                      [](const json::key_value_pair* member) { return member->key(); });
    for (const json::key_value_pair* member : members) {
      const std::size_t before = writer_.size();
      const json::value* each = member->value().is_null() ? nullptr : &member->value();
      const bool absent = each == nullptr && schema.items->type == Type::kBytes;
      if (!absent && !single(2, *schema.items, slot.message, each)) return false;
      writer_.bytes_field(1, {member->key().data(), member->key().size()});
      writer_.message_field(slot.number, before);
    }
    return true;
  }

  // One value; null is the type's zero value.
  bool single(int number, const Schema& schema, const Message* message, const json::value* value) {
    switch (schema.type) {
      case Type::kString: {
        if (value != nullptr && !value->is_string()) return false;
        writer_.bytes_field(number, value == nullptr ? "" : view(value->get_string()));
        return true;
      }
      case Type::kBoolean: {
        if (value != nullptr && !value->is_bool()) return false;
        writer_.integer_field(number, value != nullptr && value->get_bool() ? 1 : 0);
        return true;
      }
      case Type::kInt32:
      case Type::kInt64: {
        const auto number_value =
            value == nullptr ? std::optional<std::int64_t>(0) : integer(*value);
        if (!number_value) return false;
        writer_.integer_field(number, *number_value);
        return true;
      }
      case Type::kDouble: {
        if (value != nullptr && !value->is_number()) return false;
        writer_.double_field(number, value == nullptr ? 0 : value->to_number<double>());
        return true;
      }
      case Type::kBytes: {
        if (value == nullptr || !value->is_string()) return false;
        const auto bytes = base64_decode_lenient(view(value->get_string()));
        if (!bytes) return false;
        writer_.bytes_field(number, *bytes);
        return true;
      }
      default: {
        const std::size_t before = writer_.size();
        if (!body(schema, message, value)) return false;
        writer_.message_field(number, before);
        return true;
      }
    }
  }

  // What is a message of its own, without its head.
  bool body(const Schema& schema, const Message* message, const json::value* value) {
    switch (schema.type) {
      case Type::kObject:
        if (value == nullptr) return object(*message, nothing());
        return value->is_object() && object(*message, value->get_object());
      case Type::kList: return value == nullptr || list(Slot{1, nullptr, nullptr}, schema, *value);
      case Type::kTime:
      case Type::kMicroTime: return time(schema.type == Type::kMicroTime, value);
      case Type::kDuration: return duration(value);
      case Type::kQuantity: return quantity(value);
      case Type::kIntOrString: return int_or_string(value);
      case Type::kAny:
        if (message != nullptr) return value == nullptr || any_of_types(*message, *value);
        [[fallthrough]];
      default:
        if (value != nullptr) writer_.bytes_field(1, to_text(*value));
        return true;
    }
  }

  bool time(bool micro, const json::value* value) {
    if (value == nullptr) return true;
    if (!value->is_string()) return false;
    const auto time = wire::parse_time(view(value->get_string()));
    if (!time) return false;
    writer_.integer_field(2, micro ? time->nanos : 0);
    writer_.integer_field(1, time->seconds);
    return true;
  }

  bool duration(const json::value* value) {
    if (value != nullptr && !value->is_string()) return false;
    const auto duration = parse_duration(value == nullptr ? "0s" : view(value->get_string()));
    if (duration.has_error()) return false;
    writer_.integer_field(1, duration->count());
    return true;
  }

  bool quantity(const json::value* value) {
    if (value == nullptr) {
      writer_.bytes_field(1, "0");
    } else if (value->is_string()) {
      writer_.bytes_field(1, view(value->get_string()));
    } else if (value->is_number()) {
      writer_.bytes_field(1, to_text(*value));
    } else {
      return false;
    }
    return true;
  }

  bool int_or_string(const json::value* value) {
    const bool text = value != nullptr && value->is_string();
    const auto number = value == nullptr || text ? std::optional<std::int64_t>(0) : integer(*value);
    if (!number) return false;
    writer_.bytes_field(3, text ? view(value->get_string()) : "");
    writer_.integer_field(2, *number);
    writer_.integer_field(1, text ? 1 : 0);
    return true;
  }

  // A value of one of several JSON types, each with a field of its own. A boolean beside an object
  // says that there is one.
  bool any_of_types(const Message& message, const json::value& value) {
    bool taken = false;
    for (const Slot& slot : std::views::reverse(message.slots)) {
      const Type type = slot.field->schema->type;
      if (type == Type::kBoolean) {
        taken = taken || value.is_bool();
        writer_.integer_field(slot.number,
                              value.is_object() || (value.is_bool() && value.get_bool()));
      } else if ((type == Type::kList && value.is_array()) ||
                 (type == Type::kObject && value.is_object())) {
        taken = true;
        if (!field(slot, &value)) return false;
      }
    }
    return taken;
  }

  ReverseWriter& writer_;
  std::string wrong_;
};

}  // namespace

Result<void> encode_object(const Message& message, const json::object& document,
                           ReverseWriter& writer) {
  Encoder encoder(writer);
  if (encoder.object(message, document)) return {};
  return protobuf_error("encode as protobuf", encoder.wrong(),
                        "the value is not of the field's type");
}

}  // namespace cove::api::wire
