// The backend on a system libvirt: NAT network and channels through the daemon. Run by
// libvirt_system.sh.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "core/base/clock.h"
#include "core/base/process.h"
#include "tests/vm/libvirt/test_guest.h"
#include "vm/libvirt/libvirt_backend.h"

namespace cove::vm {
namespace {

void ok(const Result<void>& result) {
  EXPECT_TRUE(result) << (result ? "" : result.error().message());
}

std::string run(std::vector<std::string> argv) {
  const auto done = make_spawner()->run(
      {.argv = std::move(argv), .environment = {}, .working_directory = {}, .standard_input = {}},
      std::chrono::seconds(60));
  return done ? done->standard_output : done.error().message();
}

TEST(LibvirtSystem, RunsAMachineOnTheNatNetwork) {
  SystemClock clock;
  const Path folder = std::getenv("COVE_TEST_FOLDER");
  const auto guest = testing::make_test_guest(folder);
  if (!guest) GTEST_SKIP() << guest.error().message();
  auto connected = make_libvirt_backend({.uri = kSystemUri,
                                         .clock = clock,
                                         .logger = null_logger(),
                                         .cache = folder,
                                         .probe_kernel = guest->kernel,
                                         .probe = {}});
  ASSERT_TRUE(connected) << connected.error().message();
  std::shared_ptr<Backend> backend = std::move(*connected);
  const auto info = backend->describe();
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->network, NetworkMode::kNat);
  EXPECT_EQ(info->acceleration, Acceleration::kSoftware);
  EXPECT_EQ(backend->forwarding(), nullptr);

  auto spec = testing::test_machine("cove-system", *guest, folder);
  ASSERT_TRUE(spec) << spec.error().message();
  spec->network.mode = NetworkMode::kNat;
  ok(backend->define(*spec));
  const auto network = backend->guest_network("cove-system");
  ASSERT_TRUE(network) << network.error().message();
  EXPECT_EQ(network->reachable_at, network->address);
  ok(backend->start("cove-system"));
  EXPECT_NE(run({"ip", "-o", "address"}).find(network->gateway + "/24"), std::string::npos);
  ASSERT_TRUE(testing::await_console(*spec, "cove-test: ready")) << testing::console(*spec);

  if (testing::console(*spec).find("channel yes") != std::string::npos) {
    auto channel = backend->open_channel("cove-system", spec->channels[0]);
    ASSERT_TRUE(channel) << channel.error().message();
    EXPECT_EQ(*testing::ask(channel->get()), 1u);
    const auto second = backend->open_channel("cove-system", spec->channels[0]);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kConflict) << second.error().message();
    // One answer a byte: far more than fits into the buffers on the way.
    for (unsigned i = 2; i < 200; ++i) ASSERT_EQ(*testing::ask(channel->get()), i);
    channel->reset();
    for (int i = 0; i < 100; ++i) {
      auto again = backend->open_channel("cove-system", spec->channels[0]);
      if (!again) {
        clock.sleep(std::chrono::milliseconds(50));
        continue;
      }
      EXPECT_EQ(*testing::ask(again->get()), 200u);
      break;
    }
  } else {
    std::puts("[  note    ] channels not tried: the initrd has no modules for virtio-serial");
  }
  ok(backend->stop("cove-system", StopPolicy::kForce));
  ok(backend->undefine("cove-system"));
  EXPECT_EQ(run({"virsh", "-q", "-c", kSystemUri, "net-list", "--all", "--name"}).find("cove"),
            std::string::npos)
      << "the network outlived the last machine";
}

}  // namespace
}  // namespace cove::vm
