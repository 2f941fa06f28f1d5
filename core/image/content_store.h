// ContentStore: blobs by digest on disk, in the layout of an OCI image layout's `blobs`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/result.h"
#include "core/image/digest.h"

namespace cove::image {

// When what is added has to outlive this process: when the call returns, or once settle() has. What
// is not settled is used like everything else; open() removes what an earlier process did not
// settle.
enum class Durable { kNow, kOnceSettled };

// Thread-safe; every call may block on the disk. A blob is visible only when whole and verified.
// DIR/blobs/sha256/<hex>, DIR/unsettled/<hex> for what is not settled, and DIR/ingest/<hex> for
// what is being fetched, which outlives a crash so that a pull resumes.
class ContentStore {
 public:
  static Result<std::unique_ptr<ContentStore>> open(const Path& directory);

  bool has(const Digest& digest) const;
  Result<std::uint64_t> size(const Digest& digest) const;
  Result<Fd> open_blob(const Digest& digest) const;  // kNotFound
  // The whole blob, checked against its digest again (kCorrupt).
  Result<std::string> read(const Digest& digest, std::size_t max_bytes) const;
  Result<Digest> put(std::string_view bytes, Durable durable = Durable::kNow);
  Result<void> remove(const Digest& digest);
  std::vector<Digest> list() const;

  // One writer a digest at a time: another one waits. Destroyed without commit(), a writer of an
  // expected digest keeps what it has for the next one; one without is thrown away.
  class Writer {
   public:
    virtual ~Writer() = default;
    // Bytes already there from an interrupted fetch; they are hashed when the writer is made. All
    // of them when the blob is in the store: commit() is all that is left then.
    virtual std::uint64_t offset() const = 0;
    virtual Result<void> write(std::string_view bytes) = 0;
    // Starts again at 0.
    virtual Result<void> truncate() = 0;
    // Verifies and makes the blob visible. kCorrupt names both digests; what was written is thrown
    // away then.
    virtual Result<Digest> commit(Durable durable = Durable::kNow) = 0;
  };
  // `expected` empty: the digest is known only in the end.
  Result<std::unique_ptr<Writer>> writer(const Digest& expected, std::uint64_t expected_size = 0);
  // Waits for the disk to have what was added without.
  Result<void> settle();
  // Drops interrupted fetches, but not those somebody is at; the bytes they had.
  std::uint64_t forget_ingests();

 private:
  class Implementation;
  explicit ContentStore(std::unique_ptr<Implementation> implementation);

 public:
  ~ContentStore();

 private:
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::image
