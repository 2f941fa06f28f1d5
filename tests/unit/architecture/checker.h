// Checks the allowed directions between rooms: who may link and include whom, and which outside
// libraries appear where.
//
// The rules are data (rules.cpp), so that a new room is one line there and the checker can be
// tested with made-up ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cove::architecture {

// A room and the rooms it may use. "core/*" stands for every room of core. What a room may use it
// may both link and include.
struct Room {
  std::string name;  // "core/base"
  std::vector<std::string> uses;
};

// Something from outside and the rooms that may have it. `link` is the start of a link item,
// `header` of an include path; either may be empty. No rooms: nobody may.
struct Outside {
  std::string link;
  std::string header;
  std::vector<std::string> rooms;
  bool only_in_sources = false;  // .cpp files, not headers
  std::string reason;
};

struct Rules {
  std::vector<Room> rooms;
  std::vector<Outside> outside;
};

// Of this house.
const Rules& house_rules();

// "core_base: fmt::fmt Threads::Threads" a line, as cmake/CoveTargets.cmake writes it.
std::vector<std::string> check_links(const Rules& rules, std::string_view graph);

// The includes of one source; `file` is its path from the root.
std::vector<std::string> check_includes(const Rules& rules, const std::string& file,
                                        std::string_view text);

}  // namespace cove::architecture
