#include "core/client/kubeconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <fstream>

#include "core/base/process.h"
#include "core/base/strings.h"

namespace cove::client {
namespace {

using ::testing::HasSubstr;

const char* const kOthers = R"(# my clusters
apiVersion: v1
kind: Config
preferences: {colors: true}
current-context: prod
clusters:
- name: prod
  cluster:
    server: https://prod.example
    certificate-authority: /etc/prod.crt
    odd-field: "123"
    odder: {deep: ['true', 1.50, ~, 0x10]}
contexts:
- context: {cluster: prod, user: me, namespace: "007"}
  name: prod
users:
- name: me
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: aws
      args: [eks, "--id", '12']
      env: null
    password: "no"
vendor-extension:
- a
)";

class KubeconfigTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(root_); }
  void TearDown() override { (void)remove_tree(root_); }

  void write(const std::string& text) {
    std::ofstream(path_, std::ios::trunc | std::ios::binary) << text;
  }
  std::string read() { return *read_file(path_, 64 << 20); }
  YAML::Node parsed() { return YAML::Load(read()); }
  static YAML::Node item(const YAML::Node& list, const std::string& name) {
    for (const auto& each : list) {
      if (each["name"].as<std::string>() == name) return each;
    }
    return YAML::Node(YAML::NodeType::Undefined);
  }
  Error refused() {
    const std::string before = read();
    const auto result = merge_kubeconfig(path_, entry_, true);
    EXPECT_TRUE(result.has_error());
    EXPECT_EQ(read(), before);
    EXPECT_FALSE(std::filesystem::exists(lock_));
    return result ? Error{} : result.error();
  }

  Path root_ = std::filesystem::temp_directory_path() / ("cove-kubeconfig-" + random_hex(6));
  Path path_ = root_ / "config";
  Path lock_ = root_ / "config.lock";
  KubeconfigEntry entry_{"cove", "https://127.0.0.1:6443", "CA\n", "CERT\n", Secret("KEY\n")};
};

TEST_F(KubeconfigTest, MakesAFileForItsOwnerAlone) {
  path_ = root_ / "home" / ".kube" / "config";
  ASSERT_TRUE(merge_kubeconfig(path_, entry_, true));
  struct stat status {};
  ::stat(path_.c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const YAML::Node file = parsed();
  EXPECT_EQ(file["apiVersion"].as<std::string>(), "v1");
  EXPECT_EQ(file["kind"].as<std::string>(), "Config");
  EXPECT_EQ(file["current-context"].as<std::string>(), "cove");
  EXPECT_EQ(file["clusters"][0]["cluster"]["server"].as<std::string>(), "https://127.0.0.1:6443");
  EXPECT_EQ(file["clusters"][0]["cluster"]["certificate-authority-data"].as<std::string>(), "Q0EK");
  EXPECT_EQ(file["users"][0]["user"]["client-key-data"].as<std::string>(), "S0VZCg==");
  EXPECT_EQ(file["contexts"][0]["context"]["user"].as<std::string>(), "cove");
  EXPECT_TRUE(*kubeconfig_matches(path_, entry_));
}

TEST_F(KubeconfigTest, WhatOthersPutThereSurvivesWithItsTypes) {
  write(kOthers);
  ASSERT_TRUE(merge_kubeconfig(path_, entry_, false));
  const std::string text = read();
  EXPECT_THAT(text, HasSubstr("current-context: prod"));
  EXPECT_THAT(text, HasSubstr("odd-field: \"123\""));
  EXPECT_THAT(text, HasSubstr("- \"true\"\n      - 1.50\n      - null\n      - 0x10"));
  EXPECT_THAT(text, HasSubstr("namespace: \"007\""));
  EXPECT_THAT(text, HasSubstr("- \"12\""));
  EXPECT_THAT(text, HasSubstr("password: \"no\""));
  EXPECT_THAT(text, HasSubstr("env: null"));
  EXPECT_THAT(text, HasSubstr("vendor-extension:\n- a"));
  EXPECT_THAT(text, HasSubstr("colors: true"));
  EXPECT_EQ(parsed()["clusters"].size(), 2u);
}

TEST_F(KubeconfigTest, MergeThenRemoveGivesTheOldValuesBack) {
  write(kOthers);
  ASSERT_TRUE(merge_kubeconfig(path_, entry_, true));
  EXPECT_EQ(parsed()["current-context"].as<std::string>(), "cove");
  ASSERT_TRUE(remove_from_kubeconfig(path_, "cove"));
  const YAML::Node file = parsed();
  EXPECT_EQ(file["current-context"].as<std::string>(), "");
  EXPECT_EQ(file["clusters"].size(), 1u);
  EXPECT_EQ(file["contexts"].size(), 1u);
  EXPECT_EQ(file["users"].size(), 1u);
  EXPECT_EQ(file["users"][0]["user"]["exec"]["command"].as<std::string>(), "aws");
  EXPECT_FALSE(*kubeconfig_matches(path_, entry_));
}

TEST_F(KubeconfigTest, ReplacingKeepsTheContextsNamespaceAndDropsStaleCredentials) {
  write(
      R"({clusters: [{name: cove, cluster: {server: old, insecure-skip-tls-verify: true}}, {name: cove}],
            contexts: [{name: cove, context: {cluster: x, user: y, namespace: dev}}],
            users: [{name: cove, user: {token: abc}}]})");
  EXPECT_FALSE(*kubeconfig_matches(path_, entry_));
  ASSERT_TRUE(merge_kubeconfig(path_, entry_, true));
  const YAML::Node file = parsed();
  EXPECT_EQ(file["clusters"].size(), 1u);
  EXPECT_FALSE(file["clusters"][0]["cluster"]["insecure-skip-tls-verify"]);
  EXPECT_FALSE(file["users"][0]["user"]["token"]);
  EXPECT_EQ(file["contexts"][0]["context"]["namespace"].as<std::string>(), "dev");
  EXPECT_EQ(file["contexts"][0]["context"]["cluster"].as<std::string>(), "cove");
  EXPECT_TRUE(*kubeconfig_matches(path_, entry_));
  entry_.server = "https://127.0.0.1:7000";
  EXPECT_FALSE(*kubeconfig_matches(path_, entry_));
}

