#include "core/store/empty_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <array>
#include <fstream>

#include "core/base/fs.h"
#include "tests/support/temporary_folder.h"

namespace cove::store {
namespace {

// The rows of all statements in a database, a line each.
std::string ask(const Path& file, const std::string& sql) {
  sqlite3* database = nullptr;
  EXPECT_EQ(::sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                              nullptr),
            SQLITE_OK);
  std::string rows;
  const auto add = [](void* out, int columns, char** values, char**) {
    for (int i = 0; i < columns; ++i)
      *static_cast<std::string*>(out) +=
          std::string(i == 0 ? "" : "|") + (values[i] != nullptr ? values[i] : "");
    *static_cast<std::string*>(out) += '\n';
    return 0;
  };
  char* failure = nullptr;
  EXPECT_EQ(::sqlite3_exec(database, sql.c_str(), add, &rows, &failure), SQLITE_OK) << failure;
  ::sqlite3_free(failure);
  ::sqlite3_close(database);
  return rows;
}

constexpr const char* kEverything =
    "PRAGMA integrity_check; PRAGMA page_size; PRAGMA page_count; PRAGMA freelist_count; "
    "PRAGMA auto_vacuum; PRAGMA encoding; PRAGMA application_id; PRAGMA user_version; "
    "SELECT * FROM sqlite_schema; SELECT * FROM meta; SELECT * FROM log";

TEST(EmptyStore, IsWhatSqliteMakesOfTheSameStatements) {
  const cove::test::TemporaryFolder folder;
  constexpr const char* kLog = "CREATE TABLE log(rev INTEGER PRIMARY KEY, value BLOB)";
  // Longer than what one byte counts.
  const std::string meta = "CREATE TABLE meta(name TEXT PRIMARY KEY, " + std::string(200, ' ') +
                           "value INTEGER NOT NULL) WITHOUT ROWID";
  constexpr const char* kView = "CREATE VIEW head AS SELECT rev FROM log";
  ask(folder.path() / "theirs",
      std::string(
          "PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA application_id=77; "
          "PRAGMA user_version=3; BEGIN;") +
          kLog + ";" + meta + ";" + kView +
          "; INSERT INTO meta VALUES('compacted',0),('objects',0); COMMIT");
  constexpr std::array<std::string_view, 2> kNames{"compacted", "objects"};
  const std::array<EmptyObject, 3> objects{EmptyObject{"table", "log", kLog},
                                           EmptyObject{"table", "meta", meta, kNames},
                                           EmptyObject{"view", "head", kView}};
  std::ofstream(folder.path() / "ours") << make_empty_store({4096, 77, 3}, objects);
  const std::string theirs = ask(folder.path() / "theirs", kEverything);
  EXPECT_EQ(ask(folder.path() / "ours", kEverything), theirs);
  EXPECT_TRUE(theirs.starts_with("ok\n4096\n4\n0\n2\n")) << theirs;
  EXPECT_EQ(ask(folder.path() / "ours", "PRAGMA journal_mode"), "wal\n");
}

TEST(EmptyStore, TakesRowsAndGivesPagesBack) {
  const cove::test::TemporaryFolder folder;
  const Path file = folder.path() / "store";
  const std::array<EmptyObject, 1> objects{
      EmptyObject{"table", "log", "CREATE TABLE log(rev INTEGER PRIMARY KEY, value BLOB)"}};
  std::ofstream(file) << make_empty_store({4096, 1, 1}, objects);
  ask(file,
      "INSERT INTO log VALUES(1,zeroblob(100000)),(2,zeroblob(10)); DELETE FROM log WHERE rev=1; "
      "PRAGMA incremental_vacuum");
  EXPECT_EQ(ask(file,
                "PRAGMA integrity_check; PRAGMA freelist_count; PRAGMA page_count; "
                "SELECT count(*) FROM log"),
            "ok\n0\n3\n1\n");
}

}  // namespace
}  // namespace cove::store
