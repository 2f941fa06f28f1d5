// What the tests of the registry client share: stores, registries in the process, images for them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "core/image/image_store.h"
#include "core/image/registry.h"
#include "tests/unit/images/registry/fake_registry.h"
#include "tests/unit/images/store/support.h"

namespace cove::image::test {

struct TestLayer {
  std::string blob;  // as it is sent
  Digest diff_id;
};

inline TestLayer gzip_layer(const std::vector<Item>& items) {
  const std::string plain = tar(items);
  return {gzip(plain), Digest::of(plain)};
}

// Bytes that do not compress, the same every time.
inline std::string noise(std::size_t size, unsigned seed = 1) {
  std::string bytes(size, '\0');
  std::uint64_t state = 0x9e3779b97f4a7c15ULL * (seed + 1);
  for (char& byte : bytes) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    byte = static_cast<char>(state >> 32);
  }
  return bytes;
}

struct TestImage {
  std::string config_json;
  Manifest manifest;
  std::string manifest_json;
  std::vector<TestLayer> layers;
  Digest digest() const { return Digest::of(manifest_json); }
};

inline TestImage make_image(std::vector<TestLayer> layers,
                            const Platform& platform = {"linux", "amd64", ""},
                            bool docker = false) {
  TestImage image;
  ImageConfig config;
  config.platform = platform;
  config.config.cmd = {"/bin/true"};
  for (const TestLayer& layer : layers) config.diff_ids.push_back(layer.diff_id);
  image.config_json = to_json(config);
  image.manifest.media_type = docker ? media::kDockerManifest : media::kOciManifest;
  image.manifest.config = {docker ? media::kDockerConfig : media::kOciConfig,
                           Digest::of(image.config_json), image.config_json.size()};
  for (const TestLayer& layer : layers) {
    image.manifest.layers.push_back({docker ? media::kDockerLayerGzip : media::kOciLayerGzip,
                                     Digest::of(layer.blob), layer.blob.size()});
  }
  image.manifest_json = to_json(image.manifest);
  image.layers = std::move(layers);
  return image;
}

inline void publish(FakeRegistry& registry, const std::string& repository, const std::string& tag,
                    const TestImage& image) {
  registry.add_blob(repository, image.config_json);
  for (const TestLayer& layer : image.layers) registry.add_blob(repository, layer.blob);
  registry.add_manifest(repository, tag, image.manifest.media_type, image.manifest_json);
}

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() { open(); }

  // As after a restart of the process.
  void open() {
    registries_.reset();
    images_.reset();
    images_ = ImageStore::open({stores_.folder / "images", *stores_.content, *stores_.layers,
                                stores_.clock, null_logger()})
                  .value();
    registries_ = std::make_unique<Registries>(
        Registries::Parts{settings_, *images_, *stores_.content, *stores_.layers, stores_.clock,
                          null_logger(), [] { return 0.0; }});
  }
  Reference reference(const std::string& name, FakeRegistry& at) {
    return parse_tagged(at.domain() + "/" + name).value();
  }
  Reference reference(const std::string& name) { return reference(name, registry_); }
  OnProgress listener() {
    return [this](const Progress& progress) {
      said_.push_back((progress.id.empty() ? "" : progress.id + ": ") + progress.status);
    };
  }
  Result<Pulled> pull(const Reference& what, const RegistryAuth& auth = {}) {
    said_.clear();
    return registries_->pull(what, {"linux", "amd64", ""}, auth, listener(), stop_.get_token());
  }
  Result<Descriptor> push(const Reference& what, const RegistryAuth& auth = {}) {
    said_.clear();
    return registries_->push(what, auth, listener(), stop_.get_token());
  }
  static RegistryAuth user(const std::string& password = FakeRegistry::kPassword) {
    RegistryAuth auth;
    auth.username = FakeRegistry::kUser;
    auth.password = Secret(password);
    return auth;
  }
  std::string content_of(const TestLayer& layer, const std::string& path) {
    return read(stores_.root(layer.diff_id) / path);
  }

  Stores stores_;
  FakeRegistry registry_;
  RegistrySettings settings_;
  std::unique_ptr<ImageStore> images_;
  std::unique_ptr<Registries> registries_;
  std::vector<std::string> said_;
  std::stop_source stop_;
};

}  // namespace cove::image::test
