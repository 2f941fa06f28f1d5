// Machines for tests of backends.
#pragma once

#include <string>

#include "core/base/strings.h"
#include "vm/backend/backend.h"

namespace cove::vm::testing {

inline MachineSpec sample_machine(const std::string& name = "cove-sample") {
  MachineSpec spec;
  spec.name = name;
  spec.uuid = random_uuid();
  spec.title = "Cove cluster";
  spec.cpus = 2;
  spec.memory_mib = 1024;
  spec.kernel = "/usr/share/cove/system/vmlinux";
  spec.initrd = "/usr/share/cove/system/initrd.img";
  spec.command_line = "console=ttyS0 quiet panic=-1";
  spec.disks = {{"/usr/share/cove/system/system.erofs", DiskSpec::Format::kRaw, true, "system"},
                {"/var/lib/cove/data.qcow2", DiskSpec::Format::kQcow2, false, "data"}};
  spec.channels = {{"dev.cove.control.0", "/tmp/cove-test/control.sock"},
                   {"dev.cove.shell.0", "/tmp/cove-test/shell0.sock"}};
  spec.console_log = "/tmp/cove-test/console.log";
  spec.network = {NetworkMode::kUser, "52:54:00:12:34:56"};
  return spec;
}

}  // namespace cove::vm::testing
