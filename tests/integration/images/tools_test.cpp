// Images that go between Cove and the tools people have: tar, skopeo, umoci.
#include <fcntl.h>
#include <sys/xattr.h>

#include "core/base/process.h"
#include "core/image/archive.h"
#include "tests/unit/images/store/support.h"

namespace cove::image {
namespace {

using namespace test;
using testing::HasSubstr;

struct Tools : Stores {
  std::unique_ptr<ImageStore> images =
      ImageStore::open({folder / "images", *content, *layers, clock, null_logger()}).value();
  Archives archives{*images, *content, *layers, folder / "scratch", worker()};
  std::unique_ptr<Spawner> spawner = make_spawner();

  // Standard output of a program that must succeed.
  std::string run(std::vector<std::string> argv, const Path& where = {}) {
    Command command;
    command.argv = std::move(argv);
    command.working_directory = where.empty() ? folder.path() : where;
    command.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C",
                           "HOME=" + folder.path().string(), "TMPDIR=" + folder.path().string(),
                           "XDG_RUNTIME_DIR=" + folder.path().string()};
    const auto done = spawner->run(command, std::chrono::seconds(60));
    EXPECT_TRUE(done.has_value()) << done.error().message();
    if (!done) return "";
    EXPECT_EQ(done->exit_code, 0) << command.argv[0] << ": " << done->standard_error;
    return done->standard_output;
  }
  std::string skopeo(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"skopeo", "--insecure-policy"});
    return run(std::move(arguments));
  }
  ImagePtr make() {
    ImportRequest request;
    request.config.env = {"NAME=value"};
    request.platform = host_platform();
    request.tags = {parse_tagged("app:1").value()};
    auto image = import_image(archives,
                              source(gzip(tar({folder_item("etc/"), file("etc/motd", "hello"),
                                               symlink("etc/link", "motd")}))),
                              request, clock);
    EXPECT_TRUE(image.has_value()) << cause(image);
    return *image;
  }
  static Item folder_item(std::string name) { return test::folder(std::move(name)); }
  Path save() {
    std::string bytes;
    const auto saved = save_images(archives, {"app:1"}, into(bytes));
    EXPECT_TRUE(saved.has_value()) << cause(saved);
    write(folder / "saved.tar", bytes);
    return folder / "saved.tar";
  }
  std::string at(const char* transport, const std::string& name) {
    return std::string(transport) + ":" + (folder / name).string();
  }
};

void expect_image(const Tools& tools, const std::vector<LoadedImage>& loaded,
                  const std::string& tag) {
  ASSERT_EQ(loaded.size(), 1U);
  const ImagePtr& image = loaded[0].image;
  EXPECT_EQ(read(tools.root(image->config.diff_ids.at(0)) / "etc/motd"), "hello");
  if (tag.empty()) return;
  ASSERT_EQ(loaded[0].tags.size(), 1U);
  EXPECT_EQ(loaded[0].tags[0].familiar(), tag);
}

TEST(Tools, SkopeoReadsWhatIsSaved) {
  Tools tools;
  const ImagePtr image = tools.make();
  tools.save();
  for (const char* transport : {"docker-archive", "oci-archive"}) {
    const std::string shown = tools.skopeo({"inspect", tools.at(transport, "saved.tar")});
    EXPECT_THAT(shown, HasSubstr("NAME=value")) << transport;
    const std::string config =
        tools.skopeo({"inspect", "--config", "--raw", tools.at(transport, "saved.tar")});
    EXPECT_EQ(Digest::of(config), image->id) << transport;
  }
}

TEST(Tools, WhatSkopeoWritesIsLoaded) {
  Tools here;
  const ImagePtr image = here.make();
  here.save();
  const std::string saved = here.at("oci-archive", "saved.tar");
  here.skopeo({"copy", saved, here.at("docker-archive", "docker.tar") + ":example.com/app:2"});
  here.skopeo({"copy", saved, here.at("oci-archive", "oci.tar") + ":example.com/app:3"});
  here.skopeo({"copy", "--format", "v2s2", saved, here.at("dir", "unused")});
  here.skopeo({"copy", saved, here.at("oci", "layout") + ":example.com/app:4"});
  here.run({"gzip", "-k", "docker.tar"});
  here.run({"xz", "-k", "docker.tar"});
  here.run({"bzip2", "-k", "oci.tar"});
  const std::vector<std::pair<std::string, std::string>> table = {
      {"docker.tar", "example.com/app:2"},    {"docker.tar.gz", "example.com/app:2"},
      {"docker.tar.xz", "example.com/app:2"}, {"oci.tar", "example.com/app:3"},
      {"oci.tar.bz2", "example.com/app:3"},
  };
  for (const auto& [name, tag] : table) {
    Tools there;
    const auto loaded = load_images(there.archives, source(read(here.folder / name)));
    ASSERT_TRUE(loaded.has_value()) << name << ": " << loaded.error().message();
    expect_image(there, *loaded, tag);
    if (name.starts_with("oci")) {
      EXPECT_EQ(loaded->at(0).image->id, image->id);
    }
  }
  Tools there;
  const auto loaded = load_layout(there.archives, here.folder / "layout");
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message();
  expect_image(there, *loaded, "example.com/app:4");
}

