// What the keyboard does.
#pragma once

#include "ui/theme/theme.h"

class QDialog;
class QWidget;

namespace cove::ui {

// Window-modal; deletes itself.
// Every shortcut and what it does, in the language of now.
QLayout* make_shortcut_list(QWidget* parent);

QDialog* show_shortcuts_dialog(const Theme& theme, QWidget* parent);

}  // namespace cove::ui
