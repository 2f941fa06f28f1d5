// BlobReader: a blob of a repository as a stream that survives broken connections.
#pragma once

#include <optional>
#include <string>

#include "core/image/manifest.h"
#include "core/image/registry_session.h"

namespace cove::image {

// Not thread-safe. Does not verify the digest: who stores the bytes does.
class BlobReader {
 public:
  // Begins at `offset`, which is not beyond the descriptor's size.
  BlobReader(RegistrySession& session, std::string repository, Descriptor blob,
             std::uint64_t offset, std::stop_token stop)
      : session_(session),
        repository_(std::move(repository)),
        blob_(std::move(blob)),
        offset_(offset),
        stop_(std::move(stop)),
        attempts_(session.attempts(stop_)) {}

  // At least a byte and at most `max`; "" when all of the descriptor's size was given. A connection
  // that breaks is replaced, going on where it broke by Range; what a server that knows no ranges
  // sends again is skipped. kCorrupt when the registry has another size.
  Result<std::string> read(std::size_t max);
  std::uint64_t offset() const { return offset_; }

 private:
  Result<void> open();
  Error wrong_size(std::uint64_t actual) const;

  RegistrySession& session_;
  std::string repository_;
  Descriptor blob_;
  std::uint64_t offset_;
  std::stop_token stop_;
  Attempts attempts_;
  std::uint64_t skip_ = 0;  // of what comes, what was given before
  std::uint64_t since_break_ = 0;
  std::optional<http::ClientResponse> response_;
};

}  // namespace cove::image
