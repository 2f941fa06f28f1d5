#include "core/engine/preload.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/image/digest.h"

namespace cove::engine {
namespace {

constexpr std::size_t kMaxIndexBytes = 4 << 20;

boost::json::array read_record(const Path& record) {
  const auto text = read_file(record, kMaxIndexBytes);
  boost::system::error_code failure;
  if (!text) return {};
  boost::json::value value = boost::json::parse(*text, failure);
  return !failure && value.is_array() ? std::move(value.get_array()) : boost::json::array();
}

}  // namespace

void load_preloaded(const image::Archives& archives, const std::vector<Path>& folders,
                    const Path& record, Logger& logger) {
  boost::json::array loaded = read_record(record);
  const std::size_t before = loaded.size();
  for (const Path& folder : folders) {
    const auto index = read_file(folder / "index.json", kMaxIndexBytes);
    if (!index) continue;
    const boost::json::value digest(image::Digest::of(*index).text());
    if (std::ranges::find(loaded, digest) != loaded.end()) continue;
    if (const auto images = image::load_layout(archives, folder); !images) {
      logger.warn("an image that belongs to Cove cannot be loaded",
                  {{"folder", folder.string()}, {"why", images.error().message()}});
      continue;
    }
    loaded.push_back(digest);
  }
  if (loaded.size() == before) return;
  if (const auto written = write_file_atomic(record, boost::json::serialize(loaded), 0600);
      !written)
    logger.warn(written.error().message());
}

}  // namespace cove::engine
