#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "core/base/strings.h"
#include "core/runtime/spec.h"

namespace cove::runtime {
namespace {

constexpr std::size_t kMostBytes = 4 << 20;
constexpr std::size_t kMostGroups = 4096;
constexpr std::uint32_t kLargestId = 0x7fffffff;

// A file of the root's own; "" when there is none. Links stay inside, and what is no file (a
// device, a FIFO) is not opened for reading.
Result<std::string> read_inside(const Path& root, const char* name) {
  Fd folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return errno_error(errno, "open", root.string());
  struct open_how how {};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const long opened = ::syscall(SYS_openat2, folder.get(), name, &how, sizeof how);
  Fd file(static_cast<int>(opened));
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::string();
    return errno_error(errno, "open", fmt::format("the container's /{}", name));
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return Error{ErrorCode::kInvalidArgument,
                 "read",
                 fmt::format("the container's /{}", name),
                 "it is not a regular file",
                 {}};
  }
  return read_file(fmt::format("/proc/self/fd/{}", file.get()), kMostBytes);
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

Error refuse(std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "find the user", "", std::move(cause), {}};
}

Result<std::uint32_t> checked(std::string_view text) {
  const auto value = number(text);
  if (!value || *value > kLargestId) return refuse("uids and gids must be in range 0-2147483647");
  return *value;
}

struct Group {
  std::string name;
  std::uint32_t gid = 0;
  std::vector<std::string> members;
};

std::vector<Group> groups_in(std::string_view text) {
  std::vector<Group> out;
  for (const std::string& line : split(text, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 4) continue;
    const auto gid = number(fields[2]);
    if (gid) out.push_back({fields[0], *gid, split(trim(fields[3]), ',')});
  }
  return out;
}

struct Lookup {
  UserIdentity identity;
  std::string name;  // as the file has it; empty when it has not
};

Result<Lookup> find_user(const std::string& passwd, const std::string& wanted) {
  Lookup out;
  out.identity.home = "/";
  std::optional<std::uint32_t> uid;
  if (wanted.empty()) {
    uid = 0;
  } else if (is_number(wanted)) {
    COVE_TRY(uid, checked(wanted));
  }
  for (const std::string& line : split(passwd, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 6) continue;
    const auto id = number(fields[2]);
    const auto gid = number(fields[3]);
    if (!id || !gid || *id > kLargestId || *gid > kLargestId) continue;
    // A name that looks like a number is a number.
    if (uid ? *id != *uid : fields[0] != wanted) continue;
    out.identity.uid = *id;
    out.identity.gid = *gid;
    if (fields[5].starts_with('/')) out.identity.home = fields[5];
    out.name = fields[0];
    return out;
  }
  if (!uid) {
    return refuse(fmt::format("unable to find user {}: no matching entries in passwd file",
                              escape_control(wanted)));
  }
  out.identity.uid = *uid;
  return out;
}

Result<std::uint32_t> find_group(const std::vector<Group>& groups, const std::string& wanted) {
  if (is_number(wanted)) return checked(wanted);
  for (const Group& group : groups) {
    if (group.name == wanted && group.gid <= kLargestId) return group.gid;
  }
  return refuse(fmt::format("unable to find group {}: no matching entries in group file",
                            escape_control(wanted)));
}

}  // namespace

Result<UserIdentity> resolve_user(const Path& mounted_root, const std::string& user,
                                  const std::vector<std::string>& extra_groups) {
  UserFiles files;
  COVE_TRY(files.passwd, read_inside(mounted_root, "etc/passwd"));
  COVE_TRY(files.group, read_inside(mounted_root, "etc/group"));
  return resolve_user(files, user, extra_groups);
}

Result<UserIdentity> resolve_user(const UserFiles& files, const std::string& user,
                                  const std::vector<std::string>& extra_groups) {
  const auto colon = user.find(':');
  const std::string name = user.substr(0, colon);
  const std::string group = colon == std::string::npos ? "" : user.substr(colon + 1);
  COVE_TRY(Lookup found, find_user(files.passwd, name));
  const auto groups = groups_in(files.group);
  UserIdentity& identity = found.identity;
  std::vector<std::uint32_t> more;
  if (!group.empty()) {
    COVE_TRY(identity.gid, find_group(groups, group));
  } else if (!found.name.empty()) {
    for (const Group& candidate : groups) {
      const auto& members = candidate.members;
      if (candidate.gid <= kLargestId &&
          std::find(members.begin(), members.end(), found.name) != members.end())
        more.push_back(candidate.gid);
    }
  }
  for (const std::string& extra : extra_groups) {
    COVE_TRY(const std::uint32_t gid, find_group(groups, extra));
    more.push_back(gid);
  }
  // The user's own group too: else a process could drop it to escape a file that denies the group.
  identity.groups = {identity.gid};
  for (const std::uint32_t gid : more) {
    auto& list = identity.groups;
    if (list.size() < kMostGroups && std::find(list.begin(), list.end(), gid) == list.end())
      list.push_back(gid);
  }
  return identity;
}

}  // namespace cove::runtime
