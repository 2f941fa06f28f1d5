#include "core/image/unpack_stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <vector>

#include "core/base/strings.h"

namespace cove::image {
namespace {

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

Error refused(ErrorCode code, std::string cause) {
  return Error{code, "unpack", "the layer", std::move(cause), ""};
}

// What libarchive calls for packed bytes.
struct Source {
  const UnpackStream::Read* read = nullptr;
  std::vector<char> buffer = std::vector<char>(256 << 10);
  std::uint64_t* total = nullptr;
  std::optional<Error> error = std::nullopt;
};

la_ssize_t read_packed(archive*, void* context, const void** bytes) {
  auto* source = static_cast<Source*>(context);
  auto n = (*source->read)(source->buffer.data(), source->buffer.size());
  if (!n) {
    source->error = n.error();
    return -1;
  }
  *bytes = source->buffer.data();
  *source->total += *n;
  return static_cast<la_ssize_t>(*n);
}

}  // namespace

UnpackStream::UnpackStream(Read read, const UnpackLimits& limits, bool all_filters, bool hash)
    : read_(std::move(read)), limits_(limits), all_filters_(all_filters), hashing_(hash) {
  producer_ = std::thread([this] { produce(); });
  if (hashing_) hasher_ = std::thread([this] { this->hash(); });
}

UnpackStream::~UnpackStream() {
  {
    std::lock_guard lock(mutex_);
    abandoned_ = true;
    changed_.notify_all();
  }
  producer_.join();
  if (hasher_.joinable()) hasher_.join();
}

void UnpackStream::produce() {
  std::optional<Error> error;
  try {
    if (auto done = decompress(); !done) error = done.error();
  } catch (const std::exception& exception) {
    error = refused(ErrorCode::kResourceExhausted, exception.what());
  }
  std::lock_guard lock(mutex_);
  error_ = std::move(error);
  ended_ = true;
  changed_.notify_all();
}

Result<void> UnpackStream::decompress() {
  const std::unique_ptr<archive, FreeArchive> reader(archive_read_new());
  if (!reader) return refused(ErrorCode::kResourceExhausted, "there is no memory");
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_zstd(reader.get());
  if (all_filters_) {
    archive_read_support_filter_bzip2(reader.get());
    archive_read_support_filter_xz(reader.get());
  }
  archive_read_support_format_raw(reader.get());
  archive_read_support_format_empty(reader.get());
  Source source;
  source.read = &read_;
  source.total = &packed_;
  const auto failure = [&]() -> Error {
    if (source.error) return *source.error;
    const char* text = archive_error_string(reader.get());
    return refused(ErrorCode::kInvalidArgument,
                   fmt::format("it cannot be decompressed ({})",
                               escape_control(text != nullptr ? text : "unknown format")));
  };
  if (archive_read_open(reader.get(), &source, nullptr, read_packed, nullptr) != ARCHIVE_OK)
    return failure();
  archive_entry* entry = nullptr;
  const int header = archive_read_next_header(reader.get(), &entry);
  if (header == ARCHIVE_EOF) return {};
  if (header < ARCHIVE_WARN) return failure();
  while (true) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int result = archive_read_data_block(reader.get(), &bytes, &size, &offset);
    if (result == ARCHIVE_EOF) return {};
    if (result < ARCHIVE_WARN) return failure();
    COVE_CHECK(emit({static_cast<const char*>(bytes), size}));
  }
}

Result<void> UnpackStream::emit(std::string_view bytes) {
  unpacked_ += bytes.size();
  if (unpacked_ > limits_.ratio_grace && unpacked_ / limits_.ratio > packed_) {
    return refused(
        ErrorCode::kResourceExhausted,
        fmt::format("it grows to more than {} times its size when it is unpacked", limits_.ratio));
  }
  while (!bytes.empty()) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      const std::uint64_t oldest = hashing_ ? std::min(consumed_, hashed_) : consumed_;
      return abandoned_ || produced_ - oldest < kChunks;
    });
    if (abandoned_) return refused(ErrorCode::kCancelled, "it is not wanted any more");
    std::string& chunk = ring_[produced_ % kChunks];
    lock.unlock();
    const std::string_view part = bytes.substr(0, kChunk);
    chunk.assign(part);
    bytes.remove_prefix(part.size());
    lock.lock();
    ++produced_;
    changed_.notify_all();
  }
  return {};
}

const std::string* UnpackStream::wait_for(std::uint64_t index) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return abandoned_ || ended_ || produced_ > index; });
  if (abandoned_ || produced_ <= index) return nullptr;
  return &ring_[index % kChunks];
}

void UnpackStream::hash() {
  Sha256 hash;
  while (const std::string* chunk = wait_for(hashed_)) {
    hash.put(*chunk);
    std::lock_guard lock(mutex_);
    ++hashed_;
    changed_.notify_all();
  }
  digest_ = hash.finish();
}

Result<std::string_view> UnpackStream::next() {
  if (holding_) {
    std::lock_guard lock(mutex_);
    ++consumed_;
    holding_ = false;
    changed_.notify_all();
  }
  if (const std::string* chunk = wait_for(consumed_)) {
    holding_ = true;
    return std::string_view(*chunk);
  }
  std::lock_guard lock(mutex_);
  if (error_) return *error_;
  return std::string_view();
}

Result<Digest> UnpackStream::finish() {
  while (true) {
    COVE_TRY(const std::string_view bytes, next());
    if (bytes.empty()) break;
  }
  if (hasher_.joinable()) hasher_.join();
  return digest_;
}

}  // namespace cove::image
