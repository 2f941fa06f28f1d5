#include "core/api/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace cove::api {
namespace {

// The bytes that JSON text may not hold as they are.
constexpr bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// Whether any of eight bytes does.
bool need_escape(const char* eight) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x80 * kEach;
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, eight, sizeof bytes);
  const auto below = [](std::uint64_t all, std::uint64_t bound) {
    return (all - bound * kEach) & ~all & kHigh;
  };
  return (below(bytes, 0x20) | below(bytes ^ ('"' * kEach), 1) |
          below(bytes ^ ('\\' * kEach), 1)) != 0;
}

std::size_t first_to_escape(std::string_view text) {
  std::size_t at = 0;
  while (at + sizeof(std::uint64_t) <= text.size() && !need_escape(text.data() + at))
    at += sizeof(std::uint64_t);
  while (at < text.size() && !needs_escape(text[at])) ++at;
  return at;
}

void append_escaped(std::string_view text, std::string& out) {
  out += '"';
  while (true) {
    const std::size_t stop = first_to_escape(text);
    out += text.substr(0, stop);
    if (stop == text.size()) break;
    switch (text[stop]) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: out += fmt::format("\\u{:04x}", static_cast<unsigned char>(text[stop])); break;
    }
    text.remove_prefix(stop + 1);
  }
  out += '"';
}

void append_double(double number, std::string& out) {
  if (!std::isfinite(number)) {  // JSON has no form for it
    out += "null";
    return;
  }
  const double size = std::abs(number);
  const bool scientific = size != 0 && (size < 1e-6 || size >= 1e21);
  std::array<char, 64> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                    scientific ? std::chars_format::scientific : std::chars_format::fixed);
  out.append(buffer.data(), end.ptr);
}

template <class Integer>
void append_integer(Integer number, std::string& out) {
  std::array<char, 24> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  out.append(buffer.data(), end.ptr);
}

void append_value(const json::value& value, std::string& out) {
  switch (value.kind()) {
    case json::kind::null: out += "null"; break;
    case json::kind::bool_: out += value.get_bool() ? "true" : "false"; break;
    case json::kind::int64: append_integer(value.get_int64(), out); break;
    case json::kind::uint64: append_integer(value.get_uint64(), out); break;
    case json::kind::double_: append_double(value.get_double(), out); break;
    case json::kind::string: append_escaped(view(value.get_string()), out); break;
    case json::kind::array: {
      char separator = '[';
      for (const json::value& element : value.get_array()) {
        out += separator;
        append_value(element, out);
        separator = ',';
      }
      out += separator == '[' ? "[]" : "]";
      break;
    }
    case json::kind::object: {
      char separator = '{';
      for (const auto& [name, element] : value.get_object()) {
        out += separator;
        append_escaped({name.data(), name.size()}, out);
        out += ':';
        append_value(element, out);
        separator = ',';
      }
      out += separator == '{' ? "{}" : "}";
      break;
    }
  }
}

// One character of UTF-8 text: its bytes and number; one byte and nothing for what is no UTF-8.
struct Character {
  std::size_t bytes = 1;
  std::optional<char32_t> number;
};

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {1, first};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return {};
  char32_t number = first & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0u) != 0x80) return {};
    number = (number << 6) | (byte(i) & 0x3fu);
  }
  const bool overlong = (length == 3 && number < 0x800) || (length == 4 && number < 0x10000);
  if (overlong || number > 0x10ffff || (number >= 0xd800 && number < 0xe000)) return {};
  return {length, number};
}

// Whether Go's strconv shows the character as it is.
bool is_printed(char32_t number) {
  if (number < 0x7f) return number >= 0x20;
  return number > 0xa0 && number != 0xad && !(number >= 0x2000 && number <= 0x200f) &&
         !(number >= 0x2028 && number <= 0x202f) && !(number >= 0x205f && number <= 0x206f) &&
         number != 0x3000 && number != 0xfeff && !(number >= 0xe000 && number <= 0xf8ff) &&
         !(number >= 0xfff0 && number <= 0xfffb) && number < 0xe0000;
}

const json::value* walk(const json::object& object, Steps path) {
  const json::object* here = &object;
  const json::value* found = nullptr;
  for (const std::string_view step : path) {
    if (here == nullptr) return nullptr;
    found = here->if_contains(key(step));
    if (found == nullptr) return nullptr;
    here = found->if_object();
  }
  return found == nullptr || found->is_null() ? nullptr : found;
}

