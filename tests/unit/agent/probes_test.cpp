#include "core/node/probes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "core/api/document.h"
#include "core/node/probes_requests.h"
#include "tests/support/manual_executor.h"
#include "tests/support/scripted_server.h"

namespace cove::node {
namespace {

namespace json = boost::json;
using Outcome = ProbeAttempt::Outcome;
using std::chrono::seconds;

json::object document(const std::string& yaml) {
  auto parsed = api::parse_yaml(yaml);
  if (!parsed || !parsed->value.is_object()) {
    ADD_FAILURE() << "no document: " << yaml;
    return {};
  }
  return parsed->value.get_object();
}

// Counts attempts: each begins with a timer of its timeout, which no other timer has, and ends with
// what it posts.
constexpr int kTimeout = 7;
class CountingExecutor final : public Executor {
 public:
  explicit CountingExecutor(FakeClock& clock) : inner(clock) {}
  void post(Task task) override {
    inner.post([this, task = std::move(task)] {
      task();
      ++ended;
    });
  }
  TimerId after(std::chrono::nanoseconds delay, Task task) override {
    if (delay == seconds(kTimeout)) ++begun;
    return inner.after(delay, std::move(task));
  }
  void cancel(TimerId timer) override { inner.cancel(timer); }

  test::ManualExecutor inner;
  int begun = 0, ended = 0;
};

class ProbeTiming : public testing::Test {
 protected:
  ProbeTiming() { make(); }
  ~ProbeTiming() override {
    probes.reset();
    pool.stop();
  }

  void make() {
    probes = std::make_unique<Probes>(Probes::Parts{
        .executor = executor,
        .pool = pool,
        .clock = clock,
        .random = [] { return 0.5; },
        .logger = *logger,
        .changed =
            [this](const ProbeResult& result) {
              news.push_back(name(result.kind) + (result.healthy ? "+" : "-"));
              grace = result.grace_seconds;
            },
        .failed_once = [this](const ProbeResult& result) { failures.push_back(result.message); },
        .prober =
            [this](const json::object& probe, const ProbeTarget&, std::stop_token stop) {
              const std::string kind(api::text_at(probe, {"test"}));
              ProbeAttempt out;
              {
                const std::lock_guard lock(mutex);
                attempts[kind].push_back(
                    std::chrono::duration_cast<seconds>(clock.steady() - start).count());
                out = {outcomes[kind], kind + " says no"};
              }
              while (hang && !stop.stop_requested()) std::this_thread::yield();
              return out;
            }});
  }
  static std::string name(ProbeKind kind) {
    return kind == ProbeKind::kStartup    ? "startup"
           : kind == ProbeKind::kLiveness ? "liveness"
                                          : "readiness";
  }

  void watch(const std::string& spec, seconds age = seconds(0), const std::string& id = "run") {
    probes->watch({.pod_uid = "u",
                   .pod_address = "10.244.0.5",
                   .container = "c",
                   .id = id,
                   .spec = document(spec),
                   .started_at = clock.wall() - age,
                   .grace_seconds = 30});
    settle();
  }
  static std::string probe(const std::string& kind, const std::string& more = {}) {
    return kind + "Probe: {test: " + kind + ", timeoutSeconds: " + std::to_string(kTimeout) +
           (more.empty() ? "" : ", " + more) + "}\n";
  }
  void say(const std::string& kind, Outcome outcome) {
    const std::lock_guard lock(mutex);
    outcomes[kind] = outcome;
  }
  // Until every attempt that has begun has told its result.
  void settle() {
    const auto end = std::chrono::steady_clock::now() + seconds(20);
    executor.inner.advance(seconds(0));
    while (executor.ended < executor.begun) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      executor.inner.advance(seconds(0));
      std::this_thread::yield();
    }
  }
  void advance(int count) {
    for (int i = 0; i < count; ++i) {
      executor.inner.advance(seconds(1));
      if (!hang) settle();
    }
  }
  std::vector<long> times(const std::string& kind) {
    const std::lock_guard lock(mutex);
    return attempts[kind];
  }

