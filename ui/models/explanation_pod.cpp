// Why a pod is not running.
#include <QLocale>
#include <QRegularExpression>
#include <algorithm>

#include "core/api/pod_resources.h"
#include "core/api/time.h"
#include "ui/models/explanation_parts.h"
#include "ui/models/pod_state.h"
#include "ui/models/text.h"

namespace cove::ui::why {
namespace {

// A container's status with what belongs to it.
struct Stuck {
  const json::object* status = nullptr;
  const json::object* container = nullptr;  // of the specification; may be null
  bool initial = false;
  int number = 0;  // among the init containers, from 1
  int of = 0;
};

QString contained(const Stuck& stuck) {
  const QString name = text(api::text_at(*stuck.status, {"name"}));
  if (!stuck.initial) return Explanations::tr("Container “%1”").arg(name);
  return Explanations::tr("Init container “%1” (%2 of %3)")
      .arg(name)
      .arg(stuck.number)
      .arg(stuck.of);
}

const json::object* container_named(const json::object& pod, std::string_view list,
                                    std::string_view name) {
  const json::object* found = nullptr;
  api::each_object(pod, {"spec", list}, [&](const json::object& container) {
    if (api::text_at(container, {"name"}) == name) found = &container;
  });
  return found;
}

bool does_its_work(const json::object& status, bool initial) {
  if (const auto* ended = api::object_at(status, {"state", "terminated"}))
    return api::integer_at(*ended, {"exitCode"}).value_or(0) == 0;
  if (api::object_at(status, {"state", "running"}) == nullptr) return false;
  if (initial) return true;
  return api::flag_at(status, {"ready"});
}

// The first container that keeps the pod from its work. Init containers come first, and an init
// container that runs is where it waits.
std::optional<Stuck> first_stuck(const json::object& pod) {
  std::optional<Stuck> found;
  int number = 0;
  const auto* all = api::array_at(pod, {"spec", "initContainers"});
  const int of = all != nullptr ? static_cast<int>(all->size()) : 0;
  api::each_object(pod, {"status", "initContainerStatuses"}, [&](const json::object& status) {
    ++number;
    if (found) return;
    const auto* container = container_named(pod, "initContainers", api::text_at(status, {"name"}));
    const bool sidecar = container != nullptr && api::is_sidecar(*container);
    const bool running = api::object_at(status, {"state", "running"}) != nullptr;
    if (does_its_work(status, true) && !(running && !sidecar)) return;
    found = Stuck{&status, container, true, number, of};
  });
  if (found) return found;
  // One that fails says more than one that only waits for its turn.
  const auto look = [&](bool only_failing) {
    api::each_object(pod, {"status", "containerStatuses"}, [&](const json::object& status) {
      if (found || does_its_work(status, false)) return;
      const auto reason = api::text_at(status, {"state", "waiting", "reason"});
      const bool turn = reason == "ContainerCreating" || reason == "PodInitializing";
      const bool unready = api::object_at(status, {"state", "running"}) != nullptr;
      if (only_failing && (turn || unready)) return;
      found = Stuck{&status, container_named(pod, "containers", api::text_at(status, {"name"})),
                    false, 0, 0};
    });
  };
  look(true);
  if (!found) look(false);
  return found;
}

// ---- Images

QString registry_answer(const api::Object& pod, const Surroundings& around,
                        const json::object& status) {
  QString message = text(api::text_at(status, {"state", "waiting", "message"}));
  const auto mark = message.indexOf(QLatin1String("ErrImagePull: "));
  if (mark >= 0) return message.mid(mark + 14);
  const QString told = message_of(last_event(around, pod, "Failed", "Failed to pull image"));
  if (!told.isEmpty()) {
    const auto colon = told.indexOf(QLatin1String(": "));
    return colon > 0 ? told.mid(colon + 2) : told;
  }
  return message.startsWith(QLatin1String("Back-off")) && !message.contains(QLatin1String(": "))
             ? QString()
             : message;
}

QString image_advice(const QString& answer) {
  const auto says = [&](std::initializer_list<const char*> words) {
    return std::ranges::any_of(words, [&](const char* word) {
      return answer.contains(QLatin1String(word), Qt::CaseInsensitive);
    });
  };
  if (says({"no such host", "name resolution", "lookup ", "resolve"})) {
    return Explanations::tr(
        "The registry's host name is not known to the node's DNS. Check the name for a "
        "slip of the finger, and the network's name server.");
  }
  if (says({"x509", "certificate", "http response to https"})) {
    return Explanations::tr(
        "The registry was reached but its TLS certificate is not trusted, or it speaks "
        "plain HTTP. Use a registry with a valid certificate, or a mirror.");
  }
  if (says({"toomanyrequests", "rate limit", "429"})) {
    return Explanations::tr(
        "The registry limits how often you may pull. Wait, sign in with an "
        "imagePullSecret, or set a registry mirror.");
  }
  if (says({"connection refused", "timeout", "timed out", "unreachable", "network is"})) {
    return Explanations::tr(
        "The registry could not be reached from the node. Check that this computer is "
        "online, and the proxy; or build or load the image here.");
  }
  // Registries answer the same to a repository that does not exist and to one that is private.
  if (says({"unauthorized", "denied", "authentication required", "forbidden", "401", "403"})) {
    return Explanations::tr(
        "The repository does not exist or needs a login. Check the name; for a private "
        "one create a docker-registry Secret and name it in imagePullSecrets.");
  }
  if (says({"not found", "manifest unknown", "404", "name unknown"})) {
    return Explanations::tr(
        "There is no such repository or tag. Correct the image's name or tag in the "
        "pod's template, or build it here under this name.");
  }
  return Explanations::tr(
      "Check the image's name and tag and that the registry can be reached and lets you "
      "in; or build it here.");
}

Explanation image_failure(const api::Object& pod, const Surroundings& around, const Stuck& stuck,
                          std::string_view reason) {
  const QString image =
      text(api::text_at(stuck.container != nullptr ? *stuck.container : *stuck.status, {"image"}));
  Explanation out;
  if (reason == "InvalidImageName") {
    out.title = Explanations::tr("“%1” is no valid image name (InvalidImageName)").arg(image);
    out.why = text(api::text_at(*stuck.status, {"state", "waiting", "message"}));
    out.advice = Explanations::tr(
        "Correct the image in the pod's template: registry/repository:tag, in "
        "lowercase letters.");
    return out;
  }
  if (reason == "ErrImageNeverPull") {
    out.title = Explanations::tr("The image %1 is not on the node (ErrImageNeverPull)").arg(image);
    out.why = Explanations::tr("%1 has imagePullPolicy: Never, so it is not pulled.")
                  .arg(contained(stuck));
    out.advice =
        Explanations::tr("Build or load the image, or change imagePullPolicy to IfNotPresent.");
    return out;
  }
  const QString answer = registry_answer(pod, around, *stuck.status);
  out.title = Explanations::tr("The image %1 cannot be pulled (%2)").arg(image, text(reason));
  out.why = lines(
      {Explanations::tr("%1 needs it to start.").arg(contained(stuck)),
       answer.isEmpty() ? QString() : Explanations::tr("The registry's answer: %1").arg(answer),
       Explanations::tr("It is tried again after a pause that grows to 5 minutes.")});
  out.advice = image_advice(answer);
  return out;
}

// ---- Ends

QString signal_name(std::int64_t number) {
  static const std::map<std::int64_t, const char*> names = {
      {1, "SIGHUP"},   {2, "SIGINT"},   {3, "SIGQUIT"},  {4, "SIGILL"},   {5, "SIGTRAP"},
      {6, "SIGABRT"},  {7, "SIGBUS"},   {8, "SIGFPE"},   {9, "SIGKILL"},  {11, "SIGSEGV"},
      {13, "SIGPIPE"}, {14, "SIGALRM"}, {15, "SIGTERM"}, {24, "SIGXCPU"}, {25, "SIGXFSZ"}};
  const auto found = names.find(number);
  return found == names.end() ? QString::number(number) : QString::fromLatin1(found->second);
}

QString end_text(const json::object& ended) {
  const auto code = api::integer_at(ended, {"exitCode"}).value_or(0);
  auto signal = api::integer_at(ended, {"signal"}).value_or(0);
  if (signal == 0 && code > 128 && code < 128 + 65) signal = code - 128;
  if (api::text_at(ended, {"reason"}) == "OOMKilled")
    return Explanations::tr(
               "It was ended for using more memory than its limit (OOMKilled, exit code %1).")
        .arg(code);
  if (signal != 0)
    return Explanations::tr("It was ended by the signal %1 (exit code %2).")
        .arg(signal_name(signal))
        .arg(code);
  if (code == 0)
    return Explanations::tr("It ended by itself with exit code 0, which means success.");
  return Explanations::tr("It ended with exit code %1.").arg(code);
}

QString end_advice(const json::object& ended, const json::object* container) {
  const auto code = api::integer_at(ended, {"exitCode"}).value_or(0);
  if (api::text_at(ended, {"reason"}) == "OOMKilled") {
    const QString limit = container != nullptr
                              ? text(api::text_at(*container, {"resources", "limits", "memory"}))
                              : QString();
    return limit.isEmpty()
               ? Explanations::tr(
                     "The node ran out of memory. Give the cluster more, or set a limit and "
                     "make the program use less.")
               : Explanations::tr(
                     "Raise resources.limits.memory (now %1), or make the program use less.")
                     .arg(limit);
  }
  if (api::text_at(ended, {"reason"}) == "StartError" || code == 126 || code == 127) {
    return Explanations::tr(
        "The command could not be run: check “command” and “args”, and that the program "
        "is in the image, executable and made for this processor.");
  }
  if (code == 0) {
    return Explanations::tr(
        "A container here should keep running. If its work is done when it ends, use a "
        "Job; else see that its program stays in the foreground.");
  }
  if (code == 139) {
    return Explanations::tr(
        "The program crashed (a memory access it may not make). Its log and the image's "
        "version are where to look.");
  }
  if (code == 137 || code == 143) {
    return Explanations::tr(
        "Something ended it from outside: a failed liveness probe, too little memory, or "
        "a stop. The events say which.");
  }
  return Explanations::tr(
      "Its own log says why. Check its configuration: "
      "arguments, environment, files, and what it connects to.");
}

Explanation crash(const api::Object& pod, const Surroundings& around, const Stuck& stuck,
                  const json::object& ended, std::string_view reason) {
  Explanation out;
  const auto restarts = api::integer_at(*stuck.status, {"restartCount"}).value_or(0);
  out.title =
      reason == "CrashLoopBackOff"
          ? Explanations::tr("%1 ends again and again (CrashLoopBackOff)").arg(contained(stuck))
          : Explanations::tr("%1 ended (%2)")
                .arg(contained(stuck), reason.empty() ? Explanations::tr("Error") : text(reason));
  const QString said = text(api::text_at(ended, {"message"}));
  const QString probe = message_of(last_event(around, pod, "Unhealthy", "Liveness probe"));
  const QString startup = message_of(last_event(around, pod, "Unhealthy", "Startup probe"));
  out.why = lines(
      {end_text(ended), said,
       probe.isEmpty()
           ? QString()
           : Explanations::tr("Its liveness probe failed, which has it restarted: %1").arg(probe),
       startup.isEmpty()
           ? QString()
           : Explanations::tr("Its startup probe failed, which has it restarted: %1").arg(startup),
       restarts > 0
           ? Explanations::tr("It was restarted so often: %1; each time after a longer pause.")
                 .arg(restarts)
           : QString()});
  out.log = around.log;
  out.advice =
      probe.isEmpty() && startup.isEmpty()
          ? end_advice(ended, stuck.container)
          : Explanations::tr(
                "Check the probe's path, port and initialDelaySeconds against what the program "
                "does, and whether it answers in timeoutSeconds.");
  return out;
}

// ---- Configuration

Explanation missing_object(const QString& message, const QString& title) {
  Explanation out;
  out.title = title;
  out.why = message;
  static const QRegularExpression gone(
      QStringLiteral("(configmap|secret|persistentvolumeclaim)s? \"?([^\" ]+)\"? not found"),
      QRegularExpression::CaseInsensitiveOption);
  static const QRegularExpression no_key(
      QStringLiteral("(?:couldn't find|references non-existent) (?:config |secret )?key:? "
                     "\"?([^\" ]+)\"?(?: in (ConfigMap|Secret) ([^ ]+))?"),
      QRegularExpression::CaseInsensitiveOption);
  if (const auto found = gone.match(message); found.hasMatch()) {
    const QString kind = found.captured(1).toLower() == QLatin1String("configmap")
                             ? QStringLiteral("ConfigMap")
                         : found.captured(1).toLower() == QLatin1String("secret")
                             ? QStringLiteral("Secret")
                             : QStringLiteral("PersistentVolumeClaim");
    out.title = Explanations::tr("The %1 “%2” is missing").arg(kind, found.captured(2));
    out.advice = Explanations::tr(
        "Create it in the pod's namespace, or correct the name in the pod's "
        "template. The pod starts by itself once it is there.");
  } else if (const auto key = no_key.match(message); key.hasMatch()) {
    out.title =
        Explanations::tr("The key “%1” is missing in a ConfigMap or Secret").arg(key.captured(1));
    out.advice = Explanations::tr("Add the key, or correct its name in the pod's template.");
  } else {
    out.advice = Explanations::tr("Correct what the message names; the pod goes on by itself.");
  }
  return out;
}

Explanation creating(const api::Object& pod, const Surroundings& around, const Stuck& stuck) {
  const QString reason = text(api::text_at(*stuck.status, {"state", "waiting", "reason"}));
  Explanation out;
  if (const auto mount = last_event(around, pod, "FailedMount")) {
    return missing_object(message_of(mount),
                          Explanations::tr("A volume cannot be mounted (FailedMount)"));
  }
  if (const auto attach = last_event(around, pod, "FailedAttachVolume")) {
    return missing_object(message_of(attach),
                          Explanations::tr("A volume cannot be attached (FailedAttachVolume)"));
  }
  if (const auto sandbox = last_event(around, pod, "FailedCreatePodSandBox")) {
    out.title = Explanations::tr("The pod's network could not be set up (FailedCreatePodSandBox)");
    out.why = message_of(sandbox);
    out.advice =
        Explanations::tr("It is tried again. If it goes on, look at the console log of the node.");
    return out;
  }
  out.state = ObjectState::kBusy;
  const auto pulling = last_event(around, pod, "Pulling");
  out.title = pulling && !last_event(around, pod, "Pulled")
                  ? Explanations::tr("The image is being pulled")
                  : Explanations::tr("%1 is being started (%2)").arg(contained(stuck), reason);
  out.why = message_of(pulling);
  return out;
}

Explanation not_ready(const api::Object& pod, const Surroundings& around, const Stuck& stuck) {
  Explanation out;
  out.state = ObjectState::kBusy;
  const bool starting = stuck.container != nullptr &&
                        api::object_at(*stuck.container, {"startupProbe"}) != nullptr &&
                        !api::flag_at(*stuck.status, {"started"});
  const std::string_view probe = starting ? "startupProbe" : "readinessProbe";
  const QString told =
      message_of(last_event(around, pod, "Unhealthy", starting ? "Startup" : "Readiness"));
  out.title = starting
                  ? Explanations::tr("%1 runs but has not started up yet").arg(contained(stuck))
                  : Explanations::tr("%1 runs but is not ready").arg(contained(stuck));
  QString asks;
  if (stuck.container != nullptr) {
    if (const auto* http = api::object_at(*stuck.container, {probe, "httpGet"})) {
      const auto* port = api::value_at(*http, {"port"});
      asks = Explanations::tr("Its %1 asks GET %2 on port %3.")
                 .arg(text(probe), text(api::text_at(*http, {"path"})),
                      port == nullptr     ? QString()
                      : port->is_string() ? text(api::view(port->get_string()))
                                          : text(api::to_text(*port)));
    } else if (const auto* port = api::value_at(*stuck.container, {probe, "tcpSocket", "port"})) {
      asks = Explanations::tr("Its %1 opens TCP port %2.")
                 .arg(text(probe), port->is_string() ? text(api::view(port->get_string()))
                                                     : text(api::to_text(*port)));
    } else if (api::object_at(*stuck.container, {probe, "exec"}) != nullptr) {
      asks = Explanations::tr("Its %1 runs a command in the container.").arg(text(probe));
    }
  }
  out.why = lines({asks, told, Explanations::tr("Until it is ready, Services send it nothing.")});
  out.advice =
      told.isEmpty()
          ? Explanations::tr("Wait for its first probe; its log shows how far it has come.")
          : Explanations::tr(
                "See that the program answers there, or correct the probe's path, port "
                "and times.");
  return out;
}

Explanation stuck_container(const api::Object& pod, const Surroundings& around,
                            const Stuck& stuck) {
  const auto reason = api::text_at(*stuck.status, {"state", "waiting", "reason"});
  const QString message = text(api::text_at(*stuck.status, {"state", "waiting", "message"}));
  if (reason == "ImagePullBackOff" || reason == "ErrImagePull" || reason == "InvalidImageName" ||
      reason == "ErrImageNeverPull" || reason == "RegistryUnavailable" ||
      reason == "ImageInspectError") {
    return image_failure(pod, around, stuck, reason);
  }
  const auto* last = api::object_at(*stuck.status, {"lastState", "terminated"});
  if (reason == "CrashLoopBackOff") {
    if (last != nullptr) return crash(pod, around, stuck, *last, reason);
    Explanation out;
    out.title =
        Explanations::tr("%1 ends again and again (CrashLoopBackOff)").arg(contained(stuck));
    out.why = message;
    out.log = around.log;
    out.advice = Explanations::tr("Its own log says why.");
    return out;
  }
  if (const auto* ended = api::object_at(*stuck.status, {"state", "terminated"}))
    return crash(pod, around, stuck, *ended, api::text_at(*ended, {"reason"}));
  if (reason == "CreateContainerConfigError") {
    return missing_object(
        message,
        Explanations::tr("%1 cannot be set up (CreateContainerConfigError)").arg(contained(stuck)));
  }
  if (reason == "ContainerCreating" || reason == "PodInitializing")
    return creating(pod, around, stuck);
  if (api::object_at(*stuck.status, {"state", "running"}) != nullptr) {
    if (!stuck.initial) return not_ready(pod, around, stuck);
    Explanation out;
    out.state = ObjectState::kBusy;
    out.title = Explanations::tr("%1 is still running").arg(contained(stuck));
    out.why = Explanations::tr(
        "The pod's containers start once its init containers have ended, one after "
        "the other.");
    out.log = around.log;
    out.advice = Explanations::tr("If it takes too long, its log shows what it waits for.");
    return out;
  }
  Explanation out;
  out.title = reason.empty()
                  ? Explanations::tr("%1 does not run").arg(contained(stuck))
                  : Explanations::tr("%1 does not run (%2)").arg(contained(stuck), text(reason));
  out.why = message;
  out.advice =
      reason == "RunContainerError" || reason == "CreateContainerError" || reason == "StartError"
          ? Explanations::tr(
                "The command could not be run: check “command” and “args”, and that "
                "the program is in the image.")
          : Explanations::tr("Correct what the message names; the pod goes on by itself.");
  return out;
}

// ---- Scheduling

QString amount(std::string_view resource, const api::Quantity& value) {
  if (resource == "cpu") {
    const double cpus = static_cast<double>(value.milli_value()) / 1000;
    return Explanations::tr("%1 CPUs").arg(QLocale().toString(cpus, 'g', 3));
  }
  if (resource == "memory" || resource == "ephemeral-storage")
    return mebibytes(static_cast<std::uint64_t>(std::max<std::int64_t>(0, value.value())) >> 20);
  return QString::number(value.value());
}

QString resource_title(std::string_view resource) {
  return resource == "memory" ? Explanations::tr("memory") : text(resource);
}

// What the pod asks for against what each node has, of a resource that is short.
QString compare_resource(const api::Object& pod, const Surroundings& around,
                         const std::string& resource) {
  const auto asked = api::pod_resources(pod.document(), "requests");
  const auto wanted = asked.find(resource);
  if (wanted == asked.end()) return {};
  QStringList sentences;
  for (const api::ObjectPtr& node : of_kind(around, "Node")) {
    const auto all = api::amounts_at(node->document(), {"status", "allocatable"});
    const auto has = all.find(resource);
    api::Quantity taken;
    for (const api::ObjectPtr& other : of_kind(around, "Pod")) {
      const auto phase = api::text_at(other->document(), {"status", "phase"});
      if (api::text_at(other->document(), {"spec", "nodeName"}) != node->name() ||
          phase == "Succeeded" || phase == "Failed") {
        continue;
      }
      const auto its = api::pod_resources(other->document(), "requests");
      if (const auto part = its.find(resource); part != its.end()) taken += part->second;
    }
    const api::Quantity there = has == all.end() ? api::Quantity() : has->second;
    sentences.append(
        Explanations::tr("It asks for %1; the node %2 has %3, of which other pods have asked "
                         "for %4.")
            .arg(amount(resource, wanted->second), text(node->name()), amount(resource, there),
                 amount(resource, taken)));
    if (sentences.size() == 3) break;
  }
  return sentences.join(QLatin1Char('\n'));
}

constexpr std::size_t kClaimsNamed = 3;

struct Unfit {
  QString why;
  QString advice;
};

Unfit unfit(const api::Object& pod, const Surroundings& around, const QString& message) {
  Unfit out;
  static const QRegularExpression insufficient(QStringLiteral("Insufficient ([A-Za-z0-9./-]+)"));
  QStringList why;
  auto matches = insufficient.globalMatch(message);
  while (matches.hasNext()) {
    QString resource = matches.next().captured(1);
    while (resource.endsWith(QLatin1Char('.'))) resource.chop(1);
    why.append(
        Explanations::tr("There is not enough %1.").arg(resource_title(resource.toStdString())));
    why.append(compare_resource(pod, around, resource.toStdString()));
    out.advice = Explanations::tr(
        "Lower resources.requests in the pod's template, end other pods, or give "
        "the cluster more.");
  }
  const auto says = [&](const char* words) { return message.contains(QLatin1String(words)); };
  const auto add = [&](const QString& cause, const QString& advice) {
    why.append(cause);
    if (out.advice.isEmpty()) out.advice = advice;
  };
  if (says("node affinity/selector") || says("node selector")) {
    const QString wanted = labels_text(api::object_at(pod.document(), {"spec", "nodeSelector"}));
    add(wanted.isEmpty()
            ? Explanations::tr("No node has the labels that its node affinity asks for.")
            : Explanations::tr("No node has the labels that its nodeSelector asks for: %1.")
                  .arg(wanted),
        Explanations::tr("Label the node, or correct the selector in the pod's template."));
  }
  if (says("taint")) {
    QStringList taints;
    for (const api::ObjectPtr& node : of_kind(around, "Node")) {
      api::each_object(node->document(), {"spec", "taints"}, [&](const json::object& taint) {
        taints.append(text(api::text_at(taint, {"key"})) + QLatin1Char(':') +
                      text(api::text_at(taint, {"effect"})));
      });
    }
    add(taints.isEmpty()
            ? Explanations::tr("The node has a taint that the pod does not tolerate.")
            : Explanations::tr("The node has a taint that the pod does not tolerate: %1.")
                  .arg(taints.join(QStringLiteral(", "))),
        Explanations::tr(
            "A taint not-ready or disk-pressure goes by itself once the node is well; else add "
            "a toleration or remove the taint."));
  }
  if (says("unschedulable"))
    add(Explanations::tr("The node is cordoned: nothing new is placed on it."),
        Explanations::tr("Uncordon the node: “kubectl uncordon”."));
  if (says("free ports"))
    add(Explanations::tr("A hostPort that it asks for is taken by another pod on the node."),
        Explanations::tr(
            "Use a Service instead of hostPort, choose another port, or end the other pod."));
  if (says("PersistentVolumeClaim") || says("persistentvolumeclaim"))
    add(Explanations::tr("A volume that it needs is not there or not bound yet."),
        Explanations::tr("See the PersistentVolumeClaim's own state; the pod follows by itself."));
  if (says("Too many pods"))
    add(Explanations::tr("The node has as many pods as it takes."),
        Explanations::tr("End pods you do not need."));
  if (says("anti-affinity") || says("topology spread"))
    add(Explanations::tr("Its rules about which pods it may stand beside leave no node."),
        Explanations::tr(
            "A cluster of one node cannot keep pods apart: lower the replicas, or make the rule "
            "“preferred”."));
  why.removeAll(QString());
  out.why = why.join(QLatin1Char('\n'));
  return out;
}

// The ways to its claims.
std::vector<ExplanationAction> claims_of(const api::Object& pod) {
  std::vector<ExplanationAction> actions;
  api::each_object(pod.document(), {"spec", "volumes"}, [&](const json::object& volume) {
    const QString claim = text(api::text_at(volume, {"persistentVolumeClaim", "claimName"}));
    if (claim.isEmpty() || actions.size() == kClaimsNamed) return;
    actions.push_back({Explanations::tr("Show %1").arg(claim),
                       QStringLiteral("storage/persistentvolumeclaims"),
                       text(pod.namespace_name()) + QLatin1Char('/') + claim});
  });
  return actions;
}

std::optional<Explanation> pending(const api::Object& pod, const Surroundings& around) {
  Explanation out;
  out.state = ObjectState::kBusy;
  if (const auto* gates = api::array_at(pod.document(), {"spec", "schedulingGates"});
      gates != nullptr && !gates->empty()) {
    QStringList names;
    api::each_object(
        gates, [&](const json::object& gate) { names.append(text(api::text_at(gate, {"name"}))); });
    out.title = Explanations::tr("It is held back by scheduling gates (SchedulingGated)");
    out.why = names.join(QStringLiteral(", "));
    out.advice =
        Explanations::tr("What has set the gates takes them away; until then it is not placed.");
    return out;
  }
  const auto* placed = api::condition_of(pod.document(), "PodScheduled");
  if (placed != nullptr && api::text_at(*placed, {"status"}) == "False") {
    const QString message = text(api::text_at(*placed, {"message"}));
    const Unfit reasons = unfit(pod, around, message);
    out.state = ObjectState::kBad;
    out.title = Explanations::tr("No node can take it (Unschedulable)");
    out.why = lines({reasons.why, Explanations::tr("The scheduler says: %1").arg(message)});
    out.advice = reasons.advice.isEmpty()
                     ? Explanations::tr("It is placed by itself as soon as a node fits.")
                     : reasons.advice;
    if (message.contains(QLatin1String("persistentvolumeclaim"), Qt::CaseInsensitive))
      out.actions = claims_of(pod);
    return out;
  }
  if (!api::text_at(pod.document(), {"spec", "nodeName"}).empty()) {
    out.title = Explanations::tr("The node has not begun with it yet");
    out.why = Explanations::tr("It was given to the node %1.")
                  .arg(text(api::text_at(pod.document(), {"spec", "nodeName"})));
    out.advice = Explanations::tr("If this lasts, see whether the node is ready.");
    return out;
  }
  out.title = Explanations::tr("It waits for the scheduler");
  out.why = message_of(last_event(around, pod, "FailedScheduling"));
  return out;
}

Explanation ending(const api::Object& pod, WallTime now) {
  Explanation out;
  out.state = ObjectState::kBusy;
  QStringList finalizers;
  api::each_text(pod.document(), {"metadata", "finalizers"},
                 [&](std::string_view each) { finalizers.append(text(each)); });
  const auto until =
      api::parse_time(api::text_at(pod.document(), {"metadata", "deletionTimestamp"}));
  const bool overdue = until && *until + std::chrono::seconds(10) < now;
  if (!finalizers.isEmpty()) {
    out.state = overdue ? ObjectState::kBad : ObjectState::kBusy;
    out.title = Explanations::tr("It is being deleted and waits for finalizers");
    out.why =
        Explanations::tr("Finalizers: %1. Whoever set them must finish and remove them first.")
            .arg(finalizers.join(QStringLiteral(", ")));
    out.advice = Explanations::tr(
        "See whether the controller that set them runs. Removing a finalizer by "
        "hand skips its clean-up.");
  } else if (overdue) {
    out.state = ObjectState::kBad;
    out.title = Explanations::tr("It should be gone, but the node has not confirmed it");
    out.why = Explanations::tr("Its time to end was over %1 ago.").arg(age_text(*until, now));
    out.advice = Explanations::tr(
        "See whether the node is ready. “kubectl delete --force” removes only the "
        "API's entry.");
  } else {
    const auto grace =
        api::integer_at(pod.document(), {"metadata", "deletionGracePeriodSeconds"}).value_or(30);
    out.title = Explanations::tr("It is being ended (Terminating)");
    out.why =
        Explanations::tr("Its containers got SIGTERM and have %1 s to end before they are killed.")
            .arg(grace);
  }
  return out;
}

std::optional<LogWish> log_of(const json::object& pod) {
  const auto stuck = first_stuck(pod);
  if (!stuck) return std::nullopt;
  const std::string name(api::text_at(*stuck->status, {"name"}));
  const auto* last = api::object_at(*stuck->status, {"lastState", "terminated"});
  if (last != nullptr && api::object_at(*stuck->status, {"state", "running"}) == nullptr)
    return LogWish{name, true};
  if (api::object_at(*stuck->status, {"state", "terminated"}) != nullptr || stuck->initial)
    if (api::object_at(*stuck->status, {"state", "waiting"}) == nullptr)
      return LogWish{name, false};
  return std::nullopt;
}

}  // namespace

ExplanationNeeds pod_needs(const api::Object& pod, WallTime now) {
  const auto state = pod_state(pod, now).state;
  if (state != ObjectState::kBad && state != ObjectState::kBusy) return {};
  ExplanationNeeds needs;
  needs.collections.push_back(events_of(pod));
  const auto* placed = api::condition_of(pod.document(), "PodScheduled");
  if (placed != nullptr && api::text_at(*placed, {"status"}) == "False") {
    needs.collections.push_back({.resource = {"", "v1", "nodes"}});
    needs.collections.push_back({.resource = {"", "v1", "pods"}});
  }
  needs.log = log_of(pod.document());
  return needs;
}

std::optional<Explanation> pod(const api::Object& pod, const Surroundings& around, WallTime now) {
  const PodState state = pod_state(pod, now);
  if (state.state != ObjectState::kBad && state.state != ObjectState::kBusy) return std::nullopt;
  if (pod.deleting()) return ending(pod, now);
  const auto& document = pod.document();
  const auto reason = api::text_at(document, {"status", "reason"});
  if (api::text_at(document, {"status", "phase"}) == "Failed" && !reason.empty()) {
    Explanation out;
    out.title = reason == "Evicted" ? Explanations::tr("The node put it out (Evicted)")
                                    : Explanations::tr("It has failed (%1)").arg(text(reason));
    out.why = text(api::text_at(document, {"status", "message"}));
    out.advice = reason == "Evicted"
                     ? Explanations::tr(
                           "The node ran short of what the message names. Give the cluster more "
                           "of it, or set resources.requests so that pods are placed by need. "
                           "What owns the pod has made another; this one can be deleted.")
                 : reason == "DeadlineExceeded"
                     ? Explanations::tr(
                           "It ran longer than activeDeadlineSeconds allows. Raise it, or make "
                           "the work shorter.")
                     : Explanations::tr(
                           "A pod that has failed is not started again: what owns it makes "
                           "another.");
    return out;
  }
  if (const auto stuck = first_stuck(document)) {
    const bool only_unstarted = api::array_at(document, {"status", "containerStatuses"}) == nullptr;
    if (!only_unstarted || stuck->initial) return stuck_container(pod, around, *stuck);
  }
  if (api::text_at(document, {"status", "phase"}) == "Pending") return pending(pod, around);
  Explanation out;
  out.state = state.state;
  out.title = state.reason;
  out.why = state.message;
  QStringList gates;
  api::each_object(document, {"spec", "readinessGates"}, [&](const json::object& gate) {
    const auto type = api::text_at(gate, {"conditionType"});
    if (!api::condition_holds(document, type)) gates.append(text(type));
  });
  if (!gates.isEmpty()) {
    out.title = Explanations::tr("It waits for readiness gates");
    out.why = gates.join(QStringLiteral(", "));
  }
  out.advice = state.advice;
  return out;
}

std::optional<Explanation> worst_pod(const std::vector<api::ObjectPtr>& pods,
                                     const Surroundings& around, WallTime now, QString* name) {
  std::optional<Explanation> worst;
  for (const api::ObjectPtr& each : pods) {
    if (each->deleting()) continue;
    auto told = pod(*each, around, now);
    if (!told || (worst && worst->state == ObjectState::kBad) ||
        (worst && told->state != ObjectState::kBad)) {
      continue;
    }
    told->actions = {show(QStringLiteral("pods"), *each)};
    worst = std::move(told);
    *name = text(each->name());
  }
  return worst;
}

}  // namespace cove::ui::why
