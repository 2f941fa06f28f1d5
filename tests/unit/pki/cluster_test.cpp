#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "core/base/strings.h"
#include "core/pki/pki.h"
#include "tests/unit/pki/verify.h"

namespace cove::pki {
namespace {

constexpr auto kDay = std::chrono::hours(24);
const ServerNames kNames{{"localhost", "cove"}, {"127.0.0.1", "::1"}};

class ClusterTest : public ::testing::Test {
 protected:
  void TearDown() override { (void)remove_tree(root_); }

  ClusterPki ensure(const ServerNames& names = kNames) {
    auto pki = ensure_cluster_pki(directory_, names, clock_);
    EXPECT_TRUE(pki.has_value()) << (pki ? "" : pki.error().message());
    return pki ? *pki : ClusterPki{};
  }
  void expect_sound(const ClusterPki& pki) {
    EXPECT_EQ(verify(pki.ca_certificate_pem, pki.server.certificate_pem, clock_.wall(),
                     X509_PURPOSE_SSL_SERVER),
              "");
    EXPECT_EQ(verify(pki.ca_certificate_pem, pki.admin.certificate_pem, clock_.wall(),
                     X509_PURPOSE_SSL_CLIENT),
              "");
  }
  std::map<std::string, std::string> files() {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      all[entry.path().filename().string()] = *read_file(entry.path(), 1 << 20);
    }
    return all;
  }
  void overwrite(const std::string& name, const std::string& bytes) {
    std::ofstream(directory_ / name, std::ios::trunc | std::ios::binary) << bytes;
  }
  void expect_corrupt_and_untouched(const std::string& named) {
    const auto before = files();
    const auto result = ensure_cluster_pki(directory_, kNames, clock_);
    ASSERT_TRUE(result.has_error()) << named;
    EXPECT_EQ(result.error().code, ErrorCode::kCorrupt) << result.error().message();
    EXPECT_NE(result.error().message().find(named), std::string::npos) << result.error().message();
    EXPECT_FALSE(result.error().remedy.empty());
    EXPECT_EQ(files(), before);
  }

