#include "core/network/checks.h"

#include <algorithm>

#include "core/network/dns_message.h"

namespace cove::network {
namespace {

constexpr std::size_t kMaxNames = 64;

}  // namespace

Error invalid(const char* action, const std::string& subject, std::string cause) {
  return Error{ErrorCode::kInvalidArgument, action, subject, std::move(cause), ""};
}

bool is_interface_name(const std::string& name) {
  return !name.empty() && name.size() <= 15 && name != "." && name != ".." &&
         std::none_of(name.begin(), name.end(), [](char c) {
           return c <= ' ' || c == '/' || c == ':' || static_cast<unsigned char>(c) >= 127;
         });
}

bool is_pin_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 && name.front() != '.' &&
         name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
}

std::uint32_t mark_of(const Path& directory) {
  std::error_code error;
  const Path path = std::filesystem::weakly_canonical(directory, error);
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : path.string()) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  hash &= 0x7fffffffU;
  return hash == 0 ? 1 : hash;
}

bool is_network_id(const std::string& id) {
  return id.size() == 64 && id.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::vector<std::string> clean_names(const std::vector<std::string>& names) {
  std::vector<std::string> clean;
  for (const auto& name : names) {
    const auto normal = dns::normalize_name(name);
    if (!normal || normal->empty() || clean.size() >= kMaxNames) continue;
    if (std::find(clean.begin(), clean.end(), *normal) == clean.end()) clean.push_back(*normal);
  }
  return clean;
}

}  // namespace cove::network
