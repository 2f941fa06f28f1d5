#include "tests/ui/scripted_engine.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <thread>

namespace cove::ui::test {
namespace {

namespace json = boost::json;

constexpr const char* kVersion = "/v1.41";

json::array texts(const std::vector<std::string>& list) {
  json::array array;
  for (const std::string& each : list) array.emplace_back(each);
  return array;
}

json::object image_json(const docker::ImageSummary& image) {
  return {{"Id", image.id},
          {"RepoTags", texts(image.tags)},
          {"RepoDigests", texts(image.digests)},
          {"Created", image.created},
          {"Size", image.size}};
}

json::object container_json(const docker::ContainerSummary& container) {
  json::array ports;
  for (const docker::PublishedPort& port : container.ports) {
    json::object each{{"PrivatePort", port.private_port}, {"Type", port.protocol}};
    if (port.public_port != 0) {
      each["IP"] = port.address;
      each["PublicPort"] = port.public_port;
    }
    ports.push_back(std::move(each));
  }
  return {{"Id", container.id},           {"Names", json::array{"/" + container.name}},
          {"Image", container.image},     {"ImageID", container.image_id},
          {"Command", container.command}, {"State", container.state},
          {"Status", container.status},   {"Created", container.created},
          {"Ports", std::move(ports)}};
}

json::object usage_json(unsigned sample) {
  return {{"cpu_stats",
           {{"cpu_usage", {{"total_usage", sample * 500'000'000ULL}}},
            {"system_cpu_usage", sample * 4'000'000'000ULL},
            {"online_cpus", 2}}},
          {"memory_stats", {{"usage", 34 << 20}, {"limit", 2048LL << 20}}},
          {"pids_stats", {{"current", 5}}},
          {"networks", {{"eth0", {{"rx_bytes", 120'000}, {"tx_bytes", 45'000}}}}},
          {"blkio_stats", json::object()}};
}

}  // namespace

docker::ImageSummary image(const std::string& id, std::vector<std::string> tags,
                           std::uint64_t size) {
  docker::ImageSummary image;
  image.id = "sha256:" + id;
  image.tags = std::move(tags);
  image.created = 1'700'000'000;
  image.size = size;
  return image;
}

docker::ContainerSummary container(const std::string& name, const std::string& image_id,
                                   const std::string& state, const std::string& status) {
  docker::ContainerSummary container;
  container.id = name + "-id";
  container.name = name;
  container.image = "demo:1";
  container.image_id = "sha256:" + image_id;
  container.state = state;
  container.status = status;
  return container;
}

ScriptedEngine::ScriptedEngine() {
  mend();
}

ScriptedEngine::~ScriptedEngine() {
  cut();
  readers_.clear();
}

void ScriptedEngine::cut() {
  server_.reset();
}

void ScriptedEngine::mend() {
  server_ = std::move(*http::Server::listen_unix(socket_, *this, null_logger()));
  server_->start(1);
}

void ScriptedEngine::set_images(std::vector<docker::ImageSummary> images) {
  {
    const std::lock_guard lock(mutex_);
    images_ = std::move(images);
  }
  tell("image", "tag", "sha256:0");
}

void ScriptedEngine::set_containers(std::vector<docker::ContainerSummary> containers) {
  {
    const std::lock_guard lock(mutex_);
    containers_ = std::move(containers);
  }
  tell("container", "start", "0");
}

void ScriptedEngine::set_build(std::vector<std::string> lines) {
  const std::lock_guard lock(mutex_);
  build_ = std::move(lines);
}

void ScriptedEngine::set_log(std::string log) {
  const std::lock_guard lock(mutex_);
  log_ = std::move(log);
}

void ScriptedEngine::set_own_sizes(std::map<std::string, std::uint64_t> sizes) {
  const std::lock_guard lock(mutex_);
  own_sizes_ = std::move(sizes);
}

void ScriptedEngine::deny(const std::string& what, int status, const std::string& message) {
  const std::lock_guard lock(mutex_);
  refusals_[what] = {status, message};
}

void ScriptedEngine::allow(const std::string& what) {
  const std::lock_guard lock(mutex_);
  refusals_.erase(what);
}

std::vector<std::string> ScriptedEngine::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

bool ScriptedEngine::was_asked(const std::string& begin) const {
  for (const std::string& each : asked())
    if (each.starts_with(begin)) return true;
  return false;
}

void ScriptedEngine::tell(const char* type, const char* action, const std::string& id) {
  const std::string line =
      json::serialize(json::object{{"Type", type}, {"Action", action}, {"Actor", {{"ID", id}}}}) +
      "\n";
  const std::lock_guard lock(mutex_);
  for (const auto& listener : listeners_)
    if (const auto stream = listener.lock()) stream->push(line);
}

// Bodies are read on a thread of their own: the server's must not wait.
void ScriptedEngine::handle(std::shared_ptr<const http::Request> request, Respond respond) {
  if (!request->body_stream) return answer(*request, respond);
  const std::lock_guard lock(mutex_);
  readers_.emplace_back([this, request, respond] {
    while (true) {
      const auto piece = request->body_stream->read(1 << 20);
      if (!piece || piece->empty()) break;
    }
    answer(*request, respond);
  });
}

std::string ScriptedEngine::build(const http::Request& request) {
  std::string body;
  const std::lock_guard lock(mutex_);
  for (const std::string& line : build_) {
    const bool failed = line.starts_with('!');
    body += json::serialize(failed ? json::object{{"error", line.substr(1)}}
                                   : json::object{{"stream", line + "\n"}}) +
            "\n";
    if (failed) return body;
  }
  docker::ImageSummary image;
  image.id = "sha256:" + std::string(63, 'b') + std::to_string(images_.size());
  image.tags = {request.parameter("t").value_or("")};
  image.size = 5 << 20;
  labels_[image.tags.front()] =
      json::parse(request.parameter("labels").value_or("{}")).get_object();
  images_.push_back(image);
  return body + json::serialize(json::object{{"aux", {{"ID", image.id}}}}) + "\n";
}

void ScriptedEngine::answer(const http::Request& request, const Respond& respond) {
  const std::string path =
      request.path.starts_with(kVersion) ? request.path.substr(6) : request.path;
  const std::string what = request.method + " " + path;
  http::Answer reply;
  json::value body;
  std::string raw;
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(what + (request.raw_query.empty() ? "" : "?" + request.raw_query));
    if (const auto refusal = refusals_.find(what); refusal != refusals_.end()) {
      reply.status = refusal->second.first;
      reply.body = std::make_shared<const std::string>(
          json::serialize(json::object{{"message", refusal->second.second}}));
      respond(std::move(reply));
      return;
    }
    if (what == "GET /events") {
      reply.stream = std::make_shared<http::Stream>(1 << 20);
      listeners_.push_back(reply.stream);
      // Held by the answer, which ends with the connection.
      respond(std::move(reply));
      return;
    }
    if (what == "GET /images/json" || what == "GET /system/df") {
      json::array list;
      for (const docker::ImageSummary& image : images_) {
        json::object each = image_json(image);
        const auto own = own_sizes_.find(image.id);
        each["SharedSize"] = image.size - (own == own_sizes_.end() ? 0 : own->second);
        bool used = false;
        for (const auto& container : containers_) used |= container.image_id == image.id;
        each["Containers"] = used ? 1 : 0;
        list.push_back(std::move(each));
      }
      body = what == "GET /system/df" ? json::value(json::object{{"Images", std::move(list)}})
                                      : json::value(std::move(list));
    } else if (what == "GET /containers/json") {
      json::array list;
      for (const auto& container : containers_) list.push_back(container_json(container));
      body = std::move(list);
    } else if (what.starts_with("GET /images/") && path.ends_with("/json")) {
      const std::string name = path.substr(8, path.size() - 13);
      const auto found = std::ranges::find_if(images_, [&](const docker::ImageSummary& image) {
        return image.id == name || std::ranges::find(image.tags, name) != image.tags.end();
      });
      if (found == images_.end()) {
        reply.status = 404;
        body = json::object{{"message", "No such image: " + name}};
      } else {
        body = image_json(*found);
        body.get_object()["Config"] = {{"Labels", labels_[name]}};
      }
    } else if (path.ends_with("/history")) {
      body = json::array{{{"Id", "sha256:aa"},
                          {"Created", 1'700'000'000},
                          {"CreatedBy", "/bin/sh -c #(nop)  CMD [\"nginx\"]"},
                          {"Size", 0}},
                         {{"Id", "<missing>"},
                          {"Created", 1'699'000'000},
                          {"CreatedBy", "/bin/sh -c apt-get install nginx"},
                          {"Size", 7'000'000}}};
    } else if (path.ends_with("/logs")) {
      std::string frame{1,
                        0,
                        0,
                        0,
                        0,
                        0,
                        static_cast<char>(log_.size() >> 8),
                        static_cast<char>(log_.size() & 0xff)};
      raw = frame + log_;
    } else if (path.ends_with("/stats")) {
      body = usage_json(static_cast<unsigned>(asked_.size()));
    } else if (path.starts_with("/containers/") && path.ends_with("/json")) {
      body = json::object{{"Config", {{"Tty", false}}}};
    } else if (what == "POST /images/create") {
      raw =
          "{\"status\":\"Downloading\",\"id\":\"ab\",\"progressDetail\":{\"current\":5,\"total\":"
          "9}}\n";
    } else if (request.method == "DELETE" && path.starts_with("/images/")) {
      const std::string name = path.substr(8);
      std::erase_if(images_, [&](docker::ImageSummary& image) {
        const bool named = std::erase(image.tags, name) > 0;
        return image.id == name || (named && image.tags.empty());
      });
      body = json::array{{{"Untagged", name}}};
      changed = true;
    } else if (path.starts_with("/images/") && path.ends_with("/tag")) {
      const std::string name = path.substr(8, path.size() - 12);
      for (docker::ImageSummary& image : images_) {
        if (std::ranges::find(image.tags, name) != image.tags.end())
          image.tags.push_back(request.parameter("repo").value_or("") + ":" +
                               request.parameter("tag").value_or(""));
      }
      reply.status = 201;
      changed = true;
    } else {
      reply.status = request.method == "DELETE" ? 204 : 200;
      changed = request.method != "GET";
    }
  }
  if (what == "POST /build") {
    raw = build(request);
    changed = true;
  }
  reply.body = std::make_shared<const std::string>(
      raw.empty() && !body.is_null() ? json::serialize(body) : raw);
  respond(std::move(reply));
  if (changed) tell("image", "tag", "sha256:0");
}

}  // namespace cove::ui::test
