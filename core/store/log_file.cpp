#include "core/store/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <vector>

#include "core/store/empty_store.h"

namespace cove::store {
namespace {

constexpr std::int64_t kApplicationId = 0x436f7645;  // "CovE"
constexpr std::int64_t kFormat = 1;                  // user_version
constexpr int kPageBytes = 4096;
constexpr std::string_view kWriteAction = "write to the store";
constexpr std::string_view kOpenAction = "open the store";
constexpr std::string_view kCompactAction = "compact the store";
constexpr std::string_view kShrinkAction = "shrink the store";

constexpr const char* kLogTable =
    "CREATE TABLE log(rev INTEGER PRIMARY KEY, key BLOB NOT NULL, prev INTEGER NOT NULL, "
    "op INTEGER NOT NULL, value BLOB, sum INTEGER NOT NULL)";
constexpr const char* kMetaTable =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID";
constexpr const char* kHeadView =
    "CREATE VIEW head AS SELECT key, rev FROM (SELECT key, max(rev) AS rev, op FROM log GROUP BY "
    "key) WHERE op<>3";

// Every change of one 8-byte word changes the sum for certain (each step is a bijection), more
// changes with a probability of 1 - 2^-64.
class Checksum {
 public:
  void add(std::uint64_t word) {
    state_ = (state_ ^ word) * 0x9fb21c651e98df25ULL;
    state_ ^= state_ >> 32;
  }
  void add(std::string_view bytes) {
    add(bytes.size());
    while (bytes.size() >= sizeof(std::uint64_t)) {
      add(word(bytes.data(), sizeof(std::uint64_t)));
      bytes.remove_prefix(sizeof(std::uint64_t));
    }
    if (!bytes.empty()) add(word(bytes.data(), bytes.size()));
  }
  std::int64_t value() const { return static_cast<std::int64_t>(state_); }

 private:
  static_assert(std::endian::native == std::endian::little, "stored sums are little-endian");
  static std::uint64_t word(const char* data, std::size_t size) {
    std::uint64_t value = 0;
    std::memcpy(&value, data, size);
    return value;
  }
  std::uint64_t state_ = 0x51c0e5eedULL;
};

std::int64_t checksum(Revision revision, std::string_view key, Revision previous,
                      RowOperation operation, std::string_view value) {
  Checksum sum;
  sum.add(static_cast<std::uint64_t>(revision));
  sum.add(static_cast<std::uint64_t>(previous));
  sum.add(static_cast<std::uint64_t>(operation));
  sum.add(key);
  sum.add(value);
  return sum.value();
}

Error not_a_store(const Path& path, std::string cause) {
  return {ErrorCode::kInvalidArgument, "open the store", path.string(), std::move(cause),
          "Nothing was changed. Name another file, or move this one away."};
}

std::uint32_t big_endian(const unsigned char* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
         static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3];
}

Result<void> write_empty(const Path& temporary, const char* vfs) {
  constexpr std::string_view kAction = "make the store";
  constexpr std::array<std::string_view, 2> kNumbers{"compacted", "objects"};
  const std::array<EmptyObject, 3> objects{EmptyObject{"table", "log", kLogTable},
                                           EmptyObject{"table", "meta", kMetaTable, kNumbers},
                                           EmptyObject{"view", "head", kHeadView}};
  const std::string bytes = make_empty_store({kPageBytes, kApplicationId, kFormat}, objects);
  COVE_TRY(Database database, Database::open(temporary, SQLITE_OPEN_READWRITE, vfs, kAction));
  sqlite3_file* file = nullptr;
  int code = ::sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (code == SQLITE_OK)
    code = file->pMethods->xWrite(file, bytes.data(), static_cast<int>(bytes.size()), 0);
  if (code == SQLITE_OK) code = file->pMethods->xSync(file, SQLITE_SYNC_FULL);
  return code == SQLITE_OK ? Result<void>() : database.error(code, kAction);
}

Result<void> check_schema(Database& database, const Path& path) {
  constexpr std::string_view kAction = "open the store";
  COVE_TRY(const std::int64_t application, database.integer("PRAGMA application_id", kAction));
  COVE_TRY(const std::int64_t format, database.integer("PRAGMA user_version", kAction));
  if (application != kApplicationId) return not_a_store(path, "it is not a store of Cove");
  if (format != kFormat)
    return corrupt_store(path, fmt::format("its format {} is unknown", format));
  // Sorted here: the statement that also sorts takes longer to compile than all others of opening.
  COVE_TRY(Statement rows, database.prepare("SELECT sql FROM sqlite_schema", kAction));
  std::vector<std::string> schema;
  int code = SQLITE_OK;
  while ((code = rows.step()) == SQLITE_ROW) {
    if (const std::string_view sql = rows.bytes(0); !sql.empty()) schema.emplace_back(sql);
  }
  if (code != SQLITE_DONE) return database.error(code, kAction);
  std::ranges::sort(schema);
  if (schema != std::vector<std::string>{kLogTable, kMetaTable, kHeadView}) {
    return corrupt_store(path, "its tables are not the store's");
  }
  return {};
}

}  // namespace

