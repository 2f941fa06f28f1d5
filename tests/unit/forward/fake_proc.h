// A /proc of a test's own.
#pragma once

#include <fmt/format.h>

#include <fstream>

#include "core/base/fs.h"
#include "tests/support/temporary_folder.h"

namespace cove::test {

class FakeProc {
 public:
  FakeProc() { write("sys/net/ipv4/ip_unprivileged_port_start", "0\n"); }

  const Path& path() const { return path_; }

  void write(const std::string& name, std::string_view bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }

  // A socket as the kernel shows it: `address` "0100007F", `state` 0x0A for a listener.
  void socket(const std::string& file, const std::string& address, unsigned port, unsigned state,
              unsigned inode) {
    std::string& text = files_[file];
    if (text.empty())
      text =
          "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
          "timeout inode\n";
    text += fmt::format(
        "   0: {}:{:04X} {}:0000 {:02X} 00000000:00000000 00:00000000 00000000  1000        0 {} 1 "
        "0000000000000000 100 0 0 10 0\n",
        address, port, std::string(address.size(), '0'), state, inode);
    write("net/" + file, text);
  }

  void process(int pid, const std::string& name, unsigned inode) const {
    write(fmt::format("{}/comm", pid), name + "\n");
    const Path fds = path_ / std::to_string(pid) / "fd";
    std::filesystem::create_directories(fds);
    std::filesystem::create_symlink("/dev/null", fds / "0");
    std::filesystem::create_symlink(fmt::format("socket:[{}]", inode), fds / "3");
  }

 private:
  TemporaryFolder folder_;
  Path path_ = folder_.path();
  std::map<std::string, std::string> files_;
};

}  // namespace cove::test
