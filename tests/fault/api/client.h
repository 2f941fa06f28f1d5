// Clients of a coved that may die at any moment: every request says whether its outcome is known.
#pragma once

#include <atomic>
#include <boost/json/value.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/integration/coved/harness.h"

namespace cove::testing {

namespace json = boost::json;

inline const std::string kConfigMaps = "/api/v1/namespaces/default/configmaps";

struct Reply {
  enum class Outcome {
    kAnswered,
    kNotSent,  // nobody took the connection: nothing has happened
    kUnknown,  // it was sent, and no whole answer came
  };
  Outcome outcome = Outcome::kUnknown;
  int status = 0;
  std::string body;

  bool answered() const { return outcome == Outcome::kAnswered; }
  json::value document() const;
};

// One keep-alive connection, made again when it broke. For one thread.
class ApiClient {
 public:
  ApiClient(std::uint16_t port, const client::TlsIdentity& identity)
      : port_(port), identity_(identity) {}

  // `type` of the body: what comes after "application/".
  Reply ask(std::string_view method, const std::string& target, std::string_view body = {},
            std::string_view type = "json");
  Reply get(const std::string& target) { return ask("GET", target); }
  // Another server from now on.
  void move_to(std::uint16_t port);

 private:
  Reply receive();

  std::uint16_t port_;
  const client::TlsIdentity& identity_;
  std::unique_ptr<TlsClient> connection_;
  std::string input_;
};

// An answer that comes in chunks, line by line. For one thread.
class LineStream {
 public:
  LineStream(std::uint16_t port, const client::TlsIdentity& identity, const std::string& target);

  // Of the answer; 0 when none came.
  int status() const { return status_; }
  // The next line without its end; nothing when the stream has ended.
  std::optional<std::string> next();
  // Whether the end that next() found was the answer's own end.
  bool ended_whole() const { return whole_; }
  TlsClient& connection() { return connection_; }

 private:
  bool fill();
  bool decode();

  TlsClient connection_;
  int status_ = 0;
  std::string raw_;
  std::string text_;
  bool whole_ = false;
};

// The file of a ConfigMap with one entry; without `version` there is no resourceVersion.
std::string config_map(std::string_view name, std::string_view key, std::string_view value,
                       std::string_view version = {});
std::string name_of(const json::value& object);
std::int64_t version_of(const json::value& object);
// An entry of a ConfigMap's data; empty when there is none.
std::string entry_of(const json::value& object, std::string_view key);

// How often: COVE_FAULT_ROUNDS, or what a test run has time for.
int fault_rounds(int otherwise);

}  // namespace cove::testing
