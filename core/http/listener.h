// Sockets that connections come in by. Private to this room.
#pragma once

#include <sys/stat.h>

#include "core/base/fd.h"
#include "core/base/fs.h"

namespace cove::http {

// Non-blocking. `absent_too`: also on an address that this machine does not have (yet).
Result<Fd> listen_tcp(const std::string& address, std::uint16_t port, bool absent_too = false);
std::uint16_t port_of(const Fd& listener);

// The file of a unix socket, removed with this if it is still the same one.
class SocketFile {
 public:
  SocketFile(Path path, const struct stat& made)
      : path_(std::move(path)), device_(made.st_dev), inode_(made.st_ino) {}
  ~SocketFile();
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

 private:
  Path path_;
  dev_t device_;
  ino_t inode_;
};

struct UnixListener {
  Fd fd;  // non-blocking
  std::unique_ptr<SocketFile> file;
};
Result<UnixListener> listen_unix_socket(const Path& path);

struct Accepted {
  Fd fd;               // non-blocking; -1 with `failure` 0 when nobody waits
  int failure = 0;     // errno
  std::string local;   // "127.0.0.1:6443"; empty for a unix socket
  std::string remote;  // likewise
};
Accepted accept_one(int listener);

}  // namespace cove::http
