#include <algorithm>
#include <set>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"
#include "core/base/base64.h"

namespace cove::api {
namespace {

constexpr std::int64_t kLeastSeconds = 600;
const rules::Values kUsages = {"any",
                               "cert sign",
                               "client auth",
                               "code signing",
                               "content commitment",
                               "crl sign",
                               "data encipherment",
                               "decipher only",
                               "digital signature",
                               "email protection",
                               "encipher only",
                               "ipsec end system",
                               "ipsec tunnel",
                               "ipsec user",
                               "key agreement",
                               "key encipherment",
                               "microsoft sgc",
                               "netscape sgc",
                               "ocsp signing",
                               "s/mime",
                               "server auth",
                               "signing",
                               "timestamping"};

bool decision(std::string_view type) {
  return type == "Approved" || type == "Denied";
}

bool has_condition(const json::object& object, std::string_view type) {
  bool found = false;
  rules::each(array_at(object, {"status", "conditions"}),
              [&](const json::object& condition, std::size_t) {
                found = found || text_at(condition, {"type"}) == type;
              });
  return found;
}

// Conditions of the object by what `keep` says of their types.
template <typename Keep>
json::array conditions(const json::object& object, Keep&& keep) {
  json::array kept;
  rules::each(array_at(object, {"status", "conditions"}),
              [&](const json::object& condition, std::size_t) {
                if (keep(text_at(condition, {"type"}))) {
                  kept.push_back(condition);
                }
              });
  return kept;
}

void stamp(json::object& object, const json::object& old, const WriteContext& context) {
  const std::string now = rfc3339(context.now);
  rules::each(rules::array_in(object, {"status", "conditions"}),
              [&](json::object& condition, std::size_t) {
                set_default(condition, "lastUpdateTime", rules::cell(now));
                bool same_before = false;
                rules::each(array_at(old, {"status", "conditions"}),
                            [&](const json::object& before, std::size_t) {
                              if (rules::same_at(before, condition, {"type"}) &&
                                  rules::same_at(before, condition, {"status"})) {
                                same_before = true;
                                rules::restore(condition, before, {"lastTransitionTime"});
                              }
                            });
                if (!same_before) {
                  set_default(condition, "lastTransitionTime", rules::cell(now));
                }
              });
}

void set_conditions(json::object& object, json::array conditions) {
  if (conditions.empty()) {
    erase_at(object, {"status", "conditions"});
  } else {
    set_at(object, {"status", "conditions"}, std::move(conditions));
  }
}

void prepare_create(json::object& object, const WriteContext&) {
  set_at(object, {"status"}, json::object{});
}

void prepare_update(json::object& object, const json::object& old, const WriteContext&) {
  rules::restore(object, old, {"spec"});
  rules::restore(object, old, {"status"});
}

// The signer's way: it issues and fails, and leaves decisions alone.
void prepare_status(json::object& object, const json::object& old, const WriteContext& context) {
  rules::restore(object, old, {"spec"});
  json::array kept = conditions(old, decision);
  for (json::value& condition :
       conditions(object, [](std::string_view type) { return !decision(type); })) {
    kept.push_back(std::move(condition));
  }
  set_conditions(object, std::move(kept));
  stamp(object, old, context);
}

// The approver's way: conditions alone.
void prepare_approval(json::object& object, const json::object& old, const WriteContext& context) {
  rules::restore(object, old, {"spec"});
  json::array given = conditions(object, [](std::string_view) { return true; });
  rules::restore(object, old, {"status"});
  set_conditions(object, std::move(given));
  stamp(object, old, context);
}

void check_signer(std::string_view name, ErrorList& errors) {
  const FieldPath path = "spec.signerName";
  if (name.empty()) {
    errors.required(path);
    return;
  }
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos || slash == 0) {
    errors.invalid(path, rules::cell(name),
                   "must be a fully qualified domain and path of the form "
                   "'example.com/signer-name'");
    return;
  }
  const std::string_view domain = name.substr(0, slash);
  add_problems(errors, path, domain, check_dns1123_subdomain(domain));
  if (domain.find('.') == std::string_view::npos) {
    errors.invalid(path, rules::cell(domain),
                   "should be a domain with at least two segments separated by dots");
  }
}

void check_conditions(const json::object& object, ErrorList& errors) {
  std::set<std::string, std::less<>> types;
  const FieldPath all = "status.conditions";
  rules::each(array_at(object, {"status", "conditions"}), [&](const json::object& condition,
                                                              std::size_t i) {
    const FieldPath path = all.index(i);
    const std::string_view type = text_at(condition, {"type"});
    const std::string_view status = text_at(condition, {"status"});
    rules::required_text(errors, path / "type", type);
    if (rules::one_of(type, {"Approved", "Denied", "Failed"})) {
      rules::required_enumeration(errors, path / "status", status, {"True"});
    } else {
      rules::required_enumeration(errors, path / "status", status, {"False", "True", "Unknown"});
    }
    if (!types.emplace(type).second) {
      errors.duplicate(path / "type", rules::cell(type));
    }
  });
  if (has_condition(object, "Approved") && has_condition(object, "Denied")) {
    errors.invalid(all, *value_at(object, {"status", "conditions"}),
                   "Approved and Denied conditions are mutually exclusive");
  }
}

void validate(const json::object& object, ErrorList& errors) {
  const auto request = base64_decode_lenient(text_at(object, {"spec", "request"}));
  if (!request || request->find("-----BEGIN CERTIFICATE REQUEST-----") == std::string::npos) {
    errors.invalid("spec.request", rules::cell(text_at(object, {"spec", "request"})),
                   "PEM block type must be CERTIFICATE REQUEST");
  }
  const json::array* usages = array_at(object, {"spec", "usages"});
  if (usages == nullptr || usages->empty()) {
    errors.required("spec.usages", "usages must be specified");
  }
  std::set<std::string, std::less<>> seen;
  rules::each_text(usages, [&](std::string_view usage, std::size_t i) {
    const FieldPath path = FieldPath("spec.usages").index(i);
    rules::enumeration(errors, path, usage, kUsages);
    if (!seen.emplace(usage).second) {
      errors.duplicate(path, rules::cell(usage));
    }
  });
  const std::string_view signer = text_at(object, {"spec", "signerName"});
  check_signer(signer, errors);
  if (signer == "kubernetes.io/legacy-unknown") {
    errors.invalid("spec.signerName", rules::cell(signer),
                   "the legacy signerName is not allowed via this API version");
  }
  const auto seconds = integer_at(object, {"spec", "expirationSeconds"});
  if (seconds && *seconds < kLeastSeconds) {
    errors.invalid("spec.expirationSeconds", *seconds,
                   "may not specify a duration less than 600 seconds (10 minutes)");
  }
  check_conditions(object, errors);
}

// A decision stands once it is made.
void check_decisions_kept(const json::object& object, const json::object& old, ErrorList& errors) {
  check_conditions(object, errors);
  for (const std::string_view type : {"Approved", "Denied", "Failed"}) {
    if (has_condition(old, type) && !has_condition(object, type)) {
      errors.forbidden("status.conditions",
                       "updates may not remove a condition of type \"" + std::string(type) + "\"");
    }
  }
  if (!text_at(old, {"status", "certificate"}).empty()) {
    rules::immutable(errors, object, old, {"status", "certificate"}, "status.certificate");
  }
}

std::string condition_text(const json::object& object) {
  std::vector<std::string> texts;
  if (has_condition(object, "Denied")) {
    texts.emplace_back("Denied");
  } else if (has_condition(object, "Approved")) {
    texts.emplace_back("Approved");
  } else {
    texts.emplace_back("Pending");
  }
  if (has_condition(object, "Failed")) {
    texts.emplace_back("Failed");
  }
  if (!text_at(object, {"status", "certificate"}).empty()) {
    texts.emplace_back("Issued");
  }
  return rules::join(texts, ",");
}

json::array cells(const json::object& object, WallTime now) {
  const auto seconds = integer_at(object, {"spec", "expirationSeconds"});
  const std::string_view signer = text_at(object, {"spec", "signerName"});
  return {rules::name_cell(object),
          rules::age_cell(object, now),
          rules::cell(signer.empty() ? "<none>" : signer),
          rules::cell(text_at(object, {"spec", "username"})),
          rules::cell(seconds ? rules::span_text(*seconds) : "<none>"),
          rules::cell(condition_text(object))};
}

}  // namespace

