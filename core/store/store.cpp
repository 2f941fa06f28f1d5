#include "core/store/store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <deque>
#include <future>
#include <thread>

#include "core/store/backup.h"
#include "core/store/committer.h"
#include "core/store/history.h"
#include "core/store/index.h"
#include "core/store/loader.h"
#include "core/store/watch_hub.h"

namespace cove::store {
namespace {

constexpr std::string_view kCompacted = "this revision is compacted";

Error write_error(ErrorCode code, std::string_view key, std::string cause, std::string remedy) {
  return {code, "write", std::string(key), std::move(cause), std::move(remedy)};
}

std::uint64_t size_of_file(const Path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

// The same file has one name, whatever links lead to it, and the lock goes by the name.
Result<Path> full_path(const Path& path) {
  std::error_code error;
  Path full = std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
  if (error) return errno_error(error.value(), "open the store", path.string());
  return full;
}

Result<FileLock> lock_store(const Path& path) {
  const Path lock = path.string() + ".lock";
  auto held = FileLock::try_acquire(lock, "keep the store");
  if (held || held.error().code != ErrorCode::kConflict) return held;
  std::string cause = "another process has it open";
  if (const auto owner = FileLock::holder(lock); owner && owner->pid > 0) {
    cause = fmt::format("{} (process {}) has it open", owner->program, owner->pid);
  }
  return Error{ErrorCode::kConflict, "open the store", path.string(), std::move(cause),
               "Stop that process first."};
}

Result<void> make_if_absent(const Path& path, const char* vfs) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) return {};
  if (error) return errno_error(error.value(), "open the store", path.string());
  const std::string log = path.string() + "-wal";
  if (std::filesystem::exists(log, error)) {
    return corrupt_store(path, fmt::format("it is not there, but its write-ahead log {} is", log));
  }
  return LogFile::create(path, vfs);
}

class SqliteStore final : public Store {
 public:
  struct Parts {
    Path path;
    FileLock lock;
    std::unique_ptr<Vfs> vfs;
    std::unique_ptr<Limits> limits;
    std::unique_ptr<Index> index;
    History history;
    Revision revision;
    std::size_t objects;
    std::size_t bytes;
  };
  SqliteStore(Options options, Parts parts, LogFile file, LogFile checkpointer)
      : options_(std::move(options)),
        parts_(std::move(parts)),
        hub_(*parts_.limits),
        revision_(parts_.revision),
        next_revision_(parts_.revision + 1),
        self_(std::make_shared<SqliteStore*>(this)),
        committer_(
            std::move(file), std::move(checkpointer), *parts_.limits, options_.log,
            [post = options_.post, dispatch = options_.dispatch ? options_.dispatch : options_.post,
             self = std::weak_ptr(self_)](bool idle) {
              (idle ? dispatch : post)([self] {
                if (const auto store = self.lock()) (*store)->deliver();
              });
            }) {
    committer_.compact(parts_.history.oldest(), false);
  }
  // What the committer has to tell from now on is for nobody.
  ~SqliteStore() override { self_.reset(); }

  Result<void> submit(Write write, WriteCallback done) override;
  Revision next_revision() const override { return next_revision_; }
  void settle(std::function<void(Result<void>)> done) override;
  std::optional<Item> newest(std::string_view key) const override;
  Revision revision() const override { return revision_; }
  std::optional<Item> get(std::string_view key) const override;
  Result<Listing> list(const ListRequest& request) const override;
  Result<Joined> join(std::string_view prefix, Revision at) const override;
  Result<std::unique_ptr<Watch>> watch(const WatchRequest& request,
                                       std::function<void()> ready) override;
  void tick() override;
  void compact(Revision revision) override;
  void backup(const Path& path, std::function<void(Result<FileReport>)> done) override;
  Stats stats() const override;

 private:
  // A write that is not answered yet, or (at revision 0 and not refused) one who waits for those
  // before it.
  struct Pending {
    WriteCallback done;
    Written written;
    Bytes key;
    Bytes value;
    Version* version = nullptr;  // null: nothing is written
    std::optional<Error> refusal;
    std::size_t bytes = 0;
  };
  using Answers = std::vector<std::pair<WriteCallback, Result<Written>>>;

  Result<void> check_bounds(const Write& write, std::size_t bytes) const;
  static std::optional<Error> refuse(const Write& write, const Version* there);
  void accept(Write write, const Version* there, Pending& pending);
  Result<void> check_revision(Revision revision) const;
  void deliver();
  void commit_until(Revision committed, Answers& answers);
  void make_visible(Pending& pending);
  void undo_all(const Error& error, Answers& answers);
  void expire();
  void post_deliver();

