// Reading kubeconfig files, as kubectl does (kubernetes.io "Organizing Cluster Access Using
// kubeconfig Files", "Client Authentication (v1)").
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/base/result.h"
#include "core/client/config.h"

namespace cove::client {

struct KubeconfigContext {
  std::string cluster;
  std::string user;
  std::string namespace_name;
  Path file;  // that names it
};

// What several files say together. An immutable value.
class Kubeconfig {
 public:
  // Of clusters, users, contexts and current-context of one name the first file's counts. A file
  // that is not there is passed over; relative paths in a file are relative to its folder. kCorrupt
  // with line and column when a file is none; kNotFound when there is no file at all.
  static Result<Kubeconfig> load(const std::vector<Path>& files);
  // One file's text; `file` is for messages and relative paths.
  static Result<Kubeconfig> parse(const std::string& text, const Path& file);

  const std::string& current_context() const { return current_; }
  const std::map<std::string, KubeconfigContext>& contexts() const { return contexts_; }
  // `context` empty: the current one. kNotFound when it, its cluster or its user is not there;
  // kUnsupported (with a remedy) for ways to authenticate that are not known: user names with
  // passwords, auth providers, servers without TLS, proxies that are not HTTP.
  Result<ClientConfig> resolve(const std::string& context = {}) const;

 private:
  struct Cluster;
  struct User;
  class Reader;

  void merge(Kubeconfig other);

  std::string current_;
  std::map<std::string, KubeconfigContext> contexts_;
  std::map<std::string, std::shared_ptr<const Cluster>> clusters_;
  std::map<std::string, std::shared_ptr<const User>> users_;
};

// The files kubectl reads: those of $KUBECONFIG, else ~/.kube/config.
std::vector<Path> kubeconfig_files(const std::optional<std::string>& kubeconfig_variable,
                                   const Path& home);

// What a pod is given (kubernetes.io "Accessing the Kubernetes API from a Pod"): the two variables,
// and token, ca.crt and namespace in `directory`. kNotFound outside a pod.
Result<ClientConfig> in_cluster_config(
    const std::optional<std::string>& service_host, const std::optional<std::string>& service_port,
    const Path& directory = "/var/run/secrets/kubernetes.io/serviceaccount");

// An https:// URL's host, port and path into `config`. kUnsupported for http://, kInvalidArgument
// when it is no URL.
Result<void> apply_server_url(const std::string& url, ClientConfig& config);

}  // namespace cove::client
