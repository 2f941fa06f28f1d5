// Exchange: one request of the Docker Engine API and its answer, on a worker thread that may block.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/http/handler.h"

namespace cove::engine {

// The status follows the code: kInvalidArgument 400, kPermissionDenied 403, kNotFound 404,
// kAlreadyExists and kConflict 409, kUnsupported 501, else 500. The message is the cause, with the
// remedy behind it, where there is one; a 500 says the whole sentence.
struct ApiError;
ApiError to_api_error(const Error& error);

// What a client gets instead of an answer: a status and Docker's {"message": …}.
struct ApiError {
  ApiError() = default;
  ApiError(int status_, std::string message_) : status(status_), message(std::move(message_)) {}
  // So that COVE_TRY and COVE_CHECK work in handlers.
  ApiError(const Error& error) : ApiError(to_api_error(error)) {}  // NOLINT(google-explicit-*)

  int status = 500;
  std::string message;
};
template <class T = void>
using Outcome = boost::system::result<T, ApiError>;
[[noreturn]] void throw_exception_from_error(const ApiError& error,
                                             const boost::source_location& where);

inline constexpr unsigned kNewestApi = 48;  // v1.48
inline constexpr unsigned kOldestApi = 24;

// A connection that a client took over: what attach and exec speak. One thread may read while any
// others write.
class Hijacked {
 public:
  virtual ~Hijacked() = default;  // closes
  // Blocks; "" when the client sends no more or is gone.
  virtual std::string read(std::size_t max) = 0;
  // Blocks while the client is slow; false once it is gone.
  virtual bool write(std::string_view bytes) = 0;
  virtual void finish() = 0;
  // Blocks until what was written is on its way, or the client is gone.
  virtual void flush() {}
  // Makes a read() and a write() that wait return. From any thread.
  virtual void close() = 0;
  // Whether somebody has to read even if what the client sends is not wanted.
  virtual bool wants_reader() const { return false; }
};

class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const http::Request& request() const = 0;
  // The minor number of the version in the path (43 for /v1.43/…), or the newest.
  virtual unsigned api() const = 0;
  // The part of the path that a route's {name} stands for, percent-decoded.
  virtual const std::string& path(std::string_view name) const = 0;

  std::string query(std::string_view name) const;                  // "" when absent
  bool flag(std::string_view name, bool otherwise = false) const;  // 1, true, yes …; 0, false, no
  Outcome<std::optional<std::int64_t>> number(std::string_view name) const;
  // "filters": {"label": {"a=b": true}} or {"label": ["a=b"]}.
  Outcome<std::map<std::string, std::vector<std::string>>> filters() const;
  // The body as an object, at most 4 MiB; an empty body is an empty object.
  Outcome<boost::json::object> json_body();
  // The body piece by piece: at most `max` bytes, "" at the end; kUnavailable when the client left.
  virtual Result<std::string> read_body(std::size_t max) = 0;
  // Requested when the client has gone or the server stops.
  virtual std::stop_token gone() const = 0;

  // Exactly one of these answers; after an answer was begun an error can only end it.
  void json(int status, const boost::json::value& value);
  void empty(int status = 204);
  virtual void text(int status, std::string body, std::string content_type = "text/plain",
                    std::vector<std::pair<std::string, std::string>> headers = {}) = 0;
  // An answer piece by piece; write() blocks while the client is slow and is false once it is gone.
  class Stream {
   public:
    virtual ~Stream() = default;  // ends the answer
    virtual bool write(std::string_view bytes) = 0;
    // The answer ends in a way that a client can tell from a whole one.
    virtual void cut() = 0;
  };
  virtual std::unique_ptr<Stream> stream(
      std::string content_type, std::vector<std::pair<std::string, std::string>> headers = {}) = 0;
  // 101 UPGRADED when the client asked for an upgrade, else 200, and the raw connection. Blocks
  // until it is ours; kUnavailable when the client has gone.
  virtual Result<std::unique_ptr<Hijacked>> hijack(std::string content_type) = 0;
  // The same as a WebSocket, with binary messages (text for clients of API 1.27 and older);
  // kInvalidArgument when the client asks for none.
  virtual Result<std::unique_ptr<Hijacked>> hijack_websocket() = 0;
};

// Whether a query's value is on: everything but "", 0, no, false and none, as Docker has it.
bool is_on(std::string_view value);
// An object from a client: bounded in depth; 400 when it is none.
Outcome<boost::json::object> parse_object(std::string_view text);
// The value of the query "filters".
Outcome<std::map<std::string, std::vector<std::string>>> parse_filters(std::string_view text);

// One endpoint: method and pattern ("/containers/{id}/json"; {name…} takes slashes, as image names
// have them). A handler's error becomes the answer, unless one was begun.
struct Route {
  std::string method;
  std::string pattern;
  std::function<Outcome<>(Exchange&)> handle;
  // The body is read as it arrives, however long it is; else it is whole before `handle` is called,
  // and at most 4 MiB.
  bool streams_body = false;
};

// Progress as the API streams it: one JSON object a line.
std::string json_line(const boost::json::object& object);

}  // namespace cove::engine
