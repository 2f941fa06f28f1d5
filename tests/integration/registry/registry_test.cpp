#include "core/image/registry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/image/image_store.h"
#include "tests/support/connect_proxy.h"
#include "tests/support/registry.h"
#include "tests/unit/images/store/support.h"

namespace cove::image {
namespace {

using cove::test::ConnectProxy;
using cove::test::TestRegistry;
using ::testing::Contains;
using ::testing::HasSubstr;

// One machine's stores and client.
class Machine {
 public:
  explicit Machine(RegistrySettings settings = {}) {
    images = ImageStore::open({stores.folder / "images", *stores.content, *stores.layers,
                               stores.clock, null_logger()})
                 .value();
    registries = std::make_unique<Registries>(Registries::Parts{
        std::move(settings), *images, *stores.content, *stores.layers, clock, null_logger()});
  }

  Result<Pulled> pull(const Reference& name, const RegistryAuth& auth = {}) {
    said.clear();
    return registries->pull(name, {"linux", "amd64", ""}, auth, listener());
  }
  Result<Descriptor> push(const Reference& name, const RegistryAuth& auth = {}) {
    said.clear();
    return registries->push(name, auth, listener());
  }
  OnProgress listener() {
    return [this](const Progress& progress) {
      said.push_back((progress.id.empty() ? "" : progress.id + ": ") + progress.status);
    };
  }
  // As a build leaves it.
  ImagePtr build(const Reference& name, const std::vector<std::string>& tars) {
    ImageConfig config;
    config.platform = {"linux", "amd64", ""};
    config.config.cmd = {"/bin/true"};
    std::vector<Digest> parents;
    for (const std::string& bytes : tars) {
      config.diff_ids.push_back(stores.layer(bytes, parents));
      parents.insert(parents.begin(), config.diff_ids.back());
    }
    return images->add({.config_json = to_json(config), .tags = {name}}).value();
  }

  test::Stores stores;
  SystemClock clock;
  std::unique_ptr<ImageStore> images;
  std::unique_ptr<Registries> registries;
  std::vector<std::string> said;
};

Reference name_at(const std::string& domain, const std::string& name) {
  return parse_tagged(domain + "/" + name).value();
}

Completed run(std::vector<std::string> argv) {
  auto done = make_spawner()->run(Command{std::move(argv), {}, {}, {}}, std::chrono::seconds(120));
  EXPECT_TRUE(done) << done.error().message();
  return done ? *done : Completed{-1, {}, {}};
}

std::vector<std::string> some_layers() {
  return {test::tar({test::folder("etc"), test::file("etc/name", std::string(3 << 20, 'n'))}),
          test::tar({test::file("top", "top")})};
}

RegistryAuth someone(const std::string& password = "s3cret") {
  RegistryAuth auth;
  auth.username = "someone";
  auth.password = Secret(password);
  return auth;
}

TEST(RealRegistryTest, GivesBackWhatWasPushed) {
  TestRegistry registry;
  const Reference name = name_at(registry.domain(), "team/app:0.1");
  Machine here;
  const ImagePtr image = here.build(name, some_layers());
  const auto pushed = here.push(name);
  ASSERT_TRUE(pushed) << pushed.error().message();

  Machine there;
  const auto pulled = there.pull(name);
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(pulled->digest, pushed->digest);
  EXPECT_EQ(pulled->image->id, image->id);
  EXPECT_EQ(test::read(there.stores.root(image->config.diff_ids[0]) / "etc/name").size(), 3u << 20);
  EXPECT_TRUE(there.pull(name)->up_to_date);
  // What was pulled is pushed as it came.
  const Reference other = name_at(registry.domain(), "other/app:2");
  ASSERT_TRUE(there.images->tag(image->id, other));
  const auto again = there.push(other);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->digest, pushed->digest);
  EXPECT_THAT(there.said, Contains(HasSubstr("Mounted from team/app")));

  const auto absent = there.pull(name_at(registry.domain(), "team/app:none"));
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(absent.error().cause, HasSubstr("manifest unknown: manifest unknown"));
  const auto resolved = there.registries->resolve(name, {});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->descriptor.digest, pushed->digest);
  EXPECT_EQ(resolved->platforms.size(), 1u);
}

