#include "vm/libvirt/usernet.h"

#include <gtest/gtest.h>

namespace cove::vm::libvirt {
namespace {

const ForwardRule kRule{Protocol::kTcp, "127.0.0.1", 16443, 6443};

TEST(Usernet, SpeaksQemusMonitor) {
  EXPECT_EQ(add_command(kRule), "hostfwd_add hostnet0 tcp:127.0.0.1:16443-:6443");
  EXPECT_EQ(remove_command(kRule), "hostfwd_remove hostnet0 tcp:127.0.0.1:16443");
}

TEST(Usernet, FailuresAreInTheAnswer) {
  EXPECT_TRUE(check_add_answer("", "m", kRule));
  EXPECT_TRUE(check_add_answer("\r\n", "m", kRule));
  const auto taken = check_add_answer(
      "Could not set up host forwarding rule 'tcp:127.0.0.1:16443-:6443'\r\n", "m", kRule);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kConflict);
  const auto unknown = check_add_answer("unknown command: 'hostfwd_add'", "m", kRule);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(
      check_remove_answer("host forwarding rule for tcp:127.0.0.1:16443 removed", "m", kRule));
  EXPECT_TRUE(
      check_remove_answer("host forwarding rule for tcp:127.0.0.1:16443 not found", "m", kRule));
  EXPECT_FALSE(check_remove_answer("invalid format", "m", kRule));
}

TEST(Usernet, ReadsTheListAndSkipsTheRest) {
  const auto rules = parse_usernet(
      "Hub -1 (hostnet0):\r\n"
      "  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n"
      "  TCP[HOST_FORWARD]  13       127.0.0.1 16443       10.0.2.15  6443     0     0\r\n"
      "  TCP[ESTABLISHED]   14       127.0.0.1 50000       10.0.2.15  6443     0     0\r\n"
      "  UDP[HOST_FORWARD]  15               *    53       10.0.2.15    53     0     0\r\n"
      "  TCP[HOST_FORWARD]  13       127.0.0.1 99999       10.0.2.15  6443     0     0\r\n"
      "  TCP[HOST_FORWARD]  13       127.0.0.1\r\n"
      "  TCP[HOST_FORWARD]  x  y  -1 z q\r\n");
  EXPECT_EQ(rules, (std::vector<ForwardRule>{kRule, {Protocol::kUdp, "0.0.0.0", 53, 53}}));
  EXPECT_TRUE(parse_usernet("").empty());
  EXPECT_TRUE(parse_usernet(std::string(1 << 16, '\n')).empty());
}

TEST(Usernet, SeesWhetherAChannelIsTaken) {
  const std::string free = "charchannel0: filename=disconnected:unix:/run/c.sock,server=on\r\n";
  const std::string used =
      "charserial0: filename=file\r\ncharchannel0: filename=unix:/run/c.sock,server=on\r\n";
  EXPECT_FALSE(channel_is_taken(free, "/run/c.sock"));
  EXPECT_TRUE(channel_is_taken(used, "/run/c.sock"));
  EXPECT_FALSE(channel_is_taken(used, "/run/c.soc"));
}

}  // namespace
}  // namespace cove::vm::libvirt
