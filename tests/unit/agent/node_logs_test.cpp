// The node's log folder: what it shows, and that nothing else is read through it.
#include "core/node/node_logs.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace cove::node {
namespace {

using ::testing::ElementsAre;

class NodeLogsTest : public ::testing::Test {
 protected:
  NodeLogsTest() {
    std::filesystem::create_directories(own() / "audit");
    std::filesystem::create_directories(pods() / "default_web_u1/main");
    std::filesystem::create_directories(folder_ / "secret");
    write(own() / "coved.log", "started\n");
    write(own() / "audit/today.log", "who\n");
    write(pods() / "default_web_u1/main/0.log", "hello\n");
    write(folder_ / "secret/key", "mine");
  }

  Path own() const { return folder_ / "log"; }
  Path pods() const { return folder_ / "containers"; }
  NodeLogs logs() const { return {own(), pods()}; }
  static void write(const Path& path, std::string_view text) { std::ofstream(path) << text; }

  static std::string text(const Result<NodeLogs::Page>& page) {
    if (!page) return "none: " + page.error().cause;
    std::string bytes(100, '\0');
    const ssize_t n = ::read(page->file.get(), bytes.data(), bytes.size());
    return bytes.substr(0, n < 0 ? 0 : static_cast<std::size_t>(n));
  }
  static std::vector<std::string> names(const Result<NodeLogs::Page>& page) {
    return page && page->folder ? page->names : std::vector<std::string>{"none"};
  }
  ErrorCode refusal(const std::string& path) const {
    const auto page = logs().open(path);
    return page ? ErrorCode::kInternal : page.error().code;
  }

  const test::TemporaryFolder folder_;
};

TEST_F(NodeLogsTest, ShowsItsOwnAndThoseOfPods) {
  EXPECT_THAT(names(logs().open("")), ElementsAre("audit/", "coved.log", "pods/"));
  EXPECT_THAT(names(logs().open("audit")), ElementsAre("today.log"));
  EXPECT_THAT(names(logs().open("pods")), ElementsAre("default_web_u1/"));
  EXPECT_THAT(names(logs().open("pods/default_web_u1")), ElementsAre("main/"));
  EXPECT_EQ(text(logs().open("coved.log")), "started\n");
  EXPECT_EQ(logs().open("coved.log")->bytes, 8U);
  EXPECT_EQ(text(logs().open("audit/today.log")), "who\n");
  EXPECT_EQ(text(logs().open("pods/default_web_u1/main/0.log")), "hello\n");
  for (const char* none : {"no", "no/such", "coved.log/x", "pods/no", "coved.log\n"})
    EXPECT_EQ(refusal(none), ErrorCode::kNotFound) << none;
}

TEST_F(NodeLogsTest, PodsAloneWhereTheNodeKeepsNone) {
  const NodeLogs without({}, pods());
  EXPECT_THAT(names(without.open("")), ElementsAre("pods/"));
  EXPECT_EQ(text(without.open("pods/default_web_u1/main/0.log")), "hello\n");
  EXPECT_FALSE(without.open("etc"));
  EXPECT_FALSE(without.open("coved.log"));
  EXPECT_THAT(names(NodeLogs(folder_ / "no such", pods()).open("")), ElementsAre("pods/"));
}

TEST_F(NodeLogsTest, NoPathLeadsOut) {
  for (const std::string path :
       {"..", ".", "../secret/key", "audit/../../secret/key", "pods/..", "pods/../secret/key",
        "pods/default_web_u1/../../../secret/key", "/", "/etc/passwd", "//etc/passwd",
        "audit//today.log", "audit/./today.log", "pods/", "coved.log/", "audit/..", "...", "~"})
    EXPECT_EQ(refusal(path), ErrorCode::kNotFound) << path;
  EXPECT_EQ(refusal((folder_ / "secret/key").string()), ErrorCode::kNotFound);
  EXPECT_EQ(refusal(std::string("coved.log\0x", 11)), ErrorCode::kNotFound);
  EXPECT_EQ(refusal(std::string(5000, 'a')), ErrorCode::kNotFound);
}

TEST_F(NodeLogsTest, LinksAreNotFollowed) {
  std::filesystem::create_symlink(folder_ / "secret/key", own() / "key");
  std::filesystem::create_symlink("coved.log", own() / "same");
  std::filesystem::create_directory_symlink(folder_ / "secret", own() / "out");
  std::filesystem::create_directory_symlink("/", pods() / "root");
  std::filesystem::create_directory_symlink(folder_ / "secret", pods() / "default_web_u1/main/d");
  for (const char* path : {"key", "same", "out", "out/key", "pods/root", "pods/root/etc/passwd",
                           "pods/default_web_u1/main/d/key"})
    EXPECT_EQ(refusal(path), ErrorCode::kNotFound) << path;
  EXPECT_THAT(names(logs().open("")), ElementsAre("audit/", "coved.log", "pods/"));
  EXPECT_THAT(names(logs().open("pods/default_web_u1/main")), ElementsAre("0.log"));
}

TEST_F(NodeLogsTest, PipesAndSocketsAreNotOpened) {
  ASSERT_EQ(::mkfifo((own() / "pipe").c_str(), 0600), 0);
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = (own() / "socket").string();
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  // Opening a pipe that nobody writes would wait for ever.
  EXPECT_EQ(refusal("pipe"), ErrorCode::kNotFound);
  EXPECT_EQ(refusal("socket"), ErrorCode::kNotFound);
  EXPECT_THAT(names(logs().open("")), ElementsAre("audit/", "coved.log", "pods/"));
  EXPECT_FALSE(NodeLogs("/dev", pods()).open("null"));
  EXPECT_FALSE(NodeLogs("/dev", pods()).open("zero"));
}

// The pods' logs are never what a program of the node calls so.
TEST_F(NodeLogsTest, ItsOwnCannotStandForThePods) {
  write(own() / "pods", "mine");
  EXPECT_THAT(names(logs().open("")), ElementsAre("audit/", "coved.log", "pods/"));
  EXPECT_THAT(names(logs().open("pods")), ElementsAre("default_web_u1/"));
}

}  // namespace
}  // namespace cove::node
