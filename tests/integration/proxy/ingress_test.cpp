// Ingresses carried out by a real nginx on loopback.
#include "core/proxy/ingress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <thread>
#include <tuple>

#include "core/base/strings.h"
#include "core/pki/pki.h"
#include "core/proxy/ingress_server.h"
#include "tests/support/cluster.h"
#include "tests/support/loopback.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temporary_folder.h"

namespace cove::proxy {
namespace {

using cove::testing::free_port;
using cove::testing::loopback;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

// The whole answer; "" when there is none.
std::string request(std::uint16_t port, const std::string& host, const std::string& path,
                    const std::string& more = "") {
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval bound{20, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  const sockaddr_in address = loopback(port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return {};
  const std::string text =
      "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" + more + "\r\n";
  if (::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) return {};
  std::string answer;
  char space[4096];
  for (ssize_t n = 0; (n = ::recv(fd.get(), space, sizeof space, 0)) > 0;)
    answer.append(space, static_cast<std::size_t>(n));
  return answer;
}

// "200 body", "404 not found"; "" when there is no answer.
std::string brief(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  if (end == answer.npos || answer.size() < 12) return {};
  std::string body = answer.substr(end + 4);
  while (!body.empty() && body.back() == '\n') body.pop_back();
  return answer.substr(9, 3) + " " + body;
}

bool poll_until(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < end) {
    if (done()) return true;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return done();
}

// Says its name and what it was asked, one connection after the other.
class Backend {
 public:
  explicit Backend(std::string name) : name_(std::move(name)) {
    std::tie(listener_, port_) = cove::testing::bound_to_loopback();
    ::listen(listener_.get(), 64);
    thread_ = std::thread([this] {
      for (Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)); fd;
           fd = Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)))
        answer(test::ScriptedPeer(std::move(fd)));
    });
  }
  ~Backend() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  Backend(const Backend&) = delete;

