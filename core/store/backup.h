// Reading a store's file beside its use: backups and checks; and putting a backup in its place.
#pragma once

#include <stop_token>

#include "core/store/log_file.h"

namespace cove::store {

// Copies the store at `source`, on a connection of its own, as Store::backup says. Gives up with
// kCancelled when `stop` is requested.
Result<FileReport> backup_file(const Path& source, const Path& target, const char* vfs,
                               std::stop_token stop);

// Store::restore without the lock.
Result<Store::Restored> restore_file(const Path& backup, const Path& path);

// Reads and checks all of a file that nobody writes.
Result<FileReport> check_file(const Path& path, const char* vfs, std::stop_token stop = {});

}  // namespace cove::store
