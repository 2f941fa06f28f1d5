// Names and digests of images: what is taken comes back the same, and names no path but its own.
#include "core/image/reference.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using cove::fuzz::require;
  namespace image = cove::image;
  const std::string_view text = cove::fuzz::text(data, size);
  if (const auto digest = image::Digest::parse(text)) {
    require(digest->text() == text, "a digest is its text");
    require(digest->hex().find_first_not_of("0123456789abcdef") == std::string_view::npos,
            "a digest is a file name");
  }
  const auto reference = image::parse_reference(text);
  if (!reference) return 0;
  const auto whole = image::parse_reference(reference->canonical());
  require(whole && *whole == *reference, "the canonical name means the same");
  const auto short_form = image::parse_reference(reference->familiar());
  require(short_form && *short_form == *reference, "the familiar name means the same");
  require(("/" + reference->repository + "/").find("/../") == std::string::npos,
          "a repository leads nowhere else");
  return 0;
}
