#include "vm/libvirt/domain_xml.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <pugixml.hpp>

#include "core/base/fs.h"
#include "tests/unit/backend/machine_specs.h"

namespace cove::vm::libvirt {
namespace {

MachineSpec fixed_machine() {
  MachineSpec spec = testing::sample_machine("cove");
  spec.uuid = "3f0d2a52-6b0e-4d55-9d3a-8f6f2f6a1c11";
  return spec;
}

Flavor flavor(const std::string& type) {
  return {type, true, {true, true}, "cove"};
}

Metadata user_metadata() {
  return {"1000", "0123456789abcdef", NetworkMode::kUser, std::nullopt};
}

// Compares with golden/<name>; COVE_UPDATE_GOLDEN=1 writes the file instead.
void expect_golden(const std::string& xml, const std::string& name) {
  const char* source = std::getenv("COVE_SOURCE_DIR");
  ASSERT_NE(source, nullptr) << "COVE_SOURCE_DIR names no source tree";
  const Path file = Path(source) / "tests/unit/libvirt/golden" / name;
  if (std::getenv("COVE_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(write_file_atomic(file, xml, 0644));
    return;
  }
  const auto golden = read_file(file, 1 << 20);
  ASSERT_TRUE(golden) << golden.error().message();
  EXPECT_EQ(xml, *golden);
}

TEST(DomainXml, IsAsKeptForSoftwareAndUserNetwork) {
  Flavor software = flavor("qemu");
  software.firmware = "/usr/share/qemu/qboot.rom";
  expect_golden(domain_xml(fixed_machine(), user_metadata(), software), "user-software.xml");
}

TEST(DomainXml, IsAsKeptForKvmAndNat) {
  MachineSpec spec = fixed_machine();
  spec.network.mode = NetworkMode::kNat;
  spec.acceleration = Acceleration::kKvm;
  Metadata metadata = user_metadata();
  metadata.network = NetworkMode::kNat;
  metadata.nat = NatAddress{"192.168.176.10", 24, "192.168.176.1"};
  Flavor system = flavor("kvm");
  system.own_sockets = false;
  system.account = "+1000:+100";
  system.direct_io = {true, false};
  expect_golden(domain_xml(spec, metadata, system), "nat-kvm.xml");
}

TEST(DomainXml, HostileTextStaysText) {
  MachineSpec spec = fixed_machine();
  spec.name = "</name><devices><evil/></devices>";
  spec.title = "<![CDATA[ ]]> & \"quotes\" 'and' <!-- -->";
  spec.kernel = "/tmp/</kernel><evil/>&lt;";
  spec.command_line = "a=\"b\" <evil/> &amp;";
  spec.disks[1].file = "/tmp/\"/><evil x=\"";
  spec.channels[0].socket = "/tmp/'\"><evil/>";
  spec.console_log = "/tmp/&#10;<evil/>";
  Metadata metadata = user_metadata();
  metadata.owner = "\"/><evil/>";
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(domain_xml(spec, metadata, flavor("qemu")).c_str()));
  EXPECT_TRUE(document.select_nodes("//evil").empty());
  const pugi::xml_node domain = document.child("domain");
  EXPECT_EQ(domain.child_value("name"), spec.name);
  EXPECT_EQ(domain.child_value("title"), spec.title);
  EXPECT_EQ(domain.child("os").child_value("kernel"), spec.kernel.native());
  EXPECT_EQ(domain.child("os").child_value("cmdline"), spec.command_line);
  const pugi::xml_node devices = domain.child("devices");
  EXPECT_EQ(devices.select_node("disk[2]/source").node().attribute("file").value(),
            spec.disks[1].file.native());
  EXPECT_EQ(devices.child("channel").child("source").attribute("path").value(),
            spec.channels[0].socket.native());
  EXPECT_EQ(devices.child("serial").child("source").attribute("path").value(),
            spec.console_log.native());
}

TEST(DomainXml, MetadataComeBack) {
  Metadata metadata = user_metadata();
  metadata.network = NetworkMode::kNat;
  metadata.nat = NatAddress{"192.168.176.10", 24, "192.168.176.1"};
  pugi::xml_document document;
  document.load_string(domain_xml(fixed_machine(), metadata, flavor("qemu")).c_str());
  std::ostringstream element;
  document.child("domain").child("metadata").first_child().print(element);
  const auto parsed = parse_metadata(element.str());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->owner, "1000");
  EXPECT_EQ(parsed->fingerprint, "0123456789abcdef");
  EXPECT_EQ(parsed->network, NetworkMode::kNat);
  EXPECT_EQ(parsed->nat, metadata.nat);
}

TEST(DomainXml, MetadataOfOthersAreRefused) {
  for (const char* text :
       {"", "<machine", "<other owner='1'/>", "<machine/>", "<machine owner=''/>", "\xff\xfe<"}) {
    EXPECT_FALSE(parse_metadata(text)) << text;
  }
}

TEST(DomainXml, TheFingerprintSeesEveryField) {
  const auto changed = [](auto change) {
    MachineSpec spec = fixed_machine();
    change(spec);
    return fingerprint(spec) != fingerprint(fixed_machine());
  };
  EXPECT_FALSE(changed([](MachineSpec&) {}));
  EXPECT_TRUE(changed([](MachineSpec& s) { s.cpus = 3; }));
  EXPECT_TRUE(changed([](MachineSpec& s) { s.memory_mib = 3; }));
  EXPECT_TRUE(changed([](MachineSpec& s) { s.title = "x"; }));
  EXPECT_TRUE(changed([](MachineSpec& s) { s.kernel = "/x"; }));
  EXPECT_TRUE(changed([](MachineSpec& s) { s.initrd = "/x"; }));
  EXPECT_TRUE(changed([](MachineSpec& s) { s.command_line = "x"; }));
  EXPECT_TRUE(changed([](MachineSpec& s) { s.console_log = "/x"; }));
  EXPECT_TRUE(changed([](MachineSpec& s) { s.network.mac = "x"; }));
  EXPECT_TRUE(changed([](MachineSpec& s) { s.network.mode = NetworkMode::kNat; }));
  EXPECT_TRUE(changed([](MachineSpec& s) { s.acceleration = Acceleration::kKvm; }));
  EXPECT_TRUE(changed([](MachineSpec& s) { s.disks.pop_back(); }));
  EXPECT_TRUE(changed([](MachineSpec& s) { s.disks[0].read_only = false; }));
  EXPECT_TRUE(changed([](MachineSpec& s) { s.disks[1].file = "/x"; }));
  EXPECT_TRUE(changed([](MachineSpec& s) { s.channels[0].socket = "/x"; }));
  EXPECT_TRUE(changed([](MachineSpec& s) {
    s.title = "ab";
    s.kernel = "/c";
  }));
}

TEST(DomainXml, SnapshotsTakeTheWritableQcow2DisksAlone) {
  const std::string xml = domain_xml(fixed_machine(), user_metadata(), flavor("qemu"));
  const auto snapshot = snapshot_xml("one", xml);
  ASSERT_TRUE(snapshot);
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(snapshot->c_str()));
  EXPECT_STREQ(document.select_node("//disk[@name='vda']").node().attribute("snapshot").value(),
               "no");
  EXPECT_STREQ(document.select_node("//disk[@name='vdb']").node().attribute("snapshot").value(),
               "internal");
  MachineSpec bare = fixed_machine();
  bare.disks.pop_back();
  const auto none = snapshot_xml("one", domain_xml(bare, user_metadata(), flavor("qemu")));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace cove::vm::libvirt