Result<void> sync_folder_of(const Path& path) {
  const Path folder = path.has_parent_path() ? path.parent_path() : Path(".");
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno_error(errno, "open", folder.string());
  if (::fsync(fd.get()) != 0) return errno_error(errno, "sync", folder.string());
  return {};
}

Result<void> LogFile::create(const Path& path, const char* vfs) {
  // A leftover of a creation that was killed; the caller's lock says that nobody is at it.
  const Path temporary = path.string() + ".new";
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    ::unlink((temporary.string() + suffix).c_str());
  }
  {
    Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return errno_error(errno, "make the store", path.string());
  }
  const auto finish = [&]() -> Result<void> {
    COVE_CHECK(write_empty(temporary, vfs));
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
      return errno_error(errno, "make the store", path.string());
    }
    return sync_folder_of(path);
  };
  auto result = finish();
  if (!result) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
      ::unlink((temporary.string() + suffix).c_str());
    }
  }
  return result;
}

Result<void> LogFile::check_identity(const Path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error(errno, "open the store", path.string());
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return errno_error(errno, "open the store", path.string());
  if (!S_ISREG(info.st_mode)) return not_a_store(path, "it is not a file");
  std::array<unsigned char, 100> header{};
  const ssize_t n = ::pread(fd.get(), header.data(), header.size(), 0);
  if (n < 0) return errno_error(errno, "open the store", path.string());
  if (n == 0) return not_a_store(path, "the file is empty");
  if (n < static_cast<ssize_t>(header.size()) ||
      std::memcmp(header.data(), "SQLite format 3", 16) != 0) {
    return not_a_store(path, "it is not a store of Cove");
  }
  if (big_endian(&header[68]) != kApplicationId) {
    return not_a_store(path, "it is a database of another program");
  }
  const std::uint32_t format = big_endian(&header[60]);
  if (format > kFormat) {
    return Error{
        ErrorCode::kUnsupported, "open the store", path.string(),
        fmt::format("it has format {}, and this version knows formats up to {}", format, kFormat),
        "Use the version of Cove that wrote it, or a newer one."};
  }
  const bool has_log = ::access((path.string() + "-wal").c_str(), F_OK) == 0;
  const std::uint64_t claimed = std::uint64_t{big_endian(&header[28])} * kPageBytes;
  if (!has_log && claimed > static_cast<std::uint64_t>(info.st_size)) {
    return corrupt_store(path,
                         fmt::format("it is cut short: {} bytes of {}", info.st_size, claimed));
  }
  return check_write_ahead_log(path);
}

LogFile::LogFile(Database database, Path path)
    : log_pages_(std::make_unique<int>(0)), path_(std::move(path)), database_(std::move(database)) {
  const auto hook = [](void* context, sqlite3*, const char*, int pages) {
    *static_cast<int*>(context) = pages;
    return SQLITE_OK;
  };
  ::sqlite3_wal_hook(database_.handle(), hook, log_pages_.get());
}

Result<LogFile> LogFile::open(const Path& path, const char* vfs, bool read_only) {
  constexpr std::string_view kAction = "open the store";
  COVE_TRY(
      Database database,
      Database::open(path, read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE, vfs, kAction));
  LogFile file(std::move(database), path);
  // Checkpoints run when we say, a log that grew beyond 16 MiB is cut when it starts anew.
  COVE_CHECK(
      file.database_.execute("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; "
                             "PRAGMA journal_size_limit=16777216; PRAGMA cell_size_check=ON;"
                             "PRAGMA trusted_schema=OFF; PRAGMA cache_size=-4096",
                             kAction));
  // The pragma replaces the hook.
  const auto hook = [](void* context, sqlite3*, const char*, int pages) {
    *static_cast<int*>(context) = pages;
    return SQLITE_OK;
  };
  ::sqlite3_wal_hook(file.database_.handle(), hook, file.log_pages_.get());
  COVE_CHECK(check_schema(file.database_, path));
  if (!read_only) {
    // Backups arrive in rollback mode, where a commit needs no other file.
    COVE_TRY(const std::string mode, file.database_.text("PRAGMA journal_mode=WAL", kAction));
    if (mode != "wal") return corrupt_store(path, "its journal mode cannot be set");
    COVE_CHECK(file.prepare_statements());
  }
  COVE_TRY(file.compacted_,
           file.database_.integer("SELECT value FROM meta WHERE name='compacted'", kAction));
  return file;
}

