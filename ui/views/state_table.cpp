#include "ui/views/state_table.h"

#include <QEvent>
#include <QHeaderView>
#include <QHelpEvent>
#include <QStyledItemDelegate>
#include <QToolTip>
#include <algorithm>

namespace cove::ui {
namespace {

constexpr int kRowHeight = 34;
constexpr int kGlyphSize = 14;
constexpr int kAir = 12;         // above and below a text of several lines, together
constexpr int kLeastName = 140;  // what the first column keeps when others need room

// The style paints the cell; the state's shape is its decoration. A text that is cut is its own
// tip.
class StatePainter final : public QStyledItemDelegate {
 public:
  StatePainter(const Theme& theme, QObject* parent) : QStyledItemDelegate(parent), theme_(theme) {
    QObject::connect(&theme, &Theme::changed, this, [this] { icons_.clear(); });
  }
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    return QStyledItemDelegate::sizeHint(option, index) + QSize(0, kAir);
  }
  bool helpEvent(QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem& option,
                 const QModelIndex& index) override {
    const bool cut = event->type() == QEvent::ToolTip && index.isValid() &&
                     sizeHint(option, index).width() > option.rect.width();
    if (!cut) return QStyledItemDelegate::helpEvent(event, view, option, index);
    QStringList lines{index.data().toString(), index.data(Qt::ToolTipRole).toString()};
    lines.removeAll(QString());
    lines.removeDuplicates();
    QToolTip::showText(event->globalPos(), lines.join(QLatin1Char('\n')), view);
    return true;
  }

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    QStyledItemDelegate::initStyleOption(option, index);
    option->state.setFlag(QStyle::State_HasFocus, false);  // rows are chosen, not cells
    // Names that begin alike differ at their ends.
    if (index.column() == 0) option->textElideMode = Qt::ElideMiddle;
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

// Where not all columns have room, the first gives up some of its own, so that no column is cut at
// the table's edge: those behind are scrolled to. Ends when a person sets a width.
class ColumnFit final : public QObject {
 public:
  ColumnFit(QTableView* table, std::vector<int> widths)
      : QObject(table), table_(*table), widths_(std::move(widths)) {
    table->viewport()->installEventFilter(this);
    QObject::connect(table->horizontalHeader(), &QHeaderView::sectionResized, this,
                     [this](int column, int, int now) {
                       const bool last =
                           column + 1 == table_.horizontalHeader()->count();  // stretches
                       if (!fitting_ && !last && now != widths_[static_cast<std::size_t>(column)])
                         ended_ = true;
                     });
  }
  bool eventFilter(QObject* watched, QEvent* event) override {
    if (event->type() == QEvent::Resize) fit();
    return QObject::eventFilter(watched, event);
  }

 private:
  void fit() {
    if (ended_ || widths_.empty()) return;
    const int room = table_.viewport()->width();
    const int least = std::min(widths_.front(), kLeastName);
    int others = 0;  // that fit beside the first
    for (std::size_t i = 1; i < widths_.size() && least + others + widths_[i] <= room; ++i)
      others += widths_[i];
    fitting_ = true;
    table_.horizontalHeader()->resizeSection(0, std::clamp(room - others, least, widths_.front()));
    fitting_ = false;
  }

  QTableView& table_;
  std::vector<int> widths_;
  bool fitting_ = false;
  bool ended_ = false;
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

void set_column_widths(QTableView* table, const std::vector<int>& widths) {
  for (std::size_t i = 0; i < widths.size(); ++i)
    table->horizontalHeader()->resizeSection(static_cast<int>(i), widths[i]);
  new ColumnFit(table, widths);
}

QTableView* make_object_table(const Theme& theme, ObjectModel& model, QWidget* parent) {
  QTableView* table = make_state_table(theme, model, parent);
  std::vector<int> widths;
  for (const ObjectColumn& column : model.columns()) widths.push_back(column.width);
  set_column_widths(table, widths);
  return table;
}

}  // namespace cove::ui
