#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/ec.h>

#include <ctime>

#include "core/pki/issue.h"

namespace cove::pki {
namespace {

constexpr auto kSkew = std::chrono::hours(24);

Error failed(std::string action) {
  return openssl_error(ErrorCode::kInternal, std::move(action), "a certificate");
}

Result<void> add_name(X509_NAME* name, int nid, const std::string& value) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(value.data());
  if (value.empty() || X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, bytes,
                                                  static_cast<int>(value.size()), -1, 0) != 1) {
    openssl_error(ErrorCode::kInternal, "", "");
    return Error{ErrorCode::kInvalidArgument,
                 "issue a certificate for",
                 value,
                 fmt::format("a {} in a certificate has 1 to 64 characters of UTF-8",
                             nid == NID_commonName ? "common name" : "group"),
                 {}};
  }
  return {};
}

Result<NamePtr> make_name(const std::string& common_name,
                          const std::vector<std::string>& organizations) {
  NamePtr name(X509_NAME_new());
  if (!name) return failed("make");
  for (const std::string& organization : organizations) {
    COVE_CHECK(add_name(name.get(), NID_organizationName, organization));
  }
  COVE_CHECK(add_name(name.get(), NID_commonName, common_name));
  return name;
}

Result<void> set_random_serial(X509* certificate) {
  BignumPtr number(BN_new());
  do {
    if (!number || BN_rand(number.get(), 128, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) != 1)
      return failed("number");
  } while (BN_is_zero(number.get()));
  if (BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) == nullptr)
    return failed("number");
  return {};
}

Result<void> set_validity(X509* certificate, WallTime from, WallTime until) {
  using std::chrono::system_clock;
  if (ASN1_TIME_set(X509_getm_notBefore(certificate), system_clock::to_time_t(from)) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate), system_clock::to_time_t(until)) == nullptr) {
    return failed("date");
  }
  return {};
}

Result<void> add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) return failed("extend");
  return {};
}

struct BinaryAddress {
  std::array<unsigned char, 16> bytes{};
  int size = 0;
};

std::optional<BinaryAddress> parse_ip(const std::string& text) {
  BinaryAddress address;
  if (::inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1) {
    address.size = 4;
  } else if (::inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1) {
    address.size = 16;
  } else {
    return std::nullopt;
  }
  return address;
}

std::string print_ip(const unsigned char* bytes, int size) {
  char text[INET6_ADDRSTRLEN] = {};
  if (size != 4 && size != 16) return {};
  return ::inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text) != nullptr ? text
                                                                                          : "";
}

bool is_dns_name(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > 253) return false;
  std::size_t label = 0;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (!letter || ++label > 63) {
      return false;
    }
  }
  return label > 0;
}

Result<void> push_name(GENERAL_NAMES* names, int type, std::string_view bytes) {
  GeneralNamePtr name(GENERAL_NAME_new());
  const auto size = static_cast<int>(bytes.size());
  if (!name) return failed("name");
  if (type == GEN_DNS) {
    Ia5StringPtr text(ASN1_IA5STRING_new());
    if (!text || ASN1_STRING_set(text.get(), bytes.data(), size) != 1) return failed("name");
    GENERAL_NAME_set0_value(name.get(), GEN_DNS, text.release());
  } else {
    OctetStringPtr octets(ASN1_OCTET_STRING_new());
    if (!octets || ASN1_STRING_set(octets.get(), bytes.data(), size) != 1) return failed("name");
    GENERAL_NAME_set0_value(name.get(), GEN_IPADD, octets.release());
  }
  if (sk_GENERAL_NAME_push(names, name.get()) <= 0) return failed("name");
  name.release();  // the stack owns it now
  return {};
}

