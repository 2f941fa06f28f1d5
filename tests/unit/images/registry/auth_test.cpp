// Who gets which credentials: registries, token servers, redirects, mirrors; and TLS.
#include "core/http/server.h"
#include "core/pki/pki.h"
#include "tests/support/connect_proxy.h"
#include "tests/unit/images/registry/fixture.h"

namespace cove::image::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using Login = FakeRegistry::Login;

const TestLayer kLayer = gzip_layer({file("name", "content")});

// Header fields of all requests whose target has this part.
std::vector<std::string> sent(FakeRegistry& registry, const std::string& part,
                              const std::string& field = "authorization") {
  std::vector<std::string> values;
  for (const FakeRequest& request : registry.requests()) {
    if (request.target.find(part) != std::string::npos) values.push_back(request.header(field));
  }
  return values;
}

using RegistryAuthTest = RegistryTest;

TEST_F(RegistryAuthTest, FetchesOneTokenForAScope) {
  registry_.require(Login::kToken);
  publish(registry_, "team/app", "latest", make_image({kLayer}));
  const auto pulled = pull(reference("team/app"), user());
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(registry_.count("GET", "/token"), 1u);
  const auto all = registry_.requests();
  const auto token = std::ranges::find_if(
      all, [](const FakeRequest& request) { return request.path == "/token"; });
  ASSERT_NE(token, all.end());
  EXPECT_EQ(token->header("authorization"), FakeRegistry::kBasic);
  EXPECT_EQ(token->query.at("service"), "fake");
  EXPECT_EQ(token->query.at("scope"), "extra:x:pull repository:team/app:pull");
  EXPECT_EQ(token->query.at("account"), "gopher");
  // The registry itself never sees the password.
  EXPECT_THAT(sent(registry_, "/v2/"), Not(Contains(StartsWith("Basic"))));
  // Only the first request was refused.
  EXPECT_THAT(sent(registry_, "/blobs/"), Not(Contains("")));

  // Known until it expires; revoked earlier, it is fetched again.
  ASSERT_TRUE(registries_->resolve(reference("team/app"), user()));
  EXPECT_EQ(registry_.count("GET", "/token"), 1u);
  registry_.revoke_tokens();
  ASSERT_TRUE(registries_->resolve(reference("team/app"), user()));
  EXPECT_EQ(registry_.count("GET", "/token"), 2u);
  stores_.clock.advance(std::chrono::minutes(10));
  ASSERT_TRUE(registries_->resolve(reference("team/app"), user()));
  EXPECT_EQ(registry_.count("GET", "/token"), 3u);
  // Another user's token is another one.
  ASSERT_TRUE(registries_->resolve(reference("team/app"), {}));
  EXPECT_EQ(registry_.count("GET", "/token"), 4u);
}

TEST_F(RegistryAuthTest, UsesIdentityAndRegistryTokens) {
  registry_.require(Login::kToken);
  publish(registry_, "app", "latest", make_image({kLayer}));
  RegistryAuth auth;
  auth.identity_token = Secret("identity-1");
  ASSERT_TRUE(registries_->resolve(reference("app"), auth));
  ASSERT_EQ(registry_.count("POST", "/token"), 1u);
  for (const FakeRequest& request : registry_.requests()) {
    if (request.method != "POST") continue;
    EXPECT_THAT(request.body, StartsWith("grant_type=refresh_token&service=fake&"));
    EXPECT_THAT(request.body, HasSubstr("scope=extra%3Ax%3Apull%20repository%3Aapp%3Apull"));
  }
  RegistryAuth ready;
  ready.registry_token = Secret(fmt::format("token-{}", registry_.tokens()));
  ASSERT_TRUE(registries_->resolve(reference("app"), ready));
  ready.registry_token = Secret("token-99");
  const auto refused = registries_->resolve(reference("app"), ready);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied);
}

