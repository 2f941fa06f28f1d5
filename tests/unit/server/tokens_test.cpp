#include "core/server/access/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/json/serialize.hpp>

#include "core/base/base64.h"
#include "core/server/access/service_accounts.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/server/fake_state.h"

namespace cove::server {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(Base64UrlTest, IsCanonicalBothWays) {
  for (const std::string& text :
       {std::string(), std::string("f"), std::string("fo"), std::string("foo"),
        std::string("\xff\xfe\x00\x01", 4), std::string("foobar")})
    EXPECT_EQ(*decode_base64url(base64url_encode(text)), text);
  EXPECT_EQ(base64url_encode("\xfb\xff"), "-_8");
  for (const char* const bad : {"A", "AB=", "AB==", "A B", "+/", "AB\n", "-_9", "AAB"})
    EXPECT_FALSE(decode_base64url(bad)) << bad;
}

TEST(ConstantTimeTest, Compares) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
}

class TokenKeysTest : public ::testing::Test {
 protected:
  std::unique_ptr<TokenKeys> keys_ = *TokenKeys::generate();
  const std::string token_ = keys_->sign({{"sub", "me"}, {"n", 1}})->reveal();
};

TEST_F(TokenKeysTest, VerifiesWhatItSigned) {
  const auto claims = keys_->verify(token_);
  ASSERT_TRUE(claims);
  EXPECT_EQ(api::text_at(*claims, {"sub"}), "me");
}

TEST_F(TokenKeysTest, RefusesEveryChangedByte) {
  for (std::size_t i = 0; i < token_.size(); ++i) {
    std::string changed = token_;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (changed != token_) {
      EXPECT_FALSE(keys_->verify(changed)) << i;
    }
  }
}

TEST_F(TokenKeysTest, RefusesOtherForms) {
  const std::size_t first = token_.find('.');
  const std::size_t second = token_.rfind('.');
  const std::string body = token_.substr(first, second - first);
  const auto with_header = [&](const std::string& header) {
    return base64url_encode(header) + token_.substr(first);
  };
  EXPECT_FALSE(keys_->verify(""));
  EXPECT_FALSE(keys_->verify(".."));
  EXPECT_FALSE(keys_->verify(token_ + "."));
  EXPECT_FALSE(keys_->verify(token_ + "A"));
  EXPECT_FALSE(keys_->verify(token_.substr(0, second)));
  EXPECT_FALSE(keys_->verify(token_.substr(0, second + 1)));
  EXPECT_FALSE(keys_->verify(base64url_encode(R"({"alg":"none"})") + body + "."));
  EXPECT_FALSE(keys_->verify(with_header(R"({"alg":"none","kid":")" + keys_->id() + "\"}")));
  EXPECT_FALSE(keys_->verify(with_header(R"({"alg":"HS256","kid":")" + keys_->id() + "\"}")));
  EXPECT_FALSE(keys_->verify(std::string(kMaxTokenBytes + 1, 'A')));
  EXPECT_FALSE(keys_->verify(std::string(2000, 'A') + token_));
}

TEST_F(TokenKeysTest, AnotherKeyIsAnotherSigner) {
  const auto other = *TokenKeys::generate();
  EXPECT_NE(other->id(), keys_->id());
  EXPECT_FALSE(other->verify(token_));
}

TEST_F(TokenKeysTest, ShowsThePublicKeyAlone) {
  const json::object key = keys_->key_set().at("keys").at(0).as_object();
  EXPECT_EQ(api::text_at(key, {"kid"}), keys_->id());
  EXPECT_EQ(api::text_at(key, {"crv"}), "P-256");
  EXPECT_EQ(decode_base64url(api::text_at(key, {"x"}))->size(), 32u);
  EXPECT_EQ(decode_base64url(api::text_at(key, {"y"}))->size(), 32u);
  EXPECT_FALSE(key.contains("d"));
}

