#include "core/client/kubeconfig_read.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/api/document.h"
#include "core/base/base64.h"
#include "core/client/credentials.h"
#include "tests/support/temporary_folder.h"

namespace cove::client {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;

std::string config(const std::string& cluster, const std::string& user) {
  return "current-context: c\n"
         "contexts: [{name: c, context: {cluster: k, user: u, namespace: team}}]\n"
         "clusters: [{name: k, cluster: " +
         cluster +
         "}]\n"
         "users: [{name: u, user: " +
         user + "}]\n";
}

Result<ClientConfig> resolve(const std::string& text) {
  auto parsed = Kubeconfig::parse(text, "/home/me/.kube/config");
  if (!parsed) return parsed.error();
  return parsed->resolve();
}

TEST(KubeconfigRead, EmbeddedDataAndAllOfACluster) {
  const auto got = resolve(config(
      fmt::format("{{server: 'https://example.org:8443/k8s/', certificate-authority-data: {}, "
                  "tls-server-name: other, proxy-url: 'http://me:pass@proxy:3128'}}",
                  base64_encode("CA")),
      fmt::format("{{client-certificate-data: {}, client-key-data: {}, as: x, as-groups: [g], "
                  "as-user-extra: {{reason: [why]}}}}",
                  base64_encode("CERT"), base64_encode("KEY"))));
  ASSERT_TRUE(got.has_value()) << got.error().message();
  EXPECT_EQ(got->host, "example.org");
  EXPECT_EQ(got->port, 8443);
  EXPECT_EQ(got->path_prefix, "/k8s");
  EXPECT_EQ(got->ca_certificate_pem, "CA");
  EXPECT_EQ(got->tls_server_name, "other");
  EXPECT_EQ(got->proxy->host, "proxy");
  EXPECT_EQ(got->proxy->port, 3128);
  EXPECT_EQ(got->proxy->basic.reveal(), "me:pass");
  EXPECT_EQ(got->certificate_pem, "CERT");
  EXPECT_EQ(got->key_pem.reveal(), "KEY");
  EXPECT_EQ(got->namespace_name, "team");
  EXPECT_EQ(got->impersonate.user, "x");
  EXPECT_EQ(got->impersonate.groups, std::vector<std::string>{"g"});
  EXPECT_EQ(got->impersonate.extra[0].second, "why");
}

TEST(KubeconfigRead, PathsAreRelativeToTheFile) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomic(folder / "ca.pem", "CA", 0600));
  ASSERT_TRUE(write_file_atomic(
      folder / "config",
      config("{server: 'https://h', certificate-authority: ca.pem}", "{tokenFile: sub/token}"),
      0600));
  const auto loaded = Kubeconfig::load({folder / "config"});
  ASSERT_TRUE(loaded.has_value());
  const auto got = loaded->resolve();
  ASSERT_TRUE(got.has_value()) << got.error().message();
  EXPECT_EQ(got->ca_certificate_pem, "CA");
  EXPECT_EQ(got->token_file, folder / "sub/token");
  EXPECT_EQ(got->port, 443);
}

