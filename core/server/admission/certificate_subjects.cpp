// CertificateApproval, CertificateSigning and CertificateSubjectRestriction (kubernetes.io
// "Certificates and Certificate Signing Requests"): approving and signing need a right for the
// signer, and nobody asks for a certificate of system:masters.

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "core/base/base64.h"
#include "core/server/access/rbac.h"
#include "core/server/admission/plugins.h"

namespace cove::server {
namespace {

constexpr std::string_view kGroup = "certificates.k8s.io";
constexpr std::string_view kClientSigner = "kubernetes.io/kube-apiserver-client";

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

// Whether the request (PEM) asks for the organization; what cannot be read does not.
bool asks_for(const std::string& pem, std::string_view organization) {
  const std::unique_ptr<BIO, Deleter<BIO_free_all>> memory(
      BIO_new_mem_buf(pem.data(), static_cast<int>(std::min<std::size_t>(pem.size(), 1 << 20))));
  const std::unique_ptr<X509_REQ, Deleter<X509_REQ_free>> asked(
      PEM_read_bio_X509_REQ(memory.get(), nullptr, nullptr, nullptr));
  if (!asked) return false;
  const X509_NAME* const subject = X509_REQ_get_subject_name(asked.get());
  int at = -1;
  while ((at = X509_NAME_get_index_by_NID(subject, NID_organizationName, at)) >= 0) {
    const ASN1_STRING* const text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, text);
    if (size < 0) continue;
    const std::string_view found(reinterpret_cast<const char*>(utf8),
                                 static_cast<std::size_t>(size));
    const bool same = found == organization;
    OPENSSL_free(utf8);
    if (same) return true;
  }
  return false;
}

class CertificateSubjects final : public AdmissionPlugin {
 public:
  std::string_view name() const override { return "CertificateApproval"; }

  Outcome<void> validate(const AdmissionRequest& request, const ClusterState& state) override {
    if (request.kind.gvk.group != kGroup || request.kind.plural != "certificatesigningrequests" ||
        request.object == nullptr)
      return {};
    if (request.operation == Operation::kCreate) return check_subject(request);
    if (request.subresource == "approval") return check_right(request, state, "approve");
    if (request.subresource != "status") return {};
    const json::value* const certificate =
        api::value_at(*request.object, {"status", "certificate"});
    const json::value* const before = api::value_at(*request.old, {"status", "certificate"});
    const bool same = certificate == nullptr
                          ? before == nullptr
                          : before != nullptr && api::same(*certificate, *before);
    return same ? Outcome<void>() : check_right(request, state, "sign");
  }

 private:
  static Outcome<void> check_subject(const AdmissionRequest& request) {
    if (api::text_at(*request.object, {"spec", "signerName"}) != kClientSigner) return {};
    const auto pem = base64_decode_lenient(api::text_at(*request.object, {"spec", "request"}));
    if (!pem || !asks_for(*pem, "system:masters")) return {};
    return refuse::forbidden(
        request.kind, request.name,
        fmt::format("use of {} signer with system:masters group is not allowed", kClientSigner));
  }

  // On the signer itself, or on all of its domain: "example.com/*".
  static Outcome<void> check_right(const AdmissionRequest& request, const ClusterState& state,
                                   std::string_view verb) {
    if (request.user.in_group("system:masters")) return {};
    const RbacAuthorizer rbac(state);
    const std::string signer(api::text_at(*request.old, {"spec", "signerName"}));
    RequestInfo info;
    info.is_resource = true;
    info.verb = verb;
    info.group = kGroup;
    info.version = "*";
    info.resource = "signers";
    for (const std::string& each : {signer, signer.substr(0, signer.find('/')) + "/*"}) {
      info.name = each;
      if (rbac.authorize({request.user, info, ""}).kind == Decision::Kind::kAllow) return {};
    }
    return refuse::forbidden(request.kind, request.name,
                             fmt::format("user not permitted to {} requests with signerName {}",
                                         verb, api::quote(signer)));
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> certificate_subjects() {
  return std::make_unique<CertificateSubjects>();
}

}  // namespace cove::server
