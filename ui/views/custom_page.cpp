// Custom resources: the definitions there are, and the objects of one of them.
#include <QCoreApplication>
#include <QEvent>
#include <QPointer>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "core/api/json_path.h"
#include "core/api/readers.h"
#include "core/api/time.h"
#include "ui/models/document_text.h"
#include "ui/views/object_page.h"

namespace cove::ui {
namespace {

namespace json = api::json;

constexpr std::size_t kMaxColumns = 12;
constexpr qsizetype kMaxCell = 200;  // characters

struct Custom {
  Q_DECLARE_TR_FUNCTIONS(CustomPage)
};

std::string_view at(const api::Object& object, api::Steps path) {
  return api::text_at(object.document(), path);
}

// The version to look at: the stored one if it is served, else the first that is. Null: none is.
const json::object* served_version(const api::Object& definition) {
  const auto* versions = api::array_at(definition.document(), {"spec", "versions"});
  if (versions == nullptr) return nullptr;
  const json::object* first = nullptr;
  for (const json::value& each : *versions) {
    const auto* version = each.if_object();
    if (version == nullptr || !api::flag_at(*version, {"served"})) continue;
    if (api::flag_at(*version, {"storage"})) return version;
    if (first == nullptr) first = version;
  }
  return first;
}

bool established(const api::Object& definition) {
  return api::condition_holds(definition.document(), "Established");
}

// Why the API does not serve it, in its own words.
QString refused(const api::Object& definition) {
  const auto* conditions = api::array_at(definition.document(), {"status", "conditions"});
  if (conditions == nullptr) return {};
  for (const json::value& each : *conditions) {
    const auto* condition = each.if_object();
    if (condition == nullptr) continue;
    const auto type = api::text_at(*condition, {"type"});
    const bool good = type == "NonStructuralSchema" || type == "Terminating" ? false : true;
    if ((api::text_at(*condition, {"status"}) == "True") != good &&
        !api::text_at(*condition, {"message"}).empty())
      return text(api::text_at(*condition, {"message"}));
  }
  return {};
}

Cell definition_state(const api::Object& definition) {
  if (definition.deleting()) return {Custom::tr("Terminating"), {}, ObjectState::kBusy};
  if (established(definition)) return {Custom::tr("Established"), {}, ObjectState::kGood};
  const QString why = refused(definition);
  return {why.isEmpty() ? Custom::tr("Not yet served") : Custom::tr("Refused"),
          {},
          why.isEmpty() ? ObjectState::kBusy : ObjectState::kBad,
          why};
}

bool is_namespaced(const api::Object& definition) {
  return at(definition, {"spec", "scope"}) != "Cluster";
}

QString value_text(const json::value& value) {
  if (const auto* string = value.if_string()) return text(api::view(*string));
  return value.is_null() ? QString() : QString::fromStdString(api::to_text(value));
}

// As the API's own tables have them: the first of several values, dates as ages.
Cell printed(const api::JsonPath& path, const std::string& type, const api::Object& object,
             WallTime now) {
  const auto found = path.find(object.document());
  if (found.empty()) return {};
  if (type == "date") {
    const auto* when = found.front()->if_string();
    const auto time = api::parse_time(when != nullptr ? api::view(*when) : std::string_view());
    if (!time) return {};
    return {age_text(*time, now), QVariant(qint64(-time->time_since_epoch().count()))};
  }
  Cell cell{value_text(*found.front())};
  if (cell.text.size() > kMaxCell) cell.text = cell.text.left(kMaxCell) + QStringLiteral("…");
  cell.text.replace(QLatin1Char('\n'), QLatin1Char(' '));
  if (type == "integer" || type == "number") {
    bool is_number = false;
    const double number = cell.text.toDouble(&is_number);
    if (is_number) cell.sort = QVariant(number);
  }
  return cell;
}

// Columns that a definition asks for, in its own words; what cannot be understood is left out.
std::vector<ObjectColumn> printer_columns(const json::object& version) {
  std::vector<ObjectColumn> columns;
  const auto* wanted = api::array_at(version, {"additionalPrinterColumns"});
  if (wanted == nullptr) return columns;
  for (const json::value& each : *wanted) {
    const auto* column = each.if_object();
    if (column == nullptr || columns.size() == kMaxColumns) continue;
    if (api::integer_at(*column, {"priority"}).value_or(0) > 0) continue;
    auto path = api::JsonPath::parse(api::text_at(*column, {"jsonPath"}));
    if (!path) continue;
    const std::string type(api::text_at(*column, {"type"}));
    const QString name = text(api::text_at(*column, {"name"}));
    const bool date = type == "date";
    columns.push_back({[name] { return name; },
                       [path = std::move(*path), type](const api::Object& object, WallTime now) {
                         return printed(path, type, object, now);
                       },
                       date ? 84 : 130, date || type == "integer" || type == "number", date});
  }
  return columns;
}

ObjectPageKind objects_kind(const api::Object& definition, const json::object& version) {
  ObjectPageKind kind;
  kind.id = QStringLiteral("custom_objects");
  kind.resource = {std::string(at(definition, {"spec", "group"})),
                   std::string(api::text_at(version, {"name"})),
                   std::string(at(definition, {"spec", "names", "plural"}))};
  kind.namespaced = is_namespaced(definition);
  const QString word = text(at(definition, {"spec", "names", "kind"}));
  const QString group = text(at(definition, {"spec", "group"}));
  kind.title = [word] { return word; };
  kind.explanation = [word, group] {
    return Custom::tr("No %1 of %2 has been made. Apply a manifest to make one.").arg(word, group);
  };
  auto shown = printer_columns(version);
  kind.facts = [shown](const api::Object& object, WallTime now) {
    std::vector<Fact> facts;
    for (const ObjectColumn& column : shown)
      facts.push_back({column.title(), column.cell(object, now).text});
    facts.push_back({Custom::tr("Namespace"), text(object.namespace_name())});
    const bool told = std::ranges::any_of(shown, &ObjectColumn::ages);
    if (const auto created = created_at(object); created && !told)
      facts.push_back({Custom::tr("Age"), age_text(*created, now)});
    return facts;
  };
  kind.columns = {name_column()};
  if (shown.empty()) shown.push_back(age_column());
  for (ObjectColumn& column : shown) kind.columns.push_back(std::move(column));
  if (kind.namespaced) kind.columns.push_back(namespace_column());
  return kind;
}

ObjectPageKind definitions_kind() {
  ObjectPageKind kind;
  kind.id = QStringLiteral("custom");
  kind.resource = {"apiextensions.k8s.io", "v1", "customresourcedefinitions"};
  kind.namespaced = false;
  kind.events = false;
  kind.title = [] { return Custom::tr("Custom resources"); };
  kind.explanation = [] {
    return Custom::tr(
        "A CustomResourceDefinition teaches the API a new kind of object. Operators bring theirs "
        "along; apply one to see it here.");
  };
  const auto kind_of = [](const api::Object& definition) {
    return text(at(definition, {"spec", "names", "kind"}));
  };
  const auto scope_of = [](const api::Object& definition) {
    return is_namespaced(definition) ? Custom::tr("Namespaces") : Custom::tr("Cluster");
  };
  kind.facts = [=](const api::Object& definition, WallTime now) {
    const Cell state = definition_state(definition);
    QStringList versions;
    if (const auto* all = api::array_at(definition.document(), {"spec", "versions"})) {
      for (const json::value& each : *all) {
        if (const auto* version = each.if_object())
          versions.append(text(api::text_at(*version, {"name"})));
      }
    }
    std::vector<Fact> facts = {
        {Custom::tr("Status"), state.text, glyph_of(state.state)},
        {Custom::tr("Why"), state.tip},
        {Custom::tr("Kind"), kind_of(definition)},
        {Custom::tr("Group"), text(at(definition, {"spec", "group"})), std::nullopt, true},
        {Custom::tr("Versions"), versions.join(QStringLiteral(", "))},
        {Custom::tr("Belongs to"), scope_of(definition)},
    };
    if (const auto created = created_at(definition))
      facts.push_back({Custom::tr("Age"), age_text(*created, now)});
    return facts;
  };
  ObjectColumn name = name_column();
  name.width = 260;
  kind.columns = {
      name,
      {[] { return Custom::tr("Kind"); },
       [=](const api::Object& definition, WallTime) { return Cell{kind_of(definition)}; }, 140},
      {[] { return Custom::tr("Status"); },
       [](const api::Object& definition, WallTime) { return definition_state(definition); }, 130},
      {[] { return Custom::tr("Belongs to"); },
       [=](const api::Object& definition, WallTime) { return Cell{scope_of(definition)}; }, 110},
      age_column(),
  };
  return kind;
}

class DefinitionsPage final : public ObjectPage {
 public:
  DefinitionsPage(const PageContext& context, std::function<void(const api::ObjectPtr&)> show,
                  QWidget* parent)
      : ObjectPage(context, definitions_kind(), parent) {
    show_ = make_button("primary", this);
    show_->setObjectName(QStringLiteral("custom_show"));
    actions()->addWidget(show_);
    actions()->addStretch(1);
    const auto go = [this, show = std::move(show)] {
      if (chosen() && served_version(*chosen()) != nullptr) show(chosen());
    };
    connect(show_, &QPushButton::clicked, this, go);
    connect(findChild<QTableView*>(QStringLiteral("custom_table")), &QTableView::activated, this,
            go);
    connect(this, &ObjectPage::chosen_changed, this, [this] {
      show_->setEnabled(chosen() && served_version(*chosen()) != nullptr && established(*chosen()));
    });
    connect(this, &ObjectPage::retranslated, this, [this] { retranslate_actions(); });
    retranslate_actions();
  }

