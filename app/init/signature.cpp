#include "app/init/signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/strings.h"

namespace cove::init {
namespace {

bool zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

std::uint64_t little_endian(std::string_view bytes, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[offset + i])) << (8 * i);
  }
  return value;
}

struct Signature {
  std::size_t offset;
  std::string_view magic;
  std::string_view description;
};

using namespace std::string_view_literals;
constexpr std::array kSignatures{
    Signature{0, "XFSB"sv, "an XFS file system"},
    Signature{0x10040, "_BHRfS_M"sv, "a Btrfs file system"},
    Signature{0, "LUKS\xba\xbe"sv, "an encrypted (LUKS) volume"},
    Signature{512, "LABELONE"sv, "an LVM volume"},
    Signature{4086, "SWAPSPACE2"sv, "swap space"},
    Signature{4086, "SWAP-SPACE"sv, "swap space"},
    Signature{0, "QFI\xfb"sv, "a qcow2 disk image"},
    Signature{0, "hsqs"sv, "a SquashFS file system"},
    Signature{1024, "\xe2\xe1\xf5\xe0"sv, "an EROFS file system"},
    Signature{32769, "CD001"sv, "an ISO 9660 file system"},
    Signature{0x10400, "F2FS"sv, "an F2FS file system"},
    Signature{3, "NTFS    "sv, "an NTFS file system"},
    Signature{512, "EFI PART"sv, "a partition table (GPT)"},
    Signature{510, "\x55\xaa"sv, "a partition table or a FAT file system"},
};

// The superblock at 1024, by the ext4 disk layout.
constexpr std::size_t kSuper = 1024;
constexpr std::size_t kSuperSize = 1024;

std::string_view label_of(std::string_view super) {
  const std::string_view label = super.substr(0x78, 16);
  return label.substr(0, std::min(label.find('\0'), label.size()));
}

DiskContent classify_ext(std::string_view super) {
  DiskContent content;
  const std::string_view label = label_of(super);
  if (label != kDataLabel) {
    content.description = label.empty() ? "an ext file system"
                                        : fmt::format("an ext file system with the label '{}'",
                                                      escape_control(label));
    return content;
  }
  constexpr std::uint64_t kValid = 1;
  constexpr std::uint64_t kErrors = 2;
  constexpr std::uint64_t kNeedsRecovery = 4;
  constexpr std::uint64_t k64Bit = 0x80;
  const std::uint64_t state = little_endian(super, 0x3A, 2);
  const std::uint64_t incompatible = little_endian(super, 0x60, 4);
  const std::uint64_t shift = little_endian(super, 0x18, 4);
  if (shift > 6) {
    content.description = "a damaged ext4 file system";
    return content;
  }
  std::uint64_t blocks = little_endian(super, 0x04, 4);
  if ((incompatible & k64Bit) != 0) blocks |= little_endian(super, 0x150, 4) << 32;
  content.kind = DiskContent::Kind::kCove;
  content.clean =
      (state & kValid) != 0 && (state & kErrors) == 0 && (incompatible & kNeedsRecovery) == 0;
  content.file_system_bytes = blocks << (10 + shift);
  return content;
}

}  // namespace

DiskContent classify(std::string_view head, std::string_view tail) {
  DiskContent content;
  if (tail.starts_with(kFormattingMark)) {
    content.kind = DiskContent::Kind::kUnfinished;
    return content;
  }
  if (head.size() >= kSuper + kSuperSize && little_endian(head, kSuper + 0x38, 2) == 0xEF53) {
    return classify_ext(head.substr(kSuper, kSuperSize));
  }
  for (const Signature& signature : kSignatures) {
    if (head.size() < signature.offset + signature.magic.size()) continue;
    if (head.substr(signature.offset, signature.magic.size()) != signature.magic) continue;
    content.description = signature.description;
    return content;
  }
  if (!head.empty() && zero(head) && zero(tail)) {
    content.kind = DiskContent::Kind::kBlank;
    return content;
  }
  content.description = "unknown data";
  return content;
}

}  // namespace cove::init
