// image: build, ls, load, save, pull, push, rm and tag in the cluster's container engine.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "app/cli/context.h"
#include "app/cli/exit_codes.h"
#include "app/cli/json.h"
#include "core/base/strings.h"
#include "core/docker/engine_client.h"
#include "core/docker/local_files.h"

namespace cove::cli {
namespace {

using docker::EngineClient;
using provision::Phase;

constexpr const char* kImageGroup = "Images";

Result<std::unique_ptr<EngineClient>> connect(Invocation& run) {
  COVE_TRY(Clusters* const clusters, run.clusters());
  COVE_TRY(const provision::ClusterStatus status, clusters->status(run.globals.profile));
  if (status.phase != Phase::kRunning || status.engine.empty())
    return run.not_running("use the images of", status);
  return EngineClient::create({status.engine, status.engine_client});
}

// Runs what a subcommand does with the engine.
template <class Do>
int with_engine(Invocation& run, Do what) {
  const auto engine = connect(run);
  if (!engine) return run.fail(engine.error());
  const Result<void> done = what(**engine);
  return done ? static_cast<int>(kOk) : run.fail(done.error());
}

// A line for each new status of a layer; how far a download is, only a terminal could show in
// place.
docker::OnProgress show_progress(std::ostream& out) {
  const auto seen = std::make_shared<std::map<std::string, std::string>>();
  return [&out, seen](const docker::Progress& progress) {
    std::string& last = (*seen)[progress.id];
    if (progress.status.empty() || (!progress.id.empty() && last == progress.status)) return;
    last = progress.status;
    if (!progress.id.empty()) out << escape_control(progress.id) << ": ";
    out << escape_control(progress.status) << std::endl;
  };
}

Path docker_configuration(const World& world) {
  if (const auto folder = world.environment("DOCKER_CONFIG"); folder && !folder->empty())
    return *folder;
  return Path(world.environment("HOME").value_or("/")) / ".docker";
}

// --- ls
// -------------------------------------------------------------------------------------------

struct Row {
  std::string repository, tag, id, size;
};

std::vector<Row> rows_of(const std::vector<docker::ImageSummary>& images) {
  std::vector<Row> rows;
  for (const docker::ImageSummary& image : images) {
    const std::size_t colon = image.id.find(':');
    Row row{"<none>", "<none>", image.id.substr(colon + 1, 12), format_size(image.size)};
    if (image.tags.empty()) rows.push_back(row);
    for (const std::string& tag : image.tags) {
      const std::size_t at = tag.rfind(':');
      row.repository = tag.substr(0, at);
      row.tag = at == std::string::npos ? "<none>" : tag.substr(at + 1);
      rows.push_back(row);
    }
  }
  std::ranges::sort(rows, {}, [](const Row& row) { return std::tie(row.repository, row.tag); });
  return rows;
}

void print_rows(std::ostream& out, std::vector<Row> rows) {
  rows.insert(rows.begin(), {"REPOSITORY", "TAG", "IMAGE ID", "SIZE"});
  std::array<std::size_t, 3> widths{};
  for (const Row& row : rows) {
    widths = {std::max(widths[0], row.repository.size()), std::max(widths[1], row.tag.size()),
              std::max(widths[2], row.id.size())};
  }
  for (const Row& row : rows) {
    out << fmt::format("{:<{}}   {:<{}}   {:<{}}   {}\n", escape_control(row.repository), widths[0],
                       escape_control(row.tag), widths[1], escape_control(row.id), widths[2],
                       row.size);
  }
  out << std::flush;
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? "," : "") + json_quote(text);
  return out + "]";
}

Result<void> list(Invocation& run, const EngineClient& engine, OutputFormat format) {
  COVE_TRY(const auto images, engine.images(run.world.interruption.token()));
  if (format == OutputFormat::kText) {
    print_rows(run.world.out, rows_of(images));
    return {};
  }
  std::string out = "[";
  for (const docker::ImageSummary& image : images) {
    out += fmt::format("{}{{\"id\":{},\"repoTags\":{},\"repoDigests\":{},\"size\":{}}}",
                       out.size() > 1 ? "," : "", json_quote(image.id), json_list(image.tags),
                       json_list(image.digests), image.size);
  }
  run.world.out << out << "]" << std::endl;
  return {};
}

// --- load and save
// --------------------------------------------------------------------------------

Result<void> load(Invocation& run, const EngineClient& engine, const std::string& file) {
  Fd opened;
  int input = run.world.input;
  if (file != "-") {
    opened = Fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened) return errno_error(errno, "load", file);
    input = opened.get();
  }
  return docker::load_from(
      engine, input, file,
      [&](std::string_view text) { run.world.out << escape_control(trim(text)) << '\n'; },
      run.world.interruption.token());
}