 private:
  void retranslate_actions() {
    show_->setText(Custom::tr("Show objects"));
    show_->setToolTip(Custom::tr("Lists what has been made of this kind (Enter)"));
  }
  QPushButton* show_;
};

class CustomPage final : public QWidget {
 public:
  CustomPage(const PageContext& context, QWidget* parent)
      : QWidget(parent),
        context_(context),
        definitions_(context.api.follow(
            {.resource = {"apiextensions.k8s.io", "v1", "customresourcedefinitions"}})) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    bar_ = new QWidget(this);
    auto* row = new QHBoxLayout(bar_);
    row->setContentsMargins(24, 16, 24, 0);
    back_ = make_button("link", bar_);
    back_->setObjectName(QStringLiteral("custom_back"));
    row->addWidget(back_);
    row->addStretch(1);
    stack_ = new QStackedWidget(this);
    stack_->addWidget(new DefinitionsPage(
        context, [this](const api::ObjectPtr& definition) { show_objects(definition); }, stack_));
    column->addWidget(bar_);
    column->addWidget(stack_, 1);
    bar_->hide();
    connect(back_, &QPushButton::clicked, this, [this] { go_back(); });
    // Another cluster has other kinds, and a definition that goes takes its objects with it.
    connect(&context_.api, &ApiSession::chosen, this, [this] { go_back(); });
    connect(definitions_.get(), &LiveCollection::changed, this,
            [this](const std::vector<ObjectChange>& changes) { take(changes); });
    retranslate();
  }

