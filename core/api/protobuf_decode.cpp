#include <fmt/format.h>

#include <cmath>

#include "core/api/protobuf_codec.h"
#include "core/api/protobuf_scalars.h"
#include "core/api/scalars.h"
#include "core/api/time.h"
#include "core/base/base64.h"

namespace cove::api::wire {
namespace {

bool is_zero(const json::value& value) {
  switch (value.kind()) {
    case json::kind::string: return value.get_string().empty();
    case json::kind::bool_: return !value.get_bool();
    case json::kind::int64: return value.get_int64() == 0;
    case json::kind::double_: return value.get_double() == 0;
    case json::kind::array: return value.get_array().empty();
    default: return false;
  }
}

WireType wire_type(Type type) {
  switch (type) {
    case Type::kBoolean:
    case Type::kInt32:
    case Type::kInt64: return WireType::kVarint;
    case Type::kDouble: return WireType::kFixed64;
    default: return WireType::kBytes;
  }
}

// Functions answer false after a problem; `problem_` has it then.
class Decoder {
 public:
  explicit Decoder(const ProtobufLimits& limits)
      : depth_left_(limits.depth), values_left_(limits.values) {}

  bool object(const Message& message, std::string_view bytes, json::object& object) {
    if (depth_left_ == 0) return fail("the messages are nested too deeply");
    --depth_left_;
    Reader reader(bytes);
    while (!reader.empty()) {
      int number = 0;
      WireType type = WireType::kVarint;
      if (!reader.tag(number, type)) return fail("a tag is illegal or cut off");
      const Slot* const slot = message.find(number);
      if (slot == nullptr) {
        if (!reader.skip(type))
          return fail(fmt::format("unknown field {} is a group or cut off", number));
        continue;
      }
      if (!this->slot(*slot, type, reader, object)) {
        if (subject_.empty() && slot->field != nullptr) subject_ = slot->field->name;
        return false;
      }
    }
    ++depth_left_;
    return true;
  }

  Error error() const { return protobuf_error("decode the protobuf body", subject_, problem_); }

 private:
  bool fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
    return false;
  }

  bool count_value() {
    if (values_left_ == 0) return fail("there are too many values");
    --values_left_;
    return true;
  }

  bool slot(const Slot& slot, WireType type, Reader& reader, json::object& object) {
    if (slot.field == nullptr) {
      std::string_view bytes;
      return message_bytes(type, reader, bytes) && this->object(*slot.message, bytes, object);
    }
    const Field& field = *slot.field;
    const Schema& schema = *field.schema;
    if (schema.type == Type::kList && !schema.wrapped_items) {
      json::value& list = object[field.name];
      if (!list.is_array()) list.emplace_array();
      return elements(slot, schema, type, reader, list.get_array());
    }
    if (schema.type == Type::kMap) {
      json::value& map = object[field.name];
      if (!map.is_object()) map.emplace_object();
      std::string_view entry;
      return message_bytes(type, reader, entry) && map_entry(slot, schema, entry, map.get_object());
    }
    return member(slot, type, reader, object);
  }

  // A field that stands once: the last one counts, messages are merged.
  bool member(const Slot& slot, WireType type, Reader& reader, json::object& object) {
    const Field& field = *slot.field;
    const Schema& schema = *field.schema;
    json::value value;
    json::value* const there = object.if_contains(field.name);
    if (there != nullptr && schema.type == Type::kObject) value = std::move(*there);
    if (!single(schema, slot.message, type, reader, value)) return false;
    const bool is_time = schema.type == Type::kTime || schema.type == Type::kMicroTime;
    const bool absent =
        value.is_null() || (is_time && value.is_string() && value.get_string().empty()) ||
        (!field.pointer && field.omit_empty && !schema.wrapped_items && is_zero(value));
    if (!absent) {
      object.insert_or_assign(field.name, std::move(value));
    } else if (there != nullptr) {
      object.stable_erase(there == nullptr ? object.end() : object.find(field.name));
    }
    return true;
  }

  bool elements(const Slot& slot, const Schema& schema, WireType type, Reader& reader,
                json::array& list) {
    const WireType expected = wire_type(schema.items->type);
    if (type == WireType::kBytes && expected != WireType::kBytes) {
      const auto packed = reader.bytes();
      if (!packed) return fail("a packed list is cut off");
      Reader inner(*packed);
      while (!inner.empty()) {
        if (!element(slot, schema, expected, inner, list)) return false;
      }
      return true;
    }
    return element(slot, schema, type, reader, list);
  }