TEST(TokenKeysFileTest, IsMadeOnceAndForTheOwnerAlone) {
  const test::TemporaryFolder folder;
  const auto first = TokenKeys::open(folder.path() / "pki");
  ASSERT_TRUE(first);
  struct stat facts {};
  ASSERT_EQ(::stat((folder.path() / "pki/sa.key").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  const auto second = TokenKeys::open(folder.path() / "pki");
  ASSERT_TRUE(second);
  EXPECT_EQ((*first)->id(), (*second)->id());
  EXPECT_TRUE((*second)->verify((*first)->sign({{"a", 1}})->reveal()));
}

TEST(TokenKeysFileTest, LeavesWhatIsNoKeyAlone) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomic(folder.path() / "sa.key", "nothing", 0600));
  const auto opened = TokenKeys::open(folder.path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(*read_file(folder.path() / "sa.key", 100), "nothing");
}

TEST(TokenKeysFileTest, IsReadWhenItIsNeededFirst) {
  const test::TemporaryFolder folder;
  const auto keys = TokenKeys::later(folder.path() / "pki");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "pki"));
  ASSERT_TRUE(keys->ready());
  const auto opened = TokenKeys::open(folder.path() / "pki");
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->id(), keys->id());

  ASSERT_TRUE(write_file_atomic(folder.path() / "sa.key", "nothing", 0600));
  const auto broken = TokenKeys::later(folder.path());
  EXPECT_EQ(broken->sign({{"a", 1}}).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(broken->ready().error().code, ErrorCode::kCorrupt);
  EXPECT_TRUE(broken->key_set().at("keys").as_array().empty());
}

class TokenAuthenticatorTest : public ::testing::Test {
 protected:
  TokenAuthenticatorTest() {
    state_.add("", "serviceaccounts", account("u1"));
    state_.add("", "pods", R"({"metadata":{"name":"p","namespace":"a","uid":"pu"}})");
  }
  static std::string account(const std::string& uid) {
    return R"({"metadata":{"name":"robot","namespace":"a","uid":")" + uid + "\"}}";
  }
  std::string token(BoundObject bound = {},
                    std::vector<std::string> audiences = {std::string(kIssuer)}) {
    const auto robot = state_.object("", "serviceaccounts", "a", "robot");
    return issue_token(*keys_, {*robot, std::move(audiences), std::chrono::seconds(600), bound},
                       clock_.wall())
        ->token.reveal();
  }
  Outcome<Identity> ask(const std::string& header) {
    Request request;
    request.headers.emplace_back("authorization", header);
    return tokens_.authenticate(request);
  }
  bool accepts(const std::string& token) {
    const auto found = ask("Bearer " + token);
    return found && found->has_value();
  }

  FakeClock clock_;
  FakeState state_;
  std::unique_ptr<TokenKeys> keys_ = *TokenKeys::generate();
  TokenAuthenticator tokens_{*keys_, state_, clock_};
};

TEST_F(TokenAuthenticatorTest, KnowsTheAccount) {
  const auto found = ask("Bearer " + token({"Pod", "p", "pu", "n1", "nu"}));
  ASSERT_TRUE(found && *found);
  const User& user = **found;
  EXPECT_EQ(user.name, "system:serviceaccount:a:robot");
  EXPECT_EQ(user.uid, "u1");
  EXPECT_THAT(user.groups, ElementsAre("system:serviceaccounts", "system:serviceaccounts:a",
                                       "system:authenticated"));
  EXPECT_THAT(user.extra,
              Contains(Pair("authentication.kubernetes.io/pod-name", ElementsAre("p"))));
  EXPECT_THAT(user.extra,
              Contains(Pair("authentication.kubernetes.io/node-name", ElementsAre("n1"))));
}

TEST_F(TokenAuthenticatorTest, LeavesOtherCredentialsToOthers) {
  for (const char* const header : {"", "Bearer", "Bearer ", "Basic abc", "Token abc"}) {
    const auto found = ask(header);
    EXPECT_TRUE(found && !*found) << header;
  }
  const auto wrong = ask("Bearer abc");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, 401);
  EXPECT_EQ(wrong.error().message, "Unauthorized");
  EXPECT_TRUE(ask("bearer  " + token()));
}

