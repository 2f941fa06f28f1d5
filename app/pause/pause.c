// cove-pause: process 1 of a pod whose containers share their process namespace.
//
// "cove-pause FOLDER [PIN…]" makes one and ends when it runs: the namespace is pinned at
// FOLDER/pid, its number, as the caller counts processes, is in FOLDER/pause, and it is in the
// namespaces that are pinned at PIN…
// "/pause" is what it calls itself then: it reaps what containers leave and ends on SIGTERM.
//
// It runs as nobody, without capabilities, descriptors or environment, over an empty read-only
// root.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kNobody = 65535, kMaxPath = 4096 };

static void end(int number) {
  (void)number;
  _exit(0);
}

static void reap(int number) {
  (void)number;
  const int saved = errno;
  while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  errno = saved;
}

static void be_first(void) {
  prctl(PR_SET_NAME, "pause");
  struct sigaction action = {.sa_handler = end};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  action.sa_handler = reap;
  action.sa_flags = SA_NOCLDSTOP | SA_RESTART;
  sigaction(SIGCHLD, &action, NULL);
  for (;;) pause();
}

static int failed(const char* what) {
  const int error = errno;
  dprintf(STDERR_FILENO, "cannot %s: %s\n", what, strerror(error));
  return 1;
}

// All of the file system but an empty folder. The mounts of the machine are left for good: they
// could not be unmounted as long as somebody has a copy of them.
static const char* leave_files(const char* folder) {
  if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
    return "have mounts of its own";
  if (mount("pause", folder, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
            "size=4k,nr_inodes=2,mode=0555") != 0)
    return "mount its root";
  if (chdir(folder) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 ||
      umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
    return "enter its root";
  return NULL;
}

static const char* leave_rights(void) {
  for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;) ++capability;
  if (setgroups(0, NULL) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
      setresuid(kNobody, kNobody, kNobody) != 0)
    return "become nobody";
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return "give up new privileges";
  return NULL;
}

// Of the child, which is process 1 of the namespace. What went wrong is said through `told`.
static void become_first(const char* folder, int program, int go, int told) {
  char released = 0;
  if (read(go, &released, 1) != 1) _exit(1);
  const char* problem = leave_files(folder);
  if (problem == NULL) problem = leave_rights();
  if (problem == NULL) {
    for (int number = 0; number <= STDERR_FILENO; ++number) close(number);
    char name[] = "/pause";
    char* const arguments[] = {name, NULL};
    char* const nothing[] = {NULL};
    execveat(program, "", arguments, nothing, AT_EMPTY_PATH);
    problem = "start itself";
  }
  dprintf(told, "cannot %s: %s\n", problem, strerror(errno));
  _exit(1);
}

static int record(const char* folder, pid_t child) {
  char file[kMaxPath], source[64];
  if (snprintf(file, sizeof file, "%s/pause", folder) >= (int)sizeof file) {
    errno = ENAMETOOLONG;
    return failed("record the process");
  }
  const int number = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (number < 0 || dprintf(number, "%d\n", (int)child) < 0) return failed("record the process");
  close(number);
  snprintf(file, sizeof file, "%s/pid", folder);
  const int pin = open(file, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (pin < 0) return failed("make the pin");
  close(pin);
  snprintf(source, sizeof source, "/proc/%d/ns/pid", (int)child);
  if (mount(source, file, NULL, MS_BIND, NULL) != 0) return failed("pin the namespace");
  return 0;
}

static int make_first(const char* folder, char** pins, int count) {
  const int program = open("/proc/self/exe", O_PATH | O_CLOEXEC);
  if (program < 0) return failed("find itself");
  for (int i = 0; i < count; ++i) {
    const int pin = open(pins[i], O_RDONLY | O_CLOEXEC);
    if (pin < 0 || setns(pin, 0) != 0) return failed("enter a namespace of the pod");
    close(pin);
  }
  int go[2], told[2];
  if (pipe2(go, O_CLOEXEC) != 0 || pipe2(told, O_CLOEXEC) != 0) return failed("make a pipe");
  setsid();
  signal(SIGCHLD, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (unshare(CLONE_NEWPID | CLONE_NEWCGROUP) != 0) return failed("make the namespace");
  const pid_t child = fork();
  if (child < 0) return failed("make a process");
  if (child == 0) {
    close(go[1]);
    close(told[0]);
    become_first(folder, program, go[0], told[1]);
  }
  close(go[0]);
  close(told[1]);
  // Without the byte the child ends by itself.
  if (record(folder, child) != 0) return 1;
  if (write(go[1], "", 1) != 1) return failed("release the process");
  char problem[256];
  const ssize_t length = read(told[0], problem, sizeof problem);
  if (length == 0) return 0;
  if (length > 0) dprintf(STDERR_FILENO, "%.*s", (int)length, problem);
  return 1;
}

int main(int count, char** arguments) {
  if (count == 1 && getpid() == 1) be_first();
  if (count >= 2) return make_first(arguments[1], arguments + 2, count - 2);
  static const char usage[] = "usage: cove-pause FOLDER [NAMESPACE…]\n";
  return write(STDERR_FILENO, usage, sizeof usage - 1) < 0 ? 1 : 2;
}
