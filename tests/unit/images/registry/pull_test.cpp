#include "tests/unit/images/registry/fixture.h"

namespace cove::image::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const TestLayer kBase = gzip_layer({folder("etc"), file("etc/name", "base")});
const TestLayer kTop = gzip_layer({folder("etc"), file("etc/name", "top"), file("big", "x")});

std::string id_of(const TestLayer& layer) {
  return std::string(Digest::of(layer.blob).short_hex());
}

TEST_F(RegistryTest, PullsAnImageAndSaysWhatDockerSays) {
  const TestImage image = make_image({kBase, kTop});
  publish(registry_, "library/nginx", "1.25", image);
  settings_.parallel_downloads = 1;
  open();
  const auto pulled = pull(reference("library/nginx:1.25"));
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(pulled->digest, image.digest());
  EXPECT_EQ(pulled->source, registry_.domain());
  EXPECT_FALSE(pulled->up_to_date);
  EXPECT_EQ(pulled->image->id, Digest::of(image.config_json));
  EXPECT_EQ(content_of(kBase, "etc/name"), "base");
  EXPECT_EQ(content_of(kTop, "etc/name"), "top");
  EXPECT_TRUE(stores_.content->has(Digest::of(kTop.blob)));
  EXPECT_TRUE(stores_.content->has(image.digest()));
  EXPECT_EQ(said_.front(), "1.25: Pulling from library/nginx");
  for (const TestLayer& layer : {kBase, kTop}) {
    for (const char* status : {"Pulling fs layer", "Downloading", "Verifying Checksum",
                               "Download complete", "Pull complete"})
      EXPECT_THAT(said_, Contains(id_of(layer) + ": " + status));
  }
  EXPECT_THAT(said_, Contains(id_of(kTop) + ": Waiting"));
  EXPECT_EQ(said_[said_.size() - 2], "Digest: " + image.digest().text());
  EXPECT_EQ(said_.back(),
            "Status: Downloaded newer image for " + registry_.domain() + "/library/nginx:1.25");
}

TEST_F(RegistryTest, AsksOnlyForTheDigestOfWhatIsUpToDate) {
  publish(registry_, "app", "latest", make_image({kBase}));
  ASSERT_TRUE(pull(reference("app")));
  open();
  const std::size_t before = registry_.requests().size();
  const auto again = pull(reference("app"));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_TRUE(again->up_to_date);
  EXPECT_EQ(registry_.requests().size(), before + 1);
  EXPECT_EQ(registry_.requests().back().method, "HEAD");
  EXPECT_EQ(said_.back(), "Status: Image is up to date for " + registry_.domain() + "/app:latest");

  // The tag moves; the layer that both have is not fetched again.
  publish(registry_, "app", "latest", make_image({kBase, kTop}));
  const auto bytes = registry_.blob_bytes();
  const auto newer = pull(reference("app"));
  ASSERT_TRUE(newer);
  EXPECT_FALSE(newer->up_to_date);
  EXPECT_THAT(said_, Contains(id_of(kBase) + ": Already exists"));
  EXPECT_LT(registry_.blob_bytes() - bytes, kTop.blob.size() + 2000);
}

