// What a host shows of containers: compared before and after.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/base/process.h"
#include "core/base/strings.h"
#include "core/image/digest.h"
#include "core/os/cgroup.h"

namespace cove::test {

inline std::string output_of(std::vector<std::string> argv) {
  const auto done =
      make_spawner(16 << 20)->run(Command{std::move(argv), {}, {}, {}}, std::chrono::seconds(30));
  return done ? done->standard_output : std::string();
}

struct ContainerTraces {
  using Names = std::set<std::string>;
  Names mounts, links, tables, groups, monitors;

  // As coved names what is its own.
  static std::string identity(const Path& folder) {
    return std::string(image::Digest::of((folder / "data").string()).hex().substr(0, 12));
  }
  // `folder`: where coved has its data, in `data`. Control groups are those of this coved alone,
  // by their paths.
  static ContainerTraces look(const Path& folder) {
    ContainerTraces host;
    const auto mountinfo = read_file("/proc/self/mountinfo", 16 << 20);
    for (const std::string& line : split(mountinfo ? *mountinfo : "", '\n')) {
      const auto words = split(line, ' ');
      if (words.size() > 4 &&
          (words[4].starts_with(folder.string() + "/") || words[4].starts_with("/run/cove")))
        host.mounts.insert(words[4]);
    }
    // Not /sys/class/net, which is that of the namespace it was mounted in.
    const auto devices = read_file("/proc/self/net/dev", 1 << 20);
    for (const std::string& line : split(devices ? *devices : "", '\n')) {
      const std::size_t colon = line.find(':');
      if (colon != std::string::npos) host.links.insert(std::string(trim(line.substr(0, colon))));
    }
    for (const std::string& table : split(output_of({"nft", "list", "tables"}), '\n'))
      if (!table.empty()) host.tables.insert(table);
    if (auto groups = os::Cgroups::find()) {
      const std::string id = identity(folder);
      for (const std::string& root : {"/cove-" + id, "/cove-pods-" + id}) {
        if ((*groups)->processes(root)) host.groups.insert(root);
        for (const char* parent :
             {"", "/kubepods", "/kubepods/burstable", "/kubepods/besteffort"}) {
          for (const std::string& name : (*groups)->children(root + parent))
            host.groups.insert(root + parent + "/" + name);
        }
      }
    }
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const auto name = read_file(entry.path() / "comm", 64);
      if (name && trim(*name) == "conmon") host.monitors.insert(entry.path().filename());
    }
    return host;
  }
};

}  // namespace cove::test
