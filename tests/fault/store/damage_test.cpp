// Files that are not a whole store: refused with a sentence, and left as they are.
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "tests/unit/store/fixture.h"

namespace cove::store::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

std::string contents(const Path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void overwrite(const Path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

class DamageTest : public StoreTest {
 protected:
  using State = std::map<std::string, std::pair<Revision, std::string>>;

  void fill() {
    limits.history_revisions = 40;
    limits.compaction_slice = 8;
    open();
    for (int i = 0; i < 120; ++i) {
      must(Write::put("/registry/k" + std::to_string(i % 37),
                      bytes(std::string(i * 53 % 6000, 'v'))));
      if (i % 9 == 0) must(Write::remove("/registry/k" + std::to_string(i % 37)));
    }
    good = state();
    revision = store->revision();
  }
  State state() {
    State all;
    const auto listing = store->list({});
    for (const Item& item : listing->items) {
      all[*item.key] = {item.revision, *item.value};
    }
    return all;
  }
  // Copies the files of the open store, as a kill would leave them.
  void snapshot() {
    for (const char* suffix : {"", "-wal"}) {
      files[suffix] = contents(path().string() + suffix);
    }
  }
  void restore() {
    std::filesystem::remove(path().string() + "-shm");
    for (const auto& [suffix, text] : files) overwrite(path().string() + suffix, text);
  }
  Error refused() {
    auto opened = Store::open(options());
    if (!opened) return opened.error();
    ADD_FAILURE() << "opened";
    return {};
  }
  std::string sql(const Path& file, const std::string& text) {
    sqlite3* database = nullptr;
    ::sqlite3_open(file.c_str(), &database);
    char* message = nullptr;
    ::sqlite3_exec(database, text.c_str(), nullptr, nullptr, &message);
    std::string result = message == nullptr ? "" : message;
    ::sqlite3_free(message);
    ::sqlite3_close(database);
    return result;
  }

  State good;
  Revision revision = 0;
  std::map<std::string, std::string> files;
};

TEST_F(DamageTest, ForeignFiles) {
  overwrite(path(), "hello, this is a letter\n");
  EXPECT_EQ(refused().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused().message(), HasSubstr("it is not a store of Cove"));
  EXPECT_EQ(contents(path()), "hello, this is a letter\n");

  overwrite(path(), std::string(8192, '\0'));
  EXPECT_EQ(refused().code, ErrorCode::kInvalidArgument);

  overwrite(path(), "");
  EXPECT_THAT(refused().message(), HasSubstr("the file is empty"));
  EXPECT_EQ(contents(path()), "");

  std::filesystem::remove(path());
  EXPECT_EQ(sql(path(), "CREATE TABLE log(rev INTEGER PRIMARY KEY, key TEXT)"), "");
  EXPECT_EQ(refused().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused().message(), HasSubstr("database of another program"));

  std::filesystem::remove(path());
  std::filesystem::create_directory(path());
  EXPECT_EQ(refused().code, ErrorCode::kInvalidArgument);
}

TEST_F(DamageTest, NewerFormat) {
  open();
  store.reset();
  EXPECT_EQ(sql(path(), "PRAGMA user_version=2"), "");
  const Error error = refused();
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_THAT(error.message(), HasSubstr("newer"));
}

TEST_F(DamageTest, ChangedByHand) {
  for (const char* change :
       {"DELETE FROM log WHERE rev=(SELECT min(rev) FROM log)",
        "DELETE FROM log WHERE rev=(SELECT max(rev)-3 FROM log)",
        "UPDATE log SET value=x'00' WHERE rev=(SELECT max(rev)-1 FROM log)",
        "UPDATE log SET prev=prev+1 WHERE rev=(SELECT max(rev)-1 FROM log)",
        "UPDATE log SET rev=rev+100 WHERE rev=(SELECT max(rev) FROM log)",
        "UPDATE meta SET value=value+1 WHERE name='objects'",
        "UPDATE meta SET value=value-1 WHERE name='compacted'", "DELETE FROM meta",
        "CREATE TABLE extra(x)", "CREATE INDEX byprev ON log(prev)", "DROP VIEW head"}) {
    SCOPED_TRACE(change);
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      std::filesystem::remove(entry);
    }
    fill();
    store.reset();
    ASSERT_EQ(sql(path(), change), "");
    const std::string before = contents(path());
    EXPECT_EQ(refused().code, ErrorCode::kCorrupt) << refused().message();
    EXPECT_EQ(contents(path()), before);
  }
}

TEST_F(DamageTest, PeopleCanReadIt) {
  fill();
  store.reset();
  sqlite3* database = nullptr;
  ASSERT_EQ(::sqlite3_open(path().c_str(), &database), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(::sqlite3_prepare_v2(database, "SELECT CAST(key AS TEXT), rev FROM head", -1,
                                 &statement, nullptr),
            SQLITE_OK);
  std::map<std::string, Revision> head;
  while (::sqlite3_step(statement) == SQLITE_ROW) {
    head[reinterpret_cast<const char*>(::sqlite3_column_text(statement, 0))] =
        ::sqlite3_column_int64(statement, 1);
  }
  ::sqlite3_finalize(statement);
  ::sqlite3_close(database);
  ASSERT_EQ(head.size(), good.size());
  for (const auto& [key, value] : good) EXPECT_EQ(head[key], value.first) << key;
}

TEST_F(DamageTest, CutShort) {
  fill();
  store.reset();
  const std::string whole = contents(path());
  ASSERT_GT(whole.size(), 40'960U);
  for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 60) {
    SCOPED_TRACE(size);
    overwrite(path(), whole.substr(0, size));
    EXPECT_THAT(refused().code, AnyOf(ErrorCode::kCorrupt, ErrorCode::kInvalidArgument))
        << refused().message();
    EXPECT_EQ(contents(path()).size(), size);
  }
}

TEST_F(DamageTest, TheFileLostBesideItsLog) {
  fill();
  snapshot();
  store.reset();
  restore();
  std::filesystem::remove(path());
  EXPECT_EQ(refused().code, ErrorCode::kCorrupt);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

// Flipping any one bit either is refused or changes nothing that is stored.
TEST_F(DamageTest, FlippedBits) {
  fill();
  store.reset();
  const std::string whole = contents(path());
  std::mt19937 random(7);
  int noticed = 0;
  constexpr int kFlips = 300;
  for (int i = 0; i < kFlips; ++i) {
    std::string damaged = whole;
    // Some in the head of the file, which says the most; most anywhere.
    const std::size_t place = random() % (i % 4 == 0 ? 200 : whole.size());
    damaged[place] = static_cast<char>(damaged[place] ^ (1 << (random() % 8)));
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path().string() + suffix);
    overwrite(path(), damaged);
    auto opened = Store::open(options());
    if (!opened) {
      ++noticed;
      EXPECT_THAT(opened.error().code,
                  AnyOf(ErrorCode::kCorrupt, ErrorCode::kInvalidArgument, ErrorCode::kUnsupported))
          << opened.error().message();
      EXPECT_EQ(contents(path()), damaged) << "a refused file must stay as it is";
      continue;
    }
    store = std::move(*opened);
    EXPECT_EQ(state(), good) << "byte " << place;
    EXPECT_EQ(store->revision(), revision) << "byte " << place;
    store.reset();
  }
  EXPECT_GT(noticed, kFlips / 3);
}

// A bit flipped in the write-ahead log: SQLite alone would take it for a torn last write and lose
// everything behind it without a word.
TEST_F(DamageTest, FlippedBitsInTheLog) {
  fill();
  snapshot();
  store.reset();
  std::string& log = files["-wal"];
  ASSERT_GT(log.size(), 100'000U);
  const std::string whole = log;
  restore();
  open();
  ASSERT_EQ(state(), good) << "the snapshot alone is whole";
  store.reset();
  const std::size_t frame = 24 + 4096;
  const std::size_t frames = (whole.find_last_not_of('\0') - 32) / frame + 1;
  std::mt19937 random(11);
  for (int i = 0; i < 200; ++i) {
    log = whole;
    // Not in the last frames: there it cannot be told from a torn write.
    const std::size_t place = i < 20 ? random() % 32 : random() % (32 + frame * (frames - 40));
    log[place] = static_cast<char>(log[place] ^ (1 << (random() % 8)));
    restore();
    auto opened = Store::open(options());
    ASSERT_FALSE(opened) << "byte " << place << " of the log";
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt) << opened.error().message();
  }
}

// Cut anywhere, the log is what a power cut leaves: whatever was whole is there, in order.
TEST_F(DamageTest, TornLogs) {
  fill();
  snapshot();
  store.reset();
  std::string& log = files["-wal"];
  const std::string whole = log;
  const std::size_t end = whole.find_last_not_of('\0');
  std::mt19937 random(13);
  Revision reached = 0;
  for (int i = 0; i < 60; ++i) {
    const std::size_t size = end * static_cast<std::size_t>(i) / 60 + random() % 500;
    log = whole.substr(0, size);
    if (i % 2 == 0) log += std::string(whole.size() - size, '\0');
    restore();
    auto opened = Store::open(options());
    ASSERT_TRUE(opened) << size << " bytes: " << opened.error().message();
    EXPECT_GE((*opened)->revision(), reached);
    reached = (*opened)->revision();
  }
  EXPECT_GT(reached, revision / 2);
}

}  // namespace
}  // namespace cove::store::test
