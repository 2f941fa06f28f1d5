// The files of resources/demo that an image of the demo is built from. For this room.
#pragma once

#include <span>
#include <string_view>

namespace cove::demo {

struct Sample {
  std::string_view name;  // "0.1/index.html"
  std::string_view bytes;
};
std::span<const Sample> samples();

}  // namespace cove::demo
