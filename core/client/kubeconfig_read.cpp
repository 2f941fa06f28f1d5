#include "core/client/kubeconfig_read.h"

#include <fmt/format.h>

#include <boost/url/parse.hpp>
#include <charconv>
#include <memory>

#include "core/base/base64.h"
#include "core/base/strings.h"
#include "core/client/yaml.h"

namespace cove::client {
namespace {

using NodeKind = YamlNode::Kind;

constexpr std::size_t kMaxFile = 10 << 20;
constexpr std::size_t kMaxSecret = 1 << 20;
constexpr std::string_view kRemedy = "Correct the file, or point KUBECONFIG at another one.";

bool absent(const YamlNode* node) {
  return node == nullptr || node->kind == NodeKind::kNull;
}

bool truth(std::string_view text) {
  return text == "true" || text == "True" || text == "TRUE";
}

std::string without_space(std::string_view text) {
  std::string out;
  std::ranges::copy_if(text, std::back_inserter(out),
                       [](char c) { return c != ' ' && c != '\n' && c != '\r'; });
  return out;
}

// Bytes that a file gives embedded or by path.
struct Data {
  std::string embedded;
  Path path;

  Result<std::string> read() const {
    if (!embedded.empty() || path.empty()) return embedded;
    return read_file(path, kMaxSecret);
  }
};

Error unsupported(std::string subject, std::string cause, std::string remedy) {
  return Error{ErrorCode::kUnsupported, "use", std::move(subject), std::move(cause),
               std::move(remedy)};
}

struct Url {
  std::string scheme;
  std::string host;
  std::optional<std::uint16_t> port;
  std::string path;
  std::string user_info;
};

Result<Url> parse_url(const std::string& text, std::string_view what) {
  const Error wrong{ErrorCode::kInvalidArgument, "use", std::string(what),
                    fmt::format("'{}' is not a URL", escape_control(text)), std::string(kRemedy)};
  const std::string whole = text.find("://") == std::string::npos ? "https://" + text : text;
  const auto view = boost::urls::parse_uri(whole);
  if (!view || view->host().empty()) return wrong;
  Url url;
  url.scheme = view->scheme();
  url.host =
      view->host_type() == boost::urls::host_type::ipv6 ? view->host_address() : view->host();
  // The library takes a port that is none for a path, and cuts off one that is too great.
  if (const std::string_view path = view->encoded_path(); !path.empty() && path[0] != '/')
    return wrong;
  if (view->has_port() && !view->port().empty()) {
    const std::string port = view->port();
    std::uint16_t number = 0;
    const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (problem != std::errc() || end != port.data() + port.size() || number == 0) return wrong;
    url.port = number;
  }
  url.path = view->encoded_path();
  while (url.path.ends_with('/')) url.path.pop_back();
  url.user_info = view->userinfo();
  return url;
}

}  // namespace

struct Kubeconfig::Cluster {
  std::string server;
  Data authority;
  bool insecure = false;
  std::string tls_server_name;
  std::string proxy_url;
};

struct Kubeconfig::User {
  Data certificate;
  Data key;
  std::string token;
  Path token_file;
  bool basic = false;
  std::string auth_provider;
  std::optional<ExecPlugin> exec;
  Impersonate impersonate;
};

// Reads one file's tree. Errors carry the place.
class Kubeconfig::Reader {
 public:
  explicit Reader(Path file) : file_(std::move(file)) {}

  Result<Kubeconfig> read(const YamlNode& root) {
    Kubeconfig config;
    if (root.kind == NodeKind::kNull) return config;
    if (root.kind != NodeKind::kMap) return wrong(root, "a kubeconfig is a mapping");
    COVE_TRY(config.current_, text(root, "current-context"));
    COVE_CHECK(each(root, "clusters", "cluster", [&](const auto& name, const YamlNode& body) {
      return cluster(config, name, body);
    }));
    COVE_CHECK(each(root, "users", "user", [&](const auto& name, const YamlNode& body) {
      return user(config, name, body);
    }));
    COVE_CHECK(each(root, "contexts", "context", [&](const auto& name, const YamlNode& body) {
      return context(config, name, body);
    }));
    return config;
  }

