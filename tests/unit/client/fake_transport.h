// A transport whose server is the test: it sees each request and answers when it likes.
#pragma once

#include <gtest/gtest.h>

#include <deque>

#include "core/client/transport.h"
#include "core/client/wire.h"

namespace cove::client {

class FakeTransport final : public Transport {
 public:
  class Call final : public Operation::Impl, public std::enable_shared_from_this<Call> {
   public:
    Call(Executor& executor, ApiRequest for_request)
        : request(std::move(for_request)), executor_(executor) {}
    void cancel() override { cancelled = true; }
    std::string parameter(std::string_view name) const {
      for (const auto& [key, value] : request.query) {
        if (key == name) return value;
      }
      return "";
    }
    boost::json::object body() const {
      return request.body ? api::parse_json(*request.body)->value.as_object()
                          : boost::json::object();
    }
    void answer(ApiResult<ApiResponse> result) {
      post([result](Call& call) { call.done(result); });
    }
    // As a server's JSON.
    void answer(int status, const std::string& json) {
      answer(decode_response(status, {{"content-type", "application/json"}}, json));
    }
    void events(std::vector<std::string> lines) {
      std::vector<WatchEvent> all;
      for (const std::string& line : lines) all.push_back(*decode_event(line));
      post([all](Call& call) {
        if (!std::exchange(call.opened_, true) && call.callbacks.opened) call.callbacks.opened();
        call.callbacks.events(all);
      });
    }
    void close(std::optional<ApiError> error = std::nullopt) {
      post([error](Call& call) { call.callbacks.closed(error); });
    }

    const ApiRequest request;
    Callback done;
    WatchCallbacks callbacks;
    StreamCallbacks stream;
    bool cancelled = false;

   private:
    void post(std::function<void(Call&)> task) {
      executor_.post([self = shared_from_this(), task] {
        if (!self->cancelled) task(*self);
      });
    }
    Executor& executor_;
    bool opened_ = false;
  };
  using CallPtr = std::shared_ptr<Call>;

  explicit FakeTransport(Executor& executor) : executor_(executor) {}

  Operation send(ApiRequest request, Callback done) override {
    const auto call = std::make_shared<Call>(executor_, std::move(request));
    call->done = std::move(done);
    sends.push_back(call);
    return Operation(call);
  }
  Operation watch(ApiRequest request, WatchCallbacks callbacks) override {
    const auto call = std::make_shared<Call>(executor_, std::move(request));
    call->callbacks = std::move(callbacks);
    watches.push_back(call);
    return Operation(call);
  }
  Operation stream(ApiRequest request, StreamCallbacks callbacks) override {
    const auto call = std::make_shared<Call>(executor_, std::move(request));
    call->stream = std::move(callbacks);
    streams.push_back(call);
    return Operation(call);
  }
  Executor& executor() override { return executor_; }

  // The oldest that was not taken yet; null when there is none.
  CallPtr take_send() { return take(sends); }
  CallPtr take_watch() { return take(watches); }

  std::deque<CallPtr> sends;
  std::deque<CallPtr> watches;
  std::deque<CallPtr> streams;

 private:
  static CallPtr take(std::deque<CallPtr>& from) {
    if (from.empty()) return nullptr;
    CallPtr call = from.front();
    from.pop_front();
    return call;
  }
  Executor& executor_;
};

inline ApiError refused(int code, const std::string& reason) {
  return from_status({{"kind", "Status"}, {"code", code}, {"reason", reason}}, code);
}

}  // namespace cove::client
