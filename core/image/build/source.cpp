#include "core/image/build/source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/base/fd.h"
#include "core/image/build/glob.h"
#include "core/image/build/paths.h"

namespace cove::image::dockerfile {
namespace {

constexpr std::size_t kPiece = 1 << 18;

Error refused(std::string cause, ErrorCode code = ErrorCode::kInvalidArgument) {
  return {code, "find the files", {}, std::move(cause), {}};
}

Error cancelled() {
  return {ErrorCode::kCancelled, "build the image", {}, "Build cancelled", {}};
}

// All nodes whose paths fit `parts` from `at` on, in the order of their names.
Result<void> expand(const Tree& tree, const std::string& folder,
                    const std::vector<std::string>& parts, std::size_t at,
                    std::vector<std::string>& found) {
  if (at == parts.size()) {
    found.push_back(folder);
    return {};
  }
  if (!Glob::has_wildcards(parts[at])) {
    COVE_TRY(const auto node, tree.find(join_path(folder, parts[at]), at + 1 < parts.size()));
    if (node) COVE_CHECK(expand(tree, join_path(folder, parts[at]), parts, at + 1, found));
    return {};
  }
  const auto glob = Glob::compile(parts[at], GlobStyle::kPath);
  if (!glob) return refused(glob.error().cause);
  COVE_TRY(const auto node, tree.find(folder, true));
  if (!node || !node->is_folder()) return {};
  COVE_TRY(const auto entries, tree.list(*node));
  for (const Node& entry : entries) {
    const std::string name(base_name(entry.path));
    if (!glob->matches(name)) continue;
    if (at + 1 < parts.size() && !entry.is_folder()) continue;
    COVE_CHECK(expand(tree, join_path(folder, name), parts, at + 1, found));
  }
  return {};
}

// A name without wildcards may still have escapes: "a\*b".
std::string unescaped(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    result += text[i];
  }
  return result;
}

class Hasher {
 public:
  Hasher(const Tree& tree, bool owners, const Selection& selection, std::stop_token stop)
      : tree_(tree), owners_(owners), selection_(selection), stop_(std::move(stop)) {}

  Result<void> add(const Node& node, const std::string& relative, unsigned depth);
  void field(std::string_view text) {
    hash_.put(fmt::format("{}:", text.size()));
    hash_.put(text);
  }
  Digest finish() { return hash_.finish(); }

 private:
  const Tree& tree_;
  bool owners_;
  const Selection& selection_;
  std::stop_token stop_;
  Sha256 hash_;
};

Result<void> Hasher::add(const Node& node, const std::string& relative, unsigned depth) {
  if (stop_.stop_requested()) return cancelled();
  if (depth > kMaxFolderDepth) return refused("the folders are nested too deep");
  field(relative);
  field(fmt::format("{:o}", node.status.st_mode));
  if (owners_) field(fmt::format("{}:{}", node.status.st_uid, node.status.st_gid));
  if (node.is_file()) {
    COVE_TRY(const Digest digest, digest_of_file(node.host, stop_));
    field(digest.hex());
    std::array<char, 256> capability{};
    const auto size =
        ::lgetxattr(node.host.c_str(), "security.capability", capability.data(), capability.size());
    if (size > 0) field({capability.data(), static_cast<std::size_t>(size)});
  } else if (node.is_link()) {
    COVE_TRY(const std::string target, tree_.link_target(node));
    field(target);
  } else if (node.is_folder()) {
    COVE_TRY(const auto entries, tree_.list(node));
    for (const Node& entry : entries) {
      std::string path = relative.empty() ? "" : relative + "/";
      path += base_name(entry.path);
      if (selection_.exclude != nullptr && selection_.exclude->ignores(path)) {
        if (!entry.is_folder() || !selection_.exclude->may_keep_below(path)) continue;
      }
      COVE_CHECK(add(entry, path, depth + 1));
    }
  } else {
    field(fmt::format("{}", node.status.st_rdev));
  }
  return {};
}

}  // namespace

Result<Digest> digest_of_file(const Path& file, std::stop_token stop) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return errno_error(errno, "open", file.string());
  Sha256 hash;
  std::string piece(kPiece, '\0');
  for (;;) {
    if (stop.stop_requested()) return cancelled();
    const auto size = ::read(fd.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno_error(errno, "read", file.string());
    if (size == 0) return hash.finish();
    hash.put({piece.data(), static_cast<std::size_t>(size)});
  }
}

Result<std::vector<Source>> find_sources(const Tree& tree, const std::vector<std::string>& patterns,
                                         const Selection& selection) {
  std::vector<Source> sources;
  for (const std::string& pattern : patterns) {
    // "./" marks with --parents where the folders that are kept begin.
    std::string kept = pattern;
    std::string before;
    if (const auto pivot = pattern.find("/./"); selection.parents && pivot != std::string::npos) {
      before = pattern.substr(0, pivot);
      kept = pattern.substr(pivot + 3);
    }
    const std::string clean = clean_path(before.empty() ? kept : before + "/" + kept);
    if (selection.outside_refused && (clean == ".." || clean.starts_with("../"))) {
      return refused(fmt::format("forbidden path outside the build context: {} ()", pattern));
    }
    std::vector<std::string> parts = components(clean);
    const bool wild = std::any_of(parts.begin(), parts.end(), [](const std::string& part) {
      return Glob::has_wildcards(part);
    });
    std::vector<std::string> paths;
    if (wild) {
      for (auto& part : parts) {
        if (!Glob::has_wildcards(part)) part = unescaped(part);
      }
      COVE_CHECK(expand(tree, "/", parts, 0, paths));
    } else {
      paths.push_back(join_path("/", unescaped(clean)));
    }
    const std::size_t above = components(before).size();
    for (const std::string& path : paths) {
      COVE_TRY(auto node, tree.find(path, true));
      if (!node) {
        if (wild) continue;  // a link to nowhere
        const std::string shown = clean.starts_with('/') ? clean.substr(1) : clean;
        return refused(
            fmt::format("{}stat {}: file does not exist",
                        selection.outside_refused
                            ? "file not found in build context or excluded by .dockerignore: "
                            : "",
                        shown));
      }
      Source source;
      source.name = std::string(base_name(path));
      if (selection.parents) {
        auto folders = components(path);
        folders.erase(folders.begin(), folders.begin() + static_cast<std::ptrdiff_t>(
                                                             std::min(above, folders.size())));
        if (!node->is_folder() && !folders.empty()) folders.pop_back();
        for (const auto& folder : folders) source.parent += "/" + folder;
      }
      if (selection.exclude != nullptr && !node->is_folder() &&
          selection.exclude->ignores(source.name)) {
        continue;
      }
      source.node = std::move(*node);
      sources.push_back(std::move(source));
    }
  }
  return sources;
}

Result<std::string> digest_of(const Tree& tree, const std::vector<Source>& sources, bool owners,
                              const Selection& selection, std::stop_token stop) {
  std::vector<std::string> digests;
  for (const Source& source : sources) {
    Hasher hasher(tree, owners, selection, stop);
    hasher.field(source.parent);
    if (!source.node.is_folder()) hasher.field(source.name);
    COVE_CHECK(hasher.add(source.node, "", 0));
    digests.push_back(
        fmt::format("{}:{}", source.node.is_folder() ? "dir" : "file", hasher.finish().hex()));
  }
  if (digests.size() == 1) return digests.front();
  std::string all;
  for (const auto& digest : digests) all += (all.empty() ? "" : ",") + digest;
  return fmt::format("multi:{}", Digest::of(all).hex());
}

}  // namespace cove::image::dockerfile
