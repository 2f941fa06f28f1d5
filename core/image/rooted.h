// Files below a folder that others may fill: nothing here follows a link out of it.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/fd.h"
#include "core/base/result.h"

namespace cove::image {

// openat2(2) with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS; "" is the root itself. errno says why
// when it fails.
Fd open_in_root(int root, const std::string& path, int flags);
// The same, and no component may be a symbolic link.
Fd open_below(int root, const std::string& path, int flags);

// "a/b" to "a" and "b"; "b" to "" and "b".
std::pair<std::string, std::string> split_path(const std::string& path);

// Names in a folder without "." and "..", sorted by their bytes.
Result<std::vector<std::string>> folder_names(int folder);
// Removes `name` in `folder` and what is below it. Absent is success. Read-only folders of an
// ordinary user are made writable. kCancelled when `stop` came before the end.
Result<void> remove_in(int folder, const std::string& name, const std::stop_token& stop = {});

// Extended attributes of `name` in `folder` ("" is the folder or file itself, which must not be
// O_PATH then), which is not followed.
std::vector<std::pair<std::string, std::string>> read_attributes(int folder,
                                                                 const std::string& name);
std::string read_attribute(int folder, const std::string& name, const char* attribute);
// Those that layers carry: capabilities, ACLs and user.*, but none of the overlay's own.
bool is_carried_attribute(std::string_view name);

// --- What the overlay reads ---
// A character device 0:0, which ordinary users may make too (Linux 5.8).
bool is_whiteout(const struct stat& status);
// An ordinary user's folders have user.overlay.opaque, as overlays in user namespaces do. Root does
// not believe that one: it could come from inside a container.
bool is_opaque(int folder);  // an open folder, not O_PATH
Result<void> make_whiteout(int folder, const std::string& name);
Result<void> make_opaque(int folder, bool privileged);

}  // namespace cove::image
