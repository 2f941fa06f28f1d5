#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <fstream>

#include "core/pki/pki.h"
#include "tests/integration/coved/harness.h"

namespace cove::testing {
namespace {

using ::testing::HasSubstr;

class LifeTest : public ::testing::Test {
 protected:
  boost::json::value node() {
    const auto response = coved_.get("/api/v1/nodes", coved_.admin());
    EXPECT_TRUE(response.has_value()) << (response ? "" : response.error().message());
    return boost::json::parse(response->body).at("items").at(0).at("metadata");
  }
  void expect_refused(int code, const std::string& sentence, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"--data-dir", coved_.data().string(), "--listen",
                                       "127.0.0.1:0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(coved_.run_to_end(arguments), code);
    EXPECT_THAT(coved_.log(), HasSubstr(sentence));
  }
  void write(const Path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::trunc) << bytes;
  }

  TempDir directory_;
  Coved coved_{directory_.path(), Coved::Runs::kCluster};
};

TEST_F(LifeTest, StopsCleanlyWhenTold) {
  for (const int number : {SIGTERM, SIGINT}) {
    ASSERT_TRUE(coved_.start()) << coved_.log();
    coved_.signal(number);
    EXPECT_EQ(coved_.wait(), 0) << coved_.log();
  }
}

TEST_F(LifeTest, ARestartKeepsTheNodeAndTheCertificates) {
  ASSERT_TRUE(coved_.start()) << coved_.log();
  const boost::json::value before = node();
  const std::string certificate = coved_.admin().certificate_pem;
  coved_.signal(SIGTERM);
  ASSERT_EQ(coved_.wait(), 0);
  ASSERT_TRUE(coved_.start()) << coved_.log();
  EXPECT_EQ(node().at("uid"), before.at("uid"));
  EXPECT_EQ(node().at("creationTimestamp"), before.at("creationTimestamp"));
  EXPECT_EQ(coved_.admin().certificate_pem, certificate);
}

TEST_F(LifeTest, AKillAtAnyMomentNeedsNoRepair) {
  ASSERT_TRUE(coved_.start()) << coved_.log();
  const boost::json::value uid = node().at("uid");
  for (int i = 0; i < 5; ++i) {
    coved_.signal(SIGKILL);
    ASSERT_EQ(coved_.wait(), 128 + SIGKILL);
    ASSERT_TRUE(coved_.start()) << coved_.log();
    EXPECT_EQ(node().at("uid"), uid);
  }
}

TEST_F(LifeTest, ASecondOneOnTheSameDataIsRefused) {
  ASSERT_TRUE(coved_.start()) << coved_.log();
  expect_refused(3, "coved (process " + std::to_string(coved_.pid()) + ")");
  EXPECT_EQ(coved_.get("/readyz", coved_.admin())->status, 200);
}

TEST_F(LifeTest, ATakenPortIsNamed) {
  const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  const std::string where = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  const int code = coved_.run_to_end({"--data-dir", coved_.data().string(), "--listen", where});
  EXPECT_EQ(code, 3) << coved_.log();
  EXPECT_THAT(coved_.log(), HasSubstr("cannot listen on " + where));
}

TEST_F(LifeTest, CorruptOrNewerFilesAreRefusedAndLeftAlone) {
  ASSERT_TRUE(coved_.start()) << coved_.log();
  coved_.signal(SIGTERM);
  ASSERT_EQ(coved_.wait(), 0);
  const Path store = coved_.data() / "store.db";
  const std::string good = *read_file(store, 16 << 20);
  std::string torn = good;
  torn.replace(torn.size() / 2, 64, std::string(64, 'x'));
  for (const std::string& bytes : {good.substr(0, good.size() / 2), torn}) {
    write(store, bytes);
    expect_refused(5, "store.db");
    EXPECT_EQ(*read_file(store, 16 << 20), bytes);
  }
  write(store, "not a store at all, but long enough to be looked at as one");
  expect_refused(2, "store.db");
  // SQLite's user version, which is the store's format, is at offset 60 (sqlite.org/fileformat2).
  std::string newer = good;
  newer.replace(60, 4, std::string("\0\0\0\x63", 4));
  write(store, newer);
  expect_refused(6, "newer");
  EXPECT_EQ(*read_file(store, 16 << 20), newer);
  write(store, good);
  write(coved_.data() / "pki" / "server.key", "nonsense");
  expect_refused(5, "server.key");
}

TEST_F(LifeTest, UnusableFoldersAreNamed) {
  write(coved_.data(), "a file");
  expect_refused(2, coved_.data().string());
  std::filesystem::remove(coved_.data());
  EXPECT_EQ(coved_.run_to_end({"--data-dir", "/proc/cove-data", "--listen", "127.0.0.1:0"}), 1);
  EXPECT_THAT(coved_.log(), HasSubstr("/proc/cove-data"));
}

TEST_F(LifeTest, AFullDiskIsSaid) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting a small file system needs root";
  std::filesystem::create_directories(coved_.data());
  // In a mount namespace of its own, so that nothing is left behind however this ends.
  ASSERT_EQ(::unshare(CLONE_NEWNS), 0) << std::strerror(errno);
  ASSERT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0) << std::strerror(errno);
  ASSERT_EQ(::mount("tmpfs", coved_.data().c_str(), "tmpfs", 0, "size=16k"), 0)
      << std::strerror(errno);
  write(coved_.data() / "filler", std::string(64 * 1024, 'x'));
  expect_refused(7, "No space left on device");
  ::umount(coved_.data().c_str());
}

