#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/pki/pki.h"
#include "tests/unit/pki/verify.h"

namespace cove::pki {
namespace {

using namespace std::chrono_literals;

constexpr auto kDay = std::chrono::hours(24);

class AuthorityTest : public ::testing::Test {
 protected:
  FakeClock clock_;
  KeyPair authority_ = *create_authority("test-ca", kDay * 3650, clock_);

  KeyPair issue_server() {
    return *issue(authority_,
                  {"kube-apiserver",
                   {},
                   {"localhost", "kubernetes.default.svc"},
                   {"127.0.0.1", "::1"},
                   Usage::kServer},
                  clock_);
  }
};

TEST_F(AuthorityTest, ChainVerifiesForItsPurposeAndNoOther) {
  const KeyPair server = issue_server();
  const KeyPair client = *issue(authority_, {"alice", {"dev"}, {}, {}, Usage::kClient}, clock_);
  const KeyPair both = *issue(authority_, {"both", {}, {"b"}, {}, Usage::kServerAndClient}, clock_);
  const WallTime now = clock_.wall();
  EXPECT_EQ(
      verify(authority_.certificate_pem, server.certificate_pem, now, X509_PURPOSE_SSL_SERVER), "");
  EXPECT_EQ(
      verify(authority_.certificate_pem, client.certificate_pem, now, X509_PURPOSE_SSL_CLIENT), "");
  EXPECT_EQ(verify(authority_.certificate_pem, both.certificate_pem, now, X509_PURPOSE_SSL_SERVER),
            "");
  EXPECT_EQ(verify(authority_.certificate_pem, both.certificate_pem, now, X509_PURPOSE_SSL_CLIENT),
            "");
  EXPECT_NE(
      verify(authority_.certificate_pem, client.certificate_pem, now, X509_PURPOSE_SSL_SERVER), "");
  EXPECT_NE(
      verify(authority_.certificate_pem, server.certificate_pem, now, X509_PURPOSE_SSL_CLIENT), "");
}

TEST_F(AuthorityTest, AnotherAuthorityOfTheSameNameIsNotTrusted) {
  const KeyPair other = *create_authority("test-ca", kDay * 3650, clock_);
  EXPECT_NE(verify(other.certificate_pem, issue_server().certificate_pem, clock_.wall(),
                   X509_PURPOSE_SSL_SERVER),
            "");
}

TEST_F(AuthorityTest, NamesAndAddressesMatchAsAClientChecksThem) {
  const TestX509 x509 = read_x509(issue_server().certificate_pem);
  EXPECT_EQ(X509_check_host(x509.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(x509.get(), "elsewhere", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(x509.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(x509.get(), "::1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(x509.get(), "127.0.0.2", 0), 0);
}

TEST_F(AuthorityTest, InspectReadsBackWhatWasAsked) {
  const CertificateInfo info = *inspect(issue(authority_,
                                              {"Jürgen",
                                               {"system:masters", "dev"},
                                               {"a.b"},
                                               {"10.0.0.1", "fe80::1"},
                                               Usage::kClient,
                                               48h},
                                              clock_)
                                            ->certificate_pem);
  EXPECT_EQ(info.common_name, "Jürgen");
  EXPECT_EQ(info.organizations, (std::vector<std::string>{"system:masters", "dev"}));
  EXPECT_EQ(info.dns_names, std::vector<std::string>{"a.b"});
  EXPECT_EQ(info.ip_addresses, (std::vector<std::string>{"10.0.0.1", "fe80::1"}));
  EXPECT_FALSE(info.is_authority);
  EXPECT_EQ(info.not_before, clock_.wall() - kDay);
  EXPECT_EQ(info.not_after, clock_.wall() + 48h);
  EXPECT_TRUE(inspect(authority_.certificate_pem)->is_authority);
}

TEST_F(AuthorityTest, ExtensionsAreWhatRfc5280Asks) {
  const TestX509 ca = read_x509(authority_.certificate_pem);
  const TestX509 leaf = read_x509(issue_server().certificate_pem);
  const auto critical = [](X509* x, int nid) {
    const int at = X509_get_ext_by_NID(x, nid, -1);
    return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(x, at)) == 1;
  };
  for (X509* x : {ca.get(), leaf.get()}) {
    EXPECT_EQ(X509_get_version(x), X509_VERSION_3);
    EXPECT_TRUE(critical(x, NID_basic_constraints));
    EXPECT_TRUE(critical(x, NID_key_usage));
    EXPECT_NE(X509_get0_subject_key_id(x), nullptr);
    ASSERT_NE(X509_get0_authority_key_id(x), nullptr);
    EXPECT_EQ(
        ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(x), X509_get0_subject_key_id(ca.get())),
        0);
    char group[16] = {};
    EXPECT_EQ(EVP_PKEY_get_group_name(X509_get0_pubkey(x), group, sizeof group, nullptr), 1);
    EXPECT_STREQ(group, "prime256v1");
  }
  EXPECT_EQ(X509_get_key_usage(ca.get()),
            static_cast<unsigned>(KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN | KU_CRL_SIGN));
  EXPECT_EQ(X509_get_key_usage(leaf.get()), static_cast<unsigned>(KU_DIGITAL_SIGNATURE));
}

TEST_F(AuthorityTest, SerialsAreLongAndDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    const TestX509 x509 = read_x509(issue_server().certificate_pem);
    BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509.get()), nullptr);
    EXPECT_FALSE(BN_is_negative(number));
    EXPECT_LE(BN_num_bits(number), 128);
    char* text = BN_bn2hex(number);
    seen.insert(text);
    OPENSSL_free(text);
    BN_free(number);
  }
  EXPECT_EQ(seen.size(), 50u);
  EXPECT_GE(seen.rbegin()->size(), 24u);
}

TEST_F(AuthorityTest, ALeafNeverOutlivesItsAuthority) {
  const KeyPair young = *create_authority("ca", 10h, clock_);
  EXPECT_EQ(inspect(issue(young, {"x", {}, {}, {}, Usage::kClient, kDay}, clock_)->certificate_pem)
                ->not_after,
            clock_.wall() + 10h);
}

TEST_F(AuthorityTest, APeerWhoseClockLagsADayStillAccepts) {
  const KeyPair server = issue_server();
  EXPECT_EQ(verify(authority_.certificate_pem, server.certificate_pem, clock_.wall() - 23h,
                   X509_PURPOSE_SSL_SERVER),
            "");
  EXPECT_NE(verify(authority_.certificate_pem, server.certificate_pem, clock_.wall() - 25h,
                   X509_PURPOSE_SSL_SERVER),
            "");
}

TEST_F(AuthorityTest, DatesBeyond2050AreEncodedRight) {
  const FakeClock late(WallTime(std::chrono::seconds(2'600'000'000)));  // 2052
  const CertificateInfo info = *inspect(create_authority("ca", 1h, late)->certificate_pem);
  EXPECT_EQ(info.not_after, late.wall() + 1h);
}

TEST_F(AuthorityTest, NonsenseIsRefusedWithItsName) {
  const auto refused = [&](CertificateRequest request) {
    const auto result = issue(authority_, request, clock_);
    EXPECT_TRUE(result.has_error());
    return result ? ErrorCode::kInternal : result.error().code;
  };
  EXPECT_EQ(refused({""}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused({std::string(65, 'a')}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused({"bad\xff"}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused({"x", {}, {"has space"}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused({"x", {}, {"a..b"}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused({"x", {}, {"DNS:x,IP:1.2.3.4"}}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused({"x", {}, {}, {"300.1.1.1"}}), ErrorCode::kInvalidArgument);
  KeyPair mixed = authority_;
  mixed.key_pem = create_authority("other", 1h, clock_)->key_pem;
  const auto result = issue(mixed, {"x"}, clock_);
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
  EXPECT_TRUE(inspect("garbage").has_error());
  EXPECT_TRUE(
      inspect("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").has_error());
}

TEST_F(AuthorityTest, AKeyIsNeverPrinted) {
  EXPECT_EQ(fmt::format("{}", authority_.key_pem), "[secret]");
  KeyPair broken = authority_;
  broken.key_pem = Secret("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");
  const auto result = issue(broken, {"x"}, clock_);
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().message().find("c2VjcmV0"), std::string::npos);
}

TEST(NeedsRenewal, AtAFifthOfTheLifeAndBeforeItsTime) {
  CertificateInfo info;
  info.not_before = WallTime(1000h);
  info.not_after = WallTime(1100h);
  EXPECT_TRUE(needs_renewal(info, WallTime(999h)));
  EXPECT_FALSE(needs_renewal(info, WallTime(1000h)));
  EXPECT_FALSE(needs_renewal(info, WallTime(1079h)));
  EXPECT_TRUE(needs_renewal(info, WallTime(1080h)));
  EXPECT_TRUE(needs_renewal(info, WallTime(1200h)));
}

}  // namespace
}  // namespace cove::pki
