// The write-ahead log's file format is SQLite's (sqlite.org/fileformat2.html, section 4): a header
// of 32 bytes, then frames of 24 bytes and a page each, with one running checksum over all.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/store/log_file.h"

namespace cove::store {
namespace {

constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 24;
constexpr std::uint32_t kMagic = 0x377f0682;  // the lowest bit says how sums read words

std::uint32_t big_endian(const unsigned char* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
         static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3];
}
std::uint32_t little_endian(const unsigned char* bytes) {
  return static_cast<std::uint32_t>(bytes[3]) << 24 | static_cast<std::uint32_t>(bytes[2]) << 16 |
         static_cast<std::uint32_t>(bytes[1]) << 8 | bytes[0];
}

struct Sum {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  bool operator==(const Sum&) const = default;

  void add(std::span<const unsigned char> bytes, bool big) {
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
      first += (big ? big_endian(&bytes[i]) : little_endian(&bytes[i])) + second;
      second += (big ? big_endian(&bytes[i + 4]) : little_endian(&bytes[i + 4])) + first;
    }
  }
};

// Reads frames one by one and tells what each is worth.
class Reader {
 public:
  explicit Reader(Fd fd) : fd_(std::move(fd)) {}

  enum class Header { kNone, kValid, kDamaged };
  Header read_header() {
    std::array<unsigned char, kHeaderBytes> header{};
    if (!read(header, 0)) return Header::kNone;
    const std::uint32_t magic = big_endian(header.data());
    big_ = (magic & 1) != 0;
    page_bytes_ = big_endian(&header[8]);
    std::copy_n(&header[16], salts_.size(), salts_.begin());
    Sum sum;
    sum.add(std::span(header).first(24), big_);
    stored_ = {big_endian(&header[24]), big_endian(&header[28])};
    if ((magic & ~1U) == kMagic && sum == stored_ && page_bytes_ >= 512 && page_bytes_ <= 65536) {
      return Header::kValid;
    }
    // Growing left zeroes where the header was about to be written.
    return std::all_of(header.begin(), header.end(), [](unsigned char byte) { return byte == 0; })
               ? Header::kNone
               : Header::kDamaged;
  }

  struct Frame {
    bool ours = false;     // of this generation of the log, by its salts
    bool follows = false;  // its sum continues the stored sum of the frame before
    bool valid = false;    // all frames up to it are whole
    bool commit = false;
  };
  // Nothing at the end of the file.
  std::optional<Frame> next() {
    frame_.resize(kFrameHeaderBytes + page_bytes_);
    if (!read(frame_, offset_)) return std::nullopt;
    offset_ += static_cast<off_t>(frame_.size());
    const std::span<const unsigned char> bytes(frame_);
    Sum expected = stored_;
    expected.add(bytes.first(8), big_);
    expected.add(bytes.subspan(kFrameHeaderBytes), big_);
    stored_ = {big_endian(&frame_[16]), big_endian(&frame_[20])};
    Frame frame;
    frame.ours = std::equal(salts_.begin(), salts_.end(), &frame_[8]);
    frame.follows = frame.ours && expected == stored_;
    frame.commit = big_endian(&frame_[4]) != 0;
    whole_ = whole_ && frame.follows;
    frame.valid = whole_;
    return frame;
  }

 private:
  bool read(std::span<unsigned char> bytes, off_t offset) {
    return ::pread(fd_.get(), bytes.data(), bytes.size(), offset) ==
           static_cast<ssize_t>(bytes.size());
  }

  Fd fd_;
  bool big_ = false;
  bool whole_ = true;
  std::uint32_t page_bytes_ = 0;
  std::array<unsigned char, 8> salts_{};
  Sum stored_;
  off_t offset_ = kHeaderBytes;
  std::vector<unsigned char> frame_;
};

}  // namespace

// A transaction is written after the fsync of the one before. So when a frame is broken and a whole
// frame stands behind the end of its transaction, the broken one had been synced: it is damage.
// Frames that a failed write left behind do not count: they do not continue each other's sums.
Result<void> check_write_ahead_log(const Path& store) {
  const Path path = store.string() + "-wal";
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) {
    if (errno == ENOENT) return {};
    return errno_error(errno, "open the store", path.string());
  }
  Reader reader(std::move(fd));
  switch (reader.read_header()) {
    case Reader::Header::kNone: return {};
    case Reader::Header::kDamaged:
      return corrupt_store(store, "the head of its write-ahead log is damaged");
    case Reader::Header::kValid: break;
  }
  auto frame = reader.next();
  while (frame && frame->valid) frame = reader.next();
  // `frame` is the first that is not whole, if there is one.
  bool ended = frame && frame->ours && frame->commit;
  for (int behind = 1; frame && (frame = reader.next()); ++behind) {
    if (!frame->ours || (behind > 1 && !frame->follows)) return {};
    if (ended && frame->follows) {
      return corrupt_store(store, "its write-ahead log is damaged before its end");
    }
    ended = ended || frame->commit;
  }
  return {};
}

}  // namespace cove::store
