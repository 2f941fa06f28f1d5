#include "core/server/metrics_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/api/document.h"
#include "core/api/time.h"

namespace cove::server {
namespace {

namespace json = boost::json;

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

// A label's value may hold anything; the text form has three escapes.
std::string label_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out;
}

// One metric: its head before its first sample.
class Family {
 public:
  Family(std::string& page, std::string_view name, std::string_view type, std::string_view help)
      : page_(page), name_(name), type_(type), help_(help) {}

  void add(const Labels& labels, const std::string& value, WallTime at = {}) {
    if (!told_) {
      page_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name_, help_, type_);
      told_ = true;
    }
    page_ += name_;
    for (std::size_t i = 0; i < labels.size(); ++i)
      page_ += fmt::format("{}{}=\"{}\"", i == 0 ? "{" : ",", labels[i].first,
                           label_value(labels[i].second));
    if (!labels.empty()) page_ += '}';
    page_ += " " + value;
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch());
    if (since.count() > 0) page_ += fmt::format(" {}", since.count());
    page_ += '\n';
  }

 private:
  std::string& page_;
  const std::string_view name_, type_, help_;
  bool told_ = false;
};

std::string seconds(std::uint64_t nanoseconds) {
  return fmt::format("{}", static_cast<double>(nanoseconds) / 1e9);
}

Usage sum(const UsageReport& pod) {
  Usage all;
  for (const ContainerUsage& each : pod.containers) {
    all.cpu_total_ns += each.usage.cpu_total_ns;
    all.memory_bytes += each.usage.memory_bytes;
  }
  return all;
}

// Of the pods that the API has, each with its object.
template <class Take>
void each_pod(const NodeReports& reports, const Take& take) {
  for (const UsageReport& pod : reports.pods) {
    if (const auto object = reports.state.object("", "pods", pod.namespace_name, pod.name))
      take(pod, *object);
  }
}

const json::object* status_of(const api::Object& pod, std::string_view container) {
  for (const char* list :
       {"containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"}) {
    const json::array* const all = api::array_at(pod.document(), {"status", list});
    if (all == nullptr) continue;
    for (const json::value& each : *all) {
      if (each.is_object() && api::text_at(each.get_object(), {"name"}) == container)
        return &each.get_object();
    }
  }
  return nullptr;
}

// In seconds; nothing while it does not run.
std::optional<std::string> start_of(const api::Object& pod, std::string_view container) {
  const json::object* const status = status_of(pod, container);
  if (status == nullptr) return std::nullopt;
  const auto at = api::parse_time(api::text_at(*status, {"state", "running", "startedAt"}));
  if (!at) return std::nullopt;
  return seconds(static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::nanoseconds(at->time_since_epoch()).count())));
}

}  // namespace

std::string resource_metrics(const NodeReports& reports) {
  std::string page;
  const auto containers = [&](std::string_view name, std::string_view type, std::string_view help,
                              const auto& value) {
    Family family(page, name, type, help);
    each_pod(reports, [&](const UsageReport& pod, const api::Object& object) {
      for (const ContainerUsage& each : pod.containers) {
        const std::optional<std::string> shown = value(each, object);
        if (!shown) continue;
        family.add(
            {{"container", each.container}, {"namespace", pod.namespace_name}, {"pod", pod.name}},
            *shown, name == "container_start_time_seconds" ? WallTime() : pod.at);
      }
    });
  };
  const auto pods = [&](std::string_view name, std::string_view type, std::string_view help,
                        const auto& value) {
    Family family(page, name, type, help);
    each_pod(reports, [&](const UsageReport& pod, const api::Object&) {
      family.add({{"namespace", pod.namespace_name}, {"pod", pod.name}}, value(sum(pod)), pod.at);
    });
  };
  containers("container_cpu_usage_seconds_total", "counter",
             "[STABLE] Cumulative cpu time consumed by the container in core-seconds",
             [](const ContainerUsage& each, const api::Object&) {
               return std::optional(seconds(each.usage.cpu_total_ns));
             });
  containers("container_memory_working_set_bytes", "gauge",
             "[STABLE] Current working set of the container in bytes",
             [](const ContainerUsage& each, const api::Object&) {
               return std::optional(fmt::format("{}", each.usage.memory_bytes));
             });
  containers("container_start_time_seconds", "gauge",
             "[STABLE] Start time of the container since unix epoch in seconds",
             [](const ContainerUsage& each, const api::Object& pod) {
               return start_of(pod, each.container);
             });
  if (reports.node) {
    Family(page, "node_cpu_usage_seconds_total", "counter",
           "[STABLE] Cumulative cpu time consumed by the node in core-seconds")
        .add({}, seconds(reports.node->usage.cpu_total_ns), reports.node->at);
    Family(page, "node_memory_working_set_bytes", "gauge",
           "[STABLE] Current working set of the node in bytes")
        .add({}, fmt::format("{}", reports.node->usage.memory_bytes), reports.node->at);
  }
  pods("pod_cpu_usage_seconds_total", "counter",
       "[STABLE] Cumulative cpu time consumed by the pod in core-seconds",
       [](const Usage& all) { return seconds(all.cpu_total_ns); });
  pods("pod_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the pod in bytes",
       [](const Usage& all) { return fmt::format("{}", all.memory_bytes); });
  Family(page, "resource_scrape_error", "gauge",
         "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise")
      .add({}, reports.node ? "0" : "1");
  return page;
}

