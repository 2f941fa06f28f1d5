// A whole API server in one process: a real store in a folder of its own, a fake clock, and a
// client that calls the handler directly.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <deque>
#include <map>

#include "core/server/api_server.h"
#include "core/server/bootstrap.h"
#include "core/server/health.h"
#include "core/server/identity.h"
#include "tests/support/temporary_folder.h"

namespace cove::server {

// Runs tasks on the test's own thread; timers fire when the test says how much time has passed.
class TestExecutor final : public Executor {
 public:
  void post(Task task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    wake_.notify_one();
  }
  TimerId after(std::chrono::nanoseconds delay, Task task) override {
    timers_.emplace(now_ + delay, std::pair(++last_, std::move(task)));
    return last_;
  }
  void cancel(TimerId timer) override {
    std::erase_if(timers_, [&](const auto& entry) { return entry.second.first == timer; });
  }

  // Throws when nothing comes for a minute: a hung test says so.
  void run_until(const std::function<bool()>& done) {
    while (!done()) {
      std::unique_lock lock(mutex_);
      if (!wake_.wait_for(lock, std::chrono::minutes(1), [&] { return !tasks_.empty(); }))
        throw std::runtime_error("the server does not answer");
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }
  void advance(std::chrono::nanoseconds time) {
    now_ += time;
    while (!timers_.empty() && timers_.begin()->first <= now_) {
      Task task = std::move(timers_.begin()->second.second);
      timers_.erase(timers_.begin());
      task();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  std::chrono::nanoseconds now_{0};
  TimerId last_ = 0;
  std::multimap<std::chrono::nanoseconds, std::pair<TimerId, Task>> timers_;
};

struct Reply {
  int status = 0;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<http::Stream> stream;
  std::function<void(std::unique_ptr<http::Tunnel>)> upgrade = {};

  json::value document() const { return json::parse(body); }
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return "";
  }
  std::vector<std::string> warnings() const {
    std::vector<std::string> all;
    for (const auto& [key, value] : headers) {
      if (key == "Warning") all.push_back(value);
    }
    return all;
  }
};

// Nobody but administrators, who are not asked about; everybody may see how the server does.
class AdministratorsOnly final : public Authorizer {
 public:
  Decision authorize(const Attributes& attributes) const override {
    const bool open = attributes.request.verb == "get" &&
                      (is_health_path(attributes.path) || attributes.path == "/version");
    return Decision{open ? Decision::Kind::kAllow : Decision::Kind::kNoOpinion};
  }
  void rules_of(const User&, std::string_view, json::array&, json::array&, bool&) const override {}
};

class ServerTest : public ::testing::Test {
 protected:
  explicit ServerTest(store::IoHooks* hooks = nullptr, const store::Limits& limits = {}) {
    store_ = *store::Store::open({.path = folder_.path() / "store.db",
                                  .post = [this](auto task) { executor_.post(std::move(task)); },
                                  .clock = clock_,
                                  .limits = limits,
                                  .hooks = hooks});
    storage_ = std::make_unique<Storage>(*store_);
    resources_ =
        std::make_unique<Resources>(*storage_, executor_, clock_, admission_plugins(),
                                    [this](std::uint32_t bound) { return draw_++ % bound; });
    ApiServer::Parts parts{.schemas = schemas_,
                           .protobuf = protobuf_,
                           .resources = *resources_,
                           .executor = executor_,
                           .clock = clock_,
                           .authenticators = {},
                           .authorizer = std::make_unique<AdministratorsOnly>(),
                           .checks = {{"ping", [] { return true; }, false},
                                      {"disk", [this] { return healthy_; }, true}}};
    parts.authenticators.push_back(std::make_unique<CertificateAuthenticator>());
    server_ = std::make_unique<ApiServer>(std::move(parts), registry_);
    bool ready = false;
    ensure_objects(*storage_, *registry_, system_namespaces(), clock_.wall(),
                   [&](Result<void> made) {
                     EXPECT_TRUE(made);
                     ready = true;
                   });
    executor_.run_until([&] { return ready; });
  }
  ~ServerTest() override {
    server_.reset();
    resources_.reset();
    storage_.reset();
    store_.reset();
  }

  Reply ask(const std::string& method, const std::string& target, std::string body = "",
            std::vector<std::pair<std::string, std::string>> headers = {}) {
    auto request = std::make_shared<Request>();
    request->method = method;
    request->headers = std::move(headers);
    if (!body.empty() && !request->has_header("content-type"))
      request->headers.emplace_back("content-type", "application/json");
    request->body = std::move(body);
    request->certificate = certificate_;
    request->local_endpoint = "127.0.0.1:6443";
    EXPECT_TRUE(http::parse_target(target, *request)) << target;
    // A document about the API is made on a thread of its own, so the answer may come from there.
    std::mutex mutex;
    std::optional<Answer> got;
    server_->handle(request, [&](Answer answer) {
      {
        const std::lock_guard lock(mutex);
        got = std::move(answer);
      }
      executor_.post([] {});
    });
    executor_.run_until([&] {
      const std::lock_guard lock(mutex);
      return got.has_value();
    });
    const auto whole = http::whole_body(*got);
    return {got->status,  got->content_type, whole ? *whole : "",
            got->headers, got->stream,       got->upgrade};
  }
  Reply get(const std::string& target, const std::string& accept = "") {
    return accept.empty() ? ask("GET", target) : ask("GET", target, "", {{"accept", accept}});
  }
  json::value read(const std::string& target, const std::string& accept = "") {
    const Reply reply = get(target, accept);
    EXPECT_EQ(reply.status, 200) << target << ": " << reply.body;
    return reply.document();
  }
  Reply patch(const std::string& target, const std::string& type, std::string body) {
    return ask("PATCH", target, std::move(body), {{"content-type", "application/" + type}});
  }
  // Expects that status and returns the document.
  json::value expect(int status, const Reply& reply) {
    EXPECT_EQ(reply.status, status) << reply.body;
    return reply.body.empty() ? json::value() : reply.document();
  }
  void expect_refused(const Reply& reply, int code, std::string_view reason,
                      std::string_view part_of_message = "") {
    EXPECT_EQ(reply.status, code) << reply.body;
    const json::value status = reply.document();
    EXPECT_EQ(status.at("kind").as_string(), "Status");
    EXPECT_EQ(status.at("status").as_string(), "Failure");
    EXPECT_EQ(status.at("reason").as_string(), json::string_view(reason.data(), reason.size()));
    EXPECT_EQ(status.at("code").as_int64(), code);
    EXPECT_THAT(std::string(status.at("message").as_string()),
                ::testing::HasSubstr(std::string(part_of_message)));
  }

  // The events that wait in a watch's stream, after everything posted so far has run.
  std::vector<json::value> events(const Reply& reply) {
    bool ran = false;
    executor_.post([&] { ran = true; });
    executor_.run_until([&] { return ran; });
    std::vector<json::value> all;
    std::string text;
    for (const auto& piece : reply.stream->take().pieces) text += *piece;
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t end = text.find('\n', at);
      all.push_back(json::parse(json::string_view(text.data() + at, end - at)));
      at = end + 1;
    }
    return all;
  }
  static std::string described(const json::value& event) {
    const json::object& object = event.at("object").as_object();
    const json::object& metadata = object.at("metadata").as_object();
    std::string text(event.at("type").as_string());
    if (const json::value* name = metadata.if_contains("name"))
      text += " " + std::string(name->as_string());
    return text;
  }
  static std::string config_map(const std::string& name, const std::string& value = "v",
                                const std::string& more_metadata = "") {
    return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name + "\"" +
           more_metadata + R"(},"data":{"k":")" + value + R"("}})";
  }
  static std::string version_of(const json::value& document) {
    return std::string(document.at("metadata").at("resourceVersion").as_string());
  }

  test::TemporaryFolder folder_;
  FakeClock clock_;
  TestExecutor executor_;
  api::BuiltinSchemas schemas_;
  api::ProtobufCodec protobuf_{schemas_};
  std::shared_ptr<const api::Registry> registry_ = api::Registry::builtin(schemas_);
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<Resources> resources_;
  std::unique_ptr<ApiServer> server_;
  std::uint32_t draw_ = 0;
  bool healthy_ = true;
  std::shared_ptr<const http::PeerCertificate> certificate_ =
      std::make_shared<const http::PeerCertificate>(
          http::PeerCertificate{"admin", {"system:masters"}, {}, "00"});
};

inline const std::string kConfigMaps = "/api/v1/namespaces/default/configmaps";

}  // namespace cove::server
