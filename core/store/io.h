// IoHooks: the seam below the database, where tests make a disk fail and record what reached it.
#pragma once

#include <cstdint>
#include <string_view>

namespace cove::store {

enum class IoFile {
  kDatabase,  // the store's file
  kLog,       // its write-ahead log, "<store>-wal"
  kOther      // backups and temporary files
};

enum class IoOperation { kOpen, kRead, kWrite, kSync, kTruncate, kDelete };

struct IoCall {
  IoFile file = IoFile::kOther;
  IoOperation operation = IoOperation::kRead;
  std::int64_t offset = 0;  // of kRead and kWrite; the new size of kTruncate
  std::string_view bytes;   // what kWrite writes; valid during the call only
};

struct IoVerdict {
  int error = 0;      // 0 lets the call through; an errno value fails it instead
  bool torn = false;  // a failing write leaves its first half in the file, as real disks do
};

// Asked before every call that reaches the operating system for the store's files, from the store's
// own threads, several at a time. Answers must come quickly: writers wait for them.
class IoHooks {
 public:
  virtual ~IoHooks() = default;
  virtual IoVerdict before(const IoCall& call) = 0;
};

}  // namespace cove::store
