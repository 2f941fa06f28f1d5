// The logs of the sample's pods: what a small web program writes.
#include <fmt/format.h>

#include <atomic>

#include "tests/ui/sample_api.h"

namespace cove::ui::test {
namespace {

struct Written {
  int before;  // seconds ago
  const char* text;
};

constexpr Written kWeb[] = {
    {64, "INFO  demo 0.3 starting: 4 workers, port 8080, GREETING=\"Hello from 0.3\""},
    {63, "DEBUG config read from /app/conf/app.yaml (14 keys)"},
    {62, "INFO  connected to cache-0.cache:6379 in 3 ms"},
    {61, "INFO  ready"},
    {52, R"({"level":"info","msg":"request","method":"GET","path":"/","status":200,"ms":4.1})"},
    {47,
     R"({"level":"info","msg":"request","method":"GET","path":"/greet/ann","status":200,"ms":6.8})"},
    {44, R"({"level":"warn","msg":"slow query","table":"orders","ms":812,"rows":20417})"},
    {41, "WARN  cache miss for key greet:ann, asking the store"},
    {36,
     R"({"level":"info","msg":"request","method":"POST","path":"/orders","status":201,"ms":32.5})"},
    {30, "ERROR POST /orders failed: connection reset by peer (attempt 1 of 3)"},
    {29, "INFO  POST /orders done at the second attempt, order 10482"},
    {24,
     R"({"level":"info","msg":"request","method":"GET","path":"/orders/10482","status":200,"ms":5.0})"},
    {19, "DEBUG pool: 4 of 16 connections in use"},
    {15, R"({"level":"error","msg":"template not found","name":"receipt.html","status":500})"},
    {11, "WARN  rate limit of 10.244.0.1 reached, 3 requests delayed"},
    {6, R"({"level":"info","msg":"request","method":"GET","path":"/ready","status":200,"ms":0.4})"},
    {2, R"({"level":"info","msg":"request","method":"GET","path":"/","status":200,"ms":3.7})"},
};

// Every pod the same in its own time, so that their lines stand between each other's.
std::string lines_of(const std::string& pod, bool stamped, WallTime now) {
  std::string all;
  const auto shift = std::chrono::milliseconds(std::hash<std::string>()(pod) % 17'000);
  for (const Written& line : kWeb) {
    const auto at = now - std::chrono::seconds(line.before) - shift;
    const auto part = std::chrono::duration_cast<std::chrono::milliseconds>(
        at.time_since_epoch() % std::chrono::seconds(1));
    const std::string second = rfc3339(std::chrono::floor<std::chrono::seconds>(at));
    if (stamped)
      all += fmt::format("{}.{:03}000000Z ", second.substr(0, second.size() - 1), part.count());
    all += line.text;
    all += '\n';
  }
  return all;
}

class SampleLogs final : public client::Transport {
 public:
  SampleLogs(std::unique_ptr<client::Transport> inner, const FakeClock& clock)
      : inner_(std::move(inner)), clock_(clock) {}
  client::Operation send(client::ApiRequest request, Callback done) override {
    return inner_->send(std::move(request), std::move(done));
  }
  client::Operation watch(client::ApiRequest request, client::WatchCallbacks callbacks) override {
    return inner_->watch(std::move(request), std::move(callbacks));
  }
  client::Operation stream(client::ApiRequest request, client::StreamCallbacks callbacks) override {
    const auto alive = std::make_shared<std::atomic<bool>>(true);
    const auto has = [&](const char* name) {
      for (const auto& [key, value] : request.query)
        if (key == name && value == "true") return true;
      return false;
    };
    const bool follow = has("follow");
    const std::string path = request.path.substr(0, request.path.rfind('/'));
    std::string text = lines_of(path.substr(path.rfind('/') + 1), has("timestamps"), clock_.wall());
    executor().post([alive, follow, text = std::move(text), on = std::move(callbacks)] {
      if (!*alive) return;
      if (on.opened) on.opened();
      on.bytes(text, [alive, follow, closed = on.closed] {
        if (*alive && !follow) closed(std::nullopt);
      });
    });
    return client::Operation(std::make_shared<Cancel>(alive));
  }
  Executor& executor() override { return inner_->executor(); }

 private:
  class Cancel final : public client::Operation::Impl {
   public:
    explicit Cancel(std::shared_ptr<std::atomic<bool>> alive) : alive_(std::move(alive)) {}
    void cancel() override { *alive_ = false; }

   private:
    const std::shared_ptr<std::atomic<bool>> alive_;
  };

  const std::unique_ptr<client::Transport> inner_;
  const FakeClock& clock_;
};

}  // namespace

std::unique_ptr<client::Transport> with_sample_logs(std::unique_ptr<client::Transport> inner,
                                                    const FakeClock& clock) {
  return std::make_unique<SampleLogs>(std::move(inner), clock);
}

}  // namespace cove::ui::test
