#include "core/image/manifest.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/base/strings.h"
#include "tests/unit/images/store/support.h"

namespace cove::image {
namespace {

using test::cause;
using testing::HasSubstr;

const std::string kA = "sha256:" + std::string(64, 'a');
const std::string kB = "sha256:" + std::string(64, 'b');

TEST(Manifest, ReadsBothFamilies) {
  const std::string body = R"("config":{"digest":")" + kA + R"(","size":7},"layers":[{"digest":")" +
                           kB + R"(","size":9,"annotations":{"k":"v"}}]})";
  const auto oci = parse_manifest(R"({"schemaVersion":2,)" + body, "");
  ASSERT_TRUE(oci.has_value()) << cause(oci);
  EXPECT_EQ(oci->media_type, media::kOciManifest);
  EXPECT_EQ(oci->config.media_type, media::kOciConfig);
  EXPECT_EQ(oci->layers.at(0).media_type, media::kOciLayerGzip);
  EXPECT_EQ(oci->layers.at(0).size, 9U);
  EXPECT_EQ(oci->layers.at(0).annotations.at("k"), "v");
  const auto docker = parse_manifest(
      R"({"schemaVersion":2,"mediaType":")" + std::string(media::kDockerManifest) + "\"," + body,
      media::kOciManifest);
  ASSERT_TRUE(docker.has_value()) << cause(docker);
  EXPECT_EQ(docker->media_type, media::kDockerManifest);
  EXPECT_EQ(docker->config.media_type, media::kDockerConfig);
  EXPECT_EQ(docker->layers.at(0).media_type, media::kDockerLayerGzip);
  const auto again = parse_manifest(to_json(*docker), "");
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(to_json(*again), to_json(*docker));
}

