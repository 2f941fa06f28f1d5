// As root: owners, devices, capabilities, and the overlay that layers are made for.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "core/base/process.h"
#include "tests/unit/images/store/support.h"

namespace cove::image {
namespace {

using namespace test;
using testing::ElementsAre;

// CAP_NET_BIND_SERVICE, permitted and effective, in the kernel's form (version 2).
const std::string kCapability(
    "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00",
    20);

Item owned(Item item, std::uint32_t user, std::uint32_t group) {
  item.entry.user = user;
  item.entry.group = group;
  return item;
}

Item device(std::string name, char type, unsigned major_number, unsigned minor_number) {
  Item item = file(std::move(name), "", 0666);
  item.entry.type = type;
  item.entry.major = major_number;
  item.entry.minor = minor_number;
  return item;
}

std::string attribute(const Path& path, const char* name) {
  char value[256];
  const ssize_t n = ::lgetxattr(path.c_str(), name, value, sizeof value);
  return n < 0 ? "" : std::string(value, static_cast<std::size_t>(n));
}

class Overlay {
 public:
  Overlay(const std::vector<Path>& lower, const Path& upper, const Path& work, const Path& at)
      : at_(at) {
    std::string options = "lowerdir=";
    for (std::size_t i = 0; i < lower.size(); ++i)
      options += (i > 0 ? ":" : "") + lower[i].string();
    if (!upper.empty()) {
      std::filesystem::create_directories(upper);
      std::filesystem::create_directories(work);
      options += ",upperdir=" + upper.string() + ",workdir=" + work.string();
    }
    std::filesystem::create_directories(at);
    EXPECT_EQ(::mount("overlay", at.c_str(), "overlay", 0, options.c_str()), 0)
        << std::strerror(errno);
  }
  ~Overlay() { ::umount2(at_.c_str(), MNT_DETACH); }

