// Store: every object of the cluster in memory, and a durable log of revisions under it.
//
// Keys are byte strings, values opaque bytes. One global revision counts committed writes (it is
// Kubernetes' resourceVersion): the first write of a store has revision 1, each next one more,
// without gaps, also across restarts and compaction.
//
// Threading: one thread (or strand) owns the Store and calls everything here; answers and
// notifications come back on it through `Options::post`. No lock is visible. Commits, checkpoints
// and backups run on the store's own threads.
//
// Durability: a write is answered after it is fsynced; all writes that arrive during one fsync
// share the next. A kill or a power cut at any moment loses no answered write. A write that was
// answered with an I/O error is not in the store, unless the machine dies before the next
// successful write: then it may be found after the restart, as with any database whose fsync fails.
//
// Visibility: writes are decided in submission order against the newest state, writes in flight
// included. Readers, lists and watches see committed state only. Answers come in submission order,
// so a write that was refused because of one in flight is answered after that one is visible, and
// fails with it if the disk refuses it.
//
// See architecture.md decisions 2 and 3, and kubernetes-api.md "Durability contract".
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "core/store/io.h"

namespace cove::store {

using Revision = std::int64_t;

// The store's file in a data directory.
inline constexpr std::string_view kFileName = "store.db";

// Shared and immutable, never null in what the store returns unless said so. A value read is the
// very pointer that was written, not a copy (until a restart).
using Bytes = std::shared_ptr<const std::string>;

struct Limits {
  std::size_t key_bytes = 2048;            // longer keys are refused
  std::size_t value_bytes = 16 << 20;      // larger values are refused
  std::size_t pending_writes = 16384;      // unanswered writes; more are refused
  std::size_t pending_bytes = 128 << 20;   // bytes of unanswered writes; more are refused
  std::size_t history_revisions = 10'000;  // events kept for watches and older lists; older go,
  std::chrono::nanoseconds history_age = std::chrono::minutes(5);  // whichever bound is reached
  std::size_t history_bytes = 64 << 20;  // first; bytes: those only the history keeps alive
  std::size_t watch_events = 8192;       // unread events of a watch; at more it is cut off
  std::size_t watch_bytes = 32 << 20;    // bytes of unread events, likewise
  std::size_t watches = 100'000;         // open watches; more are refused
  std::size_t group_writes = 512;        // writes in one fsync
  std::size_t group_bytes = 8 << 20;     // bytes in one fsync (at least one write goes)
  int compaction_slice = 32;             // revisions compacted with a group, or twice the group
  int vacuum_slice = 16;                 // pages given back with a group
  int checkpoint_pages = 2048;           // pages in the write-ahead log that start a checkpoint
  std::size_t joined_bytes = 16 << 20;   // kept for join(), beside the values themselves
};

struct Options {
  Path path;  // the file; made when absent, its folder must exist
  // Runs a function on the owner's thread, later, in the order given; called from any thread.
  std::function<void(std::function<void()>)> post;
  // The same, but at once on the calling thread where nothing runs or waits on the owner's: what a
  // lone writer is answered by then needs one thread less to wake. May be left out.
  std::function<void(std::function<void()>)> dispatch = {};
  const Clock& clock;
  Limits limits = {};
  Logger& log = null_logger();
  IoHooks* hooks = nullptr;  // outlives the store
};

struct Item {
  Bytes key;
  Revision revision = 0;  // of the write that made this value
  Bytes value;
};

struct Write {
  std::string key;
  Bytes value;  // null deletes
  // Nothing: whatever is there (but a delete needs something to delete). 0: the key must be absent.
  // Otherwise the key must be at this very revision.
  std::optional<Revision> expected;