 protected:
  void changeEvent(QEvent* event) override {
    if (event->type() == QEvent::LanguageChange) retranslate();
    QWidget::changeEvent(event);
  }

 private:
  void retranslate() { back_->setText(Custom::tr("‹ All custom resources")); }

  void show_objects(const api::ObjectPtr& definition) {
    const auto* version = served_version(*definition);
    if (version == nullptr) return;
    if (objects_) objects_->deleteLater();
    objects_ = new ObjectPage(context_, objects_kind(*definition, *version), stack_);
    shown_ = std::string(definition->name());
    columns_ = columns_of(*definition);
    stack_->addWidget(objects_);
    stack_->setCurrentWidget(objects_);
    bar_->show();
    back_->setFocus();
  }

  void go_back() {
    shown_.clear();
    bar_->hide();
    stack_->setCurrentIndex(0);
    if (objects_) objects_->deleteLater();
    objects_ = nullptr;
  }

  void take(const std::vector<ObjectChange>& changes) {
    for (const ObjectChange& change : changes) {
      if (shown_.empty() || change.key != shown_) continue;
      if (!change.object) return go_back();
      if (columns_of(*change.object) != columns_) return show_objects(change.object);
    }
  }

  // What the list of objects was made from.
  static std::string columns_of(const api::Object& definition) {
    const auto* version = served_version(definition);
    if (version == nullptr) return {};
    const auto* columns = api::array_at(*version, {"additionalPrinterColumns"});
    return std::string(api::text_at(*version, {"name"})) +
           (columns != nullptr ? api::to_text(*columns) : std::string());
  }

  const PageContext context_;
  const std::shared_ptr<LiveCollection> definitions_;
  QWidget* bar_;
  QPushButton* back_;
  QStackedWidget* stack_;
  QPointer<ObjectPage> objects_;
  std::string shown_;
  std::string columns_;
};

}  // namespace

QWidget* make_custom_page(const PageContext& context, QWidget* parent) {
  return new CustomPage(context, parent);
}

}  // namespace cove::ui
