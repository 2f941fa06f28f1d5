// Owning SQLite connections and statements, and SQLite's failures as Errors. For this room's
// sources only.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::store {

// Columns and parameters count as SQLite counts them: parameters from 1, columns from 0. Bound
// bytes are borrowed until reset(). Not thread-safe.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view bytes);
  // SQLITE_ROW, SQLITE_DONE or an error code.
  int step() { return ::sqlite3_step(statement_.get()); }
  void reset();
  std::int64_t integer(int column) const;
  int type(int column) const { return ::sqlite3_column_type(statement_.get(), column); }
  // Valid until the next step.
  std::string_view bytes(int column) const;
  sqlite3_stmt* handle() const { return statement_.get(); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { ::sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One connection. Used by one thread at a time; its statements die before it.
class Database {
 public:
  // `flags` as sqlite3_open_v2 takes them; `action` is what an error says was being done.
  static Result<Database> open(const Path& path, int flags, const char* vfs,
                               std::string_view action);
  Result<void> execute(const std::string& sql, std::string_view action);
  Result<Statement> prepare(std::string_view sql, std::string_view action);
  // The first column of the first row; 0 when there is none.
  Result<std::int64_t> integer(std::string_view sql, std::string_view action);
  Result<std::string> text(std::string_view sql, std::string_view action);
  // The failure `code` of the last call.
  Error error(int code, std::string_view action) const;
  // Steps a statement that returns no rows and resets it.
  Result<void> run(Statement& statement, std::string_view action);
  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { ::sqlite3_close_v2(handle); }
  };
  Database(sqlite3* handle, Path path) : handle_(handle), path_(std::move(path)) {}
  std::unique_ptr<sqlite3, Close> handle_;
  Path path_;
};

Error corrupt_store(const Path& path, std::string cause);

}  // namespace cove::store
