// What closing the window means, said when it matters.
#pragma once

#include <QString>
#include <functional>

#include "ui/theme/theme.h"

class QDialog;
class QWidget;

namespace cove::ui {

struct CloseAnswers {
  std::function<void()> close;  // and leave things as they are
  std::function<void()> stop;   // stop the cluster, then close
};

// A cluster runs and goes on running without the window. `in_tray`: the window stays reachable in
// the tray.
QDialog* tell_cluster_keeps_running(const Theme& theme, const QString& profile, bool in_tray,
                                    CloseAnswers answers, QWidget* parent);
// Something is at work that ends with this program.
QDialog* ask_close_during_operation(const Theme& theme, const QString& doing,
                                    std::function<void()> close, QWidget* parent);

}  // namespace cove::ui
