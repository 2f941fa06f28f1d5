// What tests with real containers stand on: a host of their own (mounts, control groups below a
// name of their own, folders on a short path) and a root file system with busybox. Needs root.
#pragma once

#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/base/fs.h"
#include "core/base/strings.h"
#include "core/os/cgroup.h"
#include "core/runtime/spec.h"
#include "tests/support/temporary_folder.h"

namespace cove::test {

// Gives this process mounts of its own; on a host with both versions of control groups version 2
// goes, because crun 1.8 refuses such hosts. Call it first in main(), before any thread. Without
// root, or where it is not allowed, nothing happens and can_run_containers() is false.
inline bool& can_run_containers() {
  static bool can = false;
  return can;
}
inline void prepare_container_host() {
  // Process 1 of the test's namespace has to reap what containers leave: a zombie in a container's
  // namespace keeps the container from ending.
  if (::getpid() == 1) {
    const pid_t child = ::fork();
    int status = 0;
    while (child > 0) {
      const pid_t ended = ::waitpid(-1, &status, 0);
      if (ended == child) ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 255);
    }
  }
  if (::geteuid() != 0 || ::unshare(CLONE_NEWNS) != 0) return;
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
  ::umount2("/sys/fs/cgroup/unified", MNT_DETACH);
  can_run_containers() = true;
}

// A condition with a bound. The bound is for a machine that is very busy.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::seconds bound = std::chrono::seconds(60)) {
  const auto deadline = std::chrono::steady_clock::now() + bound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// A layer with busybox, its applets that tests use, and the files every root has.
inline void make_busybox_layer(const Path& folder) {
  namespace fs = std::filesystem;
  for (const char* name : {"bin", "etc", "proc", "sys", "dev", "root", "home", "var"})
    fs::create_directories(folder / name);
  fs::create_directories(folder / "tmp");
  ::chmod((folder / "tmp").c_str(), 01777);
  fs::copy_file("/bin/busybox", folder / "bin/busybox");
  for (const char* applet :
       {"sh",   "cat",   "echo",  "sleep",  "true",      "false",  "ls",       "id",
        "kill", "ps",    "env",   "grep",   "head",      "tail",   "wc",       "tty",
        "stty", "touch", "rm",    "mkdir",  "mount",     "umount", "hostname", "ip",
        "ping", "nc",    "httpd", "wget",   "seq",       "dd",     "sed",      "cut",
        "sort", "test",  "chown", "chmod",  "ln",        "stat",   "sync",     "trap",
        "yes",  "find",  "pwd",   "date",   "uname",     "whoami", "nslookup", "printf",
        "mv",   "cp",    "tar",   "mkfifo", "sha256sum", "ulimit", "top",      "df",
        "od",   "tee",   "tr",    "xargs"}) {
    std::error_code error;
    fs::create_symlink("busybox", folder / "bin" / applet, error);
  }
  const auto write = [&](const char* name, std::string_view text) {
    if (auto written = write_file_atomic(folder / "etc" / name, text, 0644); !written)
      throw std::runtime_error(written.error().message());
  };
  write("passwd",
        "root:x:0:0:root:/root:/bin/sh\n"
        "app:x:1000:1000:app:/home:/bin/sh\n"
        "nobody:x:65534:65534:nobody:/:/bin/false\n");
  write("group", "root:x:0:\napp:x:1000:\nwww:x:33:app\nnogroup:x:65534:\n");
}

// Folders and control groups of a test; what is left of them goes with it.
class ContainerHost {
 public:
  ContainerHost() : cgroup_root_("covetest-" + random_hex(4)) {
    ::chmod(folder_.path().c_str(), 0711);
    // Overlays do not stand on every temporary folder (which may be one itself).
    if (::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "mode=0711") != 0)
      throw std::runtime_error("cannot mount a tmpfs");
    make_busybox_layer(busybox());
  }
  ContainerHost(const ContainerHost&) = delete;
  ContainerHost& operator=(const ContainerHost&) = delete;
  ~ContainerHost() {
    for (const pid_t pid : processes()) ::kill(pid, SIGKILL);
    if (auto groups = os::Cgroups::find()) (void)(*groups)->remove("/" + cgroup_root_);
    ::umount2(folder_.path().c_str(), MNT_DETACH);
  }

  Path directory() const { return folder_.path() / "d"; }
  Path run() const { return folder_.path() / "r"; }
  Path busybox() const { return folder_.path() / "busybox"; }
  Path folder() const { return folder_.path(); }
  const std::string& cgroup_root() const { return cgroup_root_; }

  // Every process whose command line names our folder: conmon, crun.
  std::vector<pid_t> processes() const {
    std::vector<pid_t> pids;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
      const std::string name = entry.path().filename();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      const auto line = read_file(entry.path() / "cmdline", 1 << 20);
      const auto pid = static_cast<pid_t>(std::stol(name));
      if (line && line->find(run().string()) != std::string::npos && pid != ::getpid())
        pids.push_back(pid);
    }
    return pids;
  }
  // Mount points below our folder.
  std::vector<std::string> mounts() const {
    std::vector<std::string> points;
    const auto text = read_file("/proc/self/mountinfo", 16 << 20);
    for (const std::string& line : split(text ? *text : "", '\n')) {
      const auto words = split(line, ' ');
      if (words.size() > 5 && words[4].starts_with(directory().string() + "/"))
        points.push_back(words[4]);
    }
    return points;
  }
  // Groups below our own, without that of the monitors.
  std::vector<std::string> groups() const {
    auto cgroups = os::Cgroups::find();
    if (!cgroups) return {};
    auto names = (*cgroups)->children("/" + cgroup_root_);
    std::erase(names, "monitors");
    return names;
  }

 private:
  TemporaryFolder folder_;
  std::string cgroup_root_;
};

// A container of busybox with Docker's defaults and namespaces of its own.
inline runtime::ContainerSpec busybox_container(const ContainerHost& host, const std::string& id,
                                                std::vector<std::string> args) {
  runtime::ContainerSpec spec;
  spec.id = id;
  spec.root.lower = {host.busybox()};
  spec.process.args = std::move(args);
  spec.process.env = {"PATH=/bin", "HOME=/root"};
  spec.security.capabilities = runtime::default_capabilities();
  spec.security.masked_paths = runtime::default_masked_paths();
  spec.security.read_only_paths = runtime::default_read_only_paths();
  spec.hostname = id.substr(0, 12);
  spec.log.file = host.folder() / "logs" / (id + ".log");
  return spec;
}

}  // namespace cove::test
