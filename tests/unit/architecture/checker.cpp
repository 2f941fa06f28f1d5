#include "tests/unit/architecture/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "core/base/strings.h"

namespace cove::architecture {
namespace {

bool matches(const std::string& pattern, const std::string& room) {
  if (pattern.ends_with("/*")) return room.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == room;
}

bool any_matches(const std::vector<std::string>& patterns, const std::string& room) {
  return std::ranges::any_of(patterns,
                             [&](const std::string& pattern) { return matches(pattern, room); });
}

const Room* find_room(const Rules& rules, const std::string& name) {
  const auto found = std::ranges::find(rules.rooms, name, &Room::name);
  return found == rules.rooms.end() ? nullptr : &*found;
}

// core_base -> core/base, and so for a part of a room with a target of its own, core_base_extra; an
// unknown room's target gives the name it would have; nothing for what is outside the house.
std::optional<std::string> room_of_target(const Rules& rules, const std::string& target) {
  static constexpr std::array kFloors{"app_", "core_", "vm_", "ui_"};
  if (std::ranges::none_of(kFloors, [&](const char* floor) { return target.starts_with(floor); }))
    return std::nullopt;
  std::string room = target;
  room[room.find('_')] = '/';
  for (const Room& known : rules.rooms) {
    if (room.starts_with(known.name + "_")) return known.name;
  }
  return room;
}

// core/base/fs.h -> core/base; nothing for what is outside the house.
std::optional<std::string> room_of_file(const std::string& file) {
  static constexpr std::array kFloors{"app/", "core/", "vm/", "ui/"};
  if (std::ranges::none_of(kFloors, [&](const char* floor) { return file.starts_with(floor); }))
    return std::nullopt;
  const std::size_t second = file.find('/', file.find('/') + 1);
  return file.substr(0, second);
}

std::optional<std::string> check_use(const Rules& rules, const std::string& from,
                                     const std::string& to) {
  if (from == to) return std::nullopt;
  const Room* room = find_room(rules, from);
  if (room == nullptr)
    return "the room " + from + " has no line in tests/unit/architecture/rules.cpp";
  if (any_matches(room->uses, to)) return std::nullopt;
  return from + " must not use " + to;
}

// The first rule that speaks of it decides, so that a narrower one can stand above a wider one.
template <class Matches>
std::optional<std::string> check_outside(const Rules& rules, const std::string& room, bool header,
                                         Matches speaks_of) {
  for (const Outside& outside : rules.outside) {
    if (!speaks_of(outside)) continue;
    if (any_matches(outside.rooms, room) && !(header && outside.only_in_sources))
      return std::nullopt;
    return outside.reason;
  }
  return std::nullopt;
}

// "Q" means Qt's way to name headers: <QString>, <QtCore/…>; not <quota.h>.
bool is_header(const std::string& start, std::string_view path) {
  if (start.empty() || !path.starts_with(start)) return false;
  return start != "Q" ||
         (path.size() > 1 && std::isalpha(static_cast<unsigned char>(path[1])) != 0);
}

// The path of an #include line and whether it is in quotes.
std::optional<std::pair<std::string, bool>> included(std::string_view line) {
  line = trim(line);
  if (!line.starts_with('#')) return std::nullopt;
  line = trim(line.substr(1));
  if (!line.starts_with("include")) return std::nullopt;
  line = trim(line.substr(7));
  if (line.empty() || (line[0] != '"' && line[0] != '<')) return std::nullopt;
  const std::size_t end = line.find(line[0] == '"' ? '"' : '>', 1);
  if (end == std::string_view::npos) return std::nullopt;
  return std::pair(std::string(line.substr(1, end - 1)), line[0] == '"');
}

}  // namespace

std::vector<std::string> check_links(const Rules& rules, std::string_view graph) {
  std::vector<std::string> violations;
  for (const std::string& line : split(graph, '\n')) {
    const std::size_t colon = line.find(':');
    const std::string target = line.substr(0, colon);
    const auto from = room_of_target(rules, target);
    if (!from) continue;
    if (find_room(rules, *from) == nullptr) {
      violations.push_back(target + ": the room " + *from +
                           " has no line in tests/unit/architecture/rules.cpp");
      continue;
    }
    if (colon == std::string::npos) continue;
    for (const std::string& link : split(trim(line.substr(colon + 1)), ' ')) {
      const auto to = room_of_target(rules, link);
      const auto why = to ? check_use(rules, *from, *to)
                          : check_outside(rules, *from, false, [&](const Outside& outside) {
                              return !outside.link.empty() && link.starts_with(outside.link);
                            });
      if (why) violations.push_back(fmt::format("{} links {}: {}", target, link, *why));
    }
  }
  return violations;
}

std::vector<std::string> check_includes(const Rules& rules, const std::string& file,
                                        std::string_view text) {
  const auto from = room_of_file(file);
  if (!from) return {};
  std::vector<std::string> violations;
  const bool header = file.ends_with(".h");
  for (const std::string& line : split(text, '\n')) {
    const auto include = included(line);
    if (!include) continue;
    const auto& [path, quoted] = *include;
    std::optional<std::string> why;
    if (const auto to = room_of_file(path)) {
      why = check_use(rules, *from, *to);
    } else if (path.starts_with("tests/") || path.starts_with("installers/")) {
      why = "the product does not use its tests or installers";
    } else if (path.starts_with("./") || path.starts_with("../")) {
      why = "includes are rooted at the repository";
    } else {
      why = check_outside(rules, *from, header,
                          [&](const Outside& outside) { return is_header(outside.header, path); });
    }
    const std::string shown = quoted ? '"' + path + '"' : '<' + path + '>';
    if (why) violations.push_back(fmt::format("{} includes {}: {}", file, shown, *why));
  }
  return violations;
}

}  // namespace cove::architecture
