// Why a Service or an Ingress cannot answer.
#include <algorithm>

#include "ui/models/explanation_parts.h"

namespace cove::ui::why {
namespace {

struct Counted {
  int ready = 0;
  int total = 0;
};

Counted endpoints_of(const api::Object& service, const Surroundings& around) {
  Counted sum;
  for (const api::ObjectPtr& slice : of_kind(around, "EndpointSlice")) {
    if (api::text_at(slice->document(), {"metadata", "labels", "kubernetes.io/service-name"}) !=
        service.name()) {
      continue;
    }
    api::each_object(slice->document(), {"endpoints"}, [&](const json::object& endpoint) {
      ++sum.total;
      const auto* ready = api::value_at(endpoint, {"conditions", "ready"});
      if (ready == nullptr || (ready->is_bool() && ready->get_bool())) ++sum.ready;
    });
  }
  return sum;
}

bool in_same_namespace(const api::Object& a, const api::Object& b) {
  return a.namespace_name() == b.namespace_name();
}

const json::object* labels_of(const api::Object& object) {
  return api::object_at(object.document(), {"metadata", "labels"});
}

// How many of the selector's pairs an object has; a value that differs counts half when the key is
// there.
double likeness(const json::object& selector, const json::object* labels) {
  if (labels == nullptr) return 0;
  double sum = 0;
  for (const auto& pair : selector) {
    const auto* value = labels->if_contains(pair.key());
    if (value != nullptr) sum += *value == pair.value() ? 1 : 0.5;
  }
  if (sum > 0) return sum;
  // The right value under another key.
  for (const auto& pair : selector)
    for (const auto& label : *labels) sum = std::max(sum, label.value() == pair.value() ? 0.4 : 0);
  return sum;
}

Explanation no_match(const api::Object& service, const json::object& selector,
                     const std::vector<api::ObjectPtr>& pods) {
  Explanation out;
  out.title = Explanations::tr("No pod has the labels of its selector");
  const api::ObjectPtr* nearest = nullptr;
  double best = 0;
  for (const api::ObjectPtr& each : pods) {
    const double like = likeness(selector, labels_of(*each));
    if (like <= best) continue;
    best = like;
    nearest = &each;
  }
  const QString wanted = labels_text(&selector);
  if (nearest == nullptr) {
    out.why = lines({Explanations::tr("It looks for: %1").arg(wanted),
                     pods.empty() ? Explanations::tr("There are no pods in the namespace %1.")
                                        .arg(text(service.namespace_name()))
                                  : QString()});
    out.advice = Explanations::tr(
        "Make pods with these labels (in a Deployment: spec.template.metadata."
        "labels), or correct spec.selector.");
    return out;
  }
  QStringList differing;
  const json::object* const labels = labels_of(**nearest);
  for (const auto& pair : selector) {
    const QString key = text(std::string_view(pair.key().data(), pair.key().size()));
    const auto* has = labels == nullptr ? nullptr : labels->if_contains(pair.key());
    if (has == nullptr) {
      differing.append(Explanations::tr("the label “%1” is missing").arg(key));
    } else if (*has != pair.value()) {
      differing.append(
          Explanations::tr("“%1” is “%2” there")
              .arg(key, has->is_string() ? text(api::view(has->get_string())) : QString()));
    }
  }
  out.why =
      lines({Explanations::tr("It looks for: %1").arg(wanted),
             Explanations::tr("Nearest is the pod %1 with: %2")
                 .arg(text((*nearest)->name()), labels_text(labels)),
             Explanations::tr("What differs: %1.").arg(differing.join(QStringLiteral(", ")))});
  out.advice = Explanations::tr("Correct spec.selector, or the labels in the pods' template.");
  out.actions = {show(QStringLiteral("pods"), **nearest)};
  return out;
}

// A targetPort by a name that no container's port has.
std::optional<Explanation> wrong_port_name(const api::Object& service,
                                           const std::vector<api::ObjectPtr>& selected) {
  std::optional<Explanation> out;
  api::each_object(service.document(), {"spec", "ports"}, [&](const json::object& port) {
    const auto wanted = api::text_at(port, {"targetPort"});
    if (out || wanted.empty()) return;
    QStringList names;
    bool there = false;
    for (const api::ObjectPtr& each : selected) {
      api::each_object(each->document(), {"spec", "containers"}, [&](const json::object& of) {
        api::each_object(of, {"ports"}, [&](const json::object& open) {
          const auto name = api::text_at(open, {"name"});
          there = there || name == wanted;
          if (!name.empty() && !names.contains(text(name))) names.append(text(name));
        });
      });
    }
    if (there) return;
    out.emplace();
    out->title = Explanations::tr("Its pods have no port named “%1”").arg(text(wanted));
    const QStringList near = alike(text(wanted), names);
    out->why =
        names.isEmpty()
            ? Explanations::tr("No container port of the pods has a name.")
            : Explanations::tr("The names there are: %1.").arg(names.join(QStringLiteral(", ")));
    out->advice =
        near.isEmpty()
            ? Explanations::tr(
                  "Set targetPort to the number the program listens on, or name the "
                  "container's port so.")
            : Explanations::tr("Perhaps “%1” is meant: correct targetPort.").arg(near.front());
    out->actions = {show(QStringLiteral("pods"), *selected.front())};
  });
  return out;
}

// A targetPort by a number where the pods list ports, but not this one.
QString unlisted_port(const api::Object& service, const std::vector<api::ObjectPtr>& selected) {
  QString told;
  api::each_object(service.document(), {"spec", "ports"}, [&](const json::object& port) {
    const auto number = api::integer_at(port, {"targetPort"});
    if (!number || !told.isEmpty()) return;
    QStringList listed;
    for (const api::ObjectPtr& each : selected) {
      api::each_object(each->document(), {"spec", "containers"}, [&](const json::object& of) {
        api::each_object(of, {"ports"}, [&](const json::object& open) {
          const QString shown =
              QString::number(api::integer_at(open, {"containerPort"}).value_or(0));
          if (!listed.contains(shown)) listed.append(shown);
        });
      });
    }
    if (!listed.isEmpty() && !listed.contains(QString::number(*number))) {
      told = Explanations::tr("It sends to port %1, but the pods' containers list only: %2.")
                 .arg(*number)
                 .arg(listed.join(QStringLiteral(", ")));
    }
  });
  return told;
}

const json::object* backend_service(const json::object& holder) {
  return api::object_at(holder, {"service"});
}

}  // namespace

std::optional<Explanation> service(const api::Object& service, const Surroundings& around) {
  if (!around.complete) return std::nullopt;
  const json::object& document = service.document();
  if (api::text_at(document, {"spec", "type"}) == "ExternalName") return std::nullopt;
  const json::object* const selector = api::object_at(document, {"spec", "selector"});
  const Counted counted = endpoints_of(service, around);
  if (selector == nullptr || selector->empty()) {
    if (counted.total > 0) return std::nullopt;
    Explanation out;
    out.title = Explanations::tr("It has no selector and no endpoints");
    out.why = Explanations::tr("Without a selector nobody fills in where it leads.");
    out.advice = Explanations::tr("Add spec.selector, or an EndpointSlice of your own.");
    return out;
  }
  std::vector<api::ObjectPtr> pods;
  std::vector<api::ObjectPtr> selected;
  const auto wanted = api::LabelSelector::from_labels(*selector);
  for (const api::ObjectPtr& each : of_kind(around, "Pod")) {
    if (!in_same_namespace(*each, service)) continue;
    const auto phase = api::text_at(each->document(), {"status", "phase"});
    if (phase == "Succeeded" || phase == "Failed" || each->deleting()) continue;
    pods.push_back(each);
    if (wanted.matches(each->document())) selected.push_back(each);
  }
  if (selected.empty() && counted.total == 0) return no_match(service, *selector, pods);
  if (!selected.empty()) {
    if (auto wrong = wrong_port_name(service, selected)) return wrong;
  }
  const QString unlisted = unlisted_port(service, selected);
  if (counted.ready > 0) {
    if (unlisted.isEmpty()) return std::nullopt;
    Explanation out;
    out.state = ObjectState::kBusy;
    out.title = Explanations::tr("Its target port may be wrong");
    out.why = unlisted;
    out.advice = Explanations::tr(
        "The list is only a note and may be incomplete. If the Service refuses "
        "connections, correct targetPort.");
    out.actions = {show(QStringLiteral("pods"), *selected.front())};
    return out;
  }
  if (selected.empty()) return std::nullopt;
  Explanation out;
  out.title = Explanations::tr("None of its pods is ready");
  QString name;
  const auto worst = worst_pod(selected, around, {}, &name);
  out.why = lines({Explanations::tr("Pods with its labels: %1, ready: 0.").arg(selected.size()),
                   worst ? QStringLiteral("%1: %2").arg(name, worst->title) : QString(), unlisted});
  out.advice =
      Explanations::tr("A Service sends only to pods that are ready. See why this one is not.");
  if (worst)
    out.actions = worst->actions;
  else
    out.actions = {show(QStringLiteral("pods"), *selected.front())};
  return out;
}

std::optional<Explanation> ingress(const api::Object& ingress, const Surroundings& around) {
  if (!around.complete) return std::nullopt;
  const json::object& document = ingress.document();
  QStringList classes;
  bool has_default = false;
  for (const api::ObjectPtr& each : of_kind(around, "IngressClass")) {
    classes.append(text(each->name()));
    has_default =
        has_default ||
        api::text_at(each->document(), {"metadata", "annotations",
                                        "ingressclass.kubernetes.io/is-default-class"}) == "true";
  }
  std::string_view wanted = api::text_at(document, {"spec", "ingressClassName"});
  if (wanted.empty())
    wanted = api::text_at(document, {"metadata", "annotations", "kubernetes.io/ingress.class"});
  if (wanted.empty() && !has_default) {
    Explanation out;
    out.title = Explanations::tr("It names no class and none is the default");
    out.why = classes.isEmpty()
                  ? Explanations::tr("There is no IngressClass in the cluster: nothing serves it.")
                  : Explanations::tr("The classes there are: %1.")
                        .arg(classes.join(QStringLiteral(", ")));
    out.advice = Explanations::tr("Set spec.ingressClassName.");
    return out;
  }
  if (!wanted.empty() && !classes.contains(text(wanted))) {
    Explanation out;
    out.title = Explanations::tr("There is no IngressClass “%1”").arg(text(wanted));
    out.why = classes.isEmpty() ? QString()
                                : Explanations::tr("The classes there are: %1.")
                                      .arg(classes.join(QStringLiteral(", ")));
    out.advice = Explanations::tr("Correct spec.ingressClassName, or create the class.");
    return out;
  }
  std::vector<const json::object*> backends;
  if (const auto* main = api::object_at(document, {"spec", "defaultBackend"}))
    backends.push_back(main);
  api::each_object(document, {"spec", "rules"}, [&](const json::object& rule) {
    api::each_object(rule, {"http", "paths"}, [&](const json::object& path) {
      if (const auto* backend = api::object_at(path, {"backend"})) backends.push_back(backend);
    });
  });
  for (const json::object* each : backends) {
    const auto* to = backend_service(*each);
    if (to == nullptr) continue;
    const auto name = api::text_at(*to, {"name"});
    QStringList names;
    api::ObjectPtr found;
    for (const api::ObjectPtr& other : of_kind(around, "Service")) {
      if (!in_same_namespace(*other, ingress)) continue;
      names.append(text(other->name()));
      if (other->name() == name) found = other;
    }
    Explanation out;
    if (!found) {
      const QStringList near = alike(text(name), names);
      out.title =
          Explanations::tr("The Service “%1” that it leads to is not there").arg(text(name));
      out.why = near.isEmpty() ? Explanations::tr("Requests to it are answered with 503.")
                               : Explanations::tr(
                                     "Requests to it are answered with 503. Perhaps “%1” is "
                                     "meant.")
                                     .arg(near.front());
      out.advice =
          Explanations::tr("Create the Service in the same namespace, or correct the name.");
      return out;
    }
    const auto number = api::integer_at(*to, {"port", "number"});
    const auto port_name = api::text_at(*to, {"port", "name"});
    QStringList ports;
    bool there = false;
    api::each_object(found->document(), {"spec", "ports"}, [&](const json::object& port) {
      const auto own = api::integer_at(port, {"port"}).value_or(0);
      const auto own_name = api::text_at(port, {"name"});
      there = there || (number && own == *number) || (!port_name.empty() && own_name == port_name);
      ports.append(own_name.empty() ? QString::number(own)
                                    : QStringLiteral("%1 (%2)").arg(own).arg(text(own_name)));
    });
    if (there) continue;
    out.title = Explanations::tr("The Service “%1” has no port %2")
                    .arg(text(name), number ? QString::number(*number) : text(port_name));
    out.why = Explanations::tr("Its ports are: %1.").arg(ports.join(QStringLiteral(", ")));
    out.advice = Explanations::tr("Correct the backend's port.");
    out.actions = {show(QStringLiteral("services"), *found)};
    return out;
  }
  return std::nullopt;
}

}  // namespace cove::ui::why