TEST_F(RegistryTest, PullsEveryTagPageByPage) {
  const TestImage image = make_image({kBase});
  for (const char* tag : {"1", "2", "latest"}) publish(registry_, "app", tag, image);
  std::string second = R"({"name":"app","tags":["latest"]})";
  registry_.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.path != "/v2/app/tags/list") return std::nullopt;
    if (request.query.contains("last")) return FakeAnswer{200, {}, second};
    return FakeAnswer{200,
                      {{"Link", "</v2/app/tags/list?last=2&n=2>; rel=\"next\""}},
                      R"({"name":"app","tags":["1","2"]})"};
  });
  const auto pull_all = [&](const std::string& name) {
    said_.clear();
    return registries_->pull_all(reference(name), {"linux", "amd64", ""}, {}, listener(), {});
  };
  const auto pulled = pull_all("app");
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(images_->list().size(), 1U);
  EXPECT_EQ(images_->list().front()->tags.size(), 3U);
  EXPECT_THAT(said_, Contains("2: Pulling from app"));
  EXPECT_EQ(said_.back(), "Status: Downloaded newer image for " + registry_.domain() + "/app");
  EXPECT_TRUE(pull_all("app"));
  EXPECT_EQ(said_.back(), "Status: Image is up to date for " + registry_.domain() + "/app");
  // What is no tag, a page that leads to itself, and a repository that is not there.
  second = R"({"tags":["../../x"]})";
  EXPECT_THAT(pull_all("app").error().cause, HasSubstr("something that is no tag"));
  second = R"({"tags":[7]})";
  EXPECT_FALSE(pull_all("app"));
  registry_.hook([](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (!request.path.ends_with("/tags/list")) return std::nullopt;
    return FakeAnswer{200, {{"Link", "<" + request.target + ">; rel=next"}}, R"({"tags":[]})"};
  });
  EXPECT_TRUE(pull_all("app"));
  registry_.hook({});
  EXPECT_THAT(pull_all("none").error().cause, HasSubstr("repository"));
}

TEST_F(RegistryTest, ChoosesThePlatformOfAnIndex) {
  const TestImage mine = make_image({kBase});
  const TestImage other = make_image({kTop}, {"linux", "s390x", ""});
  publish(registry_, "app", "", mine);
  publish(registry_, "app", "", other);
  Index index;
  index.media_type = media::kDockerList;
  index.manifests = {{other.manifest.media_type, other.digest(), other.manifest_json.size(),
                      Platform{"linux", "s390x", ""}},
                     {mine.manifest.media_type, mine.digest(), mine.manifest_json.size(),
                      Platform{"linux", "amd64", ""}}};
  const std::string json = to_json(index);
  const Digest digest = registry_.add_manifest("app", "latest", index.media_type, json);
  const auto pulled = pull(reference("app"));
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(pulled->digest, digest);
  EXPECT_EQ(pulled->image->id, Digest::of(mine.config_json));
  EXPECT_EQ(pulled->image->manifest, mine.digest());
  EXPECT_TRUE(pull(reference("app"))->up_to_date);

  const auto none = registries_->pull(reference("app"), {"linux", "riscv64", ""}, {}, {}, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(none.error().cause,
              HasSubstr("no matching manifest for linux/riscv64 in the manifest list entries"));

  const auto resolved = registries_->resolve(reference("app"), {});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->descriptor.digest, digest);
  EXPECT_EQ(resolved->platforms.size(), 2u);
  Reference exact = reference("app");
  exact.tag.clear();
  exact.digest = mine.digest();
  const auto one = registries_->resolve(exact, {});
  ASSERT_TRUE(one) << one.error().message();
  EXPECT_EQ(one->platforms, (std::vector<Platform>{{"linux", "amd64", ""}}));
}

TEST_F(RegistryTest, PullsByDigest) {
  const TestImage image = make_image({kBase});
  publish(registry_, "app", "latest", image);
  const auto exact = parse_reference(registry_.domain() + "/app@" + image.digest().text()).value();
  const auto pulled = pull(exact);
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_THAT(pulled->image->tags, IsEmpty());
  EXPECT_THAT(pulled->image->digests, ElementsAre(exact));
  EXPECT_TRUE(pull(exact)->up_to_date);
}

TEST_F(RegistryTest, ResumesALayerWhereTheConnectionBroke) {
  const TestLayer big = gzip_layer({file("noise", noise(1 << 20))});
  const TestImage image = make_image({big});
  publish(registry_, "app", "latest", image);
  const std::size_t third = big.blob.size() / 3;
  std::atomic<int> asked = 0;
  registry_.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.path.find(Digest::of(big.blob).text()) == std::string::npos || ++asked > 1)
      return std::nullopt;
    return FakeAnswer{.body = big.blob, .cut_after = third};
  });
  const auto before = stores_.clock.steady();
  const auto pulled = pull(reference("app"));
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(content_of(big, "noise"), noise(1 << 20));
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(registry_.requests().back().header("range"), fmt::format("bytes={}-", third));
  EXPECT_EQ(registry_.blob_bytes(), big.blob.size() + image.config_json.size());
  EXPECT_GE(stores_.clock.steady() - before, std::chrono::milliseconds(500)) << "it waits first";
}

