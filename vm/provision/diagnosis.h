// Diagnosis: what may keep a cluster from running or from being reached, checked one by one.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "vm/provision/paths.h"
#include "vm/provision/provisioner.h"

namespace cove::provision {

enum class Health { kGood, kWarning, kBad, kUnknown };

// `id` (the check) and `code` (what was found) are stable and for machines, `values` what stands in
// the sentences; `finding` and `fix` are for people and in English: the desktop says them by code.
struct Finding {
  std::string id;    // "virtualization"
  std::string code;  // "software"
  Health health = Health::kUnknown;
  std::vector<std::string> values = {};
  std::string finding = {};
  std::string fix = {};  // empty: nothing needs to be done
};

// What is known already.
struct DiagnosisInput {
  std::optional<HostFacts> host = std::nullopt;
  std::optional<Error> host_error = std::nullopt;       // why there is no `host`
  std::optional<ClusterStatus> cluster = std::nullopt;  // nothing: none was made
  Environment environment;
  // Why a host's name is not known; empty: it is. Nothing: this computer's resolver is asked.
  std::function<std::string(const std::string& host)> resolve = {};
};

// In the order they are made.
const std::vector<std::string>& diagnosis_checks();

// Makes every check and tells each finding as it is made. Blocks, at most for some seconds (names
// are resolved); `stop` ends it between two checks.
std::vector<Finding> diagnose(const DiagnosisInput& input, const Clock& clock,
                              const std::function<void(const Finding&)>& found,
                              std::stop_token stop = {});

// The findings as text to send to somebody. Has no keys, tokens or passwords: those of proxies'
// addresses are cut out.
std::string diagnosis_report(const DiagnosisInput& input, const std::vector<Finding>& findings,
                             WallTime now);

}  // namespace cove::provision