 private:
  Error wrong(const YamlNode& node, std::string_view what) const {
    return Error{ErrorCode::kCorrupt, "use", file_.string(),
                 fmt::format("line {}, column {}: {}", node.line, node.column, what),
                 std::string(kRemedy)};
  }
  Result<std::string> text(const YamlNode& map, std::string_view key) const {
    const YamlNode* const node = map.find(key);
    if (absent(node)) return std::string();
    if (!node->is_scalar()) return wrong(*node, fmt::format("'{}' must be a string", key));
    return node->text;
  }
  Result<std::vector<std::string>> texts(const YamlNode& map, std::string_view key) const {
    std::vector<std::string> all;
    const YamlNode* const node = map.find(key);
    if (absent(node)) return all;
    if (node->kind != NodeKind::kSequence)
      return wrong(*node, fmt::format("'{}' must be a list", key));
    for (const YamlNode* item : node->items) {
      if (!item->is_scalar()) return wrong(*item, fmt::format("'{}' must be strings", key));
      all.push_back(item->text);
    }
    return all;
  }
  Result<Data> data(const YamlNode& map, const std::string& key) const {
    Data result;
    COVE_TRY(const std::string path, text(map, key));
    COVE_TRY(const std::string encoded, text(map, key + "-data"));
    if (!path.empty()) result.path = relative(path);
    if (encoded.empty()) return result;
    auto decoded = base64_decode(without_space(encoded));
    if (!decoded) return wrong(map, fmt::format("'{}-data' is not base64", key));
    result.embedded = std::move(*decoded);
    return result;
  }
  Path relative(const Path& path) const {
    return path.is_absolute() ? path : file_.parent_path() / path;
  }

  template <class Take>
  Result<void> each(const YamlNode& root, std::string_view list, std::string_view body,
                    const Take& take) const {
    const YamlNode* const node = root.find(list);
    if (absent(node)) return {};
    if (node->kind != NodeKind::kSequence)
      return wrong(*node, fmt::format("'{}' must be a list", list));
    for (const YamlNode* item : node->items) {
      if (item->kind != NodeKind::kMap)
        return wrong(*item, fmt::format("an item of '{}' must be a mapping", list));
      COVE_TRY(const std::string name, text(*item, "name"));
      const YamlNode* const inner = item->find(body);
      if (absent(inner)) continue;
      if (inner->kind != NodeKind::kMap)
        return wrong(*inner, fmt::format("'{}' must be a mapping", body));
      COVE_CHECK(take(name, *inner));
    }
    return {};
  }

