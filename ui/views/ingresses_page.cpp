#include <QClipboard>
#include <QCoreApplication>
#include <QGuiApplication>
#include <QHeaderView>
#include <QStandardItemModel>
#include <QVBoxLayout>

#include "ui/models/document_text.h"
#include "ui/views/object_page.h"
#include "ui/widgets/copy_field.h"
#include "vm/provision/ways.h"

namespace cove::ui {
namespace {

namespace json = api::json;

struct Ingresses {
  Q_DECLARE_TR_FUNCTIONS(IngressesPage)
};

constexpr std::string_view kDefaultClass = "ingressclass.kubernetes.io/is-default-class";

std::string_view at(const api::Object& ingress, api::Steps path) {
  return api::text_at(ingress.document(), path);
}

QString hosts_of(const api::Object& ingress) {
  QStringList hosts;
  if (const auto* rules = api::array_at(ingress.document(), {"spec", "rules"})) {
    for (const json::value& each : *rules) {
      const auto* rule = each.if_object();
      if (rule == nullptr) continue;
      const QString host = text(api::text_at(*rule, {"host"}));
      hosts.append(host.isEmpty() ? QStringLiteral("*") : host);
    }
  }
  hosts.removeDuplicates();
  return hosts.isEmpty() ? QStringLiteral("*") : hosts.join(QStringLiteral(", "));
}

QString address_of(const api::Object& ingress) {
  QStringList addresses;
  if (const auto* all = api::array_at(ingress.document(), {"status", "loadBalancer", "ingress"})) {
    for (const json::value& each : *all) {
      const auto* address = each.if_object();
      if (address == nullptr) continue;
      const auto ip = api::text_at(*address, {"ip"});
      addresses.append(text(ip.empty() ? api::text_at(*address, {"hostname"}) : ip));
    }
  }
  return addresses.join(QStringLiteral(", "));
}

// What an Ingress leads to, and so what its answer depends on.
struct Surroundings {
  std::shared_ptr<LiveCollection> services;
  std::shared_ptr<LiveCollection> slices;
  std::shared_ptr<LiveCollection> classes;

