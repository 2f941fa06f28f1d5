// What the tests of stores share: stores in a folder of their own, and archives made by hand.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/image/content_store.h"
#include "core/image/image_store.h"
#include "core/image/layer_store.h"
#include "core/image/tar_writer.h"
#include "tests/support/temporary_folder.h"

namespace cove::image::test {

inline Path worker() {
  const char* folder = std::getenv("COVE_BINARY_DIR");
  return Path(folder != nullptr ? folder : ".") / "tests" / "unpack_worker";
}

struct Item {
  TarEntry entry;
  std::string data = {};
};

inline Item file(std::string name, std::string data, std::uint32_t mode = 0644) {
  Item item;
  item.entry.name = std::move(name);
  item.entry.mode = mode;
  item.entry.mtime = 1'600'000'000;
  item.data = std::move(data);
  return item;
}
inline Item folder(std::string name, std::uint32_t mode = 0755) {
  Item item = file(std::move(name), "", mode);
  item.entry.type = '5';
  return item;
}
inline Item link(char type, std::string name, std::string target) {
  Item item = file(std::move(name), "", 0777);
  item.entry.type = type;
  item.entry.link = std::move(target);
  return item;
}
inline Item symlink(std::string name, std::string target) {
  return link('2', std::move(name), std::move(target));
}
inline Item hard_link(std::string name, std::string target) {
  return link('1', std::move(name), std::move(target));
}

inline std::string tar(const std::vector<Item>& items) {
  std::string bytes;
  TarWriter writer([&](std::string_view piece) -> Result<void> {
    bytes += piece;
    return {};
  });
  for (const Item& item : items) {
    // Links and folders have no data, whatever hostile size they may claim.
    if (item.entry.type == '0') {
      writer.file(item.entry, item.data).value();
    } else {
      writer.header(item.entry).value();
    }
  }
  writer.finish().value();
  return bytes;
}

inline std::string gzip(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string zstd(const std::string& bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
  return out;
}

inline ByteSource source(std::string bytes, std::size_t piece = 100'000) {
  auto at = std::make_shared<std::size_t>(0);
  return [bytes = std::move(bytes), at, piece](std::size_t most) -> Result<std::string> {
    std::string part = bytes.substr(*at, std::min(most, piece));
    *at += part.size();
    return part;
  };
}

inline ByteSink into(std::string& bytes) {
  return [&bytes](std::string_view piece) -> Result<void> {
    bytes += piece;
    return {};
  };
}

inline std::string read(const Path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write(const Path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

inline struct stat file_status(const Path& path) {
  struct stat result {};
  if (::lstat(path.c_str(), &result) != 0) result.st_mode = 0;
  return result;
}

inline bool is_whiteout(const Path& path) {
  const struct stat found = file_status(path);
  return S_ISCHR(found.st_mode) && found.st_rdev == 0;
}

// Waits for what a thread in the background does.
inline bool eventually(const std::function<bool()>& condition) {
  SystemClock clock;
  for (int i = 0; i < 3000; ++i) {
    if (condition()) return true;
    clock.sleep(std::chrono::milliseconds(10));
  }
  return false;
}

struct Stores {
  cove::test::TemporaryFolder folder;
  FakeClock clock;
  std::unique_ptr<ContentStore> content = ContentStore::open(folder / "content").value();
  std::unique_ptr<LayerStore> layers =
      LayerStore::open({folder / "layers", worker(), null_logger()}).value();

  LayerStore& limited(const UnpackLimits& limits) {
    layers = LayerStore::open({folder / "layers", worker(), null_logger(), limits}).value();
    return *layers;
  }
  // Unpacks, and the blob is there too.
  Digest layer(const std::string& bytes, const std::vector<Digest>& parents = {}) {
    auto unpacked = layers->unpack(source(bytes), {}, parents);
    EXPECT_TRUE(unpacked.has_value()) << unpacked.error().message();
    if (!unpacked) return {};
    content->put(bytes).value();
    return unpacked->diff_id;
  }
  Path root(const Digest& diff_id) const { return layers->path(diff_id); }
};

inline std::string cause(const auto& result) {
  return result.has_error() ? result.error().cause : "(no error)";
}

}  // namespace cove::image::test
