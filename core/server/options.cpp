#include <fmt/format.h>

#include <charconv>

#include "core/server/call.h"

namespace cove::server {
namespace {

constexpr std::size_t kMaxManager = 128;

Outcome<void> read_dry_run(const std::vector<std::string>& values, bool& dry) {
  dry = false;
  for (const std::string& value : values) {
    if (value != "All") {
      return refuse::bad_request(
          fmt::format("dryRun: Unsupported value: \"{}\": supported values: \"All\"", value));
    }
    dry = true;
  }
  return {};
}

std::vector<std::string> all_parameters(const Request& request, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : request.query) {
    if (key == name) values.push_back(value);
  }
  return values;
}

// "kubectl" of "kubectl/v1.36.4 (linux/amd64)": the manager of a client that names none.
std::string default_manager(const Request& request) {
  std::string_view agent = request.header("user-agent");
  agent = agent.substr(0, agent.find('/'));
  std::string manager;
  for (const char c : agent) {
    if (c >= ' ' && c <= '~') manager.push_back(c);
  }
  manager.resize(std::min(manager.size(), kMaxManager));
  return manager.empty() ? "unknown" : manager;
}

Outcome<FieldValidation> read_field_validation(const Request& request) {
  const std::string value = request.parameter("fieldValidation").value_or("");
  if (value.empty() || value == "Warn") return FieldValidation::kWarn;
  if (value == "Ignore") return FieldValidation::kIgnore;
  if (value == "Strict") return FieldValidation::kStrict;
  return refuse::bad_request(
      fmt::format("fieldValidation: Unsupported value: \"{}\": supported values: \"Ignore\", "
                  "\"Strict\", \"Warn\"",
                  value));
}

template <class Integer>
std::optional<Integer> to_integer(std::string_view text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void read_options_document(const json::object& document, DeleteOptions& options,
                           std::vector<std::string>& dry_run, bool& orphan_given) {
  options.grace_seconds = api::integer_at(document, {"gracePeriodSeconds"});
  if (const auto text = api::text_at(document, {"propagationPolicy"}); !text.empty())
    options.propagation = std::string(text);
  if (const auto* orphan = api::member(document, "orphanDependents"); orphan && orphan->is_bool()) {
    orphan_given = true;
    options.propagation = orphan->get_bool() ? "Orphan" : "Background";
  }
  if (const auto uid = api::text_at(document, {"preconditions", "uid"}); !uid.empty())
    options.uid = std::string(uid);
  if (const auto version = api::text_at(document, {"preconditions", "resourceVersion"});
      !version.empty())
    options.resource_version = std::string(version);
  if (const auto* values = api::array_at(document, {"dryRun"})) {
    for (const json::value& value : *values) {
      if (value.is_string()) dry_run.emplace_back(api::view(value.get_string()));
    }
  }
}

}  // namespace

Outcome<WriteOptions> read_write_options(const Request& request, bool apply) {
  WriteOptions options;
  if (auto read = read_dry_run(all_parameters(request, "dryRun"), options.dry_run); !read)
    return read.error();
  auto validation = read_field_validation(request);
  if (!validation) return validation.error();
  options.field_validation = *validation;
  options.field_manager = request.parameter("fieldManager").value_or("");
  if (options.field_manager.size() > kMaxManager) {
    return refuse::bad_request(
        fmt::format("fieldManager: Too long: may not be more than {} bytes", kMaxManager));
  }
  if (apply && options.field_manager.empty()) {
    return Refusal{422, "Invalid",
                   "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is "
                   "required for apply patch"};
  }
  if (options.field_manager.empty()) options.field_manager = default_manager(request);
  const auto force = request.parameter("force");
  options.force = request.flag("force");
  if (force && !apply) {
    return Refusal{422, "Invalid",
                   "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be "
                   "specified for non-apply patch"};
  }
  return options;
}

Outcome<DeleteOptions> read_eviction_options(const Call& call) {
  DeleteOptions options;
  std::vector<std::string> dry_run = all_parameters(*call.request, "dryRun");
  bool orphan_given = false;
  if (const json::object* const given = api::object_at(*call.body, {"deleteOptions"}))
    read_options_document(*given, options, dry_run, orphan_given);
  if (auto read = read_dry_run(dry_run, options.dry_run); !read) return read.error();
  return options;
}

Outcome<DeleteOptions> read_delete_options(const Call& call) {
  const Request& request = *call.request;
  DeleteOptions options;
  std::vector<std::string> dry_run = all_parameters(request, "dryRun");
  bool orphan_given = false;
  if (!request.body.empty()) {
    if (!call.body) return call.body.error();
    read_options_document(*call.body, options, dry_run, orphan_given);
  }
  if (const auto grace = request.parameter("gracePeriodSeconds"); grace && !grace->empty()) {
    options.grace_seconds = to_integer<std::int64_t>(*grace);
    if (!options.grace_seconds)
      return refuse::bad_request("gracePeriodSeconds must be a whole number");
  }
  if (const auto policy = request.parameter("propagationPolicy"); policy && !policy->empty())
    options.propagation = *policy;
  if (const auto orphan = request.parameter("orphanDependents"); orphan && !orphan->empty())
    options.propagation = request.flag("orphanDependents") ? "Orphan" : "Background";
  if (auto read = read_dry_run(dry_run, options.dry_run); !read) return read.error();
  if (options.propagation && *options.propagation != "Background" &&
      *options.propagation != "Foreground" && *options.propagation != "Orphan") {
    return Refusal{422, "Invalid",
                   fmt::format("DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: "
                               "Unsupported value: \"{}\": supported values: \"Foreground\", "
                               "\"Background\", \"Orphan\", \"nil\"",
                               *options.propagation)};
  }
  if (options.grace_seconds && *options.grace_seconds < 0) options.grace_seconds = 1;
  return options;
}

}  // namespace cove::server
