#include "core/image/layer_store.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/xattr.h>

#include <thread>

#include "core/image/lower_view.h"
#include "tests/unit/images/store/support.h"

namespace cove::image {
namespace {

using namespace test;
using testing::HasSubstr;

std::string sample() {
  Item dated = file("etc/hosts", "127.0.0.1 localhost\n", 0640);
  dated.entry.mtime_ns = 123456789;
  return tar({folder("etc/", 0750), dated, symlink("etc/link", "/etc/hosts"),
              hard_link("etc/again", "etc/hosts"), folder("tmp/", 01777),
              file("bin/su", "suid", 04755), file(std::string(150, 'n') + "/deep", "deep")});
}

class Unpacking : public testing::TestWithParam<const char*> {};

TEST_P(Unpacking, GivesTheSameTreeHoweverItIsPacked) {
  Stores stores;
  const std::string plain = sample();
  const std::string packing = GetParam();
  const std::string packed = packing == "gzip"   ? gzip(plain)
                             : packing == "zstd" ? zstd(plain)
                                                 : plain;
  auto layer = stores.layers->unpack(source(packed, 777), Digest::of(plain), {});
  ASSERT_TRUE(layer.has_value()) << layer.error().message();
  EXPECT_EQ(layer->diff_id, Digest::of(plain));
  EXPECT_EQ(layer->unpacked_bytes, 28U);
  EXPECT_EQ(stores.layers->size(layer->diff_id), 28U);
  const Path root = stores.root(layer->diff_id);
  EXPECT_EQ(read(root / "etc/hosts"), "127.0.0.1 localhost\n");
  EXPECT_EQ(file_status(root / "etc/hosts").st_mode & 07777, 0640U);
  EXPECT_EQ(file_status(root / "etc/hosts").st_mtim.tv_sec, 1'600'000'000);
  EXPECT_EQ(file_status(root / "etc/hosts").st_mtim.tv_nsec, 123456789);
  EXPECT_EQ(file_status(root / "etc/hosts").st_ino, file_status(root / "etc/again").st_ino);
  EXPECT_EQ(std::filesystem::read_symlink(root / "etc/link"), "/etc/hosts");
  EXPECT_EQ(file_status(root / "etc").st_mode & 07777, 0750U);
  EXPECT_EQ(file_status(root / "etc").st_mtim.tv_sec, 1'600'000'000);
  EXPECT_EQ(file_status(root / "tmp").st_mode & 07777, 01777U);
  EXPECT_EQ(file_status(root / "bin/su").st_mode & 07777, 04755U);
  EXPECT_EQ(file_status(root / "bin").st_mode & 07777, 0755U);
  EXPECT_EQ(read(root / std::string(150, 'n') / "deep"), "deep");
  EXPECT_EQ(stores.layers->list(), std::vector{layer->diff_id});
}
INSTANTIATE_TEST_SUITE_P(LayerStore, Unpacking, testing::Values("plain", "gzip", "zstd"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST(LayerStore, NamesAreBytesInAnyLocale) {
  Stores stores;
  const std::string name =
      "gr\xC3\xBC\xC3\x9F"
      "e \xE6\x97\xA5.txt";
  const std::string latin = "caf\xE9";
  const Digest layer =
      stores.layer(tar({file(name, "1"), file(latin, "2"), symlink("s", "\xC3\xA4/" + name),
                        file(std::string(120, 'x') + name, "3")}));
  EXPECT_EQ(read(stores.root(layer) / name), "1");
  EXPECT_EQ(read(stores.root(layer) / latin), "2");
  EXPECT_EQ(std::filesystem::read_symlink(stores.root(layer) / "s"), "\xC3\xA4/" + name);
  EXPECT_EQ(read(stores.root(layer) / (std::string(120, 'x') + name)), "3");
}

TEST(LayerStore, AttributesOfFilesAreKeptAndThoseOfTheOverlayAreNot) {
  Stores stores;
  Item item = file("f", "x");
  const std::string value("a\0b\n=", 5);
  item.entry.attributes = {
      {"user.note", value}, {"user.overlay.opaque", "y"}, {"trusted.overlay.redirect", "/etc"}};
  const Digest layer = stores.layer(tar({item}));
  char buffer[64];
  const std::string path = (stores.root(layer) / "f").string();
  ASSERT_EQ(::lgetxattr(path.c_str(), "user.note", buffer, sizeof buffer), 5);
  EXPECT_EQ(std::string(buffer, 5), value);
  EXPECT_LT(::lgetxattr(path.c_str(), "user.overlay.opaque", buffer, sizeof buffer), 0);
  EXPECT_LT(::lgetxattr(path.c_str(), "trusted.overlay.redirect", buffer, sizeof buffer), 0);
}

TEST(LayerStore, WhiteoutsBecomeTheOverlays) {
  Stores stores;
  const Digest layer =
      stores.layer(tar({folder("a/"), file("a/.wh.gone", ""), file("a/.wh..wh..opq", ""),
                        file(".wh.b", ""), file("b/c", "c"), file(".wh..wh.plnk/12.34", "")}));
  const Path root = stores.root(layer);
  EXPECT_TRUE(test::is_whiteout(root / "a/gone"));
  // A folder that is deleted and made again hides what was in it.
  EXPECT_EQ(read(root / "b/c"), "c");
  const char* opaque = ::geteuid() == 0 ? "trusted.overlay.opaque" : "user.overlay.opaque";
  char value = 0;
  EXPECT_EQ(::lgetxattr((root / "a").c_str(), opaque, &value, 1), 1);
  EXPECT_EQ(value, 'y');
  EXPECT_EQ(::lgetxattr((root / "b").c_str(), opaque, &value, 1), 1);
  EXPECT_FALSE(std::filesystem::exists(root / ".wh..wh.plnk"));
}

TEST(LayerStore, SparseFilesStaySparse) {
  Stores stores;
  // GNU's PAX sparse format 1.0: the map stands before the data.
  const std::string map = "1\n1048576\n4\n";
  const std::string data = map + std::string(512 - map.size(), '\0') + "data";
  const auto record = [](const std::string& text) {
    std::string line = " " + text + "\n";
    std::size_t length = line.size() + 2;
    while (std::to_string(length).size() + line.size() != length) ++length;
    return std::to_string(length) + line;
  };
  Item extended =
      file("x", record("GNU.sparse.major=1") + record("GNU.sparse.minor=0") +
                    record("GNU.sparse.name=holes") + record("GNU.sparse.realsize=2097152"));
  const Item body = file("GNUSparseFile.0/holes", data);
  // The writer has no sparse files: the type of the first header is changed by hand.
  std::string bytes = tar({extended, body});
  const auto set_type = [&](std::size_t at, char type) {
    bytes[at + 156] = type;
    std::fill_n(bytes.begin() + static_cast<long>(at) + 148, 8, ' ');
    unsigned sum = 0;
    for (std::size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(bytes[at + i]);
    char text[8];
    std::snprintf(text, sizeof text, "%06o", sum);
    std::copy_n(text, 7, bytes.begin() + static_cast<long>(at) + 148);
  };
  set_type(0, 'x');
  const Digest layer = stores.layer(bytes);
  const struct stat found = file_status(stores.root(layer) / "holes");
  EXPECT_EQ(found.st_size, 2097152);
  EXPECT_LT(found.st_blocks * 512, 1 << 20);
  EXPECT_EQ(read(stores.root(layer) / "holes").substr(1048576, 4), "data");
}

TEST(LayerStore, FoldersALayerLeavesOutLookAsBelow) {
  Stores stores;
  const Digest base = stores.layer(tar({folder("a/", 0700), folder("a/b/", 0711)}));
  const Digest middle = stores.layer(tar({folder("a/b/", 01770)}), {base});
  const Digest top = stores.layer(tar({file("a/b/c/new", "n")}), {middle, base});
  EXPECT_EQ(file_status(stores.root(top) / "a").st_mode & 07777, 0700U);
  EXPECT_EQ(file_status(stores.root(top) / "a/b").st_mode & 07777, 01770U);
  EXPECT_EQ(file_status(stores.root(top) / "a/b").st_mtim.tv_sec, 1'600'000'000);
  EXPECT_EQ(file_status(stores.root(top) / "a/b/c").st_mode & 07777, 0755U);
}

TEST(LayerStore, AHardLinkMayPointToALayerBelow) {
  Stores stores;
  const Digest base = stores.layer(tar({file("bin/tool", "tool", 0751), file("hidden", "h")}));
  const Digest middle = stores.layer(tar({file(".wh.hidden", "")}), {base});
  const Digest top = stores.layer(tar({hard_link("bin/same", "bin/tool")}), {middle, base});
  EXPECT_EQ(read(stores.root(top) / "bin/same"), "tool");
  EXPECT_EQ(file_status(stores.root(top) / "bin/tool").st_ino,
            file_status(stores.root(top) / "bin/same").st_ino);
  EXPECT_EQ(file_status(stores.root(top) / "bin/tool").st_mode & 07777, 0751U);
  const auto hidden =
      stores.layers->unpack(source(tar({hard_link("x", "hidden")})), {}, {middle, base});
  EXPECT_THAT(cause(hidden), HasSubstr("entry 'x': it is a hard link to 'hidden', which is not"));
}

TEST(LowerView, ShowsNothingBesideItsLayers) {
  Stores stores;
  const Digest base = stores.layer(tar({folder("a/"), file("a/f", "x"), symlink("a/s", "f")}));
  const LowerView view({stores.root(base), stores.folder / "missing"});
  EXPECT_TRUE(view.find("a/f").has_value());
  EXPECT_TRUE(static_cast<bool>(view.open("a/f", O_RDONLY)));
  EXPECT_FALSE(static_cast<bool>(view.open("a/s", O_RDONLY)));
  for (const char* path : {"", "..", "../size", "a/../../size", "/etc/passwd", "a/f/x", "a/none"}) {
    EXPECT_FALSE(view.find(path).has_value()) << path;
    EXPECT_FALSE(static_cast<bool>(view.open(path, O_RDONLY))) << path;
  }
}

TEST(LayerStore, TheTopFolderIsAnEntryToo) {
  Stores stores;
  for (const char* name : {"./", "/"}) {
    const Digest layer = stores.layer(tar({folder(name, 0711), file("./f", name)}));
    EXPECT_EQ(file_status(stores.root(layer)).st_mode & 07777, 0711U) << name;
    EXPECT_EQ(file_status(stores.root(layer)).st_mtim.tv_sec, 1'600'000'000) << name;
  }
}

TEST(LayerStore, AnEmptyStreamIsAnEmptyLayer) {
  Stores stores;
  EXPECT_EQ(stores.layer(""), Digest::of(""));
  EXPECT_EQ(stores.layer(tar({})), Digest::of(std::string(1024, '\0')));
}

TEST(LayerStore, AnotherDigestThanExpectedLeavesNothing) {
  Stores stores;
  const auto layer = stores.layers->unpack(source(tar({file("a", "b")})), Digest::of("other"), {});
  ASSERT_TRUE(layer.has_error());
  EXPECT_EQ(layer.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(layer.error().message(), HasSubstr(Digest::of("other").text()));
  EXPECT_TRUE(stores.layers->list().empty());
  EXPECT_TRUE(std::filesystem::is_empty(stores.folder / "layers" / "tmp"));
}

TEST(LayerStore, AFailingSourceIsToldAndLeavesNothing) {
  Stores stores;
  const std::string bytes = tar({file("a", std::string(300'000, 'x'))});
  int calls = 0;
  const auto layer = stores.layers->unpack(
      [&](std::size_t) -> Result<std::string> {
        if (++calls == 1) return bytes.substr(0, 200'000);
        return Error{ErrorCode::kUnavailable, "pull", "the layer", "the line was cut", ""};
      },
      {}, {});
  ASSERT_TRUE(layer.has_error());
  EXPECT_EQ(layer.error().cause, "the line was cut");
  EXPECT_TRUE(std::filesystem::is_empty(stores.folder / "layers" / "tmp"));
}

TEST(LayerStore, StopsWhenAsked) {
  Stores stores;
  std::stop_source stop;
  const std::string block(1 << 20, '\0');
  // An endless file: only the stop ends it.
  TarEntry entry;
  entry.name = "endless";
  entry.size = 1ULL << 35;
  std::string header;
  TarWriter writer(into(header));
  writer.header(entry).value();
  int calls = 0;
  std::string start;
  const auto layer = stores.layers->unpack(
      [&](std::size_t) -> Result<std::string> {
        if (++calls == 5) stop.request_stop();
        return block;
      },
      {}, {}, stop.get_token());
  ASSERT_TRUE(layer.has_error());
  EXPECT_EQ(layer.error().code, ErrorCode::kCancelled);
}

TEST(LayerStore, TheSameLayerTwiceAtOnceIsOne) {
  Stores stores;
  const std::string bytes = tar({file("a", std::string(2'000'000, 'a'))});
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto layer = stores.layers->unpack(source(bytes), {}, {});
      if (layer && layer->diff_id == Digest::of(bytes)) ++good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 4);
  EXPECT_EQ(stores.layers->list().size(), 1U);
  EXPECT_TRUE(std::filesystem::is_empty(stores.folder / "layers" / "tmp"));
}

TEST(LayerStore, ALayerThatIsThereReadsItsSourceAllTheSame) {
  Stores stores;
  const std::string bytes = tar({file("a", "b")});
  stores.layer(bytes);
  std::string seen;
  const auto again = stores.layers->unpack(
      [&, rest = source(bytes)](std::size_t most) -> Result<std::string> {
        auto piece = rest(most);
        seen += *piece;
        return piece;
      },
      Digest::of(bytes), {});
  EXPECT_TRUE(again.has_value());
  EXPECT_EQ(seen, bytes);
}

TEST(LayerStore, OpeningRemovesWhatACrashLeft) {
  Stores stores;
  const Digest layer = stores.layer(sample());
  write(stores.folder / "layers" / "tmp" / "0123" / "fs" / "half", "half");
  ::chmod((stores.folder / "layers" / "tmp" / "0123" / "fs").c_str(), 0500);
  stores.limited({});
  EXPECT_TRUE(test::eventually(
      [&] { return std::filesystem::is_empty(stores.folder / "layers" / "tmp"); }));
  EXPECT_TRUE(stores.layers->has(layer));
}

TEST(LayerStore, RemovesALayerWhateverItsModes) {
  Stores stores;
  const Digest layer = stores.layer(tar({folder("closed/", 0), file("closed/in/f", "x", 0)}));
  ASSERT_TRUE(stores.layers->has(layer));
  const auto removed = stores.layers->remove(layer);
  EXPECT_TRUE(removed.has_value()) << removed.error().message();
  EXPECT_FALSE(stores.layers->has(layer));
  EXPECT_EQ(stores.layers->size(layer), 0U);
  EXPECT_TRUE(stores.layers->remove(layer).has_value());
  EXPECT_TRUE(test::eventually(
      [&] { return std::filesystem::is_empty(stores.folder / "layers" / "tmp"); }));
}

// --- Commit and changes ---

TEST(LayerStore, CommitsAnUpperFolderTheSameEveryTime) {
  Stores stores;
  const Path upper = stores.folder / "upper";
  write(upper / "b" / "new", "new");
  write(upper / "a", "a");
  std::filesystem::create_hard_link(upper / "a", upper / "z");
  std::filesystem::create_symlink("../x", upper / "b" / "s");
  ASSERT_EQ(::mknod((upper / "gone").c_str(), S_IFCHR, 0), 0);
  const std::string opaque = ::geteuid() == 0 ? "trusted.overlay.opaque" : "user.overlay.opaque";
  ASSERT_EQ(::setxattr((upper / "b").c_str(), opaque.c_str(), "y", 1, 0), 0);
  ASSERT_EQ(::setxattr((upper / "a").c_str(), "user.note", "n", 1, 0), 0);

  auto first = stores.layers->commit(upper, {}, *stores.content, {});
  ASSERT_TRUE(first.has_value()) << first.error().message();
  EXPECT_TRUE(stores.content->has(first->diff_id));
  const std::string blob = stores.content->read(first->diff_id, 1 << 20).value();
  for (const char* name : {".wh.gone", "b/.wh..wh..opq", "b/new"})
    EXPECT_THAT(blob, HasSubstr(name)) << name;
  EXPECT_THAT(blob, testing::Not(HasSubstr("overlay.opaque")));
  const Path root = stores.root(first->diff_id);
  EXPECT_TRUE(test::is_whiteout(root / "gone"));
  EXPECT_EQ(file_status(root / "a").st_ino, file_status(root / "z").st_ino);
  EXPECT_EQ(read(root / "b/new"), "new");
  char value = 0;
  EXPECT_EQ(::lgetxattr((root / "b").c_str(), opaque.c_str(), &value, 1), 1);
  EXPECT_EQ(::lgetxattr((root / "a").c_str(), "user.note", &value, 1), 1);

  ASSERT_TRUE(stores.layers->remove(first->diff_id).has_value());
  EXPECT_EQ(stores.layers->commit(upper, {}, *stores.content, {})->diff_id, first->diff_id);
}

TEST(LayerStore, AnUpperFolderThatIsTakenIsTheLayerThatACopyIs) {
  Stores stores;
  const auto fill = [&](const std::string& name) {
    const Path upper = stores.folder / name;
    write(upper / "b" / "new", "new");
    EXPECT_EQ(::mknod((upper / "gone").c_str(), S_IFCHR, 0), 0);
    const timespec times[2]{{1000, 5}, {1000, 5}};
    for (const char* path : {"b/new", "b"}) ::utimensat(AT_FDCWD, (upper / path).c_str(), times, 0);
    return upper;
  };
  CommitOptions options;
  options.take = true;
  const Digest copied = stores.layers->commit(fill("one"), {}, *stores.content, {})->diff_id;
  const std::uint64_t bytes = stores.layers->size(copied);
  ASSERT_TRUE(stores.layers->remove(copied).has_value());
  std::vector<Digest> names;
  options.named = [&](const Digest& name) { names.push_back(name); };
  const Path upper = fill("two");
  ::chmod(upper.c_str(), 0700);
  const struct stat file = file_status(upper / "b/new");
  const auto taken = stores.layers->commit(upper, {}, *stores.content, options);
  ASSERT_TRUE(taken.has_value()) << taken.error().message();
  EXPECT_EQ(taken->diff_id, copied);
  EXPECT_EQ(names, std::vector{copied});
  EXPECT_EQ(stores.layers->size(copied), bytes);
  EXPECT_EQ(file_status(stores.root(copied) / "b/new").st_ino, file.st_ino);
  EXPECT_EQ(file_status(stores.root(copied)).st_mode & 07777, 0755U);
  EXPECT_TRUE(test::is_whiteout(stores.root(copied) / "gone"));
  EXPECT_FALSE(std::filesystem::exists(upper));
  // One that is there stays as it is.
  EXPECT_EQ(stores.layers->commit(fill("three"), {}, *stores.content, options)->diff_id, copied);
  EXPECT_EQ(file_status(stores.root(copied) / "b/new").st_ino, file.st_ino);
}

TEST(LayerStore, SocketsAreInNoLayer) {
  Stores stores;
  const Path upper = stores.folder / "upper";
  write(upper / "f", "f");
  ASSERT_EQ(::mknod((upper / "s").c_str(), S_IFSOCK | 0600, 0), 0);
  CommitOptions options;
  options.take = true;
  const auto layer = stores.layers->commit(upper, {}, *stores.content, options);
  ASSERT_TRUE(layer.has_value()) << layer.error().message();
  EXPECT_EQ(read(stores.root(layer->diff_id) / "f"), "f");
  EXPECT_EQ(file_status(stores.root(layer->diff_id) / "s").st_mode, 0U);
}

TEST(LayerStore, WhatWasNotSettledIsThereUntilTheEnd) {
  Stores stores;
  CommitOptions options;
  options.durable = Durable::kOnceSettled;
  const auto commit = [&](const std::string& name, bool take) {
    write(stores.folder / name / "f", name);
    options.take = take;
    return stores.layers->commit(stores.folder / name, {}, *stores.content, options)->diff_id;
  };
  const Digest kept = commit("copied", false), taken = commit("taken", true);
  ASSERT_TRUE(stores.layers->settle().has_value());
  const Digest lost = commit("lost", true);
  EXPECT_EQ(read(stores.root(lost) / "f"), "lost");
  stores.limited({});
  EXPECT_THAT(stores.layers->list(), testing::UnorderedElementsAre(kept, taken));
  EXPECT_TRUE(test::eventually(
      [&] { return std::filesystem::is_empty(stores.folder / "layers" / "tmp"); }));
}

TEST(LayerStore, ACommitWithAFixedTimeDoesNotDependOnTheDay) {
  Stores stores;
  const auto commit = [&](const std::string& name, long seconds) {
    write(stores.folder / name / "f", "f");
    const timespec times[2]{{seconds, 5}, {seconds, 5}};
    ::utimensat(AT_FDCWD, (stores.folder / name / "f").c_str(), times, 0);
    return stores.layers->commit(stores.folder / name, {}, *stores.content, {1000})->diff_id;
  };
  EXPECT_EQ(commit("one", 5000), commit("two", 9000));
  EXPECT_NE(commit("three", 900), commit("four", 9000));
}

TEST(LayerStore, CommitOfNothingIsALayer) {
  Stores stores;
  std::filesystem::create_directory(stores.folder / "upper");
  const auto layer = stores.layers->commit(stores.folder / "upper", {}, *stores.content, {});
  ASSERT_TRUE(layer.has_value());
  EXPECT_EQ(layer->diff_id, Digest::of(std::string(1024, '\0')));
}

std::vector<std::string> lines(const std::vector<Change>& changes) {
  std::vector<std::string> text;
  for (const Change& change : changes)
    text.push_back(std::string(1, "CAD"[static_cast<int>(change.kind)]) + " " + change.path);
  return text;
}

TEST(LayerStore, ChangesAreAsDockerDiffSaysThem) {
  Stores stores;
  const Digest base =
      stores.layer(tar({folder("etc/"), file("etc/hosts", "h"), file("etc/old", "o"),
                        folder("var/"), file("var/x", "x"), folder("same/"), folder("opt/"),
                        file("opt/a", "a"), file("opt/b", "b")}));
  const Path upper = stores.folder / "upper";
  write(upper / "etc" / "hosts", "changed");
  write(upper / "etc" / "new" / "n", "n");
  ::mknod((upper / "etc" / "old").c_str(), S_IFCHR, 0);
  ::mknod((upper / "never").c_str(), S_IFCHR, 0);
  ::mknod((upper / "var").c_str(), S_IFCHR, 0);
  std::filesystem::create_directory(upper / "same");
  ::chmod((upper / "same").c_str(), 0755);
  ::chmod((upper / "etc").c_str(), 0755);
  write(upper / "opt" / "a", "again");
  const std::string opaque = ::geteuid() == 0 ? "trusted.overlay.opaque" : "user.overlay.opaque";
  ASSERT_EQ(::setxattr((upper / "opt").c_str(), opaque.c_str(), "y", 1, 0), 0);
  const auto changes = stores.layers->changes(upper, {base});
  ASSERT_TRUE(changes.has_value());
  auto found = lines(*changes);
  // The layer's owner is root's only for root; for others it is theirs, as the upper's is.
  EXPECT_EQ(found,
            (std::vector<std::string>{"C /etc", "C /etc/hosts", "A /etc/new", "A /etc/new/n",
                                      "D /etc/old", "C /opt", "C /opt/a", "D /opt/b", "D /var"}));
}

// --- Archives of a root ---

TEST(RootArchive, NeverLeavesTheRoot) {
  Stores stores;
  const Path root = stores.folder / "root";
  write(stores.folder / "secret", "secret");
  write(root / "etc" / "hosts", "hosts");
  std::filesystem::create_symlink("../../secret", root / "etc" / "out");
  std::filesystem::create_symlink("/etc/hosts", root / "abs");
  std::filesystem::create_symlink(stores.folder.path(), root / "up");
  std::string bytes;
  ASSERT_TRUE(write_archive(root, "abs", "x", true, into(bytes)).has_value());
  const Digest layer = stores.layer(bytes);
  EXPECT_EQ(read(stores.root(layer) / "x"), "hosts");
  for (const char* path : {"etc/out", "up/secret", "../secret", "/../../secret"}) {
    bytes.clear();
    const auto written = write_archive(root, path, "x", true, into(bytes));
    EXPECT_TRUE(written.has_error()) << path;
    EXPECT_THAT(bytes, testing::Not(HasSubstr("secret"))) << path;
  }
  bytes.clear();
  ASSERT_TRUE(write_archive(root, "etc/out", "a/b/x", false, into(bytes)).has_value());
  const Digest as_it_is = stores.layer(bytes);
  EXPECT_EQ(std::filesystem::read_symlink(stores.root(as_it_is) / "a/b/x"), "../../secret");
}

TEST(RootArchive, ContentsAloneOrBelowAName) {
  Stores stores;
  write(stores.folder / "root" / "d" / "f", "1");
  std::string bytes;
  ASSERT_TRUE(write_archive(stores.folder / "root", "/d", "", false, into(bytes)).has_value());
  EXPECT_EQ(read(stores.root(stores.layer(bytes)) / "f"), "1");
  bytes.clear();
  ASSERT_TRUE(write_archive(stores.folder / "root", "/d/", "top", false, into(bytes)).has_value());
  EXPECT_EQ(read(stores.root(stores.layer(bytes)) / "top" / "f"), "1");
  bytes.clear();
  ASSERT_TRUE(write_archive(stores.folder / "root", "/", "all", false, into(bytes)).has_value());
  EXPECT_EQ(read(stores.root(stores.layer(bytes)) / "all" / "d" / "f"), "1");
}

TEST(RootArchive, ExtractsBelowAFolderOfTheRoot) {
  Stores stores;
  const Path root = stores.folder / "root";
  write(root / "real" / "keep", "keep");
  std::filesystem::create_symlink("/real", root / "in");
  std::filesystem::create_symlink(stores.folder.path(), root / "out");
  const auto extract = [&](const std::string& path, const std::string& bytes,
                           ExtractOptions options = {}) {
    return extract_archive(worker(), root, path, source(bytes), options);
  };
  auto done = extract("/in", gzip(tar({file("new", "new"), file(".wh.keep", "kept as it is")})));
  ASSERT_TRUE(done.has_value()) << done.error().message();
  EXPECT_EQ(read(root / "real" / "new"), "new");
  EXPECT_EQ(read(root / "real" / ".wh.keep"), "kept as it is");
  EXPECT_EQ(read(root / "real" / "keep"), "keep");

  EXPECT_EQ(extract("/missing", tar({file("x", "")})).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(extract("/out", tar({file("escaped", "")})).has_error());
  EXPECT_FALSE(std::filesystem::exists(stores.folder / "escaped"));
  EXPECT_TRUE(extract("/", tar({file("out/escaped", "")})).has_error());
  EXPECT_FALSE(std::filesystem::exists(stores.folder / "escaped"));

  ExtractOptions options;
  options.no_overwrite_dir_non_dir = true;
  EXPECT_THAT(cause(extract("/", tar({file("real", "")}), options)),
              HasSubstr("cannot overwrite directory"));
  EXPECT_THAT(cause(extract("/real", tar({folder("keep/")}), options)),
              HasSubstr("cannot overwrite non-directory"));
  options = {};
  options.file_mode = 0600;
  ASSERT_TRUE(extract("/", tar({file("moded", "", 0777)}), options).has_value());
  EXPECT_EQ(file_status(root / "moded").st_mode & 07777, 0600U);
}

}  // namespace
}  // namespace cove::image
