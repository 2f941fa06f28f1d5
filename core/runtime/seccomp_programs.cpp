#include "core/runtime/seccomp_programs.h"

#include <linux/filter.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "core/base/base64.h"

namespace cove::runtime {
namespace {

namespace json = boost::json;

// crun's own, of which some change what program it makes.
constexpr const char* kAnnotations = "run.oci.seccomp";
constexpr const char* kAnnotation = "run.oci.seccomp_bpf_data";
constexpr std::size_t kMostKnown = 16;

}  // namespace

std::string SeccompPrograms::rules_of(const json::object& config) {
  const auto* const annotations = config.if_contains("annotations");
  if (annotations != nullptr) {
    for (const auto& [name, value] : annotations->get_object())
      if (std::string_view(name).starts_with(kAnnotations)) return {};
  }
  const auto* const linux_part = config.if_contains("linux");
  if (linux_part == nullptr) return {};
  const auto* const rules = linux_part->get_object().if_contains("seccomp");
  return rules == nullptr ? std::string() : json::serialize(*rules);
}

bool SeccompPrograms::add_to(json::object& config, const std::string& rules) {
  std::string program;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(known_, rules, &Known::rules);
    if (found == known_.end()) return false;
    known_.splice(known_.begin(), known_, found);
    program = found->program;
  }
  json::value& annotations = config["annotations"];
  if (annotations.is_null()) annotations.emplace_object();
  annotations.get_object()[kAnnotation] = program;
  return true;
}

void SeccompPrograms::learn(const std::string& rules, const Path& file) {
  constexpr std::size_t kMostBytes = sizeof(sock_filter) * BPF_MAXINSNS;
  const auto program = read_file(file, kMostBytes);
  if (!program || program->empty() || program->size() % sizeof(sock_filter) != 0) return;
  const std::lock_guard lock(mutex_);
  if (std::ranges::find(known_, rules, &Known::rules) != known_.end()) return;
  known_.push_front({rules, base64_encode(*program)});
  if (known_.size() > kMostKnown) known_.pop_back();
}

}  // namespace cove::runtime
