// Transport: how requests to a Kubernetes API travel. Over HTTPS (https_transport.h), or straight
// into a server in the same process; what is built on it cannot tell.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/api/object.h"
#include "core/base/event_loop.h"
#include "core/client/api_error.h"

namespace cove::client {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct ApiRequest {
  std::string method = "GET";
  std::string path = {};  // percent-encoded, "/api/v1/namespaces/a/pods"
  Pairs query = {};       // not encoded
  Pairs headers = {};     // beside Host, Accept, Content-Type, Content-Length, Authorization
  std::string accept = "application/json";
  std::string content_type = "application/json";
  std::shared_ptr<const std::string> body = nullptr;
  // Of send() from the call to the whole answer; of watch() and stream() to the answer's header.
  std::chrono::milliseconds timeout{30'000};
};

// A list that was read; the items have apiVersion and kind as every object does.
struct ObjectList {
  std::string api_version;  // of the list
  std::string kind;         // "PodList"
  std::string resource_version;
  std::string continue_token;  // there is more: ask with it
  std::optional<std::int64_t> remaining;
  std::vector<api::ObjectPtr> items;
};

// An answer of status 2xx: exactly one of object, list and body is set. Objects may be shared with
// the server and with every other reader; those that came over a wire have no bytes()
// (null), only their document.
struct ApiResponse {
  int status = 200;
  std::vector<std::string> warnings = {};  // texts of Warning headers, at most 20
  api::ObjectPtr object = nullptr;
  std::shared_ptr<const ObjectList> list = nullptr;
  std::shared_ptr<const std::string> body = nullptr;  // of what is no JSON object
  std::string content_type = {};
};

enum class WatchEventType { kAdded, kModified, kDeleted, kBookmark };

struct WatchEvent {
  WatchEventType type = WatchEventType::kAdded;
  api::ObjectPtr object;
};

struct WatchCallbacks {
  // The server took the watch.
  std::function<void()> opened = {};
  // In order, at least one.
  std::function<void(std::vector<WatchEvent>)> events;
  // Last, once: nothing when the server ended it as it does now and then; an ERROR event's Status;
  // the refusal; or what broke.
  std::function<void(std::optional<ApiError>)> closed;
};

struct StreamCallbacks {
  // The server took the request.
  std::function<void()> opened = {};
  // In order, at least one byte and at most kMaxStreamPiece. No more comes before `taken` was
  // called, from whatever thread; one that is never called leaves the stream standing until it is
  // cancelled.
  std::function<void(std::string bytes, std::function<void()> taken)> bytes;
  // Last, once, after everything was taken: nothing when the answer was whole; the refusal; or what
  // broke.
  std::function<void(std::optional<ApiError>)> closed;
};

inline constexpr std::size_t kMaxStreamPiece = 256 << 10;

// A request that is under way. Destruction cancels it; release() lets it go on by itself.
// cancel(): on the executor's thread no callback comes afterwards, for certain; from elsewhere none
// begins once it has returned, but one may be running. What callbacks hold is let go on the
// executor. Move-only; cancelling twice or after the end does nothing.
class Operation {
 public:
  class Impl {
   public:
    virtual ~Impl() = default;
    virtual void cancel() = 0;
  };
  Operation() = default;
  explicit Operation(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  Operation(Operation&&) noexcept = default;
  Operation& operator=(Operation&& other) noexcept {
    if (this != &other) {
      cancel();
      impl_ = std::move(other.impl_);
    }
    return *this;
  }
  ~Operation() { cancel(); }

  void cancel() {
    if (const auto impl = std::exchange(impl_, nullptr)) impl->cancel();
  }
  void release() { impl_.reset(); }
  explicit operator bool() const { return impl_ != nullptr; }

 private:
  std::shared_ptr<Impl> impl_;
};

// Thread-safe. Every callback runs on the executor, never from inside send(), watch() or
// stream(). Operations
// may outlive the transport: those that are open when it goes end with kCancelled.
class Transport {
 public:
  using Callback = std::function<void(ApiResult<ApiResponse>)>;

  virtual ~Transport() = default;
  // `done` once. An answer that is not 2xx is its ApiError.
  [[nodiscard]] virtual Operation send(ApiRequest request, Callback done) = 0;
  // `request.query` has watch=true. The reader slows the sender down: no second batch is handed
  // over before `events` has returned.
  [[nodiscard]] virtual Operation watch(ApiRequest request, WatchCallbacks callbacks) = 0;
  // A GET whose body is no object and may have no end (logs with follow=true): handed over as it
  // comes, at the pace of the one who takes it.
  [[nodiscard]] virtual Operation stream(ApiRequest request, StreamCallbacks callbacks) = 0;
  virtual Executor& executor() = 0;
};

}  // namespace cove::client