 private:
  Path at_;
};

TEST(RootLayers, HaveOwnersDevicesAndCapabilities) {
  Stores stores;
  Item capable = owned(file("bin/web", "x", 04755), 7, 8);
  capable.entry.attributes = {{"security.capability", kCapability}};
  Item large = owned(file("large", ""), 3'000'000, 4'000'000'000U);
  const Digest layer = stores.layer(
      tar({owned(folder("home/", 0700), 1000, 1001), capable, large, device("null", '3', 1, 3),
           device("loop", '4', 7, 0), owned(symlink("home/s", "x"), 5, 6)}));
  const Path root = stores.root(layer);
  EXPECT_EQ(file_status(root / "home").st_uid, 1000U);
  EXPECT_EQ(file_status(root / "home").st_gid, 1001U);
  EXPECT_EQ(file_status(root / "bin/web").st_uid, 7U);
  EXPECT_EQ(file_status(root / "bin/web").st_mode & 07777, 04755U);
  EXPECT_EQ(attribute(root / "bin/web", "security.capability"), kCapability);
  EXPECT_EQ(file_status(root / "large").st_uid, 3'000'000U);
  EXPECT_EQ(file_status(root / "large").st_gid, 4'000'000'000U);
  EXPECT_EQ(file_status(root / "home/s").st_uid, 5U);
  EXPECT_TRUE(S_ISCHR(file_status(root / "null").st_mode));
  EXPECT_EQ(file_status(root / "null").st_rdev, makedev(1, 3));
  EXPECT_EQ(file_status(root / "null").st_mode & 07777, 0666U);
  EXPECT_TRUE(S_ISBLK(file_status(root / "loop").st_mode));
  EXPECT_EQ(file_status(root / "bin").st_uid, 0U);
}

TEST(RootLayers, HideInARealOverlayWhatTheyDelete) {
  Stores stores;
  const Digest base = stores.layer(
      tar({owned(folder("etc/", 0750), 3, 4), file("etc/keep", "k"), file("etc/gone", "g"),
           folder("opt/"), file("opt/old", "o"), folder("var/"), file("var/x", "x")}));
  const Digest top =
      stores.layer(tar({file("etc/.wh.gone", ""), file("etc/new", "n"),
                        file("opt/.wh..wh..opq", ""), file("opt/new", "n"), file(".wh.var", "")}),
                   {base});
  const Path at = stores.folder / "merged";
  const Overlay overlay({stores.root(top), stores.root(base)}, {}, {}, at);
  EXPECT_EQ(read(at / "etc/keep"), "k");
  EXPECT_EQ(read(at / "etc/new"), "n");
  EXPECT_FALSE(std::filesystem::exists(at / "etc/gone"));
  EXPECT_FALSE(std::filesystem::exists(at / "opt/old"));
  EXPECT_EQ(read(at / "opt/new"), "n");
  EXPECT_FALSE(std::filesystem::exists(at / "var"));
  // "etc" was not in the upper layer: it looks as it did.
  EXPECT_EQ(file_status(at / "etc").st_mode & 07777, 0750U);
  EXPECT_EQ(file_status(at / "etc").st_uid, 3U);
}

std::vector<std::string> tree(const Path& root) {
  std::vector<std::string> lines;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const struct stat status = file_status(entry.path());
    const bool regular = S_ISREG(status.st_mode);
    lines.push_back(fmt::format(
        "{} {:o} {}:{} {} {}", entry.path().lexically_relative(root).string(), status.st_mode,
        status.st_uid, status.st_gid, status.st_mtim.tv_nsec, regular ? read(entry.path()) : ""));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST(RootLayers, ACommittedContainerLooksTheSameElsewhere) {
  Stores stores;
  const Digest base = stores.layer(
      tar({folder("etc/"), file("etc/hosts", "h"), file("etc/old", "o"), folder("opt/"),
           file("opt/a", "a"), file("opt/b", "b"), folder("same/"), file("moved", "m")}));
  const Path at = stores.folder / "merged";
  const Path upper = stores.folder / "upper";
  std::vector<std::string> before;
  {
    const Overlay overlay({stores.root(base)}, upper, stores.folder / "work", at);
    std::ofstream(at / "etc/hosts") << "changed";
    std::filesystem::remove(at / "etc/old");
    std::filesystem::remove_all(at / "opt");
    std::filesystem::create_directory(at / "opt");
    write(at / "opt" / "b", "again");
    std::filesystem::rename(at / "moved", at / "etc" / "moved");
    write(at / "srv" / "new", "new");
    ASSERT_EQ(::lchown((at / "srv").c_str(), 33, 34), 0);
    ASSERT_EQ(
        ::setxattr((at / "srv/new").c_str(), "security.capability", kCapability.data(), 20, 0), 0);
    before = tree(at);
  }
  const auto changes = stores.layers->changes(upper, {base});
  ASSERT_TRUE(changes.has_value());
  std::vector<std::string> lines;
  for (const Change& change : *changes)
    lines.push_back(std::string(1, "CAD"[static_cast<int>(change.kind)]) + " " + change.path);
  EXPECT_THAT(lines, ElementsAre("C /etc", "C /etc/hosts", "A /etc/moved", "D /etc/old", "D /moved",
                                 "C /opt", "D /opt/a", "C /opt/b", "A /srv", "A /srv/new"));
  const auto layer = stores.layers->commit(upper, {base}, *stores.content, {});
  ASSERT_TRUE(layer.has_value()) << cause(layer);
  // Elsewhere: only the blobs travel.
  Stores there;
  const std::string blob = stores.content->read(layer->diff_id, 1 << 20).value();
  const Digest again = there.layer(blob);
  EXPECT_EQ(again, layer->diff_id);
  const Overlay overlay({there.root(again), stores.root(base)}, {}, {}, at);
  EXPECT_EQ(tree(at), before);
  EXPECT_EQ(attribute(at / "srv/new", "security.capability"), kCapability);
  EXPECT_TRUE(attribute(there.root(again) / "opt", "trusted.overlay.opaque") == "y");
}

TEST(RootExtract, GivesFilesAwayAsAsked) {
  Stores stores;
  const Path root = stores.folder / "root";
  std::filesystem::create_directories(root / "d");
  const std::string bytes = tar({owned(file("f", "x"), 5, 6)});
  ExtractOptions options;
  ASSERT_TRUE(extract_archive(worker(), root, "d", source(bytes), options).has_value());
  EXPECT_EQ(file_status(root / "d/f").st_uid, 5U);
  options.keep_owner = false;
  ASSERT_TRUE(extract_archive(worker(), root, "d", source(bytes), options).has_value());
  EXPECT_EQ(file_status(root / "d/f").st_uid, 0U);
  options.owner = {{70, 71}};
  ASSERT_TRUE(extract_archive(worker(), root, "d", source(bytes), options).has_value());
  EXPECT_EQ(file_status(root / "d/f").st_uid, 70U);
  EXPECT_EQ(file_status(root / "d/f").st_gid, 71U);
}

}  // namespace
}  // namespace cove::image
