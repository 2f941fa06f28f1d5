#include "app/cli/cluster_api.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/strings.h"
#include "core/client/kubeconfig_read.h"
#include "core/http/client.h"

namespace cove::cli {
namespace {

constexpr std::chrono::seconds kTimeout{20};
constexpr std::chrono::seconds kPageTimeout{5};
constexpr const char* kManager = "?fieldManager=cove";

std::vector<std::string> lines_of(const std::string& cell) {
  return split(cell, '\n');
}

bool is_number(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<client::Response> ask_api(const provision::ClusterStatus& status,
                                 const client::Request& request, std::stop_token stop) {
  COVE_TRY(const auto kubeconfig, client::Kubeconfig::load({status.kubeconfig}));
  COVE_TRY(const auto config, kubeconfig.resolve(status.context));
  client::Request prefixed = request;
  prefixed.target = config.path_prefix + request.target;
  return client::https_send({config.host, config.port},
                            {config.ca_certificate_pem, config.certificate_pem, config.key_pem},
                            prefixed, kTimeout, stop);
}

Result<void> ask_page(const std::string& url, std::stop_token stop) {
  http::ClientOptions options;
  options.timeouts.connect = options.timeouts.header = kPageTimeout;
  COVE_TRY(const auto client, http::Client::create(std::move(options)));
  http::ClientRequest request;
  COVE_TRY(request.url, http::parse_url(url));
  COVE_CHECK(client->send(std::move(request), std::move(stop)));
  return {};
}

Result<ClusterApi> ClusterApi::open(Invocation& run, const std::string& action) {
  COVE_TRY(Clusters* const clusters, run.clusters());
  COVE_TRY(provision::ClusterStatus status, clusters->status(run.globals.profile));
  if (status.phase != provision::Phase::kRunning) return run.not_running(action, status);
  return ClusterApi(run.world, action, std::move(status));
}

Result<json::object> ClusterApi::send(const client::Request& request) const {
  COVE_TRY(const client::Response response,
           world_->ask_api(status_, request, world_->interruption.token()));
  auto parsed = api::parse_json(response.body);
  const bool is_object = parsed && parsed->value.is_object();
  if (response.status >= 200 && response.status < 300 && is_object)
    return std::move(parsed->value.get_object());
  const std::string_view message =
      is_object ? api::text_at(parsed->value.get_object(), {"message"}) : std::string_view();
  return Error{
      response.status == 404   ? ErrorCode::kNotFound
      : response.status == 409 ? ErrorCode::kConflict
      : response.status == 403 ? ErrorCode::kPermissionDenied
                               : ErrorCode::kUnavailable,
      action_,
      fmt::format("cluster '{}'", status_.profile),
      message.empty() ? fmt::format("its API answered {}", response.status) : std::string(message),
      {}};
}

Result<json::object> ClusterApi::get(const std::string& path) const {
  return send({.target = path});
}

Result<json::object> ClusterApi::create(const std::string& collection,
                                        const json::object& object) const {
  return send({.method = "POST",
               .target = collection + kManager,
               .content_type = "application/json",
               .body = api::to_text(object)});
}

Result<void> ClusterApi::patch(const std::string& path, const json::object& change) const {
  COVE_CHECK(send({.method = "PATCH",
                   .target = path + kManager,
                   .content_type = "application/strategic-merge-patch+json",
                   .body = api::to_text(change)}));
  return {};
}

Result<void> ClusterApi::remove(const std::string& path, std::string_view uid) const {
  const json::object options{{"apiVersion", "v1"},
                             {"kind", "DeleteOptions"},
                             {"propagationPolicy", "Foreground"},
                             {"preconditions", {{"uid", uid}}}};
  COVE_CHECK(send({.method = "DELETE",
                   .target = path,
                   .content_type = "application/json",
                   .body = api::to_text(options)}));
  return {};
}

Result<std::vector<json::object>> ClusterApi::list(const std::string& path,
                                                   const std::string& selector) const {
  COVE_TRY(
      const json::object document,
      get(selector.empty() ? path : path + "?labelSelector=" + http::percent_encode(selector)));
  std::vector<json::object> items;
  if (const json::array* const all = api::array_at(document, {"items"})) {
    for (const json::value& each : *all) {
      if (each.is_object()) items.push_back(each.get_object());
    }
  }
  return items;
}

std::string url_of(const provision::ClusterStatus& status, std::string_view scheme,
                   std::uint16_t node_port) {
  const std::uint16_t port = host_port(status, node_port);
  if (port == (scheme == "https" ? 443 : 80)) return fmt::format("{}://{}", scheme, status.host);
  return fmt::format("{}://{}:{}", scheme, status.host, port);
}

std::string framed_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      for (const std::string& line : lines_of(row[i])) widths[i] = std::max(widths[i], line.size());
    }
  }
  std::string frame = "|";
  for (const std::size_t width : widths) frame += std::string(width + 2, '-') + "|";
  frame += '\n';
  std::string text = frame;
  for (const auto& row : rows) {
    const bool header = &row == &rows.front();
    std::size_t height = 1;
    for (const std::string& cell : row) height = std::max(height, lines_of(cell).size());
    for (std::size_t line = 0; line < height; ++line) {
      text += '|';
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::vector<std::string> lines = lines_of(row[i]);
        const std::string cell = line < lines.size() ? lines[line] : std::string();
        if (header) {
          text += fmt::format(" {:^{}} |", cell, widths[i]);
        } else if (is_number(cell)) {
          text += fmt::format(" {:>{}} |", cell, widths[i]);
        } else {
          text += fmt::format(" {:<{}} |", cell, widths[i]);
        }
      }
      text += '\n';
    }
    if (header) text += frame;
  }
  return text + frame;
}

}  // namespace cove::cli
