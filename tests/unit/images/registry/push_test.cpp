#include "core/image/registry_push.h"

#include "tests/unit/images/registry/fixture.h"

namespace cove::image::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using Login = FakeRegistry::Login;

class RegistryPushTest : public RegistryTest {
 protected:
  // An image as a build leaves it: uncompressed blobs, no manifest.
  ImagePtr build(const Reference& name, const std::vector<std::string>& tars) {
    ImageConfig config;
    config.platform = {"linux", "amd64", ""};
    std::vector<Digest> parents;
    for (const std::string& bytes : tars) {
      config.diff_ids.push_back(stores_.layer(bytes, parents));
      parents.insert(parents.begin(), config.diff_ids.back());
    }
    return images_->add({.config_json = to_json(config), .tags = {name}}).value();
  }
  Manifest pushed(FakeRegistry& registry, const std::string& repository, const std::string& tag) {
    const auto [type, bytes] = registry.manifest(repository, tag);
    auto manifest = parse_manifest(bytes, type);
    EXPECT_TRUE(manifest) << bytes;
    return manifest ? *manifest : Manifest();
  }
  static std::string id_of(const Digest& diff_id) { return std::string(diff_id.short_hex()); }
};

TEST_F(RegistryPushTest, PushesWhatWasBuilt) {
  registry_.require(Login::kToken);
  const Reference name = reference("team/app:0.1");
  const ImagePtr image = build(name, {tar({file("a", noise(300'000))}), tar({file("b", "small")})});
  const auto sent = push(name, user());
  ASSERT_TRUE(sent) << sent.error().message();
  const auto [type, bytes] = registry_.manifest("team/app", "0.1");
  EXPECT_EQ(type, media::kDockerManifest);
  EXPECT_EQ(sent->digest, Digest::of(bytes));
  EXPECT_EQ(sent->size, bytes.size());
  const Manifest manifest = pushed(registry_, "team/app", "0.1");
  EXPECT_EQ(manifest.config.digest, image->id);
  EXPECT_EQ(registry_.blob("team/app", image->id.text()), image->config_json);
  ASSERT_EQ(manifest.layers.size(), 2u);
  for (const Descriptor& layer : manifest.layers) {
    EXPECT_EQ(layer.media_type, media::kDockerLayerGzip);
    EXPECT_EQ(registry_.blob("team/app", layer.digest.text()).size(), layer.size);
  }
  EXPECT_EQ(said_.front(), "The push refers to repository [" + name.name() + "]");
  EXPECT_EQ(said_.back(), fmt::format("0.1: digest: {} size: {}", sent->digest.text(), sent->size));
  for (const Digest& diff_id : image->config.diff_ids) {
    for (const char* status : {"Preparing", "Pushing", "Pushed"})
      EXPECT_THAT(said_, Contains(id_of(diff_id) + ": " + status));
  }
  // One token for all of it, asked for with the right scope.
  EXPECT_EQ(registry_.count("GET", "/token"), 1u);
  for (const FakeRequest& request : registry_.requests()) {
    if (request.path != "/token") continue;
    EXPECT_EQ(request.query.at("scope"), "extra:x:pull repository:team/app:pull,push");
  }

  // The image has a digest in that repository now, and pushing again sends nothing.
  const auto after = images_->by_id(image->id);
  ASSERT_EQ(after->digests.size(), 1u);
  EXPECT_EQ(after->digests[0].digest, sent->digest);
  const auto uploads = registry_.count("POST", "/uploads/");
  const auto again = push(name, user());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->digest, sent->digest);
  EXPECT_EQ(registry_.count("POST", "/uploads/"), uploads);
  EXPECT_THAT(said_, Contains(id_of(image->config.diff_ids[0]) + ": Layer already exists"));
}

TEST_F(RegistryPushTest, CompressesTheSameEveryTime) {
  const std::string bytes = tar({file("a", noise(100'000) + std::string(100'000, 'a'))});
  const Digest plain = stores_.content->put(bytes).value();
  const auto one = compress_blob(*stores_.content, plain, {});
  const auto two = compress_blob(*stores_.content, plain, {});
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->digest, two->digest);
  EXPECT_LT(one->size, bytes.size());
  EXPECT_EQ(stores_.content->read(one->digest, 1 << 20).value(), gzip(bytes));
  EXPECT_EQ(compress_blob(*stores_.content, Digest::of("absent"), {}).error().code,
            ErrorCode::kNotFound);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(compress_blob(*stores_.content, plain, stop.get_token()).error().code,
            ErrorCode::kCancelled);
}

TEST_F(RegistryPushTest, PushesAPulledImageWithItsManifest) {
  const TestImage image = make_image({gzip_layer({file("name", "content")})});
  publish(registry_, "from", "1", image);
  ASSERT_TRUE(pull(reference("from:1")));
  FakeRegistry other;
  const Reference target = reference("to:2", other);
  ASSERT_TRUE(images_->tag(images_->find(reference("from:1").canonical()).value()->id, target));
  const auto sent = push(target);
  ASSERT_TRUE(sent) << sent.error().message();
  EXPECT_EQ(sent->digest, image.digest());
  EXPECT_EQ(other.manifest("to", "2"),
            std::pair(std::string(media::kOciManifest), image.manifest_json));
  EXPECT_EQ(other.count("POST", "mount="), 0u) << "another registry has nothing to mount";
}

TEST_F(RegistryPushTest, PushesAnImageWhoseLayerCameFirstWithAnother) {
  // The same content, compressed in another way.
  const std::string plain = tar({file("name", noise(50'000))});
  const TestImage one = make_image({{gzip(plain), Digest::of(plain)}});
  const TestImage two = make_image({{zstd(plain), Digest::of(plain)}}, {"linux", "amd64", "v2"});
  publish(registry_, "one", "1", one);
  publish(registry_, "two", "1", two);
  ASSERT_TRUE(pull(reference("one:1")));
  ASSERT_TRUE(pull(reference("two:1")));
  ASSERT_TRUE(images_->remove(reference("one:1").canonical(), true, true, {}));
  FakeRegistry other;
  const Reference target = reference("to:2", other);
  ASSERT_TRUE(images_->tag(Digest::of(two.config_json), target));
  const auto sent = push(target);
  ASSERT_TRUE(sent) << sent.error().message();
  EXPECT_EQ(sent->digest, two.digest());
}

TEST_F(RegistryPushTest, MountsWhatTheRegistryHasElsewhere) {
  const TestLayer base = gzip_layer({file("name", "base")});
  publish(registry_, "library/base", "1", make_image({base}));
  ASSERT_TRUE(pull(reference("library/base:1")));
  // Built on it.
  const std::string own = tar({file("own", "x")});
  ImageConfig config;
  config.platform = {"linux", "amd64", ""};
  config.diff_ids = {base.diff_id, stores_.layer(own, {base.diff_id})};
  const Reference name = reference("team/app:1");
  ASSERT_TRUE(images_->add({.config_json = to_json(config), .tags = {name}}));
  ASSERT_TRUE(push(name));
  EXPECT_THAT(said_, Contains(id_of(base.diff_id) + ": Mounted from library/base"));
  EXPECT_THAT(said_, Contains(id_of(config.diff_ids[1]) + ": Pushed"));
  const Manifest manifest = pushed(registry_, "team/app", "1");
  EXPECT_EQ(manifest.layers[0].digest, Digest::of(base.blob));
  EXPECT_EQ(manifest.layers[0].media_type, media::kDockerLayerGzip);
  EXPECT_EQ(registry_.blob("team/app", Digest::of(base.blob).text()), base.blob);

  // A registry that has no mounts gets the bytes.
  FakeRegistry& strict = registry_;
  strict.hook([](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.query.contains("mount")) return FakeAnswer{405};
    return std::nullopt;
  });
  const Reference second = reference("other/app:1");
  ASSERT_TRUE(images_->tag(images_->find(name.canonical()).value()->id, second));
  const auto sent = push(second);
  ASSERT_TRUE(sent) << sent.error().message();
  EXPECT_EQ(registry_.blob("other/app", Digest::of(base.blob).text()), base.blob);
}

TEST_F(RegistryPushTest, GoesOnWithABrokenUpload) {
  const Reference name = reference("app:1");
  const ImagePtr image = build(name, {tar({file("a", noise(400'000))})});
  std::atomic<int> patches = 0;
  // The first two requests are cut after a part: the registry keeps what came.
  registry_.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.method == "PATCH" && ++patches <= 2) {
      const FakeRequest part = [&] {
        FakeRequest cut = request;
        cut.body = request.body.substr(0, 100'000);
        return cut;
      }();
      registry_.accept(part);
      return FakeAnswer{.status = 503};
    }
    return std::nullopt;
  });
  const auto sent = push(name);
  ASSERT_TRUE(sent) << sent.error().message();
  EXPECT_EQ(patches, 3);
  std::vector<std::string> ranges;
  for (const FakeRequest& request : registry_.requests()) {
    if (request.method == "PATCH") ranges.push_back(request.header("content-range"));
  }
  ASSERT_EQ(ranges.size(), 3u);
  EXPECT_THAT(ranges[0], StartsWith("0-"));
  EXPECT_THAT(ranges[1], StartsWith("100000-"));
  EXPECT_THAT(ranges[2], StartsWith("200000-"));
  const Manifest manifest = pushed(registry_, "app", "1");
  EXPECT_EQ(Digest::of(registry_.blob("app", manifest.layers[0].digest.text())),
            manifest.layers[0].digest);
}

TEST_F(RegistryPushTest, BeginsAnUploadAnewThatIsLost) {
  const Reference name = reference("app:1");
  build(name, {tar({file("a", noise(200'000))})});
  std::atomic<int> patches = 0;
  registry_.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.method == "PATCH" && ++patches == 1) {
      registry_.forget_uploads();
      return FakeAnswer{.status = 500};
    }
    return std::nullopt;
  });
  const auto sent = push(name);
  ASSERT_TRUE(sent) << sent.error().message();
  EXPECT_EQ(patches, 2);
}

TEST_F(RegistryPushTest, SaysWhyNot) {
  const auto absent = push(reference("absent:1"));
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(absent.error().cause,
            "An image does not exist locally with the tag: " + registry_.domain() + "/absent");
  const Reference name = reference("app:1");
  build(name, {tar({file("a", "x")})});
  registry_.require(Login::kBasic);
  const auto unknown = push(name);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().cause, "no basic auth credentials");
  EXPECT_THAT(said_, IsEmpty());
  registry_.require(Login::kNone);
  registry_.hook([](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.method != "POST") return std::nullopt;
    return FakeAnswer{
        403,
        {},
        R"({"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]})"};
  });
  const auto denied = push(name);
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(denied.error().cause, "denied: requested access to the resource is denied");
  // A registry that stores something else is not believed.
  registry_.hook([](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.method != "PUT" || request.path.find("/manifests/") == std::string::npos)
      return std::nullopt;
    return FakeAnswer{201, {{"Docker-Content-Digest", Digest::of("else").text()}}};
  });
  EXPECT_THAT(push(name).error().cause, HasSubstr("in place of"));
}

TEST_F(RegistryPushTest, SendsNothingToALocationOfAnotherHostButTheBytes) {
  FakeRegistry store;
  registry_.require(Login::kBasic);
  const Reference name = reference("app:1");
  build(name, {tar({file("a", noise(200'000))})});
  registry_.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.method != "POST" || request.header("authorization").empty()) return std::nullopt;
    return FakeAnswer{202, {{"Location", store.url() + "/put?sig=1"}}};
  });
  store.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.method == "PATCH") return FakeAnswer{202, {{"Location", "/put?sig=2"}}};
    return FakeAnswer{201};
  });
  const auto sent = push(name, user());
  ASSERT_TRUE(sent) << sent.error().message();
  for (const FakeRequest& request : store.requests()) {
    EXPECT_EQ(request.header("authorization"), "");
    if (request.method != "PUT") continue;
    EXPECT_THAT(request.target, HasSubstr("&digest=sha256%3A"));
  }
  EXPECT_GT(store.requests().size(), 1u);
}

}  // namespace
}  // namespace cove::image::test
