// Streams of our own client as a test hears them.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "core/client/channel.h"
#include "tests/integration/streams/world.h"

namespace cove::testing {

class FixedCredentials final : public client::CredentialSource {
 public:
  explicit FixedCredentials(client::Credentials credentials)
      : credentials_(std::move(credentials)) {}
  std::optional<client::Credentials> ready() override { return std::nullopt; }
  Result<client::Credentials> get(std::stop_token) override { return credentials_; }
  bool rejected() override { return false; }

 private:
  const client::Credentials credentials_;
};

// One stream and what came of it. Waits end after 20 s.
struct Heard {
  std::mutex mutex;
  std::condition_variable changed;
  std::string protocol;
  std::map<int, std::string> bytes;
  int drained = 0;
  bool closed = false;
  std::optional<client::ApiError> error;

  client::ChannelCallbacks callbacks() {
    const auto put = [this](auto change) {
      const std::lock_guard lock(mutex);
      change();
      changed.notify_all();
    };
    return {.opened = [=, this](const std::string& name) { put([&] { protocol = name; }); },
            .received = [=, this](int channel,
                                  std::string piece) { put([&] { bytes[channel] += piece; }); },
            .drained = [=, this] { put([&] { ++drained; }); },
            .closed =
                [=, this](std::optional<client::ApiError> why) {
                  put([&] {
                    closed = true;
                    error = std::move(why);
                  });
                }};
  }
  bool until(const std::function<bool()>& done) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), done);
  }
  bool says(int channel, const std::string& text) {
    return until([&] { return bytes[channel].find(text) != std::string::npos; });
  }
  bool ends() {
    return until([&] { return closed; });
  }
};

// As the world's administrator; callbacks on `executor`.
inline std::unique_ptr<client::ChannelTransport> channels_to(const StreamsWorld& world,
                                                             Executor& executor,
                                                             client::ClientConfig config = {}) {
  const client::TlsIdentity admin = world.admin();
  if (config.host.empty()) config.host = "127.0.0.1";
  if (config.port == client::ClientConfig().port) config.port = world.port();
  config.ca_certificate_pem = admin.ca_certificate_pem;
  return client::make_channel_transport(executor, std::move(config),
                                        std::make_shared<FixedCredentials>(client::Credentials{
                                            admin.certificate_pem, admin.key_pem, {}}));
}

}  // namespace cove::testing
