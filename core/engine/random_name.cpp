#include "core/engine/random_name.h"

#include <sys/random.h>

#include <string_view>

namespace cove::engine {

namespace {

constexpr std::string_view kFirst[] = {
    "amber",   "autumn", "azure",  "bold",    "brave",  "breezy", "bright", "brisk",  "calm",
    "candid",  "clear",  "clever", "coastal", "cosy",   "crisp",  "dapper", "daring", "deep",
    "eager",   "early",  "easy",   "fair",    "fleet",  "fond",   "fresh",  "gentle", "glad",
    "golden",  "grand",  "happy",  "hardy",   "honest", "humble", "jolly",  "keen",   "kind",
    "lively",  "lucid",  "lucky",  "mellow",  "merry",  "mild",   "neat",   "nimble", "noble",
    "patient", "placid", "plucky", "polite",  "proud",  "quick",  "quiet",  "rapid",  "ready",
    "round",   "sandy",  "serene", "sharp",   "silent", "silver", "sleek",  "smart",  "smooth",
    "snug",    "sober",  "solid",  "spry",    "steady", "still",  "sunny",  "swift",  "tidal",
    "tidy",    "trusty", "vivid",  "warm",    "wary",   "wild",   "windy",  "wise",   "witty"};
constexpr std::string_view kSecond[] = {
    "anchor",  "bay",    "beach",  "beacon", "boulder", "breeze", "bridge",     "brook",  "buoy",
    "canyon",  "cape",   "cave",   "cedar",  "channel", "cliff",  "cloud",      "coral",  "creek",
    "crest",   "delta",  "dune",   "eagle",  "estuary", "falcon", "fern",       "fjord",  "forest",
    "gale",    "glade",  "grotto", "grove",  "gull",    "harbor", "haven",      "heron",  "hill",
    "inlet",   "island", "kelp",   "lagoon", "lake",    "ledge",  "lighthouse", "maple",  "marina",
    "marsh",   "meadow", "mist",   "moor",   "oak",     "ocean",  "osprey",     "otter",  "pebble",
    "pelican", "pier",   "pine",   "plover", "pond",    "reef",   "ridge",      "river",  "rock",
    "sail",    "sand",   "seal",   "shell",  "shoal",   "shore",  "spring",     "stone",  "storm",
    "stream",  "summit", "surf",   "tern",   "tide",    "valley", "wave",       "willow", "wren"};

}  // namespace

std::string random_name(std::uint64_t random, unsigned attempt) {
  const std::size_t first = random % std::size(kFirst);
  const std::size_t second = (random >> 24) % std::size(kSecond);
  std::string name = std::string(kFirst[first]) + "_" + std::string(kSecond[second]);
  if (attempt >= 2) name += std::to_string((random >> 48) % 10 + (attempt > 8 ? attempt : 0));
  return name;
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  // Small requests are never cut short once the pool is there; less randomness is no harm here.
  [[maybe_unused]] const auto got = getrandom(&number, sizeof number, 0);
  return number;
}

}  // namespace cove::engine