Result<void> add_alternative_names(X509* certificate, const CertificateRequest& request) {
  if (request.dns_names.empty() && request.ip_addresses.empty()) return {};
  GeneralNamesPtr names(GENERAL_NAMES_new());
  if (!names) return failed("name");
  for (const std::string& dns : request.dns_names) {
    if (!is_dns_name(dns)) {
      return Error{
          ErrorCode::kInvalidArgument, "issue a certificate for", dns, "it is not a host name", {}};
    }
    COVE_CHECK(push_name(names.get(), GEN_DNS, dns));
  }
  for (const std::string& ip : request.ip_addresses) {
    const auto address = parse_ip(ip);
    if (!address) {
      return Error{ErrorCode::kInvalidArgument,
                   "issue a certificate for",
                   ip,
                   "it is not an IP address",
                   {}};
    }
    COVE_CHECK(push_name(names.get(), GEN_IPADD,
                         {reinterpret_cast<const char*>(address->bytes.data()),
                          static_cast<std::size_t>(address->size)}));
  }
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) !=
      1) {
    return failed("name");
  }
  return {};
}

// Version, serial, subject, key and validity: what every certificate has.
Result<X509Ptr> blank(X509_NAME* subject, EVP_PKEY* key, WallTime from, WallTime until) {
  X509Ptr certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
      X509_set_subject_name(certificate.get(), subject) != 1 ||
      X509_set_pubkey(certificate.get(), key) != 1) {
    return failed("make");
  }
  COVE_CHECK(set_random_serial(certificate.get()));
  COVE_CHECK(set_validity(certificate.get(), from, until));
  return certificate;
}

Result<WallTime> to_wall(const ASN1_TIME* time) {
  std::tm broken{};
  if (ASN1_TIME_to_tm(time, &broken) != 1) return failed("date");
  return std::chrono::system_clock::from_time_t(::timegm(&broken));
}

Result<std::string> to_utf8(const ASN1_STRING* text) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, text);
  OpensslBytes owner(bytes);
  if (size < 0) return openssl_error(ErrorCode::kCorrupt, "read", "a name in a certificate");
  return std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

Result<std::vector<std::string>> subject_values(X509* certificate, int nid) {
  std::vector<std::string> values;
  const X509_NAME* name = X509_get_subject_name(certificate);
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0;) {
    COVE_TRY(std::string value, to_utf8(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))));
    values.push_back(std::move(value));
  }
  return values;
}

const char* extended_usage(Usage usage) {
  switch (usage) {
    case Usage::kServer: return "serverAuth";
    case Usage::kClient: return "clientAuth";
    case Usage::kServerAndClient: return "serverAuth,clientAuth";
  }
  return "clientAuth";
}

Result<KeyPair> to_pair(X509* certificate, EVP_PKEY* key) {
  KeyPair pair;
  COVE_TRY(pair.certificate_pem, certificate_to_pem(certificate));
  COVE_TRY(pair.key_pem, key_to_pem(key));
  return pair;
}

}  // namespace

Result<std::string> canonical_ip(const std::string& address) {
  const auto parsed = parse_ip(address);
  if (!parsed)
    return Error{ErrorCode::kInvalidArgument, "read", address, "it is not an IP address", {}};
  return print_ip(parsed->bytes.data(), parsed->size);
}

Result<PkeyPtr> generate_key() {
  PkeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return openssl_error(ErrorCode::kInternal, "make", "a P-256 key");
  return key;
}

