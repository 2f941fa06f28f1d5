#include <fcntl.h>
#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/client/kubeconfig.h"
#include "vm/provision/provisioner_impl.h"

namespace cove::provision {
namespace {

using namespace std::chrono_literals;

constexpr auto kBootTimeout =
    120s;  // software emulation on a busy computer; a healthy boot takes seconds
constexpr auto kLineTimeout = 5s;  // a running node answers in milliseconds
constexpr auto kApiTimeout = 60s;
constexpr auto kApiPoll = 25ms;
constexpr std::uint64_t kMaxConsoleBytes = 8 << 20;

std::string random_mac() {
  const std::string hex = random_hex(3);
  return fmt::format("52:54:00:{}:{}:{}", hex.substr(0, 2), hex.substr(2, 2), hex.substr(4, 2));
}

// A console log past its bound becomes the one older log.
Result<void> rotate_console(const Path& log) {
  std::error_code error;
  const auto size = std::filesystem::file_size(log, error);
  if (!error && size > kMaxConsoleBytes) std::filesystem::rename(log, log.string() + ".1", error);
  // Made here so that we can read it whoever writes to it; the folder keeps others out.
  const auto make = [&] {
    return Fd(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  };
  Fd fd = make();
  if (!fd && errno == EACCES) {
    // A system's libvirt may have made the last run's its own.
    std::filesystem::rename(log, log.string() + ".1", error);
    fd = make();
  }
  if (!fd) return errno_error(errno, "open", log.string());
  return {};
}

std::string last_line(const Path& log) {
  auto text = read_file(log, kMaxConsoleBytes * 4);
  if (!text) return {};
  std::string_view rest = trim(*text);
  const std::size_t newline = rest.rfind('\n');
  if (newline != std::string_view::npos) rest.remove_prefix(newline + 1);
  return escape_control(trim(rest).substr(0, 200));
}

Error other_network(const State& state) {
  return Error{ErrorCode::kInvalidArgument, "change the network of",
               fmt::format("cluster '{}'", state.profile),
               fmt::format("it was created with '{}'", to_string(state.wish.network)),
               "Delete the cluster and start it with the other network, or use another profile."};
}

// What docker reads from $DOCKER_CERT_PATH: the administrator's certificate under docker's names.
Result<void> write_engine_client(const Path& directory, const pki::ClusterPki& pki) {
  COVE_CHECK(make_directories(directory, 0700));
  COVE_CHECK(write_file_atomic(directory / "ca.pem", pki.ca_certificate_pem, 0600));
  COVE_CHECK(write_file_atomic(directory / "cert.pem", pki.admin.certificate_pem, 0600));
  return write_file_atomic(directory / "key.pem", pki.admin.key_pem.reveal(), 0600);
}

}  // namespace

// What the steps of one start hand to each other.
struct Provisioner::Impl::Start {
  State& state;
  const StartRequest& request;
  Progress& progress;
  std::stop_token stop;
  std::shared_ptr<vm::Backend> machines;
  vm::SystemImage image;
  vm::GuestNetwork network;
  bool was_running = false;
  bool was_saved = false;
  bool publishes_ports = false;
  std::optional<pki::ClusterPki> pki;
  std::unique_ptr<Guest::Line> line;
  std::optional<ApiState> api;  // the newest answer
};

State Provisioner::Impl::wished_state(std::optional<State> found, const std::string& profile,
                                      const StartRequest& request) {
  const bool found_before = found.has_value();
  State state = found ? std::move(*found) : State{};
  if (!found_before) {
    state.profile = profile;
    state.machine = profile == kDefaultProfile ? "cove" : "cove-" + profile;
    state.uuid = random_uuid();
    state.mac = random_mac();
  }
  state.wish.target = Target::kRunning;
  Resources& resources = state.wish.resources;
  resources.cpus = request.cpus.value_or(resources.cpus);
  resources.memory_mib = request.memory_mib.value_or(resources.memory_mib);
  resources.disk_gib = request.disk_gib.value_or(resources.disk_gib);
  if (request.registry_mirrors) state.wish.registry_mirrors = *request.registry_mirrors;
  if (request.network) state.wish.network = *request.network;
  Proxy& proxy = state.wish.proxy;
  const bool asked = request.http_proxy || request.https_proxy || request.no_proxy;
  if (!found_before && !asked) proxy = request.proxy_of_new;
  proxy.http = request.http_proxy.value_or(proxy.http);
  proxy.https = request.https_proxy.value_or(proxy.https);
  proxy.no_proxy = request.no_proxy.value_or(proxy.no_proxy);
  return state;
}

Result<void> Provisioner::Impl::check_change(const State& before, const State& after,
                                             Progress& progress) const {
  const Resources& now = before.wish.resources;
  const Resources& wanted = after.wish.resources;
  COVE_CHECK(check_proxy(after.wish.proxy));
  if (wanted.disk_gib < now.disk_gib && before.defined) {
    return Error{ErrorCode::kInvalidArgument, "make the data disk smaller",
                 data_disk(after.profile).string(),
                 fmt::format("it has {} and disks cannot shrink", format_size(now.disk_gib << 30)),
                 fmt::format("Ask for {} GiB or more, or delete the cluster and start it again.",
                             now.disk_gib)};
  }
  if (wanted == now) return {};
  COVE_TRY(const HostCapacity capacity, read_host(deps_.paths.data));
  std::vector<std::string> notes;
  COVE_CHECK(check_resources(wanted, capacity, notes));
  for (const std::string& note : notes) progress.note(note);
  return {};
}

Result<ClusterStatus> Provisioner::Impl::start(const std::string& profile,
                                               const StartRequest& request, Progress& progress,
                                               std::stop_token stop) {
  COVE_CHECK(check_profile_name(profile));
  COVE_TRY(FileLock guard, lock(profile, "start"));
  auto found = read_state(state_file(profile));
  if (!found) return found.error();
  const bool fresh = !found->has_value();
  if (!fresh && request.network && *request.network != (*found)->wish.network &&
      (*found)->defined) {
    return other_network(**found);
  }
  State state = wished_state(std::move(*found), profile, request);
  if (auto proxy = check_proxy(state.wish.proxy); !proxy) {
    if (fresh) guard.remove();
    return proxy.error();
  }
  if (fresh && !state.wish.proxy.empty() && state.wish.proxy == request.proxy_of_new) {
    const Proxy& proxy = state.wish.proxy;
    progress.note(fmt::format("pulls and builds go through the proxy {}, as this environment says",
                              shown_proxy(proxy.https.empty() ? proxy.http : proxy.https)));
  }
  // A first wish that cannot be met leaves nothing behind.
  if (fresh) {
    std::vector<std::string> notes;
    auto capacity = read_host(deps_.paths.data);
    Result<void> fits =
        capacity ? check_resources(state.wish.resources, *capacity, notes) : capacity.error();
    if (!fits) {
      guard.remove();
      return fits.error();
    }
  }
  COVE_CHECK(make_directories(deps_.paths.cluster(profile), 0700));
  COVE_CHECK(make_directories(deps_.paths.runtime / profile, 0700));
  COVE_CHECK(write_state(state_file(profile), state));

  Start run{state, request, progress, stop,         nullptr, {},          {},
            false, false,   false,    std::nullopt, nullptr, std::nullopt};
  const auto key = [&] {
    return state.wish.network == vm::NetworkMode::kNat ? "start-nat" : "start";
  };
  Operation operation("start", key(), state, state_file(profile), times_file(), deps_.clock,
                      progress, stop);
  add_start_steps(operation, run);
  const Result<void> done = operation.run();
  // Last, since its start would take time from the machine's; also after a failure: what runs is
  // reachable.
  if (run.publishes_ports) launch_port_server(profile, progress);
  COVE_CHECK(done);
  return observe(profile, run.api ? &*run.api : nullptr);
}

Result<ClusterStatus> Provisioner::Impl::configure(const std::string& profile,
                                                   const StartRequest& request, Progress& progress,
                                                   std::stop_token stop) {
  COVE_CHECK(existing(profile));
  COVE_TRY(FileLock guard, lock(profile, kConfigureAction));
  COVE_TRY(const State before, existing(profile));
  if (request.network && *request.network != before.wish.network && before.defined)
    return other_network(before);
  State after = wished_state(before, profile, request);
  after.wish.target = before.wish.target;
  COVE_CHECK(check_change(before, after, progress));
  // Also of what is written down already: the node may not have been told of it.
  const bool told =
      request.registry_mirrors || request.http_proxy || request.https_proxy || request.no_proxy;
  bool running = false;
  if (told && before.defined) {
    COVE_TRY(auto machines, backend(before.wish.network));
    COVE_TRY(const vm::Observation seen, machines->observe(before.machine));
    running = seen.power == vm::Power::kRunning;
  }
  // Not an Operation: its failure is no trouble of the cluster's, whose record stays as it is.
  std::vector<Step> steps(1);
  steps.front().id = "save-settings";
  steps.front().title = "Write the settings down";
  if (running) {
    steps.emplace_back();
    steps.back().id = "configure-node";
    steps.back().title = "Configure the node";
  }
  progress.plan(kConfigureAction, steps);
  for (Step& step : steps) {
    const SteadyTime begin = deps_.clock.steady();
    step.state = StepState::kRunning;
    progress.update(step);
    const Result<void> done = step.id == "save-settings" ? write_state(state_file(profile), after)
                                                         : apply_configuration(after, stop);
    step.elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(deps_.clock.steady() - begin);
    step.state = done ? StepState::kDone : StepState::kFailed;
    progress.update(step);
    COVE_CHECK(done);
  }
  return observe(profile);
}

Result<void> Provisioner::Impl::apply_configuration(const State& state, std::stop_token stop) {
  COVE_TRY(auto machines, backend(state.wish.network));
  COVE_TRY(const vm::GuestNetwork network, machines->guest_network(state.machine));
  COVE_TRY(const pki::ClusterPki pki,
           pki::ensure_cluster_pki(pki_directory(state.profile), server_names(state, network),
                                   deps_.clock));
  COVE_TRY(auto line, connect_guest(state, *machines, kLineTimeout, stop));
  COVE_CHECK(line->configure(node_configuration(state, network, pki), stop));
  return line->wait_ready(stop);
}

void Provisioner::Impl::add_start_steps(Operation& operation, Start& run) {
  const auto step = [&](const char* id, const char* title,
                        Result<void> (Impl::*body)(Start&, std::string&)) {
    operation.add(id, title,
                  [this, &run, body](std::string& detail) { return (this->*body)(run, detail); });
  };
  step("check-host", "Check this computer", &Impl::check_host);
  operation.add(
      "create-disk", "Prepare the data disk", [this, &run](std::string& detail) -> Result<void> {
        detail = fmt::format("{} GiB, grows as it fills", run.state.wish.resources.disk_gib);
        if (run.was_running || run.was_saved) return {};
        return vm::ensure_data_disk(data_disk(run.state.profile), run.state.wish.resources.disk_gib,
                                    deps_.spawner, run.stop, run.image.data);
      });
  step("define-machine", "Define the virtual machine", &Impl::define_machine);
  step("create-keys", "Create keys and certificates", &Impl::create_keys);
  step("boot", "Boot the virtual machine", &Impl::boot);
  step("configure-node", "Configure the node", &Impl::configure_node);
  step("open-ports", "Open ports on this computer", &Impl::open_ports);
  if (run.request.wait) {
    step("wait-api", "Wait for the Kubernetes API", &Impl::wait_api);
    step("wait-node", "Wait for the node to be Ready", &Impl::wait_node);
  }
  step("write-kubeconfig", "Write the kubeconfig entry", &Impl::write_kubeconfig);
}

Result<void> Provisioner::Impl::check_host(Start& run, std::string& detail) {
  State& state = run.state;
  COVE_TRY(const HostCapacity capacity, read_host(deps_.paths.data));
  std::vector<std::string> notes;
  COVE_CHECK(check_resources(state.wish.resources, capacity, notes));
  for (const std::string& note : notes) run.progress.note(note);
  COVE_TRY(run.image, vm::open_system_image(deps_.system_image));
  COVE_TRY(run.machines, backend(state.wish.network));
  COVE_TRY(const vm::Observation seen, run.machines->observe(state.machine));
  run.was_running = seen.power == vm::Power::kRunning || seen.power == vm::Power::kFrozen;
  run.was_saved = seen.power == vm::Power::kSaved;
  if (run.was_saved && state.image_digest != run.image.digest) COVE_CHECK(discard_memory(run));
  // A machine in memory or saved goes on as it is: what it runs on was decided when it booted.
  if (!run.was_running && !run.was_saved) {
    COVE_TRY(const vm::BackendInfo info, run.machines->describe());
    state.acceleration = info.acceleration;
    state.acceleration_note = info.acceleration_note;
    if (!info.acceleration_note.empty()) run.progress.note(info.acceleration_note);
  }
  state.host_boot_id = capacity.boot_id;
  detail = fmt::format("{} CPUs, {} MiB of memory, {}", state.wish.resources.cpus,
                       state.wish.resources.memory_mib,
                       state.acceleration == vm::Acceleration::kKvm ? "KVM" : "software emulation");
  return {};
}

// Saved memory goes with the system image it was saved from: its page cache would lie about
// another.
Result<void> Provisioner::Impl::discard_memory(Start& run) {
  run.progress.note("the system image is newer than the paused cluster, so it boots afresh");
  COVE_CHECK(run.machines->saving()->discard_saved(run.state.machine));
  run.was_saved = false;
  return {};
}

Result<void> Provisioner::Impl::define_machine(Start& run, std::string& detail) {
  State& state = run.state;
  if (run.was_running || run.was_saved) {
    detail = "it is defined";
    return {};
  }
  state.sockets = deps_.paths.runtime / state.profile;
  state.image_digest = run.image.digest;
  state.image_version = run.image.version;
  state.booted = state.wish.resources;
  COVE_CHECK(rotate_console(console_log(state.profile)));
  COVE_TRY(const vm::MachineSpec spec, machine_spec(state, run.image));
  // Recorded first: a program killed right after defining must know that there may be a machine to
  // remove.
  state.defined = true;
  COVE_CHECK(write_state(state_file(state.profile), state));
  return run.machines->define(spec);
}

Result<void> Provisioner::Impl::create_keys(Start& run, std::string& detail) {
  State& state = run.state;
  COVE_TRY(run.network, run.machines->guest_network(state.machine));
  COVE_TRY(run.pki, pki::ensure_cluster_pki(pki_directory(state.profile),
                                            server_names(state, run.network), deps_.clock));
  COVE_CHECK(write_engine_client(engine_client(state.profile), *run.pki));
  detail = "ECDSA P-256";
  return {};
}

Error Provisioner::Impl::explain_silence(const State& state, vm::Backend& machines,
                                         const Error& error) const {
  if (error.code == ErrorCode::kCancelled) return error;
  const auto seen = machines.observe(state.machine);
  std::string cause = error.cause;
  if (seen && seen->power == vm::Power::kOff) {
    cause = seen->trouble.empty() ? "the virtual machine turned itself off" : seen->trouble;
  }
  if (const std::string line = last_line(console_log(state.profile)); !line.empty()) {
    cause += fmt::format("; the console's last line is '{}'", line);
  }
  return Error{error.code, "reach", fmt::format("the node of cluster '{}'", state.profile), cause,
               "See 'cove logs' for the whole console, and run 'cove start' to try again."};
}

Result<std::unique_ptr<Guest::Line>> Provisioner::Impl::connect_guest(
    const State& state, vm::Backend& machines, std::chrono::milliseconds timeout,
    std::stop_token stop) {
  COVE_TRY(Fd line, machines.open_channel(state.machine, channels(state).front()));
  auto connected = deps_.guest->connect(std::move(line), timeout, stop);
  if (!connected) return explain_silence(state, machines, connected.error());
  return connected;
}

Result<void> Provisioner::Impl::boot(Start& run, std::string& detail) {
  State& state = run.state;
  detail = run.was_running ? "it is running" : run.was_saved ? "resumed from saved memory" : "";
  COVE_CHECK(run.machines->start(state.machine));
  state.started_unix_seconds =
      std::chrono::duration_cast<std::chrono::seconds>(deps_.clock.wall().time_since_epoch())
          .count();
  COVE_TRY(run.line, connect_guest(state, *run.machines, kBootTimeout, run.stop));
  return {};
}

channel::NodeConfiguration Provisioner::Impl::node_configuration(const State& state,
                                                                 const vm::GuestNetwork& network,
                                                                 const pki::ClusterPki& pki) const {
  channel::NodeConfiguration configuration;
  configuration.node_name = state.profile;
  configuration.address = network.address;
  configuration.prefix_length = network.prefix_length;
  configuration.gateway = network.gateway;
  configuration.name_server = network.name_server;
  configuration.unix_nanoseconds =
      std::chrono::duration_cast<std::chrono::nanoseconds>(deps_.clock.wall().time_since_epoch())
          .count();
  configuration.ca_certificate_pem = pki.ca_certificate_pem;
  configuration.server_certificate_pem = pki.server.certificate_pem;
  configuration.server_key_pem = pki.server.key_pem;
  configuration.registry_mirrors = state.wish.registry_mirrors;
  configuration.proxy = guest_proxy(state.wish.proxy, network.gateway, network.address);
  return configuration;
}

Result<void> Provisioner::Impl::configure_node(Start& run, std::string& detail) {
  const State& state = run.state;
  const channel::NodeConfiguration configuration = node_configuration(state, run.network, *run.pki);
  const Proxy& proxy = state.wish.proxy;
  if (!proxy.empty())
    detail = fmt::format("proxy {}", shown_proxy(proxy.https.empty() ? proxy.http : proxy.https));
  auto result = run.line->configure(configuration, run.stop);
  if (!result && (result.error().code == ErrorCode::kTimeout ||
                  result.error().code == ErrorCode::kUnavailable)) {
    return explain_silence(state, *run.machines, result.error());
  }
  return result;
}

Result<void> Provisioner::Impl::open_ports(Start& run, std::string& detail) {
  State& state = run.state;
  if (!run.network.reachable_at.empty()) {
    state.host = run.network.reachable_at;
    state.api_port = 0;
    state.engine_port = 0;
    state.server = fmt::format("https://{}:{}", state.host, kApiPort);
    detail = fmt::format("none needed: the node answers at {}", state.host);
    return write_state(state_file(state.profile), state);
  }
  vm::Forwarding* forwarding = run.machines->forwarding();
  if (forwarding == nullptr) {
    return Error{ErrorCode::kUnsupported, "open ports for",
                 fmt::format("cluster '{}'", state.profile),
                 "this way of running virtual machines cannot forward ports", ""};
  }
  vm::Forwarder forwarder(*forwarding, state.machine);
  const std::uint16_t api = state.api_port != 0 ? state.api_port : kApiPort;
  const std::uint16_t engine = state.engine_port != 0 ? state.engine_port : kEnginePort;
  COVE_TRY(const auto open,
           forwarder.ensure({{kApiForward, vm::Protocol::kTcp, kApiPort, api, false},
                             {kEngineForward, vm::Protocol::kTcp, kEnginePort, engine, false}},
                            reserved_ports(state.profile)));
  for (const vm::OpenForward& forward : open) {
    if (!forward.note.empty()) run.progress.note(forward.note);
  }
  state.host = "127.0.0.1";
  state.api_port = open.front().rule.host_port;
  state.engine_port = open.back().rule.host_port;
  state.server = fmt::format("https://{}:{}", state.host, state.api_port);
  detail = state.server;
  run.publishes_ports = true;
  return write_state(state_file(state.profile), state);
}

void Provisioner::Impl::launch_port_server(const std::string& profile, Progress& progress) {
  if (!deps_.launch_port_server) return;
  if (const auto launched = deps_.launch_port_server(profile); !launched) {
    progress.note(fmt::format("ports of containers will not answer on this computer: {}",
                              launched.error().message()));
  }
}

Result<ApiState> Provisioner::Impl::poll_api(Start& run,
                                             const std::function<bool(const ApiState&)>& enough) {
  const State& state = run.state;
  COVE_TRY(const client::TlsIdentity identity, admin_identity(state.profile));
  const client::Endpoint endpoint{state.host, state.api_port != 0 ? state.api_port : kApiPort};
  const SteadyTime deadline = deps_.clock.steady() + kApiTimeout;
  while (true) {
    ApiState api = deps_.guest->api_state(endpoint, identity, state.profile, 5s, run.stop);
    if (enough(api)) return api;
    if (!deps_.clock.sleep(kApiPoll, run.stop)) {
      return Error{ErrorCode::kCancelled, "wait for", state.server, "it was cancelled", ""};
    }
    if (deps_.clock.steady() >= deadline) {
      return explain_silence(state, *run.machines,
                             Error{ErrorCode::kTimeout, "", "", api.problem, ""});
    }
  }
}

Result<void> Provisioner::Impl::wait_api(Start& run, std::string& detail) {
  if (auto ready = run.line->wait_ready(run.stop); !ready) {
    const ErrorCode code = ready.error().code;
    if (code == ErrorCode::kTimeout || code == ErrorCode::kUnavailable) {
      return explain_silence(run.state, *run.machines, ready.error());
    }
    return ready;
  }
  // The line is for one program at a time; others may want it while this one waits for the node.
  run.line.reset();
  COVE_TRY(run.api, poll_api(run, [](const ApiState& api) { return api.ready; }));
  detail = run.state.server;
  return {};
}

Result<void> Provisioner::Impl::wait_node(Start& run, std::string& detail) {
  // One look often tells both.
  if (!run.api || !run.api->node_ready) {
    COVE_TRY(run.api, poll_api(run, [](const ApiState& state) { return state.node_ready; }));
  }
  detail = fmt::format("{} {}", run.state.profile, run.api->version);
  return {};
}

Result<void> Provisioner::Impl::write_kubeconfig(Start& run, std::string& detail) {
  State& state = run.state;
  COVE_TRY(const auto entry, kubeconfig_entry(state));
  COVE_CHECK(client::merge_kubeconfig(deps_.paths.kubeconfig, entry, true));
  detail = fmt::format("context '{}' in {}", state.profile, deps_.paths.kubeconfig.string());
  state.created = true;
  return {};
}

}  // namespace cove::provision
