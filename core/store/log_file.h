// LogFile: the store on disk. log(rev, key, prev, op, value, sum) holds one row a revision; rows
// that a later revision at or below `compacted` replaced are gone.
//
// There is no table of current keys on the write path: the log is loaded whole at start and reads
// never come here, so such a table would only add one random page to every write. The view
// head(key, rev) shows the same to people with the sqlite3 tool.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "core/store/sqlite.h"
#include "core/store/store.h"
#include "core/store/vfs.h"

namespace cove::store {

enum class RowOperation { kCreate = 1, kUpdate = 2, kDelete = 3 };

// One revision to be written.
struct Row {
  Revision revision = 0;
  Bytes key;
  Revision previous = 0;  // the live revision it replaces; 0: none
  RowOperation operation = RowOperation::kCreate;
  Bytes value;  // null when deleted
};

// One revision read; bytes are valid during the call.
struct RowView {
  Revision revision = 0;
  std::string_view key;
  Revision previous = 0;
  RowOperation operation = RowOperation::kCreate;
  std::string_view value;
  bool compacted = false;  // at or below the compacted revision: an object, not history
};
struct Loaded {
  Revision revision = 0;
  Revision compacted = 0;
  std::size_t rows = 0;
  std::size_t base_rows = 0;  // objects at `compacted`
};

// Reads all rows in order of revision, checking each, that none is missing, and their count. Lives
// no longer than its LogFile; used by one thread at a time.
class LogReader {
 public:
  LogReader(Database& database, Path path, Statement rows, Revision compacted, std::int64_t objects)
      : database_(database),
        path_(std::move(path)),
        rows_(std::move(rows)),
        objects_(objects),
        loaded_{compacted, compacted, 0, 0} {}
  // Nothing after the last. The row's bytes are valid until the next call.
  Result<std::optional<RowView>> next();
  // What was read so far.
  const Loaded& loaded() const { return loaded_; }

 private:
  Result<void> check(const RowView& row);

  Database& database_;
  Path path_;
  Statement rows_;
  std::int64_t objects_;
  Loaded loaded_;
  bool done_ = false;
};

// Used by one thread at a time.
class LogFile {
 public:
  // Makes an empty store under `path` at once or not at all.
  static Result<void> create(const Path& path, const char* vfs);
  // What can be told of the file without opening it as a database: that it is a store of ours, of a
  // format we know, that it is not cut short and that its write-ahead log is not damaged.
  static Result<void> check_identity(const Path& path);
  static Result<LogFile> open(const Path& path, const char* vfs, bool read_only);

  Result<LogReader> read();
  // Walks the page structure of the whole file.
  Result<void> check_pages();

  // Upkeep that a transaction does besides: one slice of either.
  struct Slice {
    Revision compact_to = 0;  // compacts up to here; at most the newest revision before the rows
    int vacuum_pages = 0;     // gives up to so many free pages back to the file system
    bool empty() const { return compact_to == 0 && vacuum_pages == 0; }
  };
  // One transaction, durable when it succeeds and without effect when it fails. There are rows, or
  // a slice, or both, which cost one fsync.
  Result<void> append(std::span<const Row> rows, const Slice& slice);
  // Free pages beyond those that the next writes are left with.
  Result<std::int64_t> spare_pages();
  struct Checkpoint {
    int pages = 0;   // in the write-ahead log
    int copied = 0;  // of them, those that are in the file too
  };
  // Copies the write-ahead log into the file as far as no reader and no other checkpoint is in the
  // way. The next write starts the log anew when all of it is copied.
  Result<Checkpoint> checkpoint();
  // Pages in the write-ahead log after the last append.
  int log_pages() const { return *log_pages_; }
  Revision compacted() const { return compacted_; }
  Database& database() { return database_; }

 private:
  LogFile(Database database, Path path);
  Result<void> prepare(std::optional<Statement>& statement, std::string_view sql);
  Result<void> prepare_statements();
  Result<void> prepare_upkeep();
  Result<void> insert(const Row& row);
  Result<void> drop_replaced(Revision low, Revision high);
  Result<void> vacuum(int pages);
  Result<void> in_transaction(const std::function<Result<void>()>& body, std::string_view action);

  std::unique_ptr<int> log_pages_;  // SQLite's hook writes here
  Path path_;
  Database database_;
  std::optional<Statement> begin_, commit_, rollback_, insert_, balance_, drop_replaced_,
      drop_deleted_, note_compacted_, free_pages_, all_pages_;
  Revision compacted_ = 0;
};

// The write-ahead log beside `store`: fails with kCorrupt when bytes that were synced are damaged,
// which SQLite would take for a torn last write and leave out. Absent is fine.
Result<void> check_write_ahead_log(const Path& store);

Result<void> sync_folder_of(const Path& path);

}  // namespace cove::store
