// Loader: fills the index and the history from the file.
#pragma once

#include "core/store/history.h"
#include "core/store/log_file.h"

namespace cove::store {

// Checks that each revision follows the one that it says it replaces. Used once, by one thread;
// what it is made with outlives it.
class Loader {
 public:
  Loader(const Clock& clock, const Limits& limits, const Path& path, Index& index,
         Revision compacted)
      : path_(path), now_(clock.steady()), index_(index), history_(index, limits, compacted) {}

  // Adds all rows of `file`: one thread reads and checks while this one makes objects of them.
  Result<Loaded> load(LogFile& file);
  History take_history() { return std::move(history_); }
  std::size_t objects() const { return objects_; }
  std::size_t bytes() const { return bytes_; }

 private:
  // Rows whose bytes lie behind each other: this thread makes its own copies, so that all memory
  // that stays is allocated in one place.
  struct Batch {
    struct Part {
      RowView row;  // without bytes
      std::size_t key_bytes;
      std::size_t value_bytes;
    };
    std::string bytes;
    std::vector<Part> parts;
  };
  // Compacted objects of one batch in order of keys. Those rows are in order of revision in the
  // file, and to look up each key in a large index would cost more than all else: they are sorted
  // in small runs, and the index is made from a merge of all.
  struct Run {
    struct Object {
      std::size_t key_end;  // in `keys`, where the key of the one before ends
      Revision revision;
      Bytes value;
    };
    std::string keys;
    std::vector<Object> objects;
    std::size_t next = 0;
    std::size_t key_begin = 0;

    std::string_view key() const {
      return std::string_view(keys).substr(key_begin, objects[next].key_end - key_begin);
    }
  };

  static Result<Batch> read_batch(LogReader& rows, Batch reused);
  Result<void> add_batch(const Batch& batch);
  Result<void> keep_run(std::vector<RowView>& rows);
  Result<void> merge_runs();
  Result<void> add(const RowView& row);
  Error not_following(Revision revision) const;

  const Path& path_;
  const SteadyTime now_;
  Index& index_;
  History history_;
  std::vector<Run> runs_;
  std::vector<RowView> scratch_;
  std::size_t objects_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace cove::store
