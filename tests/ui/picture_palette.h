// Pictures of the interface as small files.
#pragma once

#include <QImage>

namespace cove::ui::test {

// PNGs with a palette of 256 colours are a third of the size; the interface has few colours, so
// nobody sees it.
QImage with_palette(const QImage& image);

}  // namespace cove::ui::test
