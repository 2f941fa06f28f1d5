#include "core/http/loop.h"

#include <sys/eventfd.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/http/connection.h"

namespace cove::http {

namespace {

int make_bell() {
  const int bell = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bell < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return bell;
}

}  // namespace

Loop::Loop() : bell_(context_, make_bell()) {
  await_bell();
}

void Loop::tell(std::weak_ptr<Connection> connection, std::uint64_t ticket) {
  put({std::move(connection), ticket, std::nullopt});
}

void Loop::give(std::weak_ptr<Connection> connection, std::uint64_t ticket, Answer answer) {
  put({std::move(connection), ticket, std::move(answer)});
}

void Loop::put(News news) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    first = news_.empty();
    news_.push_back(std::move(news));
  }
  if (!first) return;
  if (on_thread()) {
    // The context is this loop's own: what is posted goes with it.
    boost::asio::post(context_, [this] { deliver(); });
  } else {
    ::eventfd_write(bell_.native_handle(), 1);
  }
}

void Loop::await_bell() {
  bell_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                   [this](const boost::system::error_code& error) {
                     if (error) return;
                     eventfd_t rung = 0;
                     ::eventfd_read(bell_.native_handle(), &rung);
                     await_bell();
                     deliver();
                   });
}

void Loop::deliver() {
  std::vector<News> told;
  {
    std::lock_guard lock(mutex_);
    told.swap(news_);
  }
  for (std::size_t i = 0; i < told.size(); ++i) {
    try {
      deliver(told[i]);
    } catch (...) {
      // A bug of one is not to silence the others.
      while (++i < told.size()) put(std::move(told[i]));
      throw;
    }
  }
}

void Loop::deliver(News& news) {
  const auto connection = news.connection.lock();
  if (!news.answer) {
    if (!connection || connection->session() == nullptr) return;
    connection->session()->news(news.ticket);
    connection->drive();
  } else if (connection) {
    connection->answered(news.ticket, std::move(*news.answer));
  } else if (news.answer->stream) {
    news.answer->stream->abandon();
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
