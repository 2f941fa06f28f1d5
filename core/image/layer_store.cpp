#include "core/image/layer_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "core/base/strings.h"
#include "core/image/lower_view.h"
#include "core/image/rooted.h"
#include "core/image/tar_writer.h"
#include "core/image/tree_archive.h"
#include "core/image/unpack_child.h"

namespace cove::image {
namespace {

constexpr const char* kTemporary = "tmp";
constexpr const char* kSizeFile = "size";
// In a layer that the disk may not have yet.
constexpr const char* kUnsettledFile = "unsettled";

Result<Fd> open_folder(const Path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno_error(errno, "open", path.string());
  return fd;
}

// Folders that a layer needs and does not have look as they do in the layers below.
Result<void> dress_implicit(const Path& root, const std::set<std::string>& folders,
                            const LowerView& lower) {
  COVE_TRY(const Fd top, open_folder(root));
  for (const std::string& path : folders) {
    const auto found = lower.find(path);
    if (!found || !S_ISDIR(found->status.st_mode)) continue;
    const Fd folder = open_in_root(top.get(), path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!folder) continue;
    const struct stat& status = found->status;
    if (::geteuid() == 0 && ::fchown(folder.get(), status.st_uid, status.st_gid) != 0)
      return errno_error(errno, "unpack", path);
    const timespec times[2]{status.st_mtim, status.st_mtim};
    if (::fchmod(folder.get(), status.st_mode & 07777) != 0 ||
        ::futimens(folder.get(), times) != 0) {
      return errno_error(errno, "unpack", path);
    }
  }
  return {};
}

}  // namespace

class LayerStore::Implementation {
 public:
  explicit Implementation(Parts parts) : parts_(std::move(parts)) {}
  // Removes in the background what is in `tmp` now, and what comes there by discard().
  Result<void> start();

  Path folder(const Digest& diff_id) const { return parts_.directory / std::string(diff_id.hex()); }
  Path temporary() const { return parts_.directory / kTemporary; }
  const Parts& parts() const { return parts_; }

  std::vector<Path> paths(const std::vector<Digest>& layers) const {
    std::vector<Path> list;
    for (const Digest& layer : layers) list.push_back(folder(layer) / "fs");
    return list;
  }

  std::uint64_t size(const Digest& diff_id);
  void forget_size(const Digest& diff_id) {
    std::lock_guard lock(mutex_);
    sizes_.erase(diff_id);
  }

  Result<UnpackedLayer> make(const Feed& feed, const Digest& expected,
                             const std::vector<Digest>& parents, const CommitOptions& options,
                             std::stop_token stop);
  // A layer whose tree is there already, in a folder that becomes its own.
  Result<void> adopt(const Path& tree, const UnpackedLayer& layer, const CommitOptions& options);
  Result<void> settle();
  // Takes a name away from under whoever looks; what is behind it is removed in the background.
  Result<void> discard(const std::string& name);
  void finish_removals() {
    std::unique_lock lock(mutex_);
    buried_.wait(lock, [&] { return graves_.empty() && !digging_; });
  }

 private:
  Result<UnpackedLayer> fill(const Path& draft, const Feed& feed, const Digest& expected,
                             const std::vector<Digest>& parents, std::stop_token stop);
  Result<void> publish(const Path& draft, const UnpackedLayer& layer, const CommitOptions& options);
  // Makes a draft and shows it as a layer; what fails is removed.
  Result<UnpackedLayer> draft(
      const std::function<Result<UnpackedLayer>(const Path& draft)>& fill_it,
      const CommitOptions& options, const std::stop_token& stop);
  void bury(std::string grave) {
    std::lock_guard lock(mutex_);
    graves_.push_back(std::move(grave));
    buried_.notify_all();
  }
  void dig(const std::stop_token& stop, int drafts);

