// Confines itself as the unpacking child does and says, one line each, what it still can do.
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "core/os/confined.h"

namespace {

void say(const std::string& text) {
  ::send(1, text.data(), text.size(), MSG_NOSIGNAL);
}

void tried(const char* what, bool worked) {
  say(std::string(what) + (worked ? " works" : " refused"));
}

bool opens(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

void try_what_is_forbidden(const char* outside) {
  tried("inet", ::socket(AF_INET, SOCK_STREAM, 0) >= 0);
  tried("unix", ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
  int pair[2];
  tried("pair", ::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  tried("outside", opens(outside));
  tried("proc", opens("/proc/self/status"));
  tried("dotdot", opens("../../../../../../../../etc/passwd"));
  tried("fork", ::fork() >= 0);
  char* const argv[] = {const_cast<char*>("true"), nullptr};
  tried("exec", ::execv("/bin/true", argv) == 0);
  tried("mount", ::mount("none", "/", "tmpfs", 0, nullptr) == 0);
  tried("chroot", ::chroot("/") == 0);
  tried("unshare", ::unshare(CLONE_NEWUSER) == 0);
  tried("ptrace", ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0);
  tried("kill", ::kill(::getppid(), 0) == 0);
  tried("setuid", ::setuid(1) == 0);
  tried("code", ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
                    MAP_FAILED);
  tried("gigabyte", ::mmap(nullptr, 1UL << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                           -1, 0) != MAP_FAILED);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  auto confined = cove::os::confine({argv[1]});
  if (!confined) {
    say("confine failed: " + confined.error().message());
    ::_exit(1);
  }
  say(confined->chrooted ? "chrooted" : "not chrooted");
  say(confined->privileged ? "privileged" : "not privileged");
  const int file =
      ::openat(confined->root.get(), "made", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  tried("file", file >= 0 && ::write(file, "x", 1) == 1 && ::fchmod(file, 0600) == 0);
  bool ran = false;
  std::thread([&] { ran = true; }).join();
  tried("thread", ran);
  try_what_is_forbidden(argv[2]);
  say("end");
  ::_exit(0);
}