  explicit Surroundings(ApiSession& api)
      : services(api.follow({.resource = {"", "v1", "services"}})),
        slices(api.follow({.resource = {"discovery.k8s.io", "v1", "endpointslices"}})),
        classes(api.follow({.resource = {"networking.k8s.io", "v1", "ingressclasses"}})) {}
  bool known() const { return services->synced() && slices->synced() && classes->synced(); }
};

bool has_ready_endpoint(const LiveCollection& slices, std::string_view space,
                        std::string_view service) {
  const std::string begin = std::string(space) + "/";
  for (auto each = slices.objects().lower_bound(begin);
       each != slices.objects().end() && each->first.starts_with(begin); ++each) {
    const auto& slice = each->second->document();
    if (api::text_at(slice, {"metadata", "labels", "kubernetes.io/service-name"}) != service)
      continue;
    const auto* endpoints = api::array_at(slice, {"endpoints"});
    if (endpoints == nullptr) continue;
    for (const json::value& one : *endpoints) {
      const auto* endpoint = one.if_object();
      if (endpoint == nullptr) continue;
      const auto* ready = api::value_at(*endpoint, {"conditions", "ready"});
      if (ready == nullptr || (ready->is_bool() && ready->get_bool())) return true;
    }
  }
  return false;
}

bool has_port(const api::Object& service, std::string_view wanted) {
  const auto* ports = api::array_at(service.document(), {"spec", "ports"});
  if (ports == nullptr) return false;
  for (const json::value& each : *ports) {
    const auto* port = each.if_object();
    if (port == nullptr) continue;
    if (api::text_at(*port, {"name"}) == wanted ||
        std::to_string(api::integer_at(*port, {"port"}).value_or(0)) == wanted)
      return true;
  }
  return false;
}

// Why what is asked for on this way does not answer; empty when nothing speaks against it.
QString why_not(const api::Object& ingress, const std::string& backend,
                const Surroundings& around) {
  const auto colon = backend.rfind(':');
  const std::string name = backend.substr(0, colon);
  const std::string port = colon == std::string::npos ? std::string() : backend.substr(colon + 1);
  if (backend.empty()) return Ingresses::tr("It leads to no Service.");
  const auto service = around.services->find(std::string(ingress.namespace_name()) + "/" + name);
  if (!service) {
    return Ingresses::tr("There is no Service %1 in the namespace %2.")
        .arg(text(name), text(ingress.namespace_name()));
  }
  if (!has_port(*service, port))
    return Ingresses::tr("The Service %1 has no port %2.").arg(text(name), text(port));
  if (!has_ready_endpoint(*around.slices, ingress.namespace_name(), name)) {
    return Ingresses::tr("The Service %1 has no ready pod behind it: its page says why.")
        .arg(text(name));
  }
  return {};
}

QString class_trouble(const api::Object& ingress, const Surroundings& around) {
  std::string wanted(at(ingress, {"spec", "ingressClassName"}));
  if (wanted.empty())
    wanted = at(ingress, {"metadata", "annotations", "kubernetes.io/ingress.class"});
  if (!wanted.empty()) {
    if (around.classes->find(wanted)) return {};
    return Ingresses::tr("There is no IngressClass %1, so nobody serves it.").arg(text(wanted));
  }
  for (const auto& [key, each] : around.classes->objects()) {
    if (at(*each, {"metadata", "annotations", kDefaultClass}) == "true") return {};
  }
  return Ingresses::tr(
      "It names no IngressClass and none is the default one, so nobody serves it. Set "
      "spec.ingressClassName.");
}

Cell state_cell(const api::Object& ingress, const Surroundings& around) {
  if (!around.known()) return {QStringLiteral("…")};
  QString why = class_trouble(ingress, around);
  // The address does not matter to what it leads to.
  const auto ways = provision::ingress_ways({}, ingress.document());
  if (why.isEmpty() && ways.empty()) why = Ingresses::tr("It has no rule and no default backend.");
  for (const auto& way : ways) {
    if (why.isEmpty()) why = why_not(ingress, way.service, around);
  }
  return why.isEmpty() ? Cell{Ingresses::tr("Answers"), {}, ObjectState::kGood}
                       : Cell{Ingresses::tr("Cannot answer"), {}, ObjectState::kBad, why};
}

class IngressesPage final : public ObjectPage {
 public:
  IngressesPage(const PageContext& context, QWidget* parent)
      : IngressesPage(context, std::make_shared<Surroundings>(context.api), parent) {}

 private:
  IngressesPage(const PageContext& context, const std::shared_ptr<Surroundings>& around,
                QWidget* parent)
      : ObjectPage(context, kind(around), parent), around_(around) {
    build_ways();
    states_soon_.setSingleShot(true);
    states_soon_.setInterval(150);
    connect(&states_soon_, &QTimer::timeout, this, [this] { refresh_states(); });
    for (const auto& collection : {around->services, around->slices, around->classes}) {
      for (const auto signal : {&LiveCollection::forgotten, &LiveCollection::health_changed})
        connect(collection.get(), signal, this, [this] { refresh_soon(); });
      connect(collection.get(), &LiveCollection::changed, this, [this] { refresh_soon(); });
    }
    connect(this, &ObjectPage::chosen_changed, this, [this] { show_ways(); });
    connect(this, &ObjectPage::retranslated, this, [this] { retranslate_ways(); });
    connect(&context.current, &CurrentCluster::changed, this, [this] { show_ways(); });
    retranslate_ways();
  }

  static ObjectPageKind kind(const std::shared_ptr<Surroundings>& around);