TEST_F(KubeconfigTest, AFileThatSaysItAlreadyIsNotRewritten) {
  ASSERT_TRUE(merge_kubeconfig(path_, entry_, true));
  write("# kept\n" + read());
  ASSERT_TRUE(merge_kubeconfig(path_, entry_, true));
  ASSERT_TRUE(remove_from_kubeconfig(path_, "another"));
  EXPECT_THAT(read(), HasSubstr("# kept"));
}

TEST_F(KubeconfigTest, ModeAndSymbolicLinkStay) {
  write(kOthers);
  ::chmod(path_.c_str(), 0640);
  const Path link = root_ / "link";
  std::filesystem::create_symlink("config", link);
  ASSERT_TRUE(merge_kubeconfig(link, entry_, true));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_TRUE(*kubeconfig_matches(path_, entry_));
  struct stat status {};
  ::stat(path_.c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(KubeconfigTest, NothingIsLeftBeside) {
  ASSERT_TRUE(merge_kubeconfig(path_, entry_, true));
  ASSERT_TRUE(remove_from_kubeconfig(path_, "cove"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(root_), {}), 1);
}

TEST_F(KubeconfigTest, EmptyAndCommentOnlyFilesAreEmptyConfigs) {
  for (const char* text : {"", "# only this\n", "---\n", "clusters:\ncontexts: null\n",
                           "apiVersion: ''\nkind: \"\"\n"}) {
    write(text);
    ASSERT_TRUE(merge_kubeconfig(path_, entry_, true)) << text;
    EXPECT_TRUE(*kubeconfig_matches(path_, entry_)) << text;
    ASSERT_TRUE(remove_from_kubeconfig(path_, "cove"));
  }
}

TEST_F(KubeconfigTest, AMissingFileHasNothingToRemove) {
  EXPECT_TRUE(remove_from_kubeconfig(path_, "cove"));
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_FALSE(*kubeconfig_matches(path_, entry_));
}

TEST_F(KubeconfigTest, OtherShapesAreRefusedWithTheirPlace) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"a: [1\nb: 2", "line 2"},
      {"- a list", "line 1, column 1"},
      {"just text", "mapping"},
      {"apiVersion: v1\nkind: Deployment", "line 2, column 7"},
      {"clusters: {a: b}", "line 1, column 11"},
      {"users:\n- text", "line 2, column 3"},
      {"contexts:\n- name: [x]", "line 2, column 9"},
      {"contexts:\n- context: x", "line 2, column 12"},
      {"current-context: {}", "line 1, column 18"},
      {"clusters: []\nclusters: []", "twice"},
      {"a: 1\n---\nb: 2", "second document"},
      {std::string("a: \0b", 5), "line 1"},
      {"\x7f"
       "ELF\x02\x01\x01",
       "control character"},
      {"a: \"\xff\xfe\"\n\tb: c", "line 2"},
  };
  for (const auto& [text, expected] : cases) {
    write(text);
    const Error error = refused();
    EXPECT_EQ(error.code, ErrorCode::kCorrupt) << text;
    EXPECT_THAT(error.message(), HasSubstr(expected)) << text;
    EXPECT_THAT(error.message(), HasSubstr(path_.string()));
    EXPECT_TRUE(remove_from_kubeconfig(path_, "cove").has_error());
  }
}

