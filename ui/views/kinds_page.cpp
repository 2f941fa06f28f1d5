#include "ui/views/kinds_page.h"

#include <QEvent>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/widgets/basics.h"

namespace cove::ui {

KindsPage::KindsPage(const PageContext& context, const QString& id, std::vector<KindEntry> kinds,
                     QWidget* parent)
    : QWidget(parent),
      context_(context),
      kinds_(std::move(kinds)),
      made_(kinds_.size(), nullptr),
      segments_(new Segments(id + QStringLiteral("_kinds"), this)),
      stack_(new QStackedWidget(this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 16, 0, 0);
  column->setSpacing(0);
  auto* row = new QHBoxLayout;
  row->setContentsMargins(24, 0, 24, 0);
  row->addWidget(segments_);
  row->addStretch(1);
  column->addLayout(row);
  column->addWidget(stack_, 1);
  for (const KindEntry& kind : kinds_) segments_->addTab(kind.title());
  connect(segments_, &QTabBar::currentChanged, this, &KindsPage::show_kind);
  retranslate();
  show_kind(0);
}

void KindsPage::show_kind(int index) {
  ObjectPage*& page = made_[static_cast<std::size_t>(index)];
  if (!page) {
    page = kinds_[static_cast<std::size_t>(index)].make(context_, stack_);
    stack_->addWidget(page);
  }
  stack_->setCurrentWidget(page);
}

void KindsPage::choose_object(const QString& plural, const QString& key) {
  const auto found = std::ranges::find_if(
      kinds_, [&](const KindEntry& kind) { return plural == QLatin1String(kind.plural); });
  if (found == kinds_.end()) return;
  const auto index = found - kinds_.begin();
  segments_->setCurrentIndex(static_cast<int>(index));
  made_[static_cast<std::size_t>(index)]->choose_object(key);
}

void KindsPage::retranslate() {
  segments_->setAccessibleName(tr("Kinds"));
  for (std::size_t i = 0; i < kinds_.size(); ++i)
    segments_->setTabText(static_cast<int>(i), kinds_[i].title());
}

void KindsPage::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

}  // namespace cove::ui
