#include "tests/ui/picture_palette.h"

#include <algorithm>
#include <climits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cove::ui::test {
namespace {

int distance(QRgb a, QRgb b) {
  const int red = qRed(a) - qRed(b);
  const int green = qGreen(a) - qGreen(b);
  const int blue = qBlue(a) - qBlue(b);
  return red * red + green * green + blue * blue;
}

}  // namespace

QImage with_palette(const QImage& image) {
  const QImage rgb = image.convertToFormat(QImage::Format_RGB32);
  std::unordered_map<QRgb, int> counts;
  for (int y = 0; y < rgb.height(); ++y) {
    const auto* line = reinterpret_cast<const QRgb*>(rgb.constScanLine(y));
    for (int x = 0; x < rgb.width(); ++x) ++counts[line[x]];
  }
  std::vector<std::pair<int, QRgb>> ranked;
  for (const auto& [color, count] : counts) ranked.emplace_back(count, color);
  std::sort(ranked.begin(), ranked.end(), std::greater<>());
  // The most frequent, then those that are most unlike them: a small thing keeps its colour.
  QList<QRgb> table;
  const std::size_t frequent = std::min<std::size_t>(192, ranked.size());
  for (std::size_t i = 0; i < frequent; ++i) table.append(ranked[i].second);
  std::vector<int> apart(ranked.size(), INT_MAX);
  std::size_t next = 0;
  for (std::size_t known = 0; known < static_cast<std::size_t>(table.size()); ++known) {
    next = 0;
    for (std::size_t i = 0; i < ranked.size(); ++i) {
      apart[i] = std::min(apart[i], distance(ranked[i].second, table[static_cast<int>(known)]));
      if (apart[i] > apart[next]) next = i;
    }
    const bool all_seen = known + 1 == static_cast<std::size_t>(table.size());
    if (all_seen && table.size() < 256 && apart[next] > 0) table.append(ranked[next].second);
  }
  std::unordered_map<QRgb, uchar> nearest;
  for (const auto& [count, color] : ranked) {
    int best = 0;
    int least = INT_MAX;
    for (int i = 0; i < table.size() && least > 0; ++i) {
      const int apart_now = distance(color, table[i]);
      if (apart_now < least) {
        least = apart_now;
        best = i;
      }
    }
    nearest[color] = static_cast<uchar>(best);
  }
  QImage out(rgb.size(), QImage::Format_Indexed8);
  out.setColorTable(table);
  for (int y = 0; y < rgb.height(); ++y) {
    const auto* from = reinterpret_cast<const QRgb*>(rgb.constScanLine(y));
    uchar* to = out.scanLine(y);
    for (int x = 0; x < rgb.width(); ++x) to[x] = nearest[from[x]];
  }
  return out;
}

}  // namespace cove::ui::test