Result<void> save(Invocation& run, const EngineClient& engine,
                  const std::vector<std::string>& images, const std::string& file) {
  const std::stop_token stop = run.world.interruption.token();
  if (file == "-") {
    return engine.save(
        images, [&](std::string_view bytes) { return write_all(run.world.output, bytes, file); },
        stop);
  }
  return docker::save_file(
      engine, images, file, [](std::uint64_t) {}, stop);
}

// --- build
// ----------------------------------------------------------------------------------------

struct BuildRequest {
  std::string folder;
  docker::BuildOptions options;
  std::vector<std::string> arguments;  // NAME=value
  std::vector<std::string> labels;
};

Result<std::map<std::string, std::string>> pairs_of(const std::vector<std::string>& texts,
                                                    const World* world) {
  std::map<std::string, std::string> out;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == 0) {
      return Error{ErrorCode::kInvalidArgument, "read", escape_control(text), "it has no name",
                   "Write NAME=value."};
    }
    if (equals != std::string::npos) {
      out[text.substr(0, equals)] = text.substr(equals + 1);
    } else if (world == nullptr) {
      out[text] = "";
    } else if (auto value = world->environment(text)) {
      out[text] = *value;  // as docker: a name alone takes the variable of that name
    }
  }
  return out;
}

Result<void> build(Invocation& run, const EngineClient& engine, BuildRequest request) {
  COVE_TRY(request.options.build_args, pairs_of(request.arguments, &run.world));
  COVE_TRY(request.options.labels, pairs_of(request.labels, nullptr));
  const auto built = docker::build_folder(
      engine, request.folder, request.options,
      [&](std::string_view text) { run.world.out << text << std::flush; },
      run.world.interruption.token());
  if (!built) return built.error();
  return {};
}

template <class Do>
Action engine_action(Do what) {
  return [what](Invocation& run) {
    return with_engine(run, [&](const EngineClient& engine) { return what(run, engine); });
  };
}

void add_build(const Registry& below) {
  const auto request = std::make_shared<BuildRequest>();
  CLI::App* command = below.add("build", "Build an image from a folder", kImageGroup,
                                engine_action([=](Invocation& run, const EngineClient& engine) {
                                  return build(run, engine, *request);
                                }));
  command->add_option("folder", request->folder, "The build context")->required();
  command->add_option("-t,--tag", request->options.tags, "What to call it (NAME[:TAG])")
      ->type_name("NAME");
  command->add_option("-f,--file", request->options.dockerfile, "The Dockerfile in the folder")
      ->type_name("FILE");
  command->add_option("--build-arg", request->arguments, "NAME=value of an ARG")->type_name("ARG");
  command->add_option("--label", request->labels, "NAME=value of a label")->type_name("LABEL");
  command->add_option("--target", request->options.target, "The stage to build")
      ->type_name("STAGE");
  command->add_flag("--no-cache", request->options.no_cache, "Run every step again");
  command->add_flag("--pull", request->options.pull, "Look for newer base images");
}

