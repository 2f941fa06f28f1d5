#include "core/proxy/ingress_nginx.h"

#include <fmt/format.h>

#include <algorithm>

namespace cove::proxy {
namespace {

class Writer {
 public:
  explicit Writer(const NginxSettings& settings) : settings_(settings) {}

  NginxFiles write(const Routing& routing) {
    write_top();
    write_backends(routing);
    write_certificates(routing);
    const auto any = routing.hosts.find("");
    write_server("", any == routing.hosts.end() ? Routes() : any->second, routing);
    for (const auto& [host, routes] : routing.hosts) {
      if (!host.empty()) write_server(host, routes, routing);
    }
    line("}}");
    return std::move(files_);
  }

 private:
  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(files_.configuration), format,
                   std::forward<Arguments>(arguments)...);
    files_.configuration += '\n';
  }
  std::string in_directory(std::string_view name) const {
    return quote_for_nginx((settings_.directory / name).string());
  }

  void write_top() {
    if (!settings_.user.empty()) line("user {};", quote_for_nginx(settings_.user));
    line("worker_processes 1;");
    line("daemon off;");
    line("error_log stderr crit;");
    line("pid {};", in_directory("nginx.pid"));
    // Connections that go on for long do not keep every old worker.
    line("worker_shutdown_timeout 240s;");
    line("worker_rlimit_nofile 16384;");
    line("events {{ worker_connections 4096; }}");
    line("http {{");
    line("access_log off;");
    line("server_tokens off;");
    for (const char* const kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      line("{}_temp_path {};", kind, in_directory(std::string("temporary/") + kind));
    line("default_type text/plain;");
    line("merge_slashes off;");
    line("absolute_redirect off;");
    line("server_names_hash_bucket_size 512;");
    line("server_names_hash_max_size 8192;");
    line("client_max_body_size 0;");
    line("large_client_header_buffers 4 32k;");
    line("ssl_protocols TLSv1.2 TLSv1.3;");
    line("ssl_session_cache shared:tls:4m;");
    line("map $http_upgrade $connection_header {{ default upgrade; '' close; }}");
    line("proxy_http_version 1.1;");
    line("proxy_buffering off;");
    line("proxy_request_buffering off;");
    line("proxy_connect_timeout 5s;");
    line("proxy_redirect off;");
    line("proxy_set_header Host $http_host;");
    line("proxy_set_header Upgrade $http_upgrade;");
    line("proxy_set_header Connection $connection_header;");
    line("proxy_set_header X-Real-IP $remote_addr;");
    line("proxy_set_header X-Forwarded-For $remote_addr;");
    line("proxy_set_header X-Forwarded-Host $http_host;");
    line("proxy_set_header X-Forwarded-Port $server_port;");
    line("proxy_set_header X-Forwarded-Proto $scheme;");
  }

  void write_backends(const Routing& routing) {
    for (const auto& [name, endpoints] : routing.backends) {
      if (endpoints.empty()) continue;
      const std::string upstream = fmt::format("b{}", upstreams_.size());
      upstreams_.emplace(name, upstream);
      line("upstream {} {{", upstream);
      for (const std::string& endpoint : endpoints)
        line("server {} max_fails=0;", quote_for_nginx(endpoint));
      line("}}");
    }
  }

  void write_certificates(const Routing& routing) {
    for (const auto& [secret, pair] : routing.certificates) {
      const std::string name = fmt::format("c{}", certificates_.size());
      certificates_.emplace(secret, name);
      files_.keys.emplace(name + ".crt", pair.certificate_pem);
      files_.keys.emplace(name + ".key", pair.key_pem);
    }
  }

  // "" when there is none.
  std::string certificate_of(const Routing& routing, std::string_view host) const {
    const auto found = routing.certificate_of.find(host);
    if (found == routing.certificate_of.end()) return {};
    const auto name = certificates_.find(found->second);
    return name == certificates_.end() ? std::string() : name->second;
  }

  void write_server(std::string_view host, const Routes& routes, const Routing& routing) {
    const std::string certificate = certificate_of(routing, host);
    const char* const is_default = host.empty() ? " default_server" : "";
    line("server {{");
    line("listen {}:{}{};", settings_.listen_address, settings_.http_port, is_default);
    if (!certificate.empty() || host.empty())
      line("listen {}:{} ssl http2{};", settings_.listen_address, settings_.https_port, is_default);
    if (host.empty()) {
      line("server_name _;");
    } else if (host.starts_with("*.")) {
      line("server_name {};", quote_for_nginx("~^[^.]+" + escape_dots(host.substr(1)) + "$"));
    } else {
      line("server_name {};", quote_for_nginx(host));
    }
    if (!certificate.empty()) {
      line("ssl_certificate {};",
           quote_for_nginx((settings_.keys / (certificate + ".crt")).string()));
      line("ssl_certificate_key {};",
           quote_for_nginx((settings_.keys / (certificate + ".key")).string()));
    } else if (host.empty()) {
      line("ssl_reject_handshake on;");
    }
    write_locations(routes);
    line("}}");
  }

  static std::string escape_dots(std::string_view text) {
    std::string result;
    for (const char c : text) result += c == '.' ? std::string("[.]") : std::string(1, c);
    return result;
  }

  void write_locations(const Routes& routes) {
    // What is matched by "=" is looked up, so that it follows the one rule there is. nginx would
    // redirect from "/a" to "/a/" wherever it has only the latter.
    std::map<std::string, const BackendName*> exact;
    for (const auto& [path, name] : routes.exact) {
      exact[path] = &name;
      if (path.size() > 1 && path.ends_with('/')) {
        const std::string without = path.substr(0, path.size() - 1);
        exact[without] = routes.find(without);
      }
    }
    for (const auto& [path, name] : routes.prefix) {
      if (!path.empty()) exact[path] = routes.find(path);
    }
    for (const auto& [path, name] : exact) write_location("= ", path, name);
    for (const auto& [path, name] : routes.prefix) write_location("", path + "/", &name);
    if (!routes.prefix.contains(""))
      write_location("", "/", routes.fallback ? &*routes.fallback : nullptr);
  }

  void write_location(std::string_view how, const std::string& path, const BackendName* to) {
    const auto upstream = to == nullptr ? upstreams_.end() : upstreams_.find(*to);
    const std::string action = to == nullptr ? "return 404 'not found\\n'"
                               : upstream == upstreams_.end()
                                   ? "return 503 'service unavailable\\n'"
                                   : "proxy_pass http://" + upstream->second;
    line("location {}{} {{ {}; }}", how, quote_for_nginx(path), action);
  }

  const NginxSettings& settings_;
  NginxFiles files_;
  std::map<BackendName, std::string, std::less<>> upstreams_;
  std::map<std::string, std::string, std::less<>> certificates_;
};

}  // namespace

std::string quote_for_nginx(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) continue;
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

NginxFiles make_nginx_files(const Routing& routing, const NginxSettings& settings) {
  return Writer(settings).write(routing);
}

}  // namespace cove::proxy
