// Asks what of the unused images is to go, and shows first what that frees.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ui/bridge/engine_session.h"
#include "ui/theme/theme.h"

class QDialog;
class QWidget;

namespace cove::ui {

// Returns the dialog, opened; it deletes itself. `used` says whether a pod or container has an
// image, by its id; without `pods_known` only images without a name are offered, since what pods
// use is not known. `chosen` gets the ids of what is to be removed.
QDialog* ask_prune(const Theme& theme, EngineSession& engine, bool pods_known,
                   std::function<bool(const std::string& id)> used,
                   std::function<void(const std::vector<std::string>&)> chosen, QWidget* parent);

}  // namespace cove::ui
