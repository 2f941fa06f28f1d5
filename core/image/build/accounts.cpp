#include "core/image/build/accounts.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "core/base/strings.h"

namespace cove::image::dockerfile {
namespace {

constexpr std::size_t kMaxAccountsBytes = 4 << 20;

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() ||
      value > 0x7fffffff) {
    return std::nullopt;
  }
  return value;
}

// The third field of the line whose first one is `name`: both files have the number there.
Result<std::uint32_t> find_id(const Tree& root, const char* file, const std::string& name,
                              std::string_view id, std::string_view kind) {
  if (const auto value = number(name)) return *value;
  COVE_TRY(const auto text, root.read(file, kMaxAccountsBytes));
  std::string_view rest = text ? std::string_view(*text) : std::string_view();
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const auto fields = split(rest.substr(0, end), ':');
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (fields.size() < 3 || fields[0] != name) continue;
    if (const auto value = number(fields[2])) return *value;
  }
  return Error{ErrorCode::kInvalidArgument,
               "find the owner",
               name,
               fmt::format("unable to convert uid/gid chown string to host mapping: can't find {} "
                           "for {} {}: no such {}: {}",
                           id, kind, name, kind, name),
               {}};
}

}  // namespace

Result<Owner> find_owner(const Tree& root, const std::string& text) {
  const auto colon = text.find(':');
  const std::string user = text.substr(0, colon);
  const std::string group = colon == std::string::npos ? user : text.substr(colon + 1);
  Owner owner;
  COVE_TRY(owner.user, find_id(root, "/etc/passwd", user, "uid", "user"));
  COVE_TRY(owner.group, find_id(root, "/etc/group", group, "gid", "group"));
  return owner;
}

}  // namespace cove::image::dockerfile
