// The system image (kernel, initramfs, read-only root) and a cluster's data disk.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "core/base/fs.h"
#include "core/base/process.h"
#include "core/base/result.h"

namespace cove::vm {

// A folder with kernel, initrd.img, system.erofs and manifest.json:
// {"format":1,"version":"0.1.0","digest":"sha256:…","files":{"vmlinux":{"size":N,"sha256":"…"},…},"packages":{…}}.
// `digest` is the sha256 over the files' "<name> <sha256>\n" lines in name order.
struct SystemImage {
  Path directory;
  Path kernel;
  Path initrd;
  Path root;  // system.erofs
  std::string version;
  std::string digest;                 // "sha256:…"
  std::string command_line;           // of the kernel
  std::string command_line_software;  // what to add to it under software emulation
};

// Reads the manifest and compares the files' sizes with it (bytes are not hashed: that would cost a
// second at each start; see verify_system_image). kNotFound without an image, kCorrupt on a
// mismatch, kUnsupported for a newer format.
Result<SystemImage> open_system_image(const Path& directory);
// Hashes every file against the manifest.
Result<void> verify_system_image(const SystemImage& image);
// <program's folder>/../share/cove/system, where both a build tree and a package have it.
Path default_system_image_directory();

// A qcow2 disk without content. An existing disk is left as it is, but grown when smaller than
// `size_gib`; a disk larger than asked, or a file that is no qcow2 of ours, is kInvalidArgument or
// kCorrupt and untouched. Needs qemu-img.
Result<void> ensure_data_disk(const Path& file, std::uint64_t size_gib, Spawner& spawner,
                              std::stop_token stop);

}  // namespace cove::vm
