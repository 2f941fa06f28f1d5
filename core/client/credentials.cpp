#include "core/client/credentials.h"

#include <fmt/format.h>
#include <unistd.h>

#include <mutex>

#include "core/api/document.h"
#include "core/api/time.h"
#include "core/base/base64.h"
#include "core/base/strings.h"
#include "core/client/https_connection.h"
#include "core/client/wire.h"

namespace cove::client {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kTokenFileAge{60};
constexpr std::chrono::seconds kPluginTime{60};
constexpr std::size_t kMaxToken = 1 << 20;

// A certificate, a token, or nothing: as the configuration has it.
class FixedSource final : public CredentialSource {
 public:
  explicit FixedSource(const ClientConfig& config)
      : credentials_{config.certificate_pem, config.key_pem, config.token} {}
  std::optional<Credentials> ready() override { return credentials_; }
  Result<Credentials> get(std::stop_token) override { return credentials_; }
  bool rejected() override { return false; }

 private:
  const Credentials credentials_;
};

// A token that somebody writes anew now and then. While it cannot be read the last one is used.
class TokenFileSource final : public CredentialSource {
 public:
  TokenFileSource(const ClientConfig& config, const Clock& clock)
      : base_{config.certificate_pem, config.key_pem, {}},
        path_(config.token_file),
        clock_(clock) {}

  std::optional<Credentials> ready() override {
    const std::lock_guard lock(mutex_);
    if (!known_ || clock_.steady() - read_at_ > kTokenFileAge) return std::nullopt;
    return known_;
  }
  Result<Credentials> get(std::stop_token) override {
    auto text = read_file(path_, kMaxToken);
    const std::lock_guard lock(mutex_);
    if (!text || trim(*text).empty()) {
      if (known_) return *known_;
      if (!text) return text.error();
      return Error{ErrorCode::kInvalidArgument, "use", path_.string(), "it has no token", {}};
    }
    known_ = base_;
    known_->token = Secret(std::string(trim(*text)));
    read_at_ = clock_.steady();
    return *known_;
  }
  bool rejected() override {
    const std::lock_guard lock(mutex_);
    return std::exchange(known_, std::nullopt).has_value();
  }

 private:
  const Credentials base_;
  const Path path_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<Credentials> known_;
  SteadyTime read_at_{};
};

class ExecSource final : public CredentialSource {
 public:
  ExecSource(const ClientConfig& config, Spawner& spawner, const Clock& clock)
      : config_(config), plugin_(*config.exec), spawner_(spawner), clock_(clock) {}

  std::optional<Credentials> ready() override {
    const std::lock_guard lock(mutex_);
    if (known_ && expires_ && *expires_ <= clock_.wall()) known_.reset();
    return known_;
  }
  Result<Credentials> get(std::stop_token stop) override {
    // Another request may have asked while this one waited for its turn.
    if (auto now = ready()) return std::move(*now);
    if (plugin_.interactive == ExecPlugin::Interactive::kAlways)
      return failed(ErrorCode::kUnsupported,
                    "it wants to ask somebody, and nobody is at a terminal",
                    "Log in with the plugin's own tool first.");
    COVE_TRY(const Completed ended, run(std::move(stop)));
    if (ended.exit_code != 0) {
      return failed(
          ErrorCode::kPermissionDenied,
          fmt::format("it ended with {}: {}", ended.exit_code,
                      escape_control(trim(std::string_view(ended.standard_error).substr(0, 1000)))),
          plugin_.install_hint);
    }
    return understand(ended.standard_output);
  }
  bool rejected() override {
    const std::lock_guard lock(mutex_);
    return std::exchange(known_, std::nullopt).has_value();
  }

