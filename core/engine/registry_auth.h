// Credentials that clients send along: X-Registry-Auth, X-Registry-Config and the body of /auth
// (Docker Engine API, "Authentication").
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <string_view>

#include "core/image/registry.h"

namespace cove::engine {

// {"username", "password", "auth", "identitytoken", "registrytoken"}; what is of another type
// counts as absent.
image::RegistryAuth to_registry_auth(const boost::json::object& object);
// A header's value, JSON as base64url (or base64). Nobody's credentials when it is anything else,
// as Docker has it.
image::RegistryAuth parse_registry_auth(std::string_view header);
// The same of an object by server address; the result is by domain.
std::map<std::string, image::RegistryAuth> parse_registry_config(std::string_view header);
// "https://index.docker.io/v1/" → "docker.io", "http://localhost:5000/v2/" → "localhost:5000".
std::string registry_domain(std::string_view server_address);

}  // namespace cove::engine
