#include "ui/models/pod_logs.h"

#include <QLocale>
#include <algorithm>
#include <set>

#include "core/api/document.h"
#include "core/client/wire.h"
#include "ui/models/document_text.h"

namespace cove::ui {

namespace json = api::json;
using namespace std::chrono_literals;

namespace {

constexpr auto kFirstPause = 200ms;
constexpr auto kLongestPause = 15s;
// A container that says nothing yet may keep the answer's header back.
constexpr std::chrono::milliseconds kHeaderTime = 1h;

const json::object* status_of(const api::Object& pod, std::string_view list,
                              std::string_view container) {
  const json::array* const all = api::array_at(pod.document(), {"status", list});
  if (all == nullptr) return nullptr;
  for (const json::value& each : *all) {
    const json::object* const status = each.if_object();
    if (status != nullptr && api::text_at(*status, {"name"}) == container) return status;
  }
  return nullptr;
}

// "a=b,c in (d,e)" as a query has it; empty when it chooses by nothing.
std::string selector_text(const json::object& selector) {
  std::string text;
  const auto add = [&](const std::string& term) { text += (text.empty() ? "" : ",") + term; };
  if (const json::object* labels = api::object_at(selector, {"matchLabels"})) {
    for (const auto& [name, value] : *labels) {
      if (value.is_string()) add(std::string(name) + "=" + std::string(value.get_string()));
    }
  }
  const json::array* const rules = api::array_at(selector, {"matchExpressions"});
  if (rules == nullptr) return text;
  for (const json::value& each : *rules) {
    const json::object* const rule = each.if_object();
    if (rule == nullptr) continue;
    const std::string name(api::text_at(*rule, {"key"}));
    const std::string_view how = api::text_at(*rule, {"operator"});
    if (how == "Exists") add(name);
    if (how == "DoesNotExist") add("!" + name);
    if (how != "In" && how != "NotIn") continue;
    std::string values;
    if (const json::array* const given = api::array_at(*rule, {"values"})) {
      for (const json::value& value : *given)
        if (value.is_string())
          values += (values.empty() ? "" : ",") + std::string(value.get_string());
    }
    add(name + (how == "In" ? " in (" : " notin (") + values + ")");
  }
  return text;
}

}  // namespace

QString LogTarget::key() const {
  return QStringLiteral("%1 %2/%3").arg(text(kind), text(namespace_name), text(name));
}

std::optional<LogTarget> log_target_of(const api::Object& object) {
  LogTarget target{std::string(object.kind()),
                   std::string(object.name()),
                   std::string(object.namespace_name()),
                   {}};
  if (target.kind == "Pod") return target;
  const json::object* const selector = api::object_at(object.document(), {"spec", "selector"});
  if (selector == nullptr) return std::nullopt;
  target.label_selector = selector_text(*selector);
  if (target.is_pod()) return std::nullopt;
  return target;
}

// One container of one pod.
struct PodLogs::Source {
  std::string uid;
  std::string pod;
  std::string container;
  std::uint16_t index = 0;
  State state = State::kWaiting;
  QString why;
  bool running = false;
  bool gone = false;  // the pod is
  std::string run;    // whose log was read or is
  std::string next;   // the run that its status names
  std::unique_ptr<ApiStream> stream;
  std::string rest;  // a line that has not ended
  bool resuming = false;
  bool any = false;
  std::int64_t last = 0;     // the newest line's time
  std::size_t at_last = 0;   // lines of that very time
  std::size_t repeated = 0;  // of them, to be left out yet
  std::chrono::milliseconds pause = kFirstPause;
  QTimer later;
};

PodLogs::PodLogs(ApiSession& api, LogDocument& document, LogTarget target, QObject* parent)
    : QObject(parent),
      api_(api),
      document_(document),
      target_(std::move(target)),
      context_(api.context()) {
  client::Selection selection{.resource = {"", "v1", "pods"},
                              .namespace_name = target_.namespace_name,
                              .label_selector = target_.label_selector};
  if (target_.is_pod()) selection.field_selector = "metadata.name=" + target_.name;
  pods_ = api_.follow(selection);
  connect(pods_.get(), &LiveCollection::changed, this, &PodLogs::look);
  connect(pods_.get(), &LiveCollection::health_changed, this, &PodLogs::look);
  connect(pods_.get(), &LiveCollection::forgotten, this, [this] {
    // Its streams have ended without a word; they are taken up where they were when it is back.
    for (const auto& [key, source] : sources_) {
      source->stream.reset();
      source->rest.clear();
      source->later.stop();
      if (source->state == State::kReading || source->state == State::kBroken) {
        source->state = State::kWaiting;
        source->run.clear();
      }
    }
    Q_EMIT notice_changed();
  });
}

PodLogs::~PodLogs() = default;

void PodLogs::start(const LogReading& reading) {
  reading_ = reading;
  for (const auto& [key, source] : sources_) {
    source->stream.reset();
    source->later.stop();
    source->rest.clear();
    source->run.clear();
    source->state = State::kWaiting;
    source->any = source->resuming = false;
    source->last = 0;
    source->at_last = 0;
  }
  document_.clear();
  look();
}

void PodLogs::retry() {
  for (const auto& [key, source] : sources_) {
    if (source->stream || source->gone) continue;
    source->run.clear();
    source->pause = kFirstPause;
    source->later.stop();
    source->state = State::kWaiting;
  }
  look();
}

void PodLogs::look() {
  if (api_.context() == context_) {
    for (const auto& [key, pod] : pods_->objects()) look_at(*pod);
    if (pods_->synced()) forget_gone();
  }
  Q_EMIT notice_changed();
}

void PodLogs::look_at(const api::Object& pod) {
  static constexpr std::pair<std::string_view, std::string_view> kLists[] = {
      {"initContainers", "initContainerStatuses"},
      {"containers", "containerStatuses"},
      {"ephemeralContainers", "ephemeralContainerStatuses"}};
  for (const auto& [list, statuses] : kLists) {
    const json::array* const containers = api::array_at(pod.document(), {"spec", list});
    if (containers == nullptr) continue;
    for (const json::value& each : *containers)
      if (const json::object* const container = each.if_object())
        look_at_container(pod, *container, statuses);
  }
}

void PodLogs::look_at_container(const api::Object& pod, const json::object& container,
                                std::string_view statuses) {
  const std::string name(api::text_at(container, {"name"}));
  const std::string key = std::string(pod.uid()) + "/" + name;
  auto found = sources_.find(key);
  if (found == sources_.end()) {
    if (sources_.size() >= kMaxStreams) {
      too_many_ = true;
      return;
    }
    found = sources_.emplace(key, std::make_unique<Source>()).first;
    Source& made = *found->second;
    made.uid = pod.uid();
    made.pod = pod.name();
    made.container = name;
    origins_.push_back({text(made.pod), text(name)});
    made.index = document_.add_source(name_of(made));
    origins_.resize(static_cast<std::size_t>(document_.sources().size()), origins_.back());
    made.later.setSingleShot(true);
    connect(&made.later, &QTimer::timeout, this, [this, &made] { open(made); });
  }
  Source& source = *found->second;
  const json::object* const status = status_of(pod, statuses, name);
  const auto has = [&](std::string_view when, std::string_view what) {
    return status != nullptr && api::object_at(*status, {when, what}) != nullptr;
  };
  const bool before = has("lastState", "terminated");
  source.running = has("state", "running");
  source.next =
      status == nullptr ? std::string() : std::string(api::text_at(*status, {"containerID"}));
  if (source.next.empty()) source.next = source.running ? "running" : "ended";
  const bool readable =
      reading_.previous ? before : source.running || has("state", "terminated") || before;
  if (!readable && !source.stream) {
    if (source.state != State::kForbidden) source.state = State::kWaiting;
    if (reading_.previous) {
      source.why = tr("%1 has not run before").arg(name_of(source));
    } else {
      const std::string_view reason = status == nullptr
                                          ? std::string_view()
                                          : api::text_at(*status, {"state", "waiting", "reason"});
      const std::string_view message = status == nullptr
                                           ? std::string_view()
                                           : api::text_at(*status, {"state", "waiting", "message"});
      source.why = reason.empty()
                       ? tr("%1 is waiting to start").arg(name_of(source))
                       : tr("%1 is waiting to start: %2").arg(name_of(source), text(reason));
      if (!message.empty()) source.why += QStringLiteral("\n") + text(message);
    }
    return;
  }
  const bool refused = source.state == State::kForbidden || source.state == State::kGone;
  if (readable && !source.stream && !source.later.isActive() && !refused &&
      source.run != source.next)
    open(source);
}

// What is not among the pods any more is read to its end, and not again.
void PodLogs::forget_gone() {
  std::set<std::string_view> living;
  for (const auto& [key, pod] : pods_->objects()) living.insert(pod->uid());
  for (const auto& [key, source] : sources_) {
    if (source->gone || living.contains(source->uid)) continue;
    source->gone = true;
    source->running = false;
    source->later.stop();
    if (!source->stream) source->state = State::kGone;
    document_.remark(source->index, tr("%1 has gone").arg(name_of(*source)));
  }
}

QString PodLogs::name_of(const Source& source) const {
  return QStringLiteral("%1/%2").arg(text(source.pod), text(source.container));
}

int PodLogs::open_streams() const {
  return static_cast<int>(std::ranges::count_if(
      sources_, [](const auto& each) { return each.second->stream != nullptr; }));
}

void PodLogs::open(Source& source) {
  source.run = source.next;
  source.state = State::kReading;
  source.why.clear();
  source.rest.clear();
  source.resuming = source.any;
  source.repeated = source.at_last;
  client::ApiRequest request;
  request.path = "/api/v1/namespaces/" + client::encode_segment(target_.namespace_name) + "/pods/" +
                 client::encode_segment(source.pod) + "/log";
  request.accept = "*/*";
  request.timeout = kHeaderTime;
  request.query = {{"container", source.container}, {"timestamps", "true"}};
  if (reading_.previous) {
    request.query.emplace_back("previous", "true");
  } else {
    request.query.emplace_back("follow", "true");
  }
  if (source.any) {
    request.query.emplace_back("sinceTime", since_time(source.last));
  } else if (reading_.since_seconds) {
    request.query.emplace_back("sinceSeconds", std::to_string(*reading_.since_seconds));
  } else {
    request.query.emplace_back("tailLines", std::to_string(LogLimits().lines));
  }
  source.stream = api_.stream(
      request, {.opened = [this] { Q_EMIT notice_changed(); },
                .bytes = [this, &source](const std::string& bytes) { take(source, bytes); },
                .closed = [this, &source](const auto& error) { closed(source, error); }});
}

void PodLogs::take(Source& source, const std::string& bytes) {
  source.rest += bytes;
  std::vector<NewLine> lines;
  const std::size_t taken = flush(source, lines, false);
  if (!lines.empty()) {
    source.pause = kFirstPause;
    document_.append(lines);
  }
  source.rest.erase(0, taken);
}

// Whole lines, and what is left too when nothing follows it or it is too long. They point into
// source.rest, whose bytes from the returned place on are still to be read.
std::size_t PodLogs::flush(Source& source, std::vector<NewLine>& lines, bool whole) {
  const std::string_view all = source.rest;
  std::size_t at = 0;
  for (std::size_t end = all.find('\n'); end != std::string_view::npos; end = all.find('\n', at)) {
    take_line(source, all.substr(at, end - at), lines);
    at = end + 1;
  }
  if (at < all.size() && (whole || all.size() - at > kMaxLine)) {
    take_line(source, all.substr(at), lines);
    at = all.size();
  }
  return at;
}

void PodLogs::take_line(Source& source, std::string_view line, std::vector<NewLine>& lines) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto stamped = cut_stamp(line);
  const std::int64_t time = stamped ? stamped->time : source.last;
  const std::string_view words = stamped ? stamped->text : line;
  if (source.resuming) {
    if (time < source.last) return;
    if (time == source.last && source.repeated > 0) {
      --source.repeated;
      return;
    }
    source.resuming = false;
  }
  source.at_last = source.any && time == source.last ? source.at_last + 1 : 1;
  source.last = time;
  source.any = true;
  Severity severity = severity_of(words);
  if (severity == Severity::kNone && goes_on(words)) {
    const auto before = std::find_if(lines.rbegin(), lines.rend(), [&](const NewLine& each) {
      return each.source == source.index;
    });
    if (before != lines.rend()) severity = before->severity;
  }
  lines.push_back({time, source.index, severity, 0, words});
}

