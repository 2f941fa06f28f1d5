#include "core/api/go_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/api/document.h"

namespace cove::api {
namespace {

std::vector<const json::key_value_pair*> sorted_members(const json::object& object) {
  std::vector<const json::key_value_pair*> members;
  members.reserve(object.size());
  for (const auto& member : object) members.push_back(&member);
  std::ranges::sort(members, {}, [](const json::key_value_pair* each) {
    return std::string_view(each->key().data(), each->key().size());
  });
  return members;
}

// Shortest text that reads back the same; exponents below 1e-6 and from 1e21 on, as Go's JSON.
std::string number_text(double number) {
  const double size = std::fabs(number);
  if (size != 0 && (size < 1e-6 || size >= 1e21)) {
    std::string text = fmt::format("{:e}", number);
    const std::string shortest = fmt::format("{}", number);
    return shortest.find('e') == std::string::npos ? text : shortest;
  }
  const std::string text = fmt::format("{}", number);
  if (text.find('e') != std::string::npos) return fmt::format("{:.0f}", number);
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

void append_scalar(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::bool_: out += value.get_bool() ? "true" : "false"; break;
    case json::kind::int64: fmt::format_to(std::back_inserter(out), "{}", value.get_int64()); break;
    case json::kind::uint64:
      fmt::format_to(std::back_inserter(out), "{}", value.get_uint64());
      break;
    case json::kind::double_: out += number_text(value.get_double()); break;
    default: break;
  }
}

void append_value_text(std::string& out, const json::value& value) {
  if (value.is_null()) {
    out += "<nil>";
  } else if (const auto* text = value.if_string()) {
    out += view(*text);
  } else if (const auto* array = value.if_array()) {
    out += '[';
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ' ';
      append_value_text(out, (*array)[i]);
    }
    out += ']';
  } else if (const auto* object = value.if_object()) {
    out += "map[";
    bool first = true;
    for (const auto* member : sorted_members(*object)) {
      if (!first) out += ' ';
      first = false;
      out.append(member->key().data(), member->key().size());
      out += ':';
      append_value_text(out, member->value());
    }
    out += ']';
  } else {
    append_scalar(out, value);
  }
}

}  // namespace

std::string go_value_text(const json::value& value) {
  std::string out;
  append_value_text(out, value);
  return out;
}

void append_go_json(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto each = static_cast<unsigned char>(text[i]);
    if (each == '"' || each == '\\') {
      out += '\\';
      out += text[i];
    } else if (each == '\n') {
      out += "\\n";
    } else if (each == '\r') {
      out += "\\r";
    } else if (each == '\t') {
      out += "\\t";
    } else if (each < 0x20 || each == '<' || each == '>' || each == '&') {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", each);
    } else if (text.substr(i).starts_with("\u2028") || text.substr(i).starts_with("\u2029")) {
      out += text[i + 2] == '\xa8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += text[i];
    }
  }
  out += '"';
}

void append_go_json(std::string& out, const json::value& value) {
  if (value.is_null()) {
    out += "null";
  } else if (const auto* text = value.if_string()) {
    append_go_json(out, view(*text));
  } else if (const auto* array = value.if_array()) {
    out += '[';
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      append_go_json(out, (*array)[i]);
    }
    out += ']';
  } else if (const auto* object = value.if_object()) {
    out += '{';
    bool first = true;
    for (const auto* member : sorted_members(*object)) {
      if (!first) out += ',';
      first = false;
      append_go_json(out, std::string_view(member->key().data(), member->key().size()));
      out += ':';
      append_go_json(out, member->value());
    }
    out += '}';
  } else {
    append_scalar(out, value);
  }
}

}  // namespace cove::api
