#include "core/runtime/process_table.h"

#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <functional>
#include <map>

#include "core/base/strings.h"

namespace cove::runtime {
namespace {

constexpr std::size_t kMostCommand = 64 * 1024;

struct Process {
  pid_t pid = 0, parent = 0, group = 0, session = 0;
  std::uint32_t uid = 0, gid = 0;
  std::string user, name, command, state;
  int terminal = 0;
  long priority = 0, nice = 0, threads = 0;
  std::uint64_t user_ticks = 0, system_ticks = 0, start_ticks = 0, size_bytes = 0, pages = 0;
};

template <class T>
T number(std::string_view text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string text_of(const Path& file, std::size_t most) {
  auto text = read_file(file, most);
  return text ? std::move(*text) : std::string();
}

class Host {
 public:
  explicit Host(const ProcessHost& host) : host_(host) {
    for (const std::string& line : split(text_of(host.passwd, 4 << 20), '\n')) {
      const auto fields = split(line, ':');
      if (fields.size() > 2) users_.emplace(number<std::uint32_t>(fields[2]), fields[0]);
    }
    const std::string uptime = text_of(host.proc / "uptime", 256);
    uptime_ = number<double>(uptime);
  }

  bool read(pid_t pid, Process& process) const {
    const Path folder = host_.proc / fmt::format("{}", pid);
    const std::string stat = text_of(folder / "stat", 64 << 10);
    const auto open = stat.find('(');
    const auto close = stat.rfind(')');
    if (open == std::string::npos || close == std::string::npos || close < open) return false;
    const auto words = split(trim(std::string_view(stat).substr(close + 1)), ' ');
    if (words.size() < 22) return false;
    process.pid = pid;
    process.name = stat.substr(open + 1, close - open - 1);
    process.state = words[0];
    process.parent = number<pid_t>(words[1]);
    process.group = number<pid_t>(words[2]);
    process.session = number<pid_t>(words[3]);
    process.terminal = number<int>(words[4]);
    process.user_ticks = number<std::uint64_t>(words[11]);
    process.system_ticks = number<std::uint64_t>(words[12]);
    process.priority = number<long>(words[15]);
    process.nice = number<long>(words[16]);
    process.threads = number<long>(words[17]);
    process.start_ticks = number<std::uint64_t>(words[19]);
    process.size_bytes = number<std::uint64_t>(words[20]);
    process.pages = number<std::uint64_t>(words[21]);
    for (const std::string& line : split(text_of(folder / "status", 64 << 10), '\n')) {
      const auto fields = split(line, '\t');
      if (fields.size() < 3) continue;
      if (fields[0] == "Uid:") process.uid = number<std::uint32_t>(fields[2]);
      if (fields[0] == "Gid:") process.gid = number<std::uint32_t>(fields[2]);
    }
    const auto user = users_.find(process.uid);
    process.user = user == users_.end() ? fmt::format("{}", process.uid) : user->second;
    process.command = text_of(folder / "cmdline", kMostCommand);
    while (!process.command.empty() && process.command.back() == '\0') process.command.pop_back();
    for (char& c : process.command) c = c == '\0' ? ' ' : c;
    if (process.command.empty()) process.command = "[" + process.name + "]";
    process.command = escape_control(process.command);
    process.name = escape_control(process.name);
    return true;
  }

  std::uint64_t seconds(const Process& p) const {
    return (p.user_ticks + p.system_ticks) / host_.ticks;
  }
  double age(const Process& p) const {
    return std::max(
        0.0, uptime_ - static_cast<double>(p.start_ticks) / static_cast<double>(host_.ticks));
  }
  double percent(const Process& p) const {
    const double all = age(p);
    return all < 0.01 ? 0
                      : static_cast<double>(p.user_ticks + p.system_ticks) /
                            static_cast<double>(host_.ticks) * 100 / all;
  }
  std::uint64_t resident(const Process& p) const { return p.pages * host_.page_bytes; }
  double memory_percent(const Process& p) const {
    return host_.memory_bytes == 0
               ? 0
               : static_cast<double>(resident(p)) * 100 / static_cast<double>(host_.memory_bytes);
  }
  // The hour of today, else the day.
  std::string start(const Process& p) const {
    const auto local = [&](WallTime time) {
      const std::time_t seconds = std::chrono::system_clock::to_time_t(time + host_.zone);
      std::tm parts{};
      ::gmtime_r(&seconds, &parts);
      return parts;
    };
    const auto then = host_.now - std::chrono::duration_cast<WallTime::duration>(
                                      std::chrono::duration<double>(age(p)));
    const std::tm started = local(then);
    const std::tm today = local(host_.now);
    char text[32];
    const char* form = started.tm_year != today.tm_year   ? "%Y"
                       : started.tm_yday != today.tm_yday ? "%b%d"
                                                          : "%H:%M";
    return std::string(text, std::strftime(text, sizeof text, form, &started));
  }

 private:
  const ProcessHost& host_;
  std::map<std::uint32_t, std::string> users_;
  double uptime_ = 0;
};

std::string terminal(const Process& p) {
  const unsigned number = static_cast<unsigned>(p.terminal);
  if (number == 0) return "?";
  const unsigned major = number >> 8 & 0xfff;
  const unsigned minor = (number & 0xff) | (number >> 12 & 0xfff00);
  if (major >= 136 && major <= 143) return fmt::format("pts/{}", (major - 136) * 256 + minor);
  if (major == 4) return fmt::format("tty{}", minor);
  return "?";
}

std::string hours(std::uint64_t seconds) {
  const auto days = seconds / 86400;
  const std::string rest =
      fmt::format("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
  return days == 0 ? rest : fmt::format("{}-{}", days, rest);
}

std::string elapsed(std::uint64_t seconds) {
  return seconds < 3600 ? fmt::format("{:02}:{:02}", seconds / 60, seconds % 60) : hours(seconds);
}

struct Column {
  const char* title;
  std::function<std::string(const Process&, const Host&)> text;
};

std::string plain(auto value) {
  return fmt::format("{}", value);
}

const std::map<std::string, Column, std::less<>>& columns() {
  using P = const Process&;
  using H = const Host&;
  static const Column user{"USER", [](P p, H) { return p.user; }};
  static const Column time{"TIME", [](P p, H h) { return hours(h.seconds(p)); }};
  static const Column tty{"TT", [](P p, H) { return terminal(p); }};
  static const Column args{"COMMAND", [](P p, H) { return p.command; }};
  static const Column name{"COMMAND", [](P p, H) { return p.name; }};
  static const Column cpu{"%CPU", [](P p, H h) { return fmt::format("{:.1f}", h.percent(p)); }};
  static const Column memory{"%MEM",
                             [](P p, H h) { return fmt::format("{:.1f}", h.memory_percent(p)); }};
  static const Column resident{"RSS", [](P p, H h) { return plain(h.resident(p) / 1024); }};
  static const Column size{"VSZ", [](P p, H) { return plain(p.size_bytes / 1024); }};
  static const Column state{"S", [](P p, H) { return p.state; }};
  static const std::map<std::string, Column, std::less<>> all = {
      {"pid", {"PID", [](P p, H) { return plain(p.pid); }}},
      {"ppid", {"PPID", [](P p, H) { return plain(p.parent); }}},
      {"pgid", {"PGID", [](P p, H) { return plain(p.group); }}},
      {"sid", {"SID", [](P p, H) { return plain(p.session); }}},
      {"sess", {"SESS", [](P p, H) { return plain(p.session); }}},
      {"user", user},
      {"euser", {"EUSER", user.text}},
      {"uname", user},
      {"uid", {"UID", [](P p, H) { return plain(p.uid); }}},
      {"euid", {"EUID", [](P p, H) { return plain(p.uid); }}},
      {"gid", {"GID", [](P p, H) { return plain(p.gid); }}},
      {"egid", {"EGID", [](P p, H) { return plain(p.gid); }}},
      {"c", {"C", [](P p, H h) { return plain(static_cast<int>(h.percent(p))); }}},
      {"pcpu", cpu},
      {"%cpu", cpu},
      {"pmem", memory},
      {"%mem", memory},
      {"rss", resident},
      {"rssize", resident},
      {"vsz", size},
      {"vsize", size},
      {"stime", {"STIME", [](P p, H h) { return h.start(p); }}},
      {"start_time", {"START", [](P p, H h) { return h.start(p); }}},
      {"start", {"START", [](P p, H h) { return h.start(p); }}},
      {"etime",
       {"ELAPSED", [](P p, H h) { return elapsed(static_cast<std::uint64_t>(h.age(p))); }}},
      {"etimes", {"ELAPSED", [](P p, H h) { return plain(static_cast<long>(h.age(p))); }}},
      {"tty", tty},
      {"tt", tty},
      {"tname", {"TTY", tty.text}},
      {"time", time},
      {"cputime", time},
      {"stat", {"STAT", state.text}},
      {"state", state},
      {"s", state},
      {"pri", {"PRI", [](P p, H) { return plain(39 - p.priority); }}},
      {"ni", {"NI", [](P p, H) { return plain(p.nice); }}},
      {"nice", {"NI", [](P p, H) { return plain(p.nice); }}},
      {"nlwp", {"NLWP", [](P p, H) { return plain(p.threads); }}},
      {"thcount", {"THCNT", [](P p, H) { return plain(p.threads); }}},
      {"comm", name},
      {"ucmd", {"CMD", name.text}},
      {"args", args},
      {"command", args},
      {"cmd", {"CMD", args.text}},
  };
  return all;
}

Error not_understood(std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "list processes", "", std::move(cause),
               "Use -ef, aux or -o with columns."};
}

Result<std::vector<Column>> chosen(const std::vector<std::string>& names) {
  std::vector<Column> out;
  for (const std::string& item : names) {
    const auto equal = item.find('=');  // "pid=" hides a title, "pid=NUMBER" replaces it
    const auto found = columns().find(item.substr(0, equal));
    if (found == columns().end())
      return not_understood(
          fmt::format("error: unknown user-defined format specifier \"{}\"", escape_control(item)));
    out.push_back(found->second);
  }
  return out;
}

Result<std::vector<Column>> columns_for(const std::vector<std::string>& arguments) {
  using P = const Process&;
  using H = const Host&;
  if (arguments.empty()) {
    COVE_TRY(auto list, chosen({"user", "pid", "ppid", "c", "stime", "tname", "time", "cmd"}));
    list.front().title = "UID";
    return list;
  }
  std::vector<std::string> names;
  bool full = false;
  bool wide = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string word = arguments[i];
    if (word.starts_with("-")) word.erase(0, 1);
    const auto list = word.find('o');
    if (list != std::string::npos) {
      std::string rest = word.substr(list + 1);
      if (rest.empty() && i + 1 < arguments.size()) rest = arguments[++i];
      if (rest.empty()) return not_understood("error: list of columns is missing");
      for (const std::string& name : split(rest, ',')) names.emplace_back(trim(name));
    } else if (word.find('u') != std::string::npos) {
      wide = true;
    } else if (word.find('f') != std::string::npos) {
      full = true;
    } else if (word.find_first_not_of("eaAxw") != std::string::npos) {
      return not_understood(fmt::format("error: unknown option '{}'", escape_control(word)));
    }
  }
  if (!names.empty()) return chosen(names);
  if (wide) {
    COVE_TRY(auto out, chosen({"user", "pid", "%cpu", "%mem", "vsz", "rss", "tname", "stat",
                               "start_time", "time", "args"}));
    out[9].text = [](P p, H h) {
      return fmt::format("{}:{:02}", h.seconds(p) / 60, h.seconds(p) % 60);
    };
    return out;
  }
  if (full) return columns_for({});
  COVE_TRY(auto out, chosen({"pid", "tname", "time", "ucmd"}));
  return out;
}

}  // namespace

ProcessHost this_process_host(WallTime now) {
  ProcessHost host;
  host.now = now;
  host.ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  host.page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  host.memory_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * host.page_bytes;
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  host.zone = std::chrono::minutes(parts.tm_gmtoff / 60);
  return host;
}

Result<ProcessTable> process_table(const std::vector<pid_t>& pids,
                                   const std::vector<std::string>& ps_arguments,
                                   const ProcessHost& host) {
  COVE_TRY(const auto wanted, columns_for(ps_arguments));
  const Host machine(host);
  ProcessTable table;
  for (const Column& column : wanted) table.first.emplace_back(column.title);
  for (const pid_t pid : pids) {
    Process process;
    if (!machine.read(pid, process)) continue;  // it ended meanwhile
    auto& row = table.second.emplace_back();
    for (const Column& column : wanted) row.push_back(column.text(process, machine));
  }
  return table;
}

}  // namespace cove::runtime