TEST_F(RegistryAuthTest, LogsIn) {
  registry_.require(Login::kToken);
  const auto token = registries_->login(registry_.domain(), user());
  ASSERT_TRUE(token) << token.error().message();
  EXPECT_EQ(token->reveal(), "identity-1");
  const auto wrong = registries_->login(registry_.domain(), user("wrong"));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(wrong.error().cause, "unauthorized: incorrect username or password");

  registry_.require(Login::kBasic);
  const auto basic = registries_->login("http://" + registry_.domain() + "/v2/", user());
  ASSERT_TRUE(basic) << basic.error().message();
  EXPECT_TRUE(basic->empty());
  const auto refused = registries_->login(registry_.domain(), user("wrong"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause, "unauthorized: authentication required");
  const auto nobody = registries_->login(registry_.domain(), {});
  EXPECT_EQ(nobody.error().cause, "no basic auth credentials");
}

TEST_F(RegistryAuthTest, DistrustsTokenServers) {
  publish(registry_, "app", "latest", make_image({kLayer}));
  registry_.require(Login::kToken);
  struct Row {
    FakeAnswer answer;
    const char* cause;
  };
  for (const Row& row : {
           Row{{.body = "{}"}, "did not include a token"},
           Row{{.body = R"({"token":"a\r\nX: y"})"}, "did not include a token"},
           Row{{.body = R"({"token":7})"}, "is not a string"},
           Row{{.body = "no json"}, "JSON"},
           Row{{.body = std::string(2 << 20, ' ')}, "longer"},
           Row{{.status = 404}, "answered 404"},
           Row{{.body = R"({"token":"useless"})"}, "unauthorized: authentication required"},
       }) {
    registry_.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
      if (request.path == "/token") return row.answer;
      return std::nullopt;
    });
    const auto resolved = registries_->resolve(reference("app"), user());
    ASSERT_FALSE(resolved) << row.cause;
    EXPECT_THAT(resolved.error().cause, HasSubstr(row.cause)) << resolved.error().message();
  }
  registry_.hook({});
  registry_.set_realm("file:///etc/passwd");
  EXPECT_THAT(registries_->resolve(reference("app"), user()).error().cause,
              HasSubstr("token server is not at a URL"));
}

TEST_F(RegistryAuthTest, ShowsCredentialsToNobodyElse) {
  FakeRegistry cdn;
  registry_.require(Login::kBasic);
  const TestImage image = make_image({kLayer});
  publish(registry_, "app", "latest", image);
  publish(cdn, "store", "", image);
  registry_.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    const auto at = request.path.find("/blobs/");
    if (at == std::string::npos || request.header("authorization").empty()) return std::nullopt;
    return FakeAnswer{307, {{"Location", cdn.url() + "/v2/store" + request.path.substr(at)}}};
  });
  const auto pulled = pull(reference("app"), user());
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(cdn.requests().size(), 2u);
  for (const std::string& value : sent(cdn, "/")) EXPECT_EQ(value, "");
  EXPECT_THAT(sent(registry_, "/blobs/"), Contains(FakeRegistry::kBasic));
}

TEST_F(RegistryAuthTest, EndsWhereRedirectsLeadNowhere) {
  publish(registry_, "app", "latest", make_image({kLayer}));
  for (const char* location :
       {"", "file:///etc/passwd", "http://h:x/", "/v2/app/manifests/latest"}) {
    registry_.hook([&](const FakeRequest&) { return FakeAnswer{307, {{"Location", location}}}; });
    EXPECT_FALSE(registries_->resolve(reference("app"), {})) << location;
  }
  EXPECT_LT(registry_.requests().size(), 30u);
}