  void build_ways() {
    auto* box = new QWidget(this);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 8, 8, 0);
    column->setSpacing(kGrid);
    ways_ = new QStandardItemModel(0, 3, this);
    table_ = new QTableView(box);
    table_->setObjectName(QStringLiteral("ingress_ways"));
    table_->setModel(ways_);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table_->setShowGrid(false);
    table_->setTabKeyNavigation(false);
    table_->setWordWrap(false);
    table_->verticalHeader()->hide();
    table_->horizontalHeader()->setStretchLastSection(true);
    table_->horizontalHeader()->setHighlightSections(false);
    table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table_->horizontalHeader()->setFocusPolicy(Qt::NoFocus);
    table_->setFrameShape(QFrame::NoFrame);
    table_->horizontalHeader()->resizeSection(0, 150);
    table_->horizontalHeader()->resizeSection(1, 90);
    url_ = new CopyField(context().theme, QStringLiteral("ingress_copy_url"), box);
    curl_ = new CopyField(context().theme, QStringLiteral("ingress_copy_curl"), box);
    note_ = make_label("secondary", box);
    note_->setObjectName(QStringLiteral("ingress_note"));
    note_->setWordWrap(true);
    open_ = make_button("primary", box);
    open_->setObjectName(QStringLiteral("ingress_open"));
    open_->setIcon(context().theme.icon(QStringLiteral("external"), Theme::IconRole::kOnAccent));
    auto* row = new QHBoxLayout;
    row->addWidget(url_, 1);
    row->addWidget(open_);
    column->addWidget(table_, 1);
    column->addLayout(row);
    column->addWidget(curl_);
    column->addWidget(note_);
    tabs()->insertTab(0, box, QString());
    tabs()->setCurrentIndex(0);
    connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            [this] { show_way(); });
    connect(open_, &QPushButton::clicked, this, [this] {
      const auto* way = chosen_way();
      if (way != nullptr) context().open_url(QUrl(QString::fromStdString(way->url)));
    });
  }

  void retranslate_ways() {
    tabs()->setTabText(0, Ingresses::tr("Paths"));
    table_->setAccessibleName(Ingresses::tr("Paths"));
    ways_->setHorizontalHeaderLabels(
        {Ingresses::tr("Host"), Ingresses::tr("Path"), Ingresses::tr("Service")});
    open_->setText(Ingresses::tr("Open"));
    open_->setToolTip(Ingresses::tr("Opens the address in the browser"));
    show_way();
  }

  void refresh_soon() {
    if (!states_soon_.isActive()) states_soon_.start();
  }
  // What an Ingress' answer depends on has changed.
  void refresh_states() {
    std::vector<QString> keys;
    for (const auto& [key, object] : model().collection()->objects())
      keys.push_back(QString::fromStdString(key));
    for (const QString& key : keys) model().refresh(key);
    refresh_details();
    show_way();
  }

  void show_ways() {
    const auto* status = context().current.status();
    shown_ = chosen() ? provision::ingress_ways(status ? *status : provision::ClusterStatus(),
                                                chosen()->document())
                      : std::vector<provision::IngressWay>();
    const QModelIndexList rows = table_->selectionModel()->selectedRows();
    const int row = rows.isEmpty() ? 0 : rows.front().row();
    ways_->setRowCount(static_cast<int>(shown_.size()));
    for (int i = 0; i < static_cast<int>(shown_.size()); ++i) {
      const auto& way = shown_[static_cast<std::size_t>(i)];
      const QString host = way.host.empty() ? QStringLiteral("*") : text(way.host);
      ways_->setItem(i, 0, new QStandardItem(host));
      ways_->setItem(i, 1, new QStandardItem(text(way.path)));
      ways_->setItem(i, 2, new QStandardItem(text(way.service)));
    }
    if (!shown_.empty()) table_->selectRow(row < ways_->rowCount() ? row : 0);
    show_way();
  }

  const provision::IngressWay* chosen_way() const {
    const QModelIndexList rows = table_->selectionModel()->selectedRows();
    const auto row = static_cast<std::size_t>(rows.isEmpty() ? 0 : rows.front().row());
    return row < shown_.size() ? &shown_[row] : nullptr;
  }

