// Images that come and go: pull, import, push, save, load.
#include <fmt/format.h>

#include "core/engine/images.h"
#include "core/engine/progress.h"
#include "core/engine/registry_auth.h"
#include "core/engine/remote.h"
#include "core/image/build/configure.h"

namespace cove::engine {
namespace {

image::Archives archives_of(const ImageParts& parts) {
  return {parts.images, parts.content, parts.layers, parts.scratch, parts.worker};
}

image::ByteSource body_source(Exchange& exchange) {
  return [&exchange](std::size_t max) { return exchange.read_body(max); };
}

Outcome<image::Platform> platform_of(const Exchange& exchange) {
  const std::string text = exchange.query("platform");
  if (text.empty()) return image::host_platform();
  COVE_TRY(image::Platform platform, image::parse_platform(text));
  return platform;
}

// Without a tag and a digest all tags are meant.
Outcome<> pull(const ImageParts& parts, Exchange& exchange) {
  const std::string name = exchange.query("fromImage");
  const std::string tag = exchange.query("tag");
  COVE_TRY(image::Reference reference, image::parse_reference(name));
  const bool all = tag.empty() && reference.tag.empty() && reference.digest.empty();
  if (!all) {
    COVE_TRY(reference, parse_repo_tag(name, tag));
  }
  COVE_TRY(const image::Platform platform, platform_of(exchange));
  const image::RegistryAuth auth =
      parse_registry_auth(exchange.request().header("x-registry-auth"));
  ProgressAnswer answer(exchange);
  const auto progress = [&](const image::Progress& made) { answer.line(made); };
  if (all) {
    const auto pulled =
        parts.registries.pull_all(reference, platform, auth, progress, exchange.gone());
    return answer.end(pulled ? Outcome<>() : ApiError(pulled.error()));
  }
  const auto pulled = parts.registries.pull(reference, platform, auth, progress, exchange.gone());
  return answer.end(pulled ? Outcome<>() : ApiError(pulled.error()));
}

// Where an import's archive comes from: the body, or a URL.
Outcome<image::ByteSource> import_source(const ImageParts& parts, Exchange& exchange,
                                         ProgressAnswer& answer) {
  std::string url = exchange.query("fromSrc");
  if (url == "-") return body_source(exchange);
  if (url.find("://") == std::string::npos) url = "http://" + url;
  answer.status("Downloading from " + url);
  COVE_TRY(http::ClientResponse fetched, fetch(parts.web, url, exchange.gone()));
  const auto response = std::make_shared<http::ClientResponse>(std::move(fetched));
  return image::ByteSource([response](std::size_t max) { return response->read(max); });
}

Outcome<> import(const ImageParts& parts, Exchange& exchange) {
  image::ImportRequest request;
  request.message = exchange.query("message");
  COVE_TRY(request.platform, platform_of(exchange));
  if (const std::string repo = exchange.query("repo"); !repo.empty()) {
    COVE_TRY(image::Reference reference, parse_repo_tag(repo, exchange.query("tag")));
    if (!reference.digest.empty()) return ApiError{400, "cannot import digest reference"};
    request.tags.push_back(std::move(reference));
  }
  std::vector<std::string> changes;
  for (const auto& [name, value] : exchange.request().query) {
    if (name == "changes" && !value.empty()) changes.push_back(value);
  }
  COVE_CHECK(image::apply_changes(request.config, changes));
  ProgressAnswer answer(exchange);
  auto source = import_source(parts, exchange, answer);
  if (!source) return answer.end(source.error());
  const auto imported =
      image::import_image(archives_of(parts), *source, request, parts.clock, exchange.gone());
  if (!imported) return answer.end(ApiError(imported.error()));
  answer.status((*imported)->id.text());
  return answer.end({});
}

Outcome<> post_create(const ImageParts& parts, Exchange& exchange) {
  if (!exchange.query("fromImage").empty()) return pull(parts, exchange);
  if (!exchange.query("fromSrc").empty()) return import(parts, exchange);
  return ApiError{400, "one of fromImage and fromSrc is needed"};
}

// What a push is asked to send; without a tag everything of the repository.
Outcome<image::Reference> pushed_name(Exchange& exchange) {
  COVE_TRY(image::Reference name, image::parse_reference(exchange.path("name")));
  if (!name.digest.empty()) return ApiError{400, "cannot push a digest reference"};
  if (const std::string tag = exchange.query("tag"); !tag.empty()) {
    COVE_TRY(name, parse_repo_tag(exchange.path("name"), tag));
  }
  return name;
}

std::vector<image::Reference> present_tags(const ImageParts& parts, const image::Reference& name) {
  std::vector<image::Reference> tags;
  for (const image::ImagePtr& image : parts.images.list()) {
    for (const image::Reference& each : image->tags) {
      if (each.name() == name.name() && (name.tag.empty() || each.tag == name.tag))
        tags.push_back(each);
    }
  }
  return tags;
}

Outcome<> post_push(const ImageParts& parts, Exchange& exchange) {
  COVE_TRY(const image::Reference name, pushed_name(exchange));
  const image::RegistryAuth auth =
      parse_registry_auth(exchange.request().header("x-registry-auth"));
  ProgressAnswer answer(exchange);
  const std::vector<image::Reference> tags = present_tags(parts, name);
  if (tags.empty()) {
    answer.status(fmt::format("The push refers to repository [{}]", name.name()));
    return answer.end(ApiError{404, fmt::format("An image does not exist locally with the tag: {}",
                                                name.familiar_name())});
  }
  for (const image::Reference& each : tags) {
    const auto pushed = parts.registries.push(
        each, auth, [&](const image::Progress& progress) { answer.line(progress); },
        exchange.gone());
    if (!pushed) return answer.end(ApiError(pushed.error()));
    answer.line(boost::json::object{
        {"progressDetail", boost::json::object()},
        {"aux", {{"Tag", each.tag}, {"Digest", pushed->digest.text()}, {"Size", pushed->size}}}});
  }
  return answer.end({});
}

// Begins the answer with the first bytes, so that a failure before them has a status of its own.
Outcome<> send_archive(const ImageParts& parts, Exchange& exchange,
                       const std::vector<std::string>& names) {
  for (const std::string& each : names) {
    // A name without tag means all its tags, so it need not be an image's.
    const auto reference = image::parse_reference(each);
    if (reference && reference->tag.empty() && reference->digest.empty()) continue;
    COVE_CHECK(find_image(parts, each));
  }
  std::unique_ptr<Exchange::Stream> stream;
  const image::ByteSink sink = [&](std::string_view bytes) -> Result<void> {
    if (!stream) stream = exchange.stream("application/x-tar");
    if (stream->write(bytes)) return {};
    return Error{ErrorCode::kCancelled, "send", "an archive", "the client has gone", {}};
  };
  const Result<void> saved = image::save_images(archives_of(parts), names, sink, exchange.gone());
  if (saved) {
    if (!stream) stream = exchange.stream("application/x-tar");
    return {};
  }
  if (!stream) return ApiError(saved.error());
  parts.logger.warn("an archive of images broke off", {{"why", saved.error().message()}});
  stream->cut();
  return {};
}

Outcome<> get_one(const ImageParts& parts, Exchange& exchange) {
  return send_archive(parts, exchange, {exchange.path("name")});
}

Outcome<> get_several(const ImageParts& parts, Exchange& exchange) {
  std::vector<std::string> names;
  for (const auto& [name, value] : exchange.request().query) {
    if (name == "names" && !value.empty()) names.push_back(value);
  }
  if (names.empty()) return ApiError{400, "no image is named"};
  return send_archive(parts, exchange, names);
}

Outcome<> post_load(const ImageParts& parts, Exchange& exchange) {
  const auto loaded =
      image::load_images(archives_of(parts), body_source(exchange), exchange.gone());
  if (!loaded) return ApiError(loaded.error());
  ProgressAnswer answer(exchange);
  const auto say = [&](const std::string& text) {
    answer.line(boost::json::object{{"stream", text + "\n"}});
  };
  for (const image::LoadedImage& each : *loaded) {
    for (const image::Reference& tag : each.tags) say("Loaded image: " + tag.familiar());
    if (each.tags.empty()) say("Loaded image ID: " + each.image->id.text());
  }
  return answer.end({});
}

}  // namespace

std::vector<Route> image_transfer_routes(const ImagePartsPtr& parts) {
  const auto with = [&](Outcome<> (*handle)(const ImageParts&, Exchange&)) {
    return [parts, handle](Exchange& exchange) { return handle(*parts, exchange); };
  };
  return {
      {"POST", "/images/create", with(post_create), true},
      {"POST", "/images/load", with(post_load), true},
      {"GET", "/images/get", with(get_several)},
      {"GET", "/images/{name…}/get", with(get_one)},
      {"POST", "/images/{name…}/push", with(post_push)},
  };
}

}  // namespace cove::engine
