// Layers that mean harm: refused with a sentence that names the entry, and nothing left of them.
#include <fcntl.h>

#include <thread>

#include "core/base/strings.h"
#include "tests/unit/images/store/support.h"

namespace cove::image {
namespace {

using namespace test;
using testing::HasSubstr;

struct Attack {
  const char* name;
  std::vector<Item> items;
  const char* sentence;
};

Item device(std::string name, char type, unsigned major, unsigned minor) {
  Item item = file(std::move(name), "");
  item.entry.type = type;
  item.entry.major = major;
  item.entry.minor = minor;
  return item;
}

std::vector<Attack> attacks() {
  std::vector<Item> deep_links;
  for (int i = 0; i < 100; ++i)
    deep_links.push_back(symlink("l" + std::to_string(i), "l" + std::to_string(i + 1)));
  deep_links.push_back(folder("l100/"));
  deep_links.push_back(file("l0/x", "x"));
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "d/";
  return {
      {"DotDot", {file("../escaped", "x")}, "entry '../escaped': '..' in a name is refused"},
      {"DotDotInside", {file("a/b/../../../escaped", "x")}, "'..' in a name is refused"},
      {"DotDotWhiteout", {file("../.wh.escaped", "")}, "'..' in a name is refused"},
      {"SymlinkLoop", {symlink("a", "b"), symlink("b", "a"), file("a/x", "x")}, "entry 'a/x': "},
      {"HundredSymlinks", deep_links, "entry 'l0/x': "},
      {"SymlinkToNowhere", {symlink("s", "/none"), file("s/x", "x")}, "'s' is in its way"},
      {"FileAsFolder", {file("f", ""), file("f/x", "x")}, "'f' is in its way and is not a folder"},
      {"HardLinkOut", {hard_link("h", "../../etc/passwd")}, "'..' in a name is refused"},
      {"HardLinkMissing", {hard_link("h", "etc/passwd")}, "which is not there"},
      {"HardLinkFolder", {folder("d/"), hard_link("h", "d")}, "hard link to a folder"},
      {"HardLinkItself", {file("h", ""), hard_link("h", "h")}, "hard link to itself"},
      {"HardLinkWhiteout", {file(".wh.x", ""), hard_link("h", "x")}, "hard link to a whiteout"},
      {"WhiteoutNothing", {file("a/.wh.", "")}, "entry 'a/.wh.': it is a whiteout of no file"},
      {"WhiteoutDot", {file("a/.wh..", "")}, "it is a whiteout of no file"},
      {"WhiteoutDotDot", {file("a/.wh...", "")}, "it is a whiteout of no file"},
      {"WhiteoutFolder", {file(".wh.a/b", "")}, "a whiteout is not a folder"},
      {"WhiteoutDevice", {device("d", '3', 0, 0)}, "0:0 would delete"},
      {"TooDeep", {file(deep + "x", "x")}, "more than 255 folders deep"},
      {"LongName", {file(std::string(300, 'n'), "x")}, "entry 'nnn"},
      {"LongPath", {file(std::string(5000, '/') + "x", "x")}, "longer than 4096 bytes"},
      {"FileForTop", {file(".", "x")}, "only a folder can stand for the top"},
  };
}

class Hostile : public testing::TestWithParam<Attack> {};

TEST_P(Hostile, IsRefusedByName) {
  Stores stores;
  const auto layer = stores.layers->unpack(source(tar(GetParam().items)), {}, {});
  ASSERT_TRUE(layer.has_error());
  EXPECT_THAT(layer.error().message(), HasSubstr(GetParam().sentence));
  EXPECT_NE(layer.error().code, ErrorCode::kInternal) << layer.error().message();
  EXPECT_TRUE(stores.layers->list().empty());
  EXPECT_TRUE(std::filesystem::is_empty(stores.folder / "layers" / "tmp"));
  EXPECT_FALSE(std::filesystem::exists(stores.folder / "escaped"));
  EXPECT_FALSE(std::filesystem::exists(stores.folder / "layers" / "escaped"));
}
INSTANTIATE_TEST_SUITE_P(Layers, Hostile, testing::ValuesIn(attacks()),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(HostileLayer, SymlinksAreFollowedInsideTheLayerOnly) {
  Stores stores;
  const Path outside = stores.folder / "outside";
  std::filesystem::create_directory(outside);
  const Digest layer = stores.layer(tar(
      {folder("etc/"), symlink("abs", outside.string()), symlink("in", "/etc"), file("in/x", "x"),
       file("/absolute", "a"), symlink("in/y", "/in/x"), file("in/y", "replaced")}));
  EXPECT_EQ(read(stores.root(layer) / "etc" / "x"), "x");
  EXPECT_EQ(read(stores.root(layer) / "etc" / "y"), "replaced");
  EXPECT_EQ(read(stores.root(layer) / "absolute"), "a");
  // A link to a real folder of the host means the same path inside, where nothing is.
  const auto through = stores.layers->unpack(
      source(tar({symlink("abs", outside.string()), file("abs/x", "x")})), {}, {});
  EXPECT_TRUE(through.has_error());
  EXPECT_TRUE(std::filesystem::is_empty(outside));
}

TEST(HostileLayer, EntriesReplaceEachOther) {
  Stores stores;
  const Digest layer =
      stores.layer(tar({folder("d/", 0700), file("d/in", "x"), file("d", "a file now"),
                        file("f", "f"), folder("f/", 0711), symlink("s", "/etc"), folder("s/"),
                        file("s/x", "x"), file("h", "1"), hard_link("g", "h"), file("g", "2")}));
  EXPECT_EQ(read(stores.root(layer) / "d"), "a file now");
  EXPECT_EQ(file_status(stores.root(layer) / "f").st_mode & 07777, 0711U);
  EXPECT_EQ(read(stores.root(layer) / "s" / "x"), "x");
  // What was a second name is a file of its own now.
  EXPECT_EQ(read(stores.root(layer) / "h"), "1");
  EXPECT_EQ(read(stores.root(layer) / "g"), "2");
}

TEST(HostileLayer, BoundsAreKept) {
  Stores stores;
  const auto refused = [&](const UnpackLimits& limits, const std::string& bytes) {
    const auto layer = stores.limited(limits).unpack(source(bytes), {}, {});
    EXPECT_TRUE(layer.has_error());
    EXPECT_EQ(layer.error().code, ErrorCode::kResourceExhausted) << layer.error().message();
    return cause(layer);
  };
  UnpackLimits limits;
  limits.entries = 2;
  EXPECT_THAT(refused(limits, tar({file("a", ""), file("b", ""), file("c", "")})),
              HasSubstr("entry 'c': there are more than 2 entries"));
  limits = {};
  limits.bytes = 10;
  EXPECT_THAT(refused(limits, tar({file("a", "12345"), file("b", "123456")})),
              HasSubstr("entry 'b': the files are larger than 10"));
  limits = {};
  limits.ratio = 20;
  limits.ratio_grace = 1 << 20;
  EXPECT_THAT(refused(limits, gzip(tar({file("zeros", std::string(8 << 20, '\0'))}))),
              HasSubstr("more than 20 times its size"));
  // A file that says it is huge, without being it.
  Item huge = file("huge", "");
  std::string header;
  TarWriter writer(into(header));
  huge.entry.size = 1ULL << 60;
  writer.header(huge.entry).value();
  (void)writer.finish();
  EXPECT_TRUE(stores.limited({}).unpack(source(header), {}, {}).has_error());
}

// Without anybody's limits: a gigabyte in a megabyte, and ten million entries.
TEST(HostileLayer, BombsMeetTheUsualBounds) {
  EXPECT_LT(UnpackLimits().entries, 10'000'000U);
  EXPECT_LT(UnpackLimits().ratio, 1000U);
  Stores stores;
  const auto bomb = stores.layers->unpack(
      source(gzip(tar({file("zeros", std::string(96 << 20, '\0'))}))), {}, {});
  ASSERT_TRUE(bomb.has_error());
  EXPECT_EQ(bomb.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(cause(bomb), HasSubstr("more than 500 times its size"));
  EXPECT_TRUE(stores.layers->list().empty());
  EXPECT_TRUE(std::filesystem::is_empty(stores.folder / "layers" / "tmp"));
}

TEST(HostileLayer, DamageIsToldWhereverItIs) {
  Stores stores;
  const std::string whole =
      tar({file("a", std::string(3000, 'a')), file("b", std::string(3000, 'b'))});
  for (const std::size_t cut : {1UL, 511UL, 513UL, 2000UL, 4000UL, 5000UL}) {
    EXPECT_TRUE(stores.layers->unpack(source(whole.substr(0, cut)), {}, {}).has_error()) << cut;
  }
  std::string packed = gzip(whole);
  EXPECT_TRUE(
      stores.layers->unpack(source(packed.substr(0, packed.size() / 2)), {}, {}).has_error());
  packed[packed.size() / 2] = static_cast<char>(~packed[packed.size() / 2]);
  EXPECT_TRUE(stores.layers->unpack(source(packed), {}, {}).has_error());
  std::string wrong = whole;
  wrong[148] = '7';
  EXPECT_TRUE(stores.layers->unpack(source(wrong), {}, {}).has_error());
  EXPECT_THAT(cause(stores.layers->unpack(source(std::string(4000, 'x')), {}, {})),
              HasSubstr("not a tar archive"));
  EXPECT_TRUE(stores.layers->list().empty());
}

TEST(HostileLayer, WhatTheChildCannotSayIsSaidForIt) {
  cove::test::TemporaryFolder folder;
  for (const char* program : {"/bin/true", "/bin/false"}) {
    auto layers = LayerStore::open({folder / "l", program, null_logger()}).value();
    const auto layer = layers->unpack(source(tar({file("a", std::string(1 << 20, 'a'))})), {}, {});
    ASSERT_TRUE(layer.has_error());
    EXPECT_THAT(cause(layer), HasSubstr("the unpacking process ended with code"));
  }
  auto layers = LayerStore::open({folder / "l", "/none/such", null_logger()}).value();
  EXPECT_TRUE(layers->unpack(source(""), {}, {}).has_error());
}

// A process in the container may exchange folders for links while an archive is unpacked there.
TEST(HostileRoot, RacesDoNotLeadOutside) {
  Stores stores;
  const Path root = stores.folder / "root";
  const Path outside = stores.folder / "outside";
  std::filesystem::create_directories(root / "d");
  std::filesystem::create_directory(outside);
  std::vector<Item> items;
  for (int i = 0; i < 300; ++i)
    items.push_back(file("d/" + std::string(i % 2, 'x') + "/f" + std::to_string(i), "x"));
  const std::string bytes = tar(items);
  std::atomic<bool> done = false;
  std::thread racer([&] {
    const std::string link = (root / "link").string();
    std::filesystem::create_symlink(outside, root / "link");
    while (!done) ::renameat2(AT_FDCWD, (root / "d").c_str(), AT_FDCWD, link.c_str(), 2);
  });
  for (int i = 0; i < 20; ++i)
    (void)extract_archive(worker(), root, "/", source(bytes), ExtractOptions());
  done = true;
  racer.join();
  EXPECT_TRUE(std::filesystem::is_empty(outside));
}

}  // namespace
}  // namespace cove::image
