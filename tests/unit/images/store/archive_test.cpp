#include "core/image/archive.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/image/image_store.h"
#include "tests/unit/images/store/support.h"

namespace cove::image {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;

struct Computer : Stores {
  std::unique_ptr<ImageStore> images =
      ImageStore::open({folder / "images", *content, *layers, clock, null_logger()}).value();
  Archives archives{*images, *content, *layers, folder / "scratch", worker()};

  ImagePtr import(const std::string& bytes, const std::vector<std::string>& tags) {
    ImportRequest request;
    request.config.cmd = {"/bin/sh"};
    request.message = "made by hand";
    request.platform = host_platform();
    for (const std::string& tag : tags) request.tags.push_back(parse_tagged(tag).value());
    auto image = import_image(archives, source(bytes), request, clock);
    EXPECT_TRUE(image.has_value()) << cause(image);
    return *image;
  }
  std::string save(const std::vector<std::string>& names) {
    std::string bytes;
    const auto saved = save_images(archives, names, into(bytes));
    EXPECT_TRUE(saved.has_value()) << cause(saved);
    return bytes;
  }
  Result<std::vector<LoadedImage>> load(const std::string& bytes) {
    auto loaded = load_images(archives, source(bytes));
    EXPECT_TRUE(!std::filesystem::exists(folder / "scratch") ||
                std::filesystem::is_empty(folder / "scratch"));
    return loaded;
  }
};

std::vector<std::string> names(const std::vector<Reference>& references) {
  std::vector<std::string> list;
  for (const Reference& reference : references) list.push_back(reference.familiar());
  return list;
}

TEST(Import, MakesAnImageOfOneLayer) {
  Computer computer;
  const std::string plain = tar({file("bin/sh", "sh", 0755)});
  const ImagePtr image = computer.import(gzip(plain), {"base:1"});
  EXPECT_THAT(image->config.diff_ids, ElementsAre(Digest::of(plain)));
  EXPECT_EQ(image->config.config.cmd, std::vector<std::string>{"/bin/sh"});
  EXPECT_EQ(image->config.history.at(0).comment, "made by hand");
  EXPECT_EQ(image->config.created, "2023-11-14T22:13:20Z");
  EXPECT_EQ(read(computer.root(Digest::of(plain)) / "bin/sh"), "sh");
  EXPECT_TRUE(computer.content->has(Digest::of(gzip(plain))));
  EXPECT_THAT(names(image->tags), ElementsAre("base:1"));
  EXPECT_EQ(computer.images->collect(), 0U);
}

TEST(Import, OfRubbishLeavesNoImage) {
  Computer computer;
  EXPECT_TRUE(import_image(computer.archives, source("rubbish"), {}, computer.clock).has_error());
  EXPECT_TRUE(computer.images->list().empty());
}

class SaveAndLoad : public testing::TestWithParam<std::string> {};

TEST_P(SaveAndLoad, GiveTheSameImageElsewhere) {
  Computer here;
  const ImagePtr one = here.import(gzip(tar({file("f", "one")})), {"one", "one:2"});
  const ImagePtr two = here.import(tar({file("f", "two")}), {"example.com/two:x"});
  const std::string saved = here.save({"one", "example.com/two:x"});
  EXPECT_EQ(saved, here.save({"one", "example.com/two:x"}));
  const std::string packed = GetParam() == "gzip"   ? gzip(saved)
                             : GetParam() == "zstd" ? zstd(saved)
                                                    : saved;
  Computer there;
  const auto loaded = there.load(packed);
  ASSERT_TRUE(loaded.has_value()) << cause(loaded);
  ASSERT_EQ(loaded->size(), 2U);
  for (const ImagePtr& image : {one, two}) {
    const ImagePtr found = there.images->by_id(image->id);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->config_json, image->config_json);
    EXPECT_EQ(names(found->tags), names(image->tags));
    if (!image->manifest.empty()) {
      EXPECT_EQ(found->manifest, image->manifest);
    }
    EXPECT_EQ(read(there.root(image->config.diff_ids[0]) / "f"), image == one ? "one" : "two");
  }
  EXPECT_EQ(there.images->collect(), 0U);
  // Once more changes nothing.
  EXPECT_TRUE(there.load(packed).has_value());
  EXPECT_EQ(there.images->list().size(), 2U);
}
INSTANTIATE_TEST_SUITE_P(Archive, SaveAndLoad, testing::Values("plain", "gzip", "zstd"),
                         [](const auto& tested) { return tested.param; });

TEST(Save, ChoosesByNameTagAndId) {
  Computer computer;
  const ImagePtr image = computer.import(tar({file("f", "1")}), {"a:1", "a:2", "b"});
  const auto tags = [&](const std::string& name) {
    const std::string saved = computer.save({name});
    Computer there;
    const auto loaded = there.load(saved);
    EXPECT_TRUE(loaded.has_value()) << cause(loaded);
    return names(loaded->at(0).tags);
  };
  EXPECT_THAT(tags("a"), ElementsAre("a:1", "a:2"));
  EXPECT_THAT(tags("a:2"), ElementsAre("a:2"));
  EXPECT_TRUE(tags(std::string(image->id.short_hex())).empty());
  std::string bytes;
  const auto missing = save_images(computer.archives, {"none"}, into(bytes));
  EXPECT_EQ(cause(missing), "No such image: none:latest");
  EXPECT_TRUE(bytes.empty());
}

