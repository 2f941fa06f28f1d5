#include "core/server/resource_proxy.h"

#include <condition_variable>
#include <deque>
#include <mutex>

#include "core/base/event_loop.h"
#include "core/http/server.h"
#include "core/pki/pki.h"
#include "core/server/status.h"
#include "tests/unit/server/fixture.h"

namespace cove::server {
namespace {

using ::testing::HasSubstr;

// The far end of an upgraded connection: what comes goes back, in capitals.
void shout(const std::shared_ptr<http::Tunnel>& tunnel) {
  tunnel->read(4096, [tunnel](Result<std::string> piece) {
    if (!piece || piece->empty()) return tunnel->close();
    std::string bytes = *piece;
    for (char& c : bytes) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    const bool last = bytes == "BYE";
    tunnel->write(std::move(bytes), [tunnel, last](Result<void>) {
      if (last) return tunnel->finish();
      shout(tunnel);
    });
  });
}

// What a pod serves; its words say what came.
class Echo final : public http::Handler {
 public:
  void handle(std::shared_ptr<const http::Request> request, Respond respond) override {
    http::Answer answer;
    if (request->path == "/socket") {
      answer.status = 101;
      answer.content_type = "";
      answer.headers.emplace_back("Upgrade", std::string(request->header("upgrade")));
      answer.headers.emplace_back("Sec-WebSocket-Accept",
                                  "for " + std::string(request->header("sec-websocket-key")));
      answer.upgrade = [](std::unique_ptr<http::Tunnel> tunnel) {
        shout(std::shared_ptr<http::Tunnel>(std::move(tunnel)));
      };
      return respond(std::move(answer));
    }
    answer.status = request->path == "/missing" ? 404 : 200;
    answer.content_type = "text/x-echo";
    answer.headers.emplace_back("X-Own", "yes");
    answer.body = std::make_shared<const std::string>(
        request->method + " " + request->raw_path + "?" + request->raw_query + " " + request->body +
        " " + std::string(request->header("x-mine")) +
        std::string(request->header("authorization")));
    respond(std::move(answer));
  }
};

TEST(ProxyableAddresses, AreThoseOfOthers) {
  for (const char* const fine : {"10.244.0.7", "192.168.1.1", "fd00::1"})
    EXPECT_TRUE(is_proxyable(fine)) << fine;
  for (const char* const bad : {"127.0.0.1", "0.0.0.0", "169.254.169.254", "224.0.0.1", "::1",
                                "::", "fe80::1", "ff02::1", "::ffff:127.0.0.1", "localhost", ""})
    EXPECT_FALSE(is_proxyable(bad)) << bad;
}

class ResourceProxyTest : public ServerTest {
 protected:
  ResourceProxyTest() {
    const auto pki = pki::ensure_cluster_pki(
        folder_.path() / "pki", {.dns_names = {}, .ip_addresses = {"127.0.0.1"}}, clock_);
    echo_server_ = *http::Server::listen_tls(
        "127.0.0.1", 0, {pki->ca_certificate_pem, pki->server.certificate_pem, pki->server.key_pem},
        echo_, null_logger());
    echo_server_->start(1);
    loop_.start();
    proxy_ = std::make_unique<ResourceProxy>(ResourceProxy::Parts{
        .server = *server_,
        .state = *resources_,
        .random = [](std::uint32_t) { return 0U; },
        .agent =
            [](const CallPtr& call) {
              call->respond(text_answer(200, "agent of " + call->info.name));
            },
        .reach =
            [](const std::string& address) {
              return address == "192.0.2.1" ? std::optional<std::string>("127.0.0.1")
                                            : std::nullopt;
            }});
    const std::string port = std::to_string(echo_server_->port());
    expect(201,
           ask("POST", "/api/v1/namespaces/default/serviceaccounts",
               R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}})"));
    expect(
        201,
        ask("POST", "/api/v1/namespaces/default/pods",
            R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{)"
            R"("automountServiceAccountToken":false,"containers":[{"name":"c","image":"i","ports":[{"containerPort":)" +
                port + R"(}]}]}})"));
    expect(200, ask("PATCH", "/api/v1/namespaces/default/pods/web/status",
                    R"({"status":{"podIP":"192.0.2.1","podIPs":[{"ip":"192.0.2.1"}]}})",
                    {{"content-type", "application/merge-patch+json"}}));
    expect(201, ask("POST", "/api/v1/namespaces/default/services",
                    R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":{)"
                    R"("clusterIP":"None","ports":[{"name":"main","port":80}]}})"));
  }
  ~ResourceProxyTest() override {
    proxy_.reset();
    loop_.stop();
    echo_server_->stop(std::chrono::milliseconds(0));
  }
  // An answer with what its stream brings.
  Reply through(const std::string& method, const std::string& target, std::string body = "") {
    Reply reply = ask(method, target, std::move(body), {{"x-mine", "mine"}, {"authorization", ""}});
    while (reply.stream) {
      const auto taken = reply.stream->take();
      for (const auto& piece : taken.pieces) reply.body += *piece;
      if (taken.finished) break;
      std::this_thread::yield();
    }
    return reply;
  }

