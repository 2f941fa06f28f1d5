// A Builder over stores of the test's own, and a stand-in for who runs steps.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "core/image/build/build.h"
#include "tests/support/temporary_folder.h"

namespace cove::image {

inline void put(const Path& file, const std::string& text, unsigned mode = 0644) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
  std::filesystem::permissions(file, static_cast<std::filesystem::perms>(mode));
}

// Does what a step's last argument says: "write PATH TEXT", "append", "remove", "say TEXT",
// "fail N", "wait" (until told to stop), several with ';'.
class FakeRunner final : public Runner {
 public:
  Result<int> run(const Step& step, const Output& output, std::stop_token stop) override {
    {
      const std::lock_guard lock(mutex_);
      steps_.push_back(step);
    }
    note("run", step.id);
    if (step.running) step.running();
    const auto result = act(step, output, stop);
    note("end", step.id);
    return result;
  }
  void prepare(const std::string& id, const std::string& network_mode) override {
    note("prepare " + network_mode, id);
  }
  void forget(const std::string& id) override { note("forget", id); }
  // What it was told so far, with the steps by the order they came up in.
  std::vector<std::string> told() {
    const std::lock_guard lock(mutex_);
    ids_.clear();
    return std::exchange(told_, {});
  }
  Result<int> act(const Step& step, const Output& output, const std::stop_token& stop) {
    std::string rest = step.args.back();
    while (!rest.empty()) {
      const auto end = rest.find("; ");
      const std::string command = rest.substr(0, end);
      rest.erase(0, end == std::string::npos ? end : end + 2);
      const auto first = command.find(' ');
      const std::string verb = command.substr(0, first);
      const std::string argument = first == std::string::npos ? "" : command.substr(first + 1);
      if (verb == "write") {
        const auto space = argument.find(' ');
        put(step.upper / argument.substr(0, space), argument.substr(space + 1));
      } else if (verb == "say") {
        output(argument + "\n");
      } else if (verb == "fail") {
        return std::atoi(argument.c_str());
      } else if (verb == "meet") {
        meet(argument);
      } else if (verb == "await") {
        while (!has_met(argument) && !stop.stop_requested()) std::this_thread::yield();
      } else if (verb == "wait") {
        while (!stop.stop_requested()) std::this_thread::yield();
        return Error{ErrorCode::kCancelled, "run", {}, "told to stop", {}};
      }
    }
    return 0;
  }
  void meet(const std::string& name) {
    const std::lock_guard lock(mutex_);
    met_.insert(name);
  }
  bool has_met(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return met_.contains(name);
  }
  std::vector<Step> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(steps_, {});
  }

 private:
  void note(const std::string& what, const std::string& id) {
    const std::lock_guard lock(mutex_);
    auto known = std::ranges::find(ids_, id);
    if (known == ids_.end()) known = ids_.insert(ids_.end(), id);
    told_.push_back(fmt::format("{} {}", what, known - ids_.begin()));
  }

  std::mutex mutex_;
  std::vector<Step> steps_;
  std::set<std::string> met_;
  std::vector<std::string> told_, ids_;
};

class FakeFetcher final : public Fetcher {
 public:
  Result<Fetched> get(const std::string& url, const ByteSink& sink, std::stop_token) override {
    if (url.find("missing") != std::string::npos) {
      return Error{ErrorCode::kNotFound, "fetch", url, "404 Not Found", {}};
    }
    COVE_CHECK(sink("body of "));
    COVE_CHECK(sink(url));
    return Fetched{"named.bin", 1'500'000'000};
  }
};

class BuilderTest : public ::testing::Test {
 protected:
  BuilderTest() {
    request_.context = folder_ / "context";
    std::filesystem::create_directory(request_.context);
    request_.dockerfile = "Dockerfile";
    request_.platform = host_platform();
    events_.text = [this](std::string_view text) { text_ += text; };
    events_.built = [this](const Digest& id) { built_.push_back(id); };
  }