void add_list(const Registry& below) {
  const auto format = std::make_shared<OutputFormat>(OutputFormat::kText);
  CLI::App* command = below.add("ls", "List images", kImageGroup,
                                engine_action([=](Invocation& run, const EngineClient& engine) {
                                  return list(run, engine, *format);
                                }));
  command->alias("list");
  add_output_option(*command, format);
}

void add_files(const Registry& below) {
  const auto file = std::make_shared<std::string>();
  below
      .add("load", "Load images from an archive", kImageGroup,
           engine_action([=](Invocation& run, const EngineClient& engine) {
             return load(run, engine, *file);
           }))
      ->add_option("file", *file, "The archive; '-' is standard input")
      ->required();
  const auto images = std::make_shared<std::vector<std::string>>();
  const auto output = std::make_shared<std::string>("-");
  CLI::App* command = below.add("save", "Save images as an archive", kImageGroup,
                                engine_action([=](Invocation& run, const EngineClient& engine) {
                                  return save(run, engine, *images, *output);
                                }));
  command->add_option("image", *images, "NAME[:TAG]")->required();
  command->add_option("-o,--output", *output, "The file to write; '-' is standard output")
      ->type_name("FILE");
}

using Transfer = Result<void> (EngineClient::*)(std::string_view,
                                                const std::optional<docker::Credentials>&,
                                                const docker::OnProgress&, std::stop_token) const;

void add_transfer(const Registry& below, const char* name, const char* description,
                  Transfer transfer) {
  const auto images = std::make_shared<std::vector<std::string>>();
  const auto action = [=](Invocation& run, const EngineClient& engine) -> Result<void> {
    for (const std::string& each : *images) {
      COVE_TRY(const auto credentials,
               docker::stored_credentials(docker_configuration(run.world), each));
      COVE_CHECK((engine.*transfer)(each, credentials, show_progress(run.world.out),
                                    run.world.interruption.token()));
    }
    return {};
  };
  below.add(name, description, kImageGroup, engine_action(action))
      ->add_option("image", *images, "NAME[:TAG]")
      ->required();
}

void add_names(const Registry& below) {
  const auto names = std::make_shared<std::pair<std::string, std::string>>();
  CLI::App* tag =
      below.add("tag", "Give an image another name", kImageGroup,
                engine_action([=](Invocation& run, const EngineClient& engine) {
                  return engine.tag(names->first, names->second, run.world.interruption.token());
                }));
  tag->add_option("image", names->first, "NAME[:TAG] or an id")->required();
  tag->add_option("name", names->second, "The new NAME[:TAG]")->required();

  const auto images = std::make_shared<std::vector<std::string>>();
  const auto force = std::make_shared<bool>(false);
  const auto remove = [=](Invocation& run, const EngineClient& engine) -> Result<void> {
    for (const std::string& each : *images) {
      COVE_TRY(const auto lines, engine.remove(each, *force, run.world.interruption.token()));
      for (const std::string& line : lines) run.world.out << escape_control(line) << '\n';
    }
    return {};
  };
  CLI::App* command = below.add("rm", "Remove images", kImageGroup, engine_action(remove));
  command->alias("remove");
  command->add_option("image", *images, "NAME[:TAG] or an id")->required();
  command->add_flag("-f,--force", *force, "Even if it has several names");
}

}  // namespace

void add_image_commands(const Registry& registry) {
  CLI::App* image =
      registry.app.add_subcommand("image", "Build, list and move images of the cluster");
  image->group(kToolGroup)->fallthrough()->require_subcommand(1);
  const Registry below{*image, registry.globals, registry.chosen, registry.root_may};
  add_build(below);
  add_list(below);
  add_files(below);
  add_transfer(below, "pull", "Fetch images from a registry", &EngineClient::pull);
  add_transfer(below, "push", "Send images to a registry", &EngineClient::push);
  add_names(below);
}

}  // namespace cove::cli
