// DiagnosisModel: the checks of a diagnosis as a table, filled as they are made.
#pragma once

#include <QAbstractTableModel>
#include <vector>

#include "vm/provision/diagnosis.h"

namespace cove::ui {

// GUI thread.
class DiagnosisModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { kCheck, kFinding, kFix, kColumns };

  explicit DiagnosisModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  // All checks, none made.
  void begin();
  void take(const provision::Finding& finding);
  int made() const { return made_; }
  int total() const { return rowCount(); }
  int count(provision::Health health) const;
  const std::vector<provision::Finding>& findings() const { return findings_; }
  void retranslate();

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::vector<provision::Finding> findings_;
  int made_ = 0;
};

}  // namespace cove::ui
