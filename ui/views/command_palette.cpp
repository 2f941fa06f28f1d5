#include "ui/views/command_palette.h"

#include <QKeyEvent>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/models/document_text.h"
#include "ui/widgets/basics.h"

namespace cove::ui {
namespace {

constexpr QSize kSize(560, 400);
constexpr int kRow = 36;

struct Searched {
  client::Resource resource;
  const char* page;
};

// What can be gone to, where there is a page for it.
const std::vector<Searched>& searched() {
  static const std::vector<Searched> all = {
      {{"", "v1", "pods"}, "pods"},
      {{"apps", "v1", "deployments"}, "deployments"},
      {{"", "v1", "services"}, "services"},
      {{"apps", "v1", "statefulsets"}, "workloads"},
      {{"apps", "v1", "daemonsets"}, "workloads"},
      {{"networking.k8s.io", "v1", "ingresses"}, "ingresses"},
      {{"", "v1", "configmaps"}, "config"},
      {{"", "v1", "secrets"}, "config"},
      {{"", "v1", "persistentvolumeclaims"}, "storage"},
      {{"", "v1", "persistentvolumes"}, "storage"},
      {{"batch", "v1", "jobs"}, "jobs"},
      {{"batch", "v1", "cronjobs"}, "jobs"},
      {{"", "v1", "nodes"}, "nodes"},
  };
  return all;
}

const PageEntry* page_named(const char* id) {
  const auto& all = pages();
  const auto found = std::ranges::find_if(
      all, [&](const PageEntry& each) { return std::string_view(each.id) == id; });
  return found == all.end() ? nullptr : &*found;
}

class RowPainter final : public QStyledItemDelegate {
 public:
  RowPainter(const Theme& theme, QObject* parent) : QStyledItemDelegate(parent), theme_(theme) {}
  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override {
    return {100, kRow};
  }
  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override {
    const Palette& palette = theme_.palette();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (option.state.testFlag(QStyle::State_Selected)) {
      painter->setPen(Qt::NoPen);
      painter->setBrush(palette.selection);
      painter->drawRoundedRect(option.rect.adjusted(2, 1, -2, -1), 7, 7);
    }
    const QRect row = option.rect.adjusted(12, 0, -12, 0);
    const QPixmap icon =
        theme_.pixmap(index.data(PaletteModel::kIcon).toString(), palette.text_secondary, 18,
                      option.widget->devicePixelRatioF());
    painter->drawPixmap(QPoint(row.left(), row.center().y() - 8), icon);
    const QString detail = index.data(PaletteModel::kDetail).toString();
    const int detail_width =
        std::min(option.fontMetrics.horizontalAdvance(detail) + 4, row.width() / 2);
    const QRect right(row.right() - detail_width, row.top(), detail_width, row.height());
    painter->setPen(palette.text_secondary);
    painter->drawText(right, Qt::AlignRight | Qt::AlignVCenter,
                      option.fontMetrics.elidedText(detail, Qt::ElideRight, detail_width));
    const QRect left(row.left() + 30, row.top(), right.left() - row.left() - 40, row.height());
    painter->setPen(palette.text);
    painter->drawText(
        left, Qt::AlignLeft | Qt::AlignVCenter,
        option.fontMetrics.elidedText(index.data().toString(), Qt::ElideMiddle, left.width()));
    painter->restore();
  }

