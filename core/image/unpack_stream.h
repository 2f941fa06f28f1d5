// A layer's bytes on their way: decompressed in one thread, hashed in another, read in a third.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "core/base/result.h"
#include "core/image/digest.h"
#include "core/image/layer_store.h"

namespace cove::image {

// Decompresses by magic: gzip and zstd, and with `all_filters` bzip2 and xz too; anything else is
// taken as it is. Bounded in memory (a ring of a few chunks) and, by the limits, in what comes out.
class UnpackStream {
 public:
  // Packed bytes: at most the buffer's size; 0 at the end. Called from the stream's own thread.
  using Read = std::function<Result<std::size_t>(char* buffer, std::size_t size)>;

  UnpackStream(Read read, const UnpackLimits& limits, bool all_filters, bool hash);
  ~UnpackStream();  // joins; a read() under way must come to an end

  // The next piece, valid until the next call; "" at the end. From one thread.
  Result<std::string_view> next();
  // Reads what is left. The digest of all of it, empty unless `hash`.
  Result<Digest> finish();

 private:
  static constexpr std::size_t kChunk = 256 << 10;
  static constexpr std::size_t kChunks = 8;

  void produce();
  void hash();
  Result<void> decompress();
  Result<void> emit(std::string_view bytes);
  // Waits for chunk number `index`; null at the end.
  const std::string* wait_for(std::uint64_t index);

  Read read_;
  UnpackLimits limits_;
  bool all_filters_;
  bool hashing_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<std::string, kChunks> ring_;
  std::uint64_t produced_ = 0, consumed_ = 0, hashed_ = 0;
  bool ended_ = false, abandoned_ = false;
  std::optional<Error> error_;

  std::uint64_t packed_ = 0, unpacked_ = 0;  // the producer's alone
  bool holding_ = false;                     // the consumer has the chunk `consumed_`
  Digest digest_;
  std::thread producer_, hasher_;
};

}  // namespace cove::image