  static Write create(std::string key, Bytes value);
  static Write put(std::string key, Bytes value);
  static Write update(std::string key, Bytes value, Revision expected);
  static Write remove(std::string key);
  static Write remove(std::string key, Revision expected);
};

struct Written {
  Revision revision = 0;
  Revision previous_revision = 0;  // 0: the key was absent
  Bytes previous;                  // null likewise
};

// kAlreadyExists: create of a present key. kNotFound: update or delete of an absent key. kConflict:
// the key is at another revision. kResourceExhausted: the disk is full (507). kInternal: the disk
// failed (500). Neither of the two needs a restart: reads go on, and writes work again once the
// disk takes them.
using WriteCallback = std::function<void(Result<Written>)>;

struct ListRequest {
  std::string prefix = {};  // keys that start with it
  std::string after = {};   // and are greater than this one; empty: from the first
  std::size_t limit = 0;    // 0: all
  Revision at = 0;          // as the store was at this revision; 0: now
  bool count_remaining = false;
};

struct Listing {
  Revision revision = 0;      // the state that is listed
  std::vector<Item> items;    // in byte order of keys
  bool more = false;          // `limit` cut it off: go on with after = the last key, at = revision
  std::size_t remaining = 0;  // items after this page when asked for
};

struct Joined {
  Revision revision = 0;      // the state that is joined
  std::vector<Bytes> values;  // each one value, or several neighbours with a comma between each two
};

enum class EventType { kCreated, kUpdated, kDeleted };

struct Event {
  Revision revision = 0;
  EventType type = EventType::kCreated;
  Bytes key;
  Bytes value;                     // null when deleted
  Revision previous_revision = 0;  // 0 when created
  Bytes previous;                  // null when created
};

struct WatchRequest {
  std::string prefix = {};
  bool whole_key = false;  // only the key that equals `prefix`
  Revision after = 0;      // every event with a greater revision comes
};

// One watcher's queue. Owner's thread only. Destruction ends the watch; it may outlive the store.
class Watch {
 public:
  virtual ~Watch() = default;
  // The oldest unread events, at most `max`, in order of revision; empty when all are read. When
  // it is, the watcher has seen everything up to Store::revision(). kResourceExhausted: it did not
  // read for too long and was cut off, what was unread is gone; kUnavailable: the store was closed.
  virtual Result<std::vector<std::shared_ptr<const Event>>> take(std::size_t max) = 0;
};

struct Stats {
  std::size_t objects = 0;
  std::size_t object_bytes = 0;  // keys and values of the current objects
  Revision revision = 0;         // newest committed
  Revision oldest = 0;           // lists at and watches after this or later revisions work
  Revision compacted = 0;        // history up to here is gone from the disk too
  std::size_t history_events = 0;
  std::size_t history_bytes = 0;
  std::size_t joined_bytes = 0;
  std::size_t watches = 0;
  std::size_t watches_cut_off = 0;
  std::size_t pending_writes = 0;
  std::uint64_t commits = 0;         // fsynced groups
  std::uint64_t failed_commits = 0;  // groups the disk refused
  std::uint64_t file_bytes = 0;      // by stat(2)
  std::uint64_t log_bytes = 0;       // of the write-ahead log
};

struct FileReport {
  Revision revision = 0;
  std::size_t objects = 0;
  std::size_t revisions = 0;  // rows, objects included
  std::uint64_t file_bytes = 0;
};

class Store {
 public:
  // Opens or makes the store; loads and checks all of it (see below). Errors, each a sentence with
  // a remedy: kConflict (another process, or another Store, has it open), kInvalidArgument (not a
  // Cove store), kUnsupported (made by a newer Cove), kCorrupt (damaged; nothing is repaired),
  // kPermissionDenied, kResourceExhausted, kInternal.
  //
  // Checked, because a store that opens must be right: the file's identity and format, its schema,
  // the page structure (SQLite's quick_check, beside the load, on its own thread), a checksum over
  // every row, that no revision is missing since the last compaction and no object before it, and
  // that each revision follows the one it says it replaced. A damaged write-ahead log is told from
  // a torn last write by what follows the damage.
  static Result<std::unique_ptr<Store>> open(Options options);

  // Reads and checks a file as open() does, without opening it for work.
  static Result<FileReport> check(const Path& path);

  // Copies the store at `path` as backup() does, whether another process has it open or nobody; in
  // that case it is kept closed meanwhile, and what check() says of its identity is an error here
  // too.
  static Result<FileReport> copy(const Path& path, const Path& target);

  struct Restored {
    FileReport report;
    Path replaced;  // where the store that was there is now; empty: there was none
  };
  // Puts a copy of `backup` in the place of the store at `path`, which nobody has open. The copy is
  // checked before anything changes, and what it replaces is kept beside it. A kill at any moment
  // leaves the old store, the new one, or a file that open() refuses and another restore() accepts.
  static Result<Restored> restore(const Path& backup, const Path& path);

  // Commits what was submitted; calls nothing back. Not from inside a callback of this store.
  virtual ~Store() = default;

  // --- Writes ---

  // Decides the write and queues it for the disk; `done` comes later, never from inside submit().
  // Fails at once, without calling `done`, on a key or value beyond the limits (kInvalidArgument),
  // on too many unanswered writes (kUnavailable: 429, to be tried again).
  virtual Result<void> submit(Write write, WriteCallback done) = 0;

  // The revision that the next write submitted and not refused gets, so that a value can contain
  // its own revision.
  virtual Revision next_revision() const = 0;

  // Calls `done` in its turn among the answers to writes: once all submitted so far are visible, at
  // once when none is in flight. With the error if the disk refuses one of them, kUnavailable at
  // too many unanswered writes. What was decided by newest() is told to nobody before that.
  virtual void settle(std::function<void(Result<void>)> done) = 0;

  // The newest state of a key, writes in flight included: what a conditional write is decided
  // against. For the read of a read-modify-write only, never to be shown to anybody.
  virtual std::optional<Item> newest(std::string_view key) const = 0;

  // --- Reads: of committed state, from memory ---

  virtual Revision revision() const = 0;
  virtual std::optional<Item> get(std::string_view key) const = 0;
  // kUnavailable with cause "compacted": `at` is older than the kept history (410 Gone).
  // kInvalidArgument: `at` is in the future.
  virtual Result<Listing> list(const ListRequest& request) const = 0;
  // The values of what list() gives for `prefix` and `at`, in that order, for who writes one after
  // the other with commas between: neighbours that are asked for again and again and do not change
  // are kept in one piece, up to Limits::joined_bytes, until nobody asks between two calls of
  // tick(). Errors as in list().
  virtual Result<Joined> join(std::string_view prefix, Revision at) const = 0;

  // `ready` is called when unread events arrive at a watch that has none, and when it is cut off.
  // Errors as in list(); kResourceExhausted at too many watches.
  virtual Result<std::unique_ptr<Watch>> watch(const WatchRequest& request,
                                               std::function<void()> ready) = 0;

  // --- Upkeep ---

  // Drops history that became too old and what was joined in vain, and lets upkeep go on that the
  // disk refused. Call it every few seconds, so that an idle store ages too.
  virtual void tick() = 0;
  // Drops history up to and including `revision` at once, in memory and then on disk in slices.
  virtual void compact(Revision revision) = 0;
  // Writes a consistent copy, readable by open(), 0600, checked and durable before it appears under
  // its name (replacing a file of that name). Writes go on meanwhile. kConflict: one is running.
  virtual void backup(const Path& path, std::function<void(Result<FileReport>)> done) = 0;
  virtual Stats stats() const = 0;
};

// Whether an error of list() or watch() means that the revision is no longer kept.
bool is_compacted(const Error& error);

}  // namespace cove::store