  const Options options_;
  Parts parts_;
  WatchHub hub_;
  Revision revision_;
  Revision next_revision_;
  std::uint64_t epoch_ = 1;
  std::deque<Pending> pending_;
  std::size_t pending_bytes_ = 0;
  std::atomic<bool> backing_up_ = false;
  std::shared_ptr<SqliteStore*> self_;  // posted functions hold it weakly
  Committer committer_;
  std::jthread backup_;
};

Result<void> SqliteStore::check_bounds(const Write& write, std::size_t bytes) const {
  const Limits& limits = *parts_.limits;
  if (write.key.empty() || write.key.size() > limits.key_bytes) {
    return write_error(
        ErrorCode::kInvalidArgument, write.key.substr(0, 64),
        fmt::format("a key has 1 to {} bytes, not {}", limits.key_bytes, write.key.size()), {});
  }
  if (write.value && write.value->size() > limits.value_bytes) {
    return write_error(ErrorCode::kInvalidArgument, write.key,
                       fmt::format("a value has at most {} bytes, not {}", limits.value_bytes,
                                   write.value->size()),
                       {});
  }
  if (pending_.size() >= limits.pending_writes ||
      (!pending_.empty() && pending_bytes_ + bytes > limits.pending_bytes)) {
    return write_error(ErrorCode::kUnavailable, write.key,
                       fmt::format("{} writes wait for the disk", pending_.size()),
                       "Try again later.");
  }
  return {};
}

std::optional<Error> SqliteStore::refuse(const Write& write, const Version* there) {
  const Revision live = there != nullptr && there->value ? there->revision : 0;
  const bool deletes = write.value == nullptr;
  if (write.expected == 0 && live != 0) {
    return write_error(ErrorCode::kAlreadyExists, write.key,
                       fmt::format("it exists, at revision {}", live), {});
  }
  if (live == 0 && (deletes || write.expected.value_or(0) != 0)) {
    return write_error(ErrorCode::kNotFound, write.key, "it does not exist", {});
  }
  if (write.expected && *write.expected != live) {
    return write_error(ErrorCode::kConflict, write.key,
                       fmt::format("it is at revision {}, not {}", live, *write.expected),
                       "Read it again.");
  }
  return std::nullopt;
}

Result<void> SqliteStore::submit(Write write, WriteCallback done) {
  const std::size_t bytes = write.key.size() + (write.value ? write.value->size() : 0);
  COVE_CHECK(check_bounds(write, bytes));
  const Version* there = parts_.index->seek(write.key);
  Pending pending;
  pending.done = std::move(done);
  pending.bytes = bytes;
  pending.refusal = refuse(write, there);
  const bool nothing_in_flight = pending_.empty();
  if (!pending.refusal) {
    accept(std::move(write), there, pending);
  } else if (nothing_in_flight) {
    post_deliver();
  }
  pending_bytes_ += bytes;
  pending_.push_back(std::move(pending));
  return {};
}

void SqliteStore::accept(Write write, const Version* there, Pending& pending) {
  const bool live = there != nullptr && there->value;
  pending.written = {next_revision_++, live ? there->revision : 0, live ? there->value : nullptr};
  pending.value = std::move(write.value);
  const auto added = parts_.index->push(std::make_shared<const std::string>(std::move(write.key)),
                                        pending.written.revision, pending.value);
  pending.key = added.key;
  pending.version = added.version;
  const RowOperation operation = !pending.value ? RowOperation::kDelete
                                 : live         ? RowOperation::kUpdate
                                                : RowOperation::kCreate;
  committer_.submit(epoch_, Row{pending.written.revision, pending.key,
                                pending.written.previous_revision, operation, pending.value});
}

void SqliteStore::settle(std::function<void(Result<void>)> done) {
  if (pending_.empty()) return done({});
  if (auto bounded = check_bounds({"settle", nullptr, std::nullopt}, 0); !bounded)
    return done(std::move(bounded));
  Pending pending;
  pending.done = [done = std::move(done)](const Result<Written>& settled) {
    done(settled ? Result<void>() : Result<void>(settled.error()));
  };
  pending_.push_back(std::move(pending));
}

void SqliteStore::post_deliver() {
  options_.post([self = std::weak_ptr(self_)] {
    if (const auto store = self.lock()) (*store)->deliver();
  });
}

void SqliteStore::deliver() {
  const auto outcome = committer_.take_outcome();
  Answers answers;
  commit_until(outcome.committed, answers);
  if (outcome.failure && outcome.failed_epoch == epoch_) undo_all(*outcome.failure, answers);
  expire();
  hub_.notify();
  for (auto& [done, result] : answers) done(std::move(result));
}

// Answers, in order, what is durable and what was refused before anything that is not durable yet.
void SqliteStore::commit_until(Revision committed, Answers& answers) {
  while (!pending_.empty()) {
    Pending& next = pending_.front();
    if (next.refusal) {
      answers.emplace_back(std::move(next.done), std::move(*next.refusal));
    } else if (next.version == nullptr) {
      answers.emplace_back(std::move(next.done), Written{});
    } else if (next.written.revision <= committed) {
      make_visible(next);
      answers.emplace_back(std::move(next.done), std::move(next.written));
    } else {
      return;
    }
    pending_bytes_ -= next.bytes;
    pending_.pop_front();
  }
}

void SqliteStore::make_visible(Pending& pending) {
  const Written& written = pending.written;
  auto event = std::make_shared<const Event>(
      Event{written.revision,
            !pending.value                   ? EventType::kDeleted
            : written.previous_revision == 0 ? EventType::kCreated
                                             : EventType::kUpdated,
            pending.key, pending.value, written.previous_revision, written.previous});
  revision_ = written.revision;
  const std::size_t key = pending.key->size();
  if (written.previous) {
    --parts_.objects;
    parts_.bytes -= key + written.previous->size();
  }
  if (pending.value) {
    ++parts_.objects;
    parts_.bytes += key + pending.value->size();
  }
  hub_.publish(event);
  parts_.history.add(std::move(event), *pending.version, options_.clock.steady());
}

void SqliteStore::undo_all(const Error& error, Answers& answers) {
  for (auto pending = pending_.rbegin(); pending != pending_.rend(); ++pending) {
    if (pending->version != nullptr) parts_.index->pop(*pending->key, parts_.history.oldest());
  }
  for (Pending& pending : pending_) answers.emplace_back(std::move(pending.done), error);
  pending_.clear();
  pending_bytes_ = 0;
  next_revision_ = revision_ + 1;
  ++epoch_;
}

std::optional<Item> SqliteStore::newest(std::string_view key) const {
  Bytes stored;
  const Version* version = parts_.index->visible(key, next_revision_, &stored);
  if (version == nullptr) return std::nullopt;
  return Item{std::move(stored), version->revision, version->value};
}

std::optional<Item> SqliteStore::get(std::string_view key) const {
  Bytes stored;
  const Version* version = parts_.index->visible(key, revision_, &stored);
  if (version == nullptr) return std::nullopt;
  return Item{std::move(stored), version->revision, version->value};
}

Result<void> SqliteStore::check_revision(Revision revision) const {
  const std::string subject = fmt::format("revision {}", revision);
  if (revision > revision_) {
    return Error{ErrorCode::kInvalidArgument,
                 "read",
                 subject,
                 fmt::format("the newest revision is {}", revision_),
                 {}};
  }
  if (revision < parts_.history.oldest()) {
    return Error{
        ErrorCode::kUnavailable, "read", subject, std::string(kCompacted),
        fmt::format("Revisions from {} on are kept; list again.", parts_.history.oldest())};
  }
  return {};
}

Result<Listing> SqliteStore::list(const ListRequest& request) const {
  const Revision at = request.at == 0 ? revision_ : request.at;
  COVE_CHECK(check_revision(at));
  return parts_.index->list(request, at);
}

Result<Joined> SqliteStore::join(std::string_view prefix, Revision at) const {
  if (at == 0) at = revision_;
  COVE_CHECK(check_revision(at));
  return Joined{at, parts_.index->join(prefix, at)};
}

Result<std::unique_ptr<Watch>> SqliteStore::watch(const WatchRequest& request,
                                                  std::function<void()> ready) {
  COVE_CHECK(check_revision(request.after));
  return hub_.add(request, std::move(ready), parts_.history, revision_);
}

void SqliteStore::expire() {
  const Revision before = parts_.history.oldest();
  parts_.history.expire(options_.clock.steady());
  if (parts_.history.oldest() != before) committer_.compact(parts_.history.oldest(), false);
}

void SqliteStore::tick() {
  expire();
  parts_.index->age();
  committer_.retry_upkeep();
}

void SqliteStore::compact(Revision revision) {
  parts_.history.drop_until(std::min(revision, revision_));
  committer_.compact(parts_.history.oldest(), true);
}

void SqliteStore::backup(const Path& path, std::function<void(Result<FileReport>)> done) {
  const auto answer = [post = options_.post, self = std::weak_ptr(self_),
                       done = std::move(done)](Result<FileReport> result) {
    post([self, done, result = std::move(result)] {
      if (self.lock()) done(result);
    });
  };
  std::error_code error;
  if (backing_up_.exchange(true)) {
    return answer(Error{ErrorCode::kConflict, "back up the store to", path.string(),
                        "another backup is running", "Wait for it to end."});
  }
  if (std::filesystem::equivalent(path, parts_.path, error)) {
    backing_up_ = false;
    return answer(Error{ErrorCode::kInvalidArgument, "back up the store to", path.string(),
                        "it is the store itself", "Name another file."});
  }
  // The one before has ended; assigning joins it.
  backup_ = std::jthread([this, path, answer](const std::stop_token& stop) {
    auto result = backup_file(parts_.path, path, parts_.vfs->name(), stop);
    backing_up_ = false;
    answer(std::move(result));
  });
}

Stats SqliteStore::stats() const {
  const auto counters = committer_.counters();
  Stats stats;
  stats.objects = parts_.objects;
  stats.object_bytes = parts_.bytes;
  stats.revision = revision_;
  stats.oldest = parts_.history.oldest();
  stats.compacted = counters.compacted;
  stats.history_events = parts_.history.size();
  stats.history_bytes = parts_.history.bytes();
  stats.joined_bytes = parts_.index->joined_bytes();
  stats.watches = hub_.size();
  stats.watches_cut_off = hub_.cut_off();
  stats.pending_writes = pending_.size();
  stats.commits = counters.commits;
  stats.failed_commits = counters.failed_commits;
  stats.file_bytes = size_of_file(parts_.path);
  stats.log_bytes = size_of_file(parts_.path.string() + "-wal");
  return stats;
}

}  // namespace