Result<void> LogFile::prepare(std::optional<Statement>& statement, std::string_view sql) {
  COVE_TRY(Statement prepared, database_.prepare(sql, "open the store"));
  statement.emplace(std::move(prepared));
  return {};
}

Result<void> LogFile::prepare_statements() {
  COVE_CHECK(prepare(begin_, "BEGIN IMMEDIATE"));
  COVE_CHECK(prepare(commit_, "COMMIT"));
  COVE_CHECK(prepare(rollback_, "ROLLBACK"));
  return prepare(insert_, "INSERT INTO log VALUES(?1,?2,?3,?4,?5,?6)");
}

// When they are needed first: compiling them is a good part of opening a small store.
Result<void> LogFile::prepare_upkeep() {
  if (all_pages_) return {};
  COVE_CHECK(prepare(balance_,
                     "SELECT count(*), coalesce(sum(op=1),0)-coalesce(sum(op=3),0) FROM log "
                     "WHERE rev>?1 AND rev<=?2"));
  COVE_CHECK(prepare(drop_replaced_,
                     "DELETE FROM log WHERE rev IN (SELECT prev FROM log WHERE rev>?1 AND rev<=?2 "
                     "AND prev>0)"));
  COVE_CHECK(prepare(drop_deleted_, "DELETE FROM log WHERE rev>?1 AND rev<=?2 AND op=3"));
  COVE_CHECK(prepare(note_compacted_,
                     "UPDATE meta SET value=iif(name='objects',value+?2,?1) WHERE name IN "
                     "('compacted','objects')"));
  COVE_CHECK(prepare(free_pages_, "PRAGMA freelist_count"));
  return prepare(all_pages_, "PRAGMA page_count");
}

Result<void> LogFile::in_transaction(const std::function<Result<void>()>& body,
                                     std::string_view action) {
  COVE_CHECK(database_.run(*begin_, action));
  auto result = body();
  if (result) result = database_.run(*commit_, action);
  // Some failures roll back by themselves.
  if (!result && ::sqlite3_get_autocommit(database_.handle()) == 0) {
    (void)database_.run(*rollback_, action);
  }
  return result;
}

Result<void> LogFile::insert(const Row& row) {
  const std::string_view value = row.value ? std::string_view(*row.value) : "";
  insert_->bind(1, row.revision).bind(2, *row.key).bind(3, row.previous);
  insert_->bind(4, static_cast<std::int64_t>(row.operation));
  if (row.value) insert_->bind(5, value);
  insert_->bind(6, checksum(row.revision, *row.key, row.previous, row.operation, value));
  return database_.run(*insert_, kWriteAction);
}

Result<void> LogFile::append(std::span<const Row> rows, const Slice& slice) {
  const auto body = [&]() -> Result<void> {
    for (const Row& row : rows) COVE_CHECK(insert(row));
    if (slice.compact_to > compacted_) COVE_CHECK(drop_replaced(compacted_, slice.compact_to));
    return slice.vacuum_pages > 0 ? vacuum(slice.vacuum_pages) : Result<void>();
  };
  COVE_CHECK(in_transaction(body, rows.empty() ? kCompactAction : kWriteAction));
  compacted_ = std::max(compacted_, slice.compact_to);
  return {};
}

Result<LogReader> LogFile::read() {
  COVE_TRY(
      Statement rows,
      database_.prepare("SELECT rev,key,prev,op,value,sum FROM log ORDER BY rev", kOpenAction));
  COVE_TRY(const std::int64_t objects,
           database_.integer("SELECT value FROM meta WHERE name='objects'", kOpenAction));
  return LogReader(database_, path_, std::move(rows), compacted_, objects);
}

