#include "core/runtime/spec_json.h"

#include <boost/json.hpp>
#include <limits>

namespace cove::runtime {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostBytes = 16 << 20;

// One description of every type serves both directions.
template <class A>
void describe(A& a, Root& v);
template <class A>
void describe(A& a, Bind& v);
template <class A>
void describe(A& a, Namespace& v);
template <class A>
void describe(A& a, IdMap& v);
template <class A>
void describe(A& a, Namespaces& v);
template <class A>
void describe(A& a, ResourceLimits& v);
template <class A>
void describe(A& a, Device& v);
template <class A>
void describe(A& a, ResourceLimit& v);
template <class A>
void describe(A& a, Security& v);
template <class A>
void describe(A& a, Process& v);
template <class A>
void describe(A& a, LogPolicy& v);

class Writer {
 public:
  template <class T>
  void operator()(const char* name, T& value) {
    out[name] = write(value);
  }
  json::object out;

 private:
  static json::value write(bool& v) { return v; }
  static json::value write(std::string& v) { return json::string(v); }
  static json::value write(Path& v) { return json::string(v.string()); }
  template <class T>
  static json::value write(T& v) {
    if constexpr (std::is_enum_v<T>) {
      return static_cast<std::int64_t>(v);
    } else if constexpr (std::is_integral_v<T>) {
      return v;
    } else {
      Writer inner;
      describe(inner, v);
      return std::move(inner.out);
    }
  }
  template <class T>
  static json::value write(std::optional<T>& v) {
    return v ? write(*v) : json::value();
  }
  template <class T>
  static json::value write(std::vector<T>& v) {
    json::array list;
    for (T& item : v) list.push_back(write(item));
    return list;
  }
  template <class T>
  static json::value write(std::map<std::string, T>& v) {
    json::object table;
    for (auto& [name, value] : v) table[name] = write(value);
    return table;
  }
};

class Reader {
 public:
  explicit Reader(const json::object& from) : from_(from) {}
  template <class T>
  void operator()(const char* name, T& value) {
    if (const auto* found = from_.if_contains(name)) read(*found, value);
  }

 private:
  static void read(const json::value& from, bool& v) {
    if (from.is_bool()) v = from.get_bool();
  }
  static void read(const json::value& from, std::string& v) {
    if (from.is_string()) v = std::string(from.get_string());
  }
  static void read(const json::value& from, Path& v) {
    if (from.is_string()) v = std::string(from.get_string());
  }
  template <class T>
  static void read(const json::value& from, T& v) {
    if constexpr (std::is_enum_v<T>) {
      if (from.is_int64()) v = static_cast<T>(from.get_int64());
    } else if constexpr (std::is_integral_v<T>) {
      boost::system::error_code error;
      const T number = from.to_number<T>(error);
      if (!error) v = number;
    } else if (from.is_object()) {
      Reader inner(from.get_object());
      describe(inner, v);
    }
  }
  template <class T>
  static void read(const json::value& from, std::optional<T>& v) {
    if (from.is_null()) return;
    T inner{};
    read(from, inner);
    v = std::move(inner);
  }
  template <class T>
  static void read(const json::value& from, std::vector<T>& v) {
    if (!from.is_array()) return;
    for (const auto& item : from.get_array()) read(item, v.emplace_back());
  }
  template <class T>
  static void read(const json::value& from, std::map<std::string, T>& v) {
    if (!from.is_object()) return;
    for (const auto& item : from.get_object()) read(item.value(), v[std::string(item.key())]);
  }

