#include "ui/views/object_page.h"

#include <QEvent>
#include <QHeaderView>
#include <QScrollArea>
#include <QScrollBar>
#include <QShortcut>
#include <QStyledItemDelegate>
#include <QTabBar>
#include <QVBoxLayout>

#include "ui/models/connection.h"
#include "ui/models/document_text.h"

namespace cove::ui {
namespace {

constexpr int kRowHeight = 34;
constexpr int kGlyphSize = 14;
constexpr int kDetailsPause = 150;  // ms; others' changes come in crowds

// The style paints the cell; the state's shape is its decoration.
class StatePainter final : public QStyledItemDelegate {
 public:
  StatePainter(const Theme& theme, QObject* parent) : QStyledItemDelegate(parent), theme_(theme) {
    QObject::connect(&theme, &Theme::changed, this, [this] { icons_.clear(); });
  }

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    QStyledItemDelegate::initStyleOption(option, index);
    option->state.setFlag(QStyle::State_HasFocus, false);  // rows are chosen, not cells
    const auto state = static_cast<ObjectState>(index.data(ObjectModel::kState).toInt());
    if (state == ObjectState::kNone) return;
    option->features |= QStyleOptionViewItem::HasDecoration;
    option->decorationSize = QSize(kGlyphSize, kGlyphSize);
    option->decorationAlignment = Qt::AlignCenter;
    option->icon = icon(state, option->widget ? option->widget->devicePixelRatioF() : 1.0);
  }

 private:
  const QIcon& icon(ObjectState state, qreal ratio) const {
    QIcon& icon = icons_[{state, ratio}];
    if (icon.isNull()) {
      const QPixmap pixmap = glyph_pixmap(glyph_of(state), theme_.palette(), kGlyphSize, ratio);
      icon.addPixmap(pixmap, QIcon::Normal);
      icon.addPixmap(pixmap, QIcon::Selected);
    }
    return icon;
  }

  const Theme& theme_;
  mutable std::map<std::pair<ObjectState, qreal>, QIcon> icons_;
};

QLabel* make_centered(const char* look, QWidget* parent) {
  QLabel* label = make_label(look, parent);
  label->setAlignment(Qt::AlignCenter);
  label->setWordWrap(true);
  return label;
}

}  // namespace

Glyph glyph_of(ObjectState state) {
  switch (state) {
    case ObjectState::kGood: return Glyph::kRunning;
    case ObjectState::kBusy: return Glyph::kTurning;
    case ObjectState::kBad: return Glyph::kBroken;
    case ObjectState::kOff:
    case ObjectState::kNone: break;
  }
  return Glyph::kOff;
}

QTableView* make_state_table(const Theme& theme, QAbstractItemModel& model, QWidget* parent) {
  auto* table = new QTableView(parent);
  table->setModel(&model);
  table->setItemDelegate(new StatePainter(theme, table));
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->setSelectionMode(QAbstractItemView::SingleSelection);
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setShowGrid(false);
  table->setWordWrap(false);
  table->setCornerButtonEnabled(false);
  table->setTabKeyNavigation(false);
  table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table->setFrameShape(QFrame::NoFrame);
  table->verticalHeader()->hide();
  table->verticalHeader()->setMinimumSectionSize(kRowHeight);
  table->verticalHeader()->setDefaultSectionSize(kRowHeight);
  table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  QHeaderView* header = table->horizontalHeader();
  header->setHighlightSections(false);
  header->setStretchLastSection(true);
  header->setMinimumSectionSize(48);
  header->setFocusPolicy(Qt::NoFocus);
  return table;
}

QTableView* make_object_table(const Theme& theme, ObjectModel& model, QWidget* parent) {
  QTableView* table = make_state_table(theme, model, parent);
  QHeaderView* header = table->horizontalHeader();
  for (std::size_t i = 0; i < model.columns().size(); ++i)
    header->resizeSection(static_cast<int>(i), model.columns()[i].width);
  return table;
}

