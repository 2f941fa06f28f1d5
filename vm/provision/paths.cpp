#include "vm/provision/paths.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "core/base/strings.h"
#include "core/client/kubeconfig.h"

namespace cove::provision {
namespace {

Result<Path> home_directory(const Environment& environment) {
  if (auto home = environment("HOME"); home && !home->empty()) return Path(*home);
  passwd entry{};
  passwd* found = nullptr;
  std::string buffer(16384, '\0');
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr) {
    return Path(entry.pw_dir);
  }
  return Error{ErrorCode::kNotFound, "find", "the home folder",
               "HOME is not set and the account has none", "Set HOME."};
}

// XDG: a relative path in the variable is to be ignored.
Path base_directory(const Environment& environment, const std::string& variable,
                    const Path& otherwise) {
  if (auto value = environment(variable); value && !value->empty() && Path(*value).is_absolute()) {
    return *value;
  }
  return otherwise;
}

Result<Path> private_directory(const Path& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return errno_error(errno, "create the folder", path.string());
  }
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return errno_error(errno, "look at", path.string());
  if (!S_ISDIR(info.st_mode) || info.st_uid != ::getuid() || (info.st_mode & 0077) != 0) {
    return Error{ErrorCode::kPermissionDenied, "use the folder", path.string(),
                 "it is not a folder that only this account may enter",
                 "Remove it, or set XDG_RUNTIME_DIR to a private folder of yours (mode 0700)."};
  }
  return path;
}

}  // namespace

Result<Paths> default_paths(const Environment& environment) {
  COVE_TRY(const Path home, home_directory(environment));
  Paths paths;
  paths.data = base_directory(environment, "XDG_DATA_HOME", home / ".local" / "share") / "cove";
  paths.cache = base_directory(environment, "XDG_CACHE_HOME", home / ".cache") / "cove";
  paths.config = base_directory(environment, "XDG_CONFIG_HOME", home / ".config") / "cove";
  paths.session = base_directory(environment, "XDG_RUNTIME_DIR", {});
  if (paths.session.empty()) {
    COVE_TRY(paths.session, private_directory(fmt::format("/tmp/cove-runtime-{}", ::getuid())));
  }
  paths.runtime = paths.session / "cove";
  paths.kubeconfig = client::kubeconfig_path(environment("KUBECONFIG"), home);
  return paths;
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
}

void export_session(const Paths& paths) {
  ::setenv("XDG_RUNTIME_DIR", paths.session.c_str(), 0);
}

Result<void> check_profile_name(const std::string& profile) {
  const auto fail = [&](std::string cause) {
    return Error{ErrorCode::kInvalidArgument, "use the profile name",
                 fmt::format("'{}'", escape_control(profile)), std::move(cause),
                 "Choose a name such as 'cove' or 'team-a'."};
  };
  if (profile.empty()) return fail("it is empty");
  if (profile.size() > 30) return fail("it is longer than 30 characters");
  if (profile.front() < 'a' || profile.front() > 'z')
    return fail("it does not start with a lowercase letter");
  if (profile.back() == '-') return fail("it ends with '-'");
  for (const char c : profile) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    if (!allowed) return fail("only lowercase letters, digits and '-' are allowed");
  }
  return {};
}

}  // namespace cove::provision
