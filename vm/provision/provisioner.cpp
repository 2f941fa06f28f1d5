#include "vm/provision/provisioner.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/client/kubeconfig.h"
#include "vm/channel/ports.h"
#include "vm/provision/provisioner_impl.h"

namespace cove::provision {
namespace {

// Several operations as one: what they plan follows what is done.
class JoinedProgress final : public Progress {
 public:
  JoinedProgress(std::string name, Progress& inner) : name_(std::move(name)), inner_(inner) {}

  void plan(const std::string&, const std::vector<Step>& steps) override {
    steps_.insert(steps_.end(), steps.begin(), steps.end());
    inner_.plan(name_, steps_);
  }
  void update(const Step& step) override {
    const auto same = std::ranges::find(steps_, step.id, &Step::id);
    if (same != steps_.end()) *same = step;
    inner_.update(step);
  }
  void note(const std::string& sentence) override { inner_.note(sentence); }

 private:
  const std::string name_;
  Progress& inner_;
  std::vector<Step> steps_;
};

}  // namespace

Provisioner::Impl::Impl(Dependencies dependencies) : deps_(std::move(dependencies)) {
  if (!deps_.guest) deps_.guest = make_guest();
}

Result<std::shared_ptr<vm::Backend>> Provisioner::Impl::backend(vm::NetworkMode network) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<vm::Backend>& known = backends_[network];
  if (!known) {
    COVE_TRY(known, deps_.backend(network));
  }
  return known;
}

std::vector<std::string> Provisioner::Impl::profiles() const {
  std::set<std::string> names;
  for (const Path& folder : {deps_.paths.data / "clusters", deps_.paths.data / "locks"}) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      const std::string name = entry.path().filename().string();
      if (check_profile_name(name)) names.insert(name);
    }
  }
  return {names.begin(), names.end()};
}

Result<FileLock> Provisioner::Impl::lock(const std::string& profile,
                                         const std::string& action) const {
  COVE_CHECK(make_directories(deps_.paths.lock(profile).parent_path(), 0700));
  auto lock = FileLock::try_acquire(deps_.paths.lock(profile), action);
  if (!lock && lock.error().code == ErrorCode::kConflict) {
    return Error{ErrorCode::kConflict, action, fmt::format("cluster '{}'", profile),
                 lock.error().cause, lock.error().remedy};
  }
  return lock;
}

Result<State> Provisioner::Impl::existing(const std::string& profile) const {
  COVE_CHECK(check_profile_name(profile));
  COVE_TRY(std::optional<State> state, read_state(state_file(profile)));
  if (!state) {
    return Error{
        ErrorCode::kNotFound, "find", fmt::format("cluster '{}'", profile), "it was never created",
        profile == kDefaultProfile ? "Run 'cove start' to create it."
                                   : fmt::format("Run 'cove start -p {}' to create it.", profile)};
  }
  return std::move(*state);
}

std::vector<vm::ChannelSpec> Provisioner::Impl::channels(const State& state) const {
  std::vector<vm::ChannelSpec> specs{{channel::kControlPort, state.sockets / "control"}};
  for (int i = 0; i < channel::kShellPorts; ++i) {
    specs.push_back({channel::shell_port(i), state.sockets / fmt::format("shell{}", i)});
  }
  specs.push_back(ports_channel(state));
  return specs;
}

vm::ChannelSpec Provisioner::Impl::ports_channel(const State& state) const {
  return {channel::kPortsPort, state.sockets / "ports"};
}

Result<vm::MachineSpec> Provisioner::Impl::machine_spec(const State& state,
                                                        const vm::SystemImage& image) const {
  vm::MachineSpec spec;
  spec.name = state.machine;
  spec.uuid = state.uuid;
  spec.title = fmt::format("Cove cluster '{}'", state.profile);
  spec.cpus = state.wish.resources.cpus;
  spec.memory_mib = state.wish.resources.memory_mib;
  spec.kernel = image.kernel;
  spec.initrd = image.initrd;
  spec.command_line = image.command_line;
  if (state.acceleration == vm::Acceleration::kSoftware && !image.command_line_software.empty()) {
    spec.command_line += " " + image.command_line_software;
  }
  spec.disks = {{image.root, vm::DiskSpec::Format::kRaw, true, "cove-system"},
                {data_disk(state.profile), vm::DiskSpec::Format::kQcow2, false, "cove-data"}};
  spec.channels = channels(state);
  spec.console_log = console_log(state.profile);
  spec.network = {state.wish.network, state.mac};
  spec.acceleration = state.acceleration;
  return spec;
}

pki::ServerNames Provisioner::Impl::server_names(const State& state,
                                                 const vm::GuestNetwork& network) const {
  pki::ServerNames names;
  names.dns_names = {"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
                     "kubernetes.default.svc.cluster.local"};
  if (std::find(names.dns_names.begin(), names.dns_names.end(), state.profile) ==
      names.dns_names.end()) {
    names.dns_names.push_back(state.profile);
  }
  // 10.96.0.1 is the first address of the Service range: the API's own Service.
  names.ip_addresses = {"127.0.0.1", "10.96.0.1", network.address};
  return names;
}

Result<client::TlsIdentity> Provisioner::Impl::admin_identity(const std::string& profile) const {
  constexpr std::size_t kMaxPem = 64 * 1024;
  client::TlsIdentity identity;
  COVE_TRY(identity.ca_certificate_pem, read_file(pki_directory(profile) / "ca.crt", kMaxPem));
  COVE_TRY(identity.certificate_pem, read_file(pki_directory(profile) / "admin.crt", kMaxPem));
  COVE_TRY(std::string key, read_file(pki_directory(profile) / "admin.key", kMaxPem));
  identity.key_pem = Secret(std::move(key));
  return identity;
}

