#include "core/store/sqlite.h"

#include <cerrno>

namespace cove::store {
namespace {

constexpr const char* kFullRemedy = "Free some disk space; writes then work again by themselves.";

Error io_error(int system_error, std::string action, std::string subject) {
  // EFBIG: a limit on the size of files, which can be raised as a disk can be emptied.
  if (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG) {
    return {ErrorCode::kResourceExhausted, std::move(action), std::move(subject),
            "the disk is full", kFullRemedy};
  }
  Error error = errno_error(system_error == 0 ? EIO : system_error, std::move(action),
                            std::move(subject), "Look at the disk's health and the kernel's log.");
  error.code = ErrorCode::kInternal;
  error.cause = "the disk failed: " + error.cause;
  return error;
}

}  // namespace

Statement& Statement::bind(int parameter, std::int64_t value) {
  ::sqlite3_bind_int64(statement_.get(), parameter, value);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view bytes) {
  // A null pointer would bind NULL.
  ::sqlite3_bind_blob64(statement_.get(), parameter, bytes.data() == nullptr ? "" : bytes.data(),
                        bytes.size(), SQLITE_STATIC);
  return *this;
}

void Statement::reset() {
  ::sqlite3_reset(statement_.get());
  ::sqlite3_clear_bindings(statement_.get());
}

std::int64_t Statement::integer(int column) const {
  return ::sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::bytes(int column) const {
  const void* data = ::sqlite3_column_blob(statement_.get(), column);
  const int size = ::sqlite3_column_bytes(statement_.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

Error corrupt_store(const Path& path, std::string cause) {
  return {ErrorCode::kCorrupt, "open the store", path.string(), std::move(cause),
          "Nothing was changed. Restore a backup, or move the file away to begin with an empty "
          "store."};
}

Result<Database> Database::open(const Path& path, int flags, const char* vfs,
                                std::string_view action) {
  sqlite3* handle = nullptr;
  const int code = ::sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, vfs);
  if (handle == nullptr) {
    return Error{ErrorCode::kResourceExhausted,
                 std::string(action),
                 path.string(),
                 "there is no memory",
                 {}};
  }
  Database database(handle, path);
  if (code != SQLITE_OK) return database.error(code, action);
  ::sqlite3_extended_result_codes(handle, 1);
  return database;
}

Error Database::error(int code, std::string_view action) const {
  std::string what(action);
  const int system_error = ::sqlite3_system_errno(handle_.get());
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::kResourceExhausted, what, path_.string(), "the disk is full", kFullRemedy};
    case SQLITE_IOERR: return io_error(system_error, what, path_.string());
    case SQLITE_ERROR:  // our statements are right, so the tables are not ours
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_MISMATCH: {
      Error error = corrupt_store(
          path_, std::string("the file is damaged (") + ::sqlite3_errmsg(handle_.get()) + ")");
      error.action = what;
      return error;
    }
    case SQLITE_NOMEM:
      return {ErrorCode::kResourceExhausted, what, path_.string(), "there is no memory", {}};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kConflict, what, path_.string(), "another program has it open",
              "Close that program."};
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: {
      if (system_error != 0) {
        Error error = errno_error(system_error, what, path_.string());
        if (system_error == EIO) error.code = ErrorCode::kInternal;
        return error;
      }
      return {ErrorCode::kPermissionDenied, what, path_.string(), "it cannot be opened for writing",
              "Check who owns it and its permissions."};
    }
    case SQLITE_INTERRUPT:
      return {ErrorCode::kCancelled, what, path_.string(), "it was interrupted", {}};
    default:
      return {ErrorCode::kInternal, what, path_.string(), ::sqlite3_errmsg(handle_.get()), {}};
  }
}

Result<void> Database::execute(const std::string& sql, std::string_view action) {
  const int code = ::sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code, action);
  return {};
}

Result<Statement> Database::prepare(std::string_view sql, std::string_view action) {
  sqlite3_stmt* statement = nullptr;
  const int code = ::sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return error(code, action);
  return Statement(statement);
}

Result<std::int64_t> Database::integer(std::string_view sql, std::string_view action) {
  COVE_TRY(Statement statement, prepare(sql, action));
  const int code = statement.step();
  if (code == SQLITE_DONE) return 0;
  if (code != SQLITE_ROW) return error(code, action);
  return statement.integer(0);
}

Result<std::string> Database::text(std::string_view sql, std::string_view action) {
  COVE_TRY(Statement statement, prepare(sql, action));
  const int code = statement.step();
  if (code == SQLITE_DONE) return std::string();
  if (code != SQLITE_ROW) return error(code, action);
  return std::string(statement.bytes(0));
}

Result<void> Database::run(Statement& statement, std::string_view action) {
  int code = statement.step();
  while (code == SQLITE_ROW) code = statement.step();
  Result<void> result;
  if (code != SQLITE_DONE) result = error(code, action);
  statement.reset();
  return result;
}

}  // namespace cove::store
