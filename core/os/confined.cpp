#include "core/os/confined.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>

namespace cove::os {
namespace {

// Sanitizers map terabytes of shadow, and report through standard error.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

constexpr std::array kKept{CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER,   CAP_FSETID,
                           CAP_MKNOD, CAP_SETFCAP,      CAP_SYS_ADMIN};

constexpr const char* kRemedy =
    "Hostile images must not be unpacked without; see that namespaces and seccomp are allowed.";

Error failed(int error, const char* what) {
  return errno_error(error, "confine the process", what, kRemedy);
}

struct CapabilityFree {
  void operator()(cap_t state) const { cap_free(state); }
};
using Capabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, CapabilityFree>;

bool has_all_kept() {
  const Capabilities state(cap_get_proc());
  if (!state) return false;
  for (const cap_value_t capability : kKept) {
    cap_flag_value_t value = CAP_CLEAR;
    if (cap_get_flag(state.get(), capability, CAP_EFFECTIVE, &value) != 0 || value != CAP_SET)
      return false;
  }
  return true;
}

Result<void> limit_resources(const Confinement& confinement) {
  const auto limit = [](auto resource, rlim_t value) -> Result<void> {
    rlimit now{};
    if (::getrlimit(resource, &now) != 0) return failed(errno, "its limits");
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < value) value = now.rlim_max;
    const rlimit wanted{value, value};
    if (::setrlimit(resource, &wanted) != 0) return failed(errno, "its limits");
    return {};
  };
  COVE_CHECK(limit(RLIMIT_CORE, 0));
  COVE_CHECK(limit(RLIMIT_NOFILE, confinement.descriptors));
  if (!kSanitized) COVE_CHECK(limit(RLIMIT_AS, confinement.memory_bytes));
  return {};
}

bool write_text(const char* path, const std::string& text) {
  const Fd fd(::open(path, O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// True when the process has namespaces of its own.
Result<bool> leave_namespaces(bool privileged) {
  constexpr int kNamespaces = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC;
  if (privileged) {
    if (::unshare(kNamespaces) != 0) return failed(errno, "its namespaces");
    return true;
  }
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (::unshare(CLONE_NEWUSER | kNamespaces) != 0) return false;
  write_text("/proc/self/setgroups", "deny");
  if (!write_text("/proc/self/uid_map", "0 " + std::to_string(user) + " 1") ||
      !write_text("/proc/self/gid_map", "0 " + std::to_string(group) + " 1")) {
    return failed(errno, "its user namespace");
  }
  return true;
}

Result<void> drop_capabilities() {
  const Capabilities have(cap_get_proc());
  const Capabilities kept(cap_init());
  if (!have || !kept) return failed(errno, "its capabilities");
  for (int capability = 0; capability <= cap_max_bits(); ++capability) {
    bool keep = false;
    for (const cap_value_t value : kKept) keep = keep || value == capability;
    if (!keep) {
      ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);  // only with CAP_SETPCAP, and then it works
      continue;
    }
    const auto value = static_cast<cap_value_t>(capability);
    cap_flag_value_t permitted = CAP_CLEAR;
    cap_get_flag(have.get(), value, CAP_PERMITTED, &permitted);
    cap_set_flag(kept.get(), CAP_PERMITTED, 1, &value, permitted);
    cap_set_flag(kept.get(), CAP_EFFECTIVE, 1, &value, permitted);
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (cap_set_proc(kept.get()) != 0) return failed(errno, "its capabilities");
  return {};
}

// What work on files, memory and threads needs. Descriptors are there already, so nothing here
// opens a way to another process or to the network.
constexpr std::array kAllowed{
    // files that are open
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
    SCMP_SYS(pwrite64), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(ftruncate), SCMP_SYS(fallocate),
    SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(fcntl), SCMP_SYS(dup), SCMP_SYS(copy_file_range),
    SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    // names
    SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(mkdirat), SCMP_SYS(unlinkat), SCMP_SYS(symlinkat),
    SCMP_SYS(linkat), SCMP_SYS(mknodat), SCMP_SYS(renameat), SCMP_SYS(renameat2),
    SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(fchdir), SCMP_SYS(umask),
    // what files are
    SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(fchmod), SCMP_SYS(fchmodat),
    SCMP_SYS(fchown), SCMP_SYS(fchownat), SCMP_SYS(utimensat), SCMP_SYS(fsetxattr),
    SCMP_SYS(lsetxattr), SCMP_SYS(fgetxattr), SCMP_SYS(lgetxattr), SCMP_SYS(flistxattr),
    SCMP_SYS(llistxattr), SCMP_SYS(fremovexattr), SCMP_SYS(lremovexattr),
    // memory (mmap and mprotect: below)
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise),
    // threads, time, signals of its own
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(geteuid),
    SCMP_SYS(getuid), SCMP_SYS(getegid), SCMP_SYS(getgid), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(tgkill),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom), SCMP_SYS(restart_syscall), SCMP_SYS(sysinfo), SCMP_SYS(exit),
    SCMP_SYS(exit_group)};

struct FilterFree {
  void operator()(void* context) const { seccomp_release(context); }
};

Result<void> filter_system_calls() {
  const std::unique_ptr<void, FilterFree> filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (!filter) return failed(ENOMEM, "its system calls");
  scmp_filter_ctx context = filter.get();
  int error = 0;
  const auto check = [&](int result) {
    if (result < 0 && error == 0) error = -result;
  };
  for (const int call : kAllowed) {
    if (call == __NR_SCMP_ERROR) continue;
    check(seccomp_rule_add(context, SCMP_ACT_ALLOW, call, 0));
  }
  // With these the sanitizers find out whether memory can be read.
  if (kSanitized) {
    for (const int call : {SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(readlink)})
      check(seccomp_rule_add(context, SCMP_ACT_ALLOW, call, 0));
  }
  // No memory that becomes code, so that nothing below the root can be loaded as a library.
  const scmp_arg_cmp no_code{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0};
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)})
    check(seccomp_rule_add_array(context, SCMP_ACT_ALLOW, call, 1, &no_code));
  // Threads, but no processes and no namespaces; clone3's flags cannot be looked at, and the C
  // library does without it.
  constexpr scmp_datum_t kLooked = CLONE_THREAD | CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID |
                                   CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
  const scmp_arg_cmp threads{0, SCMP_CMP_MASKED_EQ, kLooked, CLONE_THREAD};
  check(seccomp_rule_add_array(context, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &threads));
  check(seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0));
  if (error == 0) check(seccomp_load(context));
  if (error != 0) return failed(error, "its system calls");
  return {};
}

}  // namespace

