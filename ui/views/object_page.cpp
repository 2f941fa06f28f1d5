#include "ui/views/object_page.h"

#include "ui/models/connection.h"
#include "ui/models/document_text.h"
#include "ui/views/state_table.h"

namespace cove::ui {
namespace {

constexpr int kDetailsPause = 150;  // ms; others' changes come in crowds
constexpr int kNamespaceWidth = 170;

}  // namespace

ObjectPage::ObjectPage(const PageContext& context, ObjectPageKind kind, QWidget* parent)
    : ListFrame(context, kind.id, kind.title, parent),
      kind_(std::move(kind)),
      model_(new ObjectModel(kind_.columns, context.clock, this)) {
  show_table(make_object_table(context.theme, *model_, this), kind_.sort_column, kind_.sort_order);
  namespace_ = new QComboBox(this);
  namespace_->setObjectName(kind_.id + QStringLiteral("_namespace"));
  namespace_->setMinimumWidth(kNamespaceWidth);
  namespace_->setVisible(kind_.namespaced);
  toolbar()->addWidget(namespace_);
  connect(namespace_, &QComboBox::currentIndexChanged, this,
          [this] { model_->set_namespace(namespace_->currentData().toString()); });
  make_tabs();
  connect(&context.api, &ApiSession::chosen, this, [this] {
    hide_refusal();
    refresh_health();
  });
  connect(&context.api, &ApiSession::trouble_changed, this, &ObjectPage::refresh_health);
  connect(model_, &ObjectModel::refreshed, this, [this] {
    refresh_count();
    choose_row();
    choose_wanted();
  });
  if (kind_.namespaced) {
    namespaces_ = context.api.follow({.resource = {"", "v1", "namespaces"}});
    connect(namespaces_.get(), &LiveCollection::changed, this, &ObjectPage::refresh_namespaces);
    connect(namespaces_.get(), &LiveCollection::forgotten, this, &ObjectPage::refresh_namespaces);
  }
  details_soon_.setSingleShot(true);
  details_soon_.setInterval(kDetailsPause);
  connect(&details_soon_, &QTimer::timeout, this, &ObjectPage::refresh_details);
  const auto collection = context.api.follow({.resource = kind_.resource});
  connect(collection.get(), &LiveCollection::health_changed, this, &ObjectPage::refresh_health);
  model_->follow(collection);
  begin();
}

void ObjectPage::make_tabs() {
  why_ = new WhyPanel(context(), summary_content());
  summary()->insertWidget(0, why_);
  if (kind_.events) {
    events_ = new ObjectModel(event_columns(false), context().clock, this);
    events_->sort(0, Qt::DescendingOrder);
    events_table_ = make_object_table(context().theme, *events_, tabs());
    events_table_->setObjectName(kind_.id + QStringLiteral("_events"));
    tabs()->addTab(events_table_, QString());
  }
  yaml_ = new YamlTab(context(), kind_.resource, kind_.id, tabs());
  tabs()->addTab(yaml_, QString());
}

// The selection is the table's; an object that the filter hides or that has gone is let go.
void ObjectPage::choose_row() {
  const int row = chosen_row();
  const api::ObjectPtr now = model_->object(row);
  const QString key = now ? model_->key(row) : QString();
  if (now == chosen_) return;
  if (key != chosen_key_) hide_refusal();
  chosen_ = now;
  chosen_key_ = key;
  show_chosen();
}

void ObjectPage::choose_object(const QString& key) {
  wanted_key_ = key;
  choose_wanted();
}

void ObjectPage::choose_wanted() {
  if (wanted_key_.isEmpty() || !model_->knows(wanted_key_)) return;
  const QString key = std::exchange(wanted_key_, QString());
  clear_search();
  namespace_->setCurrentIndex(0);
  const int row = model_->row_of(key);
  if (row < 0) return;
  table()->selectRow(row);
  table()->scrollTo(model_->index(row, 0));
}

void ObjectPage::show_chosen() {
  details()->setVisible(chosen_ != nullptr);
  why_->show_object(chosen_);
  if (chosen_) {
    set_name(text(chosen_->name()));
    refresh_details();
  }
  refresh_yaml();
  refresh_events();
  Q_EMIT chosen_changed();
}

void ObjectPage::refresh_details() {
  if (chosen_) set_facts(kind_.facts(*chosen_, context().clock.wall()));
}

void ObjectPage::depend_on(std::shared_ptr<LiveCollection> collection) {
  const auto soon = [this] {
    if (chosen_ && !details_soon_.isActive()) details_soon_.start();
  };
  connect(collection.get(), &LiveCollection::changed, this, soon);
  connect(collection.get(), &LiveCollection::forgotten, this, soon);
  dependencies_.push_back(std::move(collection));
}

// Made when it is looked at.
void ObjectPage::refresh_yaml() {
  if (tabs()->currentWidget() == yaml_ && chosen_) yaml_->show_object(chosen_);
}

// Followed while they are looked at.
void ObjectPage::refresh_events() {
  if (!events_) return;
  const bool wanted = chosen_ && tabs()->currentWidget() == events_table_;
  const std::string uid = wanted ? std::string(chosen_->uid()) : std::string();
  if (uid == events_of_) return;
  events_of_ = uid;
  if (uid.empty()) return events_->follow(nullptr);
  const std::string selector = kind_.events_by_name
                                   ? "involvedObject.kind=" + std::string(chosen_->kind()) +
                                         ",involvedObject.name=" + std::string(chosen_->name())
                                   : "involvedObject.uid=" + uid;
  events_->follow(context().api.follow({.resource = {"", "v1", "events"},
                                        .namespace_name = std::string(chosen_->namespace_name()),
                                        .field_selector = selector}));
}

void ObjectPage::show_result(const QString& failed,
                             const client::ApiResult<api::ObjectPtr>& result) {
  if (!result.has_error()) return hide_refusal();
  show_refusal(failed, QString::fromStdString(result.error().message));
}

void ObjectPage::patch(client::PatchType type, const api::json::value& patch,
                       const QString& failed) {
  if (!chosen_) return;
  const client::Resource resource = kind_.resource;
  const std::string name(chosen_->name());
  const std::string space(chosen_->namespace_name());
  api().call(
      [=](client::Transport& transport, ApiSession::ObjectDone done) {
        return client::ResourceClient(transport, resource, space)
            .patch(name, type, patch, {.field_manager = "cove-desktop"}, std::move(done));
      },
      this, [this, failed](const auto& result) { show_result(failed, result); });
}

void ObjectPage::refresh_health() {
  const LiveCollection& collection = *model_->collection();
  const bool chosen = !context().api.context().empty();
  const auto& trouble = context().api.trouble();
  const auto& problem = collection.problem();
  if (chosen && trouble) {
    health()->show_message(Tone::kBad, QStringLiteral("error"),
                           tr("There is no way to the cluster"),
                           QString::fromStdString(trouble->message()));
  } else if (chosen && problem) {
    const Problem said = problem_of(*problem);
    const bool passing = problem->is_unanswered();
    QString why = QString::fromStdString(problem->message);
    if (!said.advice.isEmpty()) why += QLatin1Char('\n') + said.advice;
    health()->show_message(
        passing ? Tone::kBusy : Tone::kBad,
        problem->is_forbidden() ? QStringLiteral("key") : QStringLiteral("warning"),
        collection.synced() ? tr("%1: this is what was last known").arg(said.title) : said.title,
        why);
  }
  health()->set_action({});
  health()->setVisible(chosen && (trouble || problem));
  refresh_count();
}

void ObjectPage::refresh_count() {
  show_rows({model_->rowCount(), static_cast<int>(model_->known()),
             !context().api.context().empty(), model_->collection()->synced(),
             tr("Search for other words, or choose another namespace."), kind_.explanation()});
}

void ObjectPage::refresh_namespaces() {
  const QString chosen = namespace_->currentData().toString();
  QStringList names;
  for (const auto& [key, object] : namespaces_->objects()) names.append(text(object->name()));
  // What is chosen stays so while it is away.
  if (!chosen.isEmpty() && !names.contains(chosen)) names.append(chosen);
  names.sort();
  {
    const QSignalBlocker quiet(namespace_);
    namespace_->clear();
    namespace_->addItem(tr("All namespaces"), QString());
    for (const QString& name : names) namespace_->addItem(name, name);
    namespace_->setCurrentIndex(std::max(0, namespace_->findData(chosen)));
  }
}

void ObjectPage::search_for(const QString& words) {
  model_->set_filter(words);
}

void ObjectPage::tab_shown() {
  refresh_yaml();
  refresh_events();
}

void ObjectPage::retranslate_list() {
  namespace_->setAccessibleName(tr("Namespace"));
  if (events_table_) {
    tabs()->setTabText(tabs()->indexOf(events_table_), tr("Events"));
    events_table_->setAccessibleName(tr("Events"));
    events_->retranslate();
  }
  tabs()->setTabText(tabs()->indexOf(yaml_), tr("YAML"));
  yaml_->retranslate();
  model_->retranslate();
  if (namespaces_) refresh_namespaces();
  refresh_health();
  refresh_details();
  Q_EMIT retranslated();
}

}  // namespace cove::ui
