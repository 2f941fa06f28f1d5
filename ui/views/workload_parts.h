// What the pages of Deployments, StatefulSets and DaemonSets share: columns, and scaling and
// restarting what is chosen.
#pragma once

#include <QHBoxLayout>
#include <QPushButton>
#include <QSpinBox>

#include "ui/views/object_page.h"

namespace cove::ui {

// Of a workload's pods; what a kind does not have is 0.
struct WorkloadCounts {
  std::int64_t wanted = 0;
  std::int64_t ready = 0;
  std::int64_t updated = 0;
  std::int64_t available = 0;
};
using CountsOf = std::function<WorkloadCounts(const api::Object&)>;

// The images of the template's containers, "a:1, b:2".
QString images_of(const api::Object& workload);
ObjectColumn images_column();
// "2/3", of those that are wanted.
ObjectColumn ready_column(CountsOf counts);
ObjectColumn count_column(std::function<QString()> title, CountsOf counts,
                          std::int64_t WorkloadCounts::*member);

// GUI thread. Its widgets stand in the page's first row of actions, and begin their object names
// with `id`: "deployment_scale".
class WorkloadActions : public QObject {
  Q_OBJECT
 public:
  // Without counts it does not scale.
  WorkloadActions(const PageContext& context, ObjectPage& page, QHBoxLayout* row, const QString& id,
                  CountsOf counts);

 private:
  void make_scale(QHBoxLayout* row, const QString& id);
  void scale();
  void restart();
  void refresh();
  void retranslate();

  const Clock& clock_;
  ObjectPage& page_;
  const CountsOf counts_;
  QSpinBox* replicas_ = nullptr;
  QPushButton* scale_ = nullptr;
  QPushButton* restart_;
  std::string shown_uid_;
  int shown_wanted_ = -1;
};

}  // namespace cove::ui
