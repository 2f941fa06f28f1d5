#include <gtest/gtest.h>

#include "tests/unit/backend/machine_specs.h"
#include "vm/backend/validate.h"

namespace cove::vm {
namespace {

using testing::sample_machine;

template <class Change>
void expect_refused(Change change) {
  MachineSpec spec = sample_machine();
  ASSERT_TRUE(validate(spec));
  change(spec);
  const auto result = validate(spec);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
}

TEST(MachineValidation, RefusesWhatNoHypervisorShouldSee) {
  expect_refused([](MachineSpec& s) { s.name = ""; });
  expect_refused([](MachineSpec& s) { s.name = "-rf"; });
  expect_refused([](MachineSpec& s) { s.name = "a/b"; });
  expect_refused([](MachineSpec& s) { s.name = std::string(64, 'a'); });
  expect_refused([](MachineSpec& s) { s.uuid = "not-a-uuid"; });
  expect_refused([](MachineSpec& s) { s.title = "two\nlines"; });
  expect_refused([](MachineSpec& s) { s.cpus = 0; });
  expect_refused([](MachineSpec& s) { s.cpus = 257; });
  expect_refused([](MachineSpec& s) { s.memory_mib = 127; });
  expect_refused([](MachineSpec& s) { s.kernel = "vmlinux"; });
  expect_refused([](MachineSpec& s) { s.kernel = ""; });
  expect_refused([](MachineSpec& s) { s.initrd = "relative"; });
  expect_refused([](MachineSpec& s) { s.command_line = std::string(2049, 'x'); });
  expect_refused([](MachineSpec& s) { s.command_line = std::string("a\0b", 3); });
  expect_refused([](MachineSpec& s) { s.console_log = ""; });
  expect_refused([](MachineSpec& s) { s.network.mac = "52:54:00:12:34"; });
  expect_refused([](MachineSpec& s) { s.network.mac = "01:54:00:12:34:56"; });
  expect_refused([](MachineSpec& s) { s.disks[0].serial = "has space"; });
  expect_refused([](MachineSpec& s) { s.disks[0].serial = std::string(21, 'x'); });
  expect_refused([](MachineSpec& s) { s.disks[1].serial = s.disks[0].serial; });
  expect_refused([](MachineSpec& s) { s.disks[0].file = "relative.img"; });
  expect_refused([](MachineSpec& s) { s.disks.resize(17, s.disks[0]); });
  expect_refused([](MachineSpec& s) { s.channels[0].name = "a b"; });
  expect_refused([](MachineSpec& s) { s.channels[1].name = s.channels[0].name; });
  expect_refused([](MachineSpec& s) { s.channels[0].socket = "/" + std::string(100, 's'); });
}

TEST(MachineValidation, RefusesForwardsThatCannotBe) {
  EXPECT_TRUE(validate(ForwardRule{Protocol::kTcp, "127.0.0.1", 80, 80}));
  EXPECT_FALSE(validate(ForwardRule{Protocol::kTcp, "127.0.0.1", 0, 80}));
  EXPECT_FALSE(validate(ForwardRule{Protocol::kTcp, "127.0.0.1", 80, 0}));
  EXPECT_FALSE(validate(ForwardRule{Protocol::kTcp, "localhost", 80, 80}));
  EXPECT_FALSE(validate(ForwardRule{Protocol::kTcp, "127.0.0.1:1-:2 -x", 80, 80}));
}

}  // namespace
}  // namespace cove::vm