TEST_F(KubeconfigTest, HugeAndExplodingFilesAreRefused) {
  write(std::string(11 << 20, '#'));
  EXPECT_EQ(refused().code, ErrorCode::kResourceExhausted);
  std::string bomb = "x0: &x0 {a: aaaaaaaaaaaaaaaa, b: bbbbbbbbbbbbbbbbbbb}\n";
  for (int i = 1; i < 30; ++i) {
    const std::string n = std::to_string(i), p = std::to_string(i - 1);
    bomb += "x" + n + ": &x" + n + " {a: *x" + p + ", b: *x" + p + "}\n";
  }
  write(bomb);
  EXPECT_EQ(refused().code, ErrorCode::kCorrupt);
}

TEST_F(KubeconfigTest, AListSharedByAnAliasIsChangedInOnePlaceOnly) {
  write("mine: &l\n- name: a\n  cluster: {server: s}\nclusters: *l\n");
  ASSERT_TRUE(merge_kubeconfig(path_, entry_, true));
  EXPECT_EQ(parsed()["mine"].size(), 1u);
  EXPECT_EQ(parsed()["clusters"].size(), 2u);
}

TEST_F(KubeconfigTest, FoldersAndDevicesAreNotFiles) {
  EXPECT_EQ(merge_kubeconfig(root_, entry_, true).error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(kubeconfig_matches("/dev/null", entry_).has_error());
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(merge_kubeconfig(path_, entry_, true).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(KubeconfigTest, AnotherProgramsLockIsRespectedAndNamed) {
  write(kOthers);
  std::ofstream(lock_).close();
  const auto result = merge_kubeconfig(path_, entry_, true);
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().code, ErrorCode::kConflict);
  EXPECT_THAT(result.error().message(), HasSubstr(lock_.string()));
  EXPECT_EQ(read(), kOthers);
  EXPECT_TRUE(std::filesystem::exists(lock_));
}

TEST_F(KubeconfigTest, ALockLeftByADeadCoveIsTakenOver) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  std::ofstream(lock_) << "cove " << host << ' ' << child << " 12345\n";
  EXPECT_TRUE(merge_kubeconfig(path_, entry_, true));
  // A living process of the same number that started at another time is not the one that locked.
  std::ofstream(lock_) << "cove " << host << ' ' << ::getpid() << " 1\n";
  EXPECT_TRUE(remove_from_kubeconfig(path_, "cove"));
  EXPECT_FALSE(std::filesystem::exists(lock_));
  std::ofstream(lock_) << "cove another-host " << child << " 12345\n";
  EXPECT_EQ(merge_kubeconfig(path_, entry_, true).error().code, ErrorCode::kConflict);
}

TEST_F(KubeconfigTest, ManyWritersAtOnceLoseNothing) {
  std::vector<std::jthread> writers;
  std::atomic<int> failures = 0;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&, i] {
      KubeconfigEntry mine = entry_;
      mine.name = "c" + std::to_string(i);
      if (!merge_kubeconfig(path_, mine, false)) ++failures;
    });
  }
  writers.clear();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(parsed()["users"].size(), 8u);
}

TEST_F(KubeconfigTest, AWriteThatFailsLeavesTheOldFile) {
  if (::geteuid() == 0) {
    // Root writes through any mode; the same is tried with a folder that is not there.
    const auto result = merge_kubeconfig("/proc/nothing/config", entry_, true);
    EXPECT_TRUE(result.has_error());
    return;
  }
  write(kOthers);
  ::chmod(root_.c_str(), 0500);
  EXPECT_EQ(merge_kubeconfig(path_, entry_, true).error().code, ErrorCode::kPermissionDenied);
  ::chmod(root_.c_str(), 0700);
  EXPECT_EQ(read(), kOthers);
}

TEST_F(KubeconfigTest, PathIsTheOneKubectlWrites) {
  const std::string a = (root_ / "a").string();
  const std::string b = (root_ / "b").string();
  EXPECT_EQ(kubeconfig_path(std::nullopt, "/home/x"), "/home/x/.kube/config");
  EXPECT_EQ(kubeconfig_path("", "/home/x"), "/home/x/.kube/config");
  EXPECT_EQ(kubeconfig_path("::", "/home/x"), "/home/x/.kube/config");
  EXPECT_EQ(kubeconfig_path(a + ":" + b, "/home/x"), b);
  std::ofstream(a).close();
  EXPECT_EQ(kubeconfig_path(a + ":" + b, "/home/x"), a);
}

TEST_F(KubeconfigTest, RenderedFileIsWholeAndMatches) {
  write(render_kubeconfig(entry_));
  EXPECT_TRUE(*kubeconfig_matches(path_, entry_));
  EXPECT_EQ(parsed()["current-context"].as<std::string>(), "cove");
}

TEST_F(KubeconfigTest, AnErrorNeverShowsAKey) {
  write("users:\n- name: x\n  user: {client-key-data: c2VjcmV0\n");
  EXPECT_THAT(refused().message(), ::testing::Not(HasSubstr("c2VjcmV0")));
}

}  // namespace
}  // namespace cove::client
