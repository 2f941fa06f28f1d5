#include "core/image/image_records.h"

#include <boost/json/serialize.hpp>
#include <chrono>

#include "core/image/json.h"

namespace cove::image {
namespace {

namespace json = boost::json;

constexpr const char* kFile = "images.json";
constexpr std::size_t kMaxBytes = 256 << 20;
constexpr std::size_t kMaxImages = 1'000'000;
constexpr std::int64_t kVersion = 1;

Result<std::vector<Reference>> read_names(const Fields& fields, const char* field) {
  std::vector<Reference> names;
  COVE_TRY(const auto texts, fields.texts(field));
  for (const std::string& text : texts) {
    COVE_TRY(Reference name, parse_reference(text));
    names.push_back(std::move(name));
  }
  return names;
}

Result<Digest> optional_digest(const Fields& fields, const char* field) {
  if (fields.get(field) == nullptr) return Digest();
  return fields.digest(field);
}

Result<std::vector<ImageRecord>> parse(const std::string& text, const std::string& path) {
  COVE_TRY(const json::value document, parse_json(text, kMaxBytes, path));
  const Fields fields(document.get_object(), path);
  COVE_TRY(const std::int64_t version, fields.number("version"));
  if (version != kVersion) return fields.wrong("version", "is not 1");
  COVE_TRY(const json::array* const images, fields.array("images", kMaxImages));
  std::vector<ImageRecord> records;
  if (images == nullptr) return fields.wrong("images", "is missing");
  for (const json::value& value : *images) {
    if (!value.is_object()) return fields.wrong("images", "has an entry that is not an object");
    const Fields image(value.get_object(), path);
    ImageRecord record;
    COVE_TRY(record.id, image.digest("id"));
    COVE_TRY(record.manifest, optional_digest(image, "manifest"));
    COVE_TRY(record.parent, optional_digest(image, "parent"));
    COVE_TRY(record.tags, read_names(image, "tags"));
    COVE_TRY(record.digests, read_names(image, "digests"));
    COVE_TRY(const std::int64_t tagged, image.number("taggedAt"));
    record.tagged_at =
        WallTime(std::chrono::duration_cast<WallTime::duration>(std::chrono::nanoseconds(tagged)));
    records.push_back(std::move(record));
  }
  return records;
}

json::array names(const std::vector<Reference>& references) {
  json::array list;
  for (const Reference& reference : references) list.emplace_back(reference.canonical());
  return list;
}

}  // namespace

Result<std::vector<ImageRecord>> read_records(const Path& directory) {
  const Path path = directory / kFile;
  auto text = read_file(path, kMaxBytes);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::vector<ImageRecord>();
  if (!text) return text.error();
  auto records = parse(*text, path.string());
  if (!records) {
    Error error = records.error();
    error.code = ErrorCode::kCorrupt;
    error.action = "read the list of images";
    error.subject = path.string();
    error.remedy = "Put back a copy of the file; or remove it, and pull or build the images again.";
    return error;
  }
  return records;
}

Result<void> write_records(const Path& directory, const std::vector<ImageRecord>& records) {
  json::array images;
  for (const ImageRecord& record : records) {
    json::object image;
    image["id"] = record.id.text();
    if (!record.manifest.empty()) image["manifest"] = record.manifest.text();
    if (!record.parent.empty()) image["parent"] = record.parent.text();
    image["tags"] = names(record.tags);
    image["digests"] = names(record.digests);
    image["taggedAt"] =
        std::chrono::duration_cast<std::chrono::nanoseconds>(record.tagged_at.time_since_epoch())
            .count();
    images.push_back(std::move(image));
  }
  json::object document;
  document["version"] = kVersion;
  document["images"] = std::move(images);
  return write_file_atomic(directory / kFile, json::serialize(document), 0600);
}

}  // namespace cove::image
