// What pods and nodes use, as metrics.k8s.io says it ("Resource metrics pipeline").
#pragma once

#include <QLocale>
#include <QString>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/document.h"
#include "core/base/clock.h"

namespace cove::ui {

struct UsageSample {
  WallTime at{};
  double cores = 0;
  double bytes = 0;  // of memory
};

// Of a PodMetrics (all containers together, or the named one) or a NodeMetrics; nothing when the
// document is neither.
std::optional<UsageSample> usage_of(const api::json::object& metrics,
                                    std::string_view container = {});

// What a pod's containers ask for and may use together; nothing where one of them says nothing.
struct PodBounds {
  std::optional<double> cores_request;
  std::optional<double> cores_limit;
  std::optional<double> bytes_request;
  std::optional<double> bytes_limit;
};
PodBounds bounds_of(const api::json::object& pod);

// "250 m", "1.5" (cores), in the locale's digits.
QString cores_text(double cores, const QLocale& locale);
// "64 MiB", "1.5 GiB"
QString bytes_text(double bytes, const QLocale& locale);

}  // namespace cove::ui