TEST_F(TokenAuthenticatorTest, EndsWithItsTime) {
  const std::string early = token();
  EXPECT_TRUE(accepts(early));
  clock_.advance(std::chrono::seconds(600));
  EXPECT_TRUE(accepts(early));
  clock_.advance(std::chrono::seconds(1));
  EXPECT_FALSE(accepts(early));
}

TEST_F(TokenAuthenticatorTest, DiesWithItsAccount) {
  const std::string old = token();
  state_.clear("serviceaccounts");
  EXPECT_FALSE(accepts(old));
  state_.add("", "serviceaccounts", account("u2"));  // the same name is not the same account
  EXPECT_FALSE(accepts(old));
  EXPECT_TRUE(accepts(token()));
}

TEST_F(TokenAuthenticatorTest, DiesWithWhatItIsBoundTo) {
  const std::string bound = token({"Pod", "p", "pu"});
  EXPECT_TRUE(accepts(bound));
  state_.clear("pods");
  EXPECT_FALSE(accepts(bound));
  state_.add("", "pods", R"({"metadata":{"name":"p","namespace":"a","uid":"other"}})");
  EXPECT_FALSE(accepts(bound));
  EXPECT_TRUE(accepts(token()));
  EXPECT_FALSE(accepts(token({"Secret", "s", "su"})));
  EXPECT_FALSE(accepts(token({"Node", "n", "nu"})));
}

TEST_F(TokenAuthenticatorTest, IsForItsAudiences) {
  const std::string foreign = token({}, {"vault", "other"});
  EXPECT_FALSE(accepts(foreign));
  const auto found = tokens_.authenticate_token(foreign, {"vault", "nobody"});
  ASSERT_TRUE(found && *found);
  EXPECT_THAT((*found)->audiences, ElementsAre("vault"));
  EXPECT_FALSE(tokens_.authenticate_token(token(), {"vault"}));
}

TEST_F(TokenAuthenticatorTest, RefusesClaimsThatDoNotFit) {
  const auto signed_by_us = [&](const json::object& claims) {
    return keys_->sign(claims)->reveal();
  };
  const json::object about{{"namespace", "a"},
                           {"serviceaccount", json::object{{"name", "robot"}, {"uid", "u1"}}}};
  json::object claims{{"iss", api::key(kIssuer)},
                      {"sub", "system:serviceaccount:a:robot"},
                      {"aud", json::array{api::key(kIssuer)}},
                      {"exp", 4'000'000'000},
                      {"kubernetes.io", about}};
  EXPECT_TRUE(accepts(signed_by_us(claims)));
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, json::value>>{{"iss", "https://example.com"},
                                                        {"sub", "system:serviceaccount:a:root"},
                                                        {"aud", json::array{"x"}},
                                                        {"exp", "never"},
                                                        {"exp", 1},
                                                        {"nbf", 3'900'000'000},
                                                        {"kubernetes.io", nullptr}}) {
    json::object changed = claims;
    changed[name] = value;
    EXPECT_FALSE(accepts(signed_by_us(changed))) << name;
    changed.erase(name);
    if (name != "nbf") {
      EXPECT_FALSE(accepts(signed_by_us(changed))) << name;
    }
  }
}

TEST_F(TokenAuthenticatorTest, SecretsTokensLiveInTheirSecret) {
  const auto robot = state_.object("", "serviceaccounts", "a", "robot");
  const std::string held = issue_secret_token(*keys_, *robot, "s")->reveal();
  EXPECT_FALSE(accepts(held));
  state_.add("", "secrets",
             R"({"metadata":{"name":"s","namespace":"a"},"data":{"token":")" + base64_encode(held) +
                 "\"}}");
  EXPECT_TRUE(accepts(held));
  state_.clear("secrets");
  state_.add("", "secrets",
             R"({"metadata":{"name":"s","namespace":"a"},"data":{"token":"b3RoZXI="}})");
  EXPECT_FALSE(accepts(held));
}

}  // namespace
}  // namespace cove::server
