// Copies made beside a store that is in use, and backups put in a store's place.
#include <sys/stat.h>

#include <fstream>

#include "tests/unit/store/fixture.h"

namespace cove::store::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RestoreTest : public StoreTest {
 protected:
  Path copy_path() const { return folder.path() / "copy"; }
  Path wal() const { return path().string() + "-wal"; }

  void put(const std::string& key, const std::string& text) { must(Write::put(key, bytes(text))); }
  // Leaves a backup with a=1 behind, and a closed store with a=2 and b=2.
  void make_backup() {
    open();
    put("a", "1");
    const auto copied = Store::copy(path(), copy_path());
    ASSERT_TRUE(copied) << copied.error().message();
    put("a", "2");
    put("b", "2");
    store.reset();
  }
  std::string whole(const Path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }
};

TEST_F(RestoreTest, CopiesAStoreThatIsOpen) {
  open();
  put("a", "1");
  const auto copied = Store::copy(path(), copy_path());
  ASSERT_TRUE(copied) << copied.error().message();
  EXPECT_EQ(copied->revision, 1);
  EXPECT_EQ(copied->objects, 1U);
  put("a", "2");
  EXPECT_EQ(Store::check(copy_path())->revision, 1);
}

TEST_F(RestoreTest, CopiesAStoreThatIsClosedAndLeavesItAlone) {
  open();
  put("a", "1");
  store.reset();
  const std::string before = whole(path());
  const auto copied = Store::copy(path(), copy_path());
  ASSERT_TRUE(copied) << copied.error().message();
  EXPECT_EQ(copied->revision, 1);
  EXPECT_EQ(whole(path()), before);
  EXPECT_FALSE(std::filesystem::exists(wal()));
}

TEST_F(RestoreTest, CopiesWhatAKilledProcessLeftInItsLog) {
  open();
  put("a", "1");
  for (const char* suffix : {"", "-wal"}) {
    std::filesystem::copy_file(path().string() + suffix,
                               (folder.path() / "killed").string() + suffix);
  }
  const auto copied = Store::copy(folder.path() / "killed", copy_path());
  ASSERT_TRUE(copied) << copied.error().message();
  EXPECT_EQ(copied->revision, 1);
}

TEST_F(RestoreTest, NeverCopiesOntoItself) {
  open();
  put("a", "1");
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    const auto copied = Store::copy(path(), path().string() + suffix);
    ASSERT_FALSE(copied) << suffix;
    EXPECT_EQ(copied.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(Store::copy(folder.path() / "none", copy_path()).error().code, ErrorCode::kNotFound);
}

TEST_F(RestoreTest, PutsABackupInPlaceAndKeepsWhatWasThere) {
  make_backup();
  const std::string backup = whole(copy_path());
  const auto restored = Store::restore(copy_path(), path());
  ASSERT_TRUE(restored) << restored.error().message();
  EXPECT_EQ(restored->report.revision, 1);
  EXPECT_EQ(whole(copy_path()), backup);
  open();
  EXPECT_THAT(listed({}), ElementsAre("a=1@1"));
  store.reset();
  EXPECT_EQ(Store::check(restored->replaced)->revision, 3);

  const auto again = Store::restore(copy_path(), path());
  ASSERT_TRUE(again);
  EXPECT_NE(again->replaced, restored->replaced);
}

TEST_F(RestoreTest, RestoresWhereThereIsNothing) {
  make_backup();
  const Path elsewhere = folder.path() / "new";
  const auto restored = Store::restore(copy_path(), elsewhere);
  ASSERT_TRUE(restored) << restored.error().message();
  EXPECT_EQ(restored->replaced, Path());
  EXPECT_EQ(Store::check(elsewhere)->revision, 1);
}

TEST_F(RestoreTest, TheOldLogIsNotReplayedIntoTheNewFile) {
  make_backup();
  open();
  put("c", "3");
  const std::string log = whole(wal());
  const std::string file = whole(path());
  store.reset();
  std::ofstream(path(), std::ios::binary | std::ios::trunc) << file;
  std::ofstream(wal(), std::ios::binary | std::ios::trunc) << log;
  const auto restored = Store::restore(copy_path(), path());
  ASSERT_TRUE(restored) << restored.error().message();
  open();
  EXPECT_THAT(listed({}), ElementsAre("a=1@1"));
  store.reset();
  const auto old = Store::check(restored->replaced);
  ASSERT_TRUE(old) << old.error().message();
  EXPECT_EQ(old->revision, 4) << "the log went along";
}

TEST_F(RestoreTest, CarriesOnAfterARestoreThatWasKilledHalfway) {
  make_backup();
  std::filesystem::rename(path(), folder.path() / "aside");
  std::ofstream(wal()).flush();
  const auto opened = Store::open(options());
  ASSERT_FALSE(opened) << "an empty store was made";
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  ASSERT_TRUE(Store::restore(copy_path(), path()));
  open();
  EXPECT_THAT(listed({}), ElementsAre("a=1@1"));
}

struct BadBackup {
  const char* name;
  std::size_t offset;  // of the byte that is changed
  char byte;
  std::size_t size;  // bytes kept; 0: all
  ErrorCode code;
};

class BadBackupTest : public RestoreTest, public ::testing::WithParamInterface<BadBackup> {};

TEST_P(BadBackupTest, IsRefusedAndNothingChanges) {
  make_backup();
  std::string backup = whole(copy_path());
  backup[GetParam().offset] = GetParam().byte;
  if (GetParam().size != 0) backup.resize(GetParam().size);
  std::ofstream(copy_path(), std::ios::binary | std::ios::trunc) << backup;
  const auto before = files();
  const auto restored = Store::restore(copy_path(), path());
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, GetParam().code) << restored.error().message();
  EXPECT_THAT(restored.error().message(), HasSubstr("cannot restore " + copy_path().string()));
  EXPECT_THAT(files(), ::testing::UnorderedElementsAreArray(before));
  open();
  EXPECT_THAT(listed({}), ElementsAre("a=2@2", "b=2@3"));
}

INSTANTIATE_TEST_SUITE_P(
    Backups, BadBackupTest,
    ::testing::Values(BadBackup{"Newer", 63, 2, 0, ErrorCode::kUnsupported},
                      BadBackup{"Foreign", 68, 'x', 0, ErrorCode::kInvalidArgument},
                      BadBackup{"CutShort", 0, 'S', 4096, ErrorCode::kCorrupt},
                      BadBackup{"Empty", 0, 'S', 1, ErrorCode::kInvalidArgument},
                      BadBackup{"DamagedPage", 3 * 4096, 0x7f, 0, ErrorCode::kCorrupt}),
    [](const auto& backup) { return backup.param.name; });

TEST_F(RestoreTest, IsRefusedWhileTheStoreIsOpen) {
  make_backup();
  open();
  const auto restored = Store::restore(copy_path(), path());
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, ErrorCode::kConflict);
  EXPECT_EQ(Store::restore(path(), path()).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Store::restore(folder.path() / "none", folder.path() / "x").error().code,
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace cove::store::test
