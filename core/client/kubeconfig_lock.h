// The lock that kubectl and every client-go program take before they write a kubeconfig. Private to
// this room.
#pragma once

#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::client {

// "<file>.lock" made exclusively; whoever finds it there waits or gives up. Released by
// destruction.
class KubeconfigLock {
 public:
  // Waits up to a second for another program. A lock left by a Cove process of this host that has
  // died is taken over; anybody else's is kConflict, with the file named.
  static Result<KubeconfigLock> acquire(const Path& kubeconfig);

  KubeconfigLock(KubeconfigLock&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  KubeconfigLock& operator=(KubeconfigLock&&) = delete;
  ~KubeconfigLock();

 private:
  explicit KubeconfigLock(Path path) : path_(std::move(path)) {}
  Path path_;
};

}  // namespace cove::client
