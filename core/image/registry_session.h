// One operation's conversation with one registry or mirror: authentication, redirects, attempts.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <variant>

#include "core/base/clock.h"
#include "core/http/client.h"
#include "core/image/registry_auth.h"
#include "core/image/registry_errors.h"
#include "core/image/registry_hosts.h"

namespace cove::image {

// What an attempt failed with, and whether another one makes sense.
struct Failure {
  Error error;
  bool transient = false;
  std::optional<std::chrono::seconds> wait = std::nullopt;  // what the server asked for
};

// Waits between attempts: 0.5 s, 1 s, 2 s … each with up to a half more, or what the server asked
// for. Not thread-safe.
class Attempts {
 public:
  static constexpr int kMost = 5;  // repetitions
  static constexpr std::chrono::seconds kLongestWait{60};

  Attempts(Clock& clock, const std::function<double()>& random, std::stop_token stop,
           int most = kMost)
      : clock_(clock), random_(random), stop_(std::move(stop)), most_(most) {}
  // Returns after the wait, or with the error when this was the last attempt, the failure is none
  // that passes, or the server asks for too long a wait; kCancelled when stopped.
  Result<void> again(const Failure& failure);
  // Progress was made: all attempts count anew.
  void reset() { made_ = 0; }

 private:
  Clock& clock_;
  const std::function<double()>& random_;
  std::stop_token stop_;
  int most_;
  int made_ = 0;
};

struct RegistryCall {
  std::string method = "GET";
  std::string target = {};                      // "/v2/…", behind the endpoint's path
  std::optional<http::Url> url = std::nullopt;  // in place of `target`: where a Location led
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  http::BodySource source = {};
  std::optional<std::uint64_t> source_length = std::nullopt;
  Scope scope = {};
};

// Thread-safe.
class RegistrySession {
 public:
  struct Parts {
    Endpoint endpoint;
    RegistryAuth auth;
    std::shared_ptr<RegistryClients> clients;
    TokenCache& tokens;
    Clock& clock;
    const std::function<double()>& random;
    std::stop_token stop;
  };
  explicit RegistrySession(Parts parts);

  struct Response {
    http::ClientResponse http;
    http::Url url;  // what answered, after redirects
  };
  using Attempt = std::variant<Response, Failure>;

  // One attempt: redirects of GET and HEAD are followed, credentials go to the registry's own
  // origin alone. 429 and 5xx are failures.
  Attempt try_once(const RegistryCall& call, std::stop_token stop);
  // Attempts until there is an answer. Not for calls with a source.
  Result<Response> send(const RegistryCall& call, std::stop_token stop);
  Result<Response> send(const RegistryCall& call) { return send(call, parts_.stop); }

  Attempts attempts(std::stop_token stop) const {
    // Behind a mirror there is another one to ask.
    const int most = parts_.endpoint.mirror ? 1 : Attempts::kMost;
    return Attempts(parts_.clock, parts_.random, std::move(stop), most);
  }
  // Whether anybody has ever answered here: otherwise the next endpoint may be asked.
  bool answered() const { return answered_; }
  const Endpoint& endpoint() const { return parts_.endpoint; }
  Authorizer& authorizer() { return authorizer_; }
  WallTime now() const { return parts_.clock.wall(); }
  const std::stop_token& stop() const { return parts_.stop; }

 private:
  Result<Authorizer::Answer> fetch_token(http::ClientRequest request);
  Result<http::ClientResponse> exchange(http::ClientRequest request, bool verified,
                                        const std::stop_token& stop);
  std::variant<std::monostate, http::Url, Failure> next_place(const RegistryCall& call,
                                                              const http::Url& at,
                                                              http::ClientResponse& response);
  Failure failure_of(const Error& error) const;

  Parts parts_;
  std::atomic<bool> answered_ = false;
  Authorizer authorizer_;
};

}  // namespace cove::image
