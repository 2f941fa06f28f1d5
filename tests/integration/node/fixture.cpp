#include "tests/integration/node/fixture.h"

#include <future>

#include "core/runtime/log_reader.h"
#include "tests/support/folder_image.h"

namespace cove::node::test {
namespace {

constexpr const char* kNode = "node";
constexpr std::chrono::seconds kPatience{30};

json::object parse(const std::string& yaml) {
  auto parsed = api::parse_yaml(yaml);
  if (!parsed || !parsed->value.is_object()) {
    ADD_FAILURE() << "no document: " << yaml;
    return {};
  }
  return parsed->value.get_object();
}

Path pause_program() {
  const char* const binaries = ::getenv("COVE_BINARY_DIR");
  return Path(binaries == nullptr ? "." : binaries) / "bin/cove-pause";
}

std::string indented(const std::string& text, std::size_t by) {
  std::string out;
  for (const std::string& line : split(text, '\n')) {
    if (!line.empty()) out += std::string(by, ' ') + line + "\n";
  }
  return out;
}

}  // namespace

void NodeTest::SetUp() {
  if (!cove::test::can_run_containers()) GTEST_SKIP() << "needs root";
  host_.emplace();
  server::NodeFacts facts;
  facts.name = kNode;
  facts.internal_ip = "192.0.2.10";
  facts.cpus = 4;
  facts.memory_bytes = 8ULL << 30;
  facts.storage_bytes = 100ULL << 30;
  facts.kubelet_version = "v1.36.0";
  facts.ready_since = clock_.wall();
  plane_ = std::move(
      *ControlPlane::start({.store_path = host_->folder() / "store.db",
                            .pki_dir = host_->folder() / "pki",
                            .ca_certificate_pem = "no certificate",
                            .service_range = server::Ipv4Range::parse("10.96.0.0/16").value(),
                            .node = facts,
                            .clock = clock_,
                            .logger = *logger_}));
  admin_loop_ = std::make_unique<EventLoop>();
  admin_loop_->start();
  admin_ = std::make_unique<InProcessTransport>(plane_->handler(), *admin_loop_,
                                                ClientUser{"admin", {"system:masters"}});
  content_ = std::move(*image::ContentStore::open(host_->folder() / "content"));
  layers_ =
      std::move(*image::LayerStore::open({host_->folder() / "layers", "/proc/self/exe", *logger_}));
  images_ = std::move(*image::ImageStore::open(
      {host_->folder() / "images", *content_, *layers_, clock_, *logger_}));
  image::RegistrySettings settings;
  settings.certificates = certificates();
  registries_ = std::make_unique<image::Registries>(image::Registries::Parts{
      settings, *images_, *content_, *layers_, clock_, *logger_, [] { return 0.5; }});
  const auto image = cove::test::add_image_of(host_->busybox(), "busybox:1", *layers_, *images_);
  ASSERT_TRUE(image) << image.error().message();
  open();
}

void NodeTest::TearDown() {
  if (!host_) return;
  lose_power();
  admin_.reset();
  if (admin_loop_) admin_loop_->stop();
  plane_.reset();
  registries_.reset();
  images_.reset();
  layers_.reset();
  content_.reset();
  EXPECT_TRUE(cove::test::eventually([&] { return host_->processes().empty(); }));
  host_.reset();
}

void NodeTest::open() {
  runtime_ = std::move(*runtime::Runtime::open(
      {host_->directory(), host_->run(), host_->cgroup_root(), clock_, *logger_, *spawner_}));
  auto networks = network::ContainerNetworks::open(
      {.directory = host_->folder() / "net", .run = host_->folder() / "n", .logger = *logger_});
  ASSERT_TRUE(networks) << networks.error().message();
  networks_ = std::move(*networks);
  pool_ = std::make_unique<WorkerPool>(WorkerPool::Limits{});
  agent_loop_ = std::make_unique<EventLoop>();
  agent_loop_->start();
  agent_transport_ = std::make_unique<InProcessTransport>(
      plane_->handler(), *agent_loop_,
      ClientUser{std::string("system:node:") + kNode, {"system:nodes"}});
  auto agent = NodeAgent::start({.directory = host_->folder() / "node",
                                 .manifests = host_->folder() / "manifests",
                                 .node_name = kNode,
                                 .node_address = "192.0.2.10",
                                 .cluster_dns = "10.96.0.10",
                                 .cluster_domain = "cluster.local",
                                 .pod_subnet = "10.244.0.0/24",
                                 .transport = *agent_transport_,
                                 .executor = *agent_loop_,
                                 .pool = *pool_,
                                 .runtime = *runtime_,
                                 .cgroup_root = host_->cgroup_root(),
                                 .networks = *networks_,
                                 .images = *images_,
                                 .layers = *layers_,
                                 .registries = *registries_,
                                 .pause = pause_program(),
                                 .spawner = *spawner_,
                                 .clock = clock_,
                                 .random = [] { return 0.5; },
                                 .logger = *logger_});
  ASSERT_TRUE(agent) << agent.error().message();
  agent_ = std::move(*agent);
}

void NodeTest::close() {
  agent_.reset();
  agent_transport_.reset();
  if (agent_loop_) agent_loop_->stop();
  agent_loop_.reset();
  pool_.reset();
  networks_.reset();
  runtime_.reset();
}

void NodeTest::lose_power() {
  agent_.reset();
  EXPECT_TRUE(networks_->keep_only({}));
  if (auto down = networks_->shut_down(); !down) ADD_FAILURE() << down.error().message();
  close();
  for (const pid_t pid : host_->processes()) ::kill(pid, SIGKILL);
  if (auto groups = os::Cgroups::find())
    static_cast<void>((*groups)->remove("/" + host_->cgroup_root()));
  ASSERT_TRUE(cove::test::eventually([&] { return host_->processes().empty(); }));
  const auto text = read_file("/proc/self/mountinfo", 16 << 20);
  for (const std::string& line : split(*text, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() > 5 && words[4].starts_with(host_->folder().string() + "/"))
      ::umount2(words[4].c_str(), MNT_DETACH);
  }
  ASSERT_TRUE(remove_tree(host_->run()));
  ASSERT_TRUE(remove_tree(host_->folder() / "n"));
}

client::ApiResult<api::ObjectPtr> NodeTest::wait(
    const std::function<client::Operation(client::ResourceClient::ObjectDone)>& start) {
  const auto answer = std::make_shared<std::promise<client::ApiResult<api::ObjectPtr>>>();
  auto future = answer->get_future();
  auto operation = start(
      [answer](client::ApiResult<api::ObjectPtr> result) { answer->set_value(std::move(result)); });
  return future.get();
}

client::ResourceClient NodeTest::pods() {
  return {*admin_, {"", "v1", "pods"}, "default"};
}

api::ObjectPtr NodeTest::create(const std::string& yaml) {
  const json::object document = parse(yaml);
  std::string plural(api::text_at(document, {"kind"}));
  for (char& c : plural) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const client::ResourceClient all(*admin_, {"", "v1", plural + "s"}, "default");
  auto made = wait([&](auto done) { return all.create(document, {}, std::move(done)); });
  EXPECT_TRUE(made) << made.error().message;
  return made ? *made : nullptr;
}

api::ObjectPtr NodeTest::create_pod(const std::string& name, const std::string& spec) {
  return create(
      fmt::format("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {}\n"
                  "  namespace: default\nspec:\n  nodeName: {}\n"
                  "  automountServiceAccountToken: false\n{}",
                  name, kNode, indented(spec, 2)));
}

api::ObjectPtr NodeTest::pod(const std::string& name) {
  auto found = wait([&](auto done) { return pods().get(name, std::move(done)); });
  return found ? *found : nullptr;
}

void NodeTest::remove(const std::string& name, std::optional<std::int64_t> grace) {
  const auto answer = std::make_shared<std::promise<bool>>();
  auto future = answer->get_future();
  auto operation =
      pods().remove(name, {.grace_seconds = grace},
                    [answer](client::ApiResult<void> result) { answer->set_value(bool(result)); });
  EXPECT_TRUE(future.get());
}

std::vector<std::string> NodeTest::events(const std::string& name) {
  const client::ResourceClient all(*admin_, {"", "v1", "events"}, "default");
  using List = client::ApiResult<std::shared_ptr<const client::ObjectList>>;
  const auto answer = std::make_shared<std::promise<List>>();
  auto future = answer->get_future();
  auto operation = all.list({.field_selector = "involvedObject.name=" + name},
                            [answer](List list) { answer->set_value(std::move(list)); });
  std::vector<std::string> out;
  const List list = future.get();
  if (!list) return out;
  for (const auto& each : (*list)->items) {
    const json::object& event = each->document();
    out.push_back(fmt::format("{} {}: {}", api::text_at(event, {"type"}),
                              api::text_at(event, {"reason"}), api::text_at(event, {"message"})));
  }
  return out;
}

bool NodeTest::until(const std::string& name,
                     const std::function<bool(const api::Object&)>& condition) {
  api::ObjectPtr last;
  const bool came = cove::test::eventually(
      [&] {
        last = pod(name);
        return last && condition(*last);
      },
      kPatience);
  if (!came && last) {
    ADD_FAILURE() << api::to_text(last->document().at("status"));
    for (const std::string& event : events(name)) ADD_FAILURE() << event;
  }
  return came;
}

bool NodeTest::until_phase(const std::string& name, std::string_view phase) {
  return until(name, [&](const api::Object& pod) {
    return api::text_at(pod.document(), {"status", "phase"}) == phase;
  });
}

bool NodeTest::until_ready(const std::string& name) {
  return until(name, [](const api::Object& pod) { return condition(pod, "Ready") == "True"; });
}

bool NodeTest::until_gone(const std::string& name) {
  const bool came = cove::test::eventually([&] { return !pod(name); }, kPatience);
  if (!came) ADD_FAILURE() << api::to_text(pod(name)->document());
  return came;
}

json::object NodeTest::status_of(const api::Object& pod, const std::string& container) {
  for (const char* list :
       {"initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"}) {
    const json::array* const all = api::array_at(pod.document(), {"status", list});
    for (const json::value& each : all == nullptr ? json::array() : *all) {
      if (api::text_at(each.get_object(), {"name"}) == container) return each.get_object();
    }
  }
  return {};
}

std::string NodeTest::condition(const api::Object& pod, std::string_view type) {
  const json::array* const all = api::array_at(pod.document(), {"status", "conditions"});
  for (const json::value& each : all == nullptr ? json::array() : *all) {
    if (api::text_at(each.get_object(), {"type"}) == type)
      return std::string(api::text_at(each.get_object(), {"status"}));
  }
  return {};
}

std::string NodeTest::log(const std::string& name, const std::string& container, int restart) {
  const api::ObjectPtr found = pod(name);
  if (!found) return {};
  std::string text;
  const Path file = host_->folder() / "node/logs" /
                    fmt::format("default_{}_{}", name, found->uid()) / container /
                    fmt::format("{}.log", restart);
  static_cast<void>(runtime::read_log_files(file, {},
                                            [&](const runtime::LogLine& line) {
                                              text += line.text + "\n";
                                              return true;
                                            },
                                            nullptr, {}));
  return text;
}

void NodeTest::expect_clean() {
  const auto names_in = [](const Path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
      names.push_back(entry.path().filename());
    return names;
  };
  using cove::test::eventually;
  EXPECT_TRUE(eventually([&] { return runtime_->list().empty(); }));
  EXPECT_TRUE(eventually([&] { return names_in(host_->folder() / "node/pods").empty(); }));
  EXPECT_TRUE(eventually([&] { return names_in(host_->folder() / "node/logs").empty(); }));
  // The agent forgets a pod last, when everything of it is gone.
  EXPECT_TRUE(eventually([&] { return agent_->pods().list().empty(); }));
  EXPECT_TRUE(names_in(host_->folder() / "node/volumes").empty());
  EXPECT_TRUE(networks_->endpoints().empty());
  EXPECT_TRUE(networks_->namespaces().empty());
  auto cgroups = os::Cgroups::find();
  for (const char* group : {"", "/burstable", "/besteffort"}) {
    for (const auto& each : (*cgroups)->children("/" + host_->cgroup_root() + "/kubepods" + group))
      EXPECT_FALSE(each.starts_with("pod")) << each;
  }
  for (const std::string& each : host_->mounts()) ADD_FAILURE() << "still mounted: " << each;
}

}  // namespace cove::node::test
