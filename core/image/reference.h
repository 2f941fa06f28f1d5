// Names of images, normalized as Docker does (distribution/reference): "nginx" is
// "docker.io/library/nginx:latest".
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/image/digest.h"

namespace cove::image {

struct Reference {
  std::string domain;      // "docker.io", "localhost:5000"
  std::string repository;  // "library/nginx"
  std::string tag;         // may be empty
  Digest digest;           // may be empty

  // "docker.io/library/nginx".
  std::string name() const { return domain + "/" + repository; }
  // "nginx": without what Docker leaves out.
  std::string familiar_name() const;
  // "nginx:1.25", "nginx@sha256:…": familiar, with tag and digest as they are.
  std::string familiar() const;
  // "docker.io/library/nginx:1.25": complete, in the order name, tag, digest.
  std::string canonical() const;
  bool operator==(const Reference&) const = default;
};

// A text from a user or a manifest. kInvalidArgument with Docker's wording as the cause ("invalid
// reference format", "repository name must be lowercase" …). Tag and digest stay empty when not
// given.
Result<Reference> parse_reference(std::string_view text);
// The same; without tag and digest the tag is "latest".
Result<Reference> parse_tagged(std::string_view text);

}  // namespace cove::image
