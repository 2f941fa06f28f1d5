#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/image/json.h"
#include "core/image/registry_blob.h"
#include "core/image/registry_pull.h"

namespace cove::image {
namespace {

// What is understood, best first. A registry that has something else says so, or sends it.
std::string accepted() {
  return fmt::format("{}, {}, {}, {}, */*;q=0.1", media::kOciIndex, media::kDockerList,
                     media::kOciManifest, media::kDockerManifest);
}

RegistryCall manifest_call(const Reference& reference, const char* method) {
  RegistryCall call;
  call.method = method;
  call.target = fmt::format("/v2/{}/manifests/{}", reference.repository,
                            reference.digest.empty() ? reference.tag : reference.digest.text());
  call.headers = {{"Accept", accepted()}};
  call.scope = fmt::format("repository:{}:pull", reference.repository);
  return call;
}

// Docker's words for what users mistype most.
Error not_pulled(const Refusal& refusal, const Reference& reference) {
  Error error = refusal_error(refusal, "pull", reference.familiar());
  if (refusal.code == "DENIED" || (refusal.code.empty() && refusal.status == 403)) {
    error.code = ErrorCode::kNotFound;
    error.cause = fmt::format(
        "pull access denied for {}, repository does not exist or may require 'docker login': {}",
        reference.familiar_name(), refusal.words);
  } else if (refusal.code == "NAME_UNKNOWN") {
    error.cause =
        fmt::format("repository {} not found: {}", reference.familiar_name(), refusal.words);
  } else if (refusal.status == 404) {
    error.cause =
        fmt::format("manifest for {} not found: {}", reference.familiar(),
                    refusal.code.empty() ? "manifest unknown: manifest unknown" : refusal.words);
  }
  return error;
}

// The document's own word counts where the header says nothing of use.
std::string media_type_of(std::string_view header, const std::string& bytes) {
  std::string type(trim(header.substr(0, header.find(';'))));
  const bool telling =
      type.find(".manifest.") != std::string::npos || type.find(".index.") != std::string::npos;
  if (telling) return type;
  const auto document = parse_json(bytes, kMaxManifestBytes, "the manifest");
  if (!document) return type;
  const Fields fields(document->get_object(), "the manifest");
  if (const auto said = fields.text("mediaType"); said && !said->empty()) return *said;
  if (const auto schema = fields.number("schemaVersion"); schema && *schema == 1)
    return "application/vnd.docker.distribution.manifest.v1+json";
  return fields.get("manifests") != nullptr ? media::kOciIndex : media::kOciManifest;
}

Result<void> check_media_type(FoundManifest& found, const Reference& reference) {
  const auto refuse = [&](std::string cause, std::string remedy) {
    return Error{ErrorCode::kUnsupported, "pull", reference.familiar(), std::move(cause),
                 std::move(remedy)};
  };
  found.is_index = found.media_type == media::kOciIndex || found.media_type == media::kDockerList;
  if (found.is_index || found.media_type == media::kOciManifest ||
      found.media_type == media::kDockerManifest)
    return {};
  if (found.media_type.find("manifest.v1+") != std::string::npos) {
    return refuse("its manifest is of the old form 'schema 1', which is no longer supported",
                  "Push the image again with a tool of this decade.");
  }
  return refuse(fmt::format("unsupported manifest media type {}",
                            escape_control(found.media_type.substr(0, 200))),
                {});
}

Error lying(const std::string& who, const Reference& reference, const Digest& said,
            const Digest& actual) {
  return Error{ErrorCode::kCorrupt,
               "pull",
               reference.familiar(),
               fmt::format("manifest verification failed for digest {}: {} sent bytes of the "
                           "digest {}",
                           said.text(), who, actual.text()),
               {}};
}

}  // namespace

Result<FoundManifest> fetch_manifest(RegistrySession& session, const Reference& reference,
                                     const std::stop_token& stop) {
  COVE_TRY(RegistrySession::Response response, session.send(manifest_call(reference, "GET"), stop));
  http::ClientResponse& http = response.http;
  if (http.status() != 200) {
    const Refusal refusal = read_refusal(http, session.now());
    return not_pulled(refusal, reference);
  }
  auto bytes = http.read_all(kMaxManifestBytes);
  if (!bytes) {
    Error error = bytes.error();
    if (error.code != ErrorCode::kResourceExhausted) return unreachable(error, reference.domain);
    error.action = "pull";
    error.subject = reference.familiar();
    error.cause = fmt::format("its manifest is longer than {}", format_size(kMaxManifestBytes));
    return error;
  }
  FoundManifest found;
  found.digest = Digest::of(*bytes);
  const std::string& who = session.endpoint().name;
  if (!reference.digest.empty() && reference.digest != found.digest)
    return lying(who, reference, reference.digest, found.digest);
  const auto said = Digest::parse(http.header("docker-content-digest"));
  if (said && *said != found.digest) return lying(who, reference, *said, found.digest);
  found.media_type = media_type_of(http.header("content-type"), *bytes);
  found.bytes = std::move(*bytes);
  COVE_CHECK(check_media_type(found, reference));
  return found;
}

Result<std::optional<Digest>> ask_digest(RegistrySession& session, const Reference& reference,
                                         const std::stop_token& stop) {
  auto response = session.send(manifest_call(reference, "HEAD"), stop);
  // The answer to HEAD has no words; of a limit the user wants to read them.
  const bool limited = !response && response.error().code == ErrorCode::kResourceExhausted;
  if (!response && !limited) return response.error();
  if (limited || response->http.status() != 200) return std::optional<Digest>();
  auto digest = Digest::parse(response->http.header("docker-content-digest"));
  return digest ? std::optional<Digest>(std::move(*digest)) : std::nullopt;
}

Result<std::string> fetch_small_blob(RegistrySession& session, const std::string& repository,
                                     const Descriptor& blob, const std::stop_token& stop) {
  const std::string subject = "the blob " + blob.digest.text();
  if (blob.size > kMaxManifestBytes) {
    return Error{ErrorCode::kResourceExhausted,
                 "download",
                 subject,
                 fmt::format("it is longer than {}", format_size(kMaxManifestBytes)),
                 {}};
  }
  BlobReader reader(session, repository, blob, 0, stop);
  std::string bytes;
  while (true) {
    COVE_TRY(const std::string piece, reader.read(64 * 1024));
    if (piece.empty()) break;
    bytes += piece;
  }
  if (const Digest actual = Digest::of(bytes); actual != blob.digest) {
    return Error{
        ErrorCode::kCorrupt,
        "download",
        subject,
        fmt::format("{} sent bytes of the digest {}", session.endpoint().name, actual.text()),
        {}};
  }
  return bytes;
}

}  // namespace cove::image