Result<std::optional<RowView>> LogReader::next() {
  if (done_) return std::optional<RowView>();
  const int code = rows_.step();
  if (code == SQLITE_ROW) {
    RowView row{rows_.integer(0), rows_.bytes(1),
                rows_.integer(2), static_cast<RowOperation>(rows_.integer(3)),
                rows_.bytes(4),   false};
    row.compacted = row.revision <= loaded_.compacted;
    COVE_CHECK(check(row));
    return std::optional<RowView>(row);
  }
  if (code != SQLITE_DONE) return database_.error(code, kOpenAction);
  if (static_cast<std::int64_t>(loaded_.base_rows) != objects_) {
    return corrupt_store(path_, fmt::format("{} objects should have been there at revision {}, "
                                            "and {} are",
                                            objects_, loaded_.compacted, loaded_.base_rows));
  }
  done_ = true;
  return std::optional<RowView>();
}

Result<void> LogReader::check(const RowView& row) {
  const bool deleted = row.operation == RowOperation::kDelete;
  if (checksum(row.revision, row.key, row.previous, row.operation, row.value) != rows_.integer(5) ||
      deleted != (rows_.type(4) == SQLITE_NULL)) {
    return corrupt_store(path_, fmt::format("revision {} is damaged", row.revision));
  }
  ++loaded_.rows;
  if (row.compacted) {
    ++loaded_.base_rows;
  } else if (row.revision != ++loaded_.revision) {
    return corrupt_store(path_, fmt::format("revision {} is missing", loaded_.revision));
  }
  return {};
}

Result<void> LogFile::check_pages() {
  constexpr std::string_view kAction = "open the store";
  constexpr std::string_view kCode = "error code=";
  COVE_TRY(const std::string verdict, database_.text("PRAGMA quick_check(1)", kAction));
  if (verdict == "ok") return {};
  // A page that the disk did not give is reported like one that is damaged.
  if (const auto place = verdict.find(kCode); place != std::string::npos) {
    const int code = std::atoi(verdict.c_str() + place + kCode.size());
    if ((code & 0xff) != SQLITE_CORRUPT) return database_.error(code, kAction);
  }
  return corrupt_store(path_, "its pages are damaged: " + verdict);
}

Result<void> LogFile::drop_replaced(Revision low, Revision high) {
  COVE_CHECK(prepare_upkeep());
  balance_->bind(1, low).bind(2, high);
  const int code = balance_->step();
  const Revision present = code == SQLITE_ROW ? balance_->integer(0) : 0;
  const std::int64_t more_objects = code == SQLITE_ROW ? balance_->integer(1) : 0;
  balance_->reset();
  if (code != SQLITE_ROW) return database_.error(code, kCompactAction);
  if (present != high - low) {
    return corrupt_store(path_, fmt::format("revisions are missing in {} to {}", low + 1, high));
  }
  COVE_CHECK(database_.run(drop_replaced_->bind(1, low).bind(2, high), kCompactAction));
  COVE_CHECK(database_.run(drop_deleted_->bind(1, low).bind(2, high), kCompactAction));
  return database_.run(note_compacted_->bind(1, high).bind(2, more_objects), kCompactAction);
}

Result<std::int64_t> LogFile::spare_pages() {
  COVE_CHECK(prepare_upkeep());
  const auto count = [&](Statement& statement) -> Result<std::int64_t> {
    const int code = statement.step();
    const std::int64_t value = code == SQLITE_ROW ? statement.integer(0) : 0;
    statement.reset();
    if (code != SQLITE_ROW) return database_.error(code, kShrinkAction);
    return value;
  };
  COVE_TRY(const std::int64_t free, count(*free_pages_));
  COVE_TRY(const std::int64_t all, count(*all_pages_));
  return std::max<std::int64_t>(0, free - std::max<std::int64_t>(64, all / 10));
}

Result<void> LogFile::vacuum(int pages) {
  COVE_TRY(const std::int64_t spare, spare_pages());
  const std::int64_t slice = std::min<std::int64_t>(pages, spare);
  if (slice == 0) return {};
  return database_.execute(fmt::format("PRAGMA incremental_vacuum({})", slice), kShrinkAction);
}

Result<LogFile::Checkpoint> LogFile::checkpoint() {
  Checkpoint result;
  const int code = ::sqlite3_wal_checkpoint_v2(
      database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &result.pages, &result.copied);
  if (code == SQLITE_BUSY) return Checkpoint{};  // the other connection is at it
  if (code != SQLITE_OK) return database_.error(code, "checkpoint the store");
  return Checkpoint{std::max(0, result.pages), std::max(0, result.copied)};
}

}  // namespace cove::store
