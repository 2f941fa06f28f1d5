// What names and ids may be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::network {

Error invalid(const char* action, const std::string& subject, std::string cause);
bool is_interface_name(const std::string& name);
// Of a pinned namespace. Names that begin with a dot are for our own files.
bool is_pin_name(const std::string& name);
// Of what an instance with this directory makes in the kernel; never 0, the group of links that
// nobody marked.
std::uint32_t mark_of(const Path& directory);
bool is_network_id(const std::string& id);  // 64 hexadecimal digits
// DNS names in lower case, without doubles and what is none, 64 at most.
std::vector<std::string> clean_names(const std::vector<std::string>& names);

}  // namespace cove::network