  Result<void> cluster(Kubeconfig& config, const std::string& name, const YamlNode& body) const {
    auto cluster = std::make_shared<Cluster>();
    COVE_TRY(cluster->server, text(body, "server"));
    COVE_TRY(cluster->authority, data(body, "certificate-authority"));
    COVE_TRY(const std::string insecure, text(body, "insecure-skip-tls-verify"));
    cluster->insecure = truth(insecure);
    COVE_TRY(cluster->tls_server_name, text(body, "tls-server-name"));
    COVE_TRY(cluster->proxy_url, text(body, "proxy-url"));
    config.clusters_.try_emplace(name, std::move(cluster));
    return {};
  }
  Result<void> context(Kubeconfig& config, const std::string& name, const YamlNode& body) const {
    KubeconfigContext context;
    COVE_TRY(context.cluster, text(body, "cluster"));
    COVE_TRY(context.user, text(body, "user"));
    COVE_TRY(context.namespace_name, text(body, "namespace"));
    context.file = file_;
    config.contexts_.try_emplace(name, std::move(context));
    return {};
  }
  Result<void> user(Kubeconfig& config, const std::string& name, const YamlNode& body) const {
    auto user = std::make_shared<User>();
    COVE_TRY(user->certificate, data(body, "client-certificate"));
    COVE_TRY(user->key, data(body, "client-key"));
    COVE_TRY(user->token, text(body, "token"));
    COVE_TRY(const std::string token_file, text(body, "tokenFile"));
    if (!token_file.empty()) user->token_file = relative(token_file);
    user->basic = !absent(body.find("username")) || !absent(body.find("password"));
    COVE_CHECK(impersonation(body, user->impersonate));
    if (const YamlNode* const provider = body.find("auth-provider"); !absent(provider)) {
      if (provider->kind != NodeKind::kMap)
        return wrong(*provider, "'auth-provider' must be a mapping");
      COVE_TRY(user->auth_provider, text(*provider, "name"));
      if (user->auth_provider.empty()) user->auth_provider = "unnamed";
    }
    if (const YamlNode* const exec = body.find("exec"); !absent(exec)) {
      if (exec->kind != NodeKind::kMap) return wrong(*exec, "'exec' must be a mapping");
      COVE_TRY(user->exec, plugin(*exec));
    }
    config.users_.try_emplace(name, std::move(user));
    return {};
  }
  Result<void> impersonation(const YamlNode& body, Impersonate& as) const {
    COVE_TRY(as.user, text(body, "as"));
    COVE_TRY(as.uid, text(body, "as-uid"));
    COVE_TRY(as.groups, texts(body, "as-groups"));
    const YamlNode* const extra = body.find("as-user-extra");
    if (absent(extra)) return {};
    if (extra->kind != NodeKind::kMap) return wrong(*extra, "'as-user-extra' must be a mapping");
    for (const auto& [key, values] : extra->entries) {
      COVE_TRY(const auto all, texts(*extra, key->text));
      for (const std::string& value : all) as.extra.emplace_back(key->text, value);
    }
    return {};
  }
  Result<std::optional<ExecPlugin>> plugin(const YamlNode& exec) const {
    ExecPlugin plugin;
    COVE_TRY(plugin.api_version, text(exec, "apiVersion"));
    COVE_TRY(plugin.command, text(exec, "command"));
    if (plugin.command.empty()) return wrong(exec, "'exec' has no command");
    if (plugin.command.find('/') != std::string::npos)
      plugin.command = relative(plugin.command).string();
    if (plugin.api_version != "client.authentication.k8s.io/v1" &&
        plugin.api_version != "client.authentication.k8s.io/v1beta1") {
      return wrong(exec, fmt::format("the apiVersion '{}' of 'exec' is not known: it is "
                                     "client.authentication.k8s.io/v1 or v1beta1",
                                     escape_control(plugin.api_version)));
    }
    COVE_TRY(plugin.arguments, texts(exec, "args"));
    COVE_TRY(const std::string mode, text(exec, "interactiveMode"));
    if (mode.empty() && plugin.api_version.ends_with("/v1"))
      return wrong(exec, "'exec' must say its interactiveMode");
    if (mode == "Never") {
      plugin.interactive = ExecPlugin::Interactive::kNever;
    } else if (mode == "Always") {
      plugin.interactive = ExecPlugin::Interactive::kAlways;
    } else if (!mode.empty() && mode != "IfAvailable") {
      return wrong(exec, "'interactiveMode' is Never, IfAvailable or Always");
    }
    COVE_TRY(const std::string info, text(exec, "provideClusterInfo"));
    plugin.provide_cluster_info = truth(info);
    COVE_TRY(plugin.install_hint, text(exec, "installHint"));
    if (const YamlNode* const variables = exec.find("env"); !absent(variables)) {
      if (variables->kind != NodeKind::kSequence) return wrong(*variables, "'env' must be a list");
      for (const YamlNode* variable : variables->items) {
        if (variable->kind != NodeKind::kMap)
          return wrong(*variable, "an item of 'env' must be a mapping");
        COVE_TRY(std::string name, text(*variable, "name"));
        COVE_TRY(std::string value, text(*variable, "value"));
        plugin.environment.emplace_back(std::move(name), std::move(value));
      }
    }
    return std::optional<ExecPlugin>(std::move(plugin));
  }

