#include "core/client/kubeconfig_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/strings.h"

namespace cove::client {
namespace {

constexpr int kAttempts = 50;
constexpr auto kPause = std::chrono::milliseconds(20);

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

// When the process was started, in ticks since boot (proc(5), stat field 22); "" when there is
// none.
std::string start_time(pid_t pid) {
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid), 4096);
  if (!stat) return {};
  // The second field is a name in parentheses that may contain anything.
  const auto after_name = stat->rfind(')');
  if (after_name == std::string::npos) return {};
  const auto fields = split(std::string_view(*stat).substr(after_name + 1), ' ');
  return fields.size() > 20 ? fields[20] : "";
}

std::string signature(pid_t pid) {
  return fmt::format("cove {} {} {}\n", host_name(), pid, start_time(pid));
}

bool is_left_behind(const std::string& content) {
  const auto fields = split(trim(content), ' ');
  if (fields.size() != 4 || fields[0] != "cove" || fields[1] != host_name()) return false;
  return start_time(static_cast<pid_t>(std::atoi(fields[2].c_str()))) != fields[3];
}

// Linking a finished file makes lock and owner appear in one step; it fails with EEXIST as O_EXCL
// does.
Result<bool> try_create(const Path& lock) {
  const Path draft = fmt::format("{}.{}", lock.string(), random_hex(6));
  Fd fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return errno_error(errno, "lock", lock.string());
  const std::string content = signature(::getpid());
  const bool written =
      ::write(fd.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size());
  int error = written ? 0 : ENOSPC;
  if (written && ::link(draft.c_str(), lock.c_str()) != 0) error = errno;
  ::unlink(draft.c_str());
  if (error == EPERM || error == EOPNOTSUPP) {  // no hard links on this file system
    const Fd plain(::open(lock.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    error = plain ? 0 : errno;
  }
  if (error == EEXIST) return false;
  if (error != 0) return errno_error(error, "lock", lock.string());
  return true;
}

// Several processes may find the same dead lock: the folder's flock lets one at a time judge and
// remove.
void break_if_left_behind(const Path& lock) {
  const Path folder = lock.has_parent_path() ? lock.parent_path() : Path(".");
  const Fd guard(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!guard || ::flock(guard.get(), LOCK_EX | LOCK_NB) != 0) return;
  struct stat status {};
  if (::lstat(lock.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  const auto content = read_file(lock, 512);
  if (content && is_left_behind(*content)) ::unlink(lock.c_str());
}

}  // namespace

Result<KubeconfigLock> KubeconfigLock::acquire(const Path& kubeconfig) {
  const Path lock = kubeconfig.string() + ".lock";
  SystemClock clock;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    COVE_TRY(const bool mine, try_create(lock));
    if (mine) return KubeconfigLock(lock);
    break_if_left_behind(lock);
    if (attempt > 0) clock.sleep(kPause);
  }
  return Error{ErrorCode::kConflict, "change", kubeconfig.string(),
               fmt::format("another program is writing it ({} exists)", lock.string()),
               "If no kubectl or Cove runs, remove that lock file and try again."};
}

KubeconfigLock::~KubeconfigLock() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace cove::client
