// Build arguments and where they are visible: ARG before FROM, ARG in a stage, --build-arg, the
// proxies that need no ARG, and the platforms that do.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/image/build/expand.h"
#include "core/image/manifest.h"

namespace cove::image::dockerfile {

using GivenArgs = std::map<std::string, std::optional<std::string>>;

// Allowed without ARG, and kept out of an image's history.
bool is_predefined_arg(std::string_view name);

// Of one stage. Not thread-safe; copies are independent.
class Arguments {
 public:
  Arguments() = default;
  // `given` are the request's. A given name without a value counts as not given.
  Arguments(const GivenArgs& given, const Platform& build, const Platform& target,
            const std::string& stage);

  // ARG before the first FROM: may be used in FROM, and gives its value to an ARG without one.
  void add_global(const std::string& name, const std::optional<std::string>& value);
  // ARG in this stage.
  void add(const std::string& name, const std::optional<std::string>& value);
  // FROM: the stage's own ARGs are forgotten.
  void begin_stage(const std::string& stage);

  // What ARG or the predefined ones make visible, without the names that are in `env`.
  std::map<std::string, std::string> visible(const std::vector<std::string>& env) const;
  // As the history of RUN shows them: without predefined ones that no ARG names.
  bool shown(const std::string& name) const;
  std::optional<std::string> global(std::string_view name) const;
  const std::set<std::string>& declared() const { return declared_; }

 private:
  std::optional<std::string> value_of(const std::string& name,
                                      const std::optional<std::string>& fallback) const;

  GivenArgs given_;
  std::map<std::string, std::optional<std::string>> globals_;
  std::map<std::string, std::optional<std::string>> locals_;
  std::set<std::string> declared_;
};

// Looks a name up in "NAME=value" texts first, then in `arguments`.
Lookup lookup_in(const std::vector<std::string>& env, const Arguments& arguments);

}  // namespace cove::image::dockerfile
