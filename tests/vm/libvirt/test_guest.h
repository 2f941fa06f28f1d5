// The guest that tests of the libvirt backend boot.
#pragma once

#include <string>

#include "core/base/fs.h"
#include "core/base/result.h"
#include "vm/backend/backend.h"

namespace cove::vm::testing {

struct TestGuest {
  Path kernel;
  Path initrd;
};

// COVE_TEST_KERNEL and COVE_TEST_INITRD, else vmlinux and initrd.img of the built system image; the
// initrd (only its modules are used) gets the guest's own /init and is written to `folder`.
// kNotFound without a kernel.
Result<TestGuest> make_test_guest(const Path& folder);

// The guest's machine with its channel socket, console log and a new data disk in `folder`.
Result<MachineSpec> test_machine(const std::string& name, const TestGuest& guest,
                                 const Path& folder);

// The console's text so far.
std::string console(const MachineSpec& spec);
// Waits until the console holds `text`; false after a minute.
bool await_console(const MachineSpec& spec, const std::string& text);
// Sends one byte and reads the counting answer; fails after half a minute.
Result<unsigned> ask(int channel);

}  // namespace cove::vm::testing
