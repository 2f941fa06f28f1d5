// reaper <program> [argument…]: runs the program and at once reaps what it and its children leave behind.
//
// libvirt believes a QEMU to be alive until somebody has reaped it. On a computer that is done in no time by its first
// process; the first processes of many containers take seconds, which no test should wait for or be judged by.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t program;

static void pass_on(int number) {
  kill(program, number);
}

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: reaper <program> [argument...]\n");
    return 2;
  }
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) perror("reaper: prctl");
  program = fork();
  if (program < 0) {
    perror("reaper: fork");
    return 1;
  }
  if (program == 0) {
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    _exit(127);
  }
  signal(SIGTERM, pass_on);
  signal(SIGINT, pass_on);
  while (1) {
    int status = 0;
    const pid_t ended = wait(&status);
    if (ended < 0 && errno == EINTR) continue;
    if (ended < 0) return 1;
    if (ended == program) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}
