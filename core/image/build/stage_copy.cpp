// COPY and ADD of a stage.
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/base/fd.h"
#include "core/image/build/paths.h"
#include "core/image/build/stage.h"
#include "core/image/build/text.h"

namespace cove::image::dockerfile {
namespace {

constexpr std::uint64_t kMaxDownloadBytes = 16ULL << 30;

Error wrong(std::string cause) {
  return {ErrorCode::kInvalidArgument, "build the image", {}, std::move(cause), {}};
}

Error failed(bool add, const Error& error) {
  if (error.code == ErrorCode::kCancelled) return error;
  return {error.code,
          "build the image",
          {},
          fmt::format("{} failed: {}", add ? "ADD" : "COPY",
                      error.code == ErrorCode::kInvalidArgument ? error.cause : error.message()),
          {}};
}

bool is_url(const std::string& source) {
  return source.starts_with("http://") || source.starts_with("https://");
}

bool is_repository(const std::string& source) {
  return source.starts_with("git@") || source.starts_with("git://") ||
         source.starts_with("ssh://") ||
         (is_url(source) &&
          (source.ends_with(".git") || source.find(".git#") != std::string::npos));
}

// The last part of an URL's path.
std::string name_in_url(const std::string& url) {
  std::string_view path = url;
  path.remove_prefix(path.find("://") + 3);
  path = path.substr(0, path.find_first_of("?#"));
  const auto slash = path.find('/');
  if (slash == std::string_view::npos || path.ends_with('/')) return {};
  return std::string(base_name(path));
}

bool usable_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.size() < 256;
}

}  // namespace

// Where a COPY's files come from: one tree of the context, stage or image, and one for each URL.
struct StageBuilder::CopySource {
  bool add = false;
  bool outside = false;  // a stage's or an image's tree, owners are kept
  Tree tree{{}};
  std::vector<Source> sources;
  Selection selection;
  std::optional<IgnoreRules> exclude;
  struct Download {
    Tree tree;
    Source source;
  };
  std::vector<Download> downloads;
  std::vector<std::pair<std::string, std::string>> contents;  // name and text
  std::size_t count() const { return sources.size() + downloads.size() + contents.size(); }
};

Result<void> StageBuilder::fill_source(const Copy& copy, CopySource& source) {
  source.add = copy.add;
  source.outside = !copy.from.empty();
  source.selection.parents = copy.parents;
  source.selection.outside_refused = !source.outside;
  if (!copy.exclude.empty()) {
    COVE_TRY(source.exclude, IgnoreRules::from_patterns(copy.exclude));
    source.selection.exclude = &*source.exclude;
  }
  if (!source.outside) {
    source.tree = session_.context;
  } else {
    const auto stage = session_.plan.by_name.find(lower(copy.from));
    std::optional<Snapshot> from;
    if (stage != session_.plan.by_name.end() && stage->second < planned_.index) {
      from = session_.result(stage->second);
      if (!from) {
        return wrong(fmt::format("invalid from flag value {}: the stage is not built", copy.from));
      }
    } else {
      auto image = session_.image(copy.from, planned_.platform, stop_);
      if (!image) {
        if (image.error().code == ErrorCode::kCancelled) return image.error();
        return wrong(fmt::format("invalid from flag value {}: {}", copy.from, image.error().cause));
      }
      from = std::move(*image);
    }
    source.tree = Tree(session_.lower(from->config));
  }
  std::vector<std::string> patterns;
  for (const auto& text : copy.sources) {
    COVE_TRY(auto pattern, expand(text));
    if (is_repository(pattern)) {
      return wrong("ADD of a git repository requires BuildKit. Clone it into the context instead");
    }
    if (!is_url(pattern)) {
      patterns.push_back(std::move(pattern));
    } else if (!copy.add) {
      return failed(false, wrong("source can't be a URL for COPY"));
    } else {
      COVE_CHECK(fetch_url(copy, pattern, source.downloads.size(), source));
    }
  }
  auto found = find_sources(source.tree, patterns, source.selection);
  if (!found) return failed(copy.add, found.error());
  source.sources = std::move(*found);
  for (const Heredoc& heredoc : copy.contents) {
    std::string text = heredoc.text();
    if (heredoc.expand) {
      Expansion options = expansion_;
      options.skip_quotes = true;
      COVE_TRY(text, expand_word(text, lookup_in(config_.env, arguments_), options));
    }
    source.contents.emplace_back(std::string(base_name(heredoc.name)), std::move(text));
  }
  if (source.count() == 0) return failed(copy.add, wrong("no source files were specified"));
  return {};
}