void PodLogs::closed(Source& source, const std::optional<client::ApiError>& error) {
  source.stream.reset();
  const bool again = source.running && !reading_.previous;
  if (!error && !again) {
    std::vector<NewLine> lines;
    flush(source, lines, true);
    if (!lines.empty()) document_.append(lines);
  }
  source.rest.clear();
  if (!error) {
    source.state = source.gone ? State::kGone : State::kEnded;
    if (again) again_later(source);
  } else if (error->is_forbidden()) {
    source.state = State::kForbidden;
    source.why = QString::fromStdString(error->message);
  } else if (error->is_not_found()) {
    source.state = State::kGone;
    source.why = QString::fromStdString(error->message);
  } else if (error->code == 400) {
    // What it waits for is seen in its status.
    source.state = State::kWaiting;
    source.why = QString::fromStdString(error->message);
    if (again) again_later(source);
  } else if (source.gone) {
    source.state = State::kGone;
  } else {
    source.state = State::kBroken;
    source.why = QString::fromStdString(error->message);
    again_later(source);
  }
  // Its next run may have begun meanwhile.
  if (!source.later.isActive()) look();
  Q_EMIT notice_changed();
}

void PodLogs::again_later(Source& source) {
  source.later.start(source.pause);
  source.pause = std::min<std::chrono::milliseconds>(2 * source.pause, kLongestPause);
}

