#include "ui/widgets/fact_list.h"

namespace cove::ui {

FactList::FactList(const Theme& theme, QWidget* parent)
    : QWidget(parent), theme_(theme), grid_(new QGridLayout(this)) {
  grid_->setContentsMargins(0, 0, 0, 0);
  grid_->setHorizontalSpacing(kGrid);
  grid_->setVerticalSpacing(kGrid);
  grid_->setColumnStretch(2, 1);
  grid_->setColumnMinimumWidth(0, 96);
}

FactList::Row& FactList::row(std::size_t index) {
  while (rows_.size() <= index) {
    Row made{make_label("muted", this), new StatusGlyph(theme_, 14, this),
             make_label("body", this)};
    made.value->setWordWrap(true);
    made.value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    made.value->setFocusPolicy(Qt::NoFocus);
    const int at = static_cast<int>(rows_.size());
    grid_->addWidget(made.caption, at, 0, Qt::AlignTop | Qt::AlignLeft);
    grid_->addWidget(made.glyph, at, 1, Qt::AlignTop);
    grid_->addWidget(made.value, at, 2);
    rows_.push_back(made);
  }
  return rows_[index];
}

void FactList::set_facts(const std::vector<Fact>& facts) {
  std::size_t used = 0;
  for (const Fact& fact : facts) {
    if (fact.value.isEmpty()) continue;
    Row& shown = row(used++);
    set_text(shown.caption, fact.caption);
    set_text(shown.value, fact.value);
    shown.value->setFont(theme_.font(fact.mono ? TextRole::kMono : TextRole::kBody));
    shown.value->setAccessibleName(fact.caption + QStringLiteral(": ") + fact.value);
    if (fact.glyph) shown.glyph->set_glyph(*fact.glyph);
    shown.glyph->setVisible(fact.glyph.has_value());
    shown.caption->show();
    shown.value->show();
  }
  for (std::size_t i = used; i < rows_.size(); ++i) {
    rows_[i].caption->hide();
    rows_[i].glyph->hide();
    rows_[i].value->hide();
  }
}

}  // namespace cove::ui