// As Docker has written it for years: layers in folders, one of them a link to another.
std::string docker_archive(const std::string& layer, const std::vector<Digest>& diff_ids,
                           const std::string& tags = R"(["old:1"])",
                           const std::string& third = "c/layer.tar") {
  ImageConfig config;
  config.diff_ids = diff_ids;
  const std::string text = to_json(config);
  const std::string name = std::string(Digest::of(text).hex()) + ".json";
  return tar(
      {file(name, text), folder("a/"), file("a/VERSION", "1.0"), file("a/layer.tar", layer),
       folder("b/"), file("b/layer.tar", gzip(tar({file("g", "2")}))), folder("c/"),
       symlink("c/layer.tar", "../a/layer.tar"),
       file("manifest.json", R"([{"Config":")" + name + R"(","RepoTags":)" + tags +
                                 R"(,"Layers":["a/layer.tar","b/layer.tar",")" + third + R"("]}])"),
       file("repositories", "{}")});
}

TEST(Load, TakesOldDockerArchives) {
  Computer computer;
  const std::string layer = tar({file("f", "1")});
  const Digest second = Digest::of(tar({file("g", "2")}));
  const auto loaded =
      computer.load(docker_archive(layer, {Digest::of(layer), second, Digest::of(layer)}));
  ASSERT_TRUE(loaded.has_value()) << cause(loaded);
  ASSERT_EQ(loaded->size(), 1U);
  EXPECT_THAT(names(loaded->at(0).tags), ElementsAre("old:1"));
  EXPECT_EQ(read(computer.root(second) / "g"), "2");
  EXPECT_EQ(computer.images->collect(), 0U);
}

TEST(Load, TakesAllImagesOrNone) {
  const std::string layer = tar({file("f", "1")});
  const Digest right = Digest::of(layer);
  const Digest second = Digest::of(tar({file("g", "2")}));
  const std::vector<std::pair<std::string, std::string>> table = {
      {docker_archive(layer, {right, second, Digest::of("wrong")}), "has the digest"},
      {docker_archive(layer, {right}), "3 layers and the configuration 1"},
      {docker_archive(layer, {right, second, right}, R"(["NO"])"), "must be lowercase"},
      {docker_archive(layer, {right, second, right}, R"([1])"), "not a list of strings"},
      {docker_archive(layer, {right, second, right}, "null", "../../../../etc/passwd"), "o such"},
      {docker_archive(layer, {right, second, right}, "null", "a"), "not a file"},
      {tar({file("f", "an ordinary archive")}), "neither a manifest.json nor an index.json"},
      {tar({file("repositories", "{}")}), "before version 1.10"},
      {tar({file("manifest.json", "{}")}), "not a JSON list"},
      {tar({file("manifest.json", "[]")}), "no image for this machine"},
      {tar({symlink("manifest.json", "/etc/passwd")}), "neither a manifest.json"},
      {tar({file("../x", "")}), "'..' in a name"},
      {"rubbish", "not a tar archive"},
      {"", "neither a manifest.json"},
  };
  for (const auto& [bytes, expected] : table) {
    Computer computer;
    const auto loaded = computer.load(bytes);
    ASSERT_TRUE(loaded.has_error()) << expected;
    EXPECT_THAT(loaded.error().message(), HasSubstr(expected));
    EXPECT_TRUE(computer.images->list().empty());
    computer.images->collect();
    EXPECT_TRUE(computer.layers->list().empty());
    EXPECT_TRUE(computer.content->list().empty());
  }
}

// --- OCI layouts ---

