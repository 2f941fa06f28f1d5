#include "core/image/content_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>

#include "core/base/strings.h"

namespace cove::image {
namespace {

constexpr std::size_t kReadBytes = 1 << 18;
// What was fetched without knowing its digest; nobody can go on with it.
constexpr std::string_view kUnnamed = "new-";

Result<void> sync_folder(const Path& folder) {
  Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno_error(errno, "open", folder.string());
  if (::fsync(fd.get()) != 0 && errno != EINVAL) return errno_error(errno, "sync", folder.string());
  return {};
}

}  // namespace

class ContentStore::Implementation {
 public:
  explicit Implementation(const Path& directory)
      : blobs(directory / "blobs" / "sha256"),
        unsettled(directory / "unsettled"),
        ingest(directory / "ingest") {}

  // Where the blob is; where it would be settled when it is nowhere.
  Path blob(const Digest& digest) const {
    const std::string name(digest.hex());
    // settle() may move it from one to the other meanwhile.
    for (const Path* folder : {&blobs, &unsettled}) {
      if (::access((*folder / name).c_str(), F_OK) == 0) return *folder / name;
    }
    return blobs / name;
  }
  Path target(const Digest& digest, Durable durable) const {
    return (durable == Durable::kNow ? blobs : unsettled) / std::string(digest.hex());
  }
  Result<void> settle();

  // Waits until nobody else writes the file of this name in `ingest`.
  void occupy(const std::string& name) {
    std::unique_lock lock(mutex);
    free.wait(lock, [&] { return !writing.contains(name); });
    writing.insert(name);
  }
  void release(const std::string& name) {
    std::lock_guard lock(mutex);
    writing.erase(name);
    free.notify_all();
  }
  std::uint64_t forget_ingests() {
    std::lock_guard lock(mutex);
    std::uint64_t bytes = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(ingest, error)) {
      if (writing.contains(entry.path().filename().string())) continue;
      struct stat info {};
      const bool known = ::stat(entry.path().c_str(), &info) == 0;
      if (::unlink(entry.path().c_str()) == 0 && known)
        bytes += static_cast<std::uint64_t>(info.st_size);
    }
    return bytes;
  }

  const Path blobs;
  const Path unsettled;
  const Path ingest;

 private:
  std::mutex settling;
  std::mutex mutex;
  std::condition_variable free;
  std::set<std::string> writing;
};

Result<void> ContentStore::Implementation::settle() {
  const std::lock_guard lock(settling);
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(unsettled, error))
    names.push_back(entry.path().filename().string());
  if (error) return errno_error(error.value(), "read the folder", unsettled.string());
  if (names.empty()) return {};
  const Fd folder(::open(unsettled.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::syncfs(folder.get()) != 0) return errno_error(errno, "sync", unsettled.string());
  for (const std::string& name : names) {
    if (::rename((unsettled / name).c_str(), (blobs / name).c_str()) != 0 && errno != ENOENT)
      return errno_error(errno, "store the blob", name);
  }
  return sync_folder(blobs);
}

namespace {

Error not_found(const Digest& digest) {
  return Error{ErrorCode::kNotFound, "read the blob", digest.text(), "it is not in the store", ""};
}

Result<std::uint64_t> hash_file(int fd, const Path& path, Sha256& hash) {
  std::string buffer(kReadBytes, '\0');
  std::uint64_t total = 0;
  while (true) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error(errno, "read", path.string());
    if (n == 0) return total;
    hash.put({buffer.data(), static_cast<std::size_t>(n)});
    total += static_cast<std::uint64_t>(n);
  }
}

// A blob that is there already is shown as a writer that has everything.
class FileWriter final : public ContentStore::Writer {
 public:
  using Release = std::function<void()>;
  struct Places {
    std::function<Path(const Digest&)> blob;  // where it is
    std::function<Path(const Digest&, Durable)> target;
  };