  const Parts parts_;
  std::mutex mutex_;
  std::map<Digest, std::uint64_t> sizes_;
  std::mutex settling_;
  std::set<Digest> unsettled_;
  // Names in `tmp`; as many as there are layers on the disk at most.
  std::deque<std::string> graves_;
  bool digging_ = false;
  std::condition_variable_any buried_;  // the graves have changed
  std::jthread digger_;
};

Result<void> LayerStore::Implementation::start() {
  // Nothing that lasts stands on what was not settled.
  COVE_TRY(const Fd top, open_folder(parts_.directory));
  COVE_TRY(const auto names, folder_names(top.get()));
  for (const std::string& name : names) {
    if (::access((parts_.directory / name / kUnsettledFile).c_str(), F_OK) == 0)
      COVE_CHECK(discard(name));
  }
  COVE_TRY(Fd drafts, open_folder(temporary()));
  COVE_TRY(const auto left, folder_names(drafts.get()));
  graves_.assign(left.begin(), left.end());
  digger_ = std::jthread(
      [this, folder_fd = std::move(drafts)](std::stop_token stop) { dig(stop, folder_fd.get()); });
  return {};
}

void LayerStore::Implementation::dig(const std::stop_token& stop, int drafts) {
  while (true) {
    std::string grave;
    {
      std::unique_lock lock(mutex_);
      if (!buried_.wait(lock, stop, [&] { return !graves_.empty(); })) return;
      grave = std::move(graves_.front());
      graves_.pop_front();
      digging_ = true;
    }
    auto removed = remove_in(drafts, grave, stop);
    if (!removed && !stop.stop_requested()) {
      parts_.logger.warn(
          "The files of a removed layer are left over",
          {{"folder", (temporary() / grave).string()}, {"cause", removed.error().message()}});
    }
    std::lock_guard lock(mutex_);
    digging_ = false;
    buried_.notify_all();
  }
}

std::uint64_t LayerStore::Implementation::size(const Digest& diff_id) {
  if (diff_id.empty()) return 0;
  {
    std::lock_guard lock(mutex_);
    if (const auto known = sizes_.find(diff_id); known != sizes_.end()) return known->second;
  }
  const auto text = read_file(folder(diff_id) / kSizeFile, 64);
  if (!text) return 0;
  std::uint64_t bytes = 0;
  std::from_chars(text->data(), text->data() + text->size(), bytes);
  std::lock_guard lock(mutex_);
  return sizes_[diff_id] = bytes;
}

Result<void> LayerStore::Implementation::discard(const std::string& name) {
  COVE_TRY(const Fd top, open_folder(parts_.directory));
  COVE_TRY(const Fd drafts, open_folder(temporary()));
  const std::string grave = random_hex(16);
  if (::renameat(top.get(), name.c_str(), drafts.get(), grave.c_str()) != 0)
    return errno == ENOENT ? Result<void>() : errno_error(errno, "remove the layer", name);
  bury(grave);
  return {};
}

Result<UnpackedLayer> LayerStore::Implementation::draft(
    const std::function<Result<UnpackedLayer>(const Path& draft)>& fill_it,
    const CommitOptions& options, const std::stop_token& stop) {
  const std::string name = random_hex(16);
  const Path folder = temporary() / name;
  const auto attempt = [&]() -> Result<UnpackedLayer> {
    COVE_CHECK(make_directories(folder, 0755));
    COVE_TRY(UnpackedLayer layer, fill_it(folder));
    COVE_CHECK(publish(folder, layer, options));
    return layer;
  };
  auto made = attempt();
  if (!made) {
    if (auto drafts = open_folder(temporary())) {
      const auto removed = remove_in(drafts->get(), name, stop);
      if (!removed && removed.error().code == ErrorCode::kCancelled) {
        bury(name);
      } else if (!removed) {
        parts_.logger.warn("A layer that failed is left over",
                           {{"folder", folder.string()}, {"cause", removed.error().message()}});
      }
    }
  }
  return made;
}

Result<UnpackedLayer> LayerStore::Implementation::make(const Feed& feed, const Digest& expected,
                                                       const std::vector<Digest>& parents,
                                                       const CommitOptions& options,
                                                       std::stop_token stop) {
  return draft([&](const Path& folder) { return fill(folder, feed, expected, parents, stop); },
               options, stop);
}

Result<UnpackedLayer> LayerStore::Implementation::fill(const Path& draft, const Feed& feed,
                                                       const Digest& expected,
                                                       const std::vector<Digest>& parents,
                                                       std::stop_token stop) {
  const Path root = draft / "fs";
  COVE_CHECK(make_directories(root, 0755));
  ChildRequest request;
  request.worker = parts_.worker;
  request.root = root;
  request.options.limits = parts_.limits;
  request.find_lower = [&](const std::string& path) {
    return LowerView(paths(parents)).open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  };
  COVE_TRY(const ChildReport report, run_unpack_child(request, feed, std::move(stop)));
  COVE_TRY(Digest diff_id, Digest::parse(report.diff_id));
  UnpackedLayer layer{std::move(diff_id), report.counts.bytes};
  if (!expected.empty() && layer.diff_id != expected) {
    return Error{ErrorCode::kCorrupt, "unpack the layer", expected.text(),
                 fmt::format("its content has the digest {}", layer.diff_id.text()), ""};
  }
  COVE_CHECK(dress_implicit(root, report.counts.implicit, LowerView(paths(parents))));
  return layer;
}

Result<void> LayerStore::Implementation::adopt(const Path& tree, const UnpackedLayer& layer,
                                               const CommitOptions& options) {
  const auto take = [&](const Path& folder) -> Result<UnpackedLayer> {
    const Path root = folder / "fs";
    // Layers say nothing of the root itself.
    if (::chmod(tree.c_str(), 0755) != 0 || ::chown(tree.c_str(), ::geteuid(), ::getegid()) != 0 ||
        ::rename(tree.c_str(), root.c_str()) != 0) {
      return errno_error(errno, "store the layer", layer.diff_id.text());
    }
    return layer;
  };
  COVE_CHECK(draft(take, options, {}));
  return {};
}

Result<void> LayerStore::Implementation::publish(const Path& draft, const UnpackedLayer& layer,
                                                 const CommitOptions& options) {
  if (options.named) options.named(layer.diff_id);
  COVE_CHECK(replace_file(draft / kSizeFile, std::to_string(layer.unpacked_bytes)));
  if (options.durable == Durable::kNow) {
    COVE_TRY(const Fd opened, open_folder(draft));
    if (::syncfs(opened.get()) != 0) return errno_error(errno, "sync", draft.string());
  } else {
    // It comes into view together with its layer.
    COVE_CHECK(replace_file(draft / kUnsettledFile, ""));
  }
  // Nobody who sees the layer settles without it.
  std::unique_lock settling(settling_, std::defer_lock);
  if (options.durable == Durable::kOnceSettled) settling.lock();
  if (::rename(draft.c_str(), folder(layer.diff_id).c_str()) != 0) {
    // Somebody else has made the same layer meanwhile.
    if (errno != ENOTEMPTY && errno != EEXIST)
      return errno_error(errno, "store the layer", layer.diff_id.text());
    COVE_TRY(const Fd drafts, open_folder(temporary()));
    return remove_in(drafts.get(), draft.filename().string());
  }
  if (options.durable == Durable::kOnceSettled) {
    const std::lock_guard lock(mutex_);
    unsettled_.insert(layer.diff_id);
    return {};
  }
  COVE_TRY(const Fd top, open_folder(parts_.directory));
  if (::fsync(top.get()) != 0) return errno_error(errno, "sync", parts_.directory.string());
  return {};
}

Result<void> LayerStore::Implementation::settle() {
  const std::lock_guard one_by_one(settling_);
  std::set<Digest> layers;
  {
    const std::lock_guard lock(mutex_);
    layers = unsettled_;
  }
  if (layers.empty()) return {};
  COVE_TRY(const Fd top, open_folder(parts_.directory));
  if (::syncfs(top.get()) != 0) return errno_error(errno, "sync", parts_.directory.string());
  std::vector<Fd> folders;
  for (const Digest& layer : layers) {
    auto opened = open_folder(folder(layer));
    if (!opened) continue;  // removed meanwhile
    if (::unlinkat(opened->get(), kUnsettledFile, 0) != 0 && errno != ENOENT)
      return errno_error(errno, "store the layer", layer.text());
    folders.push_back(std::move(*opened));
  }
  for (const Fd& each : folders) {
    if (::fsync(each.get()) != 0) return errno_error(errno, "sync", parts_.directory.string());
  }
  const std::lock_guard lock(mutex_);
  for (const Digest& layer : layers) unsettled_.erase(layer);
  return {};
}

LayerStore::LayerStore(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
LayerStore::~LayerStore() = default;

Result<std::unique_ptr<LayerStore>> LayerStore::open(Parts parts) {
  auto implementation = std::make_unique<Implementation>(std::move(parts));
  const Path& directory = implementation->parts().directory;
  COVE_CHECK(make_directories(directory, 0711));
  COVE_CHECK(make_directories(implementation->temporary(), 0700));
  COVE_CHECK(implementation->start());
  return std::unique_ptr<LayerStore>(new LayerStore(std::move(implementation)));
}

bool LayerStore::has(const Digest& diff_id) const {
  return !diff_id.empty() && ::access(implementation_->folder(diff_id).c_str(), F_OK) == 0;
}

Path LayerStore::path(const Digest& diff_id) const {
  return implementation_->folder(diff_id) / "fs";
}

std::uint64_t LayerStore::size(const Digest& diff_id) const {
  return implementation_->size(diff_id);
}

std::vector<Digest> LayerStore::list() const {
  std::vector<Digest> layers;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(implementation_->parts().directory, error)) {
    auto digest = Digest::parse("sha256:" + entry.path().filename().string());
    if (digest) layers.push_back(std::move(*digest));
  }
  std::sort(layers.begin(), layers.end());
  return layers;
}

Result<UnpackedLayer> LayerStore::unpack(const ByteSource& source, const Digest& expected,
                                         const std::vector<Digest>& parents, std::stop_token stop) {
  if (has(expected)) {
    // Whoever looks at the bytes on their way sees all of them here too.
    COVE_CHECK(feed_from(source)([](std::string_view) { return Result<void>(); }));
    return UnpackedLayer{expected, size(expected)};
  }
  return implementation_->make(feed_from(source), expected, parents, {}, std::move(stop));
}

// The tar stream of an upper folder, on its way into the content store.
class LayerStore::Packing {
 public:
  static Result<Packing> start(const Path& upper, ContentStore& content,
                               const CommitOptions& options, const std::stop_token& stop) {
    COVE_TRY(Fd folder, open_folder(upper));
    COVE_TRY(auto blob, content.writer({}));
    return Packing(std::move(folder), std::move(blob), options, stop);
  }
  Result<void> feed(const ByteSink& sink) {
    TarWriter writer([&](std::string_view piece) -> Result<void> {
      COVE_CHECK(blob_->write(piece));
      return sink(piece);
    });
    TreeArchive tree(writer, {true, options_.fixed_mtime}, stop_);
    COVE_CHECK(tree.contents(folder_.get(), ""));
    bytes = tree.bytes();
    is_whole = tree.is_whole();
    return writer.finish();
  }
  Result<Digest> finish() { return blob_->commit(options_.durable); }