Write Write::create(std::string key, Bytes value) {
  return {std::move(key), std::move(value), 0};
}
Write Write::put(std::string key, Bytes value) {
  return {std::move(key), std::move(value), std::nullopt};
}
Write Write::update(std::string key, Bytes value, Revision expected) {
  return {std::move(key), std::move(value), expected};
}
Write Write::remove(std::string key) {
  return {std::move(key), nullptr, std::nullopt};
}
Write Write::remove(std::string key, Revision expected) {
  return {std::move(key), nullptr, expected};
}

bool is_compacted(const Error& error) {
  return error.code == ErrorCode::kUnavailable && error.cause == kCompacted;
}

Result<std::unique_ptr<Store>> Store::open(Options options) {
  COVE_TRY(const Path path, full_path(options.path));
  COVE_TRY(FileLock lock, lock_store(path));
  auto vfs = std::make_unique<Vfs>(path, options.hooks);
  COVE_CHECK(make_if_absent(path, vfs->name()));
  COVE_CHECK(LogFile::check_identity(path));
  COVE_TRY(LogFile file, LogFile::open(path, vfs->name(), false));
  COVE_TRY(LogFile checkpointer, LogFile::open(path, vfs->name(), false));

  // The structure is walked beside the load; both only read.
  vfs->read_ahead(true);
  std::future<Result<void>> pages =
      std::async(std::launch::async, [&checkpointer] { return checkpointer.check_pages(); });
  auto limits = std::make_unique<Limits>(options.limits);
  auto index = std::make_unique<Index>(limits->joined_bytes);
  Loader loader(options.clock, *limits, path, *index, file.compacted());
  const auto loaded = loader.load(file);
  const auto structure = pages.get();
  vfs->read_ahead(false);
  COVE_CHECK(structure);
  COVE_CHECK(loaded);
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(
      std::move(options),
      SqliteStore::Parts{path, std::move(lock), std::move(vfs), std::move(limits), std::move(index),
                         loader.take_history(), loaded->revision, loader.objects(), loader.bytes()},
      std::move(file), std::move(checkpointer)));
}