Result<X509Ptr> self_sign(const std::string& common_name, EVP_PKEY* key,
                          std::chrono::hours lifetime, WallTime now) {
  COVE_TRY(NamePtr name, make_name(common_name, {}));
  COVE_TRY(X509Ptr certificate, blank(name.get(), key, now - kSkew, now + lifetime));
  X509* const self = certificate.get();
  if (X509_set_issuer_name(self, name.get()) != 1) return failed("make");
  COVE_CHECK(add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE"));
  COVE_CHECK(
      add_extension(self, self, NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign"));
  COVE_CHECK(add_extension(self, self, NID_subject_key_identifier, "hash"));
  COVE_CHECK(add_extension(self, self, NID_authority_key_identifier, "keyid:always"));
  if (X509_sign(self, key, EVP_sha256()) <= 0) return failed("sign");
  return certificate;
}

Result<X509Ptr> sign(X509* authority, EVP_PKEY* authority_key, const CertificateRequest& request,
                     EVP_PKEY* key, WallTime now) {
  COVE_TRY(const WallTime authority_end, to_wall(X509_get0_notAfter(authority)));
  COVE_TRY(NamePtr name, make_name(request.common_name, request.organizations));
  const WallTime end = std::min<WallTime>(now + request.lifetime, authority_end);
  COVE_TRY(X509Ptr certificate, blank(name.get(), key, now - kSkew, end));
  X509* const leaf = certificate.get();
  if (X509_set_issuer_name(leaf, X509_get_subject_name(authority)) != 1) return failed("make");
  COVE_CHECK(add_extension(leaf, authority, NID_basic_constraints, "critical,CA:FALSE"));
  COVE_CHECK(add_extension(leaf, authority, NID_key_usage, "critical,digitalSignature"));
  COVE_CHECK(add_extension(leaf, authority, NID_ext_key_usage, extended_usage(request.usage)));
  COVE_CHECK(add_extension(leaf, authority, NID_subject_key_identifier, "hash"));
  COVE_CHECK(add_extension(leaf, authority, NID_authority_key_identifier, "keyid:always"));
  COVE_CHECK(add_alternative_names(leaf, request));
  if (X509_sign(leaf, authority_key, EVP_sha256()) <= 0) return failed("sign");
  return certificate;
}

Result<CertificateInfo> inspect(X509* certificate) {
  CertificateInfo info;
  COVE_TRY(const std::vector<std::string> common_names,
           subject_values(certificate, NID_commonName));
  if (!common_names.empty()) info.common_name = common_names.front();
  COVE_TRY(info.organizations, subject_values(certificate, NID_organizationName));
  COVE_TRY(info.not_before, to_wall(X509_get0_notBefore(certificate)));
  COVE_TRY(info.not_after, to_wall(X509_get0_notAfter(certificate)));
  info.is_authority = X509_check_ca(certificate) == 1;
  GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type));
    if (type == GEN_DNS) {
      COVE_TRY(std::string dns, to_utf8(value));
      info.dns_names.push_back(std::move(dns));
    } else if (type == GEN_IPADD) {
      info.ip_addresses.push_back(
          print_ip(ASN1_STRING_get0_data(value), ASN1_STRING_length(value)));
    }
  }
  return info;
}

Result<KeyPair> create_authority(const std::string& common_name, std::chrono::hours lifetime,
                                 const Clock& clock) {
  COVE_TRY(PkeyPtr key, generate_key());
  COVE_TRY(X509Ptr certificate, self_sign(common_name, key.get(), lifetime, clock.wall()));
  return to_pair(certificate.get(), key.get());
}

Result<KeyPair> issue(const KeyPair& authority, const CertificateRequest& request,
                      const Clock& clock) {
  COVE_TRY(X509Ptr parent,
           parse_certificate(authority.certificate_pem, "the authority's certificate"));
  COVE_TRY(PkeyPtr parent_key, parse_key(authority.key_pem, "the authority's key"));
  if (X509_check_private_key(parent.get(), parent_key.get()) != 1) {
    openssl_error(ErrorCode::kInternal, "", "");
    return Error{ErrorCode::kCorrupt,
                 "issue a certificate for",
                 request.common_name,
                 "the authority's key does not fit its certificate",
                 {}};
  }
  COVE_TRY(PkeyPtr key, generate_key());
  COVE_TRY(X509Ptr certificate,
           sign(parent.get(), parent_key.get(), request, key.get(), clock.wall()));
  return to_pair(certificate.get(), key.get());
}

Result<CertificateInfo> inspect(const std::string& certificate_pem) {
  COVE_TRY(X509Ptr certificate, parse_certificate(certificate_pem, "a certificate"));
  return inspect(certificate.get());
}

bool needs_renewal(const CertificateInfo& info, WallTime now) {
  const auto life = info.not_after - info.not_before;
  return now < info.not_before || info.not_after - now <= life / 5;
}

}  // namespace cove::pki
