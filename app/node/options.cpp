#include "app/node/options.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "core/api/time.h"

namespace cove::node {
namespace {

Error usage(std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "start", "coved", std::move(cause),
               "See coved --help."};
}

bool is_loopback(const std::string& address) {
  in_addr v4{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return address == "::1";
}

// "127.0.0.1:6443" or "[::1]:6443".
Result<void> parse_listen(const char* option, const std::string& text, std::string& listen_address,
                          std::uint16_t& listen_port) {
  const Error bad = usage(fmt::format("{} takes ADDRESS:PORT, not '{}'", option, text));
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return bad;
  std::string address = text.substr(0, colon);
  const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
  if (bracketed) address = address.substr(1, address.size() - 2);
  in6_addr scratch{};
  if (::inet_pton(bracketed ? AF_INET6 : AF_INET, address.c_str(), &scratch) != 1) return bad;
  const std::string port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), listen_port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) return bad;
  listen_address = address;
  return {};
}

// RFC 1123 subdomain, as Kubernetes asks of a node's name.
bool is_node_name(std::string_view name) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > 253 || !alphanumeric(name.front()) ||
      !alphanumeric(name.back()))
    return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (alphanumeric(name[i])) continue;
    if (name[i] == '.' && (!alphanumeric(name[i - 1]) || !alphanumeric(name[i + 1]))) return false;
    if (name[i] != '-' && name[i] != '.') return false;
  }
  return true;
}

// The host's name made into a node name as far as it goes.
std::string default_node_name(const std::string& host_name) {
  std::string name = host_name;
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return is_node_name(name) ? name : "cove";
}

const char* const kFooter =
    R"(Without --pki-dir, coved makes its own certificate authority in DIR/pki and listens on loopback addresses only.
The kubeconfig's cluster, user and context are called "cove".

The container engine needs root, crun and conmon. It serves on the socket DIR/engine.sock, and with --engine-listen
over TLS to holders of the administrator's certificate; without --pki-dir that is written to DIR/engine-client by
the names that docker expects: ca.pem, cert.pem and key.pem.

coved backup --data-dir DIR --out FILE   copies the cluster's objects to FILE, also while coved runs
coved restore FILE --data-dir DIR        puts them back, while coved does not run

Signals: SIGTERM and SIGINT stop cleanly, and containers go on; SIGPWR, for when the machine goes down, gives pods
15 s to end first; SIGHUP reads the certificates again.
Exit codes: 0 stopped as asked, 1 failure, 2 wrong usage, 3 data directory or port in use, 4 permission denied,
5 corrupt files, 6 files of a newer version, 7 out of disk, memory or descriptors.)";

}  // namespace

ExitCode exit_code(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument: return kExitUsage;
    case ErrorCode::kConflict:
    case ErrorCode::kAlreadyExists: return kExitInUse;
    case ErrorCode::kPermissionDenied: return kExitPermission;
    case ErrorCode::kCorrupt: return kExitCorrupt;
    case ErrorCode::kUnsupported: return kExitNewer;
    case ErrorCode::kResourceExhausted: return kExitExhausted;
    default: return kExitFailure;
  }
}