  bool element(const Slot& slot, const Schema& schema, WireType type, Reader& reader,
               json::array& list) {
    if (!count_value()) return false;
    json::value value;
    if (!single(*schema.items, slot.message, type, reader, value)) return false;
    list.push_back(std::move(value));
    return true;
  }

  bool map_entry(const Slot& slot, const Schema& schema, std::string_view entry,
                 json::object& map) {
    if (!count_value()) return false;
    std::string_view name;
    json::value value;
    bool has_value = false;
    Reader reader(entry);
    while (!reader.empty()) {
      int number = 0;
      WireType type = WireType::kVarint;
      if (!reader.tag(number, type)) return fail("a map's tag is illegal or cut off");
      if (number == 1) {
        if (!message_bytes(type, reader, name)) return false;
        if (!is_utf8(name)) return fail("a map's key is not UTF-8");
      } else if (number == 2) {
        value = nullptr;
        if (!single(*schema.items, slot.message, type, reader, value)) return false;
        has_value = true;
      } else if (!reader.skip(type)) {
        return fail("a map's unknown field is a group or cut off");
      }
    }
    if (!has_value && !zero(*schema.items, slot.message, value)) return false;
    map.insert_or_assign(key(name), std::move(value));
    return true;
  }

  // What a map's entry without a value means.
  bool zero(const Schema& schema, const Message* message, json::value& value) {
    if (schema.type == Type::kBytes) return true;
    switch (wire_type(schema.type)) {
      case WireType::kVarint:
      case WireType::kFixed64: {
        value = schema.type == Type::kBoolean ? json::value(false) : json::value(0);
        return true;
      }
      default: {
        Reader empty(std::string_view("\0", 1));
        return single(schema, message, WireType::kBytes, empty, value);
      }
    }
  }

  bool message_bytes(WireType type, Reader& reader, std::string_view& bytes) {
    if (type != WireType::kBytes)
      return fail(fmt::format("wrong wire type {}", static_cast<int>(type)));
    const auto taken = reader.bytes();
    if (!taken) return fail("the field is cut off");
    bytes = *taken;
    return true;
  }

  // One value; `value` stays null when it is as good as absent.
  bool single(const Schema& schema, const Message* message, WireType type, Reader& reader,
              json::value& value) {
    const WireType expected = wire_type(schema.type);
    if (type != expected) return fail(fmt::format("wrong wire type {}", static_cast<int>(type)));
    if (expected == WireType::kFixed64) {
      const auto bits = reader.fixed64();
      if (!bits) return fail("the field is cut off");
      const auto number = std::bit_cast<double>(*bits);
      if (!std::isfinite(number)) return fail("the number is none that JSON can say");
      value = number;
      return true;
    }
    if (expected == WireType::kVarint) {
      const auto number = reader.varint();
      if (!number) return fail("the number is cut off or too large");
      if (schema.type == Type::kBoolean) {
        value = *number != 0;
      } else if (schema.type == Type::kInt32) {
        value = static_cast<std::int64_t>(static_cast<std::int32_t>(*number));
      } else {
        value = static_cast<std::int64_t>(*number);
      }
      return true;
    }
    std::string_view bytes;
    return message_bytes(type, reader, bytes) && body(schema, message, bytes, value);
  }

  bool body(const Schema& schema, const Message* message, std::string_view bytes,
            json::value& value) {
    switch (schema.type) {
      case Type::kString: return text(bytes, value);
      case Type::kBytes: value = base64_encode(bytes); return true;
      case Type::kObject:
        if (!value.is_object()) value.emplace_object();
        return object(*message, bytes, value.get_object());
      case Type::kList: {
        const Slot items{1, nullptr, nullptr};
        json::array& list = value.emplace_array();
        return fields(bytes, [&](int number, WireType type, Reader& reader) {
          if (number != 1) return reader.skip(type);
          return elements(items, schema, type, reader, list);
        });
      }
      case Type::kTime:
      case Type::kMicroTime: return time(schema.type == Type::kMicroTime, bytes, value);
      case Type::kDuration: return duration(bytes, value);
      case Type::kQuantity: return quantity(bytes, value);
      case Type::kIntOrString: return int_or_string(bytes, value);
      case Type::kAny:
        if (message != nullptr) return any_of_types(*message, bytes, value);
        [[fallthrough]];
      default: return embedded_json(bytes, value);
    }
  }

  bool text(std::string_view bytes, json::value& value) {
    if (!is_utf8(bytes)) return fail("the text is not UTF-8");
    value = key(bytes);
    return true;
  }

  // Calls `take(number, type, reader)` for each field of a message that no schema describes.
  template <class Take>
  bool fields(std::string_view bytes, Take take) {
    Reader reader(bytes);
    while (!reader.empty()) {
      int number = 0;
      WireType type = WireType::kVarint;
      if (!reader.tag(number, type) || !take(number, type, reader))
        return fail("the value is cut off or of a wrong wire type");
    }
    return true;
  }

