#include <QCoreApplication>
#include <QSet>

#include "ui/bridge/service_address.h"
#include "ui/models/document_text.h"
#include "ui/views/object_page.h"
#include "ui/widgets/copy_field.h"

namespace cove::ui {
namespace {

namespace json = api::json;

QString ports_of(const api::Object& service) {
  QStringList ports;
  const auto* all = api::array_at(service.document(), {"spec", "ports"});
  if (all == nullptr) return {};
  for (const json::value& each : *all) {
    const auto* port = each.if_object();
    if (port == nullptr) continue;
    QString shown = QString::number(api::integer_at(*port, {"port"}).value_or(0));
    if (const auto node = api::integer_at(*port, {"nodePort"}))
      shown += QLatin1Char(':') + QString::number(*node);
    ports.append(shown + QLatin1Char('/') + text(api::text_at(*port, {"protocol"})));
  }
  return ports.join(QStringLiteral(", "));
}

struct Endpoints {
  int ready = 0;
  int total = 0;
};

// Endpoints by the key of the service they belong to.
class EndpointCounts {
 public:
  void change(const ObjectChange& change, QSet<QString>& touched) {
    if (const auto old = service_of_.find(change.key); old != service_of_.end()) {
      touched.insert(QString::fromStdString(old->second));
      const auto service = slices_.find(old->second);
      service->second.erase(change.key);
      if (service->second.empty()) slices_.erase(service);
      service_of_.erase(old);
    }
    if (!change.object) return;
    const auto& document = change.object->document();
    const std::string service =
        std::string(change.object->namespace_name()) + "/" +
        std::string(api::text_at(document, {"metadata", "labels", "kubernetes.io/service-name"}));
    Endpoints counted;
    if (const auto* endpoints = api::array_at(document, {"endpoints"})) {
      for (const json::value& each : *endpoints) {
        const auto* endpoint = each.if_object();
        if (endpoint == nullptr) continue;
        ++counted.total;
        // Absent is unknown, which counts as ready.
        const auto* ready = api::value_at(*endpoint, {"conditions", "ready"});
        if (ready == nullptr || (ready->is_bool() && ready->get_bool())) ++counted.ready;
      }
    }
    slices_[service][change.key] = counted;
    service_of_[change.key] = service;
    touched.insert(QString::fromStdString(service));
  }
  void clear() {
    slices_.clear();
    service_of_.clear();
  }
  Endpoints of(const api::Object& service) const {
    Endpoints sum;
    const auto found =
        slices_.find(std::string(service.namespace_name()) + "/" + std::string(service.name()));
    if (found == slices_.end()) return sum;
    for (const auto& [slice, counted] : found->second) {
      sum.ready += counted.ready;
      sum.total += counted.total;
    }
    return sum;
  }

 private:
  std::map<std::string, std::map<std::string, Endpoints>> slices_;  // service, slice
  std::map<std::string, std::string> service_of_;
};

class ServicesPage final : public ObjectPage {
  Q_DECLARE_TR_FUNCTIONS(ServicesPage)
 public:
  ServicesPage(const PageContext& context, std::shared_ptr<EndpointCounts> counts, QWidget* parent)
      : ObjectPage(context, kind(counts), parent), counts_(std::move(counts)) {
    address_ = new CopyField(context.theme, QStringLiteral("service_copy"), this);
    open_ = make_button("primary", this);
    open_->setObjectName(QStringLiteral("service_open"));
    open_->setIcon(context.theme.icon(QStringLiteral("external"), Theme::IconRole::kOnAccent));
    actions()->addWidget(address_, 1);
    actions()->addWidget(open_);
    connect(open_, &QPushButton::clicked, this, [this] {
      if (chosen()) this->context().open_url(url());
    });
    connect(this, &ObjectPage::chosen_changed, this, [this] { show_address(); });
    connect(this, &ObjectPage::retranslated, this, [this] { retranslate_actions(); });
    connect(&context.current, &CurrentCluster::changed, this, [this] { show_address(); });
    slices_ = context.api.follow({.resource = {"discovery.k8s.io", "v1", "endpointslices"}});
    connect(slices_.get(), &LiveCollection::changed, this,
            [this](const std::vector<ObjectChange>& changes) { take(changes); });
    connect(slices_.get(), &LiveCollection::forgotten, this, [this] { counts_->clear(); });
    std::vector<ObjectChange> known;
    for (const auto& [key, object] : slices_->objects()) known.push_back({key, object});
    take(known);
    retranslate_actions();
  }

 private:
  static ObjectPageKind kind(const std::shared_ptr<EndpointCounts>& counts);
  static Cell endpoints_cell(const api::Object& service, const Endpoints& endpoints);
  static std::vector<Fact> facts(const api::Object& service, const Endpoints& endpoints,
                                 WallTime now);