  Echo echo_;
  EventLoop loop_;  // of played tunnels
  std::unique_ptr<http::Server> echo_server_;
  std::unique_ptr<ResourceProxy> proxy_;
  const std::string pod_ = "/api/v1/namespaces/default/pods/";
  const std::string service_ = "/api/v1/namespaces/default/services/";
};

TEST_F(ResourceProxyTest, PassesOnToPods) {
  const Reply reply = through("POST", pod_ + "https:web:/proxy/a%20b/c/?force=x&q=1", "words");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "POST /a%20b/c/?force=x&q=1 words mine");
  EXPECT_EQ(reply.content_type, "text/x-echo");
  EXPECT_EQ(reply.header("x-own"), "yes");
  EXPECT_EQ(
      through("GET", pod_ + "https:web:" + std::to_string(echo_server_->port()) + "/proxy/missing")
          .status,
      404);
  const Reply redirect = ask("GET", pod_ + "web/proxy?x=1");
  EXPECT_EQ(redirect.status, 301);
  EXPECT_EQ(redirect.header("Location"), pod_ + "web/proxy/?x=1");
  expect_refused(ask("GET", pod_ + "nothing/proxy/"), 404, "NotFound");
  expect_refused(ask("GET", pod_ + "ftp:web:1/proxy/"), 400, "BadRequest", "invalid pod request");
  expect_refused(ask("GET", pod_ + "https:web:1/proxy/"), 503, "ServiceUnavailable",
                 "error trying to reach service");
  expect(200, ask("PATCH", pod_ + "web/status",
                  R"({"status":{"podIP":"192.0.2.2","podIPs":[{"ip":"192.0.2.2"}]}})",
                  {{"content-type", "application/merge-patch+json"}}));
  expect_refused(ask("GET", pod_ + "https:web:/proxy/"), 400, "BadRequest", "address not allowed");
}

TEST_F(ResourceProxyTest, PassesOnToEndpointsOfServices) {
  expect_refused(ask("GET", service_ + "web/proxy/"), 503, "ServiceUnavailable",
                 "no endpoints available for service \"web\"");
  expect(201, ask("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
                  R"({"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{)"
                  R"("name":"web-1","labels":{"kubernetes.io/service-name":"web"}},)"
                  R"("addressType":"IPv4","ports":[{"name":"main","port":)" +
                      std::to_string(echo_server_->port()) +
                      R"(}],"endpoints":[{"addresses":["192.0.2.9"],"conditions":{"ready":false}},)"
                      R"({"addresses":["192.0.2.1"]}]})"));
  for (const char* const id : {"https:web:main", "https:web:80"})
    EXPECT_THAT(through("GET", service_ + id + "/proxy/x").body, HasSubstr("GET /x")) << id;
  expect_refused(ask("GET", service_ + "https:web:81/proxy/"), 503, "ServiceUnavailable");
  expect_refused(ask("GET", service_ + "none/proxy/"), 404, "NotFound");
}

// The near end, as a client's connection is: what it tells comes from its own thread.
class PlayedTunnel final : public http::Tunnel {
 public:
  explicit PlayedTunnel(EventLoop& loop) : loop_(loop) {}
  void read(std::size_t, Read done) override {
    const std::lock_guard lock(mutex_);
    if (closed_) return tell(std::move(done), {});
    if (to_send_.empty()) {
      waiting_ = std::move(done);
      return;
    }
    tell(std::move(done), std::move(to_send_.front()));
    to_send_.pop_front();
  }
  void write(std::string bytes, Written done) override {
    const std::lock_guard lock(mutex_);
    got_ += bytes;
    changed_.notify_all();
    loop_.post([done = std::move(done)] { done({}); });
  }
  void finish() override { close(); }
  void close() override {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
    if (waiting_) tell(std::exchange(waiting_, nullptr), {});
  }

  void say(std::string bytes) {
    const std::lock_guard lock(mutex_);
    if (waiting_) return tell(std::exchange(waiting_, nullptr), std::move(bytes));
    to_send_.push_back(std::move(bytes));
  }
  bool until_got(const std::string& all) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return got_ == all; });
  }
  bool until_closed() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return closed_; });
  }

 private:
  void tell(Read done, std::string bytes) {
    loop_.post([done = std::move(done), bytes = std::move(bytes)] { done(bytes); });
  }

  EventLoop& loop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> to_send_;
  std::string got_;
  Read waiting_;
  bool closed_ = false;
};

