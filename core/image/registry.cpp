#include "core/image/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <random>

#include "core/image/json.h"
#include "core/image/registry_auth.h"
#include "core/image/registry_hosts.h"
#include "core/image/registry_pull.h"
#include "core/image/registry_push.h"
#include "core/image/registry_session.h"
#include "core/image/registry_tags.h"
#include "core/image/registry_transfer.h"

namespace cove::image {
namespace {

constexpr const char* kHub = "docker.io";
constexpr unsigned kMostParallel = 32;
constexpr std::size_t kMaxSearchAnswer = 4 << 20;
constexpr unsigned kMostResults = 100;

double draw() {
  thread_local std::minstd_rand engine{std::random_device()()};
  return std::uniform_real_distribution<double>(0, 1)(engine);
}

// "https://index.docker.io/v1/", as clients of Docker name the hub, is "docker.io".
std::string domain_of(std::string text) {
  if (const auto scheme = text.find("://"); scheme != std::string::npos) text.erase(0, scheme + 3);
  text = text.substr(0, text.find('/'));
  const bool hub = text.empty() || text == "index.docker.io" || text == "registry-1.docker.io";
  return hub ? kHub : text;
}

// The last error with what was tried before it.
Error all_failed(Error last, const std::vector<std::string>& before) {
  if (!before.empty()) last.cause += fmt::format(" ({})", fmt::join(before, "; "));
  return last;
}

}  // namespace

class Registries::Implementation {
 public:
  explicit Implementation(Parts parts)
      : parts_(std::move(parts)),
        clients_(std::make_shared<RegistryClients>(std::move(parts_.settings))) {
    if (!parts_.random) parts_.random = draw;
  }

  std::shared_ptr<RegistryClients> clients() {
    std::lock_guard lock(mutex_);
    return clients_;
  }

  void set_settings(RegistrySettings settings) {
    auto made = std::make_shared<RegistryClients>(std::move(settings));
    std::lock_guard lock(mutex_);
    clients_ = std::move(made);
  }

  // Tries one endpoint after the other until `work` succeeds. A registry that spoke is not asked
  // again without protection.
  template <class T>
  Result<T> at_endpoints(const std::string& domain, bool with_mirrors, const RegistryAuth& auth,
                         const std::stop_token& stop,
                         const std::function<Result<T>(RegistrySession&)>& work) {
    const auto clients = this->clients();
    std::vector<std::string> failures;
    const auto endpoints = endpoints_of(clients->settings(), domain, with_mirrors, failures);
    std::optional<Error> last;
    bool spoke = false;
    for (const Endpoint& endpoint : endpoints) {
      if (endpoint.fallback && spoke) break;
      // The user's credentials are for the registry, not for whoever mirrors it.
      RegistrySession session({endpoint, endpoint.mirror ? RegistryAuth() : auth, clients, tokens_,
                               parts_.clock, parts_.random, stop});
      if (last && !endpoint.fallback) failures.push_back(note(*last));
      auto done = work(session);
      if (done || done.error().code == ErrorCode::kCancelled) return done;
      spoke = session.answered();
      // That plain HTTP fails as well says less than why TLS did, unless it gets an answer.
      if (!endpoint.fallback || spoke || !last) last = done.error();
      if (endpoint.mirror) {
        parts_.logger.warn("a mirror cannot serve an image",
                           {{"mirror", endpoint.name}, {"cause", done.error().message()}});
        last->cause = fmt::format("mirror {}: {}", endpoint.name, done.error().cause);
      }
    }
    if (!last) {
      return Error{ErrorCode::kInvalidArgument,
                   "reach",
                   "the registry " + domain,
                   failures.empty() ? "it is no registry" : failures.back(),
                   {}};
    }
    return all_failed(std::move(*last), failures);
  }

  unsigned parallel() {
    return std::clamp(clients()->settings().parallel_downloads, 1U, kMostParallel);
  }

