#include "app/cli/drivers.h"

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cove::cli {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_container_driver(const std::string& name) {
  return name == "docker" || name == "podman" || name == "none" || name == "ssh" ||
         name == "native";
}

}  // namespace

const std::vector<std::string>& known_drivers() {
  static const std::vector<std::string> kNames{
      "auto",   "libvirt",      "kvm2",     "kvm",    "qemu2",     "qemu",   "virtualbox",
      "vmware", "vmwarefusion", "hyperkit", "xhyve",  "parallels", "hyperv", "vfkit",
      "docker", "podman",       "none",     "native", "ssh"};
  return kNames;
}

Result<void> check_driver(const std::string& name) {
  const auto& names = known_drivers();
  if (std::find(names.begin(), names.end(), lower(name)) != names.end()) return {};
  return Error{ErrorCode::kInvalidArgument, "use the driver",
               fmt::format("'{}'", escape_control(name)), "no driver has this name",
               fmt::format("Leave --driver out, or use one of: {}.", fmt::join(names, ", "))};
}

std::string explain_driver(const std::string& name, const vm::BackendInfo* host) {
  const std::string known = lower(name);
  if (known == "auto") return {};
  std::string has = "libvirt and QEMU";
  if (host != nullptr) {
    has = host->version.empty() ? host->name : host->version;
    has += host->acceleration == vm::Acceleration::kKvm ? " with KVM" : " in software emulation";
  }
  if (is_container_driver(known)) {
    return fmt::format("Driver '{}': Cove always runs its node in a virtual machine; using {}.",
                       known, has);
  }
  return fmt::format("Driver '{}': using what this computer has, {}.", known, has);
}

}  // namespace cove::cli