Result<void> StageBuilder::fetch_url(const Copy& copy, const std::string& url, std::size_t number,
                                     CopySource& source) {
  if (session_.parts.fetcher == nullptr) {
    return failed(true, wrong(fmt::format("{} cannot be fetched here", url)));
  }
  COVE_TRY(const auto folder, session_.folder(fmt::format("url{}", number)));
  const Path file = folder / "download";
  const Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return errno_error(errno, "make", file.string());
  std::uint64_t size = 0;
  auto fetched = session_.parts.fetcher->get(
      url,
      [&](std::string_view bytes) -> Result<void> {
        size += bytes.size();
        if (size > kMaxDownloadBytes) return wrong("the download is larger than 16 GiB");
        return write_all(fd.get(), bytes, "the download");
      },
      stop_);
  if (!fetched) return failed(true, fetched.error());
  say("\n");
  if (!copy.checksum.empty()) {
    COVE_TRY(const auto wanted, expand(copy.checksum));
    COVE_TRY(const auto digest, digest_of_file(file, stop_));
    if (digest.text() != wanted) {
      return failed(true,
                    wrong(fmt::format("digest mismatch {} (expected: {})", digest.text(), wanted)));
    }
  }
  std::string name = name_in_url(url);
  if (!usable_name(name)) name = std::string(base_name(fetched->file_name));
  if (!usable_name(name)) {
    if (copy.destination.ends_with('/')) {
      return failed(true, wrong(fmt::format("cannot determine filename for source {}", url)));
    }
    name = "__unnamed__";
  }
  const timespec time{static_cast<time_t>(fetched->modified.value_or(0)), 0};
  const timespec times[2] = {time, time};
  if (::futimens(fd.get(), times) != 0) return errno_error(errno, "set the time of", name);
  CopySource::Download download{Tree({folder}), {}};
  COVE_TRY(auto node, download.tree.find("/download", false));
  if (!node) return Error{ErrorCode::kInternal, "find the download", url, "it went away", {}};
  download.source = Source{std::move(*node), std::move(name), {}};
  source.downloads.push_back(std::move(download));
  return {};
}

