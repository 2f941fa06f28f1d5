#include "core/store/vfs.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "core/base/strings.h"

namespace cove::store {
namespace {

// An fsync that has to record a new file size costs a second journal write in the file system. The
// log therefore grows by this much at a time; zeroes are not a frame, so recovery stops at them.
constexpr sqlite3_int64 kLogStep = 1 << 20;
// Of one write: SQLite's file layer takes sizes modulo 128 KiB.
constexpr sqlite3_int64 kZeroBytes = 64 << 10;

// A whole database is read in half the system time in steps of this.
constexpr sqlite3_int64 kAheadBytes = 64 << 10;
// Going forward means to skip no more than this.
constexpr sqlite3_int64 kAheadGap = 16 << 10;

struct Shared {
  std::atomic<bool> read_ahead = false;
  IoHooks* hooks = nullptr;
  sqlite3_vfs* system = nullptr;
  std::string database;
  std::string log;
};

// The errno of the last failure that a hook made on this thread; 0: ask the system.
thread_local int injected_errno = 0;

struct Ahead {
  sqlite3_int64 start = 0;
  sqlite3_int64 size = 0;
  sqlite3_int64 next = 0;  // where the last read ended
  std::array<char, kAheadBytes> bytes;
};

// SQLite gives the memory: `ahead` lives from open() to close().
struct File {
  sqlite3_file base;
  Shared* shared;
  sqlite3_file* real;
  IoFile kind;
  sqlite3_int64 size;  // of the log; -1: not known
  std::unique_ptr<Ahead> ahead;
};

File* self(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}

IoVerdict ask(const Shared& shared, const IoCall& call) {
  injected_errno = 0;
  if (shared.hooks == nullptr) return {};
  const IoVerdict verdict = shared.hooks->before(call);
  injected_errno = verdict.error;
  return verdict;
}

IoVerdict ask(const File& file, IoOperation operation, sqlite3_int64 offset = 0,
              std::string_view bytes = {}) {
  return ask(*file.shared, IoCall{file.kind, operation, offset, bytes});
}

bool is_full(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

int close(sqlite3_file* file) {
  const int code = self(file)->real->pMethods->xClose(self(file)->real);
  file->pMethods = nullptr;
  std::destroy_at(&self(file)->ahead);
  return code;
}

// Whether the bytes at `offset` are, or could be put, in `ahead`.
bool fetch(File& source, Ahead& ahead, int amount, sqlite3_int64 offset) {
  const bool there = offset >= ahead.start && offset + amount <= ahead.start + ahead.size;
  const bool onward = offset >= ahead.next && offset - ahead.next <= kAheadGap;
  ahead.next = offset + amount;
  sqlite3_int64 end = 0;
  if (there || !onward) return there;
  if (source.real->pMethods->xFileSize(source.real, &end) != SQLITE_OK) return false;
  ahead.start = offset;
  ahead.size = std::min(kAheadBytes, end - offset);
  if (ahead.size >= amount &&
      source.real->pMethods->xRead(source.real, ahead.bytes.data(), static_cast<int>(ahead.size),
                                   offset) == SQLITE_OK) {
    return true;
  }
  ahead.size = 0;
  return false;
}

int read(sqlite3_file* file, void* buffer, int amount, sqlite3_int64 offset) {
  File& source = *self(file);
  if (ask(source, IoOperation::kRead, offset).error != 0) return SQLITE_IOERR_READ;
  if (source.kind == IoFile::kDatabase && source.shared->read_ahead) {
    if (!source.ahead) source.ahead = std::make_unique<Ahead>();
    Ahead& ahead = *source.ahead;
    if (fetch(source, ahead, amount, offset)) {
      std::memcpy(buffer, ahead.bytes.data() + (offset - ahead.start),
                  static_cast<std::size_t>(amount));
      return SQLITE_OK;
    }
  } else {
    source.ahead.reset();
  }
  return self(file)->real->pMethods->xRead(self(file)->real, buffer, amount, offset);
}

// Failure to grow is not a failure to write: the write itself tells.
void grow_log(File& log, sqlite3_int64 end) {
  if (log.size < 0 && log.real->pMethods->xFileSize(log.real, &log.size) != SQLITE_OK) {
    log.size = -1;  // not known: to grow from anywhere would be to write over frames
    return;
  }
  static const std::string zeroes(kZeroBytes, '\0');
  const sqlite3_int64 wanted = end <= log.size ? log.size : log.size + kLogStep;
  while (log.size < wanted) {
    if (ask(log, IoOperation::kWrite, log.size, zeroes).error == 0 &&
        log.real->pMethods->xWrite(log.real, zeroes.data(), static_cast<int>(zeroes.size()),
                                   log.size) == SQLITE_OK) {
      log.size += kZeroBytes;
    } else {
      log.size = -1;
      break;
    }
  }
  injected_errno = 0;
}

int write(sqlite3_file* file, const void* buffer, int amount, sqlite3_int64 offset) {
  File& target = *self(file);
  if (target.kind == IoFile::kLog) grow_log(target, offset + amount);
  const auto verdict =
      ask(target, IoOperation::kWrite, offset,
          std::string_view(static_cast<const char*>(buffer), static_cast<std::size_t>(amount)));
  if (verdict.error == 0) {
    // SQLite knows ENOSPC alone.
    const int code = target.real->pMethods->xWrite(target.real, buffer, amount, offset);
    return code != SQLITE_OK && is_full(errno) ? SQLITE_FULL : code;
  }
  if (verdict.torn && amount > 1) {
    target.real->pMethods->xWrite(target.real, buffer, amount / 2, offset);
  }
  return is_full(verdict.error) ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (ask(*self(file), IoOperation::kTruncate, size).error != 0) return SQLITE_IOERR_TRUNCATE;
  self(file)->size = -1;
  return self(file)->real->pMethods->xTruncate(self(file)->real, size);
}

// A full disk may show only here; SQLite has one code for that and for all other failures, and has
// called much else before it tells.
int sync(sqlite3_file* file, int flags) {
  const int error = ask(*self(file), IoOperation::kSync).error;
  if (error != 0) return is_full(error) ? SQLITE_FULL : SQLITE_IOERR_FSYNC;
  const int code = self(file)->real->pMethods->xSync(self(file)->real, flags);
  return code != SQLITE_OK && is_full(errno) ? SQLITE_FULL : code;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return self(file)->real->pMethods->xFileSize(self(file)->real, size);
}
int lock(sqlite3_file* file, int level) {
  return self(file)->real->pMethods->xLock(self(file)->real, level);
}
int unlock(sqlite3_file* file, int level) {
  return self(file)->real->pMethods->xUnlock(self(file)->real, level);
}
int check_reserved_lock(sqlite3_file* file, int* out) {
  return self(file)->real->pMethods->xCheckReservedLock(self(file)->real, out);
}
int file_control(sqlite3_file* file, int operation, void* argument) {
  return self(file)->real->pMethods->xFileControl(self(file)->real, operation, argument);
}
int sector_size(sqlite3_file* file) {
  return self(file)->real->pMethods->xSectorSize(self(file)->real);
}
int device_characteristics(sqlite3_file* file) {
  return self(file)->real->pMethods->xDeviceCharacteristics(self(file)->real);
}
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return self(file)->real->pMethods->xShmMap(self(file)->real, page, size, extend, out);
}
int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
  return self(file)->real->pMethods->xShmLock(self(file)->real, offset, n, flags);
}
void shm_barrier(sqlite3_file* file) {
  self(file)->real->pMethods->xShmBarrier(self(file)->real);
}
int shm_unmap(sqlite3_file* file, int remove) {
  return self(file)->real->pMethods->xShmUnmap(self(file)->real, remove);
}

// Version 2: no memory-mapped pages, whose I/O errors would be signals.
constexpr sqlite3_io_methods kMethods = {2,
                                         close,
                                         read,
                                         write,
                                         truncate,
                                         sync,
                                         file_size,
                                         lock,
                                         unlock,
                                         check_reserved_lock,
                                         file_control,
                                         sector_size,
                                         device_characteristics,
                                         shm_map,
                                         shm_lock,
                                         shm_barrier,
                                         shm_unmap,
                                         nullptr,
                                         nullptr};

Shared& shared_of(sqlite3_vfs* vfs) {
  return *static_cast<Shared*>(vfs->pAppData);
}

IoFile kind_of(const Shared& shared, const char* name) {
  if (name == nullptr) return IoFile::kOther;
  if (shared.database == name) return IoFile::kDatabase;
  return shared.log == name ? IoFile::kLog : IoFile::kOther;
}

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  Shared& shared = shared_of(vfs);
  File& opened = *self(file);
  opened.base.pMethods = nullptr;
  opened.shared = &shared;
  opened.real = reinterpret_cast<sqlite3_file*>(&opened + 1);
  opened.kind = kind_of(shared, name);
  opened.size = -1;
  if (ask(opened, IoOperation::kOpen).error != 0) return SQLITE_CANTOPEN;
  const int code = shared.system->xOpen(shared.system, name, opened.real, flags, out_flags);
  if (opened.real->pMethods == nullptr) return code;
  opened.base.pMethods = &kMethods;
  std::construct_at(&opened.ahead);
  return code;
}

