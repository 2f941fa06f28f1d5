// Asks for one line of text, such as the name of an image.
#pragma once

#include <QString>
#include <functional>

#include "ui/theme/theme.h"

class QDialog;
class QWidget;

namespace cove::ui {

struct TextQuestion {
  QString icon;
  QString title;
  QString text;
  QString caption;  // of the line
  QString placeholder;
  QString initial;
  QString answer;       // what the button says
  QString object_name;  // of the dialog; begins the names of its widgets
};

// Returns the dialog, opened; it deletes itself. `answered` gets a text that is not empty.
QDialog* ask_text(const Theme& theme, const TextQuestion& question,
                  std::function<void(const QString&)> answered, QWidget* parent);

}  // namespace cove::ui
