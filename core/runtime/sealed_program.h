// A program in memory that nobody can change any more. What a container starts as root is in the
// container's reach as /proc/self/exe for a moment, so crun copies itself aside at every start and
// begins anew from there; one that finds itself sealed already does not.
#pragma once

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::runtime {

// Thread-safe: it never changes.
class SealedProgram {
 public:
  // `link` becomes the path to start it by, for this process and those below it, as long as this
  // object lives. What is there already is replaced.
  static Result<SealedProgram> make(const Path& program, const Path& link);

 private:
  explicit SealedProgram(Fd copy) : copy_(std::move(copy)) {}
  Fd copy_;
};

}  // namespace cove::runtime
