#include "core/http/upgrade.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>

#include "core/base/strings.h"

namespace cove::http {

namespace beast = boost::beast;

bool asks_upgrade_to(const Request& request, std::string_view protocol) {
  const auto items = split(request.header_list("connection"), ',');
  return beast::iequals(request.header("upgrade"), protocol) &&
         std::ranges::any_of(
             items, [](const auto& item) { return beast::iequals(trim(item), "upgrade"); });
}

}  // namespace cove::http