std::string cadvisor_metrics(const NodeReports& reports) {
  std::string page;
  const auto containers = [&](std::string_view name, std::string_view type, std::string_view help,
                              bool processor, const auto& value) {
    Family family(page, name, type, help);
    each_pod(reports, [&](const UsageReport& pod, const api::Object& object) {
      for (const ContainerUsage& each : pod.containers) {
        const json::object* const status = status_of(object, each.container);
        const auto word = [&](std::string_view field) {
          return status == nullptr ? std::string_view() : api::text_at(*status, {field});
        };
        const std::string_view whole = word("containerID");
        const std::string_view id = whole.substr(std::min(whole.size(), whole.rfind('/') + 1));
        Labels labels{{"container", each.container}};
        if (processor) labels.emplace_back("cpu", "total");
        for (const auto& [label, text] : Labels{{"id", id},
                                                {"image", word("image")},
                                                {"name", id},
                                                {"namespace", pod.namespace_name},
                                                {"pod", pod.name}})
          labels.emplace_back(label, text);
        family.add(labels, value(each.usage), pod.at);
      }
    });
  };
  containers("container_cpu_usage_seconds_total", "counter",
             "Cumulative cpu time consumed in seconds.", true,
             [](const Usage& usage) { return seconds(usage.cpu_total_ns); });
  containers("container_memory_working_set_bytes", "gauge", "Current working set in bytes.", false,
             [](const Usage& usage) { return fmt::format("{}", usage.memory_bytes); });
  return page;
}

std::string agent_metrics(const NodeReports& reports) {
  std::string page;
  Family(page, "kubelet_node_name", "gauge", "[ALPHA] The node's name. The count is always 1.")
      .add({{"node", reports.node_name}}, "1");
  std::map<std::string_view, std::size_t> containers{{"running", 0}};
  std::size_t running = 0;
  for (const api::ObjectPtr& pod : reports.state.objects("", "pods", "")) {
    if (api::text_at(pod->document(), {"spec", "nodeName"}) != reports.node_name) continue;
    running += api::text_at(pod->document(), {"status", "phase"}) == "Running" ? 1 : 0;
    for (const char* list :
         {"containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"}) {
      const json::array* const all = api::array_at(pod->document(), {"status", list});
      if (all == nullptr) continue;
      for (const json::value& each : *all) {
        if (!each.is_object()) continue;
        const json::object& status = each.get_object();
        if (api::object_at(status, {"state", "running"}) != nullptr) ++containers["running"];
        if (api::object_at(status, {"state", "terminated"}) != nullptr) ++containers["exited"];
      }
    }
  }
  Family of_containers(page, "kubelet_running_containers", "gauge",
                       "[ALPHA] Number of containers currently running");
  for (const auto& [state, count] : containers)
    of_containers.add({{"container_state", state}}, fmt::format("{}", count));
  Family(page, "kubelet_running_pods", "gauge",
         "[ALPHA] Number of pods that have a running pod sandbox")
      .add({}, fmt::format("{}", running));
  return page;
}

}  // namespace cove::server
