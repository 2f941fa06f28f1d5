#include "core/engine/fields.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <ctime>

namespace cove::engine {

namespace json = boost::json;

namespace {

const json::value* find(const json::object& object, std::string_view name) {
  return object.if_contains(json::string_view(name.data(), name.size()));
}

ApiError wrong_type(std::string_view where, std::string_view name, std::string_view wanted) {
  return {400, fmt::format("invalid JSON: {}{}{} must be {}", where, where.empty() ? "" : ".", name,
                           wanted)};
}

bool all_texts(const json::array& array) {
  for (const auto& value : array) {
    if (!value.is_string()) return false;
  }
  return true;
}

// The number as a 64-bit one; nothing for fractions and what does not fit.
std::optional<std::int64_t> whole(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_uint64()) {
    if (value.get_uint64() > INT64_MAX) return std::nullopt;
    return static_cast<std::int64_t>(value.get_uint64());
  }
  if (value.is_double()) {
    const double number = value.get_double();
    if (number < -9e15 || number > 9e15) return std::nullopt;
    const auto integer = static_cast<std::int64_t>(number);
    if (static_cast<double>(integer) == number) return integer;
  }
  return std::nullopt;
}

json::value empty_value(FieldType type) {
  switch (type) {
    case FieldType::kText: return "";
    case FieldType::kFlag: return false;
    case FieldType::kInteger: return 0;
    case FieldType::kTexts:
    case FieldType::kCommand:
    case FieldType::kArray: return json::array();
    case FieldType::kTextMap:
    case FieldType::kSet:
    case FieldType::kObject: return json::object();
  }
  return nullptr;
}

Outcome<json::value> conform_value(const json::value& value, const Field& field,
                                   std::string_view where) {
  switch (field.type) {
    case FieldType::kText:
      if (!value.is_string()) return wrong_type(where, field.name, "a string");
      return value;
    case FieldType::kFlag:
      if (!value.is_bool()) return wrong_type(where, field.name, "true or false");
      return value;
    case FieldType::kInteger: {
      const auto number = whole(value);
      if (!number) return wrong_type(where, field.name, "an integer");
      return json::value(*number);
    }
    case FieldType::kCommand:
      if (value.is_string()) return json::value(json::array{value});
      [[fallthrough]];
    case FieldType::kTexts:
      if (!value.is_array() || !all_texts(value.get_array())) {
        return wrong_type(where, field.name, "an array of strings");
      }
      return value;
    case FieldType::kTextMap:
      if (!value.is_object()) return wrong_type(where, field.name, "an object of strings");
      for (const auto& item : value.get_object()) {
        if (!item.value().is_string()) return wrong_type(where, field.name, "an object of strings");
      }
      return value;
    case FieldType::kSet: {
      if (!value.is_object()) return wrong_type(where, field.name, "an object");
      json::object set;
      for (const auto& item : value.get_object()) set[item.key()] = json::object();
      return json::value(std::move(set));
    }
    case FieldType::kObject:
      if (!value.is_object()) return wrong_type(where, field.name, "an object");
      return value;
    case FieldType::kArray:
      if (!value.is_array()) return wrong_type(where, field.name, "an array");
      return value;
  }
  return value;
}

}  // namespace

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = find(object, name);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string().data(), value->get_string().size());
}

std::optional<std::int64_t> maybe_integer(const json::object& object, std::string_view name) {
  const auto* value = find(object, name);
  return value == nullptr ? std::nullopt : whole(*value);
}

std::int64_t integer_of(const json::object& object, std::string_view name, std::int64_t otherwise) {
  return maybe_integer(object, name).value_or(otherwise);
}

std::optional<bool> maybe_flag(const json::object& object, std::string_view name) {
  const auto* value = find(object, name);
  if (value == nullptr || !value->is_bool()) return std::nullopt;
  return value->get_bool();
}

bool flag_of(const json::object& object, std::string_view name) {
  return maybe_flag(object, name).value_or(false);
}

std::vector<std::string> texts_of(const json::object& object, std::string_view name) {
  std::vector<std::string> texts;
  for (const auto& value : array_of(object, name)) {
    if (value.is_string()) texts.emplace_back(value.get_string());
  }
  return texts;
}

std::map<std::string, std::string> text_map_of(const json::object& object, std::string_view name) {
  std::map<std::string, std::string> texts;
  for (const auto& item : object_of(object, name)) {
    if (item.value().is_string()) {
      texts.emplace(std::string(item.key()), std::string(item.value().get_string()));
    }
  }
  return texts;
}

const json::object& object_of(const json::object& object, std::string_view name) {
  static const json::object kNone;
  const auto* value = find(object, name);
  return value != nullptr && value->is_object() ? value->get_object() : kNone;
}