TEST(Manifest, RefusesWhatItIsNot) {
  const std::string config = R"("config":{"digest":")" + kA + R"(","size":7})";
  std::string many = R"({"schemaVersion":2,)" + config + R"(,"layers":[)";
  for (std::size_t i = 0; i <= kMaxLayers; ++i)
    many += (i > 0 ? "," : "") + (R"({"digest":")" + kB + R"(","size":1})");
  many += "]}";
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", "not valid JSON"},
      {"[]", "not a JSON object"},
      {R"({"schemaVersion":1})", "schema 1 is not supported"},
      {R"({"schemaVersion":3})", "'schemaVersion' is not 2"},
      {R"({"schemaVersion":2})", "'config' is missing"},
      {R"({"schemaVersion":2,"mediaType":"text/plain",)" + config + "}", "which is not supported"},
      {R"({"schemaVersion":2,"mediaType":7,)" + config + "}", "'mediaType' is not a string"},
      {R"({"schemaVersion":2,"config":{"size":7}})", "'digest' is missing"},
      {R"({"schemaVersion":2,"config":{"digest":"sha256:../..","size":7}})", "not a usable digest"},
      {R"({"schemaVersion":2,"config":{"digest":")" + kA + R"(","size":-1}})", "is negative"},
      {R"({"schemaVersion":2,"config":{"digest":")" + kA + R"(","size":1e99}})", "whole number"},
      {R"({"schemaVersion":2,"manifests":[],)" + config + "}", "does not belong"},
      {R"({"schemaVersion":2,)" + config + R"(,"layers":{}})", "'layers' is not a list"},
      {many, "more than 512"},
      {std::string(100'000, '['), "not valid JSON"},
      {std::string(kMaxManifestBytes + 1, ' '), "longer than"},
  };
  for (const auto& [text, expected] : table)
    EXPECT_THAT(cause(parse_manifest(text, "")), HasSubstr(expected)) << text.substr(0, 200);
}

struct Choice {
  const char* host;
  const char* offered;
  const char* chosen;  // its number among the offered, or "" for none
};

TEST(Index, ChoosesAsContainerdDoes) {
  for (const Choice& choice : {
           Choice{"linux/amd64", "linux/arm64 linux/amd64", "1"},
           Choice{"linux/amd64", "linux/386 linux/amd64", "1"},
           Choice{"linux/amd64", "linux/386 linux/arm64", "0"},
           Choice{"linux/amd64", "linux/amd64/v3", ""},
           Choice{"linux/amd64/v3", "linux/amd64 linux/amd64/v2", "1"},
           Choice{"linux/amd64", "windows/amd64", ""},
           Choice{"linux/amd64", "unknown/unknown", ""},
           Choice{"linux/amd64", "unknown/unknown linux/amd64", "1"},
           Choice{"linux/arm64", "linux/arm64/v8", "0"},
           Choice{"linux/arm64/v8", "linux/arm64", "0"},
           Choice{"linux/arm64", "linux/arm/v6 linux/arm/v7", "1"},
           Choice{"linux/arm/v7", "linux/arm/v6 linux/arm/v5", "0"},
           Choice{"linux/arm/v7", "linux/arm/v6 linux/arm", "1"},
           Choice{"linux/arm/v6", "linux/arm/v7", ""},
           Choice{"linux/x86_64", "linux/amd64", "0"},
           Choice{"linux/amd64", "", ""},
       }) {
    Index index;
    for (const std::string& platform : split(choice.offered, ' ')) {
      if (platform.empty()) continue;
      Descriptor descriptor;
      const auto parts = split(platform, '/');
      descriptor.platform = Platform{parts[0], parts[1], parts.size() > 2 ? parts[2] : ""};
      descriptor.media_type = std::to_string(index.manifests.size());
      index.manifests.push_back(descriptor);
    }
    const Descriptor* found = choose(index, parse_platform(choice.host).value());
    EXPECT_EQ(found != nullptr ? found->media_type : "", choice.chosen)
        << choice.host << " of " << choice.offered;
  }
  Index alone;
  alone.manifests.resize(1);
  EXPECT_NE(choose(alone, host_platform()), nullptr);
  EXPECT_TRUE(parse_platform("linux/amd64/v1/x").has_error());
  EXPECT_TRUE(parse_platform("linux//").has_error());
  EXPECT_TRUE(parse_platform("").has_error());
  EXPECT_EQ(parse_platform("arm64")->architecture, "arm64");
}

TEST(ImageConfig, GoesThereAndBack) {
  ImageConfig config;
  config.platform = {"linux", "arm", "v7"};
  config.created = "2026-01-02T03:04:05Z";
  config.author = "somebody";
  config.config.user = "app:www";
  config.config.env = {"A=1", "B=\xC3\xA4"};
  config.config.entrypoint = {"/bin/sh", "-c"};
  config.config.cmd = {"true"};
  config.config.working_dir = "/srv";
  config.config.exposed_ports = {"443/tcp", "80/tcp"};
  config.config.volumes = {"/data"};
  config.config.labels = {{"a", "b"}};
  config.config.stop_signal = "SIGQUIT";
  config.config.shell = {"/bin/bash"};
  config.config.on_build = {"RUN true"};
  config.config.args_escaped = true;
  HealthCheck check;
  check.test = {"CMD-SHELL", "true"};
  check.interval = std::chrono::seconds(3);
  check.retries = 5;
  config.config.health_check = check;
  config.diff_ids = {Digest::of("1"), Digest::of("2")};
  config.history = {{"2026-01-02T03:04:05Z", "COPY", "me", "why", false},
                    {"", "ENV", "", "", true}};
  const std::string text = to_json(config);
  const auto read = parse_config(text);
  ASSERT_TRUE(read.has_value()) << cause(read);
  EXPECT_EQ(read->platform, config.platform);
  EXPECT_EQ(read->config, config.config);
  EXPECT_EQ(read->diff_ids, config.diff_ids);
  EXPECT_EQ(read->history.size(), 2U);
  EXPECT_TRUE(read->history[1].empty_layer);
  EXPECT_EQ(to_json(*read), text);
  const auto back = from_docker_json(to_docker_json(config.config));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, config.config);
}

TEST(ImageConfig, TakesOldAndRefusesWrongDocuments) {
  const auto old = parse_config(
      R"({"architecture":"amd64","config":{"Cmd":null,"Entrypoint":"/init","Labels":null},)"
      R"("rootfs":{"type":"layers","diff_ids":[]},"history":null,"unknown":{"a":[1]}})");
  ASSERT_TRUE(old.has_value()) << cause(old);
  EXPECT_EQ(old->config.entrypoint, std::vector<std::string>{"/init"});
  EXPECT_EQ(old->platform.os, "linux");
  const std::vector<std::pair<std::string, std::string>> table = {
      {"{}", "'rootfs' is missing"},
      {R"({"rootfs":{"type":"layers","diff_ids":["x"]}})", "bad digest"},
      {R"({"rootfs":{"type":"other"}})", "is not 'layers'"},
      {R"({"rootfs":{},"config":{"Env":[1]}})", "'Env' is not a list of strings"},
      {R"({"rootfs":{},"config":{"Labels":{"a":1}}})", "'Labels' has a value"},
      {R"({"rootfs":{},"config":[]})", "'config' is not an object"},
      {R"({"rootfs":{},"history":[7]})", "'history' is not an object"},
      {R"({"rootfs":{},"config":{"Healthcheck":{"Retries":-1}}})", "'Retries' is out of range"},
      {R"({"rootfs":{},"os":"\ud800"})", "not valid JSON"},
  };
  for (const auto& [text, expected] : table)
    EXPECT_THAT(cause(parse_config(text)), HasSubstr(expected)) << text;
}

TEST(ImageConfig, DockersFormSaysNothingAsNull) {
  EXPECT_EQ(boost::json::serialize(to_docker_json(RunConfig{})),
            R"({"User":"","Env":null,"Cmd":null,"Volumes":null,"WorkingDir":"","Entrypoint":null,)"
            R"("OnBuild":null,"Labels":null})");
}

}  // namespace
}  // namespace cove::image
