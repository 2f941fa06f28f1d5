// A docker-registry on loopback with images of tests in it: tests/support/images/serve.
#pragma once

#include <fcntl.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/process.h"
#include "core/base/strings.h"

namespace cove::test {

// What tests/support/images/build made.
inline Path test_images() {
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  if (const std::string given = variable("COVE_TEST_IMAGES"); !given.empty()) return given;
  const std::string cache = variable("XDG_CACHE_HOME");
  return Path(cache.empty() ? variable("HOME") + "/.cache" : cache) / "cove/test-images";
}

class ImageServer {
 public:
  // Ends with this. `scratch` gets the port's file and the log.
  static Result<ImageServer> start(const Path& program, const Path& storage, const Path& scratch,
                                   bool writable) {
    ImageServer server;
    const std::string name = writable ? "registry" : "mirror";
    const Path port_file = scratch / (name + ".port");
    const Path log_file = scratch / (name + ".log");
    Command command;
    command.argv = {program.string(), storage.string(), "--port-file", port_file.string()};
    if (writable) command.argv.emplace_back("--writable");
    const Fd log(::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    ChildProcess::Options options;
    options.standard_output = log.get();
    options.standard_error = log.get();
    options.die_with_parent = true;
    options.new_session = true;
    COVE_TRY(auto process, ChildProcess::spawn(command, options));
    server.process_.emplace(std::move(process));
    for (int i = 0; i < 500; ++i) {
      if (const auto text = read_file(port_file, 64)) {
        const std::string_view digits = trim(*text);
        std::from_chars(digits.data(), digits.data() + digits.size(), server.port_);
        if (server.port_ != 0) return server;
      }
      if (server.process_->wait(std::chrono::milliseconds(20))) break;
    }
    const auto said = read_file(log_file, 1 << 20);
    return Error{ErrorCode::kUnavailable, "start", "docker-registry",
                 said ? *said : std::string("it does not answer"), ""};
  }

  std::uint16_t port() const { return port_; }

 private:
  ImageServer() = default;
  std::optional<ChildProcess> process_;
  std::uint16_t port_ = 0;
};

}  // namespace cove::test
