// Channels: what a pod's exec, attach and port-forward carry, over one WebSocket (RFC 6455 with the
// channel protocols of kubernetes.io "Remote command protocols").
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/event_loop.h"
#include "core/client/credentials.h"
#include "core/client/transport.h"

namespace cove::client {

struct ChannelRequest {
  std::string path = {};  // as ApiRequest's
  Pairs query = {};
  // Subprotocols, the one liked best first; the server chooses one of them.
  std::vector<std::string> protocols = {};
  std::chrono::milliseconds timeout{30'000};  // until the server has agreed
};

// On the executor, never from inside open().
struct ChannelCallbacks {
  std::function<void(const std::string& protocol)> opened = {};
  // In order, at least one byte. No second piece is handed over before it has returned.
  std::function<void(int channel, std::string bytes)> received;
  // There is room again after write() returned false.
  std::function<void()> drained = {};
  // Last, once: nothing when the server closed it in order, its refusal, or what broke.
  std::function<void(std::optional<ApiError>)> closed;
};

// One connection. Destruction closes it: on the executor's thread no callback comes afterwards.
// Thread-safe.
class ChannelStream {
 public:
  static constexpr std::size_t kMaxQueued = 1 << 20;

  virtual ~ChannelStream() = default;
  // Queues one message, before it is open as well. False, and nothing is queued, when more than
  // kMaxQueued bytes would wait or the connection has ended.
  virtual bool write(int channel, std::string_view bytes) = 0;
  // Says that nothing more comes on that channel: version 5 alone, nothing happens with others.
  virtual void end(int channel) = 0;
  // While it is set nothing is read, so that the sender has to wait.
  virtual void pause(bool paused) = 0;
};

// Leads to one cluster. Thread-safe. Streams may outlive it: those that are open when it goes end
// with kCancelled.
class ChannelTransport {
 public:
  virtual ~ChannelTransport() = default;
  [[nodiscard]] virtual std::unique_ptr<ChannelStream> open(ChannelRequest request,
                                                            ChannelCallbacks callbacks) = 0;
};

// Over TLS with the configuration's credentials, each stream on a connection of its own, all on one
// thread.
std::unique_ptr<ChannelTransport> make_channel_transport(
    Executor& executor, ClientConfig config, std::shared_ptr<CredentialSource> credentials);

// --- Exec and attach.

// Channels of remote commands.
inline constexpr int kInputChannel = 0;
inline constexpr int kOutputChannel = 1;
inline constexpr int kErrorChannel = 2;
inline constexpr int kStatusChannel = 3;
inline constexpr int kResizeChannel = 4;

struct ExecRequest {
  std::string namespace_name = {};
  std::string pod = {};
  std::string container = {};
  std::vector<std::string> command = {};
  bool in = true;
  bool terminal = true;  // with one output for both
};
ChannelRequest exec_request(const ExecRequest& request);

// For kResizeChannel.
std::string resize_message(int columns, int rows);

// What kStatusChannel says at the end: a Status document.
struct ExecStatus {
  bool success = false;
  std::optional<int> exit_code = std::nullopt;  // of a command that ran and failed
  std::string message = {};
};
ExecStatus read_exec_status(std::string_view bytes);

// --- Port-forward: one connection to one port a stream. Of old and new servers alike: API servers
// pass it on to the node, which has spoken it since WebSocket came.
ChannelRequest port_forward_request(std::string_view namespace_name, std::string_view pod,
                                    std::uint16_t port);
inline constexpr int kForwardData = 0;   // begins with the port in two bytes
inline constexpr int kForwardError = 1;  // so does this; then why it failed

}  // namespace cove::client
