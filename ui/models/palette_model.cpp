#include "ui/models/palette_model.h"

#include <QHash>
#include <QStringList>
#include <algorithm>
#include <tuple>

namespace cove::ui {
namespace {

bool begins_word(const QString& text, qsizetype at) {
  if (at == 0) return true;
  const QChar before = text[at - 1];
  return !before.isLetterOrNumber() || (text[at].isUpper() && before.isLower());
}

// The letters of one word; 0: not all are there.
int word_score(const QString& word, const QString& text) {
  const auto whole = text.indexOf(word, 0, Qt::CaseInsensitive);
  if (whole >= 0) {
    return 1000 + (begins_word(text, whole) ? 500 : 0) + (whole == 0 ? 200 : 0) -
           static_cast<int>(std::min<qsizetype>(text.size(), 150));
  }
  int score = 0;
  qsizetype at = 0;
  bool beside = false;
  for (const QChar letter : word) {
    const auto found = text.indexOf(letter, at, Qt::CaseInsensitive);
    if (found < 0) return 0;
    beside = found == at && at > 0;
    score += begins_word(text, found) ? 12 : beside ? 8 : 1;
    at = found + 1;
  }
  return std::max(1, score - static_cast<int>(std::min<qsizetype>(text.size(), 100)) / 20);
}

}  // namespace

int fuzzy_score(const QString& typed, const QString& text) {
  int sum = 1;
  for (const QString& word : typed.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
    const int score = word_score(word, text);
    if (score == 0) return 0;
    sum += score;
  }
  return sum;
}

void PaletteModel::set_recent(const QStringList& ids) {
  recent_ = ids;
  show_again();
}

void PaletteModel::add(std::vector<PaletteItem> items) {
  for (PaletteItem& item : items)
    if (items_.size() < kMaxItems) items_.push_back(std::move(item));
  show_again();
}

void PaletteModel::set_typed(const QString& typed) {
  typed_ = typed;
  show_again();
}

void PaletteModel::show_again() {
  QHash<QString, int> recent;
  for (const QString& id : recent_) recent.insert(id, static_cast<int>(recent.size()));
  struct Ranked {
    int score;
    int recent;
    std::size_t item;
  };
  std::vector<Ranked> ranked;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const int score = fuzzy_score(typed_, items_[i].title);
    if (score > 0) ranked.push_back({score, recent.value(items_[i].id, 1'000'000), i});
  }
  const auto before = [](const Ranked& a, const Ranked& b) {
    return std::tie(b.score, a.recent, a.item) < std::tie(a.score, b.recent, b.item);
  };
  const std::size_t count = std::min<std::size_t>(kMaxShown, ranked.size());
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count),
                    ranked.end(), before);
  beginResetModel();
  shown_.clear();
  for (std::size_t i = 0; i < count; ++i) shown_.push_back(ranked[i].item);
  endResetModel();
}

const PaletteItem* PaletteModel::at(int row) const {
  if (row < 0 || row >= rowCount()) return nullptr;
  return &items_[shown_[static_cast<std::size_t>(row)]];
}

int PaletteModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(shown_.size());
}

QVariant PaletteModel::data(const QModelIndex& index, int role) const {
  const PaletteItem* item = index.isValid() ? at(index.row()) : nullptr;
  if (item == nullptr) return {};
  switch (role) {
    case Qt::DisplayRole: return item->title;
    case Qt::AccessibleTextRole: return QStringLiteral("%1, %2").arg(item->title, item->detail);
    case kDetail: return item->detail;
    case kIcon: return item->icon;
    case kId: return item->id;
    default: return {};
  }
}

}  // namespace cove::ui