Result<ConfinedChild> start_confined(const Path& program, std::vector<std::string> arguments) {
  const auto pair = [](int type) -> Result<Pipe> {
    int ends[2];
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0)
      return errno_error(errno, "create", "a pair of sockets");
    return Pipe{Fd(ends[0]), Fd(ends[1])};
  };
  COVE_TRY(Pipe input, pair(SOCK_STREAM));
  COVE_TRY(Pipe control, pair(SOCK_SEQPACKET));
  const int buffer = 1 << 20;
  ::setsockopt(input.write.get(), SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  Command command;
  command.argv = {program.string()};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.environment.emplace();
  ChildProcess::Options options;
  options.standard_input = input.read.get();
  options.standard_output = control.read.get();
  options.standard_error = kSanitized ? STDERR_FILENO : -1;
  options.die_with_parent = true;
  COVE_TRY(ChildProcess process, ChildProcess::spawn(command, options));
  return ConfinedChild{std::move(process), std::move(input.write), std::move(control.write)};
}

Result<Confined> confine(const Confinement& confinement) {
  Confined confined;
  confined.privileged = has_all_kept();
  COVE_CHECK(limit_resources(confinement));
  const pid_t parent = ::getppid();
  confined.root =
      Fd(::open(confinement.root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!confined.root) return errno_error(errno, "open", confinement.root.string());
  COVE_TRY(const bool alone, leave_namespaces(confined.privileged));
  // In a new mount namespace the folder is another mount's: it is entered by its descriptor.
  if (::fchdir(confined.root.get()) != 0)
    return errno_error(errno, "open", confinement.root.string());
  if (::chroot(".") == 0) {
    confined.chrooted = true;
  } else if (alone) {
    return failed(errno, "its root folder");
  }
  COVE_CHECK(drop_capabilities());
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed(errno, "its privileges");
  // A change of credentials has cleared it.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) return failed(ESRCH, "its parent");
  ::umask(0);
  COVE_CHECK(filter_system_calls());
  return confined;
}

}  // namespace cove::os