TEST_F(RegistryAuthTest, AsksMirrorsInOrderAndThenTheRegistry) {
  FakeRegistry first;
  FakeRegistry second;
  const TestImage image = make_image({kLayer});
  publish(second, "app", "latest", image);
  registry_.require(Login::kBasic);
  publish(registry_, "app", "latest", image);
  settings_.mirrors[registry_.domain()] = {"no url", first.url() + "/v2/", second.url()};
  open();
  const auto pulled = pull(reference("app"), user());
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_EQ(pulled->source, second.url());
  EXPECT_GT(first.requests().size(), 0u);
  EXPECT_THAT(registry_.requests(), IsEmpty());
  EXPECT_THAT(sent(second, "/"), Not(Contains(HasSubstr("Basic"))));

  // A mirror that lies about a layer is left, too.
  images_->remove(reference("app").canonical(), true, true, {}).value();
  second.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.path.find(Digest::of(kLayer.blob).text()) == std::string::npos) return std::nullopt;
    return FakeAnswer{.body = std::string(kLayer.blob.size(), 'x')};
  });
  const auto own = pull(reference("app"), user());
  ASSERT_TRUE(own) << own.error().message();
  EXPECT_EQ(own->source, registry_.domain());

  // All reasons are in the error.
  const auto none = pull(reference("absent"), user());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(none.error().cause, HasSubstr("manifest for " + reference("absent").familiar()));
  EXPECT_THAT(none.error().cause, HasSubstr("(mirror no url: "));
  EXPECT_THAT(none.error().cause, HasSubstr("; mirror " + first.url() + ": manifest for"));
}

TEST_F(RegistryAuthTest, SaysPlainlyThatNobodyIsThere) {
  std::string gone;
  {
    FakeRegistry closed;
    gone = closed.domain();
  }
  const auto pulled = pull(parse_tagged(gone + "/app").value());
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(pulled.error().message(),
            fmt::format("cannot reach the registry {}: connection refused. Check the network and "
                        "the proxy, configure a mirror, or load the image from a file.",
                        gone));
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(RegistryAuthTest, SearchesWhereItCan) {
  registry_.hook([&](const FakeRequest& request) -> std::optional<FakeAnswer> {
    if (request.path != "/v1/search") return std::nullopt;
    return FakeAnswer{.body = R"({"results":[{"name":"nginx","description":"web","star_count":5,
          "is_official":true},{"name":"other/nginx","star_count":-1}]})"};
  });
  const auto found = registries_->search(registry_.domain() + "/nginx web", 25, {});
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].name, "nginx");
  EXPECT_EQ((*found)[0].stars, 5);
  EXPECT_TRUE((*found)[0].official);
  EXPECT_EQ((*found)[1].stars, 0);
  EXPECT_EQ(registry_.requests().back().target, "/v1/search?q=nginx%20web&n=25");
  EXPECT_EQ(registries_->search(registry_.domain() + "/nginx", 1, {})->size(), 1u);
  registry_.hook({});
  EXPECT_EQ(registries_->search(registry_.domain() + "/x", 25, {}).error().cause,
            "Unexpected status code 404");
}

// The fake registry behind the room's own server, with TLS and any name.
class TlsFront final : public http::Handler {
 public:
  explicit TlsFront(FakeRegistry& registry) : registry_(registry) {}
  void handle(std::shared_ptr<const http::Request> request, Respond respond) override {
    FakeRequest asked;
    asked.method = request->method;
    asked.target = request->raw_path + (request->raw_query.empty() ? "" : "?" + request->raw_query);
    asked.path = request->path;
    for (const auto& [name, value] : request->query) asked.query[name] = value;
    for (const auto& [name, value] : request->headers) asked.headers[name] = value;
    asked.headers["peer"] = request->certificate ? request->certificate->common_name : "";
    asked.body = request->body;
    const FakeAnswer said = registry_.answer(asked);
    http::Answer answer;
    answer.status = said.status;
    answer.content_type.clear();
    for (const auto& [name, value] : said.headers) {
      if (name == "Content-Type") {
        answer.content_type = value;
      } else {
        answer.headers.emplace_back(name, value);
      }
    }
    answer.body = std::make_shared<const std::string>(said.body);
    respond(std::move(answer));
  }

 private:
  FakeRegistry& registry_;
};

