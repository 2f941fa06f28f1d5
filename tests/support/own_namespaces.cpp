#include "tests/support/own_namespaces.h"

#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace cove::test {
namespace {

constexpr const char* kInside = "COVE_TEST_INSIDE";

// Returns only when it fails.
void start_inside(int argc, char** argv) {
  ::setenv(kInside, "1", 1);
  char* const self = ::canonicalize_file_name("/proc/self/exe");
  // A shell is process 1: it reaps what containers leave, whose zombies would keep them from
  // ending.
  std::vector<std::string> words{"unshare",
                                 "--mount",
                                 "--net",
                                 "--pid",
                                 "--uts",
                                 "--ipc",
                                 "--fork",
                                 "--kill-child",
                                 "--mount-proc",
                                 "--",
                                 "/bin/sh",
                                 "-c",
                                 "\"$0\" \"$@\"; exit $?",
                                 self};
  std::free(self);
  words.insert(words.end(), argv + 1, argv + argc);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execvp("unshare", arguments.data());
  std::perror("unshare");
}

}  // namespace

std::optional<int> enter_namespaces(int argc, char** argv) {
  if (::geteuid() != 0) {
    std::puts("These tests need root; installers/dev test runs them so.");
    return 1;
  }
  if (std::getenv(kInside) == nullptr) {
    start_inside(argc, argv);
    return 1;
  }
  // crun refuses a hierarchy of its own beside the controllers of version 1.
  ::umount2("/sys/fs/cgroup/unified", MNT_DETACH);
  if (std::system("ip link set lo up") != 0) return 1;
  return std::nullopt;
}

}  // namespace cove::test
