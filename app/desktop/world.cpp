#include "app/desktop/world.h"

#include <unistd.h>

#include <cstdlib>

#include "core/client/credentials.h"
#include "core/client/https_transport.h"
#include "core/client/kubeconfig_read.h"
#include "ui/bridge/provisioner_service.h"
#include "vm/image/image.h"
#include "vm/libvirt/libvirt_backend.h"

namespace cove::desktop {
namespace {

class KubeconfigSource final : public ui::ApiSource {
 public:
  KubeconfigSource(std::vector<Path> files, Spawner& spawner, const Clock& clock)
      : files_(std::move(files)), spawner_(spawner), clock_(clock) {}

  Result<std::unique_ptr<client::Transport>> connect(const std::string& context,
                                                     Executor& executor) override {
    auto config = resolve(context);
    if (!config) return config.error();
    auto credentials = client::make_credential_source(*config, spawner_, clock_);
    auto transport =
        client::HttpsTransport::create(executor, std::move(*config), std::move(credentials));
    if (!transport) return transport.error();
    return std::unique_ptr<client::Transport>(std::move(*transport));
  }
  Result<std::unique_ptr<client::ChannelTransport>> connect_channels(const std::string& context,
                                                                     Executor& executor) override {
    auto config = resolve(context);
    if (!config) return config.error();
    auto credentials = client::make_credential_source(*config, spawner_, clock_);
    return client::make_channel_transport(executor, std::move(*config), std::move(credentials));
  }

  Result<std::vector<ui::ContextEntry>> contexts() override {
    std::vector<ui::ContextEntry> entries;
    const auto kubeconfig = client::Kubeconfig::load(files_);
    if (!kubeconfig && kubeconfig.error().code == ErrorCode::kNotFound) return entries;
    if (!kubeconfig) return kubeconfig.error();
    for (const auto& [name, context] : kubeconfig->contexts()) {
      ui::ContextEntry entry{.name = name,
                             .cluster = context.cluster,
                             .user = context.user,
                             .namespace_name = context.namespace_name,
                             .server = {},
                             .file = context.file.string(),
                             .identity = {}};
      const auto config = kubeconfig->resolve(name);
      if (config) {
        entry.server =
            "https://" + config->host + ":" + std::to_string(config->port) + config->path_prefix;
        entry.identity = identity_of(*config);
      } else {
        entry.identity = config.error().message();
      }
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  std::vector<Path> files() const override { return files_; }

 private:
  Result<client::ClientConfig> resolve(const std::string& context) const {
    const auto kubeconfig = client::Kubeconfig::load(files_);
    if (!kubeconfig) return kubeconfig.error();
    return kubeconfig->resolve(context);
  }

  // Tells two configurations apart without being one: keys do not leave through it.
  static std::string identity_of(const client::ClientConfig& config) {
    std::string all;
    for (const std::string* part :
         {&config.ca_certificate_pem, &config.certificate_pem, &config.tls_server_name,
          &config.key_pem.reveal(), &config.token.reveal()}) {
      all += *part;
      all += '\0';
    }
    all += config.token_file.string() + (config.exec ? config.exec->command : std::string()) +
           (config.insecure_skip_tls_verify ? "1" : "0");
    return std::to_string(std::hash<std::string>()(all));
  }

  const std::vector<Path> files_;
  Spawner& spawner_;
  const Clock& clock_;
};

}  // namespace

void keep_event_loops_apart() {
  ::setenv("QT_NO_GLIB", "1", 1);
}

World::World(provision::Paths paths, std::vector<Path> kubeconfigs)
    : paths_(std::move(paths)),
      kubeconfigs_(std::move(kubeconfigs)),
      logger_(make_logger(STDERR_FILENO, LogFormat::kText, LogLevel::kWarning)),
      spawner_(make_spawner()) {}

std::shared_ptr<ui::ClusterService> World::make_service() {
  const Path image = vm::default_system_image_directory();
  const auto backend = [this,
                        image](vm::NetworkMode network) -> Result<std::shared_ptr<vm::Backend>> {
    // Without an image the probe boots QEMU's firmware; the start says what is missing by its own
    // check.
    const auto system = vm::open_system_image(image);
    return vm::make_libvirt_backend(
        {.uri = network == vm::NetworkMode::kNat ? vm::kSystemUri : vm::kSessionUri,
         .clock = clock_,
         .logger = *logger_,
         .cache = paths_.cache,
         .machine_logs = paths_.cache.parent_path() / "libvirt/qemu/log",
         .probe_kernel = system ? system->kernel : Path(),
         .probe = {}});
  };
  return ui::make_provisioner_service({.paths = paths_,
                                       .system_image = image,
                                       .clock = clock_,
                                       .spawner = *spawner_,
                                       .logger = *logger_,
                                       .backend = backend,
                                       .guest = nullptr,
                                       .launch_port_server = provision::port_server_launcher()});
}

std::shared_ptr<const ui::Autostart> World::make_autostart() const {
  std::error_code failure;
  const Path program = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (failure) return nullptr;
  return std::make_shared<ui::Autostart>(paths_.config.parent_path() / "autostart",
                                         std::vector<std::string>{program.string(), "--minimized"});
}

std::shared_ptr<ui::ApiSource> World::make_api_source() {
  std::vector<Path> files = {paths_.kubeconfig};
  for (const Path& file : kubeconfigs_)
    if (file != paths_.kubeconfig) files.push_back(file);
  return std::make_shared<KubeconfigSource>(std::move(files), *spawner_, clock_);
}

}  // namespace cove::desktop