TEST_F(RegistryTest, SkipsWhatAServerWithoutRangesSendsAgain) {
  const TestLayer big = gzip_layer({file("noise", noise(300'000))});
  publish(registry_, "app", "latest", make_image({big}));
  std::atomic<int> asked = 0;
  registry_.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.path.find(Digest::of(big.blob).text()) == std::string::npos) return std::nullopt;
    if (++asked <= 2) return FakeAnswer{.body = big.blob, .cut_after = 100'000};
    return FakeAnswer{.body = big.blob};
  });
  const auto pulled = pull(reference("app"));
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(content_of(big, "noise"), noise(300'000));
  EXPECT_EQ(asked, 3);
}

TEST_F(RegistryTest, GivesUpAfterFiveMoreAttemptsAndGoesOnLater) {
  const TestLayer big = gzip_layer({file("noise", noise(300'000))});
  const TestImage image = make_image({big});
  publish(registry_, "app", "latest", image);
  std::atomic<int> asked = 0;
  registry_.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.path.find(Digest::of(big.blob).text()) == std::string::npos) return std::nullopt;
    const std::string range = request.header("range");
    const std::size_t from = range.empty() ? 0 : std::stoul(range.substr(6));
    ++asked;
    FakeAnswer answer{.status = from > 0 ? 206 : 200, .body = big.blob.substr(from)};
    if (from > 0) {
      answer.headers = {{"Content-Range", fmt::format("bytes {}-{}/{}", from, big.blob.size() - 1,
                                                      big.blob.size())}};
    }
    answer.cut_after = 10'000;
    return answer;
  });
  const auto pulled = pull(reference("app"));
  ASSERT_FALSE(pulled);
  EXPECT_EQ(asked, 6);
  EXPECT_EQ(pulled.error().code, ErrorCode::kUnavailable) << pulled.error().message();
  EXPECT_FALSE(images_->find(reference("app").canonical()));
  EXPECT_THAT(stores_.layers->list(), IsEmpty());

  // Another process goes on with what is there.
  registry_.hook({});
  stores_.content = ContentStore::open(stores_.folder / "content").value();
  open();
  ASSERT_TRUE(pull(reference("app")));
  EXPECT_EQ(content_of(big, "noise"), noise(300'000));
  EXPECT_EQ(registry_.requests().back().header("range"), "bytes=60000-");
}

TEST_F(RegistryTest, ThrowsAwayARemnantThatIsWrong) {
  const TestLayer big = gzip_layer({file("noise", noise(300'000))});
  publish(registry_, "app", "latest", make_image({big}));
  {
    const auto writer = stores_.content->writer(Digest::of(big.blob), big.blob.size()).value();
    ASSERT_TRUE(writer->write("these bytes are not of that blob"));
  }
  const auto pulled = pull(reference("app"));
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(content_of(big, "noise"), noise(300'000));
}

TEST_F(RegistryTest, EndsOnASilentRegistry) {
  settings_.patience = std::chrono::milliseconds(20);
  open();
  const TestLayer big = gzip_layer({file("noise", noise(100'000))});
  publish(registry_, "app", "latest", make_image({big}));
  registry_.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.path.find("/blobs/") == std::string::npos) return std::nullopt;
    return FakeAnswer{.body = std::string(200, 'x'), .cut_after = 100, .stall = true};
  });
  const auto pulled = pull(reference("app"));
  ASSERT_FALSE(pulled);
}

TEST_F(RegistryTest, RefusesWhatLies) {
  const TestImage image = make_image({kBase});
  const std::string blob = Digest::of(kBase.blob).text();
  struct Row {
    const char* what;
    FakeRegistry::Hook hook;
    const char* cause;
  };
  const auto on = [](std::string part, FakeAnswer answer) -> FakeRegistry::Hook {
    return [=](const FakeRequest& request) -> std::optional<FakeAnswer> {
      if (request.path.find(part) == std::string::npos || request.method == "HEAD")
        return std::nullopt;
      return answer;
    };
  };
  std::string other = kBase.blob;
  other.back() = static_cast<char>(other.back() ^ 1);
  const std::string oci = media::kOciManifest;
  for (const Row& row : {
           Row{"other bytes of the same length", on(blob, {.body = other}),
               "filesystem layer verification failed for digest sha256:"},
           Row{"a longer blob", on(blob, {.body = kBase.blob + "x"}), "where the manifest says"},
           Row{"a shorter blob", on(blob, {.body = kBase.blob.substr(1)}),
               "where the manifest says"},
           Row{"a longer blob without length",
               on(blob, {.body = kBase.blob + "x", .no_length = true}), "where the manifest says"},
           Row{"another configuration",
               on(Digest::of(image.config_json).text(),
                  {.body = std::string(image.config_json.size(), ' ')}),
               "sent bytes of the digest"},
           Row{"another digest in the header",
               on("/manifests/", {.headers = {{"Content-Type", oci},
                                              {"Docker-Content-Digest", Digest::of("x").text()}},
                                 .body = image.manifest_json}),
               "manifest verification failed for digest"},
           Row{"a manifest without end",
               on("/manifests/", {.headers = {{"Content-Type", oci}},
                                 .body = std::string(kMaxManifestBytes + 1, ' ')}),
               "longer than"},
           Row{"no JSON", on("/manifests/", {.headers = {{"Content-Type", oci}}, .body = "{"}),
               "JSON"},
           Row{"deep JSON",
               on("/manifests/",
                  {.headers = {{"Content-Type", oci}}, .body = std::string(100'000, '[')}),
               "JSON"},
           Row{"schema 1",
               on("/manifests/",
                  {.headers = {{"Content-Type",
                                "application/vnd.docker.distribution.manifest.v1+prettyjws"}},
                  .body = R"({"schemaVersion":1})"}),
               "schema 1"},
           Row{"schema 1 in disguise",
               on("/manifests/", {.headers = {{"Content-Type", "application/json"}},
                                 .body = R"({"schemaVersion":1,"fsLayers":[]})"}),
               "schema 1"},
           Row{"something else",
               on("/manifests/", {.headers = {{"Content-Type", "text/html; charset=x"}},
                                 .body = R"({"mediaType":"text/x.manifest.thing"})"}),
               "unsupported manifest media type"},
       }) {
    SCOPED_TRACE(row.what);
    images_->collect();
    publish(registry_, "app", "latest", image);
    registry_.hook(row.hook);
    const auto pulled = pull(reference("app"));
    ASSERT_FALSE(pulled);
    EXPECT_THAT(pulled.error().cause, HasSubstr(row.cause)) << pulled.error().message();
    EXPECT_THAT(images_->list(), IsEmpty());
    EXPECT_THAT(stores_.layers->list(), IsEmpty());
  }
}

TEST_F(RegistryTest, RefusesManifestsThatCannotBeImages) {
  const auto pulled_with = [&](const std::function<void(Manifest&)>& change) {
    images_->collect();
    TestImage image = make_image({kBase});
    change(image.manifest);
    image.manifest_json = to_json(image.manifest);
    publish(registry_, "app", "latest", image);
    return pull(reference("app"));
  };
  struct Row {
    std::function<void(Manifest&)> change;
    const char* cause;
  };
  for (const Row& row : {
           Row{[](Manifest& m) {
                 m.layers[0].media_type =
                     "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
               },
               "is a foreign one"},
           Row{[](Manifest& m) { m.layers[0].media_type = "application/x-tar"; }, "unknown type"},
           Row{[](Manifest& m) { m.layers.clear(); }, "has 0 layers and its configuration 1"},
           Row{[](Manifest& m) {
                 m.config.media_type = "application/vnd.cncf.helm.config.v1+json";
               },
               "no image of a container"},
           Row{[](Manifest& m) { m.config.size = 100 << 20; }, "longer than"},
       }) {
    const auto pulled = pulled_with(row.change);
    ASSERT_FALSE(pulled) << row.cause;
    EXPECT_THAT(pulled.error().cause, HasSubstr(row.cause)) << pulled.error().message();
  }
  publish(registry_, "app", "latest", make_image({kBase}, {"windows", "amd64", ""}));
  EXPECT_THAT(pull(reference("app")).error().cause,
              HasSubstr("image operating system \"windows\" cannot be used on this platform"));
  // Content that has another digest than its configuration says.
  TestLayer lying = kBase;
  lying.diff_id = Digest::of("something else");
  publish(registry_, "app", "latest", make_image({lying}));
  EXPECT_THAT(pull(reference("app")).error().cause, HasSubstr("failed to register layer"));
  EXPECT_THAT(images_->list(), IsEmpty());
}

TEST_F(RegistryTest, UnpacksLayersThatLeanOnThoseBelow) {
  // The lower layer arrives last, though the upper one has links and a folder of it.
  const TestLayer lower = gzip_layer(
      {folder("data", 0700), file("data/target", "linked"), file("noise", noise(500'000))});
  const TestLayer upper =
      gzip_layer({hard_link("copy", "data/target"), file("data/new", "in a folder of below")});
  publish(registry_, "app", "latest", make_image({lower, upper}));
  std::mutex mutex;
  std::condition_variable changed;
  bool upper_sent = false;
  registry_.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    std::unique_lock lock(mutex);
    if (request.path.find(Digest::of(upper.blob).text()) != std::string::npos) {
      upper_sent = true;
      changed.notify_all();
    } else if (request.path.find(Digest::of(lower.blob).text()) != std::string::npos) {
      changed.wait_for(lock, std::chrono::seconds(20), [&] { return upper_sent; });
    }
    return std::nullopt;
  });
  const auto pulled = pull(reference("app"));
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(content_of(upper, "copy"), "linked");
  EXPECT_EQ(file_status(stores_.root(upper.diff_id) / "data").st_mode & 07777, 0700u);
}

TEST_F(RegistryTest, PullsManyLayersInParallelAndTheSameOnce) {
  std::vector<TestLayer> layers;
  for (unsigned i = 0; i < 12; ++i)
    layers.push_back(gzip_layer({file(fmt::format("f{}", i), noise(20'000, i))}));
  layers.push_back(layers[3]);
  publish(registry_, "app", "latest", make_image(layers));
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  registry_.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.path.find("/blobs/") == std::string::npos) return std::nullopt;
    const int here = ++now;
    for (int seen = most; seen < here && !most.compare_exchange_weak(seen, here);) continue;
    --now;
    return std::nullopt;
  });
  const auto pulled = pull(reference("app"));
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_LE(most, 3);
  EXPECT_EQ(pulled->image->config.diff_ids.size(), 13u);
  for (const TestLayer& layer : layers)
    EXPECT_EQ(registry_.count("GET", Digest::of(layer.blob).text()), 1u);
}

TEST_F(RegistryTest, IsCancelledInTheMiddle) {
  const TestLayer big = gzip_layer({file("noise", noise(1 << 20))});
  publish(registry_, "app", "latest", make_image({big}));
  registry_.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.path.find(Digest::of(big.blob).text()) == std::string::npos) return std::nullopt;
    return FakeAnswer{.body = big.blob, .cut_after = 500'000, .stall = true};
  });
  const auto pulled = registries_->pull(
      reference("app"), {"linux", "amd64", ""}, {},
      [&](const Progress& progress) {
        if (progress.status == "Downloading") stop_.request_stop();
      },
      stop_.get_token());
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().code, ErrorCode::kCancelled) << pulled.error().message();
  EXPECT_THAT(images_->list(), IsEmpty());
}

TEST_F(RegistryTest, SaysWhyInDockersWords) {
  struct Row {
    int status;
    const char* body;
    ErrorCode code;
    const char* cause;
  };
  for (
      const Row& row : {
          Row{404, R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})",
              ErrorCode::kNotFound,
              "manifest for {}/app:latest not found: manifest unknown: "
              "manifest unknown"},
          Row{404, R"({"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known"}]})",
              ErrorCode::kNotFound,
              "repository {}/app not found: name unknown: repository name not known"},
          Row{403,
              R"({"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]})",
              ErrorCode::kNotFound,
              "pull access denied for {}/app, repository does not exist or may require 'docker "
              "login': denied: requested access to the resource is denied"},
          Row{401, "", ErrorCode::kPermissionDenied, "unauthorized: authentication required"},
          Row{418, "short and stout", ErrorCode::kUnavailable,
              "received unexpected HTTP status: 418 Said"},
      }) {
    registry_.hook([&](const FakeRequest&) { return FakeAnswer{row.status, {}, row.body}; });
    const auto pulled = pull(reference("app"));
    ASSERT_FALSE(pulled) << row.status;
    EXPECT_EQ(pulled.error().code, row.code) << row.status;
    EXPECT_EQ(pulled.error().cause, fmt::format(fmt::runtime(row.cause), registry_.domain()));
  }
}

TEST_F(RegistryTest, SaysARateLimitPlainly) {
  const char* const body =
      R"({"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]})";
  registry_.hook([&](const FakeRequest&) {
    return FakeAnswer{
        429, {{"ratelimit-limit", "100;w=21600"}, {"ratelimit-remaining", "0;w=1"}}, body};
  });
  const auto limited = pull(reference("app"));
  ASSERT_FALSE(limited);
  EXPECT_EQ(limited.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(limited.error().cause,
            "toomanyrequests: You have reached your pull rate limit. (the limit is 100 pulls in 6 "
            "hours, 0 are left)");
  EXPECT_THAT(limited.error().remedy, HasSubstr("mirror"));
  EXPECT_EQ(registry_.count("GET", "/manifests/"), 1u) << "nobody says that waiting helps";

  // Within bounds it is waited as it was asked.
  publish(registry_, "app", "latest", make_image({kBase}));
  std::atomic<int> asked = 0;
  registry_.hook([&](const FakeRequest&) -> std::optional<FakeAnswer> {
    if (++asked > 2) return std::nullopt;
    return FakeAnswer{429, {{"Retry-After", "30"}}};
  });
  const auto before = stores_.clock.steady();
  EXPECT_TRUE(pull(reference("app")));
  EXPECT_EQ(stores_.clock.steady() - before, std::chrono::seconds(60));
  registry_.hook([&](const FakeRequest&) { return FakeAnswer{429, {{"Retry-After", "86400"}}}; });
  EXPECT_THAT(pull(reference("app")).error().remedy, HasSubstr("in 86400 seconds"));
}

TEST_F(RegistryTest, TriesAgainWhatMayPass) {
  publish(registry_, "app", "latest", make_image({kBase}));
  std::atomic<int> asked = 0;
  registry_.hook([&](const FakeRequest&) -> std::optional<FakeAnswer> {
    return ++asked % 3 != 0 ? std::optional(FakeAnswer{503}) : std::nullopt;
  });
  EXPECT_TRUE(pull(reference("app")));
  registry_.hook([&](const FakeRequest&) { return FakeAnswer{500}; });
  const auto pulled = pull(reference("app"));
  EXPECT_THAT(pulled.error().cause, HasSubstr("received unexpected HTTP status: 500"));
}

}  // namespace
}  // namespace cove::image::test