  const Path file_;
};

Result<Kubeconfig> Kubeconfig::parse(const std::string& text, const Path& file) {
  auto document = YamlDocument::parse(text, file.string());
  if (!document) {
    Error error = document.error();
    error.remedy = kRemedy;
    return error;
  }
  return Reader(file).read(*document->root());
}

Result<Kubeconfig> Kubeconfig::load(const std::vector<Path>& files) {
  Kubeconfig all;
  bool any = false;
  for (const Path& file : files) {
    auto text = read_file(file, kMaxFile);
    if (!text && text.error().code == ErrorCode::kNotFound) continue;
    if (!text) return text.error();
    any = true;
    COVE_TRY(Kubeconfig one, parse(*text, file));
    all.merge(std::move(one));
  }
  if (!any) {
    return Error{
        ErrorCode::kNotFound, "find", "a kubeconfig",
        fmt::format("there is no {}", files.empty() ? "file to read" : files.front().string()),
        "Start a cluster, or point KUBECONFIG at a file."};
  }
  return all;
}

void Kubeconfig::merge(Kubeconfig other) {
  if (current_.empty()) current_ = std::move(other.current_);
  contexts_.merge(other.contexts_);
  clusters_.merge(other.clusters_);
  users_.merge(other.users_);
}

Result<ClientConfig> Kubeconfig::resolve(const std::string& context) const {
  const auto missing = [](std::string_view what, const std::string& name) {
    return Error{
        ErrorCode::kNotFound, "use", fmt::format("the {} '{}'", what, name),
        "the kubeconfig does not have it",
        "See 'kubectl config get-contexts', and choose with 'kubectl config use-context'."};
  };
  const std::string& wanted = context.empty() ? current_ : context;
  const auto found = contexts_.find(wanted);
  if (found == contexts_.end()) return missing("context", wanted);
  const auto cluster = clusters_.find(found->second.cluster);
  if (cluster == clusters_.end()) return missing("cluster", found->second.cluster);
  ClientConfig config;
  const Cluster& to = *cluster->second;
  COVE_CHECK(apply_server_url(to.server, config));
  COVE_TRY(config.ca_certificate_pem, to.authority.read());
  if (to.insecure && !config.ca_certificate_pem.empty()) {
    return Error{ErrorCode::kInvalidArgument, "use",
                 fmt::format("the cluster '{}'", found->second.cluster),
                 "it names an authority and insecure-skip-tls-verify", "Remove one of them."};
  }
  config.insecure_skip_tls_verify = to.insecure;
  config.tls_server_name = to.tls_server_name;
  if (!to.proxy_url.empty()) {
    COVE_TRY(const Url proxy, parse_url(to.proxy_url, "the proxy-url"));
    if (proxy.scheme != "http") {
      return unsupported("the proxy-url", fmt::format("'{}' proxies are not known", proxy.scheme),
                         "Use an http:// proxy.");
    }
    config.proxy = HttpProxy{proxy.host, proxy.port.value_or(80), Secret(proxy.user_info)};
  }
  if (!found->second.namespace_name.empty()) config.namespace_name = found->second.namespace_name;
  if (found->second.user.empty()) return config;
  const auto named = users_.find(found->second.user);
  if (named == users_.end()) return missing("user", found->second.user);
  const User& user = *named->second;
  const std::string subject = fmt::format("the user '{}'", found->second.user);
  if (user.basic) {
    return unsupported(subject, "user name and password are not a way to authenticate any more",
                       "Use a client certificate, a token or an exec plugin.");
  }
  if (!user.auth_provider.empty()) {
    return unsupported(subject,
                       fmt::format("the auth-provider '{}' was removed from Kubernetes in 1.26",
                                   user.auth_provider),
                       "Have the provider's tool write the kubeconfig anew: it uses an exec plugin "
                       "now.");
  }
  COVE_TRY(config.certificate_pem, user.certificate.read());
  COVE_TRY(std::string key, user.key.read());
  config.key_pem = Secret(std::move(key));
  if (config.certificate_pem.empty() != config.key_pem.empty()) {
    return Error{ErrorCode::kInvalidArgument, "use", subject,
                 "a client certificate needs its key, and a key its certificate",
                 std::string(kRemedy)};
  }
  config.token = Secret(user.token);
  config.token_file = user.token_file;
  config.exec = user.exec;
  config.impersonate = user.impersonate;
  return config;
}

std::vector<Path> kubeconfig_files(const std::optional<std::string>& kubeconfig_variable,
                                   const Path& home) {
  std::vector<Path> files;
  for (const std::string& part : split(kubeconfig_variable.value_or(""), ':')) {
    if (!part.empty()) files.emplace_back(part);
  }
  if (files.empty()) files.push_back(home / ".kube" / "config");
  return files;
}

Result<ClientConfig> in_cluster_config(const std::optional<std::string>& service_host,
                                       const std::optional<std::string>& service_port,
                                       const Path& directory) {
  if (service_host.value_or("").empty() || service_port.value_or("").empty()) {
    return Error{ErrorCode::kNotFound, "use", "the pod's service account",
                 "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set",
                 "Use a kubeconfig outside of pods."};
  }
  ClientConfig config;
  const bool v6 = service_host->find(':') != std::string::npos;
  COVE_CHECK(apply_server_url(
      fmt::format("https://{}{}{}:{}", v6 ? "[" : "", *service_host, v6 ? "]" : "", *service_port),
      config));
  COVE_TRY(config.ca_certificate_pem, read_file(directory / "ca.crt", kMaxSecret));
  config.token_file = directory / "token";
  COVE_CHECK(read_file(config.token_file, kMaxSecret));
  if (auto in = read_file(directory / "namespace", 1024); in && !trim(*in).empty())
    config.namespace_name = trim(*in);
  return config;
}

Result<void> apply_server_url(const std::string& url, ClientConfig& config) {
  COVE_TRY(const Url parsed, parse_url(url, "the server"));
  if (parsed.scheme != "https") {
    return unsupported("the server", fmt::format("'{}' is not https", escape_control(url)),
                       "Use the server's https:// address.");
  }
  config.host = parsed.host;
  config.port = parsed.port.value_or(443);
  config.path_prefix = parsed.path;
  return {};
}

}  // namespace cove::client