std::vector<Kind> certificate_signing_request_kinds(const BuiltinSchemas& schemas) {
  std::vector<Subresource> subresources = rules::status_subresource();
  subresources.push_back({.name = "approval",
                          .verbs = {"get", "patch", "update"},
                          .prepare = prepare_approval,
                          .validate = check_decisions_kept});
  return {{.gvk = {"certificates.k8s.io", "v1", "CertificateSigningRequest"},
           .plural = "certificatesigningrequests",
           .singular = "certificatesigningrequest",
           .short_names = {"csr"},
           .namespaced = false,
           .schema = &schemas.type("certificates/v1.CertificateSigningRequest"),
           .subresources = std::move(subresources),
           .name_rule = NameRule::kPathSegment,
           .tracks_generation = false,
           .selectable_fields = {"spec.signerName"},
           .columns = {rules::name_column(), rules::age_column(),
                       rules::column("SignerName", "Who is to sign."),
                       rules::column("Requestor", "Who asks."),
                       rules::column("RequestedDuration", "How long it should last."),
                       rules::column("Condition", "How far it is.")},
           .cells = cells,
           .rules = {.prepare_create = prepare_create,
                     .prepare_update = prepare_update,
                     .prepare_status = prepare_status,
                     .validate = validate,
                     .validate_status = check_decisions_kept}}};
}

}  // namespace cove::api
