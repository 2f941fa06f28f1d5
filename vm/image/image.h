// The system image (kernel, initramfs, read-only root) and a cluster's data disk.
//
// All functions are thread-safe; calls for one data disk must not overlap (a cluster's lock sees to
// it).
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "core/base/fs.h"
#include "core/base/process.h"
#include "core/base/result.h"

namespace cove::vm {

// A folder with vmlinux, initrd.img, system.erofs, possibly data.qcow2, and manifest.json:
// {"format":1,"version":"0.1.0","digest":"sha256:…","files":{"vmlinux":{"size":N,"sha256":"…"},…},
//  "command_line":"console=ttyS0 …","command_line_software":"mitigations=off …","packages":{…}}.
// `digest` is the sha256 over the files' "<name> <sha256>\n" lines in name order. Keys not named
// here are ignored.
struct SystemImage {
  Path directory;
  Path kernel;
  Path initrd;
  Path root;  // system.erofs
  Path data;  // data.qcow2: a data disk already formatted; empty when the image has none
  std::string version;
  std::string digest;                 // "sha256:…"
  std::string command_line;           // the kernel's, on every host
  std::string command_line_software;  // added where there is no KVM; may be empty
};

// Reads the manifest (at most 1 MiB) and compares the files' sizes with it and the digest with the
// files' digests it lists (bytes are not hashed: that would cost a second at each start; see
// verify_system_image). kNotFound without an image, kCorrupt on a mismatch or an ill-formed
// manifest, kUnsupported for a newer format.
Result<SystemImage> open_system_image(const Path& directory);
// Hashes every file against the manifest; kCorrupt names the first that differs.
Result<void> verify_system_image(const SystemImage& image);
// <program's folder>/../share/cove/system, where both a build tree and a package have it.
Path default_system_image_directory();

// A qcow2 disk without content (or, when `formatted` is a qcow2 disk of just that size, a copy of
// it, which spares the virtual machine the formatting), mode 0600, durable and whole once it has
// its name. An existing disk is left as it is, but grown when smaller than `size_gib`; a disk
// larger than asked is kInvalidArgument; a file that is no qcow2 disk of ours (another format,
// truncated, encrypted, with a backing or external data file, marked corrupt) is kCorrupt; both
// stay untouched. kResourceExhausted when the host's disk is full (nothing is left behind),
// kConflict when another program has the disk open. Needs qemu-img.
Result<void> ensure_data_disk(const Path& file, std::uint64_t size_gib, Spawner& spawner,
                              std::stop_token stop, const Path& formatted = {});

}  // namespace cove::vm
