// The formats that schemas of custom resources may ask of text (kubernetes.io
// "CustomResourceDefinition", OpenAPI's "format").
#pragma once

#include <string_view>

namespace cove::api {

// True for formats that are not checked: unknown ones, "password", and those of numbers.
bool has_format(std::string_view format, std::string_view text);

}  // namespace cove::api