  static Result<std::unique_ptr<FileWriter>> make(Path file, Places places, Digest expected,
                                                  std::uint64_t expected_size, Release release) {
    std::unique_ptr<FileWriter> writer(new FileWriter(std::move(file), std::move(places),
                                                      std::move(expected), expected_size,
                                                      std::move(release)));
    if (!writer->expected_.empty()) {
      struct stat info {};
      if (::stat(writer->places_.blob(writer->expected_).c_str(), &info) == 0) {
        writer->there_already_ = true;
        writer->offset_ = static_cast<std::uint64_t>(info.st_size);
        return writer;
      }
    }
    COVE_CHECK(writer->start());
    return writer;
  }

  ~FileWriter() override {
    if (expected_.empty() && !committed_) ::unlink(file_.c_str());
    fd_.reset();
    if (release_) release_();
  }

  std::uint64_t offset() const override { return offset_; }

  Result<void> write(std::string_view bytes) override {
    if (bytes.empty()) return {};
    if (there_already_ || committed_) {
      return Error{ErrorCode::kConflict, "write the blob", name(), "it is complete", ""};
    }
    if (expected_size_ != 0 && offset_ + bytes.size() > expected_size_) {
      return Error{ErrorCode::kCorrupt, "write the blob", name(),
                   fmt::format("more than the {} bytes it should have arrived", expected_size_),
                   ""};
    }
    hash_.put(bytes);
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        // The hash is ahead of the file now: what goes on must read the file again.
        const int error = errno;
        broken_ = true;
        return errno_error(error, "write the blob", name());
      }
      offset_ += static_cast<std::uint64_t>(n);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }

  Result<void> truncate() override {
    if (there_already_) {
      there_already_ = false;
      COVE_CHECK(start());
    }
    if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0)
      return errno_error(errno, "write the blob", name());
    hash_ = Sha256();
    offset_ = 0;
    broken_ = false;
    return {};
  }

  Result<Digest> commit(Durable durable) override {
    if (there_already_ || committed_) return expected_;
    if (broken_) {
      return Error{ErrorCode::kInternal, "store the blob", name(), "a write to it failed", ""};
    }
    const Digest actual = hash_.finish();
    broken_ = true;  // the hash takes nothing more, whatever fails below
    if (!expected_.empty() && actual != expected_) {
      const std::uint64_t had = offset_;
      COVE_CHECK(truncate());
      return Error{ErrorCode::kCorrupt, "store the blob", expected_.text(),
                   fmt::format("its {} bytes have the digest {}", had, actual.text()), ""};
    }
    if (durable == Durable::kNow && ::fsync(fd_.get()) != 0)
      return errno_error(errno, "sync", file_.string());
    if (::fchmod(fd_.get(), 0444) != 0) return errno_error(errno, "store", file_.string());
    const Path target = places_.target(actual, durable);
    if (::rename(file_.c_str(), target.c_str()) != 0)
      return errno_error(errno, "store the blob", actual.text());
    committed_ = true;
    expected_ = actual;
    if (durable == Durable::kNow) COVE_CHECK(sync_folder(target.parent_path()));
    return actual;
  }

 private:
  FileWriter(Path file, Places places, Digest expected, std::uint64_t expected_size,
             Release release)
      : file_(std::move(file)),
        places_(std::move(places)),
        expected_(std::move(expected)),
        expected_size_(expected_size),
        release_(std::move(release)) {}

  std::string name() const { return expected_.empty() ? file_.string() : expected_.text(); }

  // Opens the file and hashes what an earlier writer left.
  Result<void> start() {
    fd_ = Fd(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd_) return errno_error(errno, "write the blob", file_.string());
    COVE_TRY(offset_, hash_file(fd_.get(), file_, hash_));
    if (expected_size_ != 0 && offset_ > expected_size_) return truncate();
    return {};
  }

  Path file_;
  Places places_;
  Digest expected_;
  std::uint64_t expected_size_;
  Release release_;
  Fd fd_;
  Sha256 hash_;
  std::uint64_t offset_ = 0;
  bool there_already_ = false;
  bool committed_ = false;
  bool broken_ = false;
};

}  // namespace