  static Path worker() {
    const char* folder = std::getenv("COVE_BINARY_DIR");
    return Path(folder != nullptr ? folder : ".") / "tests" / "unpack_worker";
  }
  Builder::Parts parts() {
    return {*images_, *content_, *layers_,      *registries_, runner_, folder_ / "scratch",
            worker(), clock_,    null_logger(), &fetcher_,    nullptr};
  }
  void context(const std::string& name, const std::string& text, unsigned mode = 0644) {
    put(request_.context / name, text, mode);
  }
  Result<ImagePtr> try_build(const std::string& dockerfile) {
    context(request_.dockerfile, dockerfile);
    text_.clear();
    clock_.advance(std::chrono::seconds(1));
    return builder_->build(request_, events_, stop_.get_token());
  }
  ImagePtr build(const std::string& dockerfile) {
    auto image = try_build(dockerfile);
    EXPECT_TRUE(image) << image.error().message() << "\n" << text_;
    return image ? *image : std::make_shared<Image>();
  }
  std::string cause(const std::string& dockerfile) {
    const auto image = try_build(dockerfile);
    return image ? "(none)" : image.error().cause;
  }
  // A base image called `name` that has these files.
  ImagePtr base(const std::string& name, const std::string& more = "") {
    context("base-file", "base of " + name);
    auto image = build("FROM scratch\nCOPY base-file /etc/base\n" + more);
    EXPECT_TRUE(images_->tag(image->id, *parse_tagged(name)));
    text_.clear();
    runner_.take();
    return image;
  }
  // A file as a container of the image would see it.
  std::string file(const ImagePtr& image, const std::string& path) {
    for (auto id = image->config.diff_ids.rbegin(); id != image->config.diff_ids.rend(); ++id) {
      if (auto text = read_file(layers_->path(*id) / path, 1 << 20)) return *text;
    }
    return "(none)";
  }
  struct stat status(const ImagePtr& image, const std::string& path) {
    struct stat result = {};
    for (auto id = image->config.diff_ids.rbegin(); id != image->config.diff_ids.rend(); ++id) {
      if (::lstat((layers_->path(*id) / path).c_str(), &result) == 0) return result;
    }
    ADD_FAILURE() << path << " is not in the image";
    return result;
  }
  std::vector<std::string> history(const ImagePtr& image) {
    std::vector<std::string> result;
    for (const auto& entry : image->config.history) result.push_back(entry.created_by);
    return result;
  }
  std::string last_entry(const std::string& instruction) {
    const auto image = build("FROM base\n" + instruction);
    return image->config.history.empty() ? "" : image->config.history.back().created_by;
  }
  std::size_t count(const std::string& what) const {
    std::size_t found = 0;
    for (auto at = text_.find(what); at != std::string::npos; at = text_.find(what, at + 1)) {
      ++found;
    }
    return found;
  }
  std::vector<std::string> left_in_scratch() {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder_ / "scratch/builds", error)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  test::TemporaryFolder folder_;
  FakeClock clock_;
  std::unique_ptr<ContentStore> content_ = *ContentStore::open(folder_ / "content");
  std::unique_ptr<LayerStore> layers_ =
      *LayerStore::open({folder_ / "layers", worker(), null_logger()});
  std::unique_ptr<ImageStore> images_ =
      *ImageStore::open({folder_ / "images", *content_, *layers_, clock_, null_logger()});
  std::unique_ptr<Registries> registries_ = std::make_unique<Registries>(
      Registries::Parts{RegistrySettings{}, *images_, *content_, *layers_, clock_, null_logger()});
  FakeRunner runner_;
  FakeFetcher fetcher_;
  std::unique_ptr<Builder> builder_ = std::make_unique<Builder>(parts());
  BuildRequest request_;
  BuildEvents events_;
  std::string text_;
  std::vector<Digest> built_;
  std::stop_source stop_;
};

}  // namespace cove::image
