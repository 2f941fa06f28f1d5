#include "core/os/namespaces.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>

namespace cove::os {
namespace {

Result<void> on_own_thread(const std::function<Result<void>()>& work) {
  Result<void> outcome;
  try {
    std::thread([&] { outcome = work(); }).join();
  } catch (const std::system_error& error) {
    return errno_error(error.code().value(), "start a thread for", "a namespace");
  }
  return outcome;
}

// `file` is the kind's name in /proc/<pid>/ns.
Result<void> make_namespace(const Path& pin, int kind, const char* file,
                            const std::function<Result<void>()>& inside) {
  const Fd made_file(::open(pin.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!made_file) return errno_error(errno, "make the namespace", pin.string());
  Result<void> made = on_own_thread([&]() -> Result<void> {
    if (::unshare(kind) != 0) return errno_error(errno, "make the namespace", pin.string());
    if (inside) COVE_CHECK(inside());
    const std::string source = std::string("/proc/thread-self/ns/") + file;
    if (::mount(source.c_str(), pin.c_str(), nullptr, MS_BIND, nullptr) != 0)
      return errno_error(errno, "pin the namespace", pin.string());
    return {};
  });
  if (!made) ::unlink(pin.c_str());
  return made;
}

}  // namespace

Result<void> make_network_namespace(const Path& pin, const std::function<Result<void>()>& inside) {
  return make_namespace(pin, CLONE_NEWNET, "net", inside);
}

Result<void> make_ipc_namespace(const Path& pin) {
  return make_namespace(pin, CLONE_NEWIPC, "ipc", {});
}

Result<void> make_uts_namespace(const Path& pin, const std::string& host_name) {
  return make_namespace(pin, CLONE_NEWUTS, "uts", [&]() -> Result<void> {
    if (::sethostname(host_name.data(), host_name.size()) != 0)
      return errno_error(errno, "set the host name", host_name);
    return {};
  });
}

Result<void> remove_pin(const Path& pin) {
  if (::umount2(pin.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL &&
      errno != ENOENT)
    return errno_error(errno, "unpin the namespace", pin.string());
  if (::unlink(pin.c_str()) != 0 && errno != ENOENT)
    return errno_error(errno, "remove the pin", pin.string());
  return {};
}

bool is_namespace(const Path& path) {
  struct statfs information {};
  return ::statfs(path.c_str(), &information) == 0 && information.f_type == NSFS_MAGIC;
}

Result<Fd> open_namespace(const Path& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return errno_error(errno, "open the namespace", path.string());
  struct statfs information {};
  if (::fstatfs(file.get(), &information) != 0 || information.f_type != NSFS_MAGIC) {
    return Error{ErrorCode::kInvalidArgument, "enter", path.string(), "it is no namespace", ""};
  }
  return file;
}

Result<void> in_network_namespace(const Path& path, const std::function<Result<void>()>& inside) {
  COVE_TRY(const Fd file, open_namespace(path));
  return on_own_thread([&]() -> Result<void> {
    if (::setns(file.get(), CLONE_NEWNET) != 0)
      return errno_error(errno, "enter the network namespace", path.string());
    return inside();
  });
}

}  // namespace cove::os