std::vector<std::uint16_t> Provisioner::Impl::reserved_ports(const std::string& profile) const {
  std::vector<std::uint16_t> ports;
  for (const std::string& other : profiles()) {
    if (other == profile) continue;
    auto state = read_state(state_file(other));
    if (!state || !*state) continue;
    for (const std::uint16_t port : {(*state)->api_port, (*state)->engine_port}) {
      if (port != 0) ports.push_back(port);
    }
  }
  return ports;
}

Result<client::KubeconfigEntry> Provisioner::Impl::kubeconfig_entry(const State& state) const {
  COVE_TRY(client::TlsIdentity identity, admin_identity(state.profile));
  return client::KubeconfigEntry{state.profile, state.server, identity.ca_certificate_pem,
                                 identity.certificate_pem, identity.key_pem};
}

Result<HostFacts> Provisioner::Impl::host(vm::NetworkMode network) {
  COVE_TRY(const HostCapacity capacity, read_host(deps_.paths.data));
  COVE_TRY(auto backend_of_mode, backend(network));
  HostFacts facts;
  facts.cpus = capacity.cpus;
  facts.memory_mib = capacity.memory_mib;
  facts.memory_available_mib = capacity.memory_available_mib;
  facts.disk_free_gib = capacity.disk_free_mib / 1024;
  COVE_TRY(facts.backend, backend_of_mode->describe());
  COVE_TRY(const vm::SystemImage image, vm::open_system_image(deps_.system_image));
  facts.image_version = image.version;
  facts.image_digest = image.digest;
  return facts;
}

Result<ClusterStatus> Provisioner::Impl::update_context(const std::string& profile) {
  COVE_TRY(const State state, existing(profile));
  if (state.server.empty()) {
    return Error{ErrorCode::kNotFound, "write the kubeconfig entry of",
                 fmt::format("cluster '{}'", profile), "it has never been started",
                 "Run 'cove start'."};
  }
  COVE_TRY(const auto entry, kubeconfig_entry(state));
  COVE_CHECK(client::merge_kubeconfig(deps_.paths.kubeconfig, entry, true));
  return status(profile);
}

Result<ShellLine> Provisioner::Impl::open_shell(const std::string& profile) {
  COVE_TRY(const State state, existing(profile));
  COVE_TRY(auto machines, backend(state.wish.network));
  COVE_TRY(const vm::Observation seen, machines->observe(state.machine));
  if (seen.power != vm::Power::kRunning) {
    return Error{ErrorCode::kUnavailable, "open a shell in", fmt::format("cluster '{}'", profile),
                 "its virtual machine is not running", "Run 'cove start'."};
  }
  const auto specs = channels(state);
  for (int i = 0; i < channel::kShellPorts; ++i) {
    const vm::ChannelSpec& spec = specs[static_cast<std::size_t>(i) + 1];
    auto reservation = FileLock::try_acquire(spec.socket.string() + ".lock", "ssh");
    if (!reservation) continue;
    COVE_TRY(Fd line, machines->open_channel(state.machine, spec));
    return ShellLine{std::move(line), std::move(*reservation)};
  }
  return Error{ErrorCode::kResourceExhausted, "open a shell in",
               fmt::format("cluster '{}'", profile),
               fmt::format("all {} lines are in use", channel::kShellPorts),
               "Close one of the open shells."};
}

Provisioner::Provisioner(Dependencies dependencies)
    : impl_(std::make_unique<Impl>(std::move(dependencies))) {}
Provisioner::~Provisioner() = default;

Result<HostFacts> Provisioner::host(vm::NetworkMode network) {
  return impl_->host(network);
}

Result<ClusterStatus> Provisioner::start(const std::string& profile, const StartRequest& request,
                                         Progress& progress, std::stop_token stop) {
  return impl_->start(profile, request, progress, stop);
}

Result<ClusterStatus> Provisioner::configure(const std::string& profile,
                                             const StartRequest& request, Progress& progress,
                                             std::stop_token stop) {
  return impl_->configure(profile, request, progress, stop);
}

Result<ClusterStatus> Provisioner::restart(const std::string& profile, Progress& progress,
                                           std::stop_token stop) {
  JoinedProgress joined("restart", progress);
  COVE_CHECK(impl_->stop(profile, joined, stop));
  return impl_->start(profile, {}, joined, stop);
}

Result<ClusterStatus> Provisioner::stop(const std::string& profile, Progress& progress,
                                        std::stop_token stop) {
  return impl_->stop(profile, progress, stop);
}

Result<ClusterStatus> Provisioner::pause(const std::string& profile, Progress& progress,
                                         std::stop_token stop) {
  return impl_->pause(profile, progress, stop);
}

Result<void> Provisioner::remove(const std::string& profile, Progress& progress,
                                 std::stop_token stop) {
  return impl_->remove(profile, progress, stop);
}

Result<ClusterStatus> Provisioner::status(const std::string& profile) {
  return impl_->status(profile);
}
Result<std::vector<ClusterStatus>> Provisioner::list() {
  return impl_->list();
}
Result<ClusterStatus> Provisioner::update_context(const std::string& profile) {
  return impl_->update_context(profile);
}
Result<void> Provisioner::serve_ports(const std::string& profile, std::stop_token stop) {
  return impl_->serve_ports(profile, std::move(stop));
}

Result<ShellLine> Provisioner::open_shell(const std::string& profile) {
  return impl_->open_shell(profile);
}
const Paths& Provisioner::paths() const {
  return impl_->dependencies().paths;
}

}  // namespace cove::provision
