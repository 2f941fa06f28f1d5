// MetricsTab: what the chosen pod uses, over time.
#pragma once

#include <QScrollArea>
#include <QTimer>
#include <QVBoxLayout>

#include "ui/models/usage.h"
#include "ui/views/pages.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/chart.h"

namespace cove::ui {

// How often usage is asked for, and how long a picture lasts until it is said to be old.
inline constexpr std::chrono::seconds kUsageInterval{15};
inline constexpr std::chrono::seconds kUsageStale{60};

// GUI thread. Asks metrics.k8s.io while it is visible, and not otherwise.
class MetricsTab : public QWidget {
  Q_OBJECT
 public:
  MetricsTab(const PageContext& context, QWidget* parent);
  // Null: none is chosen.
  void show_pod(const api::ObjectPtr& pod);

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void ask();
  void take(const client::ApiResult<client::ApiResponse>& result);
  void refresh();
  void retranslate();

  const PageContext context_;
  api::ObjectPtr pod_;
  QTimer timer_;
  std::optional<client::ApiError> problem_;
  WallTime last_{};
  bool asking_ = false;

  QScrollArea* scroll_;
  Banner* trouble_;
  Chart* cpu_;
  Chart* memory_;
};

// Charts of cores and of bytes with units by the locale of `chart`.
Chart* make_cores_chart(const Theme& theme, QWidget* parent);
Chart* make_bytes_chart(const Theme& theme, QWidget* parent);

}  // namespace cove::ui
