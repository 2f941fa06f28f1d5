#include "core/proxy/ingress_routing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/base64.h"
#include "core/pki/pki.h"
#include "core/proxy/ingress_nginx.h"

namespace cove::proxy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

api::ObjectPtr object(const std::string& yaml) {
  auto parsed = api::parse_yaml(yaml);
  if (!parsed || !parsed->value.is_object()) {
    ADD_FAILURE() << "no document: " << yaml;
    return api::Object::make({});
  }
  return api::Object::make(parsed->value.get_object());
}

class IngressRouting : public testing::Test {
 protected:
  // A service with one port of that name and one ready endpoint.
  void service(const std::string& name, int port, const std::string& port_name,
               const std::string& endpoints) {
    services_[name] = object("metadata: {name: " + name + "}\nspec: {ports: [{name: '" + port_name +
                             "', port: " + std::to_string(port) + "}]}");
    slices_[name] = {object("metadata: {name: " + name + "-1}\nports: [{name: '" + port_name +
                            "', port: 8080}]\nendpoints: " + endpoints)};
  }
  void ingress(const std::string& name, const std::string& spec, int minute = 0) {
    ingresses_.push_back(object("metadata: {name: " + name +
                                ", namespace: default, creationTimestamp: '2026-01-01T00:" +
                                std::to_string(minute + 10) + ":00Z'}\nspec: " + spec));
  }
  void secret(const std::string& name, const std::string& certificate, const std::string& key) {
    secrets_[name] =
        object("metadata: {name: " + name + "}\ndata: {tls.crt: " + base64_encode(certificate) +
               ", tls.key: " + base64_encode(key) + "}");
  }
  static std::string path(const std::string& type, const std::string& path,
                          const std::string& service_name) {
    return "{pathType: " + type + ", path: '" + path +
           "', backend: {service: {name: " + service_name + ", port: {number: 80}}}}";
  }
  static std::string rule(const std::string& host, const std::string& paths) {
    return "{" + (host.empty() ? std::string() : "host: '" + host + "', ") + "http: {paths: [" +
           paths + "]}}";
  }
  const Routing& make() {
    problems_.clear();
    const auto find = [](const auto& all, std::string_view name) {
      const auto found = all.find(std::string(name));
      return found == all.end() ? nullptr : found->second;
    };
    routing_ = make_routing(
        ingresses_,
        {[&](std::string_view, std::string_view name) { return find(services_, name); },
         [&](std::string_view, std::string_view name) {
           const auto found = slices_.find(std::string(name));
           return found == slices_.end() ? std::vector<api::ObjectPtr>() : found->second;
         },
         [&](std::string_view, std::string_view name) { return find(secrets_, name); }},
        problems_);
    return routing_;
  }
  // The service that answers, "404" when nothing does.
  std::string to(const std::string& host, const std::string& request_path) {
    const auto routes = routing_.hosts.find(host);
    if (routes == routing_.hosts.end()) return "no such host";
    const BackendName* const name = routes->second.find(request_path);
    return name == nullptr ? "404" : name->substr(8, name->find(':') - 8);
  }
  std::vector<std::string> reasons() const {
    std::vector<std::string> all;
    for (const IngressProblem& each : problems_) all.push_back(each.reason);
    return all;
  }

  std::vector<api::ObjectPtr> ingresses_;
  std::map<std::string, api::ObjectPtr> services_, secrets_;
  std::map<std::string, std::vector<api::ObjectPtr>> slices_;
  Routing routing_;
  std::vector<IngressProblem> problems_;
};

struct PathCase {
  std::string type, path, request;
  bool matches;
};