  const json::object& from_;
};

template <class A>
void describe(A& a, Root& v) {
  a("lower", v.lower), a("read_only", v.read_only);
}
template <class A>
void describe(A& a, Bind& v) {
  a("type", v.type), a("source", v.source), a("destination", v.destination);
  a("options", v.options);
}
template <class A>
void describe(A& a, Namespace& v) {
  a("from", v.from), a("path", v.path);
}
template <class A>
void describe(A& a, IdMap& v) {
  a("inside", v.inside), a("outside", v.outside), a("count", v.count);
}
template <class A>
void describe(A& a, Namespaces& v) {
  a("pid", v.pid), a("network", v.network), a("ipc", v.ipc), a("uts", v.uts);
  a("cgroup", v.cgroup), a("users", v.users), a("groups", v.groups);
}
template <class A>
void describe(A& a, ResourceLimits& v) {
  a("memory", v.memory_bytes), a("memory_swap", v.memory_swap_bytes);
  a("memory_reservation", v.memory_reservation_bytes), a("cpu_shares", v.cpu_shares);
  a("cpu_quota", v.cpu_quota_us), a("cpu_period", v.cpu_period_us);
  a("cpuset_cpus", v.cpuset_cpus), a("cpuset_mems", v.cpuset_mems), a("pids", v.pids);
  a("io_weight", v.io_weight), a("huge_pages", v.huge_pages);
  a("oom_kill_disable", v.oom_kill_disable);
}
template <class A>
void describe(A& a, Device& v) {
  a("host", v.host), a("inside", v.inside), a("permissions", v.permissions);
}
template <class A>
void describe(A& a, ResourceLimit& v) {
  a("type", v.type), a("soft", v.soft), a("hard", v.hard);
}
template <class A>
void describe(A& a, Security& v) {
  a("capabilities", v.capabilities), a("ambient", v.ambient), a("seccomp", v.seccomp);
  a("seccomp_profile", v.seccomp_profile), a("no_new_privileges", v.no_new_privileges);
  a("privileged", v.privileged), a("masked_paths", v.masked_paths);
  a("read_only_paths", v.read_only_paths);
}
template <class A>
void describe(A& a, Process& v) {
  a("args", v.args), a("env", v.env), a("working_dir", v.working_dir);
  a("terminal", v.terminal), a("uid", v.uid), a("gid", v.gid), a("groups", v.groups);
  a("limits", v.limits), a("oom_score_adj", v.oom_score_adj);
  a("rows", v.rows), a("columns", v.columns);
}
template <class A>
void describe(A& a, LogPolicy& v) {
  a("file", v.file), a("max_bytes", v.max_bytes), a("max_files", v.max_files);
}
template <class A>
void describe(A& a, ContainerSpec& v) {
  a("id", v.id), a("root", v.root), a("process", v.process), a("namespaces", v.namespaces);
  a("security", v.security), a("resources", v.resources), a("mounts", v.mounts);
  a("shm", v.shm_bytes), a("devices", v.devices), a("device_rules", v.device_cgroup_rules);
  a("sysctls", v.sysctls), a("hostname", v.hostname), a("domainname", v.domainname);
  a("cgroup_parent", v.cgroup_parent), a("open_stdin", v.open_stdin);
  a("stdin_once", v.stdin_once), a("init", v.init), a("log", v.log);
  a("annotations", v.annotations);
}

}  // namespace

std::string write_spec(const ContainerSpec& spec) {
  Writer writer;
  ContainerSpec copy = spec;  // a description takes what both directions can use
  describe(writer, copy);
  return json::serialize(writer.out) + "\n";
}

Result<ContainerSpec> read_spec(std::string_view text) {
  const auto corrupt = [](std::string cause) {
    return Error{ErrorCode::kCorrupt, "read", "a container's specification", std::move(cause), {}};
  };
  if (text.size() > kMostBytes) return corrupt("it is too long");
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 16;
  const json::value parsed = json::parse(text, error, {}, options);
  if (error) return corrupt(error.message());
  if (!parsed.is_object()) return corrupt("it is not a JSON object");
  ContainerSpec spec;
  Reader reader(parsed.get_object());
  describe(reader, spec);
  return spec;
}

}  // namespace cove::runtime
