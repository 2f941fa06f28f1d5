#include "core/docker/build_context.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "core/image/build/ignore.h"
#include "core/image/tar_writer.h"

namespace cove::docker {
namespace {

constexpr unsigned kMaxDepth = 255;
constexpr const char* kIgnoreFile = ".dockerignore";

Error failed(int number, const std::string& name) {
  return errno_error(number, "read", name);
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

// The names in a folder, sorted, so that the same folder makes the same bytes.
Result<std::vector<std::string>> names_in(const Fd& folder, const std::string& name) {
  Fd copy(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!copy) return failed(errno, name);
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(copy.get()));
  if (!directory) return failed(errno, name);
  copy.release();
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string_view text = entry->d_name;
    if (text != "." && text != "..") names.emplace_back(text);
  }
  if (errno != 0) return failed(errno, name);
  std::ranges::sort(names);
  return names;
}

class ContextWriter {
 public:
  ContextWriter(image::TarWriter& tar, const image::IgnoreRules& rules, std::string dockerfile,
                std::stop_token stop)
      : tar_(tar), rules_(rules), dockerfile_(std::move(dockerfile)), stop_(std::move(stop)) {}

  // `prefix` is the folder's path in the context, with a final '/', or empty.
  Result<void> folder(const Fd& parent, const std::string& prefix, unsigned depth) {
    if (depth > kMaxDepth) {
      return Error{ErrorCode::kInvalidArgument,
                   "read",
                   prefix,
                   fmt::format("it is nested deeper than {} folders", kMaxDepth),
                   {}};
    }
    COVE_TRY(const auto names, names_in(parent, prefix.empty() ? "the build context" : prefix));
    for (const std::string& name : names) COVE_CHECK(entry(parent, prefix, name, depth));
    return {};
  }

 private:
  bool always_sent(const std::string& path) const {
    return path == dockerfile_ || path == kIgnoreFile;
  }
  bool leads_to_dockerfile(const std::string& folder) const {
    return dockerfile_.starts_with(folder + "/");
  }

  Result<void> entry(const Fd& parent, const std::string& prefix, const std::string& name,
                     unsigned depth) {
    if (stop_.stop_requested()) {
      return Error{ErrorCode::kCancelled, "read", "the build context", "it was cancelled", {}};
    }
    const std::string path = prefix + name;
    struct stat info {};
    if (::fstatat(parent.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
      return failed(errno, path);
    const bool ignored = rules_.ignores(path) && !always_sent(path);
    if (S_ISDIR(info.st_mode)) return directory(parent, name, path, info, ignored, depth);
    if (ignored) return {};
    image::TarEntry entry = describe(path, info);
    if (S_ISREG(info.st_mode)) return file(parent, name, std::move(entry));
    if (S_ISLNK(info.st_mode)) {
      std::array<char, 4096> target{};
      const ssize_t size = ::readlinkat(parent.get(), name.c_str(), target.data(), target.size());
      if (size < 0) return failed(errno, path);
      entry.type = '2';
      entry.link.assign(target.data(), static_cast<std::size_t>(size));
      return tar_.header(entry);
    }
    return {};  // sockets, pipes and devices are no part of a build
  }

  Result<void> directory(const Fd& parent, const std::string& name, const std::string& path,
                         const struct stat& info, bool ignored, unsigned depth) {
    const bool looked_into = !ignored || rules_.may_keep_below(path) || leads_to_dockerfile(path);
    if (!looked_into) return {};
    const Fd folder(
        ::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) return failed(errno, path);
    if (!ignored) {
      image::TarEntry entry = describe(path + "/", info);
      entry.type = '5';
      COVE_CHECK(tar_.header(entry));
    }
    return this->folder(folder, path + "/", depth + 1);
  }

  static image::TarEntry describe(std::string name, const struct stat& info) {
    image::TarEntry entry;
    entry.name = std::move(name);
    entry.mode = info.st_mode & 07777;
    entry.mtime = info.st_mtim.tv_sec;
    return entry;
  }

  // As long as it was when it was opened: what is appended meanwhile stays out, and one that
  // shrinks is an error.
  Result<void> file(const Fd& parent, const std::string& name, image::TarEntry entry) {
    const Fd file(::openat(parent.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    if (!file || ::fstat(file.get(), &info) != 0) return failed(errno, entry.name);
    entry.size = static_cast<std::uint64_t>(info.st_size);
    COVE_CHECK(tar_.header(entry));
    std::array<char, 64 * 1024> buffer;
    for (std::uint64_t left = entry.size; left > 0;) {
      const ssize_t n =
          ::read(file.get(), buffer.data(),
                 static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size())));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed(errno, entry.name);
      if (n == 0) {
        return Error{ErrorCode::kConflict, "read", entry.name, "it became shorter meanwhile",
                     "Build again when nothing writes to the folder."};
      }
      COVE_CHECK(tar_.data({buffer.data(), static_cast<std::size_t>(n)}));
      left -= static_cast<std::uint64_t>(n);
    }
    return {};
  }

  image::TarWriter& tar_;
  const image::IgnoreRules& rules_;
  const std::string dockerfile_;
  const std::stop_token stop_;
};

// "./sub/../Dockerfile" as a path in the context.
Result<std::string> inside(const std::string& dockerfile) {
  const Path normal = Path(dockerfile).lexically_normal();
  if (normal.is_absolute() || normal.empty() || *normal.begin() == "..") {
    return Error{ErrorCode::kInvalidArgument, "read", dockerfile,
                 "the Dockerfile lies outside of the build context",
                 "Name it relative to the folder that is built."};
  }
  return normal.string();
}

}  // namespace

Result<void> write_build_context(const Path& folder, const std::string& dockerfile,
                                 const std::function<Result<void>(std::string_view)>& sink,
                                 std::stop_token stop) {
  COVE_TRY(const std::string wanted, inside(dockerfile));
  const Fd root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return errno_error(errno, "read the build context", folder.string());
  if (::faccessat(root.get(), wanted.c_str(), R_OK, 0) != 0) {
    return errno_error(errno, "read", (folder / wanted).string(),
                       "Name the Dockerfile with -f, or write one.");
  }
  auto text = read_file(folder / kIgnoreFile, image::IgnoreRules::kMaxBytes);
  if (!text && text.error().code != ErrorCode::kNotFound) return text.error();
  COVE_TRY(const image::IgnoreRules rules, image::IgnoreRules::parse(text ? *text : ""));
  image::TarWriter tar(sink);
  COVE_CHECK(ContextWriter(tar, rules, wanted, std::move(stop)).folder(root, "", 0));
  return tar.finish();
}

}  // namespace cove::docker
