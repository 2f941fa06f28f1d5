#include "core/store/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/strings.h"

namespace cove::store {
namespace {

constexpr std::string_view kAction = "back up the store to";
constexpr std::string_view kRestoreAction = "restore";

Error cancelled(const Path& target) {
  return {ErrorCode::kCancelled, std::string(kAction), target.string(), "the store was closed", {}};
}

Result<void> copy(const Path& source, int flags, const Path& temporary, const char* vfs,
                  std::stop_token stop) {
  COVE_TRY(Database database, Database::open(source, flags, vfs, kAction));
  const auto check = [](void* context) {
    return static_cast<std::stop_token*>(context)->stop_requested() ? 1 : 0;
  };
  ::sqlite3_progress_handler(database.handle(), 10'000, check, &stop);
  // Reads one snapshot, which keeps neither writers nor other readers waiting.
  COVE_TRY(Statement vacuum, database.prepare("VACUUM INTO ?1", kAction));
  const std::string name = temporary.string();
  ::sqlite3_bind_text(vacuum.handle(), 1, name.c_str(), -1, SQLITE_STATIC);
  return database.run(vacuum, kAction);
}

Result<void> sync_file(const Path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error(errno, std::string(kAction), path.string());
  if (::fsync(fd.get()) != 0) return errno_error(errno, std::string(kAction), path.string());
  return {};
}

// What went wrong is said of the backup, not of the store or the temporary file.
Error of_backup(Error error, const Path& target) {
  if (error.code == ErrorCode::kCorrupt) error.remedy = "Try again; if it stays, check the store.";
  error.action = kAction;
  error.subject = target.string();
  return error;
}

Path temporary_for(const Path& target) {
  return (target.has_parent_path() ? target.parent_path() : Path(".")) /
         fmt::format(".{}.{}", target.filename().string().substr(0, 200), random_hex(6));
}

void remove_temporary(const Path& temporary) {
  for (const char* suffix : {"", "-journal"}) ::unlink((temporary.string() + suffix).c_str());
}

// Makes `temporary`, a checked and durable copy.
Result<FileReport> copy_checked(const Path& source, int flags, const Path& temporary,
                                const char* vfs, std::stop_token stop) {
  {
    // Made here for its mode: SQLite goes by the umask.
    Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd || ::fchmod(fd.get(), 0600) != 0) {
      return errno_error(errno, std::string(kAction), temporary.string());
    }
  }
  COVE_CHECK(copy(source, flags, temporary, vfs, stop));
  COVE_CHECK(sync_file(temporary));
  return check_file(temporary, vfs, stop);
}

Result<void> must(int returned, const Path& path) {
  if (returned == 0) return {};
  return errno_error(errno, std::string(kRestoreAction), path.string());
}

Result<void> make_empty(const Path& path) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  return must(fd ? 0 : -1, path);
}

// Moves what is at `path` to `aside`, and `fresh` into its place. SQLite would replay any
// write-ahead log that it finds into whatever file stands beside it, and a store that is absent is
// made anew and empty. So there is a log as long as there is no store, which nothing opens, and it
// is an empty one before the new store comes.
Result<void> swap_in(const Path& fresh, const Path& path, const Path& aside) {
  const Path log = path.string() + "-wal";
  const Path empty = fresh.string() + "-wal";
  const Path aside_log = aside.string() + "-wal";
  COVE_CHECK(make_empty(empty));
  if (::link(log.c_str(), aside_log.c_str()) != 0) {
    if (errno != ENOENT) return must(-1, log);
    COVE_CHECK(make_empty(log));
  }
  COVE_CHECK(sync_folder_of(path));
  if (::rename(path.c_str(), aside.c_str()) != 0 && errno != ENOENT) return must(-1, path);
  COVE_CHECK(sync_folder_of(path));
  COVE_CHECK(must(::rename(empty.c_str(), log.c_str()), log));
  ::unlink((path.string() + "-shm").c_str());
  COVE_CHECK(sync_folder_of(path));
  COVE_CHECK(must(::rename(fresh.c_str(), path.c_str()), path));
  COVE_CHECK(sync_folder_of(path));
  ::unlink(log.c_str());
  return {};
}

Path free_name_beside(const Path& path) {
  std::error_code error;
  for (int n = 1;; ++n) {
    const Path name = fmt::format("{}.replaced-{}", path.string(), n);
    if (!std::filesystem::exists(name, error) &&
        !std::filesystem::exists(name.string() + "-wal", error)) {
      return name;
    }
  }
}

}  // namespace

Result<FileReport> backup_file(const Path& source, const Path& target, const char* vfs,
                               std::stop_token stop) {
  const Path temporary = temporary_for(target);
  const auto finish = [&]() -> Result<FileReport> {
    COVE_TRY(FileReport report, copy_checked(source, SQLITE_OPEN_READWRITE, temporary, vfs, stop));
    if (::rename(temporary.c_str(), target.c_str()) != 0) {
      return errno_error(errno, std::string(kAction), target.string());
    }
    COVE_CHECK(sync_folder_of(target));
    return report;
  };
  auto result = finish();
  if (result) return result;
  remove_temporary(temporary);
  if (stop.stop_requested()) return cancelled(target);
  return of_backup(result.error(), target);
}

Result<Store::Restored> restore_file(const Path& backup, const Path& path) {
  const Path temporary = temporary_for(path);
  // Read-only, so that a backup on such a medium will do, and never changes.
  const auto finish = [&]() -> Result<Store::Restored> {
    COVE_CHECK(LogFile::check_identity(backup));
    COVE_TRY(FileReport report, copy_checked(backup, SQLITE_OPEN_READONLY, temporary, nullptr, {}));
    std::error_code error;
    const bool replaces = std::filesystem::exists(path, error);
    const Path aside = free_name_beside(path);
    COVE_CHECK(swap_in(temporary, path, aside));
    return Store::Restored{report, replaces ? aside : Path()};
  };
  auto result = finish();
  if (result) return result;
  remove_temporary(temporary);
  ::unlink((temporary.string() + "-wal").c_str());
  Error error = result.error();
  if (error.code == ErrorCode::kCorrupt) error.remedy = "Nothing was changed. Use another backup.";
  error.action = kRestoreAction;
  if (error.subject == temporary.string()) error.subject = path.string();
  return error;
}

Result<FileReport> check_file(const Path& path, const char* vfs, std::stop_token stop) {
  COVE_CHECK(LogFile::check_identity(path));
  COVE_TRY(LogFile file, LogFile::open(path, vfs, true));
  std::size_t deleted_or_replaced = 0;
  COVE_TRY(LogReader rows, file.read());
  while (true) {
    if (stop.stop_requested()) return cancelled(path);
    COVE_TRY(const std::optional<RowView> row, rows.next());
    if (!row) break;
    if (row->operation == RowOperation::kDelete) ++deleted_or_replaced;
    if (row->previous != 0 && !row->compacted) ++deleted_or_replaced;
  }
  const Loaded& loaded = rows.loaded();
  COVE_CHECK(file.check_pages());
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  return FileReport{loaded.revision, loaded.rows - deleted_or_replaced, loaded.rows,
                    error ? 0 : bytes};
}

}  // namespace cove::store
