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

Error cancelled(const Path& target) {
  return {ErrorCode::kCancelled, std::string(kAction), target.string(), "the store was closed", {}};
}

Result<void> copy(const Path& source, const Path& temporary, const char* vfs,
                  std::stop_token stop) {
  COVE_TRY(Database database, Database::open(source, SQLITE_OPEN_READWRITE, vfs, kAction));
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

}  // namespace

Result<FileReport> backup_file(const Path& source, const Path& target, const char* vfs,
                               std::stop_token stop) {
  const Path temporary =
      (target.has_parent_path() ? target.parent_path() : Path(".")) /
      fmt::format(".{}.{}", target.filename().string().substr(0, 200), random_hex(6));
  {
    // Made here for its mode: SQLite goes by the umask.
    Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd || ::fchmod(fd.get(), 0600) != 0) {
      return errno_error(errno, std::string(kAction), target.string());
    }
  }
  const auto finish = [&]() -> Result<FileReport> {
    COVE_CHECK(copy(source, temporary, vfs, stop));
    COVE_CHECK(sync_file(temporary));
    COVE_TRY(FileReport report, check_file(temporary, vfs, stop));
    if (::rename(temporary.c_str(), target.c_str()) != 0) {
      return errno_error(errno, std::string(kAction), target.string());
    }
    COVE_CHECK(sync_folder_of(target));
    return report;
  };
  auto result = finish();
  if (result) return result;
  for (const char* suffix : {"", "-journal"}) ::unlink((temporary.string() + suffix).c_str());
  if (stop.stop_requested()) return cancelled(target);
  return of_backup(result.error(), target);
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
