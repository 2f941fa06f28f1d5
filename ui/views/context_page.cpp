#include "ui/views/context_page.h"

#include <QEvent>
#include <QScrollArea>
#include <QVBoxLayout>

#include "ui/models/document_text.h"
#include "ui/views/state_table.h"

namespace cove::ui {

ContextPage::ContextPage(const PageContext& context, QWidget* parent)
    : QWidget(parent), context_(context) {
  setObjectName(QStringLiteral("context_page"));
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  auto* scroll = new QScrollArea(this);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setFocusPolicy(Qt::NoFocus);
  auto* content = new QWidget(scroll);
  scroll->setWidget(content);
  outer->addWidget(scroll);
  auto* column = new QVBoxLayout(content);
  column->setContentsMargins(24, 24, 24, 24);
  column->setSpacing(16);
  QFrame* card = make_card(this);
  auto* row = new QHBoxLayout(card);
  row->setContentsMargins(20, 20, 20, 20);
  row->setSpacing(16);
  glyph_ = new StatusGlyph(context.theme, 40, card);
  auto* texts = new QVBoxLayout;
  texts->setSpacing(2);
  name_ = make_label("hero", card);
  name_->setObjectName(QStringLiteral("context_name"));
  state_ = make_label("strong", card);
  state_->setObjectName(QStringLiteral("context_state"));
  text_ = make_label("secondary", card);
  text_->setObjectName(QStringLiteral("context_text"));
  text_->setWordWrap(true);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  texts->addWidget(name_);
  texts->addWidget(state_);
  texts->addWidget(text_);
  row->addWidget(glyph_, 0, Qt::AlignTop);
  row->addLayout(texts, 1);
  reason_ = new Banner(context.theme, this);
  reason_->setObjectName(QStringLiteral("context_reason"));
  QFrame* about = make_card(this);
  auto* lines = new QVBoxLayout(about);
  lines->setContentsMargins(20, 16, 20, 16);
  facts_ = new FactList(context.theme, about);
  lines->addWidget(facts_);
  column->addWidget(card);
  cluster_ = new OverviewCluster(context, content);
  column->addWidget(reason_);
  column->addWidget(cluster_);
  column->addWidget(about);
  column->addStretch(1);
  connect(&context.counts, &LiveCounts::changed, this, &ContextPage::refresh);
  connect(&context.contexts, &ContextModel::changed, this, &ContextPage::refresh);
  connect(&context.current, &CurrentCluster::changed, this, &ContextPage::refresh);
  refresh();
}

void ContextPage::set_page(const QString& title, bool overview) {
  title_ = title;
  overview_ = overview;
  refresh();
}

void ContextPage::refresh() {
  const std::string& name = context_.current.foreign();
  if (name.empty()) return;
  const Connection connection = context_.counts.connection();
  set_text(name_, text(name));
  glyph_->set_glyph(glyph_of(connection.state));
  set_text(state_, connection.title);
  set_text(text_, connection.text);
  text_->setVisible(!connection.text.isEmpty());
  cluster_->setVisible(overview_ && connection.state == ObjectState::kGood);
  reason_->show_message(
      Tone::kNeutral, QStringLiteral("info"),
      overview_ ? tr("The machine is not shown here")
                : tr("“%1” is for Cove's own clusters").arg(title_),
      tr("This cluster's machine belongs to another program, so it is not started, stopped or "
         "looked into from here. What is in the cluster shows on the other pages."));
  const ContextEntry* entry = context_.contexts.find(name);
  facts_->set_facts({{tr("Context"), text(name), std::nullopt, true},
                     {tr("Server"), entry ? text(entry->server) : QString(), std::nullopt, true},
                     {tr("Cluster"), entry ? text(entry->cluster) : QString()},
                     {tr("User"), entry ? text(entry->user) : QString()},
                     {tr("Namespace"), entry ? text(entry->namespace_name) : QString()},
                     {tr("Kubeconfig"), entry ? text(entry->file) : tr("it is not in it any more"),
                      std::nullopt, true}});
}

void ContextPage::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) refresh();
  QWidget::changeEvent(event);
}

}  // namespace cove::ui