  FakeClock clock;
  const SteadyTime start = clock.steady();
  std::unique_ptr<Logger> logger = make_logger(2, LogFormat::kText, LogLevel::kWarning);
  CountingExecutor executor{clock};
  WorkerPool pool{WorkerPool::Limits{}};
  std::mutex mutex;
  std::map<std::string, std::vector<long>> attempts;  // seconds since the start, by kind
  std::map<std::string, Outcome> outcomes;
  std::atomic<bool> hang = false;
  std::vector<std::string> news, failures;
  std::int64_t grace = 0;
  std::unique_ptr<Probes> probes;
};

using Times = std::vector<long>;
using Texts = std::vector<std::string>;

TEST_F(ProbeTiming, ReadinessFollowsItsThresholds) {
  watch(
      probe("readiness",
            "initialDelaySeconds: 2, periodSeconds: 3, successThreshold: 2, failureThreshold: 2"));
  EXPECT_FALSE(probes->health("run").ready);
  EXPECT_TRUE(probes->health("run").started && probes->health("run").alive);
  advance(4);
  EXPECT_EQ(times("readiness"), Times{2});
  EXPECT_FALSE(probes->health("run").ready);
  advance(1);
  EXPECT_TRUE(probes->health("run").ready);
  EXPECT_EQ(news, Texts{"readiness+"});
  say("readiness", Outcome::kFailure);
  advance(3);
  EXPECT_TRUE(probes->health("run").ready);
  EXPECT_EQ(failures, Texts{"readiness says no"});
  // What could not look counts for nothing, neither way, and is told.
  say("readiness", Outcome::kError);
  advance(6);
  EXPECT_TRUE(probes->health("run").ready);
  EXPECT_EQ(failures.size(), 3U);
  say("readiness", Outcome::kFailure);
  advance(3);
  EXPECT_FALSE(probes->health("run").ready);
  EXPECT_EQ(news, (Texts{"readiness+", "readiness-"}));
  EXPECT_EQ(times("readiness"), (Times{2, 5, 8, 11, 14, 17}));
  // Again for the same run changes nothing; a forgotten one is left alone.
  watch(probe("readiness"));
  EXPECT_EQ(times("readiness").size(), 6U);
  probes->forget("run");
  advance(10);
  EXPECT_EQ(times("readiness").size(), 6U);
  EXPECT_TRUE(probes->health("run").ready);
}

TEST_F(ProbeTiming, LivenessEndsWithItsFailure) {
  watch(probe("liveness",
              "periodSeconds: 2, failureThreshold: 2, "
              "terminationGracePeriodSeconds: 5") +
        probe("readiness", "periodSeconds: 1"));
  EXPECT_TRUE(probes->health("run").alive);
  EXPECT_EQ(times("liveness"), Times{0});
  say("liveness", Outcome::kFailure);
  advance(2);
  EXPECT_TRUE(probes->health("run").alive);
  say("liveness", Outcome::kSuccess);
  advance(2);
  say("liveness", Outcome::kFailure);
  advance(4);
  EXPECT_FALSE(probes->health("run").alive);
  EXPECT_EQ(news, (Texts{"readiness+", "liveness-"}));
  EXPECT_EQ(grace, 5);
  advance(10);
  EXPECT_EQ(times("liveness"), (Times{0, 2, 4, 6, 8}));
  EXPECT_LE(times("readiness").size(), 9U);
}

TEST_F(ProbeTiming, NothingElseIsProbedBeforeTheStart) {
  say("startup", Outcome::kFailure);
  watch(probe("startup", "periodSeconds: 2, failureThreshold: 10") +
        probe("liveness", "periodSeconds: 5") + probe("readiness", "initialDelaySeconds: 9"));
  advance(4);
  EXPECT_EQ(times("startup"), (Times{0, 2, 4}));
  EXPECT_TRUE(times("liveness").empty());
  EXPECT_FALSE(probes->health("run").started);
  EXPECT_TRUE(probes->health("run").alive);
  say("startup", Outcome::kSuccess);
  advance(10);
  EXPECT_EQ(times("startup"), (Times{0, 2, 4, 6}));
  EXPECT_EQ(times("liveness"), (Times{6, 11}));
  EXPECT_EQ(times("readiness"), Times{9});
  EXPECT_TRUE(probes->health("run").started && probes->health("run").ready);
  EXPECT_EQ(news, (Texts{"startup+", "readiness+"}));
}

TEST_F(ProbeTiming, WhoNeverStartsIsNotAlive) {
  say("startup", Outcome::kFailure);
  watch(probe("startup", "periodSeconds: 1, failureThreshold: 3") + probe("readiness"));
  advance(10);
  EXPECT_EQ(times("startup"), (Times{0, 1, 2}));
  const auto health = probes->health("run");
  EXPECT_FALSE(health.started || health.alive || health.ready);
  EXPECT_EQ(news, Texts{"startup-"});
}

TEST_F(ProbeTiming, AfterARestartProbesTakeTurns) {
  watch(probe("readiness", "periodSeconds: 10"), seconds(3600));
  EXPECT_TRUE(times("readiness").empty());
  advance(25);
  EXPECT_EQ(times("readiness"), (Times{5, 15, 25}));
}

TEST_F(ProbeTiming, AHangingProbeIsToldToStop) {
  hang = true;
  say("readiness", Outcome::kFailure);
  probes->watch({.container = "c",
                 .id = "run",
                 .spec = document(probe("readiness", "periodSeconds: 3")),
                 .started_at = clock.wall()});
  executor.inner.advance(seconds(0));
  while (times("readiness").empty()) std::this_thread::yield();
  advance(kTimeout);
  while (failures.empty()) {
    executor.inner.run();
    std::this_thread::yield();
  }
  hang = false;
  EXPECT_EQ(failures, Texts{"readiness says no"});
  // Late already: the next one begins at once.
  settle();
  EXPECT_EQ(times("readiness"), (Times{0, kTimeout}));
}

// --- What probes do

class ProbeRequests : public testing::Test {
 protected:
  ProbeAttempt http(const std::string& action) {
    return probe_http(document(action), target, seconds(5), {});
  }
  static std::string answer(const std::string& first, const std::string& more = {}) {
    return "HTTP/1.1 " + first + "\r\n" + more + "Content-Length: 0\r\n\r\n";
  }
  // A port nobody listens on.
  static std::uint16_t closed_port() {
    const test::ScriptedServer server({[](test::ScriptedPeer&) {}});
    return server.port();
  }

