#include "core/http/upgrade.h"

#include <algorithm>
#include <cctype>

#include "core/base/strings.h"

namespace cove::http {
namespace {

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

bool asks_upgrade_to(const Request& request, std::string_view protocol) {
  const auto items = split(request.header_list("connection"), ',');
  return same_word(request.header("upgrade"), protocol) &&
         std::ranges::any_of(items,
                             [](const auto& item) { return same_word(trim(item), "upgrade"); });
}

}  // namespace cove::http
