// What a disk holds, told from a few of its bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cove::init {

inline constexpr std::string_view kDataLabel = "cove-data";
// How much of each end is looked at. The last kTail bytes of a data disk stay outside the file
// system: a mark stands there while it is being formatted, so that a cut in the middle is told from
// somebody's data.
inline constexpr std::size_t kHead = 1 << 20;
inline constexpr std::size_t kTail = 1 << 20;
inline constexpr std::string_view kFormattingMark = "cove: this disk is being formatted\n";

struct DiskContent {
  enum class Kind {
    kBlank,       // zeros: may be formatted
    kUnfinished,  // formatting was cut: may be formatted
    kCove,        // ext4 with our label
    kForeign,     // never touched
  };
  Kind kind = Kind::kForeign;
  std::string description;              // kForeign: "an XFS file system"
  bool clean = true;                    // kCove: needs no check
  std::uint64_t file_system_bytes = 0;  // kCove
};

// `head` and `tail` are the first kHead and last kTail bytes (shorter when the disk is).
DiskContent classify(std::string_view head, std::string_view tail);

}  // namespace cove::init