int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  Shared& shared = shared_of(vfs);
  if (ask(shared, {kind_of(shared, name), IoOperation::kDelete, 0, {}}).error != 0) {
    return SQLITE_IOERR_DELETE;
  }
  return shared.system->xDelete(shared.system, name, sync_directory);
}

int access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  return shared_of(vfs).system->xAccess(shared_of(vfs).system, name, flags, out);
}
int full_pathname(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  return shared_of(vfs).system->xFullPathname(shared_of(vfs).system, name, size, out);
}
int randomness(sqlite3_vfs* vfs, int size, char* out) {
  return shared_of(vfs).system->xRandomness(shared_of(vfs).system, size, out);
}
int sleep(sqlite3_vfs* vfs, int microseconds) {
  return shared_of(vfs).system->xSleep(shared_of(vfs).system, microseconds);
}
int current_time(sqlite3_vfs* vfs, double* out) {
  return shared_of(vfs).system->xCurrentTime(shared_of(vfs).system, out);
}
int last_error(sqlite3_vfs* vfs, int size, char* out) {
  if (injected_errno != 0) return injected_errno;
  return shared_of(vfs).system->xGetLastError(shared_of(vfs).system, size, out);
}
int current_time_ms(sqlite3_vfs* vfs, sqlite3_int64* out) {
  return shared_of(vfs).system->xCurrentTimeInt64(shared_of(vfs).system, out);
}

}  // namespace

