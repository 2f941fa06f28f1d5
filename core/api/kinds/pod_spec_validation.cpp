#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/metadata.h"

namespace cove::api::pods {
namespace {

constexpr std::int64_t kMaxInt32 = INT32_MAX;

void check_image_pull_secrets(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  rules::each(array_at(spec, {"imagePullSecrets"}), [&](const json::object& secret, std::size_t i) {
    if (text_at(secret, {"name"}).empty()) errors.required(path.index(i) / "name");
  });
}

void check_readiness_gates(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  rules::each(array_at(spec, {"readinessGates"}), [&](const json::object& gate, std::size_t i) {
    const std::string_view type = text_at(gate, {"conditionType"});
    add_problems(errors, path.index(i) / "conditionType", type, check_qualified_name(type));
  });
}

void check_host_aliases(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  rules::each(array_at(spec, {"hostAliases"}), [&](const json::object& alias, std::size_t i) {
    const FieldPath at = path.index(i);
    const std::string_view ip = text_at(alias, {"ip"});
    add_problems(errors, at / "ip", ip, check_ip(ip));
    rules::each_text(array_at(alias, {"hostnames"}), [&](std::string_view name, std::size_t) {
      add_problems(errors, at / "hostnames", name, check_dns1123_subdomain(name));
    });
  });
}

// Names that must have a form when they are there.
void check_names(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  struct Row {
    std::string_view field;
    Problems (*check)(std::string_view);
  };
  constexpr Row kRows[] = {{"serviceAccountName", check_dns1123_subdomain},
                           {"nodeName", check_dns1123_subdomain},
                           {"hostname", check_dns1123_label},
                           {"subdomain", check_dns1123_label},
                           {"priorityClassName", check_dns1123_subdomain},
                           {"runtimeClassName", check_dns1123_subdomain},
                           {"hostnameOverride", check_dns1123_subdomain}};
  for (const Row& row : kRows) {
    const std::string_view name = text_at(spec, {row.field});
    if (name.empty() && row.field != "runtimeClassName") continue;
    if (!rules::has(spec, {row.field})) continue;
    add_problems(errors, path / row.field, name, row.check(name));
  }
  const std::string_view host = text_at(spec, {"hostnameOverride"});
  if (host.size() > 64) errors.too_long(path / "hostnameOverride", 64);
  if (!host.empty() && flag_at(spec, {"hostNetwork"})) {
    errors.forbidden(path / "hostnameOverride", "may not be set when hostNetwork is true");
  }
  if (!host.empty() && flag_at(spec, {"setHostnameAsFQDN"})) {
    errors.forbidden(path / "hostnameOverride", "may not be set when setHostnameAsFQDN is true");
  }
}

void check_overhead(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  const json::object* const overhead = object_at(spec, {"overhead"});
  if (overhead == nullptr) return;
  const json::object limits = {{"limits", *overhead}};
  ErrorList found;
  validate_resources(found, path, limits, nullptr);
  errors.append(std::move(found));
}

}  // namespace

std::set<std::string, std::less<>> validate_claims(ErrorList& errors, const FieldPath& path,
                                                   const json::array* claims) {
  std::set<std::string, std::less<>> names;
  rules::each(claims, [&](const json::object& claim, std::size_t i) {
    const FieldPath at = path.index(i);
    const std::string_view name = text_at(claim, {"name"});
    if (name.empty()) {
      errors.required(at / "name");
    } else if (!names.emplace(name).second) {
      errors.duplicate(at / "name", json::string(name));
    } else {
      add_problems(errors, at / "name", name, check_dns1123_label(name));
    }
    const bool existing = rules::has(claim, {"resourceClaimName"});
    const bool made = rules::has(claim, {"resourceClaimTemplateName"});
    if (existing && made) {
      errors.invalid(at, claim,
                     "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be "
                     "specified");
    } else if (!existing && !made) {
      errors.invalid(at, claim,
                     "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
    }
    for (const std::string_view field : {"resourceClaimName", "resourceClaimTemplateName"}) {
      if (!rules::has(claim, {field})) continue;
      const std::string_view target = text_at(claim, {field});
      add_problems(errors, at / field, target, check_dns1123_subdomain(target));
    }
  });
  return names;
}

void validate_dns(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  const std::string_view policy = text_at(spec, {"dnsPolicy"});
  rules::required_enumeration(errors, path / "dnsPolicy", policy,
                              {"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"});
  const FieldPath at = path / "dnsConfig";
  const json::object* const config = object_at(spec, {"dnsConfig"});
  if (policy == "None" && (config == nullptr || rules::size_at(*config, {"nameservers"}) == 0)) {
    errors.required(config == nullptr ? at : at / "nameservers",
                    config == nullptr
                        ? "must provide `dnsConfig` when `dnsPolicy` is None"
                        : "must provide at least one DNS nameserver when `dnsPolicy` is None");
  }
  if (config == nullptr) return;
  if (rules::size_at(*config, {"nameservers"}) > 3) {
    errors.invalid(at / "nameservers", *value_at(*config, {"nameservers"}),
                   "must not have more than 3 nameservers");
  }
  rules::each_text(array_at(*config, {"nameservers"}), [&](std::string_view ip, std::size_t i) {
    add_problems(errors, (at / "nameservers").index(i), ip, check_ip(ip));
  });
  std::size_t length = 0;
  rules::each_text(array_at(*config, {"searches"}), [&](std::string_view search, std::size_t i) {
    length += search.size() + (i == 0 ? 0 : 1);
    if (search.ends_with('.')) search.remove_suffix(1);
    if (search.empty()) return;
    add_problems(errors, (at / "searches").index(i), search,
                 check_dns1123_subdomain_underscore(search));
  });
  if (rules::size_at(*config, {"searches"}) > 32) {
    errors.invalid(at / "searches", *value_at(*config, {"searches"}),
                   "must not have more than 32 search paths");
  }
  if (length > 2048) {
    errors.invalid(at / "searches", *value_at(*config, {"searches"}),
                   "must not have more than 2048 characters (including spaces) in the search list");
  }
  rules::each(array_at(*config, {"options"}), [&](const json::object& option, std::size_t i) {
    if (text_at(option, {"name"}).empty()) {
      errors.required((at / "options").index(i), "must not be empty");
    }
  });
}

void validate_spec(ErrorList& errors, const FieldPath& path, const json::object& spec, bool pod) {
  const Volumes volumes = validate_volumes(errors, path / "volumes", array_at(spec, {"volumes"}));
  const auto claims =
      validate_claims(errors, path / "resourceClaims", array_at(spec, {"resourceClaims"}));
  validate_containers(errors, path,
                      {.spec = spec, .volumes = volumes, .claims = claims, .pod = pod});
  validate_pod_resources(errors, path / "resources", spec);
  rules::required_enumeration(errors, path / "restartPolicy", text_at(spec, {"restartPolicy"}),
                              {"Always", "Never", "OnFailure"});
  validate_dns(errors, path, spec);
  validate_pod_security(errors, path, spec);
  check_image_pull_secrets(errors, path / "imagePullSecrets", spec);
  check_readiness_gates(errors, path / "readinessGates", spec);
  validate_scheduling(errors, path, spec);
  check_names(errors, path, spec);
  if (const auto seconds = integer_at(spec, {"activeDeadlineSeconds"})) {
    if (*seconds < 1 || *seconds > kMaxInt32) {
      errors.invalid(path / "activeDeadlineSeconds", *seconds, range_problem(1, kMaxInt32));
    }
  }
  check_host_aliases(errors, path / "hostAliases", spec);
  rules::enumeration(errors, path / "preemptionPolicy", text_at(spec, {"preemptionPolicy"}),
                     {"Never", "PreemptLowerPriority"});
  check_overhead(errors, path / "overhead", spec);
  validate_os(errors, path, spec);
}

void validate_template(ErrorList& errors, const FieldPath& path, const json::object& pod_template) {
  rules::labels(errors, path / "labels", object_at(pod_template, {"metadata", "labels"}));
  validate_annotations(object_at(pod_template, {"metadata", "annotations"}), path / "annotations",
                       errors);
  const json::object* const given = object_at(pod_template, {"spec"});
  const json::object empty;
  const json::object& spec = given == nullptr ? empty : *given;
  validate_spec(errors, path / "spec", spec, false);
  if (rules::size_at(spec, {"ephemeralContainers"}) > 0) {
    errors.forbidden(path / "spec" / "ephemeralContainers",
                     "ephemeral containers not allowed in pod template");
  }
}

void validate_pod(ErrorList& errors, const json::object& pod) {
  const json::object* const given = object_at(pod, {"spec"});
  const json::object empty;
  const json::object& spec = given == nullptr ? empty : *given;
  validate_spec(errors, "spec", spec, true);
  if (text_at(spec, {"serviceAccountName"}).empty()) {
    rules::each(array_at(spec, {"volumes"}), [&](const json::object& volume, std::size_t i) {
      rules::each(array_at(volume, {"projected", "sources"}), [&](const json::object& source,
                                                                  std::size_t j) {
        if (object_at(source, {"serviceAccountToken"}) == nullptr) return;
        const FieldPath at = FieldPath("spec") / "volumes";
        errors.forbidden((at.index(i) / "projected" / "sources").index(j) / "serviceAccountToken",
                         "must not be specified when serviceAccountName is not set");
      });
    });
  }
}

}  // namespace cove::api::pods
