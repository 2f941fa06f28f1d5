// RemoteCommand: pods/exec and pods/attach once the connection is upgraded. Private to this room.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "core/server/pod_streams.h"
#include "core/server/streaming/channels.h"

namespace cove::server {

class RemoteCommand final : public ChannelListener,
                            public std::enable_shared_from_this<RemoteCommand> {
 public:
  struct Parts {
    std::shared_ptr<Channels> channels;
    bool status_documents = true;      // version 4 and later; before, only failures, as text
    std::vector<std::string> command;  // empty: attach
    std::function<Result<std::unique_ptr<PodProcess>>(PodProcess::Handlers)> begin;
  };
  explicit RemoteCommand(Parts parts) : parts_(std::move(parts)) {}

  // Begins to listen; on the connection's thread. Then run() must follow.
  void start() { parts_.channels->start(shared_from_this()); }
  // Blocks until the process has ended or the client has left.
  void run(std::stop_token stop);

 private:
  struct Item {
    Channel channel = Channel::kInput;
    std::string bytes;
    bool end = false;
  };

  void ready() override;
  bool received(Channel channel, std::string_view bytes) override;
  void ended(Channel channel) override;
  void gone() override;

  PodProcess::Handlers handlers();
  // Serves the process until it ends; false when the client left first.
  bool serve(PodProcess& process);
  void finish(const std::string& status);
  void resize(PodProcess& process, std::string_view bytes);
  std::string status_of(std::optional<int> exit_code) const;
  std::string status_of(const Error& error) const;

  const Parts parts_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  std::size_t item_bytes_ = 0;
  bool ready_ = false, gone_ = false, over_ = false, finishing_ = false;
  std::optional<int> exit_code_;
  std::shared_ptr<PodProcess> process_;
  std::string size_text_;  // of the running thread
};

}  // namespace cove::server
