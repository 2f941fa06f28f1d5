#include <gtest/gtest.h>

#include <algorithm>

#include "core/client/channel.h"

namespace cove::client {
namespace {

TEST(ChannelMessages, AStatusSaysHowACommandEnded) {
  EXPECT_TRUE(read_exec_status(R"({"metadata":{},"status":"Success"})").success);
  const ExecStatus seven = read_exec_status(
      R"({"status":"Failure","reason":"NonZeroExitCode","message":"exit code 7",
          "details":{"causes":[{"reason":"Other","message":"1"},{"reason":"ExitCode","message":"7"}]}})");
  EXPECT_FALSE(seven.success);
  EXPECT_EQ(seven.exit_code, 7);
  EXPECT_EQ(seven.message, "exit code 7");
  const ExecStatus never = read_exec_status(R"({"status":"Failure","message":"no such file"})");
  EXPECT_FALSE(never.success || never.exit_code);
  EXPECT_EQ(never.message, "no such file");
}

TEST(ChannelMessages, AnythingElseIsTheMessageOfAFailure) {
  for (const std::string text :
       {"", "plain words", "[]", "{", R"({"details":{"causes":[null,5,{"reason":"ExitCode"}]}})",
        R"({"details":{"causes":[{"reason":"ExitCode","message":"99999999999999999999"}]}})"}) {
    const ExecStatus status = read_exec_status(text);
    EXPECT_FALSE(status.success || status.exit_code) << text;
  }
  EXPECT_EQ(read_exec_status("plain words").message, "plain words");
  EXPECT_LE(read_exec_status(std::string(1 << 20, 'x')).message.size(), 64u * 1024);
}

TEST(ChannelMessages, RequestsNameWhatIsMeant) {
  const ChannelRequest shell = exec_request(
      {.namespace_name = "a b", .pod = "web", .container = "main", .command = {"sh", "-c", "x"}});
  EXPECT_EQ(shell.path, "/api/v1/namespaces/a%20b/pods/web/exec");
  EXPECT_EQ(shell.query, (Pairs{{"command", "sh"},
                                {"command", "-c"},
                                {"command", "x"},
                                {"container", "main"},
                                {"stdin", "true"},
                                {"stdout", "true"},
                                {"tty", "true"}}));
  EXPECT_EQ(shell.protocols.front(), "v5.channel.k8s.io");
  EXPECT_EQ(port_forward_request("a", "web", 8080).query, (Pairs{{"ports", "8080"}}));
  EXPECT_EQ(resize_message(80, 24), R"({"Width":80,"Height":24})");
}

}  // namespace
}  // namespace cove::client
