#include "app/init/modules.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "core/base/strings.h"

namespace cove::init {
namespace {

constexpr std::size_t kMaxIndex = 1 << 20;

std::string canonical(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  for (std::string& word : split(text, ' ')) {
    if (!word.empty()) out.push_back(std::move(word));
  }
  return out;
}

}  // namespace

Result<ModuleIndex> ModuleIndex::parse(std::string_view text) {
  ModuleIndex index;
  for (const std::string& line : split(text, '\n')) {
    if (line.empty()) continue;
    const auto fields = split(line, '\t');
    if (fields.size() != 3 || fields[0].empty() || fields[0].find('/') != std::string::npos) {
      return Error{ErrorCode::kCorrupt, "read", "the list of modules",
                   "a line is malformed: " + line, ""};
    }
    Module module{canonical(fields[0]), words(fields[1]), words(fields[2])};
    for (std::string& need : module.needs) need = canonical(need);
    index.modules_.insert_or_assign(module.name, module);
  }
  std::vector<std::string> all = index.names();
  std::size_t ordered = 0;
  for (const auto& wave : index.waves(all)) ordered += wave.size();
  if (ordered != all.size()) {
    return Error{ErrorCode::kCorrupt, "read", "the list of modules",
                 "a module needs one that is not there or itself", ""};
  }
  return index;
}

std::vector<std::string> ModuleIndex::names() const {
  std::vector<std::string> out;
  for (const auto& [name, module] : modules_) out.push_back(name);
  return out;
}

std::vector<std::string> ModuleIndex::resolve(std::string_view name) const {
  if (modules_.contains(canonical(name))) return {canonical(name)};
  std::vector<std::string> out;
  const std::string wanted(name);
  for (const auto& [candidate, module] : modules_) {
    for (const std::string& alias : module.aliases) {
      if (::fnmatch(alias.c_str(), wanted.c_str(), 0) != 0 && canonical(alias) != canonical(wanted))
        continue;
      out.push_back(candidate);
      break;
    }
  }
  return out;
}

std::vector<std::vector<std::string>> ModuleIndex::waves(
    const std::vector<std::string>& names) const {
  std::set<std::string> wanted;
  std::vector<std::string> open = names;
  while (!open.empty()) {
    const std::string name = std::move(open.back());
    open.pop_back();
    const auto found = modules_.find(name);
    if (found == modules_.end() || !wanted.insert(name).second) continue;
    open.insert(open.end(), found->second.needs.begin(), found->second.needs.end());
  }
  std::vector<std::vector<std::string>> out;
  std::set<std::string> done;
  while (done.size() < wanted.size()) {
    std::vector<std::string> wave;
    for (const std::string& name : wanted) {
      const auto& needs = modules_.find(name)->second.needs;
      const bool ready = std::all_of(needs.begin(), needs.end(),
                                     [&](const auto& need) { return done.contains(need); });
      if (ready && !done.contains(name)) wave.push_back(name);
    }
    if (wave.empty()) break;  // a circle, which parse() refuses
    done.insert(wave.begin(), wave.end());
    out.push_back(std::move(wave));
  }
  return out;
}

namespace {

Result<Fd> open_module(const Path& folder, const std::string& name) {
  const Path file = folder / (name + ".ko");
  Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error(errno, "load", file.string());
  return fd;
}

Result<void> load_file(const Fd& fd, const std::string& name) {
  if (::syscall(SYS_finit_module, fd.get(), "", 0) != 0 && errno != EEXIST) {
    return errno_error(errno, "load", "the module " + name);
  }
  return {};
}

}  // namespace

Result<void> load_module(const Path& folder, const std::string& name) {
  COVE_TRY(const Fd fd, open_module(folder, name));
  return load_file(fd, name);
}

std::vector<OpenedModule> open_modules(const Path& folder, const ModuleIndex& index,
                                       const std::vector<std::string>& names,
                                       const std::vector<std::string>& loaded) {
  std::set<std::string> there;
  for (const auto& wave : index.waves(loaded)) there.insert(wave.begin(), wave.end());
  std::vector<OpenedModule> out;
  for (const auto& wave : index.waves(names)) {
    for (const std::string& name : wave) {
      if (!there.contains(name)) out.push_back({name, open_module(folder, name)});
    }
  }
  return out;
}

Result<void> load_opened(const std::vector<OpenedModule>& modules) {
  Result<void> first{};
  for (const OpenedModule& module : modules) {
    const Result<void> loaded = module.file.has_value() ? load_file(*module.file, module.name)
                                                        : Result<void>(module.file.error());
    if (loaded.has_error() && first.has_value()) first = loaded.error();
  }
  return first;
}

Result<void> load_modules(const Path& folder, const ModuleIndex& index,
                          const std::vector<std::string>& names, unsigned workers) {
  Result<void> first{};
  std::mutex mutex;
  for (const auto& wave : index.waves(names)) {
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (std::size_t i = next++; i < wave.size(); i = next++) {
        auto loaded = load_module(folder, wave[i]);
        std::lock_guard lock(mutex);
        if (loaded.has_error() && first.has_value()) first = loaded.error();
      }
    };
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < workers && i < wave.size(); ++i) others.emplace_back(work);
    work();
  }
  return first;
}

int modprobe_main(const Path& folder, const std::vector<std::string>& arguments) {
  const auto text = read_file(folder / "index", kMaxIndex);
  if (text.has_error()) return 1;
  const auto index = ModuleIndex::parse(*text);
  if (index.has_error()) return 1;
  bool failed = false;
  for (const std::string& argument : arguments) {
    if (argument.starts_with('-')) continue;
    const auto names = index->resolve(argument);
    if (names.empty() || load_modules(folder, *index, names, 1).has_error()) failed = true;
  }
  return failed ? 1 : 0;
}

}  // namespace cove::init
