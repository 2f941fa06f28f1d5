#include "vm/libvirt/domain_xml.h"

#include <fmt/format.h>

#include <array>
#include <pugixml.hpp>
#include <sstream>

namespace cove::vm::libvirt {
namespace {

constexpr const char* kQcow2Driver = "qcow2";

// Where the devices sit on the root bus. Left to itself libvirt puts a bridge in front of each, and
// firmware and kernel walk through all of them at every boot. Slots four apart share an interrupt
// line, of which the kernel then sets up but one (they all use messages instead).
constexpr unsigned kInterfaceSlot = 4;
constexpr unsigned kChannelSlot = 8;
constexpr std::array<unsigned, 16> kDiskSlots{12, 16, 1,  2,  3,  5,  6,  7,
                                              9,  10, 11, 13, 14, 15, 17, 18};
constexpr unsigned kBalloonSlot = 20;
constexpr unsigned kRandomSlot = 24;

pugi::xml_node leaf(pugi::xml_node parent, const char* name, const std::string& text) {
  pugi::xml_node node = parent.append_child(name);
  node.text().set(text.c_str());
  return node;
}

// <name attribute="value" …/>
pugi::xml_node element(pugi::xml_node parent, const char* name,
                       std::initializer_list<std::pair<const char*, std::string>> attributes = {}) {
  pugi::xml_node node = parent.append_child(name);
  for (const auto& [key, value] : attributes) {
    node.append_attribute(key).set_value(value.c_str());
  }
  return node;
}

std::string print(const pugi::xml_document& document) {
  std::ostringstream out;
  document.save(out, "  ", pugi::format_indent | pugi::format_no_declaration);
  return out.str();
}

void on_root_bus(pugi::xml_node device, std::size_t slot) {
  element(device, "address",
          {{"type", "pci"}, {"domain", "0"}, {"bus", "0"}, {"slot", std::to_string(slot)}});
}

void add_metadata(pugi::xml_node domain, const Metadata& metadata) {
  pugi::xml_node machine = element(domain.append_child("metadata"), "cove:machine",
                                   {{"xmlns:cove", kMetadataNamespace},
                                    {"owner", metadata.owner},
                                    {"fingerprint", metadata.fingerprint}});
  if (metadata.network == NetworkMode::kUser) {
    element(machine, "cove:network", {{"mode", "user"}});
    return;
  }
  pugi::xml_node network = element(machine, "cove:network", {{"mode", "nat"}});
  if (!metadata.nat) return;
  network.append_attribute("address").set_value(metadata.nat->address.c_str());
  network.append_attribute("prefix").set_value(metadata.nat->prefix_length);
  network.append_attribute("gateway").set_value(metadata.nat->gateway.c_str());
}

void add_boot(pugi::xml_node domain, const MachineSpec& spec, const Flavor& flavor) {
  pugi::xml_node os = domain.append_child("os");
  element(os, "type", {{"arch", "x86_64"}, {"machine", "q35"}}).text().set("hvm");
  if (!flavor.firmware.empty())
    element(os, "loader", {{"type", "rom"}}).text().set(flavor.firmware.c_str());
  leaf(os, "kernel", spec.kernel.native());
  if (!spec.initrd.empty()) leaf(os, "initrd", spec.initrd.native());
  leaf(os, "cmdline", spec.command_line);
  pugi::xml_node features = domain.append_child("features");
  features.append_child("acpi");
  features.append_child("apic");
  // The firmware would set up a mode of the processor that nothing uses.
  element(features, "smm", {{"state", "off"}});
}

// Software emulation gives every instruction it has, so that images built for newer processors run.
// Left out is what no program needs and what slows emulation down: page tables of five levels, and
// the claim that copying byte by byte is fast, by which the kernel would clear and copy every page
// so.
void add_cpu(pugi::xml_node domain, const Flavor& flavor) {
  if (flavor.domain_type == "kvm") {
    element(domain, "cpu", {{"mode", "host-passthrough"}, {"migratable", "on"}});
  } else if (flavor.domain_type == "qemu") {
    pugi::xml_node cpu = element(domain, "cpu", {{"mode", "maximum"}});
    for (const char* name : {"la57", "erms"})
      element(cpu, "feature", {{"policy", "disable"}, {"name", name}});
  }
}

void add_lifecycle(pugi::xml_node domain) {
  element(domain, "clock", {{"offset", "utc"}});
  leaf(domain, "on_poweroff", "destroy");
  leaf(domain, "on_reboot", "destroy");
  leaf(domain, "on_crash", "destroy");
}

void add_disk(pugi::xml_node devices, const DiskSpec& disk, std::size_t index, bool direct_io) {
  pugi::xml_node node = element(devices, "disk", {{"type", "file"}, {"device", "disk"}});
  pugi::xml_node driver = element(node, "driver", {{"name", "qemu"}});
  if (disk.format == DiskSpec::Format::kQcow2) {
    driver.append_attribute("type").set_value(kQcow2Driver);
    driver.append_attribute("cache").set_value(direct_io ? "none" : "writeback");
    driver.append_attribute("discard").set_value("unmap");
  } else {
    driver.append_attribute("type").set_value("raw");
  }
  element(node, "source", {{"file", disk.file.native()}});
  element(node, "target",
          {{"dev", fmt::format("vd{}", static_cast<char>('a' + index))}, {"bus", "virtio"}});
  if (disk.read_only) {
    node.append_child("readonly");
    node.append_child("shareable");
  }
  leaf(node, "serial", disk.serial);
  on_root_bus(node, kDiskSlots[index % kDiskSlots.size()]);
}

void add_interface(pugi::xml_node devices, const NetworkSpec& network, const Flavor& flavor) {
  const bool user = network.mode == NetworkMode::kUser;
  pugi::xml_node node = element(devices, "interface", {{"type", user ? "user" : "network"}});
  element(node, "mac", {{"address", network.mac}});
  if (!user) element(node, "source", {{"network", flavor.nat_network}});
  element(node, "model", {{"type", "virtio"}});
  // Nothing boots from the network, and running the card's own program takes a tenth of a second.
  element(node, "rom", {{"enabled", "no"}});
  on_root_bus(node, kInterfaceSlot);
}

void add_console(pugi::xml_node devices, const MachineSpec& spec) {
  pugi::xml_node serial = element(devices, "serial", {{"type", "file"}});
  element(serial, "source", {{"path", spec.console_log.native()}, {"append", "on"}});
  element(serial, "target", {{"port", "0"}});
}

void add_channel(pugi::xml_node devices, const ChannelSpec& channel, const Flavor& flavor) {
  pugi::xml_node node = element(devices, "channel", {{"type", "unix"}});
  if (flavor.own_sockets) {
    element(node, "source", {{"mode", "bind"}, {"path", channel.socket.native()}});
  }
  element(node, "target", {{"type", "virtio"}, {"name", channel.name}});
}

void add_devices(pugi::xml_node domain, const MachineSpec& spec, const Flavor& flavor) {
  pugi::xml_node devices = domain.append_child("devices");
  for (std::size_t i = 0; i < spec.disks.size(); ++i) {
    const bool direct = i >= flavor.direct_io.size() || flavor.direct_io[i];
    add_disk(devices, spec.disks[i], i, direct);
  }
  element(devices, "controller", {{"type", "usb"}, {"model", "none"}});
  on_root_bus(element(devices, "controller", {{"type", "virtio-serial"}, {"index", "0"}}),
              kChannelSlot);
  add_interface(devices, spec.network, flavor);
  add_console(devices, spec);
  for (const ChannelSpec& channel : spec.channels) add_channel(devices, channel, flavor);
  on_root_bus(element(devices, "memballoon", {{"model", "virtio"}, {"freePageReporting", "on"}}),
              kBalloonSlot);
  pugi::xml_node random = element(devices, "rng", {{"model", "virtio"}});
  element(random, "backend", {{"model", "random"}}).text().set("/dev/urandom");
  on_root_bus(random, kRandomSlot);
}

// The system's libvirt runs QEMU under an account of its own, which may not enter a home. Under the
// account of whoever owns the files nothing needs to be opened to others, and nothing changes its
// owner.
void add_account(pugi::xml_node domain, const Flavor& flavor) {
  if (flavor.account.empty()) return;
  pugi::xml_node label =
      element(domain, "seclabel", {{"type", "static"}, {"model", "dac"}, {"relabel", "no"}});
  leaf(label, "label", flavor.account);
}

// Spares every start four hundred questions to QEMU, one for each feature a processor may have:
// without this ability libvirt asks for all of them at once. It is there for just such cases, and
// what it learns is of use only to processors described feature by feature, which ours never are.
void leave_out_feature_questions(pugi::xml_node domain, const Flavor& flavor) {
  if (flavor.domain_type != "kvm" && flavor.domain_type != "qemu") return;
  domain.append_attribute("xmlns:qemu").set_value("http://libvirt.org/schemas/domain/qemu/1.0");
  element(domain.append_child("qemu:capabilities"), "qemu:del",
          {{"capability", "cpu-unavailable-features"}});
}

// Joins fields so that no two different lists give the same text.
void put(std::string& out, std::string_view field) {
  out += fmt::format("{}:{};", field.size(), field);
}

}  // namespace

std::string fingerprint(const MachineSpec& spec) {
  std::string text;
  for (std::string_view field :
       {std::string_view(spec.name), std::string_view(spec.uuid), std::string_view(spec.title),
        std::string_view(spec.kernel.native()), std::string_view(spec.initrd.native()),
        std::string_view(spec.command_line), std::string_view(spec.console_log.native()),
        std::string_view(spec.network.mac)}) {
    put(text, field);
  }
  put(text, fmt::format("{} {} {} {}", spec.cpus, spec.memory_mib,
                        spec.network.mode == NetworkMode::kNat ? "nat" : "user",
                        spec.acceleration == Acceleration::kKvm ? "kvm" : "software"));
  for (const DiskSpec& disk : spec.disks) {
    put(text, "disk");
    put(text, disk.file.native());
    put(text, disk.serial);
    put(text, fmt::format("{} {}", disk.format == DiskSpec::Format::kQcow2 ? "qcow2" : "raw",
                          disk.read_only ? "ro" : "rw"));
  }
  for (const ChannelSpec& channel : spec.channels) {
    put(text, "channel");
    put(text, channel.name);
    put(text, channel.socket.native());
  }
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return fmt::format("{:016x}", hash);
}

std::string domain_xml(const MachineSpec& spec, const Metadata& metadata, const Flavor& flavor) {
  pugi::xml_document document;
  pugi::xml_node domain = element(document, "domain", {{"type", flavor.domain_type}});
  leaf(domain, "name", spec.name);
  leaf(domain, "uuid", spec.uuid);
  if (!spec.title.empty()) leaf(domain, "title", spec.title);
  add_metadata(domain, metadata);
  element(domain, "memory", {{"unit", "MiB"}}).text().set(std::to_string(spec.memory_mib).c_str());
  leaf(domain, "vcpu", std::to_string(spec.cpus));
  add_boot(domain, spec, flavor);
  add_cpu(domain, flavor);
  add_lifecycle(domain);
  add_devices(domain, spec, flavor);
  add_account(domain, flavor);
  leave_out_feature_questions(domain, flavor);
  return print(document);
}

Result<Metadata> parse_metadata(const std::string& xml) {
  const auto corrupt = [] {
    return Error{ErrorCode::kCorrupt, "read the metadata of the virtual machine", "",
                 "they are not as Cove writes them", ""};
  };
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return corrupt();
  // libvirt hands the element out with or without its prefix.
  const auto local = [](pugi::xml_node node) {
    const std::string_view name = node.name();
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
  };
  const pugi::xml_node machine = document.document_element();
  if (local(machine) != "machine") return corrupt();
  Metadata metadata;
  metadata.owner = machine.attribute("owner").value();
  metadata.fingerprint = machine.attribute("fingerprint").value();
  for (const pugi::xml_node child : machine.children()) {
    if (local(child) != "network") continue;
    if (std::string_view(child.attribute("mode").value()) != "nat") continue;
    metadata.network = NetworkMode::kNat;
    NatAddress nat{child.attribute("address").value(), child.attribute("prefix").as_uint(),
                   child.attribute("gateway").value()};
    if (!nat.address.empty()) metadata.nat = std::move(nat);
  }
  if (metadata.owner.empty()) return corrupt();
  return metadata;
}

Result<std::string> snapshot_xml(const std::string& name, const std::string& domain_xml) {
  pugi::xml_document source;
  source.load_buffer(domain_xml.data(), domain_xml.size());
  pugi::xml_document document;
  pugi::xml_node snapshot = document.append_child("domainsnapshot");
  leaf(snapshot, "name", name);
  element(snapshot, "memory", {{"snapshot", "no"}});
  pugi::xml_node disks = snapshot.append_child("disks");
  bool any = false;
  for (const pugi::xml_node disk : source.child("domain").child("devices").children("disk")) {
    const bool included =
        std::string_view(disk.child("driver").attribute("type").value()) == kQcow2Driver &&
        !disk.child("readonly");
    any = any || included;
    element(disks, "disk",
            {{"name", disk.child("target").attribute("dev").value()},
             {"snapshot", included ? "internal" : "no"}});
  }
  if (!any) {
    return Error{ErrorCode::kUnsupported, "take a snapshot", name,
                 "the virtual machine has no disk that can hold snapshots", ""};
  }
  return print(document);
}

std::int64_t snapshot_time(const std::string& xml) {
  pugi::xml_document document;
  document.load_buffer(xml.data(), xml.size());
  return document.child("domainsnapshot").child("creationTime").text().as_llong();
}

bool uses_network(const std::string& domain_xml, const std::string& network) {
  pugi::xml_document document;
  document.load_buffer(domain_xml.data(), domain_xml.size());
  for (const pugi::xml_node node :
       document.child("domain").child("devices").children("interface")) {
    if (network == node.child("source").attribute("network").value()) return true;
  }
  return false;
}

}  // namespace cove::vm::libvirt