TEST(RealRegistryTest, AgreesWithSkopeo) {
  TestRegistry registry;
  const Reference name = name_at(registry.domain(), "team/app:0.1");
  Machine here;
  const ImagePtr image = here.build(name, some_layers());
  const auto pushed = here.push(name);
  ASSERT_TRUE(pushed) << pushed.error().message();
  const Completed seen =
      run({"skopeo", "inspect", "--tls-verify=false", "docker://" + name.canonical()});
  EXPECT_EQ(seen.exit_code, 0) << seen.standard_error;
  EXPECT_THAT(seen.standard_output, HasSubstr(pushed->digest.text()));

  // It checks every digest on the way, and changes the form of the manifest.
  const Reference copy = name_at(registry.domain(), "copy/app:1");
  const Completed copied = run({"skopeo", "--insecure-policy", "copy", "--src-tls-verify=false",
                                "--dest-tls-verify=false", "--format=oci",
                                "docker://" + name.canonical(), "docker://" + copy.canonical()});
  ASSERT_EQ(copied.exit_code, 0) << copied.standard_error;
  Machine there;
  const auto pulled = there.pull(copy);
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_NE(pulled->digest, pushed->digest);
  EXPECT_EQ(pulled->image->config.diff_ids, image->config.diff_ids);
  EXPECT_EQ(test::read(there.stores.root(image->config.diff_ids[1]) / "top"), "top");
}

TEST(RealRegistryTest, TalksWithTlsAndPasswords) {
  TestRegistry registry({.tls = true, .username = "someone", .password = "s3cret"});
  // A name of its own, since this machine's addresses are not verified.
  ConnectProxy proxy(registry.port());
  cove::test::TemporaryFolder certificates;
  RegistrySettings settings;
  settings.https_proxy = proxy.address();
  settings.certificates = certificates.path();
  const Reference name = name_at("registry.example", "team/app:0.1");
  {
    Machine here(settings);
    here.build(name, some_layers());
    const auto distrusted = here.push(name, someone());
    ASSERT_FALSE(distrusted);
    EXPECT_THAT(distrusted.error().cause, HasSubstr("certificate is not trusted"));
  }
  test::write(certificates / "registry.example" / "ca.crt", registry.ca_pem());
  Machine here(settings);
  here.build(name, some_layers());
  EXPECT_TRUE(here.registries->login("registry.example", someone()));
  EXPECT_EQ(here.registries->login("registry.example", someone("wrong")).error().code,
            ErrorCode::kPermissionDenied);
  EXPECT_EQ(here.push(name).error().cause, "no basic auth credentials");
  const auto pushed = here.push(name, someone());
  ASSERT_TRUE(pushed) << pushed.error().message();
  Machine there(settings);
  EXPECT_FALSE(there.pull(name, someone("wrong")));
  const auto pulled = there.pull(name, someone());
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(pulled->digest, pushed->digest);
  // By its address, without any certificate.
  Machine local;
  EXPECT_TRUE(local.pull(name_at(registry.domain(), "team/app:0.1"), someone()));
}

TEST(RealRegistryTest, PullsThroughAMirror) {
  TestRegistry registry;
  const Reference name = name_at(registry.domain(), "team/app:0.1");
  Machine here;
  here.build(name, some_layers());
  const auto pushed = here.push(name);
  ASSERT_TRUE(pushed) << pushed.error().message();
  TestRegistry mirror({.proxy_of = registry.url()});
  RegistrySettings settings;
  settings.mirrors[registry.domain()] = {mirror.url()};
  Machine first(settings);
  const auto pulled = first.pull(name);
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(pulled->source, mirror.url());
  EXPECT_EQ(pulled->digest, pushed->digest);
  // Without the mirror the registry itself serves.
  mirror.kill();
  Machine second(settings);
  const auto direct = second.pull(name);
  ASSERT_TRUE(direct) << direct.error().message();
  EXPECT_EQ(direct->source, registry.domain());
  registry.kill();
  Machine third(settings);
  const auto nobody = third.pull(name);
  ASSERT_FALSE(nobody);
  EXPECT_THAT(nobody.error().message(), HasSubstr("connection refused (mirror " + mirror.url()));
}

}  // namespace
}  // namespace cove::image
