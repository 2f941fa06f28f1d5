// What the backend does beyond the contract, on libvirt's mock driver.
#include <gtest/gtest.h>
#include <libvirt/libvirt.h>
#include <unistd.h>

#include "tests/unit/backend/machine_specs.h"
#include "vm/libvirt/domain_xml.h"
#include "vm/libvirt/handles.h"
#include "vm/libvirt/libvirt_backend.h"
#include "vm/libvirt/nat_network.h"

namespace cove::vm {
namespace {

using testing::sample_machine;

class TestDriver : public ::testing::Test {
 protected:
  TestDriver() {
    auto made = make_libvirt_backend(
        {.uri = "test:///default",
         .clock = clock_,
         .logger = null_logger(),
         .cache = {},
         .probe_kernel = {},
         .probe = [](const std::string&) {
           return AccelerationVerdict{Acceleration::kSoftware, "It is slow here."};
         }});
    if (!made) throw std::runtime_error(made.error().message());
    backend_ = *made;
    raw_.reset(virConnectOpen("test:///default"));
  }
  bool has_network() {
    return libvirt::Network(virNetworkLookupByName(raw_.get(), libvirt::kNatNetwork)) != nullptr;
  }

  SystemClock clock_;
  std::shared_ptr<Backend> backend_;
  libvirt::Connect raw_;
};

TEST_F(TestDriver, TellsWhySoftware) {
  const auto info = backend_->describe();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->acceleration, Acceleration::kSoftware);
  EXPECT_EQ(info->acceleration_note, "It is slow here.");
}

TEST_F(TestDriver, AForeignMachineIsNotTouched) {
  // The mock comes with a running domain "test".
  EXPECT_EQ(backend_->observe("test")->power, Power::kAbsent);
  const auto refused = backend_->define(sample_machine("test"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_FALSE(backend_->stop("test", StopPolicy::kForce));
  EXPECT_TRUE(backend_->undefine("test"));
  const libvirt::Domain domain(virDomainLookupByName(raw_.get(), "test"));
  ASSERT_TRUE(domain);
  EXPECT_EQ(virDomainIsActive(domain.get()), 1);
}

TEST_F(TestDriver, AnotherUsersMachineIsForeign) {
  const libvirt::Metadata metadata{"4242", "x", NetworkMode::kUser, std::nullopt};
  const libvirt::Flavor flavor{"test", true, {}, "cove"};
  const libvirt::Domain domain(virDomainDefineXML(
      raw_.get(), libvirt::domain_xml(sample_machine("cove"), metadata, flavor).c_str()));
  ASSERT_TRUE(domain);
  EXPECT_TRUE(backend_->machines()->empty());
  const auto refused = backend_->define(sample_machine("cove"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
}

TEST_F(TestDriver, TheNatNetworkComesAndGoesWithItsMachines) {
  MachineSpec first = sample_machine("cove-a");
  MachineSpec second = sample_machine("cove-b");
  first.network.mode = second.network.mode = NetworkMode::kNat;
  EXPECT_FALSE(has_network());
  ASSERT_TRUE(backend_->define(first));
  ASSERT_TRUE(backend_->define(second));
  EXPECT_TRUE(has_network());
  EXPECT_TRUE(backend_->undefine("cove-a"));
  EXPECT_TRUE(has_network());
  EXPECT_TRUE(backend_->undefine("cove-b"));
  EXPECT_FALSE(has_network());
}

TEST_F(TestDriver, AnAdministratorsNetworkIsUsedAndKept) {
  const libvirt::Network network(
      virNetworkDefineXML(raw_.get(),
                          "<network><name>cove</name><bridge name='br7'/><forward mode='nat'/>"
                          "<ip address='10.77.0.254' netmask='255.255.255.0'/></network>"));
  ASSERT_TRUE(network);
  MachineSpec spec = sample_machine();
  spec.network.mode = NetworkMode::kNat;
  ASSERT_TRUE(backend_->define(spec));
  const auto guest = backend_->guest_network(spec.name);
  ASSERT_TRUE(guest);
  EXPECT_EQ(guest->address, "10.77.0.10");
  EXPECT_EQ(guest->gateway, "10.77.0.254");
  EXPECT_TRUE(backend_->undefine(spec.name));
  EXPECT_TRUE(has_network());
}

TEST(LibvirtBackend, AnUnknownHypervisorIsAnError) {
  SystemClock clock;
  const auto made = make_libvirt_backend({.uri = "nonsense:///",
                                          .clock = clock,
                                          .logger = null_logger(),
                                          .cache = {},
                                          .probe_kernel = {},
                                          .probe = {}});
  ASSERT_FALSE(made);
  EXPECT_FALSE(made.error().cause.empty());
}

TEST(LibvirtBackend, ASessionDoesNotRunAsRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to be refused";
  SystemClock clock;
  const auto made = make_libvirt_backend({.uri = kSessionUri,
                                          .clock = clock,
                                          .logger = null_logger(),
                                          .cache = {},
                                          .probe_kernel = {},
                                          .probe = {}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kPermissionDenied);
}

}  // namespace
}  // namespace cove::vm