struct Layout {
  std::map<std::string, std::string> files = {{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"}};

  Descriptor blob(const std::string& bytes, const char* type) {
    files["blobs/sha256/" + std::string(Digest::of(bytes).hex())] = bytes;
    return {type, Digest::of(bytes), bytes.size()};
  }
  Descriptor image(const std::string& content, const Platform& platform) {
    const std::string plain = tar({file("f", content)});
    ImageConfig config;
    config.platform = platform;
    config.diff_ids = {Digest::of(plain)};
    Manifest manifest;
    manifest.media_type = media::kOciManifest;
    manifest.config = blob(to_json(config), media::kOciConfig);
    manifest.layers = {blob(zstd(plain), media::kOciLayerZstd)};
    Descriptor descriptor = blob(to_json(manifest), media::kOciManifest);
    descriptor.platform = platform;
    return descriptor;
  }
  void index(std::vector<Descriptor> manifests) {
    files["index.json"] = to_json(Index{media::kOciIndex, std::move(manifests)});
  }
  std::string archive() const {
    std::vector<Item> items;
    for (const auto& [name, bytes] : files) items.push_back(file(name, bytes));
    return tar(items);
  }
};

TEST(LoadLayout, TakesThisMachinesImageOfANestedIndex) {
  Layout layout;
  const Descriptor mine = layout.image("mine", host_platform());
  const Descriptor other = layout.image("other", {"linux", "s390x", ""});
  Descriptor attestation = layout.image("attestation", {"unknown", "unknown", ""});
  Descriptor nested =
      layout.blob(to_json(Index{media::kOciIndex, {attestation, other, mine}}), media::kOciIndex);
  nested.annotations = {{"org.opencontainers.image.ref.name", "example.com/app:1"}};
  layout.index({nested});
  Computer computer;
  const auto loaded = computer.load(layout.archive());
  ASSERT_TRUE(loaded.has_value()) << cause(loaded);
  ASSERT_EQ(loaded->size(), 1U);
  EXPECT_EQ(loaded->at(0).image->manifest, mine.digest);
  EXPECT_THAT(names(loaded->at(0).tags), ElementsAre("example.com/app:1"));
  EXPECT_EQ(read(computer.root(loaded->at(0).image->config.diff_ids[0]) / "f"), "mine");
}

TEST(LoadLayout, TakesFromAFlatIndexWhatRunsHere) {
  Layout layout;
  const Descriptor mine = layout.image("mine", host_platform());
  layout.index({layout.image("other", {"linux", "s390x", ""}), mine});
  Computer computer;
  const auto loaded = computer.load(layout.archive());
  ASSERT_TRUE(loaded.has_value()) << cause(loaded);
  ASSERT_EQ(loaded->size(), 1U);
  EXPECT_EQ(loaded->at(0).image->manifest, mine.digest);
}

TEST(LoadLayout, TakesAnotherMachinesImageWhenItIsTheOnlyOne) {
  Layout layout;
  Descriptor other = layout.image("other", {"linux", "s390x", ""});
  // A lone tag names nothing.
  other.annotations = {{"org.opencontainers.image.ref.name", "latest"}};
  layout.index({other});
  Computer computer;
  const auto loaded = computer.load(layout.archive());
  ASSERT_TRUE(loaded.has_value()) << cause(loaded);
  EXPECT_TRUE(loaded->at(0).tags.empty());
}

TEST(LoadLayout, AFolderIsLoadedOnce) {
  Layout layout;
  Descriptor mine = layout.image("mine", host_platform());
  mine.annotations = {{"io.containerd.image.name", "docker.io/library/app:1"}};
  layout.index({mine});
  Computer computer;
  for (const auto& [name, bytes] : layout.files) write(computer.folder / "layout" / name, bytes);
  const auto loaded = load_layout(computer.archives, computer.folder / "layout");
  ASSERT_TRUE(loaded.has_value()) << cause(loaded);
  EXPECT_THAT(names(loaded->at(0).tags), ElementsAre("app:1"));
  // What is there already is only looked at: its layers are not needed.
  for (const auto& [name, bytes] : layout.files) {
    if (bytes.starts_with("\x28\xb5")) std::filesystem::remove(computer.folder / "layout" / name);
  }
  EXPECT_TRUE(load_layout(computer.archives, computer.folder / "layout").has_value());
  EXPECT_EQ(load_layout(computer.archives, computer.folder / "none").error().code,
            ErrorCode::kNotFound);
}

TEST(LoadLayout, BlobsThatAreNotWhatTheyAreCalledAreRefused) {
  for (const char* type : {media::kOciManifest, media::kOciConfig, media::kOciLayerZstd}) {
    Layout layout;
    layout.index({layout.image("mine", host_platform())});
    for (auto& [name, bytes] : layout.files) {
      const bool manifest = bytes.find("\"layers\":[") != std::string::npos;
      const bool config = bytes.find("diff_ids") != std::string::npos;
      const bool layer = bytes.starts_with("\x28\xb5");
      const std::string wanted = type;
      if (name.starts_with("blobs") &&
          ((wanted == media::kOciManifest && manifest) || (wanted == media::kOciConfig && config) ||
           (wanted == media::kOciLayerZstd && layer))) {
        bytes += " ";
      }
    }
    Computer computer;
    const auto loaded = computer.load(layout.archive());
    ASSERT_TRUE(loaded.has_error()) << type;
    EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt) << type;
    EXPECT_TRUE(computer.images->list().empty());
  }
}

TEST(LoadLayout, IndexesInEachOtherHaveAnEnd) {
  Layout layout;
  Descriptor descriptor = layout.image("mine", host_platform());
  for (int i = 0; i < 10; ++i) {
    descriptor.platform = host_platform();
    descriptor = layout.blob(to_json(Index{media::kOciIndex, {descriptor}}), media::kOciIndex);
  }
  layout.index({descriptor});
  Computer computer;
  EXPECT_THAT(cause(computer.load(layout.archive())), HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace cove::image
