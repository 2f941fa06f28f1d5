// cove-init: PID 1 of the virtual machine, and the kernel's /sbin/modprobe in it.
#include <fmt/core.h>
#include <unistd.h>

#include <string_view>

#include "app/init/boot.h"
#include "app/init/modules.h"

int main(int argc, char** argv) {
  const std::string_view self = argc > 0 ? argv[0] : "";
  if (self.ends_with("modprobe")) {
    return cove::init::modprobe_main("/usr/lib/modules", {argv + 1, argv + argc});
  }
  if (::getpid() != 1) {
    fmt::print(
        stderr,
        "cove-init is the first process of a Cove virtual machine and does nothing elsewhere\n");
    return 1;
  }
  cove::init::boot();
}
