#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>

#include "core/image/registry_push.h"

namespace cove::image {
namespace {

constexpr std::size_t kPiece = 256 * 1024;
// Smaller blobs go in one request with their digest.
constexpr std::uint64_t kMonolithic = 64 * 1024;
constexpr int kGzipFormat = 16 + 15;

Result<std::size_t> read_some(int fd, char* space, std::size_t size, const std::string& name) {
  ssize_t n = 0;
  while ((n = ::read(fd, space, size)) < 0 && errno == EINTR) continue;
  if (n < 0) return errno_error(errno, "read the blob", name);
  return static_cast<std::size_t>(n);
}

struct DeflateEnd {
  void operator()(z_stream* stream) const { ::deflateEnd(stream); }
};

}  // namespace

Result<Descriptor> compress_blob(ContentStore& content, const Digest& plain,
                                 const std::stop_token& stop) {
  COVE_TRY(const Fd source, content.open_blob(plain));
  COVE_TRY(const auto writer, content.writer({}));
  z_stream stream{};
  // zlib's header of its own has no time and no name, so the bytes are the same every time.
  if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipFormat, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
    return Error{ErrorCode::kResourceExhausted, "compress", plain.text(), "out of memory", {}};
  const std::unique_ptr<z_stream, DeflateEnd> guard(&stream);
  std::vector<char> in(kPiece);
  std::vector<char> out(kPiece);
  std::uint64_t size = 0;
  for (int mode = Z_NO_FLUSH; mode != Z_FINISH;) {
    if (stop.stop_requested())
      return Error{ErrorCode::kCancelled, "compress", plain.text(), "it was cancelled", {}};
    COVE_TRY(const std::size_t n, read_some(source.get(), in.data(), in.size(), plain.text()));
    if (n == 0) mode = Z_FINISH;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(n);
    do {
      stream.next_out = reinterpret_cast<Bytef*>(out.data());
      stream.avail_out = static_cast<uInt>(out.size());
      ::deflate(&stream, mode);
      const std::size_t made = out.size() - stream.avail_out;
      COVE_CHECK(writer->write({out.data(), made}));
      size += made;
    } while (stream.avail_out == 0);
  }
  COVE_TRY(Digest digest, writer->commit());
  return Descriptor{media::kDockerLayerGzip, std::move(digest), size};
}

Result<bool> Uploader::exists(const Descriptor& blob, const std::stop_token& stop) {
  RegistryCall call{.method = "HEAD"};
  call.target = fmt::format("/v2/{}/blobs/{}", parts_.repository, blob.digest.text());
  call.scope = parts_.scope;
  COVE_TRY(RegistrySession::Response response, parts_.session.send(call, stop));
  const int status = response.http.status();
  if (status == 200) return true;
  if (status == 404) return false;
  return refusal_error(read_refusal(response.http, parts_.session.now()), "push to",
                       parts_.repository);
}

// Nothing when the blob was mounted.
Result<std::optional<Uploader::Place>> Uploader::begin(const Descriptor& blob,
                                                       const std::string& from,
                                                       const std::stop_token& stop) {
  RegistryCall call{.method = "POST"};
  call.target = fmt::format("/v2/{}/blobs/uploads/", parts_.repository);
  if (!from.empty()) {
    call.target = http::with_parameter(std::move(call.target), "mount", blob.digest.text());
    call.target = http::with_parameter(std::move(call.target), "from", from);
  }
  call.scope = parts_.scope;
  if (!from.empty()) call.scope = fmt::format("repository:{}:pull {}", from, parts_.scope);
  COVE_TRY(RegistrySession::Response response, parts_.session.send(call, stop));
  if (response.http.status() == 201 && !from.empty()) return std::optional<Place>();
  if (response.http.status() != 202) {
    // Not every registry has mounts.
    if (!from.empty()) return begin(blob, {}, stop);
    Error error = refusal_error(read_refusal(response.http, parts_.session.now()), "push to",
                                parts_.repository);
    return error;
  }
  COVE_TRY(http::Url url, http::resolve_location(response.url, response.http.header("location")));
  COVE_CHECK(response.http.read_all(kMonolithic));
  return std::optional<Place>(Place{std::move(url)});
}

// Sends what is missing; `place` is where the registry says to go on afterwards.
RegistrySession::Attempt Uploader::send_rest(const Descriptor& blob, Place& place,
                                             const OnBytes& on_bytes, const std::stop_token& stop) {
  auto file = parts_.content.open_blob(blob.digest);
  if (!file) return Failure{file.error()};
  if (::lseek(file->get(), static_cast<off_t>(place.offset), SEEK_SET) < 0)
    return Failure{errno_error(errno, "read the blob", blob.digest.text())};
  const bool whole = place.offset == 0 && blob.size <= kMonolithic;
  RegistryCall call{.method = whole ? "PUT" : "PATCH"};
  call.url = place.url;
  if (whole) {
    call.url->target =
        http::with_parameter(std::move(call.url->target), "digest", blob.digest.text());
  }
  call.headers = {{"Content-Type", "application/octet-stream"}};
  if (!whole) {
    call.headers.emplace_back("Content-Range", fmt::format("{}-{}", place.offset, blob.size - 1));
  }
  std::uint64_t sent = place.offset;
  call.source = [&](std::size_t max) -> Result<std::string> {
    std::string piece(std::min(max, kPiece), '\0');
    COVE_TRY(const std::size_t n,
             read_some(file->get(), piece.data(), piece.size(), blob.digest.text()));
    piece.resize(n);
    sent += n;
    on_bytes(sent);
    return piece;
  };
  call.source_length = blob.size - place.offset;
  call.scope = parts_.scope;
  return parts_.session.try_once(call, stop);
}

// How much has arrived; nothing when the registry knows the upload no more.
Result<std::optional<Uploader::Place>> Uploader::ask_status(Place place,
                                                            const std::stop_token& stop) {
  RegistryCall call;
  call.url = place.url;
  call.scope = parts_.scope;
  COVE_TRY(RegistrySession::Response response, parts_.session.send(call, stop));
  const auto arrived = parse_upload_range(response.http.header("range"));
  if (response.http.status() / 100 != 2 || !arrived) return std::optional<Place>();
  place.offset = *arrived;
  if (response.http.has_header("location")) {
    COVE_TRY(place.url, http::resolve_location(response.url, response.http.header("location")));
  }
  return std::optional<Place>(std::move(place));
}

Result<void> Uploader::finish(const Descriptor& blob, const Place& place,
                              const std::stop_token& stop) {
  RegistryCall call{.method = "PUT"};
  call.url = place.url;
  call.url->target =
      http::with_parameter(std::move(call.url->target), "digest", blob.digest.text());
  call.scope = parts_.scope;
  COVE_TRY(RegistrySession::Response response, parts_.session.send(call, stop));
  if (response.http.status() == 201 || response.http.status() == 204) return {};
  return refusal_error(read_refusal(response.http, parts_.session.now()), "push to",
                       parts_.repository);
}

Result<Uploader::Outcome> Uploader::upload(const Descriptor& blob, const std::string& from,
                                           const OnBytes& on_bytes, const std::stop_token& stop) {
  std::optional<Place> place;
  if (!from.empty()) {
    COVE_TRY(place, begin(blob, from, stop));
    if (!place) return Outcome{from};
  }
  Attempts attempts = parts_.session.attempts(stop);
  while (true) {
    if (!place) {
      COVE_TRY(place, begin(blob, {}, stop));
    }
    auto attempt = send_rest(blob, *place, on_bytes, stop);
    Failure failure;
    if (auto* response = std::get_if<RegistrySession::Response>(&attempt)) {
      const int status = response->http.status();
      if (status == 201 || status == 204) return Outcome{};
      if (status == 202) {
        COVE_TRY(place->url,
                 http::resolve_location(response->url, response->http.header("location")));
        COVE_CHECK(response->http.read_all(kMonolithic));
        COVE_CHECK(finish(blob, *place, stop));
        return Outcome{};
      }
      const Refusal refusal = read_refusal(response->http, parts_.session.now());
      failure = {refusal_error(refusal, "push to", parts_.repository)};
      // The registry has another idea of how far it is, lost the upload, or a token ran out.
      failure.transient = status == 416 || status == 404 || status == 401;
    } else {
      failure = std::get<Failure>(std::move(attempt));
    }
    COVE_CHECK(attempts.again(failure));
    auto stands = ask_status(*place, stop);
    if (!stands) return stands.error();
    place = std::move(*stands);
    if (place && place->offset > blob.size) place.reset();
    if (place && place->offset == blob.size) {
      COVE_CHECK(finish(blob, *place, stop));
      return Outcome{};
    }
  }
}

}  // namespace cove::image
