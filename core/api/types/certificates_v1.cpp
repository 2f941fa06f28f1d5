#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kCertificateSigningRequestFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "CertificateSigningRequestSpec", "required",
     "What is wanted of the CertificateSigningRequest."},
    {"status", 3, "CertificateSigningRequestStatus", "omitempty",
     "What the system last saw of the CertificateSigningRequest. Clients do not write it through "
     "the main resource."},
};

constexpr FieldFact kCertificateSigningRequestConditionFields[] = {
    {"type", 1, "string", "required", "What the condition is about, in CamelCase."},
    {"status", 6, "string", "required", "Whether it holds: True, False or Unknown."},
    {"reason", 2, "string", "omitempty",
     "One CamelCase word that programs can read for the last change."},
    {"message", 3, "string", "omitempty", "A sentence for people about the last change."},
    {"lastUpdateTime", 4, "time", "omitempty", "When the condition was last looked at."},
    {"lastTransitionTime", 5, "time", "omitempty", "When the status last changed."},
};

constexpr FieldFact kCertificateSigningRequestListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]CertificateSigningRequest", "required",
     "The objects, in the order of their names."},
};

constexpr FieldFact kCertificateSigningRequestSpecFields[] = {
    {"request", 1, "bytes", "required", "PKCS#10 request in PEM, in base64."},
    {"signerName", 7, "string", "required",
     "Who is to sign, such as kubernetes.io/kube-apiserver-client."},
    {"expirationSeconds", 8, "*int32", "omitempty",
     "How long the certificate should last, in seconds, at least 600. The signer may shorten it."},
    {"usages", 5, "[]string", "omitempty list=atomic",
     "What the key is for, such as digital signature or client auth."},
    {"username", 2, "string", "omitempty", "Who asks; set by the server."},
    {"uid", 3, "string", "omitempty", "UID of who asks; set by the server."},
    {"groups", 4, "[]string", "omitempty list=atomic", "Groups of who asks; set by the server."},
    {"extra", 6, "{}ExtraValue", "omitempty", "Further attributes of who asks; set by the server."},
};

constexpr FieldFact kCertificateSigningRequestStatusFields[] = {
    {"conditions", 1, "[]CertificateSigningRequestCondition", "omitempty list=map key=type",
     "What has been observed, one entry per type of condition."},
    {"certificate", 2, "bytes", "omitempty", "The certificates in PEM, in base64, once signed."},
};

constexpr TypeFact kTypes[] = {
    {"CertificateSigningRequest", "kind", "Asks for a certificate, to be approved and then signed.",
     kCertificateSigningRequestFields},
    {"CertificateSigningRequestCondition", "",
     "A decision or result of a request: Approved, Denied or Failed.",
     kCertificateSigningRequestConditionFields},
    {"CertificateSigningRequestList", "kind", "A list of CertificateSigningRequest objects.",
     kCertificateSigningRequestListFields},
    {"CertificateSigningRequestSpec", "", "What certificate is asked for. Cannot be changed.",
     kCertificateSigningRequestSpecFields},
    {"CertificateSigningRequestStatus", "", "State of a request.",
     kCertificateSigningRequestStatusFields},
    {"ExtraValue", "items=[]string", "Values of one attribute.", {}},
};

}  // namespace

std::span<const TypeFact> certificates_v1_types() {
  return kTypes;
}

}  // namespace cove::api
