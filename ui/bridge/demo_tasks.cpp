#include "ui/bridge/demo_tasks.h"

#include <fmt/format.h>

#include <QCoreApplication>
#include <QTcpSocket>
#include <QTemporaryDir>

#include "core/api/document.h"
#include "ui/bridge/service_address.h"

namespace cove::ui {
namespace {

namespace json = api::json;
using namespace std::chrono_literals;

struct DemoTasks {
  Q_DECLARE_TR_FUNCTIONS(DemoTasks)
};

constexpr auto kLook = 300ms;
constexpr auto kLongestOpening = 60s;
constexpr const char* kManager = "cove-desktop";
const client::Resource kDeployments{"apps", "v1", "deployments"};
const client::Resource kServices{"", "v1", "services"};

std::string said(const QString& text) {
  return text.toStdString();
}

std::vector<std::pair<std::string, std::string>> plan(std::span<const demo::Step> steps) {
  std::vector<std::pair<std::string, std::string>> plan;
  for (const demo::Step& step : steps) plan.emplace_back(step.id, step.title);
  return plan;
}

client::ResourceClient client_of(client::Transport& transport, const client::Resource& resource) {
  return {transport, resource, demo::kNamespace};
}

Result<api::ObjectPtr> look(const ApiGate& api, const client::Resource& resource,
                            const std::stop_token& stop) {
  return api.call(
      [resource](client::Transport& transport, auto done) {
        return client_of(transport, resource).get(demo::kName, std::move(done));
      },
      "look at", demo::kName, stop);
}

Error foreign(const client::Resource& resource) {
  return {ErrorCode::kConflict, "use", fmt::format("{} {}", resource.plural, demo::kKey),
          said(DemoTasks::tr("it is there already and was not made by the demo")),
          said(DemoTasks::tr("Delete it or give it another name, then try again."))};
}

// What is there, or is made; one that is being deleted is waited for.
Result<api::ObjectPtr> ensure(const ApiGate& api, const client::Resource& resource,
                              const json::object& document, const TaskSteps::Detail& detail,
                              const std::stop_token& stop) {
  while (true) {
    const auto found = look(api, resource, stop);
    if (found && !(*found)->deleting()) {
      if (!demo::made_by_demo((**found).document())) return foreign(resource);
      detail(said(DemoTasks::tr("is there already")));
      return found;
    }
    if (found) {
      detail(said(DemoTasks::tr("the last one still ends")));
    } else if (found.error().code != ErrorCode::kNotFound) {
      return found.error();
    } else {
      auto made = api.call(
          [resource, document](client::Transport& transport, auto done) {
            return client_of(transport, resource)
                .create(document, {.field_manager = kManager}, std::move(done));
          },
          "create", demo::kName, stop);
      if (made) return made;
      // Somebody else was faster: looked at once more.
      if (made.error().code != ErrorCode::kConflict) return made.error();
    }
    pause(kLook, stop);
  }
}

enum class Maker { kNobody, kDemo, kOther };

// Who made the image of that name, by the demo's label; kNobody: there is none.
Result<Maker> maker_of(const docker::EngineClient& engine, const char* image,
                       const std::stop_token& stop) {
  const auto found = engine.inspect_image(image, stop);
  if (!found && found.error().code == ErrorCode::kNotFound) return Maker::kNobody;
  if (!found) return found.error();
  return demo::image_made_by_demo(*found) ? Maker::kDemo : Maker::kOther;
}

Result<void> build(EngineLine& line, const char* image, TaskProgress& progress,
                   const TaskSteps::Detail& detail, const std::stop_token& stop) {
  COVE_TRY(const auto engine, line.client());
  COVE_TRY(const Maker maker, maker_of(*engine, image, stop));
  if (maker != Maker::kNobody) {
    detail(said(maker == Maker::kDemo
                    ? DemoTasks::tr("is there already")
                    : DemoTasks::tr("is there already, not made by the demo: used as it is")));
    return {};
  }
  const QTemporaryDir folder;
  if (!folder.isValid())
    return Error{ErrorCode::kUnavailable,
                 "make",
                 "a temporary folder",
                 folder.errorString().toStdString(),
                 {}};
  const Path path = folder.path().toStdString();
  COVE_CHECK(demo::unpack(path));
  docker::BuildOptions options;
  options.tags = {image};
  options.labels = {{demo::kLabel, demo::kLabelValue}};
  options.build_args = {{"VERSION", demo::version_of(image)}};
  return build_step(*engine, path, options, progress, detail, stop);
}

// Whether a web server answers there. Waits at most some seconds.
bool answers(const QUrl& address) {
  QTcpSocket socket;
  socket.connectToHost(address.host(), static_cast<quint16>(address.port()));
  if (!socket.waitForConnected(1'000)) return false;
  socket.write("HEAD / HTTP/1.0\r\nHost: " + address.host().toLatin1() + "\r\n\r\n");
  return socket.waitForReadyRead(3'000) && socket.peek(5) == "HTTP/";
}

Result<void> open_it(const DemoWays& ways, const TaskSteps::Detail& detail,
                     const std::stop_token& stop) {
  COVE_TRY(const auto found, look(*ways.api, kServices, stop));
  const QUrl address = node_address(*found, ways.host);
  const std::string shown = said(address.toString());
  if (!address.isValid())
    return Error{ErrorCode::kUnavailable, "open", demo::kName,
                 said(DemoTasks::tr("the Service has no port of the node")),
                 said(DemoTasks::tr("See it on the page Services."))};
  detail(shown);
  const auto begun = std::chrono::steady_clock::now();
  while (!answers(address)) {
    if (stop.stop_requested())
      return Error{ErrorCode::kCancelled, "open", shown, "it was cancelled", {}};
    if (std::chrono::steady_clock::now() - begun > kLongestOpening)
      return Error{ErrorCode::kTimeout, "open", shown, said(DemoTasks::tr("nothing answers there")),
                   said(DemoTasks::tr("See the Service and its endpoints on the page Services."))};
    pause(kLook, stop);
  }
  ways.open(address);
  return {};
}

// Every failure of the tour says how to go on.
Result<void> with_remedy(Result<void> done) {
  if (done || !done.error().remedy.empty()) return done;
  Error error = done.error();
  error.remedy =
      said(DemoTasks::tr("What was made so far is kept: trying again goes on from there."));
  return error;
}

Result<void> tour(const DemoWays& ways, TaskProgress& progress, const std::stop_token& stop) {
  TaskSteps steps(progress, plan(demo::tour_steps()));
  bool rolled = false;  // the next version was set before: its page was opened, too
  const auto run = [&](const TaskSteps::Act& act) { return with_remedy(steps.run(act)); };
  COVE_CHECK(run([&](const auto& detail) {
    return build(*ways.engine, demo::kFirst, progress, detail, stop);
  }));
  COVE_CHECK(run([&](const auto& detail) -> Result<void> {
    const std::string cause =
        said(DemoTasks::tr("%1, the first version").arg(QString::fromLatin1(demo::kFirst)));
    COVE_TRY(const auto found,
             ensure(*ways.api, kDeployments, demo::deployment(cause), detail, stop));
    rolled = demo::image_of(found->document()) == demo::kNext;
    return {};
  }));
  COVE_CHECK(run([&](const auto& detail) -> Result<void> {
    const auto found = ensure(*ways.api, kServices, demo::service(), detail, stop);
    return found ? Result<void>() : found.error();
  }));
  COVE_CHECK(run([&](const auto& detail) {
    return wait_rollout(*ways.api, demo_release(demo::kFirst), detail, stop, WhenPaused::kWait);
  }));
  COVE_CHECK(run([&](const auto& detail) -> Result<void> {
    if (!rolled) return open_it(ways, detail, stop);
    detail(said(DemoTasks::tr("it was opened before")));
    return {};
  }));
  COVE_CHECK(run([&](const auto& detail) {
    return build(*ways.engine, demo::kNext, progress, detail, stop);
  }));
  COVE_CHECK(run([&](const auto&) -> Result<void> {
    Release release = demo_release(demo::kNext);
    release.cause =
        said(DemoTasks::tr("%1, the next version").arg(QString::fromLatin1(demo::kNext)));
    return set_image(*ways.api, release, stop);
  }));
  return run([&](const auto& detail) {
    return wait_rollout(*ways.api, demo_release(demo::kNext), detail, stop, WhenPaused::kWait);
  });
}

// With all that it owns; waits until it has gone.
Result<void> remove(const ApiGate& api, const client::Resource& resource,
                    const TaskSteps::Detail& detail, const std::stop_token& stop) {
  auto found = look(api, resource, stop);
  if (found && !demo::made_by_demo((**found).document())) {
    detail(said(DemoTasks::tr("left alone: the demo did not make it")));
    return {};
  }
  if (found && !(*found)->deleting()) {
    const std::string uid((*found)->uid());
    const auto removed = api.call(
        [resource, uid](client::Transport& transport, auto done) {
          return client_of(transport, resource)
              .remove(demo::kName, {.propagation = "Foreground", .uid = uid},
                      [done = std::move(done)](const auto& result) {
                        if (result.has_error()) return done(result.error());
                        done(api::ObjectPtr());
                      });
        },
        "delete", demo::kName, stop);
    if (!removed && removed.error().code != ErrorCode::kNotFound) return removed.error();
    found = look(api, resource, stop);
  }
  while (found) {
    detail(said(DemoTasks::tr("waiting until its pods have ended")));
    pause(kLook, stop);
    found = look(api, resource, stop);
  }
  if (found.error().code != ErrorCode::kNotFound) return found.error();
  detail({});
  return {};
}

}  // namespace

Release demo_release(const char* image) {
  return {demo::kNamespace, demo::kName, demo::kName, image, {}};
}

TaskPtr demo_task(const DemoWays& ways) {
  Task task;
  task.title = [] { return DemoTasks::tr("Show the k8s-demo"); };
  task.doing = [] { return DemoTasks::tr("The k8s-demo is under way…"); };
  task.done = [] { return DemoTasks::tr("The k8s-demo runs its next version"); };
  task.failed = [] { return DemoTasks::tr("The k8s-demo did not come to its end"); };
  task.run = [ways](TaskProgress& progress, std::stop_token stop) {
    return tour(ways, progress, stop);
  };
  return std::make_shared<const Task>(std::move(task));
}

TaskPtr remove_demo_task(std::shared_ptr<ApiGate> api, std::shared_ptr<EngineLine> engine) {
  Task task;
  task.title = [] { return DemoTasks::tr("Remove the k8s-demo"); };
  task.doing = [] { return DemoTasks::tr("Removing the k8s-demo…"); };
  task.done = [] { return DemoTasks::tr("The k8s-demo was removed"); };
  task.failed = [] { return DemoTasks::tr("The k8s-demo could not be removed"); };
  task.run = [api = std::move(api), engine = std::move(engine)](
                 TaskProgress& progress, std::stop_token stop) -> Result<void> {
    TaskSteps steps(progress, plan(demo::removal_steps()));
    for (const client::Resource& resource : {kDeployments, kServices}) {
      COVE_CHECK(with_remedy(
          steps.run([&](const auto& detail) { return remove(*api, resource, detail, stop); })));
    }
    return with_remedy(steps.run([&](const auto& detail) -> Result<void> {
      COVE_TRY(const auto client, engine->client());
      QStringList left;
      for (const char* image : {demo::kFirst, demo::kNext}) {
        COVE_TRY(const Maker maker, maker_of(*client, image, stop));
        if (maker == Maker::kOther) left.append(QString::fromLatin1(image));
        if (maker != Maker::kDemo) continue;
        const auto removed = client->remove(image, false, stop);
        if (!removed && removed.error().code != ErrorCode::kNotFound) return removed.error();
      }
      if (!left.isEmpty())
        detail(said(DemoTasks::tr("%1 left alone: the demo did not make it")
                        .arg(left.join(QStringLiteral(", ")))));
      return {};
    }));
  };
  return std::make_shared<const Task>(std::move(task));
}

}  // namespace cove::ui