ContentStore::ContentStore(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
ContentStore::~ContentStore() = default;

Result<std::unique_ptr<ContentStore>> ContentStore::open(const Path& directory) {
  auto implementation = std::make_unique<Implementation>(directory);
  COVE_CHECK(make_directories(implementation->blobs, 0700));
  COVE_CHECK(make_directories(implementation->ingest, 0700));
  COVE_CHECK(remove_tree(implementation->unsettled));
  COVE_CHECK(make_directories(implementation->unsettled, 0700));
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(implementation->ingest, error)) {
    if (entry.path().filename().string().starts_with(kUnnamed)) ::unlink(entry.path().c_str());
  }
  return std::unique_ptr<ContentStore>(new ContentStore(std::move(implementation)));
}

bool ContentStore::has(const Digest& digest) const {
  return !digest.empty() && ::access(implementation_->blob(digest).c_str(), F_OK) == 0;
}

Result<std::uint64_t> ContentStore::size(const Digest& digest) const {
  struct stat info {};
  if (digest.empty() || ::stat(implementation_->blob(digest).c_str(), &info) != 0)
    return not_found(digest);
  return static_cast<std::uint64_t>(info.st_size);
}

Result<Fd> ContentStore::open_blob(const Digest& digest) const {
  if (digest.empty()) return not_found(digest);
  const auto open_it = [&] {
    return Fd(::open(implementation_->blob(digest).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  };
  Fd fd = open_it();
  if (!fd && errno == ENOENT) fd = open_it();  // it may just have been settled
  if (!fd && errno == ENOENT) return not_found(digest);
  if (!fd) return errno_error(errno, "read the blob", digest.text());
  return fd;
}

Result<std::string> ContentStore::read(const Digest& digest, std::size_t max_bytes) const {
  if (!has(digest)) return not_found(digest);
  COVE_TRY(std::string bytes, read_file(implementation_->blob(digest), max_bytes));
  if (const Digest actual = Digest::of(bytes); actual != digest) {
    return Error{ErrorCode::kCorrupt, "read the blob", digest.text(),
                 fmt::format("its bytes have the digest {}", actual.text()),
                 "The disk changed it; remove the image and pull it again."};
  }
  return bytes;
}

Result<Digest> ContentStore::put(std::string_view bytes, Durable durable) {
  const Digest digest = Digest::of(bytes);
  if (has(digest)) return digest;
  COVE_TRY(const auto writer, this->writer(digest, bytes.size()));
  if (writer->offset() == bytes.size()) return writer->commit(durable);
  COVE_CHECK(writer->truncate());
  COVE_CHECK(writer->write(bytes));
  return writer->commit(durable);
}

Result<void> ContentStore::remove(const Digest& digest) {
  if (digest.empty()) return {};
  for (const Durable durable : {Durable::kOnceSettled, Durable::kNow}) {
    if (::unlink(implementation_->target(digest, durable).c_str()) != 0 && errno != ENOENT)
      return errno_error(errno, "remove the blob", digest.text());
  }
  return {};
}

std::vector<Digest> ContentStore::list() const {
  std::vector<Digest> digests;
  for (const Path& folder : {implementation_->unsettled, implementation_->blobs}) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      auto digest = Digest::parse("sha256:" + entry.path().filename().string());
      if (digest) digests.push_back(std::move(*digest));
    }
  }
  std::sort(digests.begin(), digests.end());
  digests.erase(std::unique(digests.begin(), digests.end()), digests.end());
  return digests;
}

Result<std::unique_ptr<ContentStore::Writer>> ContentStore::writer(const Digest& expected,
                                                                   std::uint64_t expected_size) {
  Implementation* const store = implementation_.get();
  const std::string name =
      expected.empty() ? std::string(kUnnamed) + random_hex(16) : std::string(expected.hex());
  store->occupy(name);
  const auto release = [store, name] { store->release(name); };
  FileWriter::Places places{
      [store](const Digest& digest) { return store->blob(digest); },
      [store](const Digest& digest, Durable durable) { return store->target(digest, durable); }};
  COVE_TRY(auto writer, FileWriter::make(store->ingest / name, std::move(places), expected,
                                         expected_size, release));
  return std::unique_ptr<Writer>(std::move(writer));
}

Result<void> ContentStore::settle() {
  return implementation_->settle();
}

std::uint64_t ContentStore::forget_ingests() {
  return implementation_->forget_ingests();
}

}  // namespace cove::image
