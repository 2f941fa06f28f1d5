#include "core/image/registry_tags.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/image/json.h"
#include "core/image/registry_headers.h"

namespace cove::image {
namespace {

constexpr std::size_t kMaxPage = 4 << 20;
constexpr std::size_t kMostTags = 10'000;

Result<void> add_page(const std::string& body, const Reference& repository,
                      const std::string& registry, std::vector<Reference>& tags) {
  const std::string what = "the answer of " + registry;
  COVE_TRY(const auto document, parse_json(body, kMaxPage, what));
  const Fields fields(document.get_object(), what);
  COVE_TRY(const auto* const list, fields.array("tags", kMostTags));
  if (list == nullptr) return {};
  for (const auto& item : *list) {
    Result<Reference> tag =
        item.is_string() ? parse_tagged(repository.name() + ":" + std::string(item.get_string()))
                         : Result<Reference>(fields.wrong("tags", "has something that is no text"));
    if (!tag || !tag->digest.empty()) {
      return Error{ErrorCode::kCorrupt,
                   "list the tags of",
                   repository.familiar_name(),
                   registry + " lists something that is no tag",
                   {}};
    }
    tags.push_back(std::move(*tag));
  }
  if (tags.size() <= kMostTags) return {};
  return Error{ErrorCode::kResourceExhausted, "list the tags of", repository.familiar_name(),
               fmt::format("it has more than {}", kMostTags), "Pull the tags that are needed."};
}

}  // namespace

Result<std::vector<Reference>> fetch_tags(RegistrySession& session, const Reference& repository,
                                          const std::stop_token& stop) {
  RegistryCall call;
  call.target = fmt::format("/v2/{}/tags/list", repository.repository);
  call.scope = fmt::format("repository:{}:pull", repository.repository);
  std::vector<Reference> tags;
  while (true) {
    COVE_TRY(RegistrySession::Response response, session.send(call, stop));
    if (response.http.status() != 200) {
      const Refusal refusal = read_refusal(response.http, session.now());
      Error error = refusal_error(refusal, "list the tags of", repository.familiar_name());
      if (refusal.status == 404) {
        error.cause =
            fmt::format("repository {} not found: {}", repository.familiar_name(), refusal.words);
      }
      return error;
    }
    const auto next = parse_next_link(response.http.header("link"));
    COVE_TRY(const std::string body, response.http.read_all(kMaxPage));
    const std::size_t before = tags.size();
    COVE_CHECK(add_page(body, repository, session.endpoint().name, tags));
    // A page without tags that has a next one would go on for ever.
    if (!next || tags.size() == before) return tags;
    COVE_TRY(call.url, http::resolve_location(response.url, *next));
  }
}

}  // namespace cove::image
