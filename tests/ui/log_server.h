// LogServer: the logs of pods as a test writes them, before the transport of a real API server.
#pragma once

#include <deque>

#include "tests/ui/page_test.h"

namespace cove::ui::test {

// Thread-safe. A stream gets its next piece when the one before was taken.
class LogServer : public std::enable_shared_from_this<LogServer> {
 public:
  struct Stream {
    client::ApiRequest request;
    client::StreamCallbacks callbacks;
    Executor* executor = nullptr;
    std::atomic<bool> cancelled = false;
    std::atomic<int> pieces = 0;
    // Of the executor.
    std::deque<std::string> waiting;
    std::function<std::string()> make;  // more, when nothing waits; empty: none
    bool lent = false;
    std::optional<std::optional<client::ApiError>> end;

    std::string parameter(std::string_view name) const {
      for (const auto& [key, value] : request.query)
        if (key == name) return value;
      return {};
    }
  };
  using StreamPtr = std::shared_ptr<Stream>;

  void write(const StreamPtr& stream, std::string bytes) {
    stream->executor->post([stream, bytes = std::move(bytes)] {
      stream->waiting.push_back(bytes);
      hand_on(stream);
    });
  }
  void pour(const StreamPtr& stream, std::function<std::string()> make) {
    stream->executor->post([stream, make = std::move(make)] {
      stream->make = make;
      hand_on(stream);
    });
  }
  void end(const StreamPtr& stream, std::optional<client::ApiError> error = std::nullopt) {
    stream->executor->post([stream, error] {
      stream->end = error;
      hand_on(stream);
    });
  }

  // How many streams were ever opened for a pod (and container), and one of them.
  int count(const std::string& pod) const { return static_cast<int>(of(pod).size()); }
  StreamPtr last(const std::string& pod) const {
    const auto all = of(pod);
    return all.empty() ? nullptr : all.back();
  }

  client::Operation open(client::ApiRequest request, client::StreamCallbacks callbacks,
                         Executor& executor) {
    class Cancel final : public client::Operation::Impl {
     public:
      explicit Cancel(StreamPtr stream) : stream_(std::move(stream)) {}
      void cancel() override { stream_->cancelled = true; }

     private:
      const StreamPtr stream_;
    };
    auto stream = std::make_shared<Stream>();
    stream->request = std::move(request);
    stream->callbacks = std::move(callbacks);
    stream->executor = &executor;
    {
      const std::lock_guard lock(mutex_);
      streams_.push_back(stream);
    }
    executor.post([stream] {
      if (!stream->cancelled && stream->callbacks.opened) stream->callbacks.opened();
    });
    return client::Operation(std::make_shared<Cancel>(stream));
  }

 private:
  static void hand_on(const StreamPtr& stream) {
    if (stream->cancelled || stream->lent) return;
    std::string piece;
    if (!stream->waiting.empty()) {
      piece = std::move(stream->waiting.front());
      stream->waiting.pop_front();
    } else if (stream->make) {
      piece = stream->make();
    }
    if (!piece.empty()) {
      stream->lent = true;
      ++stream->pieces;
      return stream->callbacks.bytes(std::move(piece), [stream] {
        stream->executor->post([stream] {
          stream->lent = false;
          hand_on(stream);
        });
      });
    }
    if (!stream->end) return;
    stream->cancelled = true;
    stream->callbacks.closed(*stream->end);
  }
  std::vector<StreamPtr> of(const std::string& pod) const {
    const std::lock_guard lock(mutex_);
    std::vector<StreamPtr> found;
    for (const StreamPtr& each : streams_)
      if (each->request.path.ends_with("/pods/" + pod + "/log")) found.push_back(each);
    return found;
  }

  mutable std::mutex mutex_;
  std::vector<StreamPtr> streams_;
};

class LogTransport final : public client::Transport {
 public:
  LogTransport(std::unique_ptr<client::Transport> inner, std::shared_ptr<LogServer> logs)
      : inner_(std::move(inner)), logs_(std::move(logs)) {}
  client::Operation send(client::ApiRequest request, Callback done) override {
    return inner_->send(std::move(request), std::move(done));
  }
  client::Operation watch(client::ApiRequest request, client::WatchCallbacks callbacks) override {
    return inner_->watch(std::move(request), std::move(callbacks));
  }
  client::Operation stream(client::ApiRequest request, client::StreamCallbacks callbacks) override {
    return logs_->open(std::move(request), std::move(callbacks), executor());
  }
  Executor& executor() override { return inner_->executor(); }

 private:
  const std::unique_ptr<client::Transport> inner_;
  const std::shared_ptr<LogServer> logs_;
};

}  // namespace cove::ui::test
