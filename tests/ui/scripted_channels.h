// Streams to pods that a test plays: what is asked for, what is written, and answers.
#pragma once

#include <algorithm>
#include <mutex>

#include "core/client/channel.h"

namespace cove::ui::test {

// Thread-safe.
class ScriptedPods {
 public:
  struct Stream {
    client::ChannelRequest request;
    client::ChannelCallbacks callbacks;  // used on the executor alone
    Executor* executor = nullptr;
    std::mutex mutex;
    std::map<int, std::string> written;
    bool alive = true;
    bool paused = false;

    std::string all(int channel) {
      const std::lock_guard lock(mutex);
      return written[channel];
    }
    void forget() {
      const std::lock_guard lock(mutex);
      written.clear();
    }
  };
  using StreamPtr = std::shared_ptr<Stream>;

  std::unique_ptr<client::ChannelTransport> connect(Executor& executor);

  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return streams_.size();
  }
  StreamPtr at(std::size_t number) const {
    const std::lock_guard lock(mutex_);
    return streams_.at(number);
  }
  StreamPtr latest() const { return at(count() - 1); }

  static void open(const StreamPtr& stream) {
    post(stream, [](auto& on) {
      if (on.opened) on.opened("v5.channel.k8s.io");
    });
  }
  static void say(const StreamPtr& stream, int channel, const std::string& bytes) {
    post(stream, [=](auto& on) { on.received(channel, bytes); });
  }
  static void close(const StreamPtr& stream, std::optional<client::ApiError> why = std::nullopt) {
    post(stream, [=](auto& on) {
      if (const auto closed = std::exchange(on.closed, nullptr)) closed(why);
    });
  }

 private:
  class Transport;
  class Handle;
  static void post(const StreamPtr& stream, std::function<void(client::ChannelCallbacks&)> tell) {
    stream->executor->post([stream, tell = std::move(tell)] {
      {
        const std::lock_guard lock(stream->mutex);
        if (!stream->alive) return;
      }
      tell(stream->callbacks);
    });
  }

  mutable std::mutex mutex_;
  std::vector<StreamPtr> streams_;
};

class ScriptedPods::Handle final : public client::ChannelStream {
 public:
  explicit Handle(StreamPtr stream) : stream_(std::move(stream)) {}
  ~Handle() override {
    const std::lock_guard lock(stream_->mutex);
    stream_->alive = false;
  }
  bool write(int channel, std::string_view bytes) override {
    const std::lock_guard lock(stream_->mutex);
    stream_->written[channel] += bytes;
    return true;
  }
  void end(int) override {}
  void pause(bool paused) override {
    const std::lock_guard lock(stream_->mutex);
    stream_->paused = paused;
  }

 private:
  const StreamPtr stream_;
};

class ScriptedPods::Transport final : public client::ChannelTransport {
 public:
  Transport(ScriptedPods& pods, Executor& executor) : pods_(pods), executor_(executor) {}
  std::unique_ptr<client::ChannelStream> open(client::ChannelRequest request,
                                              client::ChannelCallbacks callbacks) override {
    auto stream = std::make_shared<Stream>();
    stream->request = std::move(request);
    stream->callbacks = std::move(callbacks);
    stream->executor = &executor_;
    const std::lock_guard lock(pods_.mutex_);
    pods_.streams_.push_back(stream);
    return std::make_unique<Handle>(stream);
  }

 private:
  ScriptedPods& pods_;
  Executor& executor_;
};

inline std::unique_ptr<client::ChannelTransport> ScriptedPods::connect(Executor& executor) {
  return std::make_unique<Transport>(*this, executor);
}

}  // namespace cove::ui::test
