// A test program in namespaces of its own, for coved beside nobody's network and processes.
#pragma once

#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace cove::ui::test {

// Of main(), as root: starts this program anew inside of them and does not return, or prepares what
// is there once it runs inside. False: it could not, and says why.
inline bool enter_own_namespaces(int argc, char** argv) {
  constexpr const char* kInside = "COVE_UI_INSIDE";
  if (::geteuid() != 0) {
    std::puts("This test needs root; installers/dev test runs it so.");
    return false;
  }
  if (std::getenv(kInside) != nullptr) {
    // crun refuses a hierarchy of its own beside the controllers of version 1.
    ::umount2("/sys/fs/cgroup/unified", MNT_DETACH);
    return std::system("ip link set lo up") == 0;
  }
  ::setenv(kInside, "1", 1);
  char* const self = ::canonicalize_file_name("/proc/self/exe");
  // A shell is process 1: it reaps what containers leave.
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
  return false;
}

}  // namespace cove::ui::test
