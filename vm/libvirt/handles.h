// Owning types for libvirt's handles: each gives its reference back, and nothing else, when it
// goes.
#pragma once

#include <libvirt/libvirt.h>

#include <cstdlib>
#include <memory>

namespace cove::vm::libvirt {

template <auto Release>
struct Releaser {
  template <class T>
  void operator()(T* handle) const {
    Release(handle);
  }
};

using Connect = std::unique_ptr<virConnect, Releaser<virConnectClose>>;
using Domain = std::unique_ptr<virDomain, Releaser<virDomainFree>>;
using Network = std::unique_ptr<virNetwork, Releaser<virNetworkFree>>;
using Snapshot = std::unique_ptr<virDomainSnapshot, Releaser<virDomainSnapshotFree>>;
using Stream = std::unique_ptr<virStream, Releaser<virStreamFree>>;
// Text that libvirt allocated.
using Text = std::unique_ptr<char, Releaser<std::free>>;

// Another reference to the same connection.
inline Connect share(virConnectPtr connection) {
  return Connect(virConnectRef(connection) == 0 ? connection : nullptr);
}

}  // namespace cove::vm::libvirt
