#include "core/image/build/copy.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "core/image/build/output.h"
#include "core/image/build/text.h"
#include "tests/support/temporary_folder.h"

namespace cove::image::dockerfile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void put(const Path& file, const std::string& text, unsigned mode = 0644) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
  std::filesystem::permissions(file, static_cast<std::filesystem::perms>(mode));
}

std::string get(const Path& file) {
  auto text = read_file(file, 1 << 20);
  return text ? *text : "(none)";
}

void link(const std::string& target, const Path& file) {
  std::filesystem::create_directories(file.parent_path());
  std::filesystem::create_symlink(target, file);
}

unsigned mode_of(const Path& file) {
  struct stat status = {};
  return ::lstat(file.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

class TreeTest : public ::testing::Test {
 protected:
  TreeTest() {
    for (const char* name : {"low", "high", "upper", "context"}) {
      std::filesystem::create_directory(folder_ / name);
    }
  }
  Path low() const { return folder_ / "low"; }
  Path high() const { return folder_ / "high"; }
  Path upper() const { return folder_ / "upper"; }
  Path context() const { return folder_ / "context"; }
  std::string find(const std::string& path, bool follow = true) {
    const auto node = Tree({high(), low()}).find(path, follow);
    if (!node) return "error: " + node.error().cause;
    return *node ? (*node)->path : "(none)";
  }
  std::vector<std::string> names(const std::string& path) {
    const Tree tree({high(), low()});
    std::vector<std::string> result;
    const auto node = tree.find(path, true);
    if (!node || !*node) return {"(none)"};
    for (const Node& entry : *tree.list(**node)) result.push_back(entry.path);
    return result;
  }
  bool whiteout(const Path& file) {
    std::filesystem::create_directories(file.parent_path());
    return ::mknod(file.c_str(), S_IFCHR, makedev(0, 0)) == 0;
  }

  test::TemporaryFolder folder_;
};

TEST_F(TreeTest, MergesFoldersAndShowsTheTopmost) {
  put(low() / "a/one", "low");
  put(low() / "a/two", "low");
  put(high() / "a/two", "high");
  put(high() / "a/three", "high");
  EXPECT_THAT(names("/a"), ElementsAre("/a/one", "/a/three", "/a/two"));
  EXPECT_EQ(get((*Tree({high(), low()}).find("/a/two", true))->host), "high");
}

TEST_F(TreeTest, AFileHidesAFolderAndTheOtherWayRound) {
  put(low() / "a/one", "low");
  put(high() / "a", "file");
  put(low() / "b", "file");
  put(high() / "b/two", "high");
  EXPECT_EQ(find("/a/one"), "(none)");
  EXPECT_THAT(names("/b"), ElementsAre("/b/two"));
}

TEST_F(TreeTest, HonoursWhiteoutsAndOpaqueFolders) {
  put(low() / "a/one", "low");
  put(low() / "b/one", "low");
  put(high() / "b/two", "high");
  if (!whiteout(high() / "a")) GTEST_SKIP() << "no whiteouts here";
  EXPECT_EQ(find("/a"), "(none)");
  EXPECT_EQ(find("/a/one"), "(none)");
  const char* mark = ::geteuid() == 0 ? "trusted.overlay.opaque" : "user.overlay.opaque";
  if (::lsetxattr((high() / "b").c_str(), mark, "y", 1, 0) != 0) return;
  EXPECT_THAT(names("/b"), ElementsAre("/b/two"));
}

TEST_F(TreeTest, LinksStayInside) {
  put(low() / "etc/passwd", "inside");
  put(low() / "data/x", "x");
  link("/etc", high() / "absolute");
  link("../../../../etc", high() / "deep/climbs");
  link("/etc", high() / "deep/absolute");
  link("absolute/passwd", high() / "chain");
  link("loop", high() / "loop");
  link("nowhere", high() / "dangling");
  EXPECT_EQ(find("/absolute/passwd"), "/etc/passwd");
  EXPECT_EQ(find("/deep/climbs/passwd"), "/etc/passwd");
  EXPECT_EQ(find("/deep/absolute/passwd"), "/etc/passwd");
  EXPECT_EQ(find("chain"), "/etc/passwd");
  EXPECT_EQ(find("chain", false), "/chain");
  EXPECT_EQ(find("/../../etc/passwd"), "/etc/passwd");
  EXPECT_EQ(find("/absolute/../data/x"), "/data/x");
  EXPECT_EQ(find("dangling"), "(none)");
  EXPECT_EQ(find("loop"), "error: too many levels of symbolic links");
  EXPECT_EQ(find("/etc/passwd/x"), "(none)");
}

TEST_F(TreeTest, HiddenFilesAreNotThere) {
  put(low() / "Dockerfile", "x");
  put(low() / "y", "y");
  Tree tree({low()});
  tree.hide("/Dockerfile");
  EXPECT_FALSE(*tree.find("Dockerfile", true));
  EXPECT_EQ(tree.list(*tree.root())->size(), 1u);
}

class CopyTest : public TreeTest {
 protected:
  static constexpr WallTime kNow{std::chrono::seconds(1'600'000'000)};

  Result<void> copy(const std::vector<std::string>& patterns, const std::string& destination,
                    CopyOptions options = {}, bool parents = false) {
    const Tree from({context()});
    Selection selection;
    selection.outside_refused = true;
    selection.parents = parents;
    selection.exclude = options.exclude;
    COVE_TRY(const auto sources, find_sources(from, patterns, selection));
    CopyTarget target(upper(), {high(), low()}, kNow);
    for (const auto& source : sources) {
      const std::string place =
          source.parent.empty() ? destination : destination + source.parent.substr(1) + "/";
      COVE_CHECK(target.copy(from, source, place, options));
    }
    return target.finish();
  }
  std::string cause(const Result<void>& result) { return result ? "(none)" : result.error().cause; }
  std::vector<std::string> made() {
    std::vector<std::string> result;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(upper())) {
      result.push_back(entry.path().lexically_relative(upper()).string());
    }
    std::sort(result.begin(), result.end());
    return result;
  }
  std::string digest(const std::vector<std::string>& patterns) {
    const Tree from({context()});
    const auto sources = find_sources(from, patterns, {});
    return *digest_of(from, *sources, false, {}, {});
  }
};

TEST_F(CopyTest, AFileUnderItsNewName) {
  put(context() / "a", "text", 0755);
  ASSERT_TRUE(copy({"a"}, "/x/y/b"));
  EXPECT_EQ(get(upper() / "x/y/b"), "text");
  EXPECT_EQ(mode_of(upper() / "x/y/b"), 0755u);
  EXPECT_EQ(mode_of(upper() / "x/y"), 0755u);
}

TEST_F(CopyTest, AFileIntoAFolder) {
  put(context() / "d/a", "text");
  std::filesystem::create_directory(low() / "there");
  ASSERT_TRUE(copy({"d/a"}, "/new/"));
  ASSERT_TRUE(copy({"d/a"}, "/there"));
  EXPECT_EQ(get(upper() / "new/a"), "text");
  EXPECT_EQ(get(upper() / "there/a"), "text");
}

TEST_F(CopyTest, AFoldersContents) {
  put(context() / "d/a", "A");
  put(context() / "d/sub/b", "B");
  link("a", context() / "d/l");
  std::filesystem::permissions(context() / "d/sub", std::filesystem::perms(0700));
  ASSERT_TRUE(copy({"d"}, "/t"));
  EXPECT_THAT(made(), ElementsAre("t", "t/a", "t/l", "t/sub", "t/sub/b"));
  EXPECT_EQ(std::filesystem::read_symlink(upper() / "t/l"), "a");
  EXPECT_EQ(mode_of(upper() / "t/sub"), 0700u);
}

TEST_F(CopyTest, KeepsWhatTheFoldersAboveWere) {
  std::filesystem::create_directories(low() / "srv/data");
  std::filesystem::permissions(low() / "srv", std::filesystem::perms(0750));
  const timespec times[2] = {{1000, 0}, {1000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (low() / "srv").c_str(), times, 0), 0);
  put(context() / "a", "A");
  ASSERT_TRUE(copy({"a"}, "/srv/data/new/a"));
  EXPECT_EQ(mode_of(upper() / "srv"), 0750u);
  struct stat status = {};
  ASSERT_EQ(::lstat((upper() / "srv").c_str(), &status), 0);
  EXPECT_EQ(status.st_mtim.tv_sec, 1000);
  ASSERT_EQ(::lstat((upper() / "srv/data/new").c_str(), &status), 0);
  EXPECT_EQ(status.st_mtim.tv_sec, 1'600'000'000);
}

TEST_F(CopyTest, FollowsLinksOfTheImageInsideIt) {
  std::filesystem::create_directories(low() / "usr/lib");
  link("usr/lib", low() / "lib");
  link("../../../../../../usr", high() / "escape");
  link("/usr/lib/target", high() / "file");
  put(context() / "a", "A");
  ASSERT_TRUE(copy({"a"}, "/lib/a"));
  ASSERT_TRUE(copy({"a"}, "/escape/b"));
  ASSERT_TRUE(copy({"a"}, "/file"));
  EXPECT_THAT(made(), ElementsAre("usr", "usr/b", "usr/lib", "usr/lib/a", "usr/lib/target"));
}

TEST_F(CopyTest, NeverWritesThroughALinkOfItsSource) {
  const Path outside = folder_ / "outside";
  std::filesystem::create_directory(outside);
  link(outside.string(), context() / "first/x");
  put(context() / "second/x/evil", "E");
  ASSERT_TRUE(copy({"first", "second"}, "/"));
  EXPECT_TRUE(std::filesystem::is_empty(outside));
  EXPECT_EQ(get(upper() / "x/evil"), "E");
}

TEST_F(CopyTest, NeverReadsThroughALinkOutOfTheContext) {
  put(folder_ / "secret", "S");
  link("../secret", context() / "up");
  link((folder_ / "secret").string(), context() / "absolute");
  EXPECT_THAT(cause(copy({"up"}, "/x")), HasSubstr("stat up: file does not exist"));
  EXPECT_THAT(cause(copy({"absolute"}, "/x")), HasSubstr("file does not exist"));
  EXPECT_THAT(cause(copy({"../secret"}, "/x")),
              HasSubstr("forbidden path outside the build context: ../secret ()"));
  EXPECT_THAT(made(), IsEmpty());
}

TEST_F(CopyTest, ReplacesFilesByFoldersAndBack) {
  put(low() / "a", "file");
  put(low() / "b/c", "folder");
  put(context() / "d/a/x", "X");
  put(context() / "d/b", "file");
  ASSERT_TRUE(copy({"d"}, "/"));
  EXPECT_EQ(get(upper() / "a/x"), "X");
  EXPECT_EQ(get(upper() / "b"), "file");
}

TEST_F(CopyTest, RefusesAFileAsAFolder) {
  put(low() / "f", "file");
  put(context() / "d/a", "A");
  EXPECT_THAT(cause(copy({"d"}, "/f")), HasSubstr("/f is not a directory"));
  EXPECT_THAT(cause(copy({"d/a"}, "/f/x/y")), HasSubstr("not a directory"));
}

TEST_F(CopyTest, KeepsHardLinksAndTimes) {
  put(context() / "d/a", "A");
  std::filesystem::create_hard_link(context() / "d/a", context() / "d/b");
  const timespec times[2] = {{5, 0}, {5, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (context() / "d/a").c_str(), times, 0), 0);
  ASSERT_TRUE(copy({"d"}, "/t"));
  struct stat a = {};
  struct stat b = {};
  ASSERT_EQ(::lstat((upper() / "t/a").c_str(), &a), 0);
  ASSERT_EQ(::lstat((upper() / "t/b").c_str(), &b), 0);
  EXPECT_EQ(a.st_ino, b.st_ino);
  EXPECT_EQ(a.st_mtim.tv_sec, 5);
}

TEST_F(CopyTest, SetsModes) {
  put(context() / "d/s/a", "A", 0600);
  CopyOptions options;
  options.mode = *ModeChange::parse("0755");
  ASSERT_TRUE(copy({"d"}, "/t", options));
  EXPECT_EQ(mode_of(upper() / "t/s/a"), 0755u);
}

TEST(ModeChanges, AreChmods) {
  const struct {
    const char* text;
    mode_t before, file, folder;
  } table[] = {
      {"755", 0, 0755, 0755},
      {"u=rwX,go=rX", 0600, 0644, 0755},
      {"u=rwX,go=rX", 0700, 0755, 0755},
      {"+x", 0644, 0755, 0755},
      {"+w", 0444, 0644, 0644},
      {"a+w", 0444, 0666, 0666},
      {"go-rwx", 0777, 0700, 0700},
      {"u+s", 0755, 04755, 04755},
      {"g=u", 0640, 0660, 0660},
      {"o=", 0757, 0750, 0750},
      {"u+rw-x,o+t", 0100, 01600, 01600},
      {"-x", 0755, 0644, 0644},
  };
  for (const auto& row : table) {
    const auto change = ModeChange::parse(row.text);
    ASSERT_TRUE(change) << row.text;
    EXPECT_EQ(change->apply(row.before, false), row.file) << row.text;
    EXPECT_EQ(change->apply(row.before, true), row.folder) << row.text;
  }
  for (const char* wrong : {"", "77777", "-1", "u", "rwx", "u+y", "u=rw,,g=r", "z+x", "u+x,"})
    EXPECT_FALSE(ModeChange::parse(wrong)) << wrong;
}

TEST_F(CopyTest, ChangesOwnersAsRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  put(context() / "d/a", "A");
  CopyOptions options;
  options.owner = Owner{12, 34};
  ASSERT_TRUE(copy({"d"}, "/new/t", options));
  for (const char* name : {"new", "new/t", "new/t/a"}) {
    struct stat status = {};
    ASSERT_EQ(::lstat((upper() / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, 12u) << name;
    EXPECT_EQ(status.st_gid, 34u) << name;
  }
}

struct PatternCase {
  const char* name = "";
  std::vector<std::string> patterns = {};
  std::vector<std::string> made = {};
};
class Patterns : public CopyTest, public ::testing::WithParamInterface<PatternCase> {};

TEST_P(Patterns, Choose) {
  for (const char* file : {"a.txt", "b.txt", "c.md", "d/a.txt", "d/e/x.txt", "[x]", "f/a.md"}) {
    put(context() / file, file);
  }
  ASSERT_TRUE(copy(GetParam().patterns, "/"));
  EXPECT_EQ(made(), GetParam().made);
}

INSTANTIATE_TEST_SUITE_P(
    All, Patterns,
    ::testing::Values(PatternCase{"star", {"*.txt"}, {"a.txt", "b.txt"}},
                      PatternCase{"question", {"?.md"}, {"c.md"}},
                      PatternCase{"class", {"[ac].*"}, {"a.txt", "c.md"}},
                      PatternCase{"below", {"*/a.*"}, {"a.md", "a.txt"}},
                      PatternCase{"folders", {"d*"}, {"a.txt", "e", "e/x.txt"}},
                      PatternCase{"escaped", {"\\[x]"}, {"[x]"}},
                      PatternCase{"none", {"*.zip"}, {}},
                      PatternCase{"slash", {"/a.txt"}, {"a.txt"}},
                      PatternCase{"several", {"c.md", "b.*"}, {"b.txt", "c.md"}}),
    [](const auto& row) { return row.param.name; });

TEST_F(CopyTest, ExcludesAndKeepsParents) {
  for (const char* file : {"a/x.txt", "a/y.md", "a/b/z.md", "a/b/w.txt"}) {
    put(context() / file, file);
  }
  const auto rules = IgnoreRules::from_patterns({"**/*.md"});
  CopyOptions options;
  options.exclude = &*rules;
  ASSERT_TRUE(copy({"a"}, "/t", options));
  EXPECT_THAT(made(), ElementsAre("t", "t/b", "t/b/w.txt", "t/x.txt"));
  ASSERT_TRUE(copy({"a/b/w.txt", "a/./b/z.md"}, "/p/", {}, true));
  EXPECT_EQ(get(upper() / "p/a/b/w.txt"), "a/b/w.txt");
  EXPECT_EQ(get(upper() / "p/b/z.md"), "a/b/z.md");
}

TEST_F(CopyTest, DigestsKnowContentModeNameAndLinksButNoTime) {
  put(context() / "d/a", "A");
  link("a", context() / "d/l");
  const std::string first = digest({"d"});
  EXPECT_THAT(first, HasSubstr("dir:"));
  const timespec times[2] = {{5, 0}, {5, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (context() / "d/a").c_str(), times, 0), 0);
  EXPECT_EQ(digest({"d"}), first);
  put(context() / "d/a", "B");
  const std::string second = digest({"d"});
  EXPECT_NE(second, first);
  std::filesystem::permissions(context() / "d/a", std::filesystem::perms(0600));
  const std::string third = digest({"d"});
  EXPECT_NE(third, second);
  std::filesystem::remove(context() / "d/l");
  link("b", context() / "d/l");
  const std::string fourth = digest({"d"});
  EXPECT_NE(fourth, third);
  std::filesystem::rename(context() / "d/a", context() / "d/c");
  EXPECT_NE(digest({"d"}), fourth);
  EXPECT_THAT(digest({"d/c"}), HasSubstr("file:"));
  EXPECT_THAT(digest({"d/c", "d"}), HasSubstr("multi:"));
}

TEST_F(CopyTest, FindsOwnersByName) {
  put(low() / "etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:100:101::/:/bin/sh\nbad\n");
  put(low() / "etc/group", "root:x:0:\napp:x:200:\nstaff:x:50:app\n");
  const Tree tree({high(), low()});
  EXPECT_EQ(*find_owner(tree, "app"), (Owner{100, 200}));
  EXPECT_EQ(*find_owner(tree, "app:staff"), (Owner{100, 50}));
  EXPECT_EQ(*find_owner(tree, "7"), (Owner{7, 7}));
  EXPECT_EQ(*find_owner(tree, "7:staff"), (Owner{7, 50}));
  EXPECT_THAT(find_owner(tree, "nobody").error().cause,
              HasSubstr("can't find uid for user nobody: no such user: nobody"));
  EXPECT_THAT(find_owner(tree, "app:none").error().cause,
              HasSubstr("can't find gid for group none: no such group: none"));
}

TEST_F(CopyTest, KnowsArchives) {
  put(context() / "gz", "\x1f\x8b rest");
  put(context() / "text", std::string(600, 'x'));
  put(context() / "empty", "");
  EXPECT_EQ(*archive_kind(context() / "gz"), ArchiveKind::kCompressed);
  EXPECT_EQ(*archive_kind(context() / "text"), ArchiveKind::kNone);
  EXPECT_EQ(*archive_kind(context() / "empty"), ArchiveKind::kNone);
  ASSERT_EQ(
      std::system(
          ("tar -C " + context().string() + " -cf " + context().string() + "/t text").c_str()),
      0);
  EXPECT_EQ(*archive_kind(context() / "t"), ArchiveKind::kTar);
}

TEST(Output, ShowsStagesInTheirOrder) {
  std::string shown;
  Output output([&](std::string_view text) { shown += text; }, 3);
  output.write(1, "b1 ", {});
  output.write(0, "a1 ", {});
  output.write(2, "c1 ", {});
  EXPECT_EQ(shown, "a1 ");
  output.finish(1);
  EXPECT_EQ(shown, "a1 ");
  output.finish(0);
  EXPECT_EQ(shown, "a1 b1 c1 ");
  output.write(2, "c2 ", {});
  EXPECT_EQ(shown, "a1 b1 c1 c2 ");
}

TEST(Output, DropsWhatComesAfterAFailure) {
  std::string shown;
  Output output([&](std::string_view text) { shown += text; }, 3);
  output.write(1, "b ", {});
  output.write(2, "c ", {});
  output.close(1);
  EXPECT_EQ(shown, "b ");
}

TEST(Output, AStageThatMayKeepNoMoreWaitsUntilToldToStop) {
  Output output([](std::string_view) {}, 2);
  output.write(1, std::string(Output::kMaxKept, 'x'), {});
  std::stop_source stop;
  stop.request_stop();
  output.write(1, "more", stop.get_token());  // returns
}

TEST(Text, IsWrittenAsTheClassicBuilderDoes) {
  EXPECT_EQ(quote_list({"nginx", "-g", "daemon \"off\";"}), R"(["nginx" "-g" "daemon \"off\";"])");
  EXPECT_EQ(quote_list({}), "[]");
  EXPECT_EQ(plain_list({"/bin/bash", "-c"}), "[/bin/bash -c]");
  HealthCheck check;
  check.test = {"CMD-SHELL", "curl -f http://localhost/"};
  check.interval = std::chrono::minutes(5);
  check.timeout = std::chrono::milliseconds(1500);
  check.retries = 3;
  EXPECT_EQ(quote_health(check),
            "&{[\"CMD-SHELL\" \"curl -f http://localhost/\"] \"5m0s\" \"1.5s\" \"0s\" \"0s\" "
            "'\\x03'}");
}

struct DurationCase {
  const char* text = "";
  std::int64_t nanoseconds = 0;
  const char* back = "";
};
class Durations : public ::testing::TestWithParam<DurationCase> {};

TEST_P(Durations, AreReadAndWritten) {
  const auto read = parse_duration(GetParam().text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->count(), GetParam().nanoseconds);
  EXPECT_EQ(format_duration(*read), GetParam().back);
}

INSTANTIATE_TEST_SUITE_P(All, Durations,
                         ::testing::Values(DurationCase{"0", 0, "0s"},
                                           DurationCase{"1ns", 1, "1ns"},
                                           DurationCase{"1.5h", 5400'000'000'000, "1h30m0s"},
                                           DurationCase{"1m30s", 90'000'000'000, "1m30s"},
                                           DurationCase{"-2s", -2'000'000'000, "-2s"},
                                           DurationCase{"250ms", 250'000'000, "250ms"},
                                           DurationCase{"1.0005s", 1'000'500'000, "1.0005s"},
                                           DurationCase{"3us", 3'000, "3\u00b5s"}));

TEST(Durations, OthersAreRefused) {
  for (const char* wrong : {"", "1", "s", "1x", "1.s.", "9999999h", "--1s", ".s"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace cove::image::dockerfile
