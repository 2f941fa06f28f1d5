// The confined child that unpacks: how it is called, and what it and its parent say to each other.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "core/base/fs.h"
#include "core/base/result.h"
#include "core/image/unpacker.h"

namespace cove::image {

// Messages on the control socket: a letter and a text.
namespace message {
inline constexpr char kImplicit = 'I';   // a folder that was missing; one each
inline constexpr char kDone = 'D';       // "<diff id> <bytes>"
inline constexpr char kFailed = 'E';     // "<code> <cause>"
inline constexpr char kFindLower = 'L';  // a path; the parent answers kFound with a descriptor
inline constexpr char kFound = 'F';
inline constexpr char kMissing = 'N';
inline constexpr std::size_t kMaxBytes = 16 << 10;
}  // namespace message

struct ChildRequest {
  Path worker;
  Path root;
  UnpackOptions options;
  bool hash = true;           // layers: gzip, zstd or plain; archives also bzip2 and xz
  FindLower find_lower = {};  // called from another thread
};
struct ChildReport {
  std::string diff_id;  // empty unless hashed
  UnpackCounts counts;
};
// Gives the packed bytes to the sink it is given; that fails once the child has.
using Feed = std::function<Result<void>(const ByteSink&)>;

// Starts a child, feeds it and waits for its report. Errors of the child come before those of
// `feed`, which may only be that the child has gone.
Result<ChildReport> run_unpack_child(const ChildRequest& request, const Feed& feed,
                                     std::stop_token stop);
// All of a source.
Feed feed_from(const ByteSource& source);
// What a descriptor has from where it stands; it must outlive the source. Errors are about
// `subject`.
ByteSource source_from(int fd, std::string subject);

// The arguments after "--unpack-layer", and back.
std::vector<std::string> to_arguments(const ChildRequest& request);
Result<ChildRequest> from_arguments(const std::vector<std::string>& arguments);

}  // namespace cove::image
