// Files: bounded reads, atomic durable writes, locks that name their owner.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/fd.h"
#include "core/base/result.h"

namespace cove {

using Path = std::filesystem::path;

// Fails with kNotFound when absent and with kResourceExhausted when the file is longer than
// `max_bytes`.
Result<std::string> read_file(const Path& path, std::size_t max_bytes);

// Writes a temporary file beside `path`, fsyncs it, renames it over `path` and fsyncs the folder:
// afterwards the file holds either the old bytes or all the new ones. `mode` is exact (umask does
// not apply). A symbolic link at `path` is followed, so that a linked configuration file stays
// linked.
Result<void> write_file_atomic(const Path& path, std::string_view bytes, mode_t mode);

// Replaces a file, which gets mode 0600, without waiting for the disk: when this process dies it
// holds the old bytes or all the new ones; after a loss of power anything. For what need not
// outlive that, or is told often.
Result<void> replace_file(const Path& path, std::string_view bytes);

// All of it, to a descriptor that blocks; `path` is what an error calls it.
Result<void> write_all(int fd, std::string_view bytes, const Path& path);

// Makes `path` and missing parents with exactly `mode`. A folder that exists keeps its mode.
Result<void> make_directories(const Path& path, mode_t mode);

// Removes a file or a whole tree without following links; absent is success.
Result<void> remove_tree(const Path& path);

struct SpaceInfo {
  std::uint64_t total_bytes = 0;
  std::uint64_t available_bytes = 0;  // to an unprivileged user
};
// Of the file system that holds `path` or its nearest existing parent.
Result<SpaceInfo> disk_space(const Path& path);

// An exclusive advisory lock (F_OFD_SETLK) on a file that also says who holds it. Released by
// destruction or by the death of the process, so there are no stale locks.
class FileLock {
 public:
  struct Owner {
    pid_t pid = 0;
    std::string program;
    std::string action;
  };

  // Takes the lock and writes `action` with this process' id and name into the file; fails at once
  // with kConflict when another holds it, the cause naming the owner: "cove (process 123) is at
  // 'start'".
  static Result<FileLock> try_acquire(const Path& path, std::string_view action);
  // Removes the lock's file and lets go. A program that opened the old file meanwhile notices and
  // takes a new one.
  void remove();
  // Who holds the lock now, or nothing when it is free. Does not take it, not even for a moment.
  static std::optional<Owner> holder(const Path& path);

 private:
  FileLock(Fd fd, Path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Fd fd_;
  Path path_;
};

}  // namespace cove