  Path root_ = std::filesystem::temp_directory_path() / ("cove-pki-" + random_hex(6));
  Path directory_ = root_ / "deep" / "pki";
  FakeClock clock_;
};

TEST_F(ClusterTest, MakesEverythingOnceAndThenOnlyReads) {
  const ClusterPki pki = ensure();
  expect_sound(pki);
  EXPECT_EQ(inspect(pki.admin.certificate_pem)->common_name, "kubernetes-admin");
  EXPECT_EQ(inspect(pki.admin.certificate_pem)->organizations,
            std::vector<std::string>{"system:masters"});
  const auto before = files();
  EXPECT_EQ(before.size(), 6u);
  const ClusterPki again = ensure();
  EXPECT_EQ(files(), before);
  EXPECT_EQ(again.ca_certificate_pem, pki.ca_certificate_pem);
  EXPECT_EQ(again.server.key_pem.reveal(), pki.server.key_pem.reveal());
}

TEST_F(ClusterTest, KeysAreForTheOwnerAlone) {
  const auto mode = [&](const Path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777;
  };
  const mode_t before = ::umask(0);
  ensure();
  ::umask(before);
  EXPECT_EQ(mode(directory_), 0700u);
  for (const char* key : {"ca.key", "server.key", "admin.key"})
    EXPECT_EQ(mode(directory_ / key), 0600u) << key;
  ::chmod((directory_ / "ca.key").c_str(), 0644);
  ::chmod(directory_.c_str(), 0755);
  ensure();
  EXPECT_EQ(mode(directory_ / "ca.key"), 0600u);
  EXPECT_EQ(mode(directory_), 0700u);
}

TEST_F(ClusterTest, AFolderCutOffAtAnyPointIsCompleted) {
  // The order of writing: whatever a crash leaves is a prefix of it.
  const std::vector<std::string> order{"ca.key",     "ca.crt",    "server.key",
                                       "server.crt", "admin.key", "admin.crt"};
  for (std::size_t kept = 0; kept <= order.size(); ++kept) {
    ensure();
    for (std::size_t i = kept; i < order.size(); ++i)
      std::filesystem::remove(directory_ / order[i]);
    const auto before = files();
    expect_sound(ensure());
    const auto after = files();
    EXPECT_EQ(after.size(), 6u);
    for (const auto& [name, bytes] : before)
      EXPECT_EQ(after.at(name), bytes) << name << " kept " << kept;
  }
}

TEST_F(ClusterTest, AnySingleLostLeafFileIsMadeAgainUnderTheSameAuthority) {
  const std::string authority = ensure().ca_certificate_pem;
  for (const char* name : {"server.crt", "server.key", "admin.crt", "admin.key"}) {
    std::filesystem::remove(directory_ / name);
    const ClusterPki pki = ensure();
    expect_sound(pki);
    EXPECT_EQ(pki.ca_certificate_pem, authority) << name;
  }
}

TEST_F(ClusterTest, WithoutTheAuthoritysKeyItLoadsUntilSomethingMustBeIssued) {
  ensure();
  std::filesystem::remove(directory_ / "ca.key");
  expect_sound(ensure());
  std::filesystem::remove(directory_ / "server.crt");
  expect_corrupt_and_untouched("ca.key");
}

TEST_F(ClusterTest, UnreadableBytesAreCorruptAndLeftAlone) {
  for (const char* name :
       {"ca.crt", "ca.key", "server.crt", "server.key", "admin.crt", "admin.key"}) {
    for (const std::string& bytes :
         {std::string(), std::string("not PEM"), std::string(300'000, 'x'),
          std::string("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")}) {
      (void)remove_tree(directory_);
      ensure();
      overwrite(name, bytes);
      expect_corrupt_and_untouched(name);
    }
  }
}

TEST_F(ClusterTest, ATruncatedFileIsCorrupt) {
  for (const char* name : {"ca.crt", "server.key"}) {
    (void)remove_tree(directory_);
    ensure();
    const std::string whole = files()[name];
    overwrite(name, whole.substr(0, whole.size() / 2));
    expect_corrupt_and_untouched(name);
  }
}

TEST_F(ClusterTest, AForeignKeyOrCertificateIsCorrupt) {
  const KeyPair foreign = *create_authority("cove-ca", kDay * 10, clock_);
  const KeyPair stranger = *issue(foreign, {"kubernetes-admin", {"system:masters"}}, clock_);
  for (const char* stem : {"ca", "server", "admin"}) {
    (void)remove_tree(directory_);
    ensure();
    overwrite(fmt::format("{}.key", stem), stranger.key_pem.reveal());
    expect_corrupt_and_untouched(fmt::format("{}.key", stem));
  }
  (void)remove_tree(directory_);
  ensure();
  overwrite("admin.crt", stranger.certificate_pem);
  overwrite("admin.key", stranger.key_pem.reveal());
  expect_corrupt_and_untouched("admin.crt");
  (void)remove_tree(directory_);
  ensure();
  overwrite("ca.crt", files()["server.crt"]);
  overwrite("ca.key", files()["server.key"]);
  expect_corrupt_and_untouched("ca.crt");
}

TEST_F(ClusterTest, LeavesAreRenewedBeforeTheyExpireAndTheAuthorityStays) {
  const ClusterPki first = ensure();
  clock_.advance(kDay * 280);
  EXPECT_EQ(ensure().server.certificate_pem, first.server.certificate_pem);
  clock_.advance(kDay * 20);
  const ClusterPki renewed = ensure();
  expect_sound(renewed);
  EXPECT_EQ(renewed.ca_certificate_pem, first.ca_certificate_pem);
  EXPECT_NE(renewed.server.certificate_pem, first.server.certificate_pem);
  EXPECT_NE(renewed.admin.certificate_pem, first.admin.certificate_pem);
  EXPECT_EQ(inspect(renewed.server.certificate_pem)->not_after, clock_.wall() + kDay * 365);
}

TEST_F(ClusterTest, AnAuthorityNearItsEndIsReplacedWithEverythingUnderIt) {
  const ClusterPki first = ensure();
  clock_.advance(kDay * 3000);
  const ClusterPki renewed = ensure();
  expect_sound(renewed);
  EXPECT_NE(renewed.ca_certificate_pem, first.ca_certificate_pem);
  // Whoever still holds the old authority's certificate goes on trusting the server until that one
  // ends.
  EXPECT_EQ(verify(first.ca_certificate_pem, renewed.server.certificate_pem, clock_.wall(),
                   X509_PURPOSE_SSL_SERVER),
            "");
}

TEST_F(ClusterTest, ACrashInTheMiddleOfARenewalLeavesASoundFolder) {
  ensure();
  const auto old = files();
  clock_.advance(kDay * 3000);
  ensure();
  // Only the authority's certificate had been replaced when the power went.
  for (const char* name : {"server.crt", "admin.crt"}) overwrite(name, old.at(name));
  expect_sound(ensure());
}

TEST_F(ClusterTest, AFolderMadeUnderAClockThatRanAheadIsRenewed) {
  clock_.advance(kDay * 400);
  ensure();
  clock_.advance(-kDay * 400);
  expect_sound(ensure());
}

TEST_F(ClusterTest, ANewServerNameIsIssuedByTheSameAuthority) {
  const ClusterPki first = ensure();
  ServerNames more = kNames;
  more.ip_addresses.push_back("192.168.122.7");
  const ClusterPki second = ensure(more);
  expect_sound(second);
  EXPECT_EQ(second.ca_certificate_pem, first.ca_certificate_pem);
  EXPECT_EQ(second.admin.certificate_pem, first.admin.certificate_pem);
  EXPECT_NE(second.server.certificate_pem, first.server.certificate_pem);
  EXPECT_EQ(X509_check_ip_asc(read_x509(second.server.certificate_pem).get(), "192.168.122.7", 0),
            1);
  // Fewer names, another order or another spelling are no reason to issue.
  ServerNames spelled{{"cove"}, {"0:0:0:0:0:0:0:1", "192.168.122.7", "::1"}};
  EXPECT_EQ(ensure(spelled).server.certificate_pem, second.server.certificate_pem);
}

TEST_F(ClusterTest, AWrongServerNameChangesNothing) {
  ensure();
  const auto before = files();
  EXPECT_EQ(ensure_cluster_pki(directory_, {{}, {"not an address"}}, clock_).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(ensure_cluster_pki(directory_, {{"bad name"}, {}}, clock_).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(files(), before);
}

TEST_F(ClusterTest, AFolderThatCannotBeMadeIsNamed) {
  std::filesystem::create_directories(root_);
  std::ofstream(root_ / "deep") << "a file";
  const auto result = ensure_cluster_pki(directory_, kNames, clock_);
  ASSERT_TRUE(result.has_error());
  EXPECT_NE(result.error().message().find("deep"), std::string::npos) << result.error().message();
}

}  // namespace
}  // namespace cove::pki
