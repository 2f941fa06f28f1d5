// Asks what to build: a folder with a Dockerfile, and what to call it.
#pragma once

#include <functional>

#include "core/base/fs.h"
#include "core/docker/engine_client.h"
#include "ui/theme/theme.h"

class QDialog;
class QWidget;

namespace cove::ui {

// What differs between the uses of the question.
struct BuildQuestion {
  QString title;
  QString text;
  QString answer;  // what the button says
  Path folder = {};
  QString tag = {};  // empty: the folder's name
};

// Returns the dialog, opened; it deletes itself. A folder may also be dropped on it. `answered`
// gets a folder that has the Dockerfile, and one tag.
QDialog* ask_build(const Theme& theme, const BuildQuestion& question,
                   std::function<void(const Path& folder, const docker::BuildOptions&)> answered,
                   QWidget* parent);

}  // namespace cove::ui
