#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/json/parse.hpp>
#include <fstream>

#include "core/client/kubeconfig.h"
#include "core/pki/pki.h"
#include "tests/integration/coved/harness.h"

namespace cove::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class KubectlTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_TRUE(coved_.start({"--node-name", "alpha"})) << coved_.log(); }

  std::string run(std::vector<std::string> arguments) {
    const Completed completed = coved_.kubectl(GetParam(), std::move(arguments));
    EXPECT_EQ(completed.exit_code, 0) << completed.standard_error;
    return completed.standard_output;
  }
  boost::json::value run_json(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", "json"});
    return boost::json::parse(run(std::move(arguments)));
  }
  Completed fail(std::vector<std::string> arguments) {
    Completed completed = coved_.kubectl(GetParam(), std::move(arguments));
    EXPECT_NE(completed.exit_code, 0) << completed.standard_output;
    return completed;
  }

  TempDir directory_;
  Coved coved_{directory_.path()};
};

TEST_P(KubectlTest, ShowsItsNodeReady) {
  EXPECT_THAT(run({"get", "nodes"}),
              MatchesRegex("NAME +STATUS +ROLES +AGE +VERSION\n"
                           "alpha +Ready +control-plane +[0-9]+s +v1\\.36\\.[^ ]+\n"));
  const std::string wide = run({"get", "node", "alpha", "-o", "wide"});
  EXPECT_THAT(wide, HasSubstr("INTERNAL-IP"));
  EXPECT_THAT(wide, HasSubstr("OS-IMAGE"));
  EXPECT_THAT(wide, HasSubstr("KERNEL-VERSION"));
  EXPECT_THAT(wide, HasSubstr("CONTAINER-RUNTIME"));
  EXPECT_EQ(run({"get", "nodes", "-o", "name"}), "node/alpha\n");
  EXPECT_EQ(run({"get", "no", "-o",
                 "jsonpath={.items[0].status.conditions[?(@.type==\"Ready\")].reason}"}),
            "KubeletReady");
  EXPECT_THAT(run({"get", "nodes", "-o", "yaml"}),
              HasSubstr("node-role.kubernetes.io/control-plane: \"\""));
}

TEST_P(KubectlTest, NodeHasTheFactsOfThisMachine) {
  const boost::json::value node = run_json({"get", "node", "alpha"});
  const auto& status = node.at("status").as_object();
  EXPECT_EQ(status.at("capacity").at("pods").as_string(), "110");
  EXPECT_THAT(std::string(status.at("capacity").at("memory").as_string()),
              MatchesRegex("[1-9][0-9]*Ki"));
  EXPECT_THAT(std::string(status.at("capacity").at("ephemeral-storage").as_string()),
              MatchesRegex("[1-9][0-9]*Ki"));
  EXPECT_THAT(std::string(status.at("capacity").at("cpu").as_string()),
              MatchesRegex("[1-9][0-9]*"));
  EXPECT_EQ(std::string(status.at("nodeInfo").at("bootID").as_string()) + "\n",
            *read_file("/proc/sys/kernel/random/boot_id", 100));
  EXPECT_EQ(std::string(status.at("nodeInfo").at("kernelVersion").as_string()) + "\n",
            *read_file("/proc/sys/kernel/osrelease", 1000));
}

TEST_P(KubectlTest, ShowsTheSystemsNamespaces) {
  EXPECT_THAT(run({"get", "ns"}),
              MatchesRegex("NAME +STATUS +AGE\n"
                           "default +Active +[^\n]*\nkube-node-lease +Active +[^\n]*\n"
                           "kube-public +Active +[^\n]*\nkube-system +Active +[^\n]*\n"));
  EXPECT_EQ(run({"get", "ns", "default", "-o", "name"}), "namespace/default\n");
}