  void retranslate_actions() {
    open_->setText(tr("Open"));
    open_->setToolTip(tr("Opens the address in the browser"));
    show_address();
  }

  void take(const std::vector<ObjectChange>& changes) {
    QSet<QString> touched;
    for (const ObjectChange& change : changes) counts_->change(change, touched);
    for (const QString& key : touched) model().refresh(key);
    refresh_details();
  }

  QUrl url() const {
    // Another's cluster has no ports on this computer.
    if (!chosen() || !context().current.foreign().empty()) return {};
    const auto* status = context().current.status();
    return node_address(*chosen(), status ? status->host : std::string());
  }

  void show_address() {
    const QUrl shown = url();
    address_->setVisible(shown.isValid());
    open_->setVisible(shown.isValid());
    address_->set_value(tr("Copy the address"), shown.toString());
  }

  const std::shared_ptr<EndpointCounts> counts_;
  std::shared_ptr<LiveCollection> slices_;
  CopyField* address_;
  QPushButton* open_;
};

Cell ServicesPage::endpoints_cell(const api::Object& service, const Endpoints& endpoints) {
  if (api::text_at(service.document(), {"spec", "type"}) == "ExternalName") return {};
  Cell cell;
  cell.text = QStringLiteral("%1/%2").arg(endpoints.ready).arg(endpoints.total);
  cell.sort = QVariant(endpoints.ready);
  if (endpoints.total == 0) {
    cell.state = ObjectState::kBad;
    cell.tip = tr("No pod has the labels that its selector asks for.");
  } else if (endpoints.ready == 0) {
    cell.state = ObjectState::kBad;
    cell.tip = tr("None of its pods is ready.");
  } else {
    cell.state = endpoints.ready == endpoints.total ? ObjectState::kGood : ObjectState::kBusy;
  }
  return cell;
}

std::vector<Fact> ServicesPage::facts(const api::Object& service, const Endpoints& endpoints,
                                      WallTime now) {
  const auto& document = service.document();
  const Cell cell = endpoints_cell(service, endpoints);
  QStringList selector;
  if (const auto* labels = api::object_at(document, {"spec", "selector"})) {
    for (const auto& label : *labels) {
      const auto* value = label.value().if_string();
      selector.append(text(std::string_view(label.key().data(), label.key().size())) +
                      QLatin1Char('=') + (value != nullptr ? text(api::view(*value)) : QString()));
    }
  }
  std::vector<Fact> facts = {
      {tr("Endpoints"), cell.text.isEmpty() ? QString() : tr("%1 ready").arg(cell.text),
       cell.state == ObjectState::kGood   ? Glyph::kRunning
       : cell.state == ObjectState::kBusy ? Glyph::kTurning
                                          : Glyph::kBroken},
      {tr("Type"), text(api::text_at(document, {"spec", "type"}))},
      {tr("Cluster IP"), text(api::text_at(document, {"spec", "clusterIP"})), std::nullopt, true},
      {tr("External name"), text(api::text_at(document, {"spec", "externalName"}))},
      {tr("Ports"), ports_of(service)},
      {tr("Selector"), selector.join(QLatin1Char('\n'))},
      {tr("Namespace"), text(service.namespace_name())},
  };
  if (const auto created = created_at(service))
    facts.push_back({tr("Age"), age_text(*created, now)});
  return facts;
}

ObjectPageKind ServicesPage::kind(const std::shared_ptr<EndpointCounts>& counts) {
  ObjectPageKind kind;
  kind.id = QStringLiteral("services");
  kind.resource = {"", "v1", "services"};
  kind.title = [] { return tr("Services"); };
  kind.explanation = [] {
    return tr(
        "A Service is one lasting address for the pods that have its labels. One of type NodePort "
        "or LoadBalancer opens in the browser from here.");
  };
  kind.facts = [counts](const api::Object& service, WallTime now) {
    return facts(service, counts->of(service), now);
  };
  const auto field = [](std::string_view name) {
    return [name](const api::Object& service, WallTime) {
      return Cell{text(api::text_at(service.document(), {"spec", name}))};
    };
  };
  kind.columns = {
      name_column(),
      {[] { return tr("Endpoints"); },
       [counts](const api::Object& service, WallTime) {
         return endpoints_cell(service, counts->of(service));
       },
       104},
      {[] { return tr("Type"); }, field("type"), 100},
      {[] { return tr("Cluster IP"); }, field("clusterIP"), 120},
      {[] { return tr("Ports"); },
       [](const api::Object& service, WallTime) { return Cell{ports_of(service)}; }, 150},
      age_column(),
      namespace_column(),
  };
  return kind;
}

}  // namespace

QWidget* make_services_page(const PageContext& context, QWidget* parent) {
  return new ServicesPage(context, std::make_shared<EndpointCounts>(), parent);
}

}  // namespace cove::ui