  std::mutex mutex;
  std::vector<std::string> requests;
  test::ScriptedServer server{{[this](test::ScriptedPeer& peer) {
    const std::string header = peer.read_header();
    if (header.empty()) return;
    {
      const std::lock_guard lock(mutex);
      requests.push_back(header);
    }
    const std::string path = header.substr(4, header.find(' ', 4) - 4);
    if (path == "/broken") peer.send(answer("500 Oh"));
    if (path == "/moved") peer.send(answer("302 Found", "Location: /ok?x=1\r\n"));
    if (path == "/loop") peer.send(answer("302 Found", "Location: /loop\r\n"));
    if (path == "/away") peer.send(answer("302 Found", "Location: http://192.0.2.1/\r\n"));
    if (path == "/ended") return;
    if (path.starts_with("/ok")) peer.send(answer("204 Fine"));
  }}};
  ProbeTarget target{
      .pod_address = "127.0.0.1",
      .container = "c",
      .id = "run",
      .spec =
          document("ports: [{name: web, containerPort: " + std::to_string(server.port()) + "}]\n")};
};

TEST_F(ProbeRequests, HttpAnswersSayHowItIs) {
  const std::string base = "Get \"http://127.0.0.1:" + std::to_string(server.port());
  struct Case {
    std::string action;
    Outcome outcome = Outcome::kSuccess;
    std::string message = {};
  };
  for (const Case& c : std::vector<Case>{
           {"{port: web, path: /ok}"},
           {"{port: web, path: ok}"},
           {"{port: " + std::to_string(server.port()) + ", path: \"/ok?a=b c\"}"},
           {"{port: web, path: /broken}", Outcome::kFailure,
            "HTTP probe failed with statuscode: 500"},
           {"{port: web, path: /moved}"},
           {"{port: web, path: /away}"},
           {"{port: web, path: /loop}", Outcome::kFailure,
            base + "/loop\": stopped after 10 redirects"},
           {"{port: web, path: /ended}", Outcome::kFailure, base + "/ended\": EOF"},
           {"{port: other}", Outcome::kError, "port other not found"},
           {"{port: 70000}", Outcome::kError, "invalid port number: 70000"},
       }) {
    const auto result = http(c.action);
    EXPECT_EQ(result.outcome, c.outcome) << c.action << ": " << result.message;
    EXPECT_EQ(result.message, c.message) << c.action;
  }
  EXPECT_TRUE(requests.at(2).starts_with("GET /ok?a=b%20c HTTP/1.1\r\n")) << requests.at(2);
}

TEST_F(ProbeRequests, HttpHeadersAreThePods) {
  ASSERT_EQ(http("{port: web, path: /ok}").outcome, Outcome::kSuccess);
  const auto has = [&](const std::string& line) {
    return requests.back().find("\r\n" + line + "\r\n") != std::string::npos;
  };
  EXPECT_TRUE(has("Host: 127.0.0.1:" + std::to_string(server.port()))) << requests.back();
  EXPECT_TRUE(has("User-Agent: kube-probe/1.36") && has("Accept: */*") && has("Connection: close"));
  ASSERT_EQ(http("{port: web, path: /ok, httpHeaders: [{name: Host, value: shop.example}, {name: "
                 "X-A, value: b}, {name: user-agent, value: me}, {name: Accept, value: a/b}]}")
                .outcome,
            Outcome::kSuccess);
  EXPECT_TRUE(has("Host: shop.example") && has("X-A: b") && has("User-Agent: me") &&
              has("Accept: a/b"))
      << requests.back();
  EXPECT_EQ(requests.back().find("*/*"), std::string::npos);
}

TEST_F(ProbeRequests, WhereNobodyListens) {
  const std::string port = std::to_string(closed_port());
  auto result = http("{port: " + port + ", path: /x}");
  EXPECT_EQ(result.outcome, Outcome::kFailure);
  EXPECT_EQ(result.message, "Get \"http://127.0.0.1:" + port + "/x\": dial tcp 127.0.0.1:" + port +
                                ": connect: connection refused");
  result = probe_tcp(document("{port: " + port + "}"), target, seconds(5), {});
  EXPECT_EQ(result.message, "dial tcp 127.0.0.1:" + port + ": connect: connection refused");
  EXPECT_EQ(probe_tcp(document("{port: web}"), target, seconds(5), {}).outcome, Outcome::kSuccess);
  EXPECT_EQ(probe_tcp(document("{port: no}"), target, seconds(5), {}).outcome, Outcome::kError);
}

TEST_F(ProbeRequests, ATimeoutIsAFailure) {
  // It accepts and never answers.
  std::atomic<bool> done = false;
  test::ScriptedServer silent({[&](test::ScriptedPeer& peer) {
    peer.read_header();
    while (!done) std::this_thread::yield();
  }});
  const std::string port = std::to_string(silent.port());
  std::stop_source stop;
  const std::jthread later([&] {
    while (silent.connections() == 0) std::this_thread::yield();
    stop.request_stop();
  });
  const auto result =
      probe_http(document("{port: " + port + "}"), target, seconds(60), stop.get_token());
  done = true;
  EXPECT_EQ(result.outcome, Outcome::kFailure);
  EXPECT_EQ(result.message, "Get \"http://127.0.0.1:" + port +
                                "/\": context deadline exceeded (Client.Timeout exceeded while "
                                "awaiting headers)");
}

TEST_F(ProbeRequests, AConnectionThatIsNotTakenIsATimeout) {
  const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener.get(), name, size), 0);
  ASSERT_EQ(::listen(listener.get(), 0), 0);
  ASSERT_EQ(::getsockname(listener.get(), name, &size), 0);
  // These fill the queue of those who wait to be accepted.
  std::vector<Fd> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::connect(waiting.back().get(), name, size);
  }
  const std::string port = std::to_string(ntohs(address.sin_port));
  EXPECT_EQ(probe_tcp(document("{port: " + port + "}"), target, std::chrono::milliseconds(50), {})
                .message,
            "dial tcp 127.0.0.1:" + port + ": i/o timeout");
  EXPECT_EQ(probe_http(document("{port: " + port + "}"), target, std::chrono::milliseconds(50), {})
                .message,
            "Get \"http://127.0.0.1:" + port + "/\": dial tcp 127.0.0.1:" + port + ": i/o timeout");
}

}  // namespace
}  // namespace cove::node
