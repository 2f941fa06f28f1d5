// Paths as text, with '/', as Go's `path` package has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cove::image::dockerfile {

// path.Clean: no "." and empty components, ".." taken back where it can; "." for nothing.
std::string clean_path(std::string_view path);
// path.Join and Clean of a folder and a path in it.
std::string join_path(std::string_view folder, std::string_view path);
std::string_view base_name(std::string_view path);
std::string_view folder_of(std::string_view path);  // without the last '/'; may be empty
// The components, without empty ones and ".".
std::vector<std::string> components(std::string_view path);

}  // namespace cove::image::dockerfile
