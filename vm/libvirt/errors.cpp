#include "vm/libvirt/errors.h"

#include <libvirt/virterror.h>

#include <array>
#include <string_view>

#include "core/base/strings.h"

namespace cove::vm::libvirt {
namespace {

struct TextRule {
  std::string_view fragment;
  ErrorCode code;
  std::string_view cause;  // empty: libvirt's own words
  std::string_view remedy;
};

// Texts that say more than libvirt's error number. The first that occurs decides.
constexpr std::array kTextRules = std::to_array<TextRule>({
    {"Cannot allocate memory", ErrorCode::kResourceExhausted,
     "the computer has not enough free memory",
     "Close other programs or give the virtual machine less memory."},
    {"cannot set up guest memory", ErrorCode::kResourceExhausted,
     "the computer has not enough free memory",
     "Close other programs or give the virtual machine less memory."},
    {"No space left on device", ErrorCode::kResourceExhausted, "the disk is full",
     "Free some disk space and try again."},
    {"Disk quota exceeded", ErrorCode::kResourceExhausted, "the disk quota is used up",
     "Free some disk space and try again."},
    {"Cannot find suitable emulator", ErrorCode::kUnavailable, "QEMU is not installed",
     "Install the package qemu-system-x86."},
    {"Cannot find QEMU binary", ErrorCode::kUnavailable, "QEMU is not installed",
     "Install the package qemu-system-x86."},
    {"no emulator for domain", ErrorCode::kUnavailable, "QEMU is not installed",
     "Install the package qemu-system-x86."},
    {"No emulator found", ErrorCode::kUnavailable, "QEMU is not installed",
     "Install the package qemu-system-x86."},
    {"no connection driver available", ErrorCode::kUnavailable,
     "libvirt has no driver for this kind of virtual machine",
     "Install the package libvirt-daemon-driver-qemu."},
    {"user runtime directory", ErrorCode::kPermissionDenied, "",
     "Check that XDG_RUNTIME_DIR is a folder of your own."},
    {"Could not access KVM kernel module", ErrorCode::kPermissionDenied, "",
     "Add your account to the group kvm, log in again, or start without hardware virtualization."},
    {"failed to initialize kvm", ErrorCode::kUnavailable, "", ""},
    {"could not open kernel file", ErrorCode::kNotFound, "",
     "The system image is missing or unreadable; install it again."},
    {"could not load kernel", ErrorCode::kNotFound, "",
     "The system image is missing or damaged; install it again."},
    {"could not load initrd", ErrorCode::kNotFound, "",
     "The system image is missing or unreadable; install it again."},
    {"Failed to get \"write\" lock", ErrorCode::kConflict, "",
     "Another program uses the disk; stop it first."},
    {"Failed to get shared \"write\" lock", ErrorCode::kConflict, "",
     "Another program uses the disk; stop it first."},
    {"authentication unavailable", ErrorCode::kPermissionDenied, "",
     "Add your account to the group libvirt and log in again, or use the user network."},
    {"authentication failed", ErrorCode::kPermissionDenied, "",
     "Add your account to the group libvirt and log in again, or use the user network."},
    {"polkit", ErrorCode::kPermissionDenied, "",
     "Add your account to the group libvirt and log in again, or use the user network."},
});

bool is_system(const std::string& uri) {
  return uri.find("/system") != std::string::npos;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// Failures on the way to the daemon.
bool map_connecting(const std::string& text, const std::string& uri, Error& error) {
  if (contains(text, "Failed to connect socket") || contains(text, "Failed to connect to")) {
    if (contains(text, "Permission denied")) {
      error.code = ErrorCode::kPermissionDenied;
      error.remedy = is_system(uri)
                         ? "Add your account to the group libvirt and log in again, or use the "
                           "user network."
                         : "Check that XDG_RUNTIME_DIR is a folder of your own.";
      return true;
    }
    error.code = ErrorCode::kUnavailable;
    error.cause = (is_system(uri) ? "the libvirt daemon is not running ("
                                  : "the libvirt daemon cannot be started (") +
                  error.cause + ")";
    error.remedy = is_system(uri) ? "Install the package libvirt-daemon-system and start the "
                                    "service libvirtd."
                                  : "Install the package libvirt-daemon.";
    return true;
  }
  if (contains(text, "binary 'libvirtd'") || contains(text, "libvirtd in") ||
      contains(text, "unable to find a daemon") || contains(text, "Cannot find 'libvirtd'") ||
      contains(text, "failed to find libvirtd") || contains(text, "Unable to locate")) {
    error.code = ErrorCode::kUnavailable;
    error.cause = "libvirt is not installed";
    error.remedy = "Install the package libvirt-daemon.";
    return true;
  }
  return false;
}

ErrorCode plain_code(int code) {
  switch (code) {
    case VIR_ERR_NO_DOMAIN:
    case VIR_ERR_NO_NETWORK:
    case VIR_ERR_NO_DOMAIN_SNAPSHOT: return ErrorCode::kNotFound;
    case VIR_ERR_DOM_EXIST:
    case VIR_ERR_NETWORK_EXIST: return ErrorCode::kAlreadyExists;
    case VIR_ERR_ACCESS_DENIED:
    case VIR_ERR_AUTH_FAILED:
    case VIR_ERR_AUTH_UNAVAILABLE:
    case VIR_ERR_AUTH_CANCELLED:
    case VIR_ERR_OPERATION_DENIED: return ErrorCode::kPermissionDenied;
    case VIR_ERR_NO_MEMORY: return ErrorCode::kResourceExhausted;
    case VIR_ERR_OPERATION_INVALID:
    case VIR_ERR_RESOURCE_BUSY: return ErrorCode::kConflict;
    case VIR_ERR_OPERATION_TIMEOUT: return ErrorCode::kTimeout;
    case VIR_ERR_NO_SUPPORT:
    case VIR_ERR_CONFIG_UNSUPPORTED:
    case VIR_ERR_OPERATION_UNSUPPORTED:
    case VIR_ERR_ARGUMENT_UNSUPPORTED: return ErrorCode::kUnsupported;
    case VIR_ERR_INVALID_ARG:
    case VIR_ERR_XML_ERROR:
    case VIR_ERR_XML_DETAIL:
    case VIR_ERR_XML_INVALID_SCHEMA: return ErrorCode::kInvalidArgument;
    default: return ErrorCode::kUnavailable;
  }
}

}  // namespace

Error map_error(int code, int domain, const std::string& text, std::string action,
                std::string subject, const std::string& uri) {
  Error error{plain_code(code), std::move(action), std::move(subject), "", ""};
  // QEMU's own last words come as several lines; the last one says why.
  std::string_view words = trim(text);
  if (const auto line = words.rfind('\n'); line != std::string_view::npos) {
    words = trim(words.substr(line + 1));
  }
  while (words.ends_with('.')) words.remove_suffix(1);
  error.cause = words.empty() ? "libvirt gave no reason" : escape_control(words);
  if (error.cause.size() > 1000) error.cause.resize(1000);
  if (map_connecting(text, uri, error)) return error;
  for (const TextRule& rule : kTextRules) {
    if (!contains(text, rule.fragment)) continue;
    error.code = rule.code;
    if (!rule.cause.empty()) error.cause = rule.cause;
    error.remedy = rule.remedy;
    return error;
  }
  if (contains(text, "Cannot access storage file") || contains(text, "Permission denied")) {
    error.code =
        contains(text, "No such file") ? ErrorCode::kNotFound : ErrorCode::kPermissionDenied;
    if (is_system(uri) && error.code == ErrorCode::kPermissionDenied) {
      error.remedy =
          "Let the account libvirt-qemu enter the folders above the file, or use the user network.";
    }
    return error;
  }
  if (code == VIR_ERR_SYSTEM_ERROR && contains(text, "No such file")) {
    error.code = ErrorCode::kNotFound;
  }
  if (error.code == ErrorCode::kPermissionDenied && domain != VIR_FROM_QEMU && is_system(uri)) {
    error.remedy =
        "Add your account to the group libvirt and log in again, or use the user network.";
  }
  return error;
}

Error last_error(std::string action, std::string subject, const std::string& uri) {
  const virErrorPtr last = virGetLastError();
  if (last == nullptr) {
    return map_error(VIR_ERR_INTERNAL_ERROR, VIR_FROM_NONE, "", std::move(action),
                     std::move(subject), uri);
  }
  return map_error(last->code, last->domain, last->message != nullptr ? last->message : "",
                   std::move(action), std::move(subject), uri);
}

int last_code() {
  const virErrorPtr last = virGetLastError();
  return last == nullptr ? VIR_ERR_OK : last->code;
}

}  // namespace cove::vm::libvirt