// ADD of a local archive: unpacked beside, then merged. False when it is no archive after all.
Result<bool> StageBuilder::extract_into(CopyTarget& target, const Source& source,
                                        const std::string& destination,
                                        const CopyOptions& options) {
  if (!source.node.is_file()) return false;
  COVE_TRY(const ArchiveKind kind, archive_kind(source.node.host));
  if (kind == ArchiveKind::kNone) return false;
  COVE_TRY(const auto folder, session_.folder("archive"));
  const Fd fd(::open(source.node.host.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return errno_error(errno, "open", source.node.path);
  const ByteSource bytes = [&](std::size_t max) -> Result<std::string> {
    std::string piece(max, '\0');
    ssize_t size = 0;
    do {
      size = ::read(fd.get(), piece.data(), piece.size());
    } while (size < 0 && errno == EINTR);
    if (size < 0) return errno_error(errno, "read", source.node.path);
    piece.resize(static_cast<std::size_t>(size));
    return piece;
  };
  const auto unpacked = extract_archive(session_.parts.worker, folder, "/", bytes, {}, stop_);
  if (!unpacked) {
    // A compressed file that is no archive is copied as it is, as everything else.
    std::error_code error;
    const bool nothing = std::filesystem::is_empty(folder, error) && !error;
    const ErrorCode code = unpacked.error().code;
    if (kind == ArchiveKind::kCompressed && nothing &&
        (code == ErrorCode::kInvalidArgument || code == ErrorCode::kCorrupt)) {
      return false;
    }
    return unpacked.error();
  }
  const Tree tree({folder});
  COVE_TRY(auto root, tree.root());
  CopyOptions merging;
  merging.owner = options.owner == Owner{} ? std::nullopt : options.owner;  // with --chown alone
  merging.may_link = true;
  merging.stop = stop_;
  COVE_CHECK(target.make_folder(destination, options.owner.value_or(Owner{})));
  COVE_CHECK(target.copy(tree, Source{std::move(root), {}, {}}, destination, merging));
  return true;
}

Result<void> StageBuilder::copy_into(CopyTarget& target, const CopySource& source,
                                     const std::string& destination, const CopyOptions& options) {
  for (const auto& item : source.sources) {
    std::string place = destination;
    if (!item.parent.empty()) {
      place = join_path(destination, item.parent.substr(1)) + "/";
    }
    if (source.add) {
      COVE_TRY(const bool extracted, extract_into(target, item, place, options));
      if (extracted) continue;
    }
    COVE_CHECK(target.copy(source.tree, item, place, options));
  }
  for (const auto& download : source.downloads) {
    CopyOptions plain = options;
    if (!plain.mode) plain.mode = ModeChange::to(0600);
    COVE_CHECK(target.copy(download.tree, download.source, destination, plain));
  }
  for (const auto& [name, text] : source.contents) {
    COVE_CHECK(target.write(name, text, 0644, destination, options));
  }
  return target.finish();
}

Result<void> StageBuilder::on(const Copy& copy) {
  const char* keyword = copy.add ? "ADD" : "COPY";
  CopySource source;
  COVE_CHECK(fill_source(copy, source));
  COVE_TRY(std::string destination, expand(copy.destination));
  if (source.count() > 1 && !destination.ends_with('/')) {
    return wrong(
        fmt::format("When using {} with more than one source file, the destination must "
                    "be a directory and end with a /",
                    keyword));
  }
  COVE_TRY(const auto chown, expand(copy.chown));
  COVE_TRY(const auto chmod, expand(copy.chmod));
  CopyOptions options;
  options.exclude = source.selection.exclude;
  options.stop = stop_;
  std::string flags;
  const auto add_flag = [&](const char* name, const std::string& value) {
    flags += fmt::format("--{}={} ", name, value);
  };
  if (!chown.empty()) add_flag("chown", chown);
  if (!chmod.empty()) {
    COVE_TRY(options.mode, ModeChange::parse(chmod));
    add_flag("chmod", chmod);
  }
  const bool keeps_owners = source.outside && chown.empty();

  std::vector<std::string> digests;
  if (!source.sources.empty()) {
    auto digest = digest_of(source.tree, source.sources, keeps_owners, source.selection, stop_);
    if (!digest) return failed(copy.add, digest.error());
    digests.push_back(std::move(*digest));
  }
  for (const auto& download : source.downloads) {
    COVE_TRY(auto digest,
             digest_of(download.tree, {download.source}, false, source.selection, stop_));
    digests.push_back(std::move(digest));
  }
  for (const auto& [name, text] : source.contents) {
    digests.push_back(
        fmt::format("file:{}", Digest::of(fmt::format("{}:{}{}", name.size(), name, text)).hex()));
  }
  std::string shown = digests.front();
  if (digests.size() > 1) {
    std::string all;
    for (const auto& digest : digests) all += (all.empty() ? "" : ",") + digest;
    shown = fmt::format("multi:{}", Digest::of(all).hex());
  }
  const std::string created_by =
      no_op(fmt::format("{} {}{} in {} ", keyword, flags, shown, destination));
  if (probe(created_by)) return {};

  const auto below = session_.lower(state_.config);
  if (keeps_owners) {
    options.owner = std::nullopt;
  } else if (!chown.empty()) {
    COVE_TRY(options.owner, find_owner(Tree(below), chown));
  }
  if (!destination.starts_with('/')) {
    const bool folder = destination.ends_with('/') || destination == "." ||
                        destination.ends_with("/.") || destination.empty();
    destination = join_path(config_.working_dir.empty() ? "/" : config_.working_dir, destination);
    if (folder && !destination.ends_with('/')) destination += '/';
  }
  COVE_TRY(const auto upper, new_upper());
  CopyTarget target(upper, below, session_.now());
  if (auto copied = copy_into(target, source, destination, options); !copied) {
    return failed(copy.add, copied.error());
  }
  COVE_TRY(const auto layer, layer_of(upper));
  return commit(created_by, layer);
}

}  // namespace cove::image::dockerfile