  std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  void answer(test::ScriptedPeer peer) {
    const std::string header = peer.read_header();
    if (header.empty()) return;
    const std::string body = name_ + " " + header.substr(0, header.find("\r\n"));
    {
      const std::lock_guard lock(mutex_);
      last_ = header;
    }
    peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  const std::string name_;
  Fd listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::string last_;
  std::thread thread_;
};

class Ingresses : public ::testing::Test {
 protected:
  void SetUp() override {
    program_ = find_program("nginx");
    if (!program_) GTEST_SKIP() << "nginx is not installed";
  }
  NginxServer::Parts parts() {
    return {*spawner_,
            null_logger(),
            *program_,
            {.directory = folder_ / "nginx",
             .keys = {},
             .listen_address = "127.0.0.1",
             .http_port = http_,
             .https_port = https_,
             .user = {}}};
  }
  std::string get(const std::string& host, const std::string& path) const {
    return brief(request(http_, host, path));
  }
  bool comes(const std::string& host, const std::string& path, const std::string& answer) const {
    return poll_until([&] { return get(host, path) == answer; });
  }
  pid_t master() const {
    const auto text = read_file(folder_ / "nginx" / "nginx.pid", 64);
    return text ? static_cast<pid_t>(std::stol(*text)) : 0;
  }
  // Process ids.
  std::vector<std::string> workers() const {
    const std::string pid = std::to_string(master());
    const auto text = read_file("/proc/" + pid + "/task/" + pid + "/children", 4096);
    return text ? split(trim(*text), ' ') : std::vector<std::string>();
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<Spawner> spawner_ = make_spawner();
  std::optional<Path> program_;
  const std::uint16_t http_ = free_port(), https_ = free_port();
};

TEST_F(Ingresses, AnswerByHostAndPathAsTheTableSays) {
  const Backend a("a"), b("b"), c("c");
  Routing routing;
  routing.backends = {
      {"a", {a.endpoint()}}, {"b", {b.endpoint()}}, {"c", {c.endpoint()}}, {"none", {}}};
  Routes& routes = routing.hosts["a.test"];
  routes.prefix = {{"", "a"}, {"/b", "b"}, {"/b/c", "c"}, {"/q\";}{\\ $host", "c"}};
  routes.exact = {{"/b/c/d", "a"}, {"/only/", "b"}, {"/none", "none"}};
  routing.hosts["*.b.test"].prefix = {{"/x", "b"}};
  routing.hosts[""].fallback = "c";
  NginxServer server(parts());
  server.serve(routing);
  ASSERT_TRUE(comes("a.test", "/", "200 a GET / HTTP/1.1"));
  for (const std::string path :
       {"/", "/a", "/b", "/b/", "/bb", "/b/c", "/b/cd", "/b/c/d", "/b/c/d/e", "/only", "/only/",
        "/only/x", "//b", "/q\";}{\\%20$host/z", "/%62/x"}) {
    std::string decoded = path;
    if (const auto at = decoded.find("%20"); at != decoded.npos) decoded.replace(at, 3, " ");
    if (const auto at = decoded.find("%62"); at != decoded.npos) decoded.replace(at, 3, "b");
    const std::string expected = *routes.find(decoded);
    // As it was asked, unchanged.
    EXPECT_EQ(get("a.test", path), "200 " + expected + " GET " + path + " HTTP/1.1") << path;
  }
  EXPECT_EQ(get("a.test", "/none"), "503 service unavailable");
  EXPECT_EQ(get("A.Test:8080", "/b"), "200 b GET /b HTTP/1.1");
  EXPECT_EQ(get("x.b.test", "/x/y"), "200 b GET /x/y HTTP/1.1");
  EXPECT_EQ(get("x.b.test", "/y"), "404 not found");
  // One label more than the wildcard has, and no label.
  EXPECT_EQ(get("x.y.b.test", "/x"), "200 c GET /x HTTP/1.1");
  EXPECT_EQ(get("b.test", "/x"), "200 c GET /x HTTP/1.1");
  request(http_, "a.test:8080", "/", "X-Forwarded-For: 1.2.3.4\r\n");
  EXPECT_THAT(a.last(), HasSubstr("\r\nHost: a.test:8080\r\n"));
  EXPECT_THAT(a.last(), HasSubstr("\r\nX-Forwarded-For: 127.0.0.1\r\n"));
  EXPECT_THAT(a.last(), HasSubstr("\r\nX-Forwarded-Proto: http\r\n"));
  EXPECT_THAT(a.last(), HasSubstr("\r\nConnection: close\r\n"));
  request(http_, "a.test", "/", "Upgrade: websocket\r\n");
  EXPECT_THAT(a.last(), HasSubstr("\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"));
}

TEST_F(Ingresses, LoseNoRequestWhenEndpointsChange) {
  Routing routing;
  routing.hosts[""].prefix = {{"", "web"}};
  auto current = std::make_unique<Backend>("0");
  routing.backends["web"] = {current->endpoint()};
  NginxServer server(parts());
  server.serve(routing);
  ASSERT_TRUE(comes("h", "/", "200 0 GET / HTTP/1.1"));
  std::atomic<bool> stop = false;
  std::atomic<int> asked = 0;
  std::vector<std::string> lost;
  std::thread client([&] {
    while (!stop) {
      ++asked;
      const std::string answer = get("h", "/");
      if (!answer.starts_with("200 ")) lost.push_back(answer);
    }
  });
  for (int round = 1; round <= 5; ++round) {
    auto next = std::make_unique<Backend>(std::to_string(round));
    routing.backends["web"] = {next->endpoint()};
    server.serve(routing);
    const std::vector<std::string> before = workers();
    EXPECT_TRUE(comes("h", "/", "200 " + std::to_string(round) + " GET / HTTP/1.1"));
    // What the old workers took is over then.
    EXPECT_TRUE(poll_until([&] {
      const std::vector<std::string> now = workers();
      return std::ranges::none_of(
          before, [&](const std::string& pid) { return std::ranges::count(now, pid) > 0; });
    }));
    current = std::move(next);
  }
  stop = true;
  client.join();
  EXPECT_GT(asked, 50);
  EXPECT_THAT(lost, ::testing::IsEmpty());
}

TEST_F(Ingresses, ShowTheCertificateOfTheHost) {
  const SystemClock clock;
  const auto authority = *pki::create_authority("ca", std::chrono::hours(24), clock);
  ASSERT_TRUE(write_file_atomic(folder_ / "ca.pem", authority.certificate_pem, 0644));
  const Backend web("web");
  Routing routing;
  routing.backends["web"] = {web.endpoint()};
  for (const std::string host : {"a.test", "b.test", "plain.test"})
    routing.hosts[host].prefix = {{"", "web"}};
  for (const std::string host : {"a.test", "b.test"}) {
    const auto pair = *pki::issue(
        authority, {.common_name = host, .dns_names = {host}, .usage = pki::Usage::kServer}, clock);
    routing.certificates[host] = {pair.certificate_pem, pair.key_pem.reveal()};
    routing.certificate_of[host] = host;
  }
  NginxServer server(parts());
  server.serve(routing);
  ASSERT_TRUE(comes("a.test", "/", "200 web GET / HTTP/1.1"));
  const auto curl = [&](const std::string& host) {
    const std::string port = std::to_string(https_);
    const auto done =
        spawner_->run({{"curl", "-sS", "--max-time", "20", "--noproxy", "*", "--cacert",
                        (folder_ / "ca.pem").string(), "--resolve",
                        host + ":" + port + ":127.0.0.1", "https://" + host + ":" + port + "/x"},
                       std::nullopt,
                       {},
                       {}},
                      std::chrono::seconds(30));
    return done ? (done->exit_code == 0 ? done->standard_output : done->standard_error) : "no curl";
  };
  EXPECT_EQ(curl("a.test"), "web GET /x HTTP/1.1");
  EXPECT_EQ(curl("b.test"), "web GET /x HTTP/1.1");
  EXPECT_THAT(web.last(), HasSubstr("\r\nX-Forwarded-Proto: https\r\n"));
  EXPECT_THAT(curl("plain.test"), HasSubstr("curl: (35)"));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "nginx/keys")) {
    if (entry.is_directory()) continue;
    EXPECT_EQ(entry.status().permissions(), std::filesystem::perms(0600)) << entry.path();
  }
}

