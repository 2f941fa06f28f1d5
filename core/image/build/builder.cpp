#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <set>
#include <thread>

#include "core/base/strings.h"
#include "core/image/build/build.h"
#include "core/image/build/paths.h"
#include "core/image/build/stage.h"
#include "core/image/build/text.h"

namespace cove::image {
namespace {

using namespace dockerfile;

constexpr std::size_t kMaxThreads = 4;

Error wrong(std::string cause) {
  return {ErrorCode::kInvalidArgument, "build the image", {}, std::move(cause), {}};
}

Result<std::optional<std::int64_t>> read_epoch(const GivenArgs& args) {
  const auto given = args.find("SOURCE_DATE_EPOCH");
  if (given == args.end() || !given->second || given->second->empty()) return std::nullopt;
  std::int64_t value = 0;
  const std::string& text = *given->second;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  // The year 9999 is the last one that RFC 3339 can say.
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || value < 0 ||
      value > 253402300799) {
    return wrong(fmt::format("invalid SOURCE_DATE_EPOCH: {}", text));
  }
  return std::optional(value);
}

// The Dockerfile and .dockerignore were sent for the builder's own use when .dockerignore has them.
Result<void> hide_ignored(Tree& context, const std::string& dockerfile) {
  COVE_TRY(const auto text, context.read("/.dockerignore", IgnoreRules::kMaxBytes));
  if (!text) return {};
  COVE_TRY(const auto rules, IgnoreRules::parse(*text));
  for (const std::string& path : {std::string(".dockerignore"), clean_path(dockerfile)}) {
    if (rules.ignores(path)) context.hide("/" + path);
  }
  return {};
}

// The request's labels are instructions at the target's end.
void add_labels(Stage& stage, const std::map<std::string, std::string>& labels) {
  for (const auto& [name, value] : labels) {
    Instruction instruction;
    instruction.line = stage.line;
    instruction.text = fmt::format("LABEL {}={}", name, value);
    instruction.value = Label{{{name, value}}, true};
    stage.instructions.push_back(std::move(instruction));
  }
}

std::set<std::string> declared_in(const Script& script) {
  std::set<std::string> names;
  const auto add = [&](const Instruction& instruction) {
    const auto* arg = std::get_if<Arg>(&instruction.value);
    if (arg == nullptr) return;
    for (const auto& [name, value] : arg->args) names.insert(name);
  };
  std::for_each(script.meta_args.begin(), script.meta_args.end(), add);
  for (const Stage& stage : script.stages) {
    std::for_each(stage.instructions.begin(), stage.instructions.end(), add);
  }
  return names;
}

// Runs the stages of a plan, several at a time, each once those that it needs are there.
class Schedule {
 public:
  Schedule(Session& session, Output& output, const std::stop_token& stop)
      : session_(session),
        output_(output),
        states_(session.plan.stages.size(), State::kWaiting),
        errors_(session.plan.stages.size()),
        forward_(stop, [this] { stop_.request_stop(); }) {}

  Result<void> run() {
    const std::size_t count = std::min(kMaxThreads, states_.size());
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 1; i < count; ++i) threads.emplace_back([this] { work(); });
      work();
    }
    // The first stage in the file that failed by itself is what went wrong.
    std::optional<std::size_t> failed;
    for (std::size_t i = 0; i < errors_.size(); ++i) {
      if (!errors_[i]) continue;
      if (!failed || errors_[*failed]->code == ErrorCode::kCancelled) failed = i;
    }
    if (!failed) return {};
    output_.close(*failed);
    return *errors_[*failed];
  }

 private:
  enum class State { kWaiting, kRunning, kDone, kFailed };

  bool is_ready(std::size_t lane) const {
    const auto& needs = session_.plan.stages[lane].needs;
    return states_[lane] == State::kWaiting &&
           std::all_of(needs.begin(), needs.end(),
                       [&](std::size_t stage) { return session_.result(stage).has_value(); });
  }
  // The lowest one that can start; nothing when there is none to come.
  std::optional<std::size_t> next() {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (stop_.stop_requested()) return std::nullopt;
      bool waiting = false;
      for (std::size_t lane = 0; lane < states_.size(); ++lane) {
        if (is_ready(lane)) {
          states_[lane] = State::kRunning;
          return lane;
        }
        waiting = waiting || states_[lane] == State::kWaiting;
      }
      if (!waiting) return std::nullopt;
      changed_.wait(lock);
    }
  }
  Result<void> build(std::size_t lane) {
    try {
      const PlannedStage& planned = session_.plan.stages[lane];
      StageBuilder stage(session_, planned, lane, stop_.get_token());
      COVE_TRY(auto snapshot, stage.run());
      session_.set_result(planned.index, std::move(snapshot));
      return {};
    } catch (const std::exception& error) {
      return Error{ErrorCode::kInternal, "build the image", {}, error.what(), {}};
    }
  }
  void work() {
    while (const auto lane = next()) {
      auto built = build(*lane);
      if (built) output_.finish(*lane);
      const std::lock_guard lock(mutex_);
      states_[*lane] = built ? State::kDone : State::kFailed;
      if (!built) {
        errors_[*lane] = built.error();
        stop_.request_stop();
      }
      changed_.notify_all();
    }
  }

  Session& session_;
  Output& output_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<State> states_;
  std::vector<std::optional<Error>> errors_;
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> forward_;
};

}  // namespace

class Builder::Implementation {
 public:
  explicit Implementation(Parts parts) : parts_(std::move(parts)) {
    if (auto emptied = remove_tree(builds()); !emptied) {
      parts_.logger.warn("what an earlier build left could not be removed",
                         {{"reason", emptied.error().message()}});
    }
  }