  void show_way() {
    const auto* way = chosen_way();
    const auto* status = context().current.status();
    const bool reachable = way != nullptr && status && !status->host.empty();
    for (QWidget* each :
         {static_cast<QWidget*>(url_), static_cast<QWidget*>(curl_), static_cast<QWidget*>(open_)})
      each->setVisible(reachable);
    // A browser asks the name server, which knows nothing of the host.
    open_->setEnabled(reachable && way->host.empty());
    QString note;
    if (way != nullptr && chosen() && around_->known()) {
      note = class_trouble(*chosen(), *around_);
      if (note.isEmpty()) note = why_not(*chosen(), way->service, *around_);
    }
    if (reachable) {
      url_->set_value(Ingresses::tr("Copy the address"), text(way->url));
      curl_->set_value(Ingresses::tr("Copy the command"), text(way->curl));
      if (note.isEmpty() && !way->host.empty()) {
        note = Ingresses::tr(
                   "The command asks for the host as it is. For the browser, %1 must lead to %2, "
                   "by a line in /etc/hosts for instance.")
                   .arg(text(way->host), text(status->host));
      }
    } else if (note.isEmpty() && way != nullptr) {
      const QString address = address_of(*chosen());
      note =
          address.isEmpty()
              ? Ingresses::tr("No address is known: its controller has not given it one.")
              : Ingresses::tr("It answers at %1, if that can be reached from here.").arg(address);
    }
    set_text(note_, note);
    note_->setVisible(!note.isEmpty());
  }

  const std::shared_ptr<Surroundings> around_;
  std::vector<provision::IngressWay> shown_;
  QTimer states_soon_;
  QStandardItemModel* ways_;
  QTableView* table_;
  CopyField* url_;
  CopyField* curl_;
  QLabel* note_;
  QPushButton* open_;
};

ObjectPageKind IngressesPage::kind(const std::shared_ptr<Surroundings>& around) {
  ObjectPageKind kind;
  kind.id = QStringLiteral("ingresses");
  kind.resource = {"networking.k8s.io", "v1", "ingresses"};
  kind.title = [] { return Ingresses::tr("Ingresses"); };
  kind.explanation = [] {
    return Ingresses::tr(
        "An Ingress leads hosts and paths of one web address to Services. “kubectl create "
        "ingress” makes one.");
  };
  kind.facts = [around](const api::Object& ingress, WallTime now) {
    const Cell state = state_cell(ingress, *around);
    std::vector<Fact> facts = {
        {Ingresses::tr("Status"), state.text, glyph_of(state.state)},
        {Ingresses::tr("Why"), state.tip},
        {Ingresses::tr("Class"), text(at(ingress, {"spec", "ingressClassName"}))},
        {Ingresses::tr("Hosts"), hosts_of(ingress)},
        {Ingresses::tr("Address"), address_of(ingress), std::nullopt, true},
        {Ingresses::tr("Namespace"), text(ingress.namespace_name())},
    };
    if (const auto created = created_at(ingress))
      facts.push_back({Ingresses::tr("Age"), age_text(*created, now)});
    return facts;
  };
  kind.columns = {
      name_column(),
      {[] { return Ingresses::tr("Status"); },
       [around](const api::Object& ingress, WallTime) { return state_cell(ingress, *around); },
       150},
      {[] { return Ingresses::tr("Hosts"); },
       [](const api::Object& ingress, WallTime) {
         const QString hosts = hosts_of(ingress);
         return Cell{hosts, {}, ObjectState::kNone, hosts};
       },
       200},
      {[] { return Ingresses::tr("Class"); },
       [](const api::Object& ingress, WallTime) {
         return Cell{text(at(ingress, {"spec", "ingressClassName"}))};
       },
       90},
      {[] { return Ingresses::tr("Address"); },
       [](const api::Object& ingress, WallTime) { return Cell{address_of(ingress)}; }, 110},
      age_column(),
      namespace_column(),
  };
  return kind;
}

}  // namespace

QWidget* make_ingresses_page(const PageContext& context, QWidget* parent) {
  return new IngressesPage(context, parent);
}

}  // namespace cove::ui