 private:
  Error failed(ErrorCode code, std::string cause, std::string remedy = {}) const {
    return Error{code, "get credentials from", plugin_.command, std::move(cause),
                 std::move(remedy)};
  }
  Result<Completed> run(std::stop_token stop) {
    Command command;
    command.argv = {plugin_.command};
    command.argv.insert(command.argv.end(), plugin_.arguments.begin(), plugin_.arguments.end());
    std::vector<std::string> environment;
    const auto overridden = [&](std::string_view variable) {
      const std::string_view name = variable.substr(0, variable.find('='));
      return name == "KUBERNETES_EXEC_INFO" ||
             std::ranges::any_of(plugin_.environment,
                                 [&](const auto& each) { return each.first == name; });
    };
    for (char** each = ::environ; *each != nullptr; ++each) {
      if (!overridden(*each)) environment.emplace_back(*each);
    }
    for (const auto& [name, value] : plugin_.environment) environment.push_back(name + "=" + value);
    environment.push_back("KUBERNETES_EXEC_INFO=" + api::to_text(exec_info()));
    command.environment = std::move(environment);
    auto ended = spawner_.run(command, kPluginTime, std::move(stop));
    if (!ended) return failed(ended.error().code, ended.error().cause, plugin_.install_hint);
    return ended;
  }
  json::value exec_info() const {
    json::object spec{{"interactive", false}};
    if (plugin_.provide_cluster_info) {
      json::object cluster{
          {"server", "https://" + authority_of(config_.host, config_.port) + config_.path_prefix}};
      if (!config_.ca_certificate_pem.empty())
        cluster["certificate-authority-data"] = base64_encode(config_.ca_certificate_pem);
      if (config_.insecure_skip_tls_verify) cluster["insecure-skip-tls-verify"] = true;
      if (!config_.tls_server_name.empty()) cluster["tls-server-name"] = config_.tls_server_name;
      spec["cluster"] = std::move(cluster);
    }
    return {
        {"kind", "ExecCredential"}, {"apiVersion", plugin_.api_version}, {"spec", std::move(spec)}};
  }
  Result<Credentials> understand(const std::string& output) {
    const auto parsed = api::parse_json(output, {.bytes = kMaxToken});
    const json::object* const document = parsed ? parsed->value.if_object() : nullptr;
    if (document == nullptr || api::text_at(*document, {"kind"}) != "ExecCredential")
      return failed(ErrorCode::kUnavailable, "what it says is no ExecCredential");
    if (api::text_at(*document, {"apiVersion"}) != plugin_.api_version) {
      return failed(ErrorCode::kUnavailable,
                    fmt::format("it speaks another version than {}", plugin_.api_version));
    }
    Credentials now;
    now.token = Secret(std::string(api::text_at(*document, {"status", "token"})));
    now.certificate_pem = api::text_at(*document, {"status", "clientCertificateData"});
    now.key_pem = Secret(std::string(api::text_at(*document, {"status", "clientKeyData"})));
    if (now.certificate_pem.empty() != now.key_pem.empty())
      return failed(ErrorCode::kUnavailable, "it gave a certificate or a key without the other");
    if (now.token.empty() && now.certificate_pem.empty())
      return failed(ErrorCode::kUnavailable, "it gave neither a token nor a certificate");
    std::optional<WallTime> expires;
    const std::string_view until = api::text_at(*document, {"status", "expirationTimestamp"});
    if (!until.empty()) {
      const auto time = api::parse_time(until);
      if (!time) return failed(ErrorCode::kUnavailable, "its expirationTimestamp is no time");
      expires = *time;
    }
    const std::lock_guard lock(mutex_);
    known_ = now;
    expires_ = expires;
    return now;
  }

  const ClientConfig config_;
  const ExecPlugin plugin_;
  Spawner& spawner_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<Credentials> known_;
  std::optional<WallTime> expires_;
};

}  // namespace

std::shared_ptr<CredentialSource> make_credential_source(const ClientConfig& config,
                                                         Spawner& spawner, const Clock& clock) {
  if (config.exec) return std::make_shared<ExecSource>(config, spawner, clock);
  if (!config.token_file.empty()) return std::make_shared<TokenFileSource>(config, clock);
  return std::make_shared<FixedSource>(config);
}

Pairs identity_headers(const ClientConfig& config, const Credentials& credentials) {
  Pairs headers;
  if (!credentials.token.empty())
    headers.emplace_back("Authorization", "Bearer " + credentials.token.reveal());
  const Impersonate& as = config.impersonate;
  if (!as.user.empty()) headers.emplace_back("Impersonate-User", as.user);
  if (!as.uid.empty()) headers.emplace_back("Impersonate-Uid", as.uid);
  for (const std::string& group : as.groups) headers.emplace_back("Impersonate-Group", group);
  for (const auto& [name, value] : as.extra)
    headers.emplace_back("Impersonate-Extra-" + encode_segment(name), value);
  return headers;
}

}  // namespace cove::client