  Result<Pulled> pull(const Reference& reference, const Platform& platform,
                      const RegistryAuth& auth, Reporter& reporter, const std::stop_token& stop) {
    const unsigned threads = parallel();
    auto pulled =
        at_endpoints<Pulled>(reference.domain, true, auth, stop, [&](RegistrySession& session) {
          return Pull({parts_.images, parts_.content, parts_.layers, session, reporter, threads},
                      reference, platform)
              .run(stop);
        });
    if (pulled) reporter.say("Digest: " + pulled->digest.text());
    return pulled;
  }

  static void say_status(Reporter& reporter, bool up_to_date, const std::string& name) {
    reporter.say(fmt::format("Status: {} {}",
                             up_to_date ? "Image is up to date for" : "Downloaded newer image for",
                             name));
  }

  Result<Descriptor> push(const Reference& reference, const RegistryAuth& auth, Reporter& reporter,
                          const std::stop_token& stop) {
    const auto image = parts_.images.find(reference.familiar());
    if (!image) {
      return Error{ErrorCode::kNotFound,
                   "push",
                   reference.familiar(),
                   fmt::format("An image does not exist locally with the tag: {}",
                               reference.familiar_name()),
                   {}};
    }
    const unsigned threads = parallel();
    return at_endpoints<Descriptor>(
        reference.domain, false, auth, stop, [&](RegistrySession& session) {
          return Push({parts_.images, parts_.content, session, reporter, threads}, reference,
                      *image)
              .run(stop);
        });
  }

  static Result<Resolved> resolve(RegistrySession& session, const Reference& reference,
                                  const std::stop_token& stop) {
    COVE_TRY(const FoundManifest found, fetch_manifest(session, reference, stop));
    Resolved resolved;
    resolved.descriptor = {found.media_type, found.digest, found.bytes.size()};
    if (found.is_index) {
      COVE_TRY(const Index index, parse_index(found.bytes, found.media_type));
      for (const Descriptor& manifest : index.manifests) {
        if (manifest.platform && manifest.platform->os != "unknown")
          resolved.platforms.push_back(*manifest.platform);
      }
      return resolved;
    }
    COVE_TRY(const Manifest manifest, parse_manifest(found.bytes, found.media_type));
    COVE_TRY(const std::string config_json,
             fetch_small_blob(session, reference.repository, manifest.config, stop));
    COVE_TRY(const ImageConfig config, parse_config(config_json));
    resolved.platforms.push_back(config.platform);
    return resolved;
  }

  static Result<Secret> login(RegistrySession& session) {
    session.authorizer().want_identity_token();
    RegistryCall call;
    call.target = "/v2/";
    COVE_TRY(RegistrySession::Response response, session.send(call));
    if (response.http.status() == 200) return session.authorizer().identity_token();
    const Refusal refusal = read_refusal(response.http, session.now());
    Error error = refusal_error(refusal, "log in to", "the registry " + session.endpoint().name);
    return error;
  }

  static Result<std::vector<SearchResult>> search(RegistrySession& session, const std::string& term,
                                                  unsigned limit) {
    RegistryCall call;
    call.target = http::with_parameter("/v1/search", "q", term);
    call.target = http::with_parameter(std::move(call.target), "n",
                                       std::to_string(std::clamp(limit, 1U, kMostResults)));
    COVE_TRY(RegistrySession::Response response, session.send(call));
    if (response.http.status() != 200) {
      return Error{ErrorCode::kUnavailable, "search", session.endpoint().name,
                   fmt::format("Unexpected status code {}", response.http.status()),
                   "Not every registry can be searched."};
    }
    COVE_TRY(const std::string body, response.http.read_all(kMaxSearchAnswer));
    const std::string what = "the answer of " + session.endpoint().name;
    COVE_TRY(const auto document, parse_json(body, kMaxSearchAnswer, what));
    const Fields fields(document.get_object(), what);
    COVE_TRY(const auto* const rows, fields.array("results", kMostResults));
    std::vector<SearchResult> results;
    if (rows == nullptr) return results;
    for (const auto& row : *rows) {
      if (!row.is_object()) return fields.wrong("results", "has something that is no object");
      const Fields one(row.get_object(), what);
      SearchResult result;
      COVE_TRY(result.name, one.text("name"));
      COVE_TRY(result.description, one.text("description"));
      COVE_TRY(const std::int64_t stars, one.number("star_count"));
      result.stars = static_cast<int>(std::clamp<std::int64_t>(stars, 0, INT32_MAX));
      COVE_TRY(result.official, one.flag("is_official"));
      results.push_back(std::move(result));
      if (results.size() >= limit) break;
    }
    return results;
  }

