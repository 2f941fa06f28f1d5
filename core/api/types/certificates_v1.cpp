#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kCertificateSigningRequestFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "CertificateSigningRequestSpec", "required", ""},
    {"status", 3, "CertificateSigningRequestStatus", "omitempty", ""},
};

constexpr FieldFact kCertificateSigningRequestConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 6, "string", "required", ""},
    {"reason", 2, "string", "omitempty", ""},
    {"message", 3, "string", "omitempty", ""},
    {"lastUpdateTime", 4, "time", "omitempty", ""},
    {"lastTransitionTime", 5, "time", "omitempty", ""},
};

constexpr FieldFact kCertificateSigningRequestListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]CertificateSigningRequest", "required", ""},
};

constexpr FieldFact kCertificateSigningRequestSpecFields[] = {
    {"request", 1, "bytes", "required", ""},
    {"signerName", 7, "string", "required", ""},
    {"expirationSeconds", 8, "*int32", "omitempty", ""},
    {"usages", 5, "[]string", "omitempty list=atomic", ""},
    {"username", 2, "string", "omitempty", ""},
    {"uid", 3, "string", "omitempty", ""},
    {"groups", 4, "[]string", "omitempty list=atomic", ""},
    {"extra", 6, "{}ExtraValue", "omitempty", ""},
};

constexpr FieldFact kCertificateSigningRequestStatusFields[] = {
    {"conditions", 1, "[]CertificateSigningRequestCondition", "omitempty list=map key=type", ""},
    {"certificate", 2, "bytes", "omitempty", ""},
};

constexpr TypeFact kTypes[] = {
    {"CertificateSigningRequest", "kind", "", kCertificateSigningRequestFields},
    {"CertificateSigningRequestCondition", "", "", kCertificateSigningRequestConditionFields},
    {"CertificateSigningRequestList", "kind", "", kCertificateSigningRequestListFields},
    {"CertificateSigningRequestSpec", "", "", kCertificateSigningRequestSpecFields},
    {"CertificateSigningRequestStatus", "", "", kCertificateSigningRequestStatusFields},
    {"ExtraValue", "items=[]string", "", {}},
};

}  // namespace

std::span<const TypeFact> certificates_v1_types() {
  return kTypes;
}

}  // namespace cove::api
