// What the keyboard does.
#pragma once

#include "ui/theme/theme.h"

class QDialog;
class QLayout;
class QWidget;

namespace cove::ui {

// Every shortcut and what it does, in the language of now.
QLayout* make_shortcut_list(QWidget* parent);

// Window-modal; deletes itself.
QDialog* show_shortcuts_dialog(const Theme& theme, QWidget* parent);

}  // namespace cove::ui