 private:
  const Theme& theme_;
};

}  // namespace

CommandPalette::CommandPalette(const PageContext& context, std::vector<PaletteItem> items,
                               const QStringList& recent, QWidget* parent)
    : QDialog(parent, Qt::Dialog | Qt::FramelessWindowHint),
      context_(context),
      model_(new PaletteModel(this)) {
  setObjectName(QStringLiteral("palette"));
  setAttribute(Qt::WA_DeleteOnClose);
  setModal(true);
  setFixedSize(kSize);
  setWindowTitle(tr("Go to or run"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(12, 12, 12, 12);
  column->setSpacing(kGrid);
  typed_ = new QLineEdit(this);
  typed_->setObjectName(QStringLiteral("palette_typed"));
  typed_->setPlaceholderText(tr("Go to a page or object, run an action"));
  typed_->setAccessibleName(tr("Go to or run"));
  typed_->installEventFilter(this);
  list_ = new QListView(this);
  list_->setObjectName(QStringLiteral("palette_list"));
  list_->setAccessibleName(tr("What fits"));
  list_->setModel(model_);
  list_->setItemDelegate(new RowPainter(context_.theme, list_));
  list_->setUniformItemSizes(true);
  list_->setFrameShape(QFrame::NoFrame);
  list_->setFocusPolicy(Qt::NoFocus);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->viewport()->setAutoFillBackground(false);
  set_look(list_, "palette");
  nothing_ = make_label("secondary", this);
  nothing_->setText(tr("Nothing has these letters."));
  nothing_->setAlignment(Qt::AlignCenter);
  column->addWidget(typed_);
  column->addWidget(list_, 1);
  column->addWidget(nothing_, 1);
  connect(typed_, &QLineEdit::textChanged, this,
          [this](const QString& typed) { model_->set_typed(typed); });
  connect(typed_, &QLineEdit::returnPressed, this, [this] { run(list_->currentIndex().row()); });
  connect(list_, &QListView::clicked, this, [this](const QModelIndex& index) { run(index.row()); });
  connect(model_, &QAbstractItemModel::modelReset, this, [this] {
    list_->setCurrentIndex(model_->index(0, 0));
    list_->setVisible(model_->rowCount() > 0);
    nothing_->setVisible(model_->rowCount() == 0);
  });
  model_->set_recent(recent);
  model_->add(std::move(items));
  add_objects();
  typed_->setFocus();
}

void CommandPalette::add_objects_of(const char* page, const std::vector<api::ObjectPtr>& objects,
                                    const char* plural) {
  const PageEntry* entry = page_named(page);
  if (entry == nullptr) return;
  const QString place = QLatin1String(page) + QLatin1Char('/') + QLatin1String(plural);
  std::vector<PaletteItem> items;
  for (const api::ObjectPtr& each : objects) {
    const QString space = text(each->namespace_name());
    const QString name = text(each->name());
    const QString key = space.isEmpty() ? name : space + QLatin1Char('/') + name;
    const QString kind = text(each->kind());
    items.push_back({QStringLiteral("object:%1/%2").arg(QLatin1String(plural), key), name,
                     space.isEmpty() ? kind : tr("%1 in %2").arg(kind, space),
                     QLatin1String(entry->icon), [show = context_.show_object, place, key] {
                       if (show) show(place, key);
                     }});
  }
  model_->add(std::move(items));
}

void CommandPalette::add_objects() {
  if (context_.api.context().empty()) return;
  for (const Searched& each : searched()) {
    if (page_named(each.page) == nullptr) continue;
    if (const auto live = context_.api.followed({.resource = each.resource})) {
      std::vector<api::ObjectPtr> objects;
      for (const auto& [key, object] : live->objects()) objects.push_back(object);
      add_objects_of(each.page, objects, each.resource.plural.c_str());
      continue;
    }
    client::ApiRequest request;
    request.path = (each.resource.group.empty() ? "/api/" : "/apis/" + each.resource.group + "/") +
                   each.resource.version + "/" + each.resource.plural;
    request.query = {{"limit", std::to_string(kMaxListed)}};
    // What may not be seen or cannot be reached is not offered.
    context_.api.send(
        request, this, [this, each](const client::ApiResult<client::ApiResponse>& answer) {
          if (answer.has_error() || !answer->list) return;
          add_objects_of(each.page, answer->list->items, each.resource.plural.c_str());
        });
  }
}

void CommandPalette::move(int by) {
  const int count = model_->rowCount();
  if (count == 0) return;
  const int row = std::clamp(list_->currentIndex().row() + by, 0, count - 1);
  list_->setCurrentIndex(model_->index(row, 0));
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (watched == typed_ && event->type() == QEvent::KeyPress) {
    const int page = std::max(1, list_->height() / kRow - 1);
    switch (static_cast<QKeyEvent*>(event)->key()) {
      case Qt::Key_Down: move(1); return true;
      case Qt::Key_Up: move(-1); return true;
      case Qt::Key_PageDown: move(page); return true;
      case Qt::Key_PageUp: move(-page); return true;
      default: break;
    }
  }
  return QDialog::eventFilter(watched, event);
}

void CommandPalette::run(int row) {
  const PaletteItem* item = model_->at(row);
  if (item == nullptr) return;
  const auto action = item->run;
  Q_EMIT chosen(item->id);
  close();
  if (action) action();
}

}  // namespace cove::ui
