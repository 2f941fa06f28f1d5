#include "core/http/loop.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "core/http/connection.h"

namespace cove::http {

void Loop::tell(std::weak_ptr<Connection> connection, std::uint64_t ticket) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    first = news_.empty();
    news_.push_back({std::move(connection), ticket});
  }
  // The context is this loop's own: what is posted goes with it.
  if (first) boost::asio::post(context_, [this] { deliver(); });
}

void Loop::deliver() {
  std::vector<News> told;
  {
    std::lock_guard lock(mutex_);
    told.swap(news_);
  }
  for (std::size_t i = 0; i < told.size(); ++i) {
    const auto connection = told[i].connection.lock();
    if (!connection || connection->session() == nullptr) continue;
    try {
      connection->session()->news(told[i].ticket);
      connection->drive();
    } catch (...) {
      // A bug of one is not to silence the others.
      while (++i < told.size()) tell(std::move(told[i].connection), told[i].ticket);
      throw;
    }
  }
}

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
