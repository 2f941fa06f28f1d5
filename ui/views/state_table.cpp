#include "ui/views/state_table.h"

#include <QHeaderView>
#include <QStyledItemDelegate>

namespace cove::ui {
namespace {

constexpr int kRowHeight = 34;
constexpr int kGlyphSize = 14;

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

}  // namespace cove::ui
