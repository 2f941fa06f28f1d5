// Images that only some may have: imagePullSecrets against Debian's docker-registry, which asks for
// a name and a password over TLS that a private authority vouches for.
#include <gmock/gmock.h>
#include <sys/mount.h>

#include "core/base/base64.h"
#include "tests/integration/node/fixture.h"
#include "tests/support/registry.h"

namespace cove::node::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

class PodPulls : public NodeTest {
 protected:
  void SetUp() override {
    NodeTest::SetUp();
    if (!host_) return;
    registry_.emplace(
        cove::test::TestRegistryOptions{.tls = true, .username = "somebody", .password = "s3cret"});
    // By a name that is nobody's: what is called by a loopback address need not prove who it is.
    const Path hosts = host_->folder() / "hosts";
    ASSERT_TRUE(write_file_atomic(hosts, "127.0.0.1 localhost registry.example\n", 0644));
    ASSERT_EQ(::mount(hosts.c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr), 0);
    domain_ = fmt::format("registry.example:{}", registry_->port());
    name_ = domain_ + "/team/app:1";
    const auto unknown =
        registries_->pull(*image::parse_tagged(name_), image::host_platform(), {}, {});
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().message(), HasSubstr("certificate"));
    ASSERT_TRUE(make_directories(certificates() / domain_, 0755));
    ASSERT_TRUE(write_file_atomic(certificates() / domain_ / "ca.crt", registry_->ca_pem(), 0644));
    const char* const binaries = ::getenv("COVE_BINARY_DIR");
    const Path layout = Path(binaries == nullptr ? "." : binaries) / "share/cove/images/busybox";
    const auto copied =
        spawner_->run({{"skopeo", "--insecure-policy", "copy", "--dest-creds", "somebody:s3cret",
                        "--dest-cert-dir", (certificates() / domain_).string(),
                        fmt::format("oci:{}:latest", layout.string()), "docker://" + name_},
                       {},
                       {},
                       {}},
                      std::chrono::seconds(60));
    ASSERT_TRUE(copied) << copied.error().message();
    ASSERT_EQ(copied->exit_code, 0) << copied->standard_error;
  }
  void TearDown() override {
    NodeTest::TearDown();
    ::umount2("/etc/hosts", MNT_DETACH);
  }

  void create_secret(const std::string& name, const std::string& password) {
    create(
        fmt::format("apiVersion: v1\nkind: Secret\nmetadata: {{name: {}}}\n"
                    "type: kubernetes.io/dockerconfigjson\nstringData:\n"
                    "  .dockerconfigjson: '{{\"auths\":{{\"{}\":{{\"auth\":\"{}\"}}}}}}'\n",
                    name, domain_, base64_encode("somebody:" + password)));
  }
  void create_puller(const std::string& name, const std::string& more) {
    create_pod(name, fmt::format("{}terminationGracePeriodSeconds: 1\ncontainers:\n"
                                 "- {{name: main, image: \"{}\", imagePullPolicy: Always, "
                                 "command: [sleep, \"1000\"]}}\n",
                                 more, name_));
  }
  void expect_refused(const std::string& name, const char* why) {
    ASSERT_TRUE(until(name, [](const api::Object& pod) {
      const json::object status = status_of(pod, "main");
      return api::text_at(status, {"state", "waiting", "reason"}) == "ImagePullBackOff" ||
             api::text_at(status, {"state", "waiting", "reason"}) == "ErrImagePull";
    }));
    EXPECT_TRUE(cove::test::eventually([&] {
      return ::testing::Value(events(name), Contains("Warning Failed: Error: ErrImagePull"));
    }));
    EXPECT_THAT(events(name), Contains(AllOf(HasSubstr("Failed to pull image \"" + name_ + "\": "),
                                             HasSubstr(why))));
  }

  std::optional<cove::test::TestRegistry> registry_;
  std::string domain_, name_;
};

TEST_F(PodPulls, NeedTheSecretOfThePodOrOfItsServiceAccount) {
  create_secret("right", "s3cret");
  create_secret("wrong", "guess");
  create(
      "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: puller}\n"
      "imagePullSecrets: [{name: right}]\n");
  create_puller("nobody", "");
  create_puller("guesses", "imagePullSecrets: [{name: wrong}]\n");
  create_puller("lost", "imagePullSecrets: [{name: missing}]\n");
  for (const char* name : {"nobody", "lost"}) expect_refused(name, "no basic auth credentials");
  // The registry's own word about who it does not know.
  expect_refused("guesses", "unauthorized");
  EXPECT_THAT(
      events("lost"),
      Contains("Warning FailedToRetrieveImagePullSecret: Unable to retrieve some image pull "
               "secrets (missing); attempting to pull the image may not succeed."));

  create_puller("knows", "imagePullSecrets: [{name: wrong}, {name: right}]\n");
  create_puller("account", "serviceAccountName: puller\n");
  for (const char* name : {"knows", "account"}) {
    ASSERT_TRUE(until_ready(name));
    EXPECT_TRUE(cove::test::eventually([&] {
      return ::testing::Value(events(name),
                              Contains(HasSubstr(fmt::format(
                                  "Normal Pulled: Successfully pulled image \"{}\" in ", name_))));
    })) << ::testing::PrintToString(events(name));
  }
  // What others may have is here by now, and is still not theirs: Always asks the registry.
  create_puller("nobody-either", "");
  expect_refused("nobody-either", "no basic auth credentials");
  for (const char* name : {"nobody", "guesses", "lost", "knows", "account", "nobody-either"})
    remove(name, 1);
  for (const char* name : {"nobody", "guesses", "lost", "knows", "account", "nobody-either"})
    ASSERT_TRUE(until_gone(name));
  expect_clean();
}

}  // namespace
}  // namespace cove::node::test