  Result<ImagePtr> build(const BuildRequest& request, const BuildEvents& events,
                         const std::stop_token& stop);
  Result<Pruned> prune(const OnlyOf& only);

 private:
  Path builds() const { return parts_.scratch / "builds"; }
  Result<ImagePtr> build_in(const Path& scratch, const BuildRequest& request,
                            const BuildEvents& events, const std::stop_token& stop);
  Result<ImagePtr> finish(const Session& session, const BuildEvents& events);

  Parts parts_;
};

Result<ImagePtr> Builder::Implementation::build(const BuildRequest& request,
                                                const BuildEvents& events,
                                                const std::stop_token& stop) {
  const Path scratch = builds() / random_hex(8);
  COVE_CHECK(make_directories(scratch, 0700));
  auto result = build_in(scratch, request, events, stop);
  parts_.runner.finish();
  // The steps of a build that failed are a cache too.
  if (auto settled = parts_.images.settle(); !settled && result) result = settled.error();
  if (auto removed = remove_tree(scratch); !removed) {
    parts_.logger.warn("a build's folder stays until the next start",
                       {{"reason", removed.error().message()}});
  }
  return result;
}

Result<ImagePtr> Builder::Implementation::build_in(const Path& scratch, const BuildRequest& request,
                                                   const BuildEvents& events,
                                                   const std::stop_token& stop) {
  const std::string name = request.dockerfile.empty() ? "Dockerfile" : request.dockerfile;
  Tree context({request.context});
  COVE_TRY(const auto text, context.read(name, kMaxFileBytes));
  if (!text) return wrong(fmt::format("Cannot locate specified Dockerfile: {}", name));
  COVE_CHECK(hide_ignored(context, name));
  COVE_TRY(Script script, parse_dockerfile(*text, name));
  COVE_TRY(const auto epoch, read_epoch(request.build_args));

  const PlanOptions options{request.target, request.build_args, request.platform, host_platform()};
  COVE_TRY(Plan plan, make_plan(script, options));
  if (!request.labels.empty()) {
    add_labels(script.stages[plan.stages.back().index], request.labels);
    COVE_TRY(plan, make_plan(script, options));
  }

  Output output(events.text, plan.stages.size());
  Session session(parts_, request, script, plan, std::move(context), scratch, epoch, output,
                  events.pull_progress);
  for (const auto& warning : script.warnings) session.write(0, warning, stop);
  for (std::size_t i = 0; i < script.meta_args.size(); ++i) {
    session.write(0, fmt::format("Step {}/{} : {}\n", i + 1, plan.steps, script.meta_args[i].text),
                  stop);
  }
  COVE_CHECK(Schedule(session, output, stop).run());
  if (stop.stop_requested()) {
    return Error{ErrorCode::kCancelled, "build the image", {}, "Build cancelled", {}};
  }
  return finish(session, events);
}

Result<ImagePtr> Builder::Implementation::finish(const Session& session,
                                                 const BuildEvents& events) {
  const BuildRequest& request = session.request;
  const auto say = [&](const std::string& text) {
    if (events.text) events.text(text);
  };
  auto declared = declared_in(session.script);
  declared.merge(session.declared());
  std::vector<std::string> unused;
  for (const auto& [name, value] : request.build_args) {
    if (!is_predefined_arg(name) && !declared.contains(name)) unused.push_back(name);
  }
  if (!unused.empty()) {
    say(fmt::format("[Warning] One or more build-args {} were not consumed\n", plain_list(unused)));
  }
  const auto result = session.result(session.plan.stages.back().index);
  if (!result || result->id.empty()) {
    return wrong("No image was generated. Is your Dockerfile empty?");
  }
  if (events.built) events.built(result->id);
  say(fmt::format("Successfully built {}\n", result->id.short_hex()));
  for (const Reference& tag : request.tags) {
    COVE_CHECK(parts_.images.tag(result->id, tag));
    say(fmt::format("Successfully tagged {}\n", tag.familiar()));
  }
  ImagePtr image = parts_.images.by_id(result->id);
  if (!image) {
    return Error{ErrorCode::kConflict,
                 "build the image",
                 {},
                 "the image was removed while it was built",
                 {}};
  }
  return image;
}

Result<Builder::Pruned> Builder::Implementation::prune(const OnlyOf& only) {
  Pruned pruned;
  const ImageStore::InUse nobody = [](const Digest&, bool&) { return std::string(); };
  const ImageStore::InUse& in_use = parts_.in_use ? parts_.in_use : nobody;
  // A parent loses its last child and becomes one to remove: until nothing goes any more.
  for (bool again = true; again;) {
    again = false;
    for (const ImagePtr& image : parts_.images.list()) {
      bool running = false;
      if (!image->tags.empty() || !image->digests.empty() || !image->manifest.empty() ||
          !parts_.images.children(image->id).empty() || !in_use(image->id, running).empty() ||
          (only && !only(*image))) {
        continue;
      }
      const auto removed = parts_.images.remove(image->id.text(), false, false, in_use);
      if (!removed) continue;
      again = true;
      pruned.ids.push_back(image->id.text());
      pruned.bytes += removed->bytes;
    }
  }
  pruned.bytes += parts_.images.collect();
  return pruned;
}

Builder::Builder(Parts parts)
    : implementation_(std::make_unique<Implementation>(std::move(parts))) {}
Builder::~Builder() = default;

Result<ImagePtr> Builder::build(const BuildRequest& request, const BuildEvents& events,
                                std::stop_token stop) {
  return implementation_->build(request, events, stop);
}

Result<Builder::Pruned> Builder::prune(const OnlyOf& only) {
  return implementation_->prune(only);
}

}  // namespace cove::image
