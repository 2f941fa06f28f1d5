// The containers' endpoints over a host of the test's own, behind a real HTTP server.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/json/serialize.hpp>
#include <optional>

#include "core/engine/container.h"
#include "core/engine/containers.h"
#include "core/engine/fields.h"
#include "tests/support/containers.h"
#include "tests/support/folder_image.h"
#include "tests/unit/engine/exchange/served_api.h"

namespace cove::engine::test {

using cove::test::eventually;

// A connection taken over by attach or exec.
class Wire {
 public:
  Wire(const std::filesystem::path& socket_path, const std::string& target,
       const std::string& body) {
    fd_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return;
    send(
        fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
                    "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                    target, body.size(), body));
    while (head_.find("\r\n\r\n") == std::string::npos) {
      char c = 0;
      if (::read(fd_.get(), &c, 1) != 1) return;
      head_ += c;
    }
  }
  const std::string& head() const { return head_; }
  void send(std::string_view text) {
    (void)::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }
  void finish() { ::shutdown(fd_.get(), SHUT_WR); }
  // Everything up to the end, or up to `text`.
  std::string read(const std::string& text = {}) {
    char piece[4096];
    while (text.empty() || seen_.find(text) == std::string::npos) {
      const ssize_t got = ::read(fd_.get(), piece, sizeof piece);
      if (got <= 0) break;
      seen_.append(piece, static_cast<std::size_t>(got));
    }
    return seen_;
  }

 private:
  Fd fd_;
  std::string head_, seen_;
};

// Standard output and error of a multiplexed stream.
inline std::pair<std::string, std::string> take_apart(std::string_view bytes) {
  std::pair<std::string, std::string> parts;
  while (bytes.size() >= 8) {
    std::size_t size = 0;
    for (int i = 4; i < 8; ++i) size = size << 8 | static_cast<unsigned char>(bytes[i]);
    (bytes[0] == 1 ? parts.first : parts.second) += bytes.substr(8, size);
    bytes.remove_prefix(std::min(bytes.size(), 8 + size));
  }
  return parts;
}

class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!cove::test::can_run_containers()) GTEST_SKIP() << "needs root";
    host_.emplace();
    content_ = std::move(*image::ContentStore::open(host_->folder() / "content"));
    layers_ = std::move(
        *image::LayerStore::open({host_->folder() / "layers", "/proc/self/exe", *logger_}));
    images_ = std::move(*image::ImageStore::open(
        {host_->folder() / "images", *content_, *layers_, clock_, *logger_}));
    add_image();
    open();
  }
  void TearDown() override {
    if (!host_) return;
    if (containers_) {
      for (const auto& container : containers_->all()) {
        const auto removed = containers_->remove(container, {.force = true, .volumes = true});
        EXPECT_TRUE(removed.has_value() || removed.error().status == 404)
            << removed.error().message;
      }
    }
    close();
    EXPECT_TRUE(eventually([&] { return host_->processes().empty(); }));
    EXPECT_TRUE(host_->mounts().empty());
    images_.reset();
    layers_.reset();
    content_.reset();
    host_.reset();
  }

  void open() {
    runtime_ = std::move(*runtime::Runtime::open(
        {host_->directory(), host_->run(), host_->cgroup_root(), clock_, *logger_, *spawner_}));
    auto networks = network::ContainerNetworks::open({.directory = host_->folder() / "net",
                                                      .run = host_->folder() / "n",
                                                      .gate = gate_,
                                                      .logger = *logger_});
    ASSERT_TRUE(networks.has_value()) << networks.error().message();
    networks_ = std::move(*networks);
    auto containers =
        Containers::open({host_->folder() / "engine", "/proc/self/exe", *content_, *layers_,
                          *images_, *runtime_, *networks_, events_, clock_, *logger_});
    ASSERT_TRUE(containers.has_value()) << containers.error().message();
    containers_ = std::move(*containers);
    std::vector<Route> routes;
    for (auto* some : {container_routes, exec_routes, network_routes, volume_routes}) {
      for (auto& route : some(*containers_)) routes.push_back(std::move(route));
    }
    api_ = std::make_unique<ServedApi>(std::move(routes));
    containers_->restore();
  }
  void close() {
    if (containers_) containers_->stop();
    api_.reset();
    containers_.reset();
    networks_.reset();
    runtime_.reset();
  }

  void add_image() {
    ::mkdir((host_->busybox() / "data").c_str(), 0755);
    ASSERT_TRUE(write_file_atomic(host_->busybox() / "data/seed", "grown", 0640).has_value());
    const auto image = cove::test::add_image_of(host_->busybox(), "busybox", *layers_, *images_);
    ASSERT_TRUE(image.has_value()) << image.error().message();
  }

  // The id; "" and a failure when it was refused. `more` goes into the body.
  std::string create(const std::string& script, const std::string& more = {},
                     const std::string& name = {}) {
    boost::json::object body{{"Image", "busybox"}, {"Cmd", boost::json::array{"sh", "-c", script}}};
    if (!more.empty()) {
      const boost::json::value fields = boost::json::parse(more);
      for (const auto& item : fields.as_object()) body[item.key()] = item.value();
    }
    const Reply reply = api_->post("/containers/create" + (name.empty() ? "" : "?name=" + name),
                                   boost::json::serialize(body));
    EXPECT_EQ(reply.status, 201) << reply.body;
    return reply.status == 201 ? text_of(reply.json().as_object(), "Id") : std::string();
  }
  void start(const std::string& id) {
    const Reply reply = api_->post("/containers/" + id + "/start");
    EXPECT_EQ(reply.status, 204) << reply.body;
  }
  std::string run(const std::string& script, const std::string& more = {},
                  const std::string& name = {}) {
    const std::string id = create(script, more, name);
    start(id);
    return id;
  }
  std::int64_t wait(const std::string& id, const std::string& condition = "not-running") {
    const Reply reply = api_->post("/containers/" + id + "/wait?condition=" + condition);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return integer_of(reply.json().as_object(), "StatusCode", -1);
  }
  std::pair<std::string, std::string> logs(const std::string& id, const std::string& more = {}) {
    return take_apart(api_->get("/containers/" + id + "/logs?stdout=1&stderr=1" + more).body);
  }
  boost::json::object inspect(const std::string& id) {
    const Reply reply = api_->get("/containers/" + id + "/json");
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.status == 200 ? reply.json().as_object() : boost::json::object();
  }
  boost::json::object state(const std::string& id) { return object_of(inspect(id), "State"); }
  // Output and exit code.
  std::pair<std::string, std::int64_t> exec(const std::string& id, const std::string& script) {
    const boost::json::object body{{"Cmd", boost::json::array{"sh", "-c", script}},
                                   {"AttachStdout", true},
                                   {"AttachStderr", true}};
    const Reply made = api_->post("/containers/" + id + "/exec", boost::json::serialize(body));
    EXPECT_EQ(made.status, 201) << made.body;
    if (made.status != 201) return {};
    const std::string exec_id = text_of(made.json().as_object(), "Id");
    Wire wire(api_->folder() / "engine.sock", "/exec/" + exec_id + "/start", "{}");
    const auto output = take_apart(wire.read());
    const auto after = api_->get("/exec/" + exec_id + "/json").json().as_object();
    return {output.first + output.second, integer_of(after, "ExitCode", -1)};
  }
  Wire attach(const std::string& id, const std::string& query) {
    return Wire(api_->folder() / "engine.sock", "/containers/" + id + "/attach?" + query, "");
  }

  SystemClock clock_;
  std::unique_ptr<Logger> logger_ = make_logger(2, LogFormat::kText, LogLevel::kWarning);
  std::unique_ptr<Spawner> spawner_ = make_spawner();
  Events events_{clock_};
  network::PortGate* gate_ = nullptr;  // of the next open()
  std::optional<cove::test::ContainerHost> host_;
  std::unique_ptr<image::ContentStore> content_;
  std::unique_ptr<image::LayerStore> layers_;
  std::unique_ptr<image::ImageStore> images_;
  std::unique_ptr<runtime::Runtime> runtime_;
  std::unique_ptr<network::ContainerNetworks> networks_;
  std::unique_ptr<Containers> containers_;
  std::unique_ptr<ServedApi> api_;
};

}  // namespace cove::engine::test