TEST_F(LifeTest, WrongUsageIsOneSentence) {
  EXPECT_EQ(coved_.run_to_end({}), 2);
  expect_refused(2, "not a node name", {"--node-name", "Bad_Name"});
  EXPECT_EQ(coved_.run_to_end({"--data-dir", coved_.data().string(), "--listen", "0.0.0.0:0"}), 2);
  EXPECT_THAT(coved_.log(), HasSubstr("not a loopback address"));
  for (const char* listen : {"6443", "127.0.0.1:", "127.0.0.1:99999", "name:1", "::1:1"}) {
    EXPECT_EQ(coved_.run_to_end({"--data-dir", coved_.data().string(), "--listen", listen}), 2)
        << listen;
  }
  EXPECT_EQ(coved_.run_to_end({"--help"}), 0);
  EXPECT_EQ(coved_.run_to_end({"--version"}), 0);
  EXPECT_FALSE(std::filesystem::exists(coved_.data()));
}

TEST_F(LifeTest, GivenCertificatesAreUsedAndReadAgainOnHangup) {
  const SystemClock clock;
  const auto authority = *pki::create_authority("given", std::chrono::hours(1000), clock);
  const auto server = [&] {
    return *pki::issue(authority, {"s", {}, {}, {"127.0.0.1"}, pki::Usage::kServer}, clock);
  };
  const auto admin = *pki::issue(authority, {"admin", {"system:masters"}}, clock);
  const client::TlsIdentity identity{authority.certificate_pem, admin.certificate_pem,
                                     admin.key_pem};
  const Path pki = directory_.path() / "given";
  std::filesystem::create_directories(pki);
  const auto place = [&](const pki::KeyPair& pair) {
    write(pki / "ca.crt", authority.certificate_pem);
    write(pki / "server.crt", pair.certificate_pem);
    write(pki / "server.key", pair.key_pem.reveal());
  };
  place(server());
  ASSERT_TRUE(coved_.start({"--pki-dir", pki.string()})) << coved_.log();
  EXPECT_EQ(coved_.get("/api/v1/nodes", identity)->status, 200);
  EXPECT_FALSE(std::filesystem::exists(coved_.data() / "pki" / "ca.key"));

  // What cannot be used is said, and the old certificates stay.
  write(pki / "server.key", "nonsense");
  coved_.signal(SIGHUP);
  while (coved_.log().find("does not fit") == std::string::npos) std::this_thread::yield();
  EXPECT_EQ(coved_.get("/readyz", identity)->status, 200);
  place(server());
  coved_.signal(SIGHUP);
  while (coved_.log().find("read again") == std::string::npos) std::this_thread::yield();
  EXPECT_EQ(coved_.get("/readyz", identity)->status, 200);
  EXPECT_EQ(coved_.log().find("PRIVATE KEY"), std::string::npos);
}

TEST_F(LifeTest, KubeconfigIsForItsOwnerAlone) {
  ASSERT_TRUE(coved_.start()) << coved_.log();
  struct stat status {};
  ASSERT_EQ(::stat(coved_.kubeconfig().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat(coved_.data().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

}  // namespace
}  // namespace cove::testing