TEST(Tools, UmociUnpacksWhatIsSavedAndItsLayoutsAreLoaded) {
  Tools here;
  here.make();
  here.save();
  std::filesystem::create_directory(here.folder / "layout");
  here.run({"tar", "xf", "../saved.tar"}, here.folder / "layout");
  here.run({"umoci", "unpack", "--rootless", "--image", "layout:1", "bundle"});
  EXPECT_EQ(read(here.folder / "bundle" / "rootfs" / "etc" / "motd"), "hello");
  write(here.folder / "bundle" / "rootfs" / "etc" / "added", "by umoci");
  std::filesystem::remove(here.folder / "bundle" / "rootfs" / "etc" / "motd");
  here.run({"umoci", "repack", "--image", "layout:example.com/app:5", "bundle"});
  // The changed image alone.
  here.run({"umoci", "rm", "--image", "layout:1"});
  std::filesystem::remove(here.folder / "layout" / "manifest.json");
  Tools there;
  const auto loaded = load_layout(there.archives, here.folder / "layout");
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message();
  ASSERT_EQ(loaded->size(), 1U);
  const auto& layers = loaded->at(0).image->config.diff_ids;
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(read(there.root(layers[1]) / "etc" / "added"), "by umoci");
  EXPECT_TRUE(is_whiteout(there.root(layers[1]) / "etc" / "motd"));
}

// --- tar in its dialects ---

class TarDialects : public testing::TestWithParam<std::string> {};

TEST_P(TarDialects, AreUnpackedAsTarWouldItself) {
  const bool v7 = GetParam() == "v7";
  const bool old = v7 || GetParam() == "ustar";
  Tools tools;
  const Path tree = tools.folder / "tree";
  write(tree / "a" / "file", "content");
  std::filesystem::create_hard_link(tree / "a" / "file", tree / "a" / "hard");
  std::filesystem::create_symlink("file", tree / "a" / "soft");
  write(tree / "sparse", "start");
  std::filesystem::resize_file(tree / "sparse", 4 << 20);
  ::chmod((tree / "a").c_str(), 02751);
  if (!v7) {
    ::mkfifo((tree / "pipe").c_str(), 0600);
    ::chmod((tree / "pipe").c_str(), 0622);
    write(tree / std::string(90, 'd') / std::string(90, 'e') / "deep", "deep");
  }
  if (!old) write(tree / (std::string(150, 'l') + "\xC3\xA4"), "long");
  tools.run({"tar", "-cf", "tree.tar", "--format=" + GetParam(), "--sort=name",
             old ? "--check-links" : "--sparse", "-C", "tree", "."});
  const Digest layer = tools.layer(read(tools.folder / "tree.tar"));
  tools.run({"diff", "-r", "--no-dereference", "tree", tools.root(layer).string(), "-x", "pipe"});
  if (!v7) {
    const struct stat pipe = file_status(tools.root(layer) / "pipe");
    EXPECT_TRUE(S_ISFIFO(pipe.st_mode));
    EXPECT_EQ(pipe.st_mode & 07777, 0622U);
  }
  EXPECT_EQ(file_status(tools.root(layer) / "a").st_mode & 07777, 02751U);
  EXPECT_EQ(file_status(tools.root(layer) / "a" / "hard").st_nlink, 2U);
  EXPECT_EQ(file_status(tools.root(layer) / "a" / "file").st_mtim.tv_sec,
            file_status(tree / "a" / "file").st_mtim.tv_sec);
}
INSTANTIATE_TEST_SUITE_P(Tar, TarDialects, testing::Values("gnu", "posix", "ustar", "v7"),
                         [](const auto& tested) { return tested.param; });

TEST(Tools, TarReadsWhatIsCommitted) {
  Tools tools;
  const Path upper = tools.folder / "upper";
  write(upper / "d" / (std::string(150, 'l') + "\xC3\xA4"), "long");
  write(upper / "f", "content");
  std::filesystem::create_hard_link(upper / "f", upper / "g");
  ASSERT_EQ(::setxattr((upper / "f").c_str(), "user.note", "a\0b", 3, 0), 0);
  const timespec times[2]{{-5, 250'000'000}, {-5, 250'000'000}};
  ::utimensat(AT_FDCWD, (upper / "d").c_str(), times, 0);
  const auto layer = tools.layers->commit(upper, {}, *tools.content, {});
  ASSERT_TRUE(layer.has_value()) << cause(layer);
  write(tools.folder / "layer.tar", tools.content->read(layer->diff_id, 1 << 20).value());
  std::filesystem::create_directory(tools.folder / "out");
  tools.run({"tar", "xf", "layer.tar", "--xattrs", "--xattrs-include=*", "-C", "out"});
  tools.run({"diff", "-r", "upper", "out"});
  char value[8];
  EXPECT_EQ(::getxattr((tools.folder / "out" / "f").c_str(), "user.note", value, 8), 3);
  EXPECT_EQ(file_status(tools.folder / "out" / "g").st_nlink, 2U);
  const struct stat dated = file_status(tools.folder / "out" / "d");
  EXPECT_EQ(dated.st_mtim.tv_sec, -5);
  EXPECT_EQ(dated.st_mtim.tv_nsec, 250'000'000);
}

}  // namespace
}  // namespace cove::image