class RegistryTlsTest : public RegistryTest {
 protected:
  RegistryTlsTest() {
    const auto pair = *pki::issue(
        ca_, {"r", {}, {"registry.example"}, {"127.0.0.1"}, pki::Usage::kServer}, clock_);
    server_ = *http::Server::listen_tls("127.0.0.1", 0,
                                        {ca_.certificate_pem, pair.certificate_pem, pair.key_pem},
                                        front_, null_logger());
    server_->start(2);
    proxy_ = std::make_unique<cove::test::ConnectProxy>(server_->port());
    settings_.https_proxy = proxy_->address();
    settings_.certificates = stores_.folder / "certs.d";
    publish(registry_, "app", "latest", make_image({kLayer}));
    open();
  }
  void certificate(const std::string& domain, const std::string& name, const std::string& pem) {
    write(stores_.folder / "certs.d" / domain / name, pem);
    open();
  }

  SystemClock clock_;
  pki::KeyPair ca_ = *pki::create_authority("ca", std::chrono::hours(100), clock_);
  TlsFront front_{registry_};
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<cove::test::ConnectProxy> proxy_;
  const Reference named_ = parse_tagged("registry.example/app").value();
};

TEST_F(RegistryTlsTest, TrustsWhomItIsTold) {
  const auto distrusted = pull(named_);
  ASSERT_FALSE(distrusted);
  EXPECT_EQ(distrusted.error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(distrusted.error().cause, HasSubstr("its certificate is not trusted"));
  EXPECT_THAT(distrusted.error().remedy, HasSubstr("certs.d/registry.example/ca.crt"));
  EXPECT_THAT(registry_.requests(), IsEmpty());

  certificate("registry.example", "ca.crt", ca_.certificate_pem);
  const auto pulled = pull(named_);
  ASSERT_TRUE(pulled) << pulled.error().message();
  EXPECT_THAT(proxy_->seen().back(), StartsWith("CONNECT registry.example:443 "));
  EXPECT_THAT(sent(registry_, "/v2/", "peer"), Not(Contains("me")));

  const auto me = *pki::issue(ca_, {"me"}, clock_);
  certificate("registry.example", "client.cert", me.certificate_pem);
  const auto keyless = registries_->resolve(named_, {});
  ASSERT_FALSE(keyless);
  EXPECT_THAT(keyless.error().cause, HasSubstr("missing key client.key"));
  certificate("registry.example", "client.key", me.key_pem.reveal());
  ASSERT_TRUE(registries_->resolve(named_, {}));
  EXPECT_EQ(sent(registry_, "/v2/", "peer").back(), "me");
}

TEST_F(RegistryTlsTest, SkipsVerificationWhereItIsTold) {
  settings_.insecure = {"10.0.0.0/8", "registry.example"};
  open();
  EXPECT_TRUE(pull(named_));
  settings_.insecure = {"registry.example:5000", "other.example"};
  open();
  EXPECT_FALSE(registries_->resolve(named_, {}));
  EXPECT_TRUE(registries_->resolve(parse_tagged("registry.example:5000/app").value(), {}));
  EXPECT_TRUE(registries_->resolve(
      parse_tagged(fmt::format("127.0.0.1:{}/app", server_->port())).value(), {}))
      << "this machine needs no verification";
}

TEST_F(RegistryTlsTest, NeverLeavesProtection) {
  certificate("registry.example", "ca.crt", ca_.certificate_pem);
  registry_.require(Login::kToken);
  registry_.set_realm("http://tokens.example/token");
  const auto token = registries_->resolve(named_, user());
  ASSERT_FALSE(token);
  EXPECT_THAT(token.error().cause, HasSubstr("would get the credentials unprotected"));

  registry_.require(Login::kNone);
  registry_.hook([](const FakeRequest&) {
    return FakeAnswer{307, {{"Location", "http://cdn.example/x"}}};
  });
  const auto redirect = registries_->resolve(named_, {});
  ASSERT_FALSE(redirect);
  EXPECT_THAT(redirect.error().cause, HasSubstr("which is not protected"));
}

}  // namespace
}  // namespace cove::image::test