// The wire owns its tunnel; the test goes on looking at it.
class Borrowed final : public http::Tunnel {
 public:
  explicit Borrowed(std::shared_ptr<PlayedTunnel> tunnel) : tunnel_(std::move(tunnel)) {}
  void read(std::size_t max, Read done) override { tunnel_->read(max, std::move(done)); }
  void write(std::string bytes, Written done) override {
    tunnel_->write(std::move(bytes), std::move(done));
  }
  void finish() override { tunnel_->finish(); }
  void close() override { tunnel_->close(); }

 private:
  std::shared_ptr<PlayedTunnel> tunnel_;
};

TEST_F(ResourceProxyTest, NodesAreTheirAgentAndTheirPorts) {
  for (
      const auto& [name, status] :
      {std::pair{
           "here",
           R"({"addresses":[{"type":"Hostname","address":"here"},{"type":"InternalIP","address":"192.0.2.1"}]})"},
       {"far", R"({"addresses":[{"type":"InternalIP","address":"192.0.2.2"}]})"},
       {"lost", "{}"}}) {
    expect(201, ask("POST", "/api/v1/nodes",
                    std::string(R"({"apiVersion":"v1","kind":"Node","metadata":{"name":")") + name +
                        R"("}})"));
    expect(200, ask("PATCH", std::string("/api/v1/nodes/") + name + "/status",
                    std::string(R"({"status":)") + status + "}",
                    {{"content-type", "application/merge-patch+json"}}));
  }
  const std::string nodes = "/api/v1/nodes/";
  const std::string port = std::to_string(echo_server_->port());
  EXPECT_EQ(through("GET", nodes + "here/proxy/pods").body, "agent of here");
  EXPECT_EQ(through("GET", nodes + "here:10250/proxy/pods").body, "agent of here");
  const Reply reply = through("GET", nodes + "https:here:" + port + "/proxy/a/b?q=1");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "GET /a/b?q=1  mine");
  EXPECT_EQ(ask("GET", nodes + "https:here:" + port + "/proxy").status, 301);
  EXPECT_EQ(ask("GET", nodes + "https:far:" + port + "/proxy/").status, 400);
  EXPECT_EQ(ask("GET", nodes + "https:lost:" + port + "/proxy/").status, 400);
  EXPECT_EQ(ask("GET", nodes + "none:" + port + "/proxy/").status, 404);
  EXPECT_EQ(ask("GET", nodes + "here:http/proxy/").status, 400);
  const Reply upgraded = ask("GET", nodes + "https:here:" + port + "/proxy/socket", "",
                             {{"connection", "Upgrade"}, {"upgrade", "websocket"}});
  EXPECT_EQ(upgraded.status, 101);
  ASSERT_TRUE(upgraded.upgrade);
  const auto client = std::make_shared<PlayedTunnel>(loop_);
  upgraded.upgrade(std::make_unique<Borrowed>(client));
  client->say("bye");
  EXPECT_TRUE(client->until_got("BYE"));
  EXPECT_TRUE(client->until_closed());
}

TEST_F(ResourceProxyTest, UpgradesArePassedOn) {
  const std::vector<std::pair<std::string, std::string>> wish{
      {"connection", "keep-alive, Upgrade"},
      {"upgrade", "websocket"},
      {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="},
      {"sec-websocket-version", "13"}};
  // One that does not take it answers as ever.
  EXPECT_EQ(ask("GET", pod_ + "https:web:/proxy/plain", "", wish).status, 200);
  const Reply reply = ask("GET", pod_ + "https:web:/proxy/socket", "", wish);
  EXPECT_EQ(reply.status, 101);
  EXPECT_EQ(reply.header("Upgrade"), "websocket");
  EXPECT_EQ(reply.header("sec-websocket-accept"), "for dGhlIHNhbXBsZSBub25jZQ==");
  ASSERT_TRUE(reply.upgrade);
  const auto client = std::make_shared<PlayedTunnel>(loop_);
  reply.upgrade(std::make_unique<Borrowed>(client));
  client->say("hello");
  EXPECT_TRUE(client->until_got("HELLO"));
  client->say("bye");
  EXPECT_TRUE(client->until_got("HELLOBYE"));
  EXPECT_TRUE(client->until_closed());
}

// Neither a client that never comes nor one that stays holds up the end.
TEST_F(ResourceProxyTest, UpgradesEndWithTheServer) {
  const std::vector<std::pair<std::string, std::string>> wish{{"connection", "Upgrade"},
                                                              {"upgrade", "websocket"}};
  EXPECT_EQ(ask("GET", pod_ + "https:web:/proxy/socket", "", wish).status, 101);
  const Reply stays = ask("GET", pod_ + "https:web:/proxy/socket", "", wish);
  ASSERT_TRUE(stays.upgrade);
  const auto client = std::make_shared<PlayedTunnel>(loop_);
  stays.upgrade(std::make_unique<Borrowed>(client));
  client->say("hello");
  EXPECT_TRUE(client->until_got("HELLO"));
  proxy_->stop();
  EXPECT_TRUE(client->until_closed());
}

}  // namespace
}  // namespace cove::server
