#include "ui/models/usage.h"

#include "core/api/quantity.h"
#include "core/api/time.h"

namespace cove::ui {
namespace {

std::optional<double> amount(const api::json::object& resources, std::string_view name) {
  const api::json::value* const value = resources.if_contains(api::key(name));
  if (value == nullptr) return std::nullopt;
  std::string text;
  if (const auto* written = value->if_string()) text = std::string(api::view(*written));
  if (const auto* number = value->if_int64()) text = std::to_string(*number);
  const auto parsed = api::Quantity::parse(text);
  if (!parsed) return std::nullopt;
  return parsed->approximate();
}

void add(UsageSample& sample, const api::json::object* usage) {
  if (usage == nullptr) return;
  sample.cores += amount(*usage, "cpu").value_or(0);
  sample.bytes += amount(*usage, "memory").value_or(0);
}

// Nothing once a container has said nothing.
struct Sum {
  std::optional<double> value = 0.0;
  void add(const std::optional<double>& more) {
    value = value && more ? std::optional(*value + *more) : std::nullopt;
  }
  std::optional<double> known(bool any) const { return any ? value : std::nullopt; }
};

}  // namespace

std::optional<UsageSample> usage_of(const api::json::object& metrics, std::string_view container) {
  const auto at = api::parse_time(api::text_at(metrics, {"timestamp"}));
  if (!at) return std::nullopt;
  UsageSample sample;
  sample.at = *at;
  if (const auto* usage = api::object_at(metrics, {"usage"})) {
    add(sample, usage);
    return sample;
  }
  const auto* containers = api::array_at(metrics, {"containers"});
  if (containers == nullptr) return std::nullopt;
  for (const auto& each : *containers) {
    const auto* one = each.if_object();
    if (one == nullptr || (!container.empty() && api::text_at(*one, {"name"}) != container))
      continue;
    add(sample, api::object_at(*one, {"usage"}));
  }
  return sample;
}

PodBounds bounds_of(const api::json::object& pod) {
  Sum cores_request, cores_limit, bytes_request, bytes_limit;
  bool any = false;
  if (const auto* containers = api::array_at(pod, {"spec", "containers"})) {
    for (const auto& each : *containers) {
      const auto* container = each.if_object();
      if (container == nullptr) continue;
      any = true;
      const api::json::object none;
      const auto* limits = api::object_at(*container, {"resources", "limits"});
      const auto* requests = api::object_at(*container, {"resources", "requests"});
      cores_limit.add(amount(limits ? *limits : none, "cpu"));
      bytes_limit.add(amount(limits ? *limits : none, "memory"));
      cores_request.add(amount(requests ? *requests : none, "cpu"));
      bytes_request.add(amount(requests ? *requests : none, "memory"));
    }
  }
  return {cores_request.known(any), cores_limit.known(any), bytes_request.known(any),
          bytes_limit.known(any)};
}

QString cores_text(double cores, const QLocale& locale) {
  if (cores == 0) return locale.toString(0);
  if (cores < 0.9995) {
    const double milli = cores * 1000;
    return QStringLiteral("%1 m").arg(locale.toString(milli, 'f', milli < 10 ? 1 : 0));
  }
  return locale.toString(cores, 'f', cores < 10 ? 2 : 1);
}

QString bytes_text(double bytes, const QLocale& locale) {
  if (bytes == 0) return locale.toString(0);
  const auto units = {"KiB", "MiB", "GiB"};
  double value = bytes / 1024;
  const char* unit = "KiB";
  for (const char* each : units) {
    unit = each;
    if (value < 1024 || each == *(units.end() - 1)) break;
    value /= 1024;
  }
  const int digits = value < 10 && value != std::floor(value) ? 1 : 0;
  return QStringLiteral("%1 %2").arg(locale.toString(value, 'f', digits),
                                     QString::fromLatin1(unit));
}

}  // namespace cove::ui