Result<FileReport> Store::check(const Path& path) {
  COVE_TRY(const Path full, full_path(path));
  if (!std::filesystem::exists(full)) return errno_error(ENOENT, "check the store", full.string());
  COVE_TRY(FileLock lock, lock_store(full));
  Vfs vfs(full, nullptr);
  return check_file(full, vfs.name());
}

Result<FileReport> Store::copy(const Path& path, const Path& target) {
  COVE_TRY(const Path full, full_path(path));
  COVE_TRY(const Path to, full_path(target));
  if (!std::filesystem::exists(full)) return errno_error(ENOENT, "back up", full.string());
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    if (to == full.string() + suffix) {
      return Error{ErrorCode::kInvalidArgument, "back up the store to", to.string(),
                   "it is the store itself", "Name another file."};
    }
  }
  // Held by us, nobody opens it meanwhile; held by another, that one has checked it, and what its
  // log holds changes under any look that is not SQLite's.
  const auto lock = lock_store(full);
  if (lock) {
    COVE_CHECK(LogFile::check_identity(full));
  } else if (lock.error().code != ErrorCode::kConflict) {
    return lock.error();
  }
  Vfs vfs(full, nullptr);
  return backup_file(full, to, vfs.name(), {});
}

Result<Store::Restored> Store::restore(const Path& backup, const Path& path) {
  COVE_TRY(const Path from, full_path(backup));
  COVE_TRY(const Path full, full_path(path));
  if (from == full) {
    return Error{ErrorCode::kInvalidArgument, "restore", from.string(), "it is the store itself",
                 "Name a backup."};
  }
  COVE_TRY(FileLock lock, lock_store(full));
  return restore_file(from, full);
}

}  // namespace cove::store
