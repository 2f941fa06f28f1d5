#include "core/image/registry_blob.h"

#include <fmt/format.h>

namespace cove::image {
namespace {

// So much between two breaks is progress, and all attempts count anew.
constexpr std::uint64_t kProgress = 8 << 20;

}  // namespace

Error BlobReader::wrong_size(std::uint64_t actual) const {
  return Error{ErrorCode::kCorrupt,
               "download",
               "the blob " + blob_.digest.text(),
               fmt::format("{} has {} bytes of it where the manifest says {}",
                           session_.endpoint().name, actual, blob_.size),
               {}};
}

Result<void> BlobReader::open() {
  RegistryCall call;
  call.target = fmt::format("/v2/{}/blobs/{}", repository_, blob_.digest.text());
  call.scope = fmt::format("repository:{}:pull", repository_);
  if (offset_ > 0) call.headers = {{"Range", fmt::format("bytes={}-", offset_)}};
  while (true) {
    auto attempt = session_.try_once(call, stop_);
    if (auto* failure = std::get_if<Failure>(&attempt)) {
      COVE_CHECK(attempts_.again(*failure));
      continue;
    }
    http::ClientResponse& response = std::get<RegistrySession::Response>(attempt).http;
    const auto length = response.content_length();
    if (response.status() == 206 && offset_ > 0) {
      const auto range = parse_content_range(response.header("content-range"));
      if (!range || range->first != offset_) {
        return Error{
            ErrorCode::kCorrupt,
            "download",
            "the blob " + blob_.digest.text(),
            fmt::format("{} sends another part of it than was asked for", session_.endpoint().name),
            {}};
      }
      if (range->total && *range->total != blob_.size) return wrong_size(*range->total);
      skip_ = 0;
    } else if (response.status() == 200) {
      if (length && *length != blob_.size) return wrong_size(*length);
      skip_ = offset_;
    } else if (response.status() == 416 && !call.headers.empty()) {
      call.headers.clear();
      continue;
    } else {
      Refusal refusal = read_refusal(response, session_.now());
      return refusal_error(refusal, "download", "the blob " + blob_.digest.text());
    }
    response_.emplace(std::move(response));
    return {};
  }
}

Result<std::string> BlobReader::read(std::size_t max) {
  while (offset_ < blob_.size) {
    if (!response_) COVE_CHECK(open());
    auto piece = response_->read(max);
    if (piece && !piece->empty()) {
      const std::size_t known = std::min<std::uint64_t>(skip_, piece->size());
      skip_ -= known;
      piece->erase(0, known);
      if (piece->empty()) continue;
      if (piece->size() > blob_.size - offset_) return wrong_size(offset_ + piece->size());
      offset_ += piece->size();
      since_break_ += piece->size();
      return piece;
    }
    response_.reset();
    if (std::exchange(since_break_, 0) >= kProgress) attempts_.reset();
    const bool ended = piece.has_value();
    Failure failure{ended ? wrong_size(offset_) : piece.error()};
    failure.transient = ended || failure.error.code == ErrorCode::kUnavailable ||
                        failure.error.code == ErrorCode::kTimeout;
    if (!ended && failure.error.code != ErrorCode::kCancelled)
      failure.error = unreachable(failure.error, session_.endpoint().name);
    COVE_CHECK(attempts_.again(failure));
  }
  return std::string();
}

}  // namespace cove::image
