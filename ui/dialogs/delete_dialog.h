// Asks once before a cluster is deleted, and says what is lost.
#pragma once

#include <functional>

#include "ui/theme/theme.h"
#include "vm/provision/status.h"

class QDialog;
class QWidget;

namespace cove::ui {

// Returns the dialog, opened; it deletes itself. `confirmed` is called when the user says yes.
QDialog* ask_delete(const Theme& theme, const provision::ClusterStatus& status,
                    std::function<void()> confirmed, QWidget* parent);

}  // namespace cove::ui
