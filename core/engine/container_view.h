// A container's files as it sees them: its root with its volumes and binds, running or not.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/engine/container.h"
#include "core/engine/containers.h"

namespace cove::engine {

// Runs `look` in a thread whose mount namespace has the container's mounts below its root; they
// vanish with it. What lies in the root may be hostile: places for mounts are found without leaving
// it.
Outcome<> with_view(Containers& containers, const ContainerRecord& record,
                    const std::function<Outcome<>(const Path& root)>& look);

struct PathStat {
  std::string name;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;  // of Go's os.FileMode
  WallTime modified{};
  std::string link_target;  // absolute inside the container; "" unless a link
  bool directory = false;
};
// Nothing when there is no such file. A last link is followed only when the path ends with "/" or
// "/.".
Result<std::optional<PathStat>> stat_inside(const Path& root, const std::string& path);
// Go's bits of a file's mode.
std::uint32_t go_file_mode(std::uint32_t mode);
// Base64 of JSON: the header X-Docker-Container-Path-Stat.
std::string encode(const PathStat& stat);

bool follows_last_link(const std::string& path);

}  // namespace cove::engine
