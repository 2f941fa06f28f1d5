// The container engine beside the limits of the machine and beside bare crun: pull and unpack,
// memory meanwhile, builds, and how soon a container runs. One table; the ratios are what counts.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>
#include <zlib.h>

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <fstream>
#include <random>

#include "core/base/process.h"
#include "core/image/digest.h"
#include "tests/integration/coved/harness.h"
#include "tests/support/containers.h"
#include "tests/support/engine_api.h"
#include "tests/support/registry.h"

namespace cove::testing {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using Seconds = double;

constexpr int kLayers = 4;

struct Options {
  int rounds = 5;
  unsigned megabytes = 500;
  bool quick = false;
  bool json = false;
  Path folder = "/var/tmp";
};

Seconds since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}
template <class Do>
Seconds time_of(Do what) {
  const auto begin = std::chrono::steady_clock::now();
  what();
  return since(begin);
}
Seconds median(std::vector<Seconds> values) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[values.size() / 2];
}

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}
void check(const EngineApi::Reply& reply, int status, const char* what) {
  if (reply.status != status || reply.text.find("\"errorDetail\"") != std::string::npos)
    fail(fmt::format("{}: {} {}", what, reply.status, reply.text));
}
std::string run(std::vector<std::string> argv, const Path& folder = {}) {
  const auto done = make_spawner(1 << 30)->run(Command{argv, {}, folder, {}}, 600s);
  if (!done || done->exit_code != 0)
    fail(argv.front() + " failed: " + (done ? done->standard_error : done.error().message()));
  return done->standard_output;
}

// Half of it does not compress, half does.
std::string some_bytes(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    const std::uint64_t word = (i / 4096) % 2 == 0 ? random() : i % 977;
    std::memcpy(bytes.data() + i, &word, sizeof word);
  }
  return bytes;
}

std::uint64_t memory_of(pid_t pid, const char* field) {
  const auto status = read_file(fmt::format("/proc/{}/status", pid), 64 * 1024);
  const std::size_t at = status ? status->find(field) : std::string::npos;
  return at == std::string::npos
             ? 0
             : std::strtoull(status->c_str() + at + std::strlen(field) + 1, nullptr, 10) * 1024;
}

// Single-threaded times of what has to be done with the bytes of all layers.
struct Limits {
  Seconds hash = 0, inflate = 0, write = 0;
  Seconds largest() const { return std::max({hash, inflate, write}); }
};

Limits limits_of(const std::vector<Path>& blobs, const Path& scratch) {
  Limits limits;
  for (const Path& blob : blobs) {
    const auto packed = read_file(blob, 4ULL << 30);
    if (!packed) fail(packed.error().message());
    std::string plain;
    limits.inflate += time_of([&] {
      z_stream stream{};
      ::inflateInit2(&stream, 15 + 32);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed->data()));
      stream.avail_in = static_cast<uInt>(packed->size());
      std::string piece(1 << 20, '\0');
      for (int code = Z_OK; code == Z_OK;) {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        code = ::inflate(&stream, Z_NO_FLUSH);
        plain.append(piece, 0, piece.size() - stream.avail_out);
      }
      ::inflateEnd(&stream);
    });
    // Both digests: that of the blob and that of what is in it.
    limits.hash += time_of([&] {
      (void)image::Digest::of(*packed);
      (void)image::Digest::of(plain);
    });
    limits.write += time_of([&] {
      const Fd file(::open((scratch / "written").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
      for (const std::string* bytes :
           {static_cast<const std::string*>(&*packed), static_cast<const std::string*>(&plain)}) {
        if (::write(file.get(), bytes->data(), bytes->size()) < 0) fail("cannot write");
      }
    });
  }
  std::filesystem::remove(scratch / "written");
  return limits;
}

class EngineBench {
 public:
  explicit EngineBench(const Options& options)
      : options_(options),
        folder_(options.folder / ("cove-bench-" + random_hex(4))),
        coved_((std::filesystem::create_directories(folder_), folder_), Coved::Runs::kCluster) {
    test::make_busybox_layer(folder_ / "busybox");
    if (!coved_.start({"--insecure-registry", registry_.domain()})) fail(coved_.log());
    api_ = std::make_unique<EngineApi>(coved_.data() / "engine.sock");
    if (!api_->await()) fail(coved_.log());
    check(api_->send("/images/create?fromSrc=-&repo=busybox&tag=latest",
                     run({"tar", "-C", (folder_ / "busybox").string(), "-c", "."})),
          200, "import");
  }
  ~EngineBench() {
    coved_.signal(SIGTERM);
    (void)coved_.wait();
    (void)remove_tree(folder_);
  }

