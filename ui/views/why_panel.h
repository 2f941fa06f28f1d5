// WhyPanel: why the object shown is red or amber, and the way to what helps.
#pragma once

#include "ui/models/explanation.h"
#include "ui/views/pages.h"
#include "ui/widgets/basics.h"
#include "ui/widgets/status_glyph.h"

namespace cove::ui {

// GUI thread. Hidden while there is nothing to explain. What it needs beside the object is followed
// only while it is needed; of a log it reads the last lines once for each end of the container.
class WhyPanel : public QFrame {
  Q_OBJECT
 public:
  WhyPanel(const PageContext& context, QWidget* parent);
  // Null: none.
  void show_object(const api::ObjectPtr& object);
  const std::optional<Explanation>& explanation() const { return shown_; }

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void follow(const std::vector<client::Selection>& wanted);
  void read_log(const std::optional<LogWish>& wish);
  void refresh();
  void show_explanation(const std::optional<Explanation>& told);

  const PageContext context_;
  api::ObjectPtr object_;
  std::vector<std::shared_ptr<LiveCollection>> followed_;
  std::string log_of_;  // pod, container and which end
  QString log_text_;
  QTimer soon_;
  std::optional<Explanation> shown_;

  StatusGlyph* glyph_;
  QLabel* title_;
  QLabel* why_;
  QLabel* log_;
  QLabel* advice_;
  QHBoxLayout* actions_;
};

}  // namespace cove::ui