  const Clock& clock() const { return parts_.clock; }

 private:
  static std::string note(const Error& error) { return error.cause; }

  Parts parts_;
  TokenCache tokens_;
  std::mutex mutex_;
  std::shared_ptr<RegistryClients> clients_;
};

Registries::Registries(Parts parts)
    : implementation_(std::make_unique<Implementation>(std::move(parts))) {}

Registries::~Registries() = default;

void Registries::set_settings(RegistrySettings settings) {
  implementation_->set_settings(std::move(settings));
}

Result<Pulled> Registries::pull(const Reference& reference, const Platform& platform,
                                const RegistryAuth& auth, const OnProgress& progress,
                                std::stop_token stop) {
  Reporter reporter(progress, implementation_->clock());
  auto pulled = implementation_->pull(reference, platform, auth, reporter, stop);
  if (pulled) Implementation::say_status(reporter, pulled->up_to_date, reference.familiar());
  return pulled;
}

Result<void> Registries::pull_all(const Reference& repository, const Platform& platform,
                                  const RegistryAuth& auth, const OnProgress& progress,
                                  std::stop_token stop) {
  COVE_TRY(const auto tags, implementation_->at_endpoints<std::vector<Reference>>(
                                repository.domain, true, auth, stop, [&](RegistrySession& session) {
                                  return fetch_tags(session, repository, stop);
                                }));
  Reporter reporter(progress, implementation_->clock());
  bool up_to_date = true;
  for (const Reference& each : tags) {
    COVE_TRY(const Pulled pulled, implementation_->pull(each, platform, auth, reporter, stop));
    up_to_date = up_to_date && pulled.up_to_date;
  }
  Implementation::say_status(reporter, up_to_date, repository.familiar_name());
  return {};
}

Result<Descriptor> Registries::push(const Reference& reference, const RegistryAuth& auth,
                                    const OnProgress& progress, std::stop_token stop) {
  Reporter reporter(progress, implementation_->clock());
  return implementation_->push(reference, auth, reporter, stop);
}

Result<Registries::Resolved> Registries::resolve(const Reference& reference,
                                                 const RegistryAuth& auth, std::stop_token stop) {
  return implementation_->at_endpoints<Resolved>(
      reference.domain, true, auth, stop,
      [&](RegistrySession& session) { return Implementation::resolve(session, reference, stop); });
}

Result<Secret> Registries::login(const std::string& domain, const RegistryAuth& auth,
                                 std::stop_token stop) {
  return implementation_->at_endpoints<Secret>(domain_of(domain), false, auth, stop,
                                               Implementation::login);
}

Result<std::vector<SearchResult>> Registries::search(const std::string& term, unsigned limit,
                                                     const RegistryAuth& auth,
                                                     std::stop_token stop) {
  // "registry.example:5000/term" searches there.
  std::string domain = kHub;
  std::string words = term;
  const std::size_t slash = term.find('/');
  const std::string first = term.substr(0, slash);
  if (slash != std::string::npos &&
      (first.find_first_of(".:") != std::string::npos || first == "localhost")) {
    domain = domain_of(first);
    words = term.substr(slash + 1);
  }
  // The hub's index is another host than its registry.
  const std::string where = domain == kHub ? "index.docker.io" : domain;
  return implementation_->at_endpoints<std::vector<SearchResult>>(
      where, false, auth, stop,
      [&](RegistrySession& session) { return Implementation::search(session, words, limit); });
}

}  // namespace cove::image
