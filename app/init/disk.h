// The node's disks: found by serial number, the data disk made ready.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "app/init/signature.h"
#include "core/base/fs.h"
#include "core/base/process.h"
#include "core/base/result.h"

namespace cove::init {

// /dev/vdX of the virtio disk with this serial number; waits for it to appear.
Result<Path> find_disk(std::string_view serial, std::chrono::milliseconds timeout);

using RunProgram =
    std::function<Result<Completed>(const std::vector<std::string>&, std::chrono::milliseconds)>;

// Formats a blank disk, checks one of ours when it was not left clean. Anything else is kCorrupt
// and not written to. On success the disk holds our file system. `device` may be a plain file. Says
// what it does through `say`.
Result<DiskContent> make_ready(const Path& device, const RunProgram& run,
                               const std::function<void(const std::string&)>& say);

// Mounts the data disk and grows its file system when the disk has grown.
Result<void> mount_data(const Path& device, const DiskContent& content, const Path& target,
                        const std::function<void(const std::string&)>& say);

}  // namespace cove::init