  static bool integer_of(WireType type, Reader& reader, std::int64_t& into) {
    const auto number = type == WireType::kVarint ? reader.varint() : std::nullopt;
    if (number) into = static_cast<std::int64_t>(*number);
    return number.has_value();
  }

  static bool bytes_of(WireType type, Reader& reader, std::string_view& into) {
    const auto bytes = type == WireType::kBytes ? reader.bytes() : std::nullopt;
    if (bytes) into = *bytes;
    return bytes.has_value();
  }

  bool time(bool micro, std::string_view bytes, json::value& value) {
    value = nullptr;
    if (bytes.empty()) return true;
    std::int64_t seconds = 0;
    std::int64_t nanos = 0;
    const bool read = fields(bytes, [&](int number, WireType type, Reader& reader) {
      if (number == 1) return integer_of(type, reader, seconds);
      if (number == 2) return integer_of(type, reader, nanos);
      return reader.skip(type);
    });
    if (!read) return false;
    if (nanos < 0 || nanos > 999'999'999) return fail("the time's nanoseconds are out of range");
    const auto formatted = format_time({seconds, static_cast<std::int32_t>(nanos)}, micro);
    if (!formatted) return fail("the time is not in the years 1 to 9999");
    value = *formatted;
    return true;
  }

  bool duration(std::string_view bytes, json::value& value) {
    std::int64_t nanoseconds = 0;
    const bool read = fields(bytes, [&](int number, WireType type, Reader& reader) {
      return number == 1 ? integer_of(type, reader, nanoseconds) : reader.skip(type);
    });
    if (read) value = format_duration(std::chrono::nanoseconds(nanoseconds));
    return read;
  }

  bool quantity(std::string_view bytes, json::value& value) {
    std::string_view amount = "0";
    const bool read = fields(bytes, [&](int number, WireType type, Reader& reader) {
      return number == 1 ? bytes_of(type, reader, amount) : reader.skip(type);
    });
    return read && text(amount, value);
  }

  bool int_or_string(std::string_view bytes, json::value& value) {
    std::int64_t kind = 0;
    std::int64_t number_value = 0;
    std::string_view text_value;
    const bool read = fields(bytes, [&](int number, WireType type, Reader& reader) {
      if (number == 1) return integer_of(type, reader, kind);
      if (number == 2) return integer_of(type, reader, number_value);
      if (number == 3) return bytes_of(type, reader, text_value);
      return reader.skip(type);
    });
    if (!read) return false;
    if (kind == 1) return text(text_value, value);
    if (kind != 0) return fail("the value is neither a number nor a text");
    value = static_cast<std::int64_t>(static_cast<std::int32_t>(number_value));
    return true;
  }

  // RawExtension, JSON and FieldsV1: JSON text in field 1.
  bool embedded_json(std::string_view bytes, json::value& value) {
    std::string_view raw;
    const bool read = fields(bytes, [&](int number, WireType type, Reader& reader) {
      return number == 1 ? bytes_of(type, reader, raw) : reader.skip(type);
    });
    if (!read) return false;
    value = nullptr;
    if (raw.empty()) return true;
    if (!is_utf8(raw)) return fail("the embedded JSON is not UTF-8");
    auto parsed = parse_json(raw);
    if (parsed.has_error()) return fail("the embedded JSON is none: " + parsed.error().cause);
    value = std::move(parsed->value);
    return true;
  }

  bool any_of_types(const Message& message, std::string_view bytes, json::value& value) {
    json::object parts;
    if (!object(message, bytes, parts)) return false;
    value = nullptr;
    for (const Slot& slot : message.slots) {
      json::value* const part = parts.if_contains(slot.field->name);
      const Type type = slot.field->schema->type;
      if (type == Type::kBoolean && value.is_null()) {
        value = part != nullptr && part->is_bool() && part->get_bool();
      } else if (part != nullptr && type == Type::kObject) {
        value = std::move(*part);
      } else if (part != nullptr && type == Type::kList && !part->get_array().empty()) {
        value = std::move(*part);
      }
    }
    return true;
  }

  std::size_t depth_left_;
  std::size_t values_left_;
  std::string subject_;
  std::string problem_;
};

}  // namespace

Result<void> decode_object(const Message& message, std::string_view bytes,
                           const ProtobufLimits& limits, json::object& document) {
  Decoder decoder(limits);
  if (decoder.object(message, bytes, document)) return {};
  return decoder.error();
}

}  // namespace cove::api::wire