ObjectPage::ObjectPage(const PageContext& context, ObjectPageKind kind, QWidget* parent)
    : QWidget(parent),
      context_(context),
      kind_(std::move(kind)),
      model_(new ObjectModel(kind_.columns, context.clock, this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 20, 24, 16);
  column->setSpacing(12);
  auto* head = new QHBoxLayout;
  head->setSpacing(kGrid);
  title_ = make_label("title", this);
  count_ = make_label("muted", this);
  count_->setObjectName(kind_.id + QStringLiteral("_count"));
  search_ = new QLineEdit(this);
  search_->setObjectName(kind_.id + QStringLiteral("_search"));
  search_->setClearButtonEnabled(true);
  search_->setFixedWidth(220);
  namespace_ = new QComboBox(this);
  namespace_->setObjectName(kind_.id + QStringLiteral("_namespace"));
  namespace_->setMinimumWidth(170);
  namespace_->setVisible(kind_.namespaced);
  head->addWidget(title_);
  head->addWidget(count_);
  head->addStretch(1);
  head->addWidget(namespace_);
  head->addWidget(search_);
  column->addLayout(head);
  health_ = new Banner(context_.theme, this);
  health_->setObjectName(kind_.id + QStringLiteral("_health"));
  refusal_ = new Banner(context_.theme, this);
  refusal_->setObjectName(kind_.id + QStringLiteral("_refusal"));
  refusal_->hide();
  column->addWidget(health_);
  column->addWidget(refusal_);
  auto* splitter = new QSplitter(Qt::Horizontal, this);
  splitter->setChildrenCollapsible(false);
  splitter->setHandleWidth(12);
  splitter->addWidget(make_list());
  splitter->addWidget(make_details());
  splitter->setStretchFactor(0, 1);
  splitter->setSizes({480, 420});
  column->addWidget(splitter, 1);

  auto* find = new QShortcut(QKeySequence::Find, this);
  connect(find, &QShortcut::activated, this, [this] {
    search_->setFocus(Qt::ShortcutFocusReason);
    search_->selectAll();
  });
  connect(search_, &QLineEdit::textChanged, this,
          [this](const QString& words) { model_->set_filter(words); });
  connect(namespace_, &QComboBox::currentIndexChanged, this,
          [this] { model_->set_namespace(namespace_->currentData().toString()); });
  connect(refusal_, &Banner::activated, refusal_, &QWidget::hide);
  connect(&context_.api, &ApiSession::chosen, this, [this] {
    refusal_->hide();
    refresh_health();
  });
  connect(&context_.api, &ApiSession::trouble_changed, this, &ObjectPage::refresh_health);
  connect(model_, &ObjectModel::refreshed, this, [this] {
    refresh_count();
    choose_row();
    choose_wanted();
  });
  if (kind_.namespaced) {
    namespaces_ = context_.api.follow({.resource = {"", "v1", "namespaces"}});
    connect(namespaces_.get(), &LiveCollection::changed, this, &ObjectPage::refresh_namespaces);
    connect(namespaces_.get(), &LiveCollection::forgotten, this, &ObjectPage::refresh_namespaces);
  }
  details_soon_.setSingleShot(true);
  details_soon_.setInterval(kDetailsPause);
  connect(&details_soon_, &QTimer::timeout, this, &ObjectPage::refresh_details);
  const auto collection = context_.api.follow({.resource = kind_.resource});
  connect(collection.get(), &LiveCollection::health_changed, this, &ObjectPage::refresh_health);
  model_->follow(collection);
  retranslate();
}

QWidget* ObjectPage::make_list() {
  auto* card = make_card(this);
  auto* column = new QVBoxLayout(card);
  column->setContentsMargins(1, 6, 1, 6);
  middle_ = new QStackedWidget(card);
  table_ = make_object_table(context_.theme, *model_, middle_);
  table_->setObjectName(kind_.id + QStringLiteral("_table"));
  table_->setSortingEnabled(true);
  table_->sortByColumn(kind_.sort_column, kind_.sort_order);
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
          &ObjectPage::choose_row);
  auto* nothing = new QWidget(middle_);
  auto* lines = new QVBoxLayout(nothing);
  lines->setContentsMargins(48, 24, 48, 24);
  lines->setSpacing(kGrid);
  empty_title_ = make_centered("strong", nothing);
  empty_title_->setObjectName(kind_.id + QStringLiteral("_empty"));
  empty_text_ = make_centered("secondary", nothing);
  lines->addStretch(2);
  lines->addWidget(empty_title_);
  lines->addWidget(empty_text_);
  lines->addStretch(3);
  middle_->addWidget(table_);
  middle_->addWidget(nothing);
  column->addWidget(middle_);
  return card;
}

