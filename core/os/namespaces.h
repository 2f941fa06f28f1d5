// Namespaces: made and entered by threads of their own, never by the calling thread
// (namespaces(7), setns(2)). A namespace lives on by a bind mount of its nsfs file, its pin.
#pragma once

#include <functional>
#include <string>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::os {

// Makes a network namespace and pins it at `pin`, which must not exist. `inside` (may be empty)
// runs in it, on a thread that ends afterwards; when it fails, nothing is left. Everything is as
// the kernel makes it: loopback is down.
Result<void> make_network_namespace(const Path& pin, const std::function<Result<void>()>& inside);

// The same for what System V IPC and POSIX message queues are kept in.
Result<void> make_ipc_namespace(const Path& pin);
// And for host and domain name; the host name is `host_name` there.
Result<void> make_uts_namespace(const Path& pin, const std::string& host_name);

// Unpins and removes the file; absent is success. The namespace itself ends with its last process
// and socket.
Result<void> remove_pin(const Path& pin);

// Whether a namespace is mounted there (after a reboot a pin is an empty file).
bool is_namespace(const Path& path);

// Opens "/proc/812/ns/net" or a pin. kInvalidArgument for a file that is no namespace.
Result<Fd> open_namespace(const Path& path);

// Runs `inside` on a thread that has entered the network namespace, and waits for it. Sockets made
// there stay in that namespace wherever they are used.
Result<void> in_network_namespace(const Path& path, const std::function<Result<void>()>& inside);

}  // namespace cove::os