bool same_number(const json::value& a, const json::value& b) {
  if (a == b) return true;
  return (a.is_double() || b.is_double()) && a.to_number<double>() == b.to_number<double>();
}

json::object& step_into(json::object& object, std::string_view name) {
  json::value& next = object[key(name)];
  if (!next.is_object()) next = json::object(object.storage());
  return next.get_object();
}

// All steps but the last, made where they are missing.
json::object& parent_of(json::object& object, Steps path) {
  json::object* here = &object;
  for (auto step = path.begin(); step + 1 != path.end(); ++step) here = &step_into(*here, *step);
  return *here;
}

}  // namespace

std::string to_text(const json::value& value) {
  std::string out;
  append_value(value, out);
  return out;
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!character.number.has_value()) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else {
      const auto number = static_cast<std::uint32_t>(*character.number);
      switch (number) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\a': out += "\\a"; break;
        case '\b': out += "\\b"; break;
        case '\f': out += "\\f"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        case '\v': out += "\\v"; break;
        default:
          if (is_printed(*character.number)) {
            out += text.substr(0, character.bytes);
          } else if (number < 0x80) {
            out += fmt::format("\\x{:02x}", number);
          } else if (number < 0x10000) {
            out += fmt::format("\\u{:04x}", number);
          } else {
            out += fmt::format("\\U{:08x}", number);
          }
      }
    }
    text.remove_prefix(character.bytes);
  }
  return out + '"';
}

const json::value* member(const json::value& value, std::string_view name) {
  const json::object* const object = value.if_object();
  return object == nullptr ? nullptr : object->if_contains(key(name));
}

const json::value* member(const json::object& object, std::string_view name) {
  return object.if_contains(key(name));
}

const json::value* value_at(const json::object& object, Steps path) {
  return walk(object, path);
}

const json::object* object_at(const json::object& object, Steps path) {
  if (path.size() == 0) return &object;
  const json::value* const value = walk(object, path);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_at(const json::object& object, Steps path) {
  const json::value* const value = walk(object, path);
  return value == nullptr ? nullptr : value->if_array();
}

std::string_view text_at(const json::object& object, Steps path) {
  const json::value* const value = walk(object, path);
  const json::string* const text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : view(*text);
}

std::optional<std::int64_t> integer_at(const json::object& object, Steps path) {
  const json::value* const value = walk(object, path);
  if (value == nullptr) return std::nullopt;
  if (const std::int64_t* const number = value->if_int64()) return *number;
  if (const std::uint64_t* const number = value->if_uint64();
      number != nullptr && std::in_range<std::int64_t>(*number))
    return static_cast<std::int64_t>(*number);
  return std::nullopt;
}

bool flag_at(const json::object& object, Steps path) {
  const json::value* const value = walk(object, path);
  return value != nullptr && value->is_bool() && value->get_bool();
}

json::object& make_object_at(json::object& object, Steps path) {
  json::object* here = &object;
  for (const std::string_view step : path) here = &step_into(*here, step);
  return *here;
}

json::array& make_array_at(json::object& object, Steps path) {
  json::value& value = parent_of(object, path)[key(*(path.end() - 1))];
  if (!value.is_array()) value = json::array(object.storage());
  return value.get_array();
}

void set_at(json::object& object, Steps path, json::value value) {
  parent_of(object, path)[key(*(path.end() - 1))] = std::move(value);
}

void erase_at(json::object& object, Steps path) {
  json::object* here = &object;
  for (auto step = path.begin(); step + 1 != path.end(); ++step) {
    json::value* const next = here->if_contains(key(*step));
    here = next == nullptr ? nullptr : next->if_object();
    if (here == nullptr) return;
  }
  const auto found = here->find(key(*(path.end() - 1)));
  if (found != here->end()) here->stable_erase(found);
}

void set_default(json::object& object, std::string_view name, json::value value) {
  json::value& member = object[key(name)];
  if (member.is_null()) member = std::move(value);
}

bool same(const json::value& a, const json::value& b) {
  if (a.is_object() && b.is_object()) {
    const json::object& left = a.get_object();
    const json::object& right = b.get_object();
    return left.size() == right.size() && std::ranges::all_of(left, [&](const auto& each) {
             const json::value* const other = right.if_contains(each.key());
             return other != nullptr && same(each.value(), *other);
           });
  }
  if (a.is_array() && b.is_array()) {
    return std::ranges::equal(a.get_array(), b.get_array(), same);
  }
  if (a.is_number() && b.is_number()) return same_number(a, b);
  return a == b;
}

}  // namespace cove::api
