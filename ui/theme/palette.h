// Palette: every colour of the window by its role, once for light and once for dark.
#pragma once

#include <QColor>
#include <QString>
#include <array>
#include <vector>

namespace cove::ui {

// What a coloured thing says. Colour never stands alone: text and shape say the same.
enum class Tone { kNeutral, kGood, kBusy, kBad, kAccent };

struct ToneColors {
  QColor text;  // on `soft` and on every background
  QColor soft;  // background of a pill or banner
};

struct Palette {
  bool dark = false;
  QColor window;
  QColor sidebar;
  QColor surface;         // cards
  QColor surface_raised;  // hovered, menus
  QColor field;           // inputs
  QColor border;
  QColor border_strong;  // of controls
  QColor text;
  QColor text_secondary;
  QColor text_muted;
  QColor accent;
  QColor accent_hover;
  QColor accent_pressed;
  QColor on_accent;
  QColor danger;
  QColor danger_hover;
  QColor on_danger;
  QColor selection;  // chosen row of a list
  QColor log_background;
  QColor log_text;
  QColor match;  // search hit
  QColor match_current;
  QColor on_match;
  std::array<QColor, 6> sources;  // who speaks, where several do: on log_background
  ToneColors neutral;
  ToneColors good;
  ToneColors busy;
  ToneColors bad;
  ToneColors accented;
  std::array<QColor, 16> terminal;  // by number: black to white, then the bright ones

  const ToneColors& tone(Tone tone) const;
};

const Palette& light_palette();
const Palette& dark_palette();

// Text on background as the interface combines them.
struct ContrastPair {
  QString name;
  QColor text;
  QColor background;
};
std::vector<ContrastPair> contrast_pairs(const Palette& palette);

// WCAG 2.1 contrast ratio, 1 to 21.
double contrast_ratio(const QColor& first, const QColor& second);

}  // namespace cove::ui
