// The file layer that SQLite runs on: the operating system's, with IoHooks asked before each call,
// and a write-ahead log that grows in large zeroed steps.
#pragma once

#include <memory>
#include <string>

#include "core/base/fs.h"
#include "core/store/io.h"

namespace cove::store {

// Registered with SQLite under its own name while it lives. Outlives every connection on it.
class Vfs {
 public:
  // `database` tells the store's own files from others. `hooks` may be null.
  Vfs(const Path& database, IoHooks* hooks);
  Vfs(const Vfs&) = delete;
  Vfs& operator=(const Vfs&) = delete;
  ~Vfs();
  const char* name() const;
  // While on, reads of the database that go forward fetch far more than they were asked for. For
  // times in which nobody writes to it.
  void read_ahead(bool on);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cove::store
