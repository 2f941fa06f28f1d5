#include "core/http/loop.h"

namespace cove::http {

std::string_view Loop::date() {
  const std::time_t now = std::time(nullptr);
  if (now != second_) {
    second_ = now;
    std::tm broken{};
    ::gmtime_r(&now, &broken);
    date_size_ = std::strftime(date_.data(), date_.size(), "%a, %d %b %Y %H:%M:%S GMT", &broken);
  }
  return {date_.data(), date_size_};
}

}  // namespace cove::http