std::optional<LogNotice> PodLogs::notice() const {
  if (api_.context() != context_)
    return LogNotice{
        true, tr("Another cluster is shown now"),
        tr("The log goes on when “%1” is chosen again.").arg(QString::fromStdString(context_))};
  if (const auto& problem = pods_->problem(); problem && sources_.empty())
    return LogNotice{true,
                     problem->is_forbidden() ? tr("You may not see these pods")
                                             : tr("The cluster cannot be reached"),
                     QString::fromStdString(problem->message)};
  if (pods_->synced() && pods_->objects().empty())
    return LogNotice{
        target_.is_pod(), target_.is_pod() ? tr("The pod has gone") : tr("There is no pod now"),
        target_.is_pod() ? QString()
                         : tr("The logs of its pods show here as soon as there are any.")};
  std::map<State, std::vector<const Source*>> by_state;
  for (const auto& [key, source] : sources_)
    if (!source->gone) by_state[source->state].push_back(source.get());
  const auto first = [&](State state) { return by_state[state].front(); };
  const auto rest = [&](State state) {
    const auto more = by_state[state].size() - 1;
    return more == 0 ? QString() : QStringLiteral("\n") + tr("And %1 more.").arg(more);
  };
  if (!by_state[State::kForbidden].empty())
    return LogNotice{true, tr("You may not read this log"),
                     first(State::kForbidden)->why + rest(State::kForbidden), true};
  if (!by_state[State::kBroken].empty())
    return LogNotice{
        false, tr("The log of %1 broke off; trying again").arg(name_of(*first(State::kBroken))),
        first(State::kBroken)->why + rest(State::kBroken), true};
  if (!by_state[State::kWaiting].empty()) {
    const QString& why = first(State::kWaiting)->why;
    const QString more = why.section(QLatin1Char('\n'), 1) + rest(State::kWaiting);
    return LogNotice{false, why.section(QLatin1Char('\n'), 0, 0), more.trimmed()};
  }
  if (!by_state[State::kGone].empty())
    return LogNotice{true, tr("The log of %1 has gone").arg(name_of(*first(State::kGone))),
                     first(State::kGone)->why + rest(State::kGone), true};
  if (too_many_)
    return LogNotice{false,
                     tr("Only the logs of the first %1 containers are read")
                         .arg(QLocale().toString(kMaxStreams)),
                     {}};
  return std::nullopt;
}

}  // namespace cove::ui
