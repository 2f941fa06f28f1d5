// Writing files into a build step's upper folder as if the layers below were mounted under it.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/image/build/source.h"

namespace cove::image::dockerfile {

// What --chmod asks for: "755", or changes as chmod(1) has them ("u=rwX,go=rX", "a+x").
class ModeChange {
 public:
  // kInvalidArgument for anything else.
  static Result<ModeChange> parse(const std::string& text);
  static ModeChange to(mode_t mode);

  mode_t apply(mode_t mode, bool folder) const;

 private:
  struct Step {
    mode_t who = 07777;   // the bits it is about
    char action = '=';    // '+', '-', '='
    mode_t value = 0;     // what is said of them
    char from = 0;        // 'u', 'g', 'o': as these have it
    bool search = false;  // 'X': x of folders and of what somebody may execute
  };
  explicit ModeChange(std::vector<Step> steps) : steps_(std::move(steps)) {}
  static bool parse_clause(std::string_view clause, std::vector<Step>& steps);

  std::vector<Step> steps_;
};

struct CopyOptions {
  std::optional<Owner> owner = Owner{};  // nothing: as the source has it
  std::optional<ModeChange> mode = std::nullopt;
  const IgnoreRules* exclude = nullptr;
  // The sources are a build's own and may be linked instead of copied.
  bool may_link = false;
  bool keep_times = true;
  std::stop_token stop = {};
};

// One step's target. Not thread-safe. Never leaves `upper`, whatever links the layers hold: paths
// are resolved over all layers, and only folders this object made are written to. As an ordinary
// user, owners that cannot be given are left as they are.
class CopyTarget {
 public:
  // `upper` is empty and has the mode of a root folder. New folders are of the time `now`.
  CopyTarget(Path upper, const std::vector<Path>& lower, WallTime now);

  const Tree& tree() const { return tree_; }
  // Makes a folder and those above it; returns its place in `upper`. What exists keeps its mode,
  // owner and time. True when it was made new.
  struct Folder {
    Path host;
    bool made = false;
  };
  Result<Folder> make_folder(std::string_view path, const Owner& owner);
  // A file or link as `destination`, or inside when that is a folder or ends with '/'; a folder's
  // contents into `destination`.
  Result<void> copy(const Tree& from, const Source& source, const std::string& destination,
                    const CopyOptions& options);
  Result<void> write(const std::string& name, std::string_view content, mode_t mode,
                     const std::string& destination, const CopyOptions& options);
  // Gives the folders that only had to be there their times back. Last.
  Result<void> finish();

 private:
  struct Place {
    Path folder;
    std::string name;
  };
  Result<Place> place_of(const std::string& destination, const std::string& name,
                         const CopyOptions& options);
  Result<Path> bring_up(const Node& node);
  Result<void> put(const Tree& from, const Node& node, const Path& target,
                   const std::string& relative, const CopyOptions& options, unsigned depth);
  Result<void> put_contents(const Tree& from, const Node& folder, const Path& target,
                            const std::string& relative, const CopyOptions& options,
                            unsigned depth);
  Result<void> put_file(const Node& node, const Path& target, const CopyOptions& options);

  Path upper_;
  Tree tree_;
  WallTime now_;
  std::vector<std::pair<Path, timespec>> times_;  // of folders, set at the end
  std::map<std::pair<dev_t, ino_t>, Path> linked_;
};

// Whether a file may be an archive that ADD unpacks: a tar header, or the magic of a compression.
enum class ArchiveKind { kNone, kTar, kCompressed };
Result<ArchiveKind> archive_kind(const Path& file);

}  // namespace cove::image::dockerfile