const json::array& array_of(const json::object& object, std::string_view name) {
  static const json::array kNone;
  const auto* value = find(object, name);
  return value != nullptr && value->is_array() ? value->get_array() : kNone;
}

json::array to_array(const std::vector<std::string>& texts) {
  json::array array;
  array.reserve(texts.size());
  for (const auto& text : texts) array.emplace_back(text);
  return array;
}

json::object to_object(const std::map<std::string, std::string>& texts) {
  json::object object;
  for (const auto& [name, value] : texts) object[name] = value;
  return object;
}

Outcome<json::object> conform(const json::object& document, std::span<const Field> table,
                              std::string_view where) {
  json::object conformed;
  conformed.reserve(table.size());
  for (const Field& field : table) {
    const auto* value = find(document, field.name);
    const json::string_view name(field.name.data(), field.name.size());
    if (value == nullptr || value->is_null()) {
      if (field.absent == Absent::kNull) conformed[name] = nullptr;
      if (field.absent == Absent::kEmpty) conformed[name] = empty_value(field.type);
      continue;
    }
    COVE_TRY(conformed[name], conform_value(*value, field, where));
  }
  return conformed;
}

namespace {

std::string seconds_text(WallTime time, std::int64_t& nanoseconds) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
  auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  nanoseconds = (since - seconds).count();
  const std::time_t count = seconds.count();
  std::tm parts{};
  gmtime_r(&count, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace

std::string rfc3339_nano(WallTime time) {
  if (time == WallTime{}) return "0001-01-01T00:00:00Z";
  std::int64_t nanoseconds = 0;
  std::string text = seconds_text(time, nanoseconds);
  if (nanoseconds != 0) {
    std::string digits = fmt::format("{:09}", nanoseconds);
    digits.erase(digits.find_last_not_of('0') + 1);
    text += "." + digits;
  }
  return text + "Z";
}

std::string rfc3339_nano_fixed(WallTime time) {
  std::int64_t nanoseconds = 0;
  const std::string text = seconds_text(time, nanoseconds);
  return fmt::format("{}.{:09}Z", text, nanoseconds);
}

namespace {

// The digits behind a point, as nanoseconds; at most nine count.
std::optional<std::int64_t> fraction(std::string_view digits) {
  std::int64_t nanoseconds = 0;
  for (std::size_t i = 0; i < 9; ++i) {
    const char c = i < digits.size() ? digits[i] : '0';
    if (c < '0' || c > '9') return std::nullopt;
    nanoseconds = nanoseconds * 10 + (c - '0');
  }
  return nanoseconds;
}

std::optional<WallTime> from_epoch(std::string_view text) {
  const auto point = text.find('.');
  const std::string_view head = text.substr(0, point);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(head.data(), head.data() + head.size(), seconds);
  if (error != std::errc() || end != head.data() + head.size()) return std::nullopt;
  if (seconds < 0 || seconds > 9'000'000'000) return std::nullopt;
  std::int64_t nanoseconds = 0;
  if (point != std::string_view::npos) {
    const auto parsed = fraction(text.substr(point + 1));
    if (!parsed) return std::nullopt;
    nanoseconds = *parsed;
  }
  return WallTime(std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds));
}

std::optional<WallTime> from_rfc3339(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute,
                  &second, &used) != 6 ||
      used == 0 || year < 1970 || year > 2260) {
    return std::nullopt;
  }
  std::string_view rest = std::string_view(text).substr(static_cast<std::size_t>(used));
  std::int64_t nanoseconds = 0;
  if (rest.starts_with(".")) {
    rest.remove_prefix(1);
    const auto length = std::min(rest.find_first_not_of("0123456789"), rest.size());
    nanoseconds = fraction(rest.substr(0, length)).value_or(0);
    rest.remove_prefix(length);
  }
  int offset = 0;
  if (rest != "Z") {
    char sign = 0;
    int hours = 0, minutes = 0;
    const std::string zone(rest);
    if (std::sscanf(zone.c_str(), "%c%2d:%2d", &sign, &hours, &minutes) != 3 ||
        (sign != '+' && sign != '-')) {
      return std::nullopt;
    }
    offset = (hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
  }
  std::tm parts{};
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  parts.tm_mday = day;
  parts.tm_hour = hour;
  parts.tm_min = minute;
  parts.tm_sec = second;
  return WallTime(std::chrono::seconds(timegm(&parts) - offset) +
                  std::chrono::nanoseconds(nanoseconds));
}

}  // namespace

Outcome<std::optional<WallTime>> parse_time(const std::string& text, std::string_view name) {
  if (text.empty() || text == "0") return std::optional<WallTime>();
  auto time = from_epoch(text);
  if (!time) time = from_rfc3339(text);
  if (!time) return ApiError{400, fmt::format("invalid value for \"{}\": {}", name, text)};
  return time;
}

}  // namespace cove::engine