QWidget* ObjectPage::make_details() {
  details_ = make_card(this);
  details_->setObjectName(kind_.id + QStringLiteral("_details"));
  details_->setMinimumWidth(400);
  auto* column = new QVBoxLayout(details_);
  column->setContentsMargins(16, 12, 8, 12);
  column->setSpacing(kGrid);
  auto* head = new QHBoxLayout;
  name_ = new ElidedLabel(details_);
  name_->setTextFormat(Qt::PlainText);
  set_look(name_, "strong");
  close_ = make_icon_button(context_.theme, QStringLiteral("close"), details_);
  connect(close_, &QToolButton::clicked, this, [this] {
    table_->clearSelection();
    table_->setFocus();
  });
  head->addWidget(name_, 1);
  head->addWidget(close_);
  column->addLayout(head);
  actions_ = new QHBoxLayout;
  actions_->setSpacing(6);
  column->addLayout(actions_);
  tabs_ = new QTabWidget(details_);
  tabs_->setObjectName(kind_.id + QStringLiteral("_tabs"));
  tabs_->setDocumentMode(true);
  tabs_->tabBar()->setDrawBase(false);
  tabs_->setUsesScrollButtons(true);
  auto* scroll = new QScrollArea(tabs_);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* content = new QWidget(scroll);
  summary_ = new QVBoxLayout(content);
  summary_->setContentsMargins(0, 12, 8, 0);
  summary_->setSpacing(12);
  why_ = new WhyPanel(context_, content);
  summary_->addWidget(why_);
  facts_ = new FactList(context_.theme, content);
  summary_->addWidget(facts_);
  summary_->addStretch(1);
  scroll->setWidget(content);
  tabs_->addTab(scroll, QString());
  if (kind_.events) {
    events_ = new ObjectModel(event_columns(false), context_.clock, this);
    events_->sort(0, Qt::DescendingOrder);
    events_table_ = make_object_table(context_.theme, *events_, tabs_);
    events_table_->setObjectName(kind_.id + QStringLiteral("_events"));
    tabs_->addTab(events_table_, QString());
  }
  yaml_ = new YamlTab(context_, kind_.resource, kind_.id, tabs_);
  tabs_->addTab(yaml_, QString());
  connect(tabs_, &QTabWidget::currentChanged, this, [this] {
    refresh_yaml();
    refresh_events();
  });
  column->addWidget(tabs_, 1);
  details_->hide();
  return details_;
}

// The selection is the table's; an object that the filter hides or that has gone is let go.
void ObjectPage::choose_row() {
  const QModelIndexList rows = table_->selectionModel()->selectedRows();
  const int row = rows.isEmpty() ? -1 : rows.front().row();
  const api::ObjectPtr now = model_->object(row);
  const QString key = now ? model_->key(row) : QString();
  if (now == chosen_) return;
  if (key != chosen_key_) refusal_->hide();
  chosen_ = now;
  chosen_key_ = key;
  show_chosen();
}

void ObjectPage::choose_object(const QString& key) {
  wanted_key_ = key;
  choose_wanted();
}

void ObjectPage::choose_wanted() {
  if (wanted_key_.isEmpty() || !model_->collection()->find(wanted_key_.toStdString())) return;
  const QString key = std::exchange(wanted_key_, QString());
  search_->clear();
  namespace_->setCurrentIndex(0);
  const int row = model_->row_of(key);
  if (row < 0) return;
  table_->selectRow(row);
  table_->scrollTo(model_->index(row, 0));
}

void ObjectPage::show_chosen() {
  details_->setVisible(chosen_ != nullptr);
  why_->show_object(chosen_);
  if (chosen_) {
    set_text(name_, text(chosen_->name()));
    refresh_details();
  }
  refresh_yaml();
  refresh_events();
  Q_EMIT chosen_changed();
}

