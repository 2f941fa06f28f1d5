// cove-reaper -- COMMAND [ARGUMENT...]: process 1 of a container that asked for one (docker run
// --init).
//
// The command runs as its only child, in a process group of its own that has the terminal if there
// is one. Signals are passed on to it, what loses its parent is reaped, and the command's end is
// the end: its exit code, or 128 + its signal; 127 and 126 as a shell has them when it cannot be
// run.
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace {

// What a process does to itself, and what the terminal says of process groups: not for another.
constexpr int kOwn[] = {SIGFPE,  SIGILL, SIGSEGV, SIGBUS, SIGABRT,
                        SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU};

[[noreturn]] void become(char** command, const sigset_t& mask) {
  ::setpgid(0, 0);
  // Signals are blocked still: this one's group may not be the terminal's yet.
  if (::isatty(STDIN_FILENO) == 1) ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  ::execvp(command[0], command);
  const int error = errno;
  std::fprintf(stderr, "cove-reaper: exec %s: %s\n", command[0], std::strerror(error));
  ::_exit(error == ENOENT ? 127 : 126);
}

// Whether the command has ended, after all that has ended was reaped.
bool reap(pid_t command, int& code) {
  bool ended = false;
  while (true) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid < 0 && errno == EINTR) continue;
    if (pid <= 0) return ended;
    if (pid != command) continue;
    ended = true;
    code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

}  // namespace

int main(int argc, char** argv) {
  char** command = argv + 1;
  if (argc > 1 && std::strcmp(argv[1], "--") == 0) ++command;
  if (*command == nullptr) {
    std::fputs("usage: cove-reaper -- COMMAND [ARGUMENT...]\n", stderr);
    return 2;
  }
  sigset_t waited;
  sigset_t before;
  sigfillset(&waited);
  for (const int number : kOwn) sigdelset(&waited, number);
  ::sigprocmask(SIG_SETMASK, &waited, &before);
  ::signal(SIGTTIN, SIG_IGN);
  ::signal(SIGTTOU, SIG_IGN);

  const pid_t child = ::fork();
  if (child < 0) {
    std::perror("cove-reaper: fork");
    return 126;
  }
  if (child == 0) {
    ::signal(SIGTTIN, SIG_DFL);
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    ::signal(SIGTTOU, SIG_DFL);
    become(command, before);
  }
  int code = 0;
  while (true) {
    const int number = ::sigwaitinfo(&waited, nullptr);
    if (number == SIGCHLD) {
      if (reap(child, code)) return code;
    } else if (number > 0) {
      ::kill(child, number);
    }
  }
}