TEST_P(KubectlTest, Selects) {
  EXPECT_EQ(run({"get", "ns", "-o", "name", "--field-selector", "metadata.name=kube-public"}),
            "namespace/kube-public\n");
  EXPECT_EQ(run({"get", "ns", "-o", "name", "-l", "kubernetes.io/metadata.name in (default,none)"}),
            "namespace/default\n");
  EXPECT_EQ(run({"get", "nodes", "-o", "name", "-l", "!node-role.kubernetes.io/control-plane"}),
            "");
  EXPECT_THAT(fail({"get", "ns", "--field-selector", "spec.nonsense=1"}).standard_error,
              HasSubstr("field label not supported"));
}

TEST_P(KubectlTest, DiscoversAndTellsItsVersion) {
  EXPECT_THAT(run({"version"}), HasSubstr("v1.36.0"));
  const std::string resources = run({"api-resources"});
  EXPECT_THAT(resources, HasSubstr("namespaces"));
  EXPECT_THAT(resources, HasSubstr("nodes"));
  EXPECT_THAT(run({"api-versions"}), HasSubstr("v1\n"));
  EXPECT_EQ(run({"get", "--raw", "/readyz?verbose"}),
            "[+]ping ok\n[+]shutdown ok\nreadyz check passed\n");
  EXPECT_EQ(run({"get", "--raw", "/readyz/ping"}), "ok");
  EXPECT_EQ(run({"get", "--raw", "/livez"}), "ok");
  EXPECT_EQ(run({"get", "--raw", "/healthz"}), "ok");
}

TEST_P(KubectlTest, DescribesANodeAndANamespace) {
  const std::string node = run({"describe", "node", "alpha"});
  EXPECT_THAT(node, HasSubstr("KubeletReady"));
  EXPECT_THAT(node, HasSubstr("Non-terminated Pods:"));
  EXPECT_THAT(node, HasSubstr("Events:"));
}

TEST_P(KubectlTest, SaysWhatIsNotThere) {
  EXPECT_THAT(fail({"get", "node", "beta"}).standard_error,
              HasSubstr("Error from server (NotFound): nodes \"beta\" not found"));
  EXPECT_THAT(fail({"delete", "ns", "default"}).standard_error, HasSubstr("Forbidden"));
  EXPECT_THAT(fail({"get", "--raw", "/nonsense"}).standard_error, HasSubstr("NotFound"));
  EXPECT_THAT(fail({"get", "nodes", "--as", "somebody"}).standard_error, HasSubstr("Forbidden"));
  EXPECT_THAT(run({"get", "pods"}), "");
}

TEST_P(KubectlTest, WatchesUntilToldToStop) {
  const std::string command = "exec '" + client_program(GetParam()).string() + "' --kubeconfig '" +
                              coved_.kubeconfig().string() + "' get nodes --watch --no-headers";
  const auto pipe = make_pipe();
  ASSERT_TRUE(pipe.has_value());
  ChildProcess::Options options;
  options.standard_output = pipe->write.get();
  Command shell;
  shell.argv = {"/bin/sh", "-c", command};
  auto watcher = ChildProcess::spawn(shell, options);
  ASSERT_TRUE(watcher.has_value());
  char buffer[1024];
  const ssize_t n = ::read(pipe->read.get(), buffer, sizeof buffer);
  ASSERT_GT(n, 0);
  EXPECT_THAT(std::string(buffer, static_cast<std::size_t>(n)), HasSubstr("alpha"));
  // A clean stop of the server ends the watch; it does not wait for it.
  coved_.signal(SIGTERM);
  EXPECT_EQ(coved_.wait(), 0);
}

