// The node's log folder through nodes/proxy: pages as the kubelet makes them, who may see them, and
// that a request's path leads nowhere else.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "core/http/client.h"
#include "tests/integration/streams/world.h"

namespace cove::testing {
namespace {

using ::testing::HasSubstr;

StreamsWorld& world() {
  static StreamsWorld made;
  return made;
}

void write(const Path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

struct Page {
  int status = 0;
  std::string type = {}, location = {}, text = {};
};

// As it stands there: neither the path is tidied nor a redirect followed.
Page page(const std::string& path, const std::string& method = "GET") {
  const client::TlsIdentity admin = world().admin();
  http::ClientOptions options;
  options.tls.ca_pem = admin.ca_certificate_pem;
  options.tls.certificate_pem = admin.certificate_pem;
  options.tls.key_pem = admin.key_pem;
  const auto client = *http::Client::create(std::move(options));
  http::ClientRequest request;
  request.method = method;
  request.url = {"https", "127.0.0.1", world().port(), "/api/v1/nodes/" + path, {}};
  auto answer = client->send(std::move(request));
  if (!answer) return {.text = answer.error().message()};
  Page out{.status = answer->status(),
           .type = std::string(answer->header("content-type")),
           .location = std::string(answer->header("location"))};
  if (auto text = answer->read_all(64 << 20)) out.text = *text;
  return out;
}

std::string raw(const std::string& path, const std::string& user = {}) {
  std::vector<std::string> arguments{"get", "--raw", "/api/v1/nodes/" + path};
  if (!user.empty()) arguments.push_back("--as=" + user);
  const Completed done = world().kubectl("kubectl", std::move(arguments));
  return done.exit_code == 0 ? done.standard_output : done.standard_error;
}

TEST(NodeLogs, AreShownAsTheKubeletDoes) {
  const Path logs = world().node().root();
  write(logs / "coved.log", "started\n");
  write(logs / "old/a&<b>.log", "x");
  write(logs / "old/1:2.log", "<html><script>1</script>");
  EXPECT_EQ(page("node/proxy/logs/").text,
            "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n"
            "<a href=\"coved.log\">coved.log</a>\n<a href=\"old/\">old/</a>\n"
            "<a href=\"pods/\">pods/</a>\n</pre>\n");
  EXPECT_EQ(page("node/proxy/logs/").type, "text/html; charset=utf-8");
  EXPECT_THAT(page("node/proxy/logs/old/").text,
              HasSubstr("<a href=\"./1:2.log\">1:2.log</a>\n"
                        "<a href=\"a&amp;%3Cb%3E.log\">a&amp;&lt;b&gt;.log</a>\n"));
  EXPECT_EQ(page("node/proxy/logs/old/a%26%3Cb%3E.log").text, "x");
  EXPECT_EQ(page("node:10250/proxy/logs/coved.log").text, "started\n");
  // A log that says it is a page is none.
  EXPECT_EQ(page("node/proxy/logs/old/1:2.log").type, "text/plain; charset=utf-8");
  write(logs / "old/1.gz", std::string("\x1f\x8b\0\x01", 4));
  EXPECT_EQ(page("node/proxy/logs/old/1.gz").type, "application/octet-stream");
  EXPECT_EQ(page("node/proxy/logs").status, 301);
  EXPECT_EQ(page("node/proxy/logs/old?a=b").location, "/api/v1/nodes/node/proxy/logs/old/?a=b");
  EXPECT_EQ(page("node/proxy/logs/coved.log/").location, "/api/v1/nodes/node/proxy/logs/coved.log");
  const Page head = page("node/proxy/logs/coved.log", "HEAD");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.text, "");
  for (const char* method : {"POST", "PUT", "DELETE"})
    EXPECT_EQ(page("node/proxy/logs/coved.log", method).status, 405) << method;
  EXPECT_EQ(raw("node/proxy/logs/coved.log"), "started\n");
  EXPECT_THAT(raw("node/proxy/logs"), HasSubstr("coved.log"));
  EXPECT_THAT(raw("none/proxy/logs/"), HasSubstr("nodes \"none\" not found"));
}

TEST(NodeLogs, AreWholeHoweverLong) {
  std::string text;
  for (int i = 0; text.size() < (5U << 20); ++i) text += fmt::format("line {}\n", i);
  write(world().node().root() / "long.log", text);
  EXPECT_TRUE(page("node/proxy/logs/long.log").text == text);
  write(world().node().root() / "empty.log", "");
  EXPECT_EQ(page("node/proxy/logs/empty.log").status, 200);
  EXPECT_EQ(page("node/proxy/logs/empty.log").text, "");
}

TEST(NodeLogs, NothingElseIsReadThroughThem) {
  const Path logs = world().node().root();
  write(logs.parent_path() / "secret", "mine");
  std::filesystem::create_symlink(logs.parent_path() / "secret", logs / "link");
  std::filesystem::create_directory_symlink("/", logs / "root");
  ASSERT_EQ(::mkfifo((logs / "pipe").c_str(), 0600), 0);
  for (const char* path :
       {"../secret", "..%2fsecret", "%2e%2e/secret", "%2e%2e%2fsecret", "old/../../secret",
        "..;/secret", "..\\secret", "%2fetc/passwd", "/etc/passwd", "//etc/passwd", "link", "link/",
        "root/etc/passwd", "pipe", "pods/../../secret", "pods%2f..%2f..%2fsecret", "."}) {
    const Page got = page(std::string("node/proxy/logs/") + path);
    EXPECT_EQ(got.status, 404) << path;
    EXPECT_EQ(got.text, "404 page not found\n") << path;
  }
  EXPECT_EQ(page("node/proxy/logs/%00").status, 400);
  EXPECT_NE(page("node/proxy/logsx/coved.log").status, 200);
  for (const char* name : {"link", "root", "pipe"})
    EXPECT_THAT(page("node/proxy/logs/").text, ::testing::Not(HasSubstr(name)));
}

// As at the kubelet: who may not all of the agent may have the right to a part of it, and to no
// other part, and to nothing else that the node serves.
TEST(NodeLogs, NeedTheRightToTheNodesLogOrToAllOfItsAgent) {
  write(world().node().root() / "coved.log", "started\n");
  for (const std::vector<std::string>& each :
       {std::vector<std::string>{"create", "clusterrole", "logs", "--verb=get",
                                 "--resource=nodes/log"},
        {"create", "clusterrolebinding", "logs", "--clusterrole=logs", "--user=reader"},
        {"create", "clusterrole", "agent", "--verb=get", "--resource=nodes/proxy"},
        {"create", "clusterrolebinding", "agent", "--clusterrole=agent", "--user=agent"},
        {"create", "clusterrole", "writes", "--verb=create", "--resource=nodes/log"},
        {"create", "clusterrolebinding", "writes", "--clusterrole=writes", "--user=writer"}}) {
    const Completed made = world().kubectl("kubectl", each);
    ASSERT_EQ(made.exit_code, 0) << made.standard_error;
  }
  EXPECT_EQ(raw("node/proxy/logs/coved.log", "reader"), "started\n");
  EXPECT_EQ(raw("node/proxy/logs/coved.log", "agent"), "started\n");
  for (const char* user : {"nobody", "writer"})
    EXPECT_THAT(raw("node/proxy/logs/coved.log", user),
                HasSubstr("cannot get resource \"nodes/proxy\""))
        << user;
  for (const char* page : {"pods", "configz", "metrics", "stats/summary", "", "logsx", "exec/logs",
                           "containerLogs/default/web/main"})
    EXPECT_THAT(raw(std::string("node/proxy/") + page, "reader"), HasSubstr("cannot get resource"))
        << page;
  for (const char* other : {"node:9100", "http:node:9100", "https:node:", "node:10250"})
    EXPECT_THAT(raw(std::string(other) + "/proxy/logs/", "reader"),
                HasSubstr("cannot get resource"))
        << other;
}

}  // namespace
}  // namespace cove::testing
