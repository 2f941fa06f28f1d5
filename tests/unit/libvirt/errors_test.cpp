#include "vm/libvirt/errors.h"

#include <gtest/gtest.h>
#include <libvirt/virterror.h>

namespace cove::vm::libvirt {
namespace {

struct Sample {
  int code;
  const char* text;
  const char* uri;
  ErrorCode expected;
  const char* remedy;  // a part of it
};

// Texts as libvirt and QEMU write them.
const Sample kSamples[] = {
    {VIR_ERR_SYSTEM_ERROR,
     "Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory",
     "qemu:///system", ErrorCode::kUnavailable, "libvirt-daemon-system"},
    {VIR_ERR_SYSTEM_ERROR,
     "Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied",
     "qemu:///system", ErrorCode::kPermissionDenied, "group libvirt"},
    {VIR_ERR_AUTH_UNAVAILABLE,
     "authentication unavailable: no polkit agent available to authenticate action "
     "'org.libvirt.unix.manage'",
     "qemu:///system", ErrorCode::kPermissionDenied, "group libvirt"},
    {VIR_ERR_SYSTEM_ERROR,
     "Failed to connect socket to '/run/user/1000/libvirt/libvirt-sock': Connection refused",
     "qemu:///session", ErrorCode::kUnavailable, "libvirt-daemon"},
    {VIR_ERR_INTERNAL_ERROR, "Unable to locate libvirtd daemon in /usr/sbin (to override, set $X)",
     "qemu:///session", ErrorCode::kUnavailable, "libvirt-daemon"},
    {VIR_ERR_INTERNAL_ERROR,
     "invalid argument: could not get preferred machine for /usr/bin/qemu-system-x86_64 "
     "type=qemu: Cannot find suitable emulator for x86_64",
     "qemu:///session", ErrorCode::kUnavailable, "qemu-system-x86"},
    {VIR_ERR_INTERNAL_ERROR,
     "process exited while connecting to monitor: 2026-01-02T03:04:05.6Z qemu-system-x86_64: "
     "cannot set up guest memory 'pc.ram': Cannot allocate memory",
     "qemu:///session", ErrorCode::kResourceExhausted, "less memory"},
    {VIR_ERR_OPERATION_FAILED, "operation failed: write failed: No space left on device",
     "qemu:///session", ErrorCode::kResourceExhausted, "Free some disk space"},
    {VIR_ERR_INTERNAL_ERROR,
     "process exited while connecting to monitor: Could not access KVM kernel module: Permission "
     "denied\nqemu-system-x86_64: failed to initialize kvm: Permission denied",
     "qemu:///session", ErrorCode::kPermissionDenied, "group kvm"},
    {VIR_ERR_INTERNAL_ERROR,
     "process exited: qemu-system-x86_64: -drive file=/x: Failed to get \"write\" lock\nIs another "
     "process using the image [/x]?",
     "qemu:///session", ErrorCode::kConflict, "stop it first"},
    {VIR_ERR_SYSTEM_ERROR,
     "Cannot access storage file '/home/me/data.qcow2' (as uid:64055, gid:64055): Permission "
     "denied",
     "qemu:///system", ErrorCode::kPermissionDenied, "libvirt-qemu"},
    {VIR_ERR_SYSTEM_ERROR,
     "Cannot access storage file '/x/data.qcow2' (as uid:1, gid:1): No such file or directory",
     "qemu:///session", ErrorCode::kNotFound, ""},
    {VIR_ERR_CONFIG_UNSUPPORTED, "unsupported configuration: No emulator found for arch 'x86_64'",
     "qemu:///session", ErrorCode::kUnavailable, "qemu-system-x86"},
    {VIR_ERR_NO_CONNECT, "no connection driver available for qemu:///session", "qemu:///session",
     ErrorCode::kUnavailable, "libvirt-daemon-driver-qemu"},
    {VIR_ERR_SYSTEM_ERROR,
     "Cannot create user runtime directory '/run/user/0/libvirt': Permission denied",
     "qemu:///session", ErrorCode::kPermissionDenied, "XDG_RUNTIME_DIR"},
    {VIR_ERR_NO_DOMAIN, "Domain not found: no domain with matching name 'x'", "qemu:///session",
     ErrorCode::kNotFound, ""},
    {VIR_ERR_OPERATION_INVALID, "Requested operation is not valid: domain is not running",
     "qemu:///session", ErrorCode::kConflict, ""},
    {VIR_ERR_INTERNAL_ERROR, "", "qemu:///session", ErrorCode::kUnavailable, ""},
};

TEST(LibvirtErrors, SayWhatAPersonCanDo) {
  for (const Sample& sample : kSamples) {
    const Error error =
        map_error(sample.code, VIR_FROM_QEMU, sample.text, "start", "cove", sample.uri);
    EXPECT_EQ(to_string(error.code), to_string(sample.expected)) << sample.text;
    EXPECT_NE(error.remedy.find(sample.remedy), std::string::npos) << error.message();
    EXPECT_FALSE(error.cause.empty());
    EXPECT_FALSE(error.cause.ends_with('.'));
    EXPECT_EQ(error.cause.find('\n'), std::string::npos);
  }
}

TEST(LibvirtErrors, OutsideTextIsEscapedAndBounded) {
  const Error error = map_error(VIR_ERR_INTERNAL_ERROR, VIR_FROM_QEMU,
                                "\x1b[31m" + std::string(100000, 'x'), "start", "cove", "");
  EXPECT_EQ(error.cause.find('\x1b'), std::string::npos);
  EXPECT_LE(error.cause.size(), 1000u);
}

}  // namespace
}  // namespace cove::vm::libvirt