TEST_F(Ingresses, OutliveWhatIsWrongWithThem) {
  const Backend web("web");
  Routing routing;
  routing.backends["web"] = {web.endpoint()};
  routing.hosts[""].prefix = {{"", "web"}};
  NginxServer server(parts());
  server.serve(routing);
  const std::string well = "200 web GET / HTTP/1.1";
  ASSERT_TRUE(comes("h", "/", well));
  // What nginx does not take is not used.
  Routing bad = routing;
  bad.backends["web"] = {"not an address"};
  server.serve(bad);
  ASSERT_TRUE(
      poll_until([&] { return std::filesystem::exists(folder_ / "nginx" / "nginx.conf.next"); }));
  EXPECT_EQ(get("h", "/"), well);
  const pid_t first = master();
  ASSERT_GT(first, 1);
  ::kill(first, SIGKILL);
  EXPECT_TRUE(poll_until([&] { return master() != first && get("h", "/") == well; }));
  // Another one takes over what the first left behind.
  server.serve(std::nullopt);
  EXPECT_TRUE(comes("h", "/", ""));
  routing.hosts[""].prefix = {{"/new", "web"}};
  server.serve(routing);
  EXPECT_TRUE(comes("h", "/new", "200 web GET /new HTTP/1.1"));
}

TEST_F(Ingresses, OfTheApiAreCarriedOut) {
  test::Cluster cluster;
  IngressProxy proxy({.informers = cluster.informers(),
                      .transport = cluster.as(),
                      .executor = cluster.executor,
                      .clock = cluster.clock,
                      .random = [] { return 0.5; },
                      .logger = cluster.logger(),
                      .spawner = *spawner_,
                      .directory = folder_ / "nginx",
                      .node_address = "192.0.2.10",
                      .http_port = http_,
                      .https_port = https_,
                      .program = *program_,
                      .listen_address = "127.0.0.1"});
  proxy.start();
  ASSERT_TRUE(cluster.until(
      [&] { return cluster.get("ingressclasses.networking.k8s.io", "cove") != nullptr; },
      milliseconds(5)));
  EXPECT_EQ(get("a.test", "/"), "");
  cluster.create(
      "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}");
  cluster.create(
      "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\nspec: {rules: [{host: "
      "a.test, http: {paths: [{path: /web, pathType: Prefix, backend: {service: {name: web, port: "
      "{number: 80}}}}, {path: /none, pathType: Prefix, backend: {service: {name: none, port: "
      "{number: 80}}}}]}}]}");
  ASSERT_TRUE(cluster.until([&] { return get("a.test", "/web") == "503 service unavailable"; },
                            milliseconds(5)));
  EXPECT_EQ(get("a.test", "/"), "404 not found");
  EXPECT_TRUE(cluster.until(
      [&] {
        const auto found = cluster.get("ingresses.networking.k8s.io", "i");
        const auto* all = api::array_at(found->document(), {"status", "loadBalancer", "ingress"});
        return all != nullptr && all->size() == 1 &&
               api::text_at(all->front().get_object(), {"ip"}) == "192.0.2.10";
      },
      milliseconds(5)));
  const auto told = [&] {
    for (const api::ObjectPtr& each : cluster.list("events")) {
      if (api::text_at(each->document(), {"reason"}) == "ServiceNotFound" &&
          api::text_at(each->document(), {"message"}) == "service \"none\" was not found" &&
          api::text_at(each->document(), {"involvedObject", "name"}) == "i")
        return true;
    }
    return false;
  };
  EXPECT_TRUE(cluster.until(told, milliseconds(5)));
  // One of another class is none of ours.
  cluster.create(
      "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: theirs}\nspec: "
      "{controller: example.com/c}");
  cluster.create(
      "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: j}\nspec: "
      "{ingressClassName: theirs, defaultBackend: {service: {name: web, port: {number: 80}}}}");
  cluster.remove("ingresses.networking.k8s.io", "i");
  EXPECT_TRUE(cluster.until([&] { return get("a.test", "/web").empty(); }, milliseconds(5)));
  const auto theirs = cluster.get("ingresses.networking.k8s.io", "j");
  EXPECT_EQ(api::array_at(theirs->document(), {"status", "loadBalancer", "ingress"}), nullptr);
}

}  // namespace
}  // namespace cove::proxy
