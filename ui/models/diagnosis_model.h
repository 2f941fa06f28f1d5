// DiagnosisModel: the checks of a diagnosis as a table, filled as they are made.
#pragma once

#include "ui/models/rows_model.h"
#include "vm/provision/diagnosis.h"

namespace cove::ui {

// GUI thread. In the order the checks are made.
class DiagnosisModel : public RowsModel {
  Q_OBJECT
 public:
  enum Column { kCheck, kFinding, kFix };

  explicit DiagnosisModel(QObject* parent = nullptr);

  // All checks, none made.
  void begin();
  void take(const provision::Finding& finding);
  int made() const { return made_; }
  int total() const { return rowCount(); }
  int count(provision::Health health) const;
  const std::vector<provision::Finding>& findings() const { return findings_; }
  void retranslate() override;

 private:
  void show();

  std::vector<provision::Finding> findings_;
  int made_ = 0;
};

}  // namespace cove::ui
