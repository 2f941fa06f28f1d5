// What configMap, secret, downwardAPI and projected volumes are filled from.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/node/api_reader.h"
#include "core/node/container_config.h"
#include "core/node/volumes_files.h"

namespace cove::node {

// Remembered from one reading of a volume to the next. Not thread-safe.
struct SourceMemory {
  struct Token {
    std::string text;
    WallTime refresh_at{};
  };
  std::map<std::string, api::ObjectPtr> immutable;  // by "configmaps/name"
  std::map<std::string, Token> tokens;              // by audience and lifetime
  std::string signature;                            // of what the volume shows; empty: nothing yet
};

// One reading. Blocks for the API; errors' causes are what events say.
class VolumeSources {
 public:
  VolumeSources(const ApiReader& reader, const Clock& clock, const api::Amounts& allocatable,
                const api::Object& pod, SourceMemory& memory)
      : reader_(reader), clock_(clock), allocatable_(allocatable), pod_(pod), memory_(memory) {}

  static bool has(const boost::json::object& volume);
  // Looks at everything the volume names; kUnsupported for sources that there are not.
  Result<void> read(const boost::json::object& volume);
  // Versions of all that was read: equal ones make equal files.
  const std::string& signature() const { return signature_; }
  Result<VolumeFiles> files() const;

 private:
  Result<void> read_object(const boost::json::object& source, const std::string& name, bool secret,
                           mode_t mode);
  Result<void> read_downward(const boost::json::object& source, mode_t mode);
  Result<void> read_token(const boost::json::object& source, mode_t mode);
  Result<void> read_projected(const boost::json::object& source);
  Result<std::string> token(const boost::json::object& source);
  Result<api::ObjectPtr> object(const std::string& name, bool secret);
  void add(std::string path, VolumeFile file);

  const ApiReader& reader_;
  const Clock& clock_;
  const api::Amounts& allocatable_;
  const api::Object& pod_;
  SourceMemory& memory_;
  std::string signature_;
  std::vector<std::function<Result<void>(VolumeFiles& files)>> steps_;
};

// securityContext.fsGroup of the pod.
std::optional<gid_t> file_group(const api::Object& pod);

}  // namespace cove::node
