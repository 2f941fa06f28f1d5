// A connection's place taken by the test: requests arrive in a list, time stands still.
#pragma once

#include <deque>

#include "core/http/session.h"

namespace cove::http::test {

class PlainHandler final : public Handler {
 public:
  void handle(std::shared_ptr<const Request>, Respond) override {}
};

class FakeLink final : public Link {
 public:
  struct Asked {
    std::uint64_t ticket = 0;
    std::shared_ptr<const Request> request;
  };

  const Limits& limits() const override { return limits_; }
  const Origin& origin() const override { return origin_; }
  SteadyTime now() const override { return now_; }
  std::string_view date() override { return "Thu, 01 Jan 1970 00:00:00 GMT"; }
  void ask(std::uint64_t ticket, std::shared_ptr<const Request> request) override {
    asked.push_back({ticket, std::move(request)});
  }
  bool streams_body(const Request& head) override { return head.path.starts_with("/stream"); }
  Answer refuse(int status, std::string_view message) override {
    return PlainHandler().refuse(status, message);
  }
  std::function<void()> notifier(std::uint64_t ticket) override {
    return [this, ticket] { news.push_back(ticket); };
  }

  Limits limits_;
  Origin origin_{"127.0.0.1:6443", "127.0.0.1:40000", nullptr};
  SteadyTime now_{std::chrono::hours(1)};
  std::deque<Asked> asked;
  std::vector<std::uint64_t> news;
};

inline Answer text(std::string body) {
  Answer answer;
  answer.content_type = "text/plain";
  answer.body = std::make_shared<const std::string>(std::move(body));
  return answer;
}

inline std::string produced(Session& session, std::size_t limit = 64 * 1024) {
  std::string out;
  session.produce(out, limit);
  if (!out.empty()) session.flushed();
  return out;
}

}  // namespace cove::http::test