  std::uint64_t bytes = 0;
  bool is_whole = true;

 private:
  Packing(Fd folder, std::unique_ptr<ContentStore::Writer> blob, const CommitOptions& options,
          std::stop_token stop)
      : folder_(std::move(folder)),
        blob_(std::move(blob)),
        options_(options),
        stop_(std::move(stop)) {}
  Fd folder_;
  std::unique_ptr<ContentStore::Writer> blob_;
  const CommitOptions& options_;
  std::stop_token stop_;
};

Result<UnpackedLayer> LayerStore::commit(const Path& upper, const std::vector<Digest>& parents,
                                         ContentStore& content, const CommitOptions& options,
                                         std::stop_token stop) {
  if (options.take && !options.fixed_mtime)
    return take(upper, parents, content, options, std::move(stop));
  COVE_TRY(Packing packing, Packing::start(upper, content, options, stop));
  COVE_TRY(UnpackedLayer layer,
           implementation_->make([&](const ByteSink& sink) { return packing.feed(sink); }, {},
                                 parents, options, stop));
  COVE_TRY(const Digest digest, packing.finish());
  if (digest != layer.diff_id) {
    return Error{ErrorCode::kCorrupt, "store the layer", digest.text(),
                 fmt::format("its copy has the digest {}", layer.diff_id.text()), ""};
  }
  return layer;
}

Result<UnpackedLayer> LayerStore::take(const Path& upper, const std::vector<Digest>& parents,
                                       ContentStore& content, const CommitOptions& options,
                                       std::stop_token stop) {
  // Between the blob's appearance and the hold on it somebody may collect it: then once more.
  constexpr int kTries = 3;
  CommitOptions told = options;
  told.named = nullptr;
  for (int i = 0; i < kTries; ++i) {
    COVE_TRY(Packing packing, Packing::start(upper, content, options, stop));
    COVE_CHECK(packing.feed([](std::string_view) { return Result<void>(); }));
    UnpackedLayer layer;
    COVE_TRY(layer.diff_id, packing.finish());
    if (options.named) options.named(layer.diff_id);
    auto blob = content.open_blob(layer.diff_id);
    if (!blob && blob.error().code == ErrorCode::kNotFound) continue;
    if (!blob) return blob.error();
    if (has(layer.diff_id)) return UnpackedLayer{layer.diff_id, size(layer.diff_id)};
    if (!packing.is_whole) {
      const Feed again = feed_from(source_from(blob->get(), layer.diff_id.text()));
      return implementation_->make(again, layer.diff_id, parents, told, stop);
    }
    layer.unpacked_bytes = packing.bytes;
    COVE_CHECK(implementation_->adopt(upper, layer, told));
    return layer;
  }
  return Error{ErrorCode::kConflict, "add the layer", upper.string(),
               "it was removed again and again", ""};
}

Result<void> LayerStore::settle() {
  return implementation_->settle();
}

Result<void> LayerStore::remove(const Digest& diff_id) {
  if (diff_id.empty()) return {};
  implementation_->forget_size(diff_id);
  return implementation_->discard(std::string(diff_id.hex()));
}

void LayerStore::finish_removals() {
  implementation_->finish_removals();
}

// --- What a container has changed ---

namespace {

class Differences {
 public:
  explicit Differences(const LowerView& lower) : lower_(lower) {}