// The table of kubernetes.io "Ingress", path matching examples.
TEST_F(IngressRouting, MatchesPathsAsTheTableSays) {
  const std::vector<PathCase> cases{
      {"Prefix", "/", "/anything/at/all", true},
      {"Exact", "/foo", "/foo", true},
      {"Exact", "/foo", "/bar", false},
      {"Exact", "/foo", "/foo/", false},
      {"Exact", "/foo/", "/foo", false},
      {"Prefix", "/foo", "/foo", true},
      {"Prefix", "/foo", "/foo/", true},
      {"Prefix", "/foo/", "/foo", true},
      {"Prefix", "/foo/", "/foo/", true},
      {"Prefix", "/aaa/bb", "/aaa/bbb", false},
      {"Prefix", "/aaa/bbb", "/aaa/bbb", true},
      {"Prefix", "/aaa/bbb/", "/aaa/bbb", true},
      {"Prefix", "/aaa/bbb", "/aaa/bbb/", true},
      {"Prefix", "/aaa/bbb", "/aaa/bbb/ccc", true},
      {"Prefix", "/aaa/bbb", "/aaa/bbbxyz", false},
      {"ImplementationSpecific", "/foo", "/foo/bar", true},
      {"Prefix", "/a%20b", "/a b/c", true},
      {"Prefix", "/Foo", "/foo", false},
  };
  service("a", 80, "", "[]");
  for (const PathCase& each : cases) {
    ingresses_.clear();
    ingress("i", "{rules: [" + rule("", path(each.type, each.path, "a")) + "]}");
    make();
    EXPECT_EQ(to("", each.request), each.matches ? "a" : "404")
        << each.type << " " << each.path << " " << each.request;
  }
}

TEST_F(IngressRouting, PrefersTheExactTheLongerTheHostAndTheOlder) {
  for (const char* const name : {"root", "foo", "exact", "deep", "any", "late", "fallback"})
    service(name, 80, "", "[]");
  ingress("i", "{rules: [" +
                   rule("a.example.com", path("Prefix", "/", "root") + ", " +
                                             path("Prefix", "/foo", "foo") + ", " +
                                             path("Exact", "/foo", "exact") + ", " +
                                             path("Prefix", "/foo/deep", "deep")) +
                   ", " + rule("", path("Prefix", "/any", "any")) + ", " +
                   rule("b.example.com", path("Prefix", "/foo", "foo")) + "]}");
  ingress("j",
          "{defaultBackend: {service: {name: fallback, port: {number: 80}}}, rules: [" +
              rule("a.example.com", path("Prefix", "/foo", "late")) + "]}",
          1);
  make();
  EXPECT_THAT(problems_, IsEmpty());
  EXPECT_EQ(to("a.example.com", "/x"), "root");
  EXPECT_EQ(to("a.example.com", "/foo"), "exact");
  EXPECT_EQ(to("a.example.com", "/foo/x"), "foo");
  EXPECT_EQ(to("a.example.com", "/foo/deep/x"), "deep");
  EXPECT_EQ(to("a.example.com", "/foo/deeper"), "foo");
  // What names no host holds where the host says nothing.
  EXPECT_EQ(to("a.example.com", "/any"), "root");
  EXPECT_EQ(to("b.example.com", "/any/x"), "any");
  EXPECT_EQ(to("b.example.com", "/x"), "fallback");
  EXPECT_EQ(to("", "/any"), "any");
  EXPECT_EQ(to("", "/x"), "fallback");
}