Result<std::variant<Options, ShowText>> parse_options(int argc, const char* const* argv,
                                                      const std::string& host_name) {
  Options options;
  options.node_name = default_node_name(host_name);
  options.version = COVE_VERSION;
  std::string listen = "127.0.0.1:6443";
  std::string log_format = "text";
  std::string service_range = "10.96.0.0/12";
  std::string audit_policy = "metadata";
  std::string engine_listen;
  std::string eviction_hard, eviction_period = "5m";
  CLI::App app("coved - a Kubernetes-compatible control plane and node in one process", "coved");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("coved " COVE_VERSION));
  app.add_option("--data-dir", options.data_dir, "Folder for everything that is kept")
      ->required()
      ->type_name("DIR");
  app.add_option("--listen", listen, "Address and port of the API; port 0 takes a free one")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  app.add_option("--kubeconfig-out", options.kubeconfig_out,
                 "Write an administrator's kubeconfig here")
      ->type_name("FILE");
  app.add_option("--node-name", options.node_name, "Name of this node")
      ->type_name("NAME")
      ->capture_default_str();
  app.add_option("--pki-dir", options.pki_dir,
                 "Use ca.crt, server.crt and server.key of this folder")
      ->type_name("DIR");
  app.add_option("--service-cidr", service_range, "Network of Services' addresses")
      ->type_name("NETWORK")
      ->capture_default_str();
  app.add_option("--audit-log", options.audit_log, "Write down every request to the API here")
      ->type_name("FILE");
  app.add_option("--audit-policy", audit_policy,
                 "What of a request: metadata, or request (its body too, but no secrets)")
      ->check(CLI::IsMember({"metadata", "request"}))
      ->capture_default_str();
  app.add_option("--engine-listen", engine_listen,
                 "Serve the container engine (Docker Engine API) here too, over mutual TLS")
      ->type_name("ADDRESS:PORT");
  app.add_option("--images", options.images,
                 "Folder of OCI image layouts to load at the first start [../share/cove/images "
                 "beside the program]")
      ->type_name("DIR");
  app.add_option("--registry-mirror", options.registry_mirrors,
                 "Ask here for images of docker.io first; may be given several times")
      ->type_name("URL");
  app.add_option("--insecure-registry", options.insecure_registries,
                 "Speak to this registry without verified TLS; may be given several times")
      ->type_name("HOST[:PORT]|NETWORK");
  app.add_option("--proxy-file", options.proxy_file,
                 "Take HTTP_PROXY, HTTPS_PROXY and NO_PROXY for pulls and builds from this file's "
                 "lines, not from the environment")
      ->type_name("FILE");
  app.add_option(
         "--eviction-hard", eviction_hard,
         "End pods when less is free: memory.available<AMOUNT, nodefs.available<AMOUNT|PERCENT "
         "[memory.available<100Mi,nodefs.available<10%, of the disk at most 2Gi]")
      ->type_name("SIGNALS");
  app.add_option("--eviction-pressure-transition-period", eviction_period,
                 "How long the node says that it is short of something once it is not")
      ->type_name("DURATION")
      ->capture_default_str();
  app.add_option("--pod-manifest-path", options.manifests,
                 "Run the pods of the files of this folder, whatever the API says "
                 "[DIR/manifests of the data folder]")
      ->type_name("DIR");
  app.add_option("--log-dir", options.log_dir,
                 "Show the files of this folder among the node's logs (nodes/NAME/proxy/logs/)")
      ->type_name("DIR");
  app.add_flag(
      "--api-only", options.api_only,
      "Serve the Kubernetes API alone: no controllers, scheduler, node or engine act on it");
  app.add_option("--log-format", log_format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return std::variant<Options, ShowText>(ShowText{app.help()});
  } catch (const CLI::CallForVersion& version) {
    return std::variant<Options, ShowText>(ShowText{std::string(version.what()) + "\n"});
  } catch (const CLI::ParseError& error) {
    return usage(error.what());
  }
  options.log_format = log_format == "json" ? LogFormat::kJson : LogFormat::kText;
  if (audit_policy == "request") options.audit_level = server::AuditLevel::kRequest;
  COVE_CHECK(parse_listen("--listen", listen, options.listen_address, options.listen_port));
  if (!engine_listen.empty()) {
    COVE_CHECK(parse_listen("--engine-listen", engine_listen, options.engine_address,
                            options.engine_port));
  }
  if (!eviction_hard.empty()) COVE_CHECK(parse_eviction_hard(eviction_hard, options.eviction));
  const auto period = api::parse_duration(eviction_period);
  if (!period || *period < std::chrono::seconds(0)) {
    return usage(
        fmt::format("--eviction-pressure-transition-period takes a duration like 5m, not '{}'",
                    eviction_period));
  }
  options.eviction.pressure_lasts = std::chrono::duration_cast<std::chrono::seconds>(*period);
  const auto range = server::Ipv4Range::parse(service_range);
  if (!range) {
    return usage(
        fmt::format("--service-cidr takes an IPv4 network with a prefix from 12 to 30, "
                    "like 10.96.0.0/12, not '{}'",
                    service_range));
  }
  options.service_range = *range;
  if (options.api_only && !engine_listen.empty())
    return usage("--engine-listen has no engine with --api-only");
  if (options.data_dir.empty()) return usage("--data-dir is empty");
  if (!is_node_name(options.node_name)) {
    return usage(fmt::format("'{}' is not a node name (lower-case letters, digits, '-' and '.')",
                             options.node_name));
  }
  for (const std::string& address : {options.listen_address, options.engine_address}) {
    if (!options.pki_dir.empty() || address.empty() || is_loopback(address)) continue;
    return usage(fmt::format(
        "{} is not a loopback address, and without --pki-dir coved serves this machine alone",
        address));
  }
  if (!options.pki_dir.empty() && !options.kubeconfig_out.empty()) {
    return usage("--kubeconfig-out needs the authority's key, which --pki-dir does not give");
  }
  return std::variant<Options, ShowText>(std::move(options));
}

}  // namespace cove::node