  Result<void> folder(int upper, const std::string& path) {
    if (++depth_ > 512) return errno_error(ELOOP, "compare", path);
    COVE_TRY(const auto listed, folder_names(upper));
    std::set<std::string> names(listed.begin(), listed.end());
    const std::set<std::string> own = names;
    if (is_opaque(upper)) names.merge(lower_.names(path));
    for (const std::string& name : names) {
      const std::string full = path.empty() ? name : path + "/" + name;
      if (own.contains(name)) {
        COVE_CHECK(entry(upper, name, full));
      } else {
        add(Change::Kind::kDeleted, full);
      }
    }
    --depth_;
    return {};
  }

  std::vector<Change> take() { return std::move(changes_); }

 private:
  void add(Change::Kind kind, const std::string& path) { changes_.push_back({kind, "/" + path}); }

  Result<void> entry(int upper, const std::string& name, const std::string& path) {
    struct stat status {};
    if (::fstatat(upper, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return {};
    const auto below = lower_.find(path);
    if (is_whiteout(status)) {
      if (below) add(Change::Kind::kDeleted, path);
      return {};
    }
    const std::size_t at = changes_.size();
    add(below ? Change::Kind::kModified : Change::Kind::kAdded, path);
    if (!S_ISDIR(status.st_mode)) return {};
    const Fd folder_fd(
        ::openat(upper, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder_fd) return errno_error(errno, "compare", path);
    COVE_CHECK(folder(folder_fd.get(), path));
    // A folder that was only copied up, and in which nothing happened, has not changed.
    const bool same = below && below->status.st_mode == status.st_mode &&
                      below->status.st_uid == status.st_uid &&
                      below->status.st_gid == status.st_gid;
    if (same && changes_.size() == at + 1) changes_.pop_back();
    return {};
  }

  const LowerView& lower_;
  int depth_ = 0;
  std::vector<Change> changes_;
};

}  // namespace

Result<std::vector<Change>> LayerStore::changes(const Path& upper,
                                                const std::vector<Digest>& parents) const {
  COVE_TRY(const Fd folder, open_folder(upper));
  const LowerView lower(implementation_->paths(parents));
  Differences differences(lower);
  COVE_CHECK(differences.folder(folder.get(), ""));
  return differences.take();
}

// --- Archives of a mounted root ---

namespace {

std::string without_slashes(std::string path) {
  while (!path.empty() && path.front() == '/') path.erase(0, 1);
  while (!path.empty() && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

Result<void> write_archive(const Path& root, const std::string& path, const std::string& name,
                           bool follow, const ByteSink& sink, std::stop_token stop) {
  COVE_TRY(const Fd top, open_folder(root));
  std::string clean = without_slashes(path);
  const auto missing = [&] { return errno_error(errno, "archive", escape_control(path)); };
  TarWriter writer(sink);
  TreeArchive tree(writer, {}, std::move(stop));
  if (name.empty()) {
    const Fd folder = open_in_root(top.get(), clean, O_RDONLY | O_DIRECTORY);
    if (!folder) return missing();
    COVE_CHECK(tree.contents(folder.get(), ""));
    return writer.finish();
  }
  constexpr int kMostLinks = 40;
  for (int hop = 0; hop < kMostLinks; ++hop) {
    const auto [above, last] = split_path(clean);
    const bool is_folder = last.empty() || last == "." || last == "..";
    const Fd folder = open_in_root(top.get(), is_folder ? clean : above, O_PATH | O_DIRECTORY);
    const std::string entry = is_folder ? "." : last;
    struct stat status {};
    if (!folder || ::fstatat(folder.get(), entry.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      return missing();
    if (!follow || !S_ISLNK(status.st_mode)) {
      COVE_CHECK(tree.entry(folder.get(), entry, name));
      return writer.finish();
    }
    std::string target(PATH_MAX, '\0');
    const ssize_t n = ::readlinkat(folder.get(), last.c_str(), target.data(), target.size());
    if (n <= 0) return missing();
    target.resize(static_cast<std::size_t>(n));
    const bool absolute = target.front() == '/' || above.empty();
    clean = without_slashes(absolute ? target : above + "/" + target);
  }
  errno = ELOOP;
  return missing();
}

Result<void> extract_archive(const Path& worker, const Path& root, const std::string& path,
                             const ByteSource& source, const ExtractOptions& options,
                             std::stop_token stop) {
  ChildRequest request;
  request.worker = worker;
  request.root = root;
  request.hash = false;
  request.options.limits = options.limits;
  request.options.layer = false;
  request.options.keep_owner = options.keep_owner;
  request.options.owner = options.owner;
  request.options.file_mode = options.file_mode;
  request.options.no_overwrite_dir_non_dir = options.no_overwrite_dir_non_dir;
  request.options.into = path;
  auto report = run_unpack_child(request, feed_from(source), std::move(stop));
  if (!report) return report.error();
  return {};
}

}  // namespace cove::image