struct Vfs::Impl {
  Shared shared;
  std::string name;
  sqlite3_vfs vfs{};
};

Vfs::Vfs(const Path& database, IoHooks* hooks) : impl_(std::make_unique<Impl>()) {
  static std::atomic<std::uint64_t> count = 0;
  Impl& impl = *impl_;
  impl.name = fmt::format("cove-{}", ++count);
  impl.shared.hooks = hooks;
  impl.shared.system = ::sqlite3_vfs_find(nullptr);
  impl.shared.database = database.string();
  impl.shared.log = database.string() + "-wal";
  sqlite3_vfs& vfs = impl.vfs;
  vfs.iVersion = 2;
  vfs.szOsFile = static_cast<int>(sizeof(File)) + impl.shared.system->szOsFile;
  vfs.mxPathname = impl.shared.system->mxPathname;
  vfs.zName = impl.name.c_str();
  vfs.pAppData = &impl.shared;
  vfs.xOpen = open;
  vfs.xDelete = remove;
  vfs.xAccess = access;
  vfs.xFullPathname = full_pathname;
  vfs.xRandomness = randomness;
  vfs.xSleep = sleep;
  vfs.xCurrentTime = current_time;
  vfs.xGetLastError = last_error;
  vfs.xCurrentTimeInt64 = current_time_ms;
  ::sqlite3_vfs_register(&vfs, 0);
}

Vfs::~Vfs() {
  ::sqlite3_vfs_unregister(&impl_->vfs);
}

void Vfs::read_ahead(bool on) {
  impl_->shared.read_ahead = on;
}

const char* Vfs::name() const {
  return impl_->name.c_str();
}

}  // namespace cove::store