  json::object measure() {
    json::object result;
    pull(result);
    build(result);
    latency(result);
    return result;
  }

 private:
  void row(json::object& result, const char* what, Seconds ours, Seconds limit, const char* of) {
    if (!options_.json)
      fmt::print("{:<44} {:>9.1f} ms   {:>9.1f} ms {:<28} {:>5.2f}x\n", what, ours * 1e3,
                 limit * 1e3, of, limit > 0 ? ours / limit : 0);
    result[what] = json::object{{"ms", ours * 1e3}, {"limit_ms", limit * 1e3}, {"limit", of}};
  }

  std::string context(const std::map<std::string, std::string>& files) {
    const Path folder = folder_ / "context";
    (void)remove_tree(folder);
    std::filesystem::create_directories(folder);
    for (const auto& [name, bytes] : files) std::ofstream(folder / name) << bytes;
    return run({"tar", "-C", folder.string(), "-c", "."});
  }

  void pull(json::object& result) {
    const std::size_t each = std::size_t{options_.megabytes} * 1'000'000 / kLayers;
    std::map<std::string, std::string> files{{"Dockerfile", "FROM busybox\n"}};
    for (int i = 0; i < kLayers; ++i) {
      const std::string name = "part" + std::to_string(i);
      files["Dockerfile"] += fmt::format("COPY {} /{}\n", name, name);
      files[name] = some_bytes(each, static_cast<unsigned>(i));
    }
    const std::string name = registry_.domain() + "/large:1";
    check(api_->send("/build?t=" + name, context(files)), 200, "build of the large image");
    check(api_->post("/images/" + registry_.domain() + "/large/push?tag=1"), 200, "push");
    std::vector<Path> blobs;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(registry_.storage())) {
      if (entry.path().filename() == "data" && entry.file_size() > 100'000)
        blobs.push_back(entry.path());
    }
    std::vector<Seconds> pulls;
    std::vector<Seconds> floors;
    std::uint64_t idle = 0, peak = 0;
    for (int round = 0; round < options_.rounds; ++round) {
      check(api_->remove("/images/" + name + "?force=1"), 200, "remove");
      check(api_->post("/build/prune?all=1"), 200, "prune");
      check(api_->post("/images/prune?filters=%7B%22dangling%22%3A%5B%22false%22%5D%7D"), 200,
            "prune");
      restore_busybox();
      std::ofstream(fmt::format("/proc/{}/clear_refs", coved_.pid())) << "5";
      idle = memory_of(coved_.pid(), "VmRSS:");
      pulls.push_back(
          time_of([&] { check(api_->post("/images/create?fromImage=" + name), 200, "pull"); }));
      peak = std::max(peak, memory_of(coved_.pid(), "VmHWM:"));
      floors.push_back(limits_of(blobs, folder_).largest());
    }
    row(result, fmt::format("pull and unpack {} MB", options_.megabytes).c_str(), median(pulls),
        median(floors), "max(sha256, inflate, write)");
    if (!options_.json)
      fmt::print("{:<44} {:>9.1f} MiB  {:>9.1f} MiB before\n", "memory of coved at the peak of it",
                 static_cast<double>(peak) / (1 << 20), static_cast<double>(idle) / (1 << 20));
    result["pull memory"] = json::object{{"peak", peak}, {"before", idle}};
  }

  void restore_busybox() {
    if (api_->get("/images/busybox/json").status == 200) return;
    check(api_->send("/images/create?fromSrc=-&repo=busybox&tag=latest",
                     run({"tar", "-C", (folder_ / "busybox").string(), "-c", "."})),
          200, "import");
  }

