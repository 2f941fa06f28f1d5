// Owners by name, looked up in an image's own /etc/passwd and /etc/group.
#pragma once

#include <cstdint>
#include <string>

#include "core/image/build/tree.h"

namespace cove::image::dockerfile {

struct Owner {
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  bool operator==(const Owner&) const = default;
};

// "app", "app:staff", "1000", "1000:100": as `--chown` takes it. Without a group the group is the
// one called as the user, or of the user's number. kInvalidArgument in Docker's wording.
Result<Owner> find_owner(const Tree& root, const std::string& text);

}  // namespace cove::image::dockerfile
