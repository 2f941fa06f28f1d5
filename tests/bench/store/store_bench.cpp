// What the store costs, beside what the disk costs alone: one table, or JSON with --json.
#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <random>

#include "tests/bench/load/measure.h"
#include "tests/unit/store/loop.h"

namespace cove::store {
namespace {

using test::bytes;
using test::Loop;
using Seconds = double;
using Instant = std::chrono::steady_clock::time_point;

struct Arguments {
  bool json = false;
  bool quick = false;
  std::string only;  // empty: all
  int rounds = 5;
  Path folder = std::filesystem::temp_directory_path();
};

struct Line {
  std::string what;
  double value;
  std::string unit;
  std::string limit;
};

Instant now() {
  return std::chrono::steady_clock::now();
}
Seconds since(Instant begin) {
  return std::chrono::duration<double>(now() - begin).count();
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<std::size_t>(q * static_cast<double>(values.size())))];
}
double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
}

template <class T>
T value(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

void value(Result<void> result) {
  if (!result) throw std::runtime_error(result.error().message());
}

class Folder {
 public:
  explicit Folder(const Path& parent) {
    std::string name = (parent / "cove-bench.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  const Path& path() const { return path_; }

 private:
  Path path_;
};

std::string key_of(int number) {
  return fmt::format("/registry/configmaps/default/object-{:08d}", number * 7919 % 100'000'000);
}

// A store, its loop and writers that each wait for their answer before they write again.
class Bench {
 public:
  explicit Bench(const Path& path, Limits limits = {}) {
    Options options{.path = path, .post = loop.poster(), .clock = clock};
    options.limits = limits;
    store = value(Store::open(std::move(options)));
  }

  struct Writes {
    double per_second;
    double group;
    std::vector<double> latencies_ms;
  };
  Writes run(int submitters, int count, const std::function<Write(int)>& write) {
    Writes result;
    int submitted = 0;
    int answered = 0;
    result.latencies_ms.reserve(static_cast<std::size_t>(count));
    const auto commits = store->stats().commits;
    std::function<void()> next = [&] {
      if (submitted == count) return;
      const Instant begin = now();
      value(store->submit(write(submitted++), [&, begin](Result<Written> written) {
        value(std::move(written));
        result.latencies_ms.push_back(since(begin) * 1e3);
        ++answered;
        next();
      }));
    };
    const Instant begin = now();
    for (int i = 0; i < submitters; ++i) next();
    loop.run_until([&] { return answered == count; });
    result.per_second = count / since(begin);
    result.group = count / static_cast<double>(store->stats().commits - commits);
    return result;
  }
  void fill(int count, std::size_t size) {
    const std::string text(size, 'v');
    run(512, count, [&](int i) { return Write::put(key_of(i), bytes(text)); });
  }

  Loop loop;
  const SystemClock clock;
  std::unique_ptr<Store> store;
};

// fdatasync of `size` bytes written over an existing file, in milliseconds.
double raw_sync_ms(const Path& folder, std::size_t size, int count) {
  const Path path = folder / "raw";
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const std::string zeroes(8 << 20, '\0');
  const std::string text(size, 'x');
  if (::pwrite(fd.get(), zeroes.data(), zeroes.size(), 0) < 0 || ::fsync(fd.get()) != 0) {
    throw std::runtime_error("cannot write the raw file");
  }
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    const auto place =
        static_cast<off_t>(static_cast<std::size_t>(i) * size % (zeroes.size() - size));
    const Instant begin = now();
    if (::pwrite(fd.get(), text.data(), size, place) < 0 || ::fdatasync(fd.get()) != 0) {
      throw std::runtime_error("cannot sync the raw file");
    }
    times.push_back(since(begin) * 1e3);
  }
  return median(times);
}

class Suite {
 public:
  explicit Suite(const Arguments& arguments) : arguments_(arguments) {}

  std::vector<Line> run() {
    if (wanted("create")) {
      for (const int submitters : {1, 16}) creates(submitters);
    }
    if (wanted("read")) {
      for (const int n : {10'000, 100'000}) reads(scaled(n));
    }
    if (wanted("watch")) {
      for (const int watchers : {100, 1000}) fan_out(watchers);
    }
    if (wanted("upkeep")) upkeep();
    if (wanted("open")) opening();
    return std::move(lines_);
  }

 private:
  bool wanted(std::string_view part) const {
    return arguments_.only.empty() || arguments_.only == part;
  }
  int scaled(int n) const { return arguments_.quick ? n / 100 : n; }
  void add(std::string what, double number, std::string unit, std::string limit = {}) {
    lines_.push_back({std::move(what), number, std::move(unit), std::move(limit)});
  }

  void creates(int submitters) {
    const int count = scaled(submitters == 1 ? 2000 : 20'000);
    std::vector<double> rates;
    std::vector<double> raw;
    std::vector<double> p50;
    std::vector<double> p99;
    double group = 1;
    const std::string text(1024, 'v');
    for (int round = 0; round < (arguments_.quick ? 1 : arguments_.rounds); ++round) {
      Folder folder(arguments_.folder);
      Bench bench(folder.path() / "store");
      const auto writes = bench.run(submitters, count,
                                    [&](int i) { return Write::create(key_of(i), bytes(text)); });
      rates.push_back(writes.per_second);
      p50.push_back(quantile(writes.latencies_ms, 0.5));
      p99.push_back(quantile(writes.latencies_ms, 0.99));
      group = writes.group;
      const auto size = static_cast<std::size_t>(group * 1200 / 4096 + 1) * 4096;
      raw.push_back(raw_sync_ms(folder.path(), size, scaled(2000)));
    }
    const double limit = group * 1e3 / median(raw);
    add(fmt::format("create 1 KiB, {} submitters", submitters), median(rates), "/s",
        fmt::format("fdatasync of a group of {:.1f}: {:.3f} ms = {:.0f}/s", group, median(raw),
                    limit));
    add(fmt::format("  its p50, {} submitters", submitters), median(p50), "ms");
    add(fmt::format("  its p99, {} submitters", submitters), median(p99), "ms");
  }

  void reads(int n) {
    Folder folder(arguments_.folder);
    ::malloc_trim(0);
    const double before = bench::resident_mib();
    Bench bench(folder.path() / "store");
    bench.fill(n, 1024);
    ::malloc_trim(0);
    add(fmt::format("memory of {} objects of 1 KiB", n), bench::resident_mib() - before, "MiB",
        fmt::format("their bytes: {:.0f} MiB", n * 1071.0 / (1 << 20)));
    std::mt19937 random(1);
    std::vector<double> gets;
    std::vector<double> lists;
    std::vector<double> pages;
    std::size_t found = 0;
    for (int round = 0; round < arguments_.rounds; ++round) {
      std::vector<std::string> keys;
      for (int i = 0; i < 10'000; ++i) keys.push_back(key_of(static_cast<int>(random() % n)));
      Instant begin = now();
      for (const std::string& key : keys) found += bench.store->get(key).has_value() ? 1 : 0;
      gets.push_back(since(begin) * 1e9 / 10'000);
      begin = now();
      found += value(bench.store->list({.prefix = "/registry/configmaps/"})).items.size();
      lists.push_back(since(begin) * 1e3);
      begin = now();
      ListRequest request{.prefix = "/registry/configmaps/", .limit = 500};
      while (true) {
        const Listing page = value(bench.store->list(request));
        found += page.items.size();
        if (!page.more) break;
        request.after = *page.items.back().key;
        request.at = page.revision;
      }
      pages.push_back(since(begin) * 1e3);
    }
    if (found == 0) throw std::runtime_error("nothing was read");
    add(fmt::format("get among {}", n), median(gets), "ns");
    add(fmt::format("list of {}", n), median(lists), "ms");
    add("  in pages of 500", median(pages), "ms");
  }

  // From the commit's arrival on the owner's thread to the last of the matching watchers, while as
  // many others watch something else: the whole write less a write that nobody watches.
  void fan_out(int watchers) {
    Folder folder(arguments_.folder);
    Bench bench(folder.path() / "store");
    std::vector<std::unique_ptr<Watch>> matching;
    std::vector<std::unique_ptr<Watch>> others;
    Instant first;
    std::size_t delivered = 0;
    for (int i = 0; i < watchers; ++i) {
      matching.push_back(value(bench.store->watch({.prefix = "/watched/"}, [&, i] {
        if (delivered == 0) first = now();
        delivered += value(matching[static_cast<std::size_t>(i)]->take(10)).size();
      })));
      for (int other = 0; other < 10; ++other) {
        others.push_back(
            value(bench.store->watch({.prefix = fmt::format("/other/{}/{}/", i, other)}, [] {})));
      }
    }
    std::vector<double> times;
    std::vector<double> whole;
    for (int i = 0; i < scaled(1000); ++i) {
      delivered = 0;
      const Instant begin = now();
      const auto written =
          test::write(*bench.store, bench.loop, Write::put("/watched/k", bytes("v")));
      if (!written || delivered != matching.size()) throw std::runtime_error("an event is missing");
      times.push_back(since(first) * 1e6);
      whole.push_back(since(begin) * 1e3);
    }
    add(fmt::format("watch fan-out to {} ({} others)", watchers, others.size()), median(times),
        "µs");
    add("  with its fsynced write", median(whole), "ms");
  }

  // Writers' latency while everything old is compacted, and while nothing is.
  void upkeep() {
    for (const bool compacting : {false, true}) {
      Folder folder(arguments_.folder);
      Limits limits;
      limits.history_revisions = compacting ? 1000 : 1'000'000;
      limits.history_bytes = std::size_t{4} << 30;
      Bench bench(folder.path() / "store", limits);
      bench.fill(scaled(20'000), 1024);
      const std::string text(1024, 'v');
      std::mt19937 random(3);
      const int objects = scaled(20'000);
      const auto writes = bench.run(16, scaled(40'000), [&](int) {
        return Write::put(key_of(static_cast<int>(random() % objects)), bytes(text));
      });
      const Stats stats = bench.store->stats();
      add(fmt::format("update, 16 submitters, {}", compacting ? "compacting" : "not compacting"),
          writes.per_second, "/s",
          fmt::format("{} of {} revisions compacted, file {} MiB, log {} MiB", stats.compacted,
                      stats.revision, stats.file_bytes >> 20, stats.log_bytes >> 20));
      add("  its p99", quantile(writes.latencies_ms, 0.99), "ms");
      add("  its worst", quantile(writes.latencies_ms, 1), "ms");
    }
  }

  void opening() {
    for (const int mebibytes : {100, 1000}) {
      Folder folder(arguments_.folder);
      const Path path = folder.path() / "store";
      {
        Bench bench(path);
        bench.fill(scaled(mebibytes * 850), 1024);
      }
      std::vector<double> times;
      std::vector<double> raw;
      for (int round = 0; round < (arguments_.quick ? 1 : arguments_.rounds); ++round) {
        Instant begin = now();
        std::ifstream file(path, std::ios::binary);
        std::vector<char> buffer(1 << 20);
        while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()))) {
        }
        raw.push_back(since(begin) * 1e3);
        begin = now();
        const Bench bench(path);
        times.push_back(since(begin) * 1e3);
      }
      const auto size = std::filesystem::file_size(path) >> 20;
      add(fmt::format("open a store of {} MiB", size), median(times), "ms",
          fmt::format("reading the file: {:.0f} ms", median(raw)));
    }
  }

  const Arguments& arguments_;
  std::vector<Line> lines_;
};

void print(const std::vector<Line>& lines, bool json) {
  if (json) {
    boost::json::array array;
    for (const Line& line : lines) {
      array.push_back(
          {{"what", line.what}, {"value", line.value}, {"unit", line.unit}, {"limit", line.limit}});
    }
    std::cout << boost::json::serialize(array) << "\n";
    return;
  }
  for (const Line& line : lines) {
    fmt::print("{:<46} {:>12.2f} {:<4} {}\n", line.what, line.value, line.unit, line.limit);
  }
}

}  // namespace
}  // namespace cove::store

int main(int count, char** values) {
  CLI::App app("Measures the store beside the disk under it.");
  cove::store::Arguments arguments;
  app.add_flag("--json", arguments.json, "Print JSON");
  app.add_flag("--quick", arguments.quick, "The least work that still measures");
  app.add_option("--only", arguments.only, "One part of it")
      ->check(CLI::IsMember({"create", "read", "watch", "upkeep", "open"}));
  app.add_option("--rounds", arguments.rounds, "Rounds of each figure")->check(CLI::Range(1, 100));
  app.add_option("--folder", arguments.folder, "Where the stores are made");
  CLI11_PARSE(app, count, values);
  try {
    cove::store::print(cove::store::Suite(arguments).run(), arguments.json);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  return 0;
}