TEST(KubeconfigRead, OfSeveralFilesTheFirstCounts) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(
      write_file_atomic(folder / "one", config("{server: 'https://one'}", "{token: one}"), 0600));
  ASSERT_TRUE(write_file_atomic(folder / "two",
                                "current-context: d\n"
                                "contexts: [{name: d, context: {cluster: k2, user: u}}]\n"
                                "clusters: [{name: k, cluster: {server: 'https://two'}},"
                                " {name: k2, cluster: {server: 'https://two'}}]\n"
                                "users: [{name: u, user: {token: two}}]\n",
                                0600));
  const auto all = Kubeconfig::load({folder / "none", folder / "one", folder / "two"});
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->current_context(), "c");
  EXPECT_EQ(all->contexts().size(), 2u);
  EXPECT_EQ(all->resolve()->host, "one");
  EXPECT_EQ(all->resolve("d")->host, "two");
  EXPECT_EQ(all->resolve("d")->token.reveal(), "one");
  EXPECT_EQ(Kubeconfig::load({folder / "none"}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(all->resolve("none").error().code, ErrorCode::kNotFound);
}

TEST(KubeconfigRead, WhatCannotBeUsedIsSaidPlainly) {
  struct Case {
    std::string cluster;
    std::string user;
    ErrorCode code;
    std::string says;
  };
  const std::string fine = "{server: 'https://h'}";
  const std::string v1 = "apiVersion: client.authentication.k8s.io/v1";
  for (const Case& each : {
           Case{fine, "{username: a, password: b}", ErrorCode::kUnsupported, "password"},
           Case{fine, "{auth-provider: {name: gcp}}", ErrorCode::kUnsupported, "gcp"},
           Case{"{server: 'http://h'}", "{}", ErrorCode::kUnsupported, "https"},
           Case{"{server: 'ht!tp://'}", "{}", ErrorCode::kInvalidArgument, "URL"},
           Case{"{server: 'https://h', proxy-url: 'socks5://p'}", "{}", ErrorCode::kUnsupported,
                "socks5"},
           Case{"{server: 'https://h', insecure-skip-tls-verify: true, "
                "certificate-authority-data: QQ==}",
                "{}", ErrorCode::kInvalidArgument, "insecure"},
           Case{fine, "{client-certificate-data: QQ==}", ErrorCode::kInvalidArgument, "key"},
           Case{fine, "{client-certificate-data: '*'}", ErrorCode::kCorrupt, "base64"},
           Case{fine, "{client-certificate: /nowhere, client-key: /nowhere}", ErrorCode::kNotFound,
                "nowhere"},
           Case{fine, "{exec: {apiVersion: v2, command: x}}", ErrorCode::kCorrupt, "v1beta1"},
           Case{fine, "{exec: {" + v1 + ", command: x}}", ErrorCode::kCorrupt, "interactiveMode"},
           Case{fine, "{exec: {" + v1 + "}}", ErrorCode::kCorrupt, "command"},
           Case{"[]", "{}", ErrorCode::kCorrupt, "line 3"},
       }) {
    const auto got = resolve(config(each.cluster, each.user));
    ASSERT_TRUE(got.has_error()) << each.cluster << each.user;
    EXPECT_EQ(got.error().code, each.code) << got.error().message();
    EXPECT_THAT(got.error().message(), HasSubstr(each.says));
  }
  EXPECT_EQ(resolve("[]").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(resolve("{").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(resolve("").error().code, ErrorCode::kNotFound);
}

TEST(KubeconfigRead, AddressesOfServers) {
  ClientConfig got;
  ASSERT_TRUE(apply_server_url("https://[::1]:6443", got));
  EXPECT_EQ(got.host, "::1");
  EXPECT_EQ(got.port, 6443);
  ASSERT_TRUE(apply_server_url("example.org", got));
  EXPECT_EQ(got.host, "example.org");
  EXPECT_EQ(got.port, 443);
  for (const char* url : {"", "https://", "https://h:99999", "https://h:0", "https://h:x"})
    EXPECT_TRUE(apply_server_url(url, got).has_error()) << url;
}

TEST(KubeconfigRead, InCluster) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(in_cluster_config(std::nullopt, "443", folder.path()).error().code,
            ErrorCode::kNotFound);
  EXPECT_TRUE(in_cluster_config("10.0.0.1", "443", folder.path()).has_error());
  for (const char* name : {"ca.crt", "token", "namespace"})
    ASSERT_TRUE(write_file_atomic(folder / name, name, 0600));
  const auto got = in_cluster_config("10.0.0.1", "443", folder.path());
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->host, "10.0.0.1");
  EXPECT_EQ(got->ca_certificate_pem, "ca.crt");
  EXPECT_EQ(got->namespace_name, "namespace");
  EXPECT_EQ(got->token_file, folder / "token");
  EXPECT_EQ(in_cluster_config("fd00::1", "443", folder.path())->host, "fd00::1");
}

// Answers as a plugin would.
class FakeSpawner final : public Spawner {
 public:
  Result<Completed> run(const Command& command, std::chrono::milliseconds,
                        std::stop_token) override {
    commands.push_back(command);
    return answer;
  }
  Result<Completed> answer = Completed{};
  std::vector<Command> commands;
};

class CredentialsTest : public ::testing::Test {
 protected:
  static ClientConfig with_plugin() {
    ClientConfig made;
    made.host = "h";
    made.exec = ExecPlugin{.api_version = "client.authentication.k8s.io/v1",
                           .command = "/bin/plugin",
                           .arguments = {"get"},
                           .environment = {{"A", "b"}},
                           .provide_cluster_info = true,
                           .install_hint = "Install it."};
    return made;
  }
  void say(const std::string& status, const std::string& version = "v1") {
    Completed completed;
    completed.standard_output = fmt::format(
        R"({{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/{}","status":{}}})",
        version, status);
    spawner_.answer = completed;
  }
  FakeSpawner spawner_;
  FakeClock clock_;
};