TEST_P(KubectlTest, AcceptsAMergedKubeconfig) {
  const Path file = directory_.path() / "merged";
  std::ofstream(file) << "apiVersion: v1\nkind: Config\nclusters:\n- {name: other, cluster: "
                         "{server: 'https://x'}}\n"
                         "users:\n- name: u\n  user: {username: '123', password: \"true\"}\n";
  const client::TlsIdentity admin = coved_.admin();
  ASSERT_TRUE(
      client::merge_kubeconfig(file,
                               {"cove", "https://127.0.0.1:" + std::to_string(coved_.port()),
                                admin.ca_certificate_pem, admin.certificate_pem, admin.key_pem},
                               true));
  const std::string view =
      run({"--kubeconfig", file.string(), "config", "view", "-o", "json", "--raw"});
  const boost::json::value config = boost::json::parse(view);
  EXPECT_EQ(config.at("current-context").as_string(), "cove");
  EXPECT_EQ(config.at("clusters").as_array().size(), 2u);
  EXPECT_THAT(view, HasSubstr("\"username\": \"123\""));
  EXPECT_THAT(view, HasSubstr("\"password\": \"true\""));
  EXPECT_EQ(run({"--kubeconfig", file.string(), "get", "nodes", "-o", "name"}), "node/alpha\n");
  // And what kubectl makes of the file, we read again.
  run({"--kubeconfig", file.string(), "config", "set-context", "cove", "--namespace", "dev"});
  ASSERT_TRUE(client::remove_from_kubeconfig(file, "cove"));
  EXPECT_THAT(run({"--kubeconfig", file.string(), "config", "view"}), HasSubstr("name: other"));
}

INSTANTIATE_TEST_SUITE_P(Versions, KubectlTest, ::testing::ValuesIn(kubectl_versions()),
                         [](const auto& each) {
                           return each.param == "kubectl" ? std::string("Newest")
                                                          : std::string("V1_20");
                         });

class AccessTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(coved_.start()) << coved_.log(); }

  client::TlsIdentity issued(const std::string& name, std::vector<std::string> groups) {
    const Path pki = coved_.data() / "pki";
    const SystemClock clock;
    const pki::KeyPair authority{*read_file(pki / "ca.crt", 1 << 20),
                                 Secret(*read_file(pki / "ca.key", 1 << 20))};
    const auto pair = *pki::issue(authority, {name, std::move(groups)}, clock);
    return {authority.certificate_pem, pair.certificate_pem, pair.key_pem};
  }

  TempDir directory_;
  Coved coved_{directory_.path()};
};

TEST_F(AccessTest, WithoutACertificateOnlyHealthAndVersion) {
  const client::TlsIdentity nobody{coved_.admin().ca_certificate_pem, "", Secret()};
  for (const char* path : {"/healthz", "/livez", "/readyz", "/version"}) {
    EXPECT_EQ(coved_.get(path, nobody)->status, 200) << path;
  }
  for (const char* path : {"/", "/api", "/api/v1/nodes", "/apis", "/healthzz", "/openapi/v2",
                           "/readyz/ping", "/nonsense"}) {
    const auto response = coved_.get(path, nobody);
    ASSERT_TRUE(response.has_value()) << response.error().message();
    EXPECT_EQ(response->status, 403) << path;
    EXPECT_EQ(boost::json::parse(response->body).at("reason").as_string(), "Forbidden");
  }
}

TEST_F(AccessTest, AUserWhoIsNotAMasterIsForbidden) {
  const auto response = coved_.get("/api/v1/nodes/x", issued("alice", {"dev"}));
  ASSERT_TRUE(response.has_value()) << response.error().message();
  EXPECT_EQ(response->status, 403);
  const boost::json::value status = boost::json::parse(response->body);
  EXPECT_EQ(status.at("kind").as_string(), "Status");
  EXPECT_EQ(status.at("message").as_string(),
            "nodes \"x\" is forbidden: User \"alice\" cannot get resource \"nodes\" in API group "
            "\"\" at the cluster scope");
  EXPECT_EQ(coved_.get("/api/v1/nodes", issued("bob", {"system:masters"}))->status, 200);
}

TEST_F(AccessTest, ACertificateOfAnotherAuthorityEndsTheHandshake) {
  const SystemClock clock;
  const auto other = *pki::create_authority("cove-ca", std::chrono::hours(10), clock);
  const auto pair = *pki::issue(other, {"kubernetes-admin", {"system:masters"}}, clock);
  const auto response = coved_.get(
      "/healthz", {coved_.admin().ca_certificate_pem, pair.certificate_pem, pair.key_pem});
  ASSERT_TRUE(response.has_error());
  EXPECT_EQ(response.error().code, ErrorCode::kPermissionDenied) << response.error().message();
}

}  // namespace
}  // namespace cove::testing