void ObjectPage::refresh_details() {
  if (chosen_) facts_->set_facts(kind_.facts(*chosen_, context_.clock.wall()));
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
  if (tabs_->currentWidget() == yaml_ && chosen_) yaml_->show_object(chosen_);
}

// Followed while they are looked at.
void ObjectPage::refresh_events() {
  if (!events_) return;
  const bool wanted = chosen_ && tabs_->currentWidget() == events_table_;
  const std::string uid = wanted ? std::string(chosen_->uid()) : std::string();
  if (uid == events_of_) return;
  events_of_ = uid;
  if (uid.empty()) return events_->follow(nullptr);
  events_->follow(context_.api.follow({.resource = {"", "v1", "events"},
                                       .namespace_name = std::string(chosen_->namespace_name()),
                                       .field_selector = "involvedObject.uid=" + uid}));
}

void ObjectPage::show_result(const QString& failed,
                             const client::ApiResult<api::ObjectPtr>& result) {
  refusal_->setVisible(result.has_error());
  if (!result.has_error()) return;
  refusal_->show_message(Tone::kBad, QStringLiteral("error"), failed,
                         QString::fromStdString(result.error().message));
  refusal_->set_action(tr("Close"));
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
  const bool chosen = !context_.api.context().empty();
  const auto& trouble = context_.api.trouble();
  const auto& problem = collection.problem();
  if (chosen && trouble) {
    health_->show_message(Tone::kBad, QStringLiteral("error"), tr("There is no way to the cluster"),
                          QString::fromStdString(trouble->message()));
  } else if (chosen && problem) {
    const Problem said = problem_of(*problem);
    const bool passing = problem->is_unanswered();
    QString why = QString::fromStdString(problem->message);
    if (!said.advice.isEmpty()) why += QLatin1Char('\n') + said.advice;
    health_->show_message(
        passing ? Tone::kBusy : Tone::kBad,
        problem->is_forbidden() ? QStringLiteral("key") : QStringLiteral("warning"),
        collection.synced() ? tr("%1: this is what was last known").arg(said.title) : said.title,
        why);
  }
  health_->set_action({});
  health_->setVisible(chosen && (trouble || problem));
  refresh_count();
}

void ObjectPage::refresh_count() {
  const int shown = model_->rowCount();
  const auto known = static_cast<int>(model_->known());
  const bool running = !context_.api.context().empty();
  const bool synced = model_->collection()->synced();
  set_text(count_, known == 0 ? QString()
                   : shown == known
                       ? locale().toString(known)
                       : tr("%1 of %2").arg(locale().toString(shown), locale().toString(known)));
  middle_->setCurrentIndex(shown > 0 ? 0 : 1);
  if (shown > 0) return;
  if (!running) {
    set_text(empty_title_, tr("The cluster is not running"));
    set_text(empty_text_, tr("Start it to see what is in it."));
  } else if (known > 0) {
    set_text(empty_title_, tr("Nothing matches"));
    set_text(empty_text_, tr("Search for other words, or choose another namespace."));
  } else if (!synced) {
    set_text(empty_title_, health_->isHidden() ? tr("Loading…") : tr("Nothing is known yet"));
    set_text(empty_text_, QString());
  } else {
    set_text(empty_title_, tr("There is none yet"));
    set_text(empty_text_, kind_.explanation());
  }
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

void ObjectPage::retranslate() {
  title_->setText(kind_.title());
  search_->setPlaceholderText(tr("Search (Ctrl+F)"));
  search_->setAccessibleName(tr("Search the list"));
  namespace_->setAccessibleName(tr("Namespace"));
  table_->setAccessibleName(kind_.title());
  name_control(close_, tr("Close the details"));
  tabs_->setTabText(0, tr("Summary"));
  if (events_table_) {
    tabs_->setTabText(tabs_->indexOf(events_table_), tr("Events"));
    events_table_->setAccessibleName(tr("Events"));
    events_->retranslate();
  }
  tabs_->setTabText(tabs_->indexOf(yaml_), tr("YAML"));
  yaml_->retranslate();
  model_->retranslate();
  if (namespaces_) refresh_namespaces();
  refresh_health();
  refresh_details();
  Q_EMIT retranslated();
}

void ObjectPage::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

}  // namespace cove::ui
