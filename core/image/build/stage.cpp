#include "core/image/build/stage.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/base/strings.h"
#include "core/image/build/paths.h"
#include "core/image/build/text.h"

namespace cove::image::dockerfile {
namespace {

constexpr const char* kDefaultPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

Error wrong(std::string cause) {
  return {ErrorCode::kInvalidArgument, "build the image", {}, std::move(cause), {}};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

bool is_empty_folder(const Path& folder) {
  std::error_code error;
  return std::filesystem::is_empty(folder, error) && !error;
}

}  // namespace

StageBuilder::StageBuilder(Session& session, const PlannedStage& planned, std::size_t lane,
                           std::stop_token stop)
    : session_(session),
      planned_(planned),
      stage_(session.script.stages[planned.index]),
      lane_(lane),
      stop_(std::move(stop)),
      arguments_(session.plan.arguments),
      configurer_(config_, arguments_, Expansion{.escape = session.script.escape}) {
  expansion_.escape = session.script.escape;
  arguments_.begin_stage(stage_.from.name);
}

StageBuilder::~StageBuilder() {
  if (ahead_) session_.parts.runner.forget(ahead_->id);
}

Result<Snapshot> StageBuilder::run() {
  const auto at_line = [&](int line, const Error& error) {
    if (error.code == ErrorCode::kCancelled) return error;
    Error placed = error;
    const bool complete =
        error.code == ErrorCode::kInvalidArgument || error.action == "build the image";
    placed.cause = fmt::format("{}:{}: {}", session_.script.name, line,
                               complete ? error.cause : error.message());
    placed.action = "build the image";
    placed.subject.clear();
    return placed;
  };
  std::size_t step = planned_.first_step;
  const auto show_step = [&](const std::string& text) {
    say(fmt::format("Step {}/{} : {}\n", step++, session_.plan.steps, text));
  };
  show_step(stage_.text);
  if (auto begun = begin(); !begun) return at_line(stage_.line, begun.error());
  say(fmt::format(" ---> {}\n", state_.id.empty() ? "" : state_.id.short_hex()));
  for (const Instruction& instruction : stage_.instructions) {
    if (stop_.stop_requested()) {
      return Error{ErrorCode::kCancelled, "build the image", {}, "Build cancelled", {}};
    }
    show_step(instruction.text);
    ++next_;
    if (auto done = dispatch(instruction); !done) return at_line(instruction.line, done.error());
    say(fmt::format(" ---> {}\n", state_.id.empty() ? "" : state_.id.short_hex()));
  }
  session_.note_declared(arguments_.declared());
  return std::move(state_);
}

Result<void> StageBuilder::begin() {
  if (planned_.stage) {
    auto earlier = session_.result(*planned_.stage);
    if (!earlier) return wrong(fmt::format("the stage {} is not built", planned_.base));
    state_ = std::move(*earlier);
  } else if (planned_.base == "scratch") {
    state_.config.platform = planned_.platform;
  } else {
    COVE_TRY(state_, session_.image(planned_.base, planned_.platform, stop_));
  }
  config_ = state_.config.config;
  author_ = "";
  const bool has_path =
      std::any_of(config_.env.begin(), config_.env.end(),
                  [](const std::string& entry) { return entry.starts_with("PATH="); });
  if (!has_path) config_.env.push_back(kDefaultPath);
  auto triggers = std::move(config_.on_build);
  config_.on_build.clear();
  return triggers.empty() ? Result<void>() : run_triggers(std::move(triggers));
}

Result<void> StageBuilder::run_triggers(std::vector<std::string> triggers) {
  say(fmt::format("# Executing {} build trigger{}\n", triggers.size(),
                  triggers.size() > 1 ? "s" : ""));
  for (const std::string& trigger : triggers) {
    auto instruction = parse_trigger(trigger, "ONBUILD", session_.script.escape);
    if (!instruction) return instruction.error();
    COVE_CHECK(dispatch(*instruction));
  }
  return {};
}

template <class T>
Result<void> StageBuilder::on(const T& instruction) {
  COVE_TRY(const auto comment, configurer_.apply(instruction));
  return commit_config(comment);
}

Result<void> StageBuilder::dispatch(const Instruction& instruction) {
  return std::visit([&](const auto& value) { return on(value); }, instruction.value);
}

std::string StageBuilder::no_op(const std::string& comment) const {
  return joined(configurer_.shell()) + " #(nop) " + comment;
}

bool StageBuilder::probe(const std::string& created_by) {
  if (cache_busted_) return false;
  auto found = session_.find_cached(state_, created_by, author_, config_);
  if (!found) {
    cache_busted_ = true;
    look_ahead();
    return false;
  }
  say(" ---> Using cache\n");
  state_ = std::move(*found);
  return true;
}

Result<void> StageBuilder::commit(const std::string& created_by,
                                  const std::optional<Digest>& layer) {
  COVE_TRY(state_,
           session_.add_image(state_, created_by, author_, config_, layer, session_.created()));
  return {};
}

Result<void> StageBuilder::commit_config(const std::string& comment) {
  const std::string created_by = no_op(" " + comment);
  if (probe(created_by)) return {};
  const std::string id = random_hex(6);
  say(fmt::format(" ---> Running in {}\n", id));
  COVE_CHECK(commit(created_by, std::nullopt));
  say(fmt::format(" ---> Removed intermediate container {}\n", id));
  return {};
}

Result<Path> StageBuilder::new_upper() {
  COVE_TRY(auto upper, session_.folder("upper"));
  // The upper folder's own mode and owner are what `/` shows.
  COVE_TRY(const auto root, Tree(session_.lower(state_.config)).root());
  const mode_t mode = root.folders.empty() ? 0755 : root.status.st_mode & 07777;
  if (::chmod(upper.c_str(), mode) != 0) return errno_error(errno, "make", upper.string());
  if (!root.folders.empty() &&
      ::chown(upper.c_str(), root.status.st_uid, root.status.st_gid) != 0 && ::geteuid() == 0) {
    return errno_error(errno, "make", upper.string());
  }
  return upper;
}

Result<std::optional<Digest>> StageBuilder::layer_of(const Path& upper) {
  if (is_empty_folder(upper)) return std::nullopt;
  COVE_TRY(auto layer, session_.commit_layer(upper, state_.config, stop_));
  // The layer is a copy; what it was made of would only fill the disk.
  if (auto removed = remove_tree(upper); !removed) {
    session_.parts.logger.warn("a build's folder stays until the next start",
                               {{"reason", removed.error().message()}});
  }
  return std::optional(std::move(layer));
}

Result<void> StageBuilder::on(const Maintainer& maintainer) {
  author_ = maintainer.name;
  return commit_config("MAINTAINER " + maintainer.name);
}

Result<void> StageBuilder::on(const Workdir& workdir) {
  COVE_TRY(const auto comment, configurer_.apply(workdir));
  const std::string created_by = no_op(comment);
  if (probe(created_by)) return {};
  const std::string id = random_hex(6);
  say(fmt::format(" ---> Running in {}\n", id));
  COVE_TRY(const auto upper, new_upper());
  CopyTarget target(upper, session_.lower(state_.config), session_.now());
  COVE_TRY(const auto folder, target.make_folder(config_.working_dir, Owner{}));
  COVE_CHECK(target.finish());
  std::optional<Digest> layer;
  if (folder.made) {
    COVE_TRY(layer, layer_of(upper));
  }
  COVE_CHECK(commit(created_by, layer));
  say(fmt::format(" ---> Removed intermediate container {}\n", id));
  return {};
}

std::string StageBuilder::network_mode(const Run& run) const {
  return !run.network.empty() && run.network != "default" ? run.network
                                                          : session_.request.network_mode;
}

void StageBuilder::look_ahead() {
  if (ahead_ || !cache_busted_) return;
  for (std::size_t i = next_; i < stage_.instructions.size(); ++i) {
    const auto* const run = std::get_if<Run>(&stage_.instructions[i].value);
    if (run == nullptr) continue;
    ahead_ = Ahead{random_hex(32), network_mode(*run)};
    session_.parts.runner.prepare(ahead_->id, ahead_->network_mode);
    return;
  }
}

// What the process of a RUN is, and the history's text of it.
Result<Runner::Step> StageBuilder::runner_step(const Run& run, std::string& created_by) {
  Runner::Step step;
  std::vector<std::string> args = run.command.args;
  std::string shown_script;
  if (!run.heredocs.empty() && run.command.shell_form) {
    Heredoc only;
    if (!parse_heredoc_word(args.front(), session_.script.escape, only)) {
      // The shell reads its here-documents itself.
      for (const Heredoc& heredoc : run.heredocs) {
        args.front() += "\n" + heredoc.content + heredoc.name;
      }
    } else if (const Heredoc& heredoc = run.heredocs.front(); !heredoc.content.starts_with("#!")) {
      args.front() = heredoc.text();
    } else {
      COVE_TRY(const auto folder, session_.folder("script"));
      const std::string inside = "/dev/pipes/" + std::string(base_name(heredoc.name));
      COVE_CHECK(write_file_atomic(folder / "script", heredoc.text(), 0755));
      step.binds.emplace_back(folder / "script", inside);
      args.front() = inside;
      shown_script = "\n" + heredoc.text();
    }
  }
  args = configurer_.with_shell({std::move(args), run.command.shell_form});
  step.args = args;
  step.env = config_.env;
  std::vector<std::string> shown;
  for (const auto& [name, value] : arguments_.visible(config_.env)) {
    step.env.push_back(name + "=" + value);
    if (arguments_.shown(name)) shown.push_back(name + "=" + value);
  }
  created_by = joined(args) + shown_script;
  if (!shown.empty()) {
    created_by = fmt::format("|{} {} {}", shown.size(), joined(shown), created_by);
  }
  step.working_dir = config_.working_dir;
  step.user = config_.user;
  const BuildRequest& request = session_.request;
  step.network_mode = network_mode(run);
  step.extra_hosts = request.extra_hosts;
  step.memory_bytes = request.memory_bytes;
  step.shm_bytes = request.shm_bytes;
  step.cpu_shares = request.cpu_shares;
  step.cpu_period = request.cpu_period;
  step.cpu_quota = request.cpu_quota;
  step.cpuset = request.cpuset;
  return step;
}

Result<void> StageBuilder::on(const Run& run) {
  std::string created_by;
  COVE_TRY(auto step, runner_step(run, created_by));
  if (probe(created_by)) return {};
  if (ahead_ && ahead_->network_mode == step.network_mode) {
    step.id = std::move(ahead_->id);
    ahead_.reset();
  } else {
    step.id = random_hex(32);
  }
  step.running = [this] { look_ahead(); };
  step.lower = session_.lower(state_.config);
  if (step.lower.empty()) {
    // overlayfs wants a layer below.
    COVE_TRY(auto bottom, session_.folder("bottom"));
    step.lower.push_back(std::move(bottom));
  }
  COVE_TRY(step.upper, new_upper());
  COVE_TRY(step.work, session_.folder("work"));
  const std::string id = step.id.substr(0, 12);
  say(fmt::format(" ---> Running in {}\n", id));
  const auto code = session_.parts.runner.run(
      step, [&](std::string_view bytes) { say(bytes); }, stop_);
  if (stop_.stop_requested()) {
    return Error{ErrorCode::kCancelled, "build the image", {}, "Build cancelled", {}};
  }
  if (!code) return code.error();
  if (*code != 0) {
    return wrong(
        fmt::format("The command '{}' returned a non-zero code: {}", joined(step.args), *code));
  }
  COVE_TRY(const auto layer, layer_of(step.upper));
  COVE_CHECK(commit(created_by, layer));
  say(fmt::format(" ---> Removed intermediate container {}\n", id));
  return {};
}

Result<void> StageBuilder::on(const Health& health) {
  if (config_.health_check && !config_.health_check->test.empty() &&
      config_.health_check->test.front() != "NONE" && health.check.test.front() != "NONE") {
    say(fmt::format("Note: overriding previous HEALTHCHECK: {}\n",
                    plain_list(config_.health_check->test)));
  }
  COVE_TRY(const auto comment, configurer_.apply(health));
  return commit_config(comment);
}

Result<void> StageBuilder::on(const Arg& arg) {
  std::string comment = "ARG";
  for (const auto& [name, value] : arg.args) {
    std::optional<std::string> expanded;
    comment += " " + name;
    if (value) {
      COVE_TRY(expanded, expand(*value));
      comment += "=" + *expanded;
    }
    arguments_.add(name, expanded);
  }
  return commit_config(comment);
}

Result<void> StageBuilder::on(const From&) {
  return wrong("FROM isn't allowed as an ONBUILD trigger");
}

}  // namespace cove::image::dockerfile
