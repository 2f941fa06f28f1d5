// What the engine is given from this computer's files, and what it gives to them.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/docker/engine_client.h"

namespace cove::docker {

// Builds a folder as `docker build` does: its context is read while it is sent. Returns the image's
// id. Errors are write_build_context()'s and EngineClient::build()'s.
Result<std::string> build_folder(const EngineClient& engine, const Path& folder,
                                 const BuildOptions& options, const OnText& text,
                                 std::stop_token stop = {});

// Loads what can be read from `input`; `name` is its in errors.
Result<void> load_from(const EngineClient& engine, int input, const std::string& name,
                       const OnText& text, std::stop_token stop = {});
Result<void> load_file(const EngineClient& engine, const Path& file, const OnText& text,
                       std::stop_token stop = {});

// A file appears only when it is whole. `progress` gets the bytes written so far.
Result<void> save_file(const EngineClient& engine, const std::vector<std::string>& images,
                       const Path& file, const std::function<void(std::uint64_t)>& progress,
                       std::stop_token stop = {});

}  // namespace cove::docker