TEST_F(CredentialsTest, APluginIsAskedOnceUntilItsAnswerExpires) {
  const auto source = make_credential_source(with_plugin(), spawner_, clock_);
  EXPECT_FALSE(source->ready());
  say(R"({"token":"t","expirationTimestamp":")" + rfc3339(clock_.wall() + 60s) + R"("})");
  EXPECT_EQ(source->get({})->token.reveal(), "t");
  EXPECT_EQ(source->ready()->token.reveal(), "t");
  EXPECT_EQ(source->get({})->token.reveal(), "t");
  ASSERT_EQ(spawner_.commands.size(), 1u);
  const Command& command = spawner_.commands[0];
  EXPECT_EQ(command.argv, (std::vector<std::string>{"/bin/plugin", "get"}));
  EXPECT_THAT(*command.environment, Contains("A=b"));
  EXPECT_THAT(*command.environment,
              Contains(AllOf(HasSubstr("KUBERNETES_EXEC_INFO="), HasSubstr("https://h:443"))));
  clock_.advance(61s);
  EXPECT_FALSE(source->ready());
  EXPECT_TRUE(source->get({}).has_value());
  EXPECT_EQ(spawner_.commands.size(), 2u);
}

TEST_F(CredentialsTest, WhatWasRejectedIsAskedAnew) {
  const auto source = make_credential_source(with_plugin(), spawner_, clock_);
  say(R"({"token":"t"})");
  EXPECT_TRUE(source->get({}).has_value());
  EXPECT_TRUE(source->rejected());
  EXPECT_FALSE(source->ready());
  EXPECT_FALSE(source->rejected());
}

TEST_F(CredentialsTest, PluginsThatFailOrTalkNonsense) {
  const auto source = make_credential_source(with_plugin(), spawner_, clock_);
  for (const char* status :
       {"{}", R"({"clientKeyData":"k"})", R"({"token":"t","expirationTimestamp":"soon"})", "5"}) {
    say(status);
    EXPECT_EQ(source->get({}).error().code, ErrorCode::kUnavailable) << status;
  }
  say(R"({"token":"t"})", "v1beta1");
  EXPECT_TRUE(source->get({}).has_error());
  spawner_.answer = Completed{0, "nonsense", ""};
  EXPECT_TRUE(source->get({}).has_error());
  spawner_.answer = Completed{3, "", "log in first\n"};
  EXPECT_THAT(source->get({}).error().message(), HasSubstr("log in first"));
  EXPECT_THAT(source->get({}).error().message(), HasSubstr("Install it."));
  spawner_.answer = Error{ErrorCode::kNotFound, "run", "plugin", "it is not there", {}};
  EXPECT_THAT(source->get({}).error().message(), HasSubstr("Install it."));
}

TEST_F(CredentialsTest, APluginThatMustAskSomebodyIsRefused) {
  ClientConfig asking = with_plugin();
  asking.exec->interactive = ExecPlugin::Interactive::kAlways;
  EXPECT_EQ(make_credential_source(asking, spawner_, clock_)->get({}).error().code,
            ErrorCode::kUnsupported);
  EXPECT_TRUE(spawner_.commands.empty());
}

TEST_F(CredentialsTest, ATokenFileIsReadAnewEveryMinute) {
  const test::TemporaryFolder folder;
  ClientConfig made;
  made.token_file = folder / "token";
  const auto source = make_credential_source(made, spawner_, clock_);
  EXPECT_TRUE(source->get({}).has_error());
  ASSERT_TRUE(write_file_atomic(folder / "token", "one\n", 0600));
  EXPECT_EQ(source->get({})->token.reveal(), "one");
  ASSERT_TRUE(write_file_atomic(folder / "token", "two\n", 0600));
  EXPECT_EQ(source->ready()->token.reveal(), "one");
  clock_.advance(61s);
  EXPECT_FALSE(source->ready());
  EXPECT_EQ(source->get({})->token.reveal(), "two");
  ASSERT_TRUE(remove_tree(folder / "token"));
  clock_.advance(61s);
  EXPECT_EQ(source->get({})->token.reveal(), "two");
}

}  // namespace
}  // namespace cove::client