TEST_F(IngressRouting, SendsToReadyEndpointsOfTheServicesPort) {
  service("a", 80, "http",
          "[{addresses: [10.0.0.2], conditions: {ready: true}}, {addresses: [10.0.0.1]}, "
          "{addresses: [10.0.0.3], conditions: {ready: false}}, {addresses: ['fd00::1']}, "
          "{addresses: ['evil; }']}]");
  ingress("i", "{defaultBackend: {service: {name: a, port: {name: http}}}}");
  make();
  EXPECT_THAT(routing_.backends.at("default/a:http"),
              ElementsAre("10.0.0.1:8080", "10.0.0.2:8080", "[fd00::1]:8080"));
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(IngressRouting, SaysWhatCannotBeCarriedOut) {
  service("a", 81, "http", "[]");
  secret("bad", "no certificate", "no key");
  ingress("i",
          "{tls: [{hosts: [a.example.com], secretName: none}, {secretName: bad}], rules: [" +
              rule("a.example.com", path("Prefix", "/", "none") + ", " + path("Prefix", "/b", "a") +
                                        ", " + path("Prefix", "/c%0a", "a") +
                                        ", {path: /d, pathType: "
                                        "Prefix, backend: "
                                        "{resource: {kind: K, name: "
                                        "n}}}") +
              ", " + rule("A_b\" {", path("Prefix", "/", "a")) + "]}");
  make();
  EXPECT_THAT(reasons(),
              ElementsAre("ServiceNotFound", "PortNotFound", "InvalidPath", "UnsupportedBackend",
                          "InvalidHost", "SecretNotFound", "InvalidCertificate"));
  EXPECT_EQ(problems_[0].ingress, "default/i");
  EXPECT_EQ(problems_[0].message, "service \"none\" was not found");
  EXPECT_EQ(problems_[1].message, "service \"a\" has no port 80");
  EXPECT_THAT(problems_[6].message, HasSubstr("secret \"bad\" cannot be used: tls.crt has no "
                                              "certificate"));
  // What can be is.
  EXPECT_EQ(to("a.example.com", "/x"), "none");
  EXPECT_THAT(routing_.backends.at("default/none:80"), IsEmpty());
}

TEST_F(IngressRouting, ChoosesCertificatesByHost) {
  const FakeClock clock;
  const auto authority = pki::create_authority("ca", std::chrono::hours(24), clock);
  const auto pair = *pki::issue(*authority, {.common_name = "a"}, clock);
  const auto other = *pki::issue(*authority, {.common_name = "b"}, clock);
  secret("any", pair.certificate_pem, pair.key_pem.reveal());
  secret("wild", pair.certificate_pem + authority->certificate_pem, pair.key_pem.reveal());
  secret("mixed", pair.certificate_pem, other.key_pem.reveal());
  service("a", 80, "", "[]");
  ingress("i",
          "{tls: [{secretName: any}, {hosts: ['*.example.com'], secretName: wild}, {hosts: "
          "[x.test], secretName: mixed}], rules: [" +
              rule("a.example.com", path("Prefix", "/", "a")) + ", " +
              rule("a.b.example.com", path("Prefix", "/", "a")) + "]}");
  make();
  EXPECT_THAT(reasons(), ElementsAre("InvalidCertificate"));
  EXPECT_THAT(problems_[0].message, HasSubstr("tls.key is not the key of the certificate"));
  EXPECT_EQ(routing_.certificate_of.at("a.example.com"), "default/wild");
  EXPECT_EQ(routing_.certificate_of.at("*.example.com"), "default/wild");
  EXPECT_EQ(routing_.certificate_of.at("a.b.example.com"), "default/any");
  EXPECT_EQ(routing_.certificate_of.at(""), "default/any");
}

TEST(NginxConfiguration, QuotesWhateverComes) {
  EXPECT_EQ(quote_for_nginx("/a b;}{#'$x"), "\"/a b;}{#'$x\"");
  EXPECT_EQ(quote_for_nginx("/a\"\\\n\x01z"), "\"/a\\\"\\\\z\"");
}

TEST_F(IngressRouting, BecomesAConfiguration) {
  service("a", 80, "", "[{addresses: [10.0.0.1]}, {addresses: [10.0.0.2]}]");
  service("none", 80, "", "[]");
  ingress("i", "{rules: [" +
                   rule("a.example.com", path("Prefix", "/x", "a") + ", " +
                                             path("Exact", "/y/", "none") + ", " +
                                             path("Prefix", "/q\";}{\\", "a")) +
                   ", " + rule("*.example.com", path("Prefix", "/", "a")) + "]}");
  NginxFiles files =
      make_nginx_files(make(), {.directory = "/d", .keys = "/d/keys/1", .user = "nobody"});
  EXPECT_THAT(problems_, IsEmpty());
  // From the first backend on.
  const std::string text = files.configuration.substr(files.configuration.find("upstream "));
  EXPECT_EQ(text, R"(upstream b0 {
server "10.0.0.1:8080" max_fails=0;
server "10.0.0.2:8080" max_fails=0;
}
server {
listen 0.0.0.0:80 default_server;
listen 0.0.0.0:443 ssl http2 default_server;
server_name _;
ssl_reject_handshake on;
location "/" { return 404 'not found\n'; }
}
server {
listen 0.0.0.0:80;
server_name "~^[^.]+[.]example[.]com$";
location "/" { proxy_pass http://b0; }
}
server {
listen 0.0.0.0:80;
server_name "a.example.com";
location = "/q\";}{\\" { proxy_pass http://b0; }
location = "/x" { proxy_pass http://b0; }
location = "/y" { return 404 'not found\n'; }
location = "/y/" { return 503 'service unavailable\n'; }
location "/q\";}{\\/" { proxy_pass http://b0; }
location "/x/" { proxy_pass http://b0; }
location "/" { return 404 'not found\n'; }
}
}
)");
  EXPECT_THAT(files.configuration, HasSubstr("user \"nobody\";\n"));
  EXPECT_THAT(files.configuration, HasSubstr("pid \"/d/nginx.pid\";\n"));
}

}  // namespace
}  // namespace cove::proxy
