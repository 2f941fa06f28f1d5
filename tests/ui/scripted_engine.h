// ScriptedEngine: a container engine behind a unix socket, with images and containers that a test
// or a screenshot says.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/docker/engine_client.h"
#include "core/http/server.h"
#include "tests/support/temporary_folder.h"

namespace cove::ui::test {

docker::ImageSummary image(const std::string& id, std::vector<std::string> tags,
                           std::uint64_t size);
docker::ContainerSummary container(const std::string& name, const std::string& image_id,
                                   const std::string& state, const std::string& status);

// Thread-safe. What changes is told to those who follow its events.
class ScriptedEngine final : public http::Handler {
 public:
  ScriptedEngine();
  ~ScriptedEngine() override;

  docker::EngineAddress address() const { return {"unix://" + socket_.string(), {}}; }
  // Nobody can reach it, and who is connected is cut off; and again.
  void cut();
  void mend();

  void set_images(std::vector<docker::ImageSummary> images);
  void set_containers(std::vector<docker::ContainerSummary> containers);
  // What the next builds print; the last line may be an error: "!Dockerfile:2: unknown …".
  void set_build(std::vector<std::string> lines);
  void set_log(std::string log);
  // The images' own sizes by id, of which nothing is shared; others are all shared.
  void set_own_sizes(std::map<std::string, std::uint64_t> sizes);
  // Refuses that request from now on: "DELETE /images/demo:0.1".
  void deny(const std::string& what, int status, const std::string& message);
  void allow(const std::string& what);

  // "POST /containers/web/stop?…", in order.
  std::vector<std::string> asked() const;
  bool was_asked(const std::string& begin) const;

  void handle(std::shared_ptr<const http::Request> request, Respond respond) override;
  bool streams_body(const http::Request&) const override { return true; }

 private:
  void answer(const http::Request& request, const Respond& respond);
  std::string build(const http::Request& request);
  void tell(const char* type, const char* action, const std::string& id);

  cove::test::TemporaryFolder folder_;
  const Path socket_ = folder_ / "engine.sock";
  mutable std::mutex mutex_;
  std::vector<docker::ImageSummary> images_;
  std::vector<docker::ContainerSummary> containers_;
  std::vector<std::string> build_;
  std::string log_;
  std::map<std::string, std::uint64_t> own_sizes_;
  std::map<std::string, boost::json::object> labels_;  // of builds, by tag
  std::map<std::string, std::pair<int, std::string>> refusals_;
  std::vector<std::string> asked_;
  std::vector<std::weak_ptr<http::Stream>> listeners_;
  std::vector<std::jthread> readers_;  // of bodies
  std::unique_ptr<http::Server> server_;
};

}  // namespace cove::ui::test
