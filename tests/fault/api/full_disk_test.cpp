// A disk that takes no more: writes are refused with 507, everything else goes on, and writes work
// again by themselves once there is room.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <sched.h>

#include <cstring>

#include "tests/fault/api/fixture.h"

namespace cove::testing {
namespace {

class FullDiskTest : public FaultTest {
 protected:
  // Creates objects until one is refused, and says how.
  Reply fill(ApiClient& api) {
    const std::string value(100 * 1024, 'f');
    for (int i = 0; i < 1000; ++i) {
      const std::string name = "f" + std::to_string(count_);
      const Reply reply = api.ask("POST", kConfigMaps, config_map(name, "v", value));
      if (reply.status != 201) return reply;
      ++count_;
    }
    ADD_FAILURE() << "the disk is never full";
    return {};
  }

  static void expect_full(const Reply& reply) {
    ASSERT_EQ(reply.status, 507) << reply.body;
    const json::value status = reply.document();
    EXPECT_EQ(status.at("kind").as_string(), "Status");
    EXPECT_EQ(status.at("status").as_string(), "Failure");
    EXPECT_EQ(status.at("code").as_int64(), 507);
    EXPECT_THAT(std::string(status.at("message").as_string()), ::testing::HasSubstr("full"));
  }

  // Everything that was answered is there, in a list that is not too large for one answer.
  void expect_all(ApiClient& api) {
    for (int i = 0; i < count_; ++i)
      ASSERT_EQ(api.get(kConfigMaps + "/f" + std::to_string(i)).status, 200) << i;
    EXPECT_EQ(api.get(kConfigMaps + "/f" + std::to_string(count_)).status, 404);
  }

  void expect_readable(ApiClient& api) {
    EXPECT_EQ(api.get("/livez").status, 200);
    expect_all(api);
    LineStream watch(port_, admin_, kConfigMaps + "?watch=1&fieldSelector=metadata.name%3Df0");
    EXPECT_TRUE(watch.next().has_value());
  }

  // Refuses, goes on reading, takes writes again after `free`, and keeps all of it.
  void run(const std::function<void()>& free) {
    ApiClient api = client();
    create(api, "small", "1");
    // Twice: upkeep may have found some room after the first.
    expect_full(fill(api));
    expect_full(fill(api));
    const std::string large = config_map("small", "v", std::string(300 * 1024, 's'));
    expect_readable(api);
    free();
    const int before = count_;
    const Reply reply = api.ask("PUT", kConfigMaps + "/small", large);
    EXPECT_EQ(reply.status, 200) << reply.body;
    create(api, "f" + std::to_string(count_++), std::string(100 * 1024, 'g'));
    EXPECT_GT(count_, before);
    kill();
    start();
    ASSERT_FALSE(HasFatalFailure());
    ApiClient again = client();
    expect_all(again);
    EXPECT_EQ(entry_of(again.get(kConfigMaps + "/small").document(), "v").size(), 300U * 1024);
  }

  int count_ = 0;
};

// Works for everybody; a disk quota looks much the same.
TEST_F(FullDiskTest, ALimitOnTheSizeOfFilesIsAFullDisk) {
  rlimit limit{};
  ASSERT_EQ(::prlimit(coved_.pid(), RLIMIT_FSIZE, nullptr, &limit), 0) << std::strerror(errno);
  const rlimit small{3 << 20, limit.rlim_max};
  ASSERT_EQ(::prlimit(coved_.pid(), RLIMIT_FSIZE, &small, nullptr), 0) << std::strerror(errno);
  run([&] {
    ASSERT_EQ(::prlimit(coved_.pid(), RLIMIT_FSIZE, &limit, nullptr), 0) << std::strerror(errno);
  });
}

TEST_F(FullDiskTest, AFileSystemWithoutRoom) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting a small file system needs root";
  stop();
  // In a mount namespace of its own, so that nothing is left behind however this ends.
  ASSERT_EQ(::unshare(CLONE_NEWNS), 0) << std::strerror(errno);
  ASSERT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0) << std::strerror(errno);
  ASSERT_EQ(::mount("tmpfs", coved_.data().c_str(), "tmpfs", 0, "size=8m"), 0)
      << std::strerror(errno);
  admin_ = {};
  start();
  ASSERT_FALSE(HasFatalFailure());
  run([&] {
    ASSERT_EQ(::mount("tmpfs", coved_.data().c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0)
        << std::strerror(errno);
  });
  stop();
  ::umount(coved_.data().c_str());
}

}  // namespace
}  // namespace cove::testing
