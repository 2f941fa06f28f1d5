#include "core/node/environment_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "core/api/document.h"
#include "core/base/strings.h"
#include "core/node/container_mounts.h"

namespace cove::node {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostBytes = 1 << 20;

Error refuse(ErrorCode code, std::string cause) {
  return Error{code, "read", "a file of variables", std::move(cause), {}};
}

// Takes the value that `rest` begins with, and its line's end.
std::string take_value(std::string_view& rest) {
  const char quote = rest.empty() ? '\0' : rest.front();
  const std::size_t end_of_quote =
      quote == '\'' || quote == '"' ? rest.find(quote, 1) : std::string_view::npos;
  std::string value;
  if (end_of_quote != std::string_view::npos) {
    value = rest.substr(1, end_of_quote - 1);
    rest.remove_prefix(end_of_quote + 1);
  } else {
    value = trim(rest.substr(0, rest.find('\n')));
  }
  const std::size_t end = rest.find('\n');
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return value;
}

}  // namespace

std::optional<std::string> variable_in(std::string_view text, std::string_view key) {
  std::optional<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::size_t equals = text.substr(0, end).find('=');
    if (trim(text.substr(0, end)).starts_with('#') || equals == std::string_view::npos) {
      text.remove_prefix(std::min(end + 1, text.size()));
      continue;
    }
    const std::string_view name = trim(text.substr(0, equals));
    text.remove_prefix(equals + 1);
    std::string value = take_value(text);
    if (name == key) out = std::move(value);
  }
  return out;
}

Result<std::optional<std::string>> variable_of_file(const json::object& reference,
                                                    const MountedVolumes& volumes) {
  const std::string name(api::text_at(reference, {"volumeName"}));
  const std::string path(api::text_at(reference, {"path"}));
  const std::string key(api::text_at(reference, {"key"}));
  const bool optional = api::flag_at(reference, {"optional"});
  const auto volume = volumes.find(name);
  if (volume == volumes.end()) {
    return refuse(
        ErrorCode::kNotFound,
        fmt::format("cannot find the volume {} referenced by FileKeyRef", api::quote(name)));
  }
  const auto found = find_in_volume(volume->second.path, path);
  if (!found) {
    if (optional && found.error().code == ErrorCode::kNotFound) return std::optional<std::string>();
    return refuse(found.error().code, fmt::format("couldn't read the file {}: {}", api::quote(path),
                                                  found.error().cause));
  }
  struct stat status {};
  if (::fstat(found->get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return refuse(
        ErrorCode::kInvalidArgument,
        fmt::format("couldn't read the file {}: it is not a regular file", api::quote(path)));
  }
  COVE_TRY(const std::string text,
           read_file(fmt::format("/proc/self/fd/{}", found->get()), kMostBytes));
  auto value = variable_in(text, key);
  if (value || optional) return value;
  return refuse(ErrorCode::kNotFound,
                fmt::format("environment variable key {} not found in file {}", api::quote(key),
                            api::quote(path)));
}

}  // namespace cove::node