  // A bundle as `crun spec` makes it, running `script`.
  Path bundle(const std::string& script) {
    const Path folder = folder_ / "bundle";
    if (!std::filesystem::exists(folder / "config.json")) {
      std::filesystem::create_directories(folder);
      std::filesystem::copy(
          folder_ / "busybox", folder / "rootfs",
          std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
      run({"crun", "spec"}, folder);
      std::filesystem::rename(folder / "config.json", folder / "spec.json");
    }
    boost::system::error_code error;
    json::value spec = json::parse(*read_file(folder / "spec.json", 1 << 20), error);
    spec.at("process").at("terminal") = false;
    spec.at("process").at("args") = json::array{"/bin/sh", "-c", json::string(script)};
    spec.at("root").at("readonly") = false;
    std::ofstream(folder / "config.json") << json::serialize(spec);
    return folder;
  }
  Seconds crun(const std::string& script) {
    const Path folder = bundle(script);
    return time_of([&] { run({"crun", "run", "bench-" + random_hex(4)}, folder); });
  }

  void build(json::object& result) {
    const std::vector<std::string> steps{"seq 1 100000 > /a && sort -r /a > /b", "sha256sum /a /b"};
    std::vector<Seconds> cold, cached, by_hand;
    for (int round = 0; round < options_.rounds; ++round) {
      std::string dockerfile = fmt::format("FROM busybox\nLABEL round={}\n", round);
      for (const std::string& step : steps) dockerfile += "RUN " + step + "\n";
      const std::string tar = context({{"Dockerfile", dockerfile}});
      const auto once = [&] { check(api_->send("/build?t=steps", tar), 200, "build"); };
      cold.push_back(time_of(once));
      cached.push_back(time_of(once));
      Seconds sum = 0;
      for (const std::string& step : steps) sum += crun(step + "; true");
      by_hand.push_back(sum);
    }
    row(result, "build, two RUN steps, cold", median(cold), median(by_hand),
        "the same by crun run");
    row(result, "build, cached", median(cached), 0.05, "target");
  }

  void latency(json::object& result) {
    std::vector<Seconds> ours, bare;
    const json::object body{{"Image", "busybox"}, {"Cmd", json::array{"true"}}};
    for (int round = 0; round < options_.rounds * 4; ++round) {
      ours.push_back(time_of([&] {
        const auto made = api_->post("/containers/create", body);
        check(made, 201, "create");
        const std::string id(made.body.at("Id").as_string());
        check(api_->post("/containers/" + id + "/start"), 204, "start");
        check(api_->post("/containers/" + id + "/wait"), 200, "wait");
        check(api_->remove("/containers/" + id), 204, "remove");
      }));
      bare.push_back(crun("true"));
    }
    row(result, "create, start, wait, remove a container", median(ours), median(bare), "crun run");
    client(result, median(bare));
  }

  // docker's own program beside it: its start alone, and a run of the same container.
  void client(json::object& result, Seconds bare) {
    const char* const clients = std::getenv("COVE_CLIENTS");
    const Path docker = Path(clients != nullptr ? clients : "") / "docker/usr/bin/docker";
    if (clients == nullptr || ::access(docker.c_str(), X_OK) != 0) return;
    const std::string host = "--host=unix://" + (coved_.data() / "engine.sock").string();
    std::vector<Seconds> runs, pings;
    for (int round = 0; round < options_.rounds * 2; ++round) {
      runs.push_back(time_of([&] {
        run({docker.string(), host, "run", "--rm", "busybox", "true"});
      }));
      pings.push_back(time_of([&] { run({docker.string(), host, "version"}); }));
    }
    row(result, "docker version, the client's own time", median(pings), bare, "crun run");
    row(result, "docker run --rm busybox true", median(runs), bare, "crun run");
    row(result, "docker run beyond docker version", median(runs) - median(pings), bare, "crun run");
  }

  const Options& options_;
  const Path folder_;
  test::TestRegistry registry_;
  Coved coved_;
  std::unique_ptr<EngineApi> api_;
};

int main_of_bench(int argc, char** argv) {
  Options options;
  CLI::App app("The container engine beside the machine's limits");
  app.add_option("--rounds", options.rounds);
  app.add_option("--megabytes", options.megabytes);
  app.add_option("--folder", options.folder, "On the disk that is to be measured");
  app.add_flag("--quick", options.quick, "The least work that still measures");
  app.add_flag("--json", options.json);
  CLI11_PARSE(app, argc, argv);
  if (!test::can_run_containers()) {
    fmt::print("real containers need root, in mount and process namespaces of their own\n");
    return 0;
  }
  if (options.quick) {
    options.rounds = 1;
    options.megabytes = 8;
  }
  const json::object result = EngineBench(options).measure();
  if (options.json) fmt::print("{}\n", json::serialize(result));
  return 0;
}

}  // namespace
}  // namespace cove::testing

int main(int argc, char** argv) {
  cove::test::prepare_container_host();
  try {
    return cove::testing::main_of_bench(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "engine_bench: {}\n", error.what());
    return 1;
  }
}
