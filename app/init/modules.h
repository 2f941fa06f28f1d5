// Kernel modules: found by name or alias in an index made with the image, loaded with what they
// need, in parallel.
//
// The index has one line a module: "name<TAB>needed needed<TAB>alias alias". Files are
// <folder>/<name>.ko. The same program is the kernel's /sbin/modprobe, so modules for containers
// come in when the kernel first asks for them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::init {

struct Module {
  std::string name;
  std::vector<std::string> needs;
  std::vector<std::string> aliases;  // shell patterns
};

class ModuleIndex {
 public:
  // kCorrupt when a module needs one that is not there or, over others, itself.
  static Result<ModuleIndex> parse(std::string_view text);

  // The names of the modules that `name` (a module or what an alias matches; '-' equals '_') stands
  // for; empty when none.
  std::vector<std::string> resolve(std::string_view name) const;
  // `names` and what they need in waves: every module's needs are in earlier waves, so a wave can
  // be loaded in parallel.
  std::vector<std::vector<std::string>> waves(const std::vector<std::string>& names) const;
  std::vector<std::string> names() const;

 private:
  std::map<std::string, Module, std::less<>> modules_;
};

// Loads <folder>/<name>.ko; one that is loaded already is success.
Result<void> load_module(const Path& folder, const std::string& name);

// Loads modules with their needs, `workers` at a time. Returns the first failure, after trying all.
Result<void> load_modules(const Path& folder, const ModuleIndex& index,
                          const std::vector<std::string>& names, unsigned workers);

// The files of `names` and what they need, but not of `loaded` and what those need, opened ahead so
// that they can be loaded when `folder` is out of reach. In the order of loading; what cannot be
// opened is left out, and load_opened() says so.
struct OpenedModule {
  std::string name;
  Result<Fd> file;
};
std::vector<OpenedModule> open_modules(const Path& folder, const ModuleIndex& index,
                                       const std::vector<std::string>& names,
                                       const std::vector<std::string>& loaded);
// Loads them one after the other. Returns the first failure, after trying all.
Result<void> load_opened(const std::vector<OpenedModule>& modules);

// What the kernel starts as "modprobe -q -- NAME"; the exit code.
int modprobe_main(const Path& folder, const std::vector<std::string>& arguments);

}  // namespace cove::init
