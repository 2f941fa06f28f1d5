// Transports that tests put before a server's or in its place.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/client/transport.h"

namespace cove::ui::test {

// The server behind, but for requests that the test answers itself.
class AnsweringTransport final : public client::Transport {
 public:
  // On the session's thread; nothing: the server answers.
  using Answer = std::function<std::optional<client::ApiResult<client::ApiResponse>>(
      const client::ApiRequest& request)>;
  AnsweringTransport(std::unique_ptr<client::Transport> inner, Answer answer)
      : inner_(std::move(inner)), answer_(std::move(answer)) {}
  client::Operation send(client::ApiRequest request, Callback done) override {
    auto answer = answer_(request);
    if (!answer) return inner_->send(std::move(request), std::move(done));
    executor().post([answer = std::move(*answer), done = std::move(done)] { done(answer); });
    return {};
  }
  client::Operation watch(client::ApiRequest request, client::WatchCallbacks callbacks) override {
    return inner_->watch(std::move(request), std::move(callbacks));
  }
  client::Operation stream(client::ApiRequest request, client::StreamCallbacks callbacks) override {
    return inner_->stream(std::move(request), std::move(callbacks));
  }
  Executor& executor() override { return inner_->executor(); }

 private:
  const std::unique_ptr<client::Transport> inner_;
  const Answer answer_;
};

// The bookmark after the objects that a watch begins with.
inline client::WatchEvent end_of_state(const char* version) {
  return {client::WatchEventType::kBookmark,
          api::Object::make({{"apiVersion", "v1"},
                             {"kind", "Pod"},
                             {"metadata",
                              {{"resourceVersion", version},
                               {"annotations", {{"k8s.io/initial-events-end", "true"}}}}}})};
}

}  // namespace cove::ui::test
