// What every Backend does, run against the fake and against libvirt's own mock driver.
//
// libvirt's mock (test:///default) has no monitor, no sockets and no processes, so port forwarding,
// channels and machines that die on their own are proven against QEMU in tests/vm/libvirt; there
// the suite only asserts that the backend says so.
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>

#include "tests/unit/backend/machine_specs.h"
#include "vm/fake/fake_backend.h"
#include "vm/libvirt/libvirt_backend.h"

namespace cove::vm {
namespace {

using testing::sample_machine;

// Collects a subscription's calls.
class Changes {
 public:
  std::function<void(const std::string&)> listener() {
    return [this](const std::string& machine) {
      std::lock_guard lock(mutex_);
      names_.push_back(machine);
      more_.notify_all();
    };
  }
  // Waits for a call with that name; false when none comes in a time that only a fault can take.
  bool await(const std::string& machine) {
    std::unique_lock lock(mutex_);
    return more_.wait_for(lock, std::chrono::seconds(20), [&] {
      return std::find(names_.begin(), names_.end(), machine) != names_.end();
    });
  }
  std::size_t count() {
    std::lock_guard lock(mutex_);
    return names_.size();
  }
  void clear() {
    std::lock_guard lock(mutex_);
    names_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::string> names_;
};

struct World {
  virtual ~World() = default;
  // Two calls give two backends that see the same machines.
  virtual std::shared_ptr<Backend> backend() = 0;
  virtual bool has_guests() const = 0;  // forwards and channels
};

struct FakeWorld : World {
  std::shared_ptr<FakeHypervisor> hypervisor = std::make_shared<FakeHypervisor>();
  std::shared_ptr<Backend> backend() override { return std::make_shared<FakeBackend>(hypervisor); }
  bool has_guests() const override { return true; }
};

struct LibvirtTestDriver : World {
  SystemClock clock;
  std::shared_ptr<Backend> backend() override {
    auto made = make_libvirt_backend({.uri = "test:///default",
                                      .clock = clock,
                                      .logger = null_logger(),
                                      .cache = {},
                                      .probe_kernel = {},
                                      .probe = [](const std::string&) {
                                        return AccelerationVerdict{Acceleration::kKvm, ""};
                                      }});
    if (!made) throw std::runtime_error(made.error().message());
    return *made;
  }
  bool has_guests() const override { return false; }
};

template <class W>
class BackendContract : public ::testing::Test {
 protected:
  BackendContract() : backend_(world_.backend()) {}

  Power power(const std::string& machine = "cove-sample") {
    const auto seen = backend_->observe(machine);
    EXPECT_TRUE(seen) << seen.error().message();
    return seen ? seen->power : Power::kAbsent;
  }
  static void ok(const Result<void>& result) {
    EXPECT_TRUE(result) << (result ? "" : result.error().message());
  }
  template <class T>
  static void fails(const Result<T>& result, ErrorCode code) {
    ASSERT_FALSE(result);
    EXPECT_EQ(to_string(result.error().code), to_string(code)) << result.error().message();
    EXPECT_FALSE(result.error().action.empty());
    EXPECT_FALSE(result.error().cause.empty());
  }

  W world_;
  std::shared_ptr<Backend> backend_;
  MachineSpec spec_ = sample_machine();
};

using Worlds = ::testing::Types<FakeWorld, LibvirtTestDriver>;
TYPED_TEST_SUITE(BackendContract, Worlds);

TYPED_TEST(BackendContract, DescribesItself) {
  const auto info = this->backend_->describe();
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_FALSE(info->name.empty());
  EXPECT_FALSE(info->version.empty());
  EXPECT_EQ(info->acceleration, Acceleration::kKvm);
  EXPECT_EQ(info->acceleration_note, "");
}

TYPED_TEST(BackendContract, NothingIsThereAtFirst) {
  EXPECT_EQ(this->power(), Power::kAbsent);
  const auto machines = this->backend_->machines();
  ASSERT_TRUE(machines);
  EXPECT_TRUE(machines->empty()) << "a machine that Cove did not make is listed";
  this->fails(this->backend_->start("cove-sample"), ErrorCode::kNotFound);
  this->fails(this->backend_->stop("cove-sample", StopPolicy::kForce), ErrorCode::kNotFound);
  this->fails(this->backend_->guest_network("cove-sample"), ErrorCode::kNotFound);
  this->ok(this->backend_->undefine("cove-sample"));
}

TYPED_TEST(BackendContract, LivesAndDies) {
  this->ok(this->backend_->define(this->spec_));
  EXPECT_EQ(this->power(), Power::kOff);
  this->ok(this->backend_->start("cove-sample"));
  EXPECT_EQ(this->power(), Power::kRunning);
  this->ok(this->backend_->stop("cove-sample", StopPolicy::kForce));
  EXPECT_EQ(this->power(), Power::kOff);
  EXPECT_EQ(this->backend_->observe("cove-sample")->trouble, "");
  this->ok(this->backend_->start("cove-sample"));
  this->ok(this->backend_->stop("cove-sample", StopPolicy::kGraceful));
  EXPECT_EQ(this->power(), Power::kOff);
  this->ok(this->backend_->undefine("cove-sample"));
  EXPECT_EQ(this->power(), Power::kAbsent);
  EXPECT_TRUE(this->backend_->machines()->empty());
}

TYPED_TEST(BackendContract, EveryCallMayBeRepeated) {
  for (int i = 0; i < 2; ++i) this->ok(this->backend_->define(this->spec_));
  for (int i = 0; i < 2; ++i) this->ok(this->backend_->start("cove-sample"));
  this->ok(this->backend_->define(this->spec_));
  EXPECT_EQ(this->power(), Power::kRunning);
  for (int i = 0; i < 2; ++i) this->ok(this->backend_->stop("cove-sample", StopPolicy::kForce));
  this->ok(this->backend_->stop("cove-sample", StopPolicy::kGraceful));
  for (int i = 0; i < 2; ++i) this->ok(this->backend_->undefine("cove-sample"));
}

TYPED_TEST(BackendContract, ARunningMachineKeepsItsShape) {
  this->ok(this->backend_->define(this->spec_));
  this->ok(this->backend_->start("cove-sample"));
  MachineSpec other = this->spec_;
  other.memory_mib = 2048;
  this->fails(this->backend_->define(other), ErrorCode::kConflict);
  this->ok(this->backend_->define(this->spec_));
  this->fails(this->backend_->undefine("cove-sample"), ErrorCode::kConflict);
  EXPECT_EQ(this->power(), Power::kRunning);
  this->ok(this->backend_->stop("cove-sample", StopPolicy::kForce));
  this->ok(this->backend_->define(other));
  other.uuid = random_uuid();
  this->ok(this->backend_->define(other));
  EXPECT_EQ(this->power(), Power::kOff);
}

TYPED_TEST(BackendContract, ListsWhatWasMade) {
  this->ok(this->backend_->define(sample_machine("cove-b")));
  this->ok(this->backend_->define(sample_machine("cove-a")));
  this->ok(this->backend_->start("cove-b"));
  EXPECT_EQ(*this->backend_->machines(), (std::vector<std::string>{"cove-a", "cove-b"}));
}

TYPED_TEST(BackendContract, AnotherProgramSeesTheSame) {
  const std::shared_ptr<Backend> other = this->world_.backend();
  this->ok(this->backend_->define(this->spec_));
  this->ok(other->start("cove-sample"));
  EXPECT_EQ(this->power(), Power::kRunning);
  this->ok(this->backend_->stop("cove-sample", StopPolicy::kForce));
  EXPECT_EQ(other->observe("cove-sample")->power, Power::kOff);
}

TYPED_TEST(BackendContract, RefusesASpecThatCannotBe) {
  MachineSpec spec = this->spec_;
  spec.name = "../evil";
  this->fails(this->backend_->define(spec), ErrorCode::kInvalidArgument);
  spec = this->spec_;
  spec.channels[0].socket = Path("/" + std::string(120, 'x'));
  this->fails(this->backend_->define(spec), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(this->backend_->machines()->empty());
}

TYPED_TEST(BackendContract, TakesHostileText) {
  this->spec_.title = "</title><evil a=\"1\"/>&amp;<![CDATA[";
  this->spec_.kernel = "/tmp/a b\"'<&>/vmlinux";
  this->spec_.command_line = "console=ttyS0 x=\"</cmdline><devices/>\"";
  this->spec_.disks[1].file = "/tmp/]]>\xc3\xa9,readonly=off/data.qcow2";
  this->ok(this->backend_->define(this->spec_));
  this->ok(this->backend_->define(this->spec_));
  EXPECT_EQ(this->power(), Power::kOff);
}

TYPED_TEST(BackendContract, TellsOfEveryChange) {
  Changes changes;
  auto subscription = this->backend_->subscribe(changes.listener());
  ASSERT_TRUE(subscription) << subscription.error().message();
  this->ok(this->backend_->define(this->spec_));
  EXPECT_TRUE(changes.await("cove-sample"));
  changes.clear();
  this->ok(this->backend_->start("cove-sample"));
  EXPECT_TRUE(changes.await("cove-sample"));
  changes.clear();
  this->ok(this->backend_->stop("cove-sample", StopPolicy::kForce));
  EXPECT_TRUE(changes.await("cove-sample"));
}

TYPED_TEST(BackendContract, AnEndedSubscriptionIsQuiet) {
  Changes first;
  Changes second;
  auto ended = this->backend_->subscribe(first.listener());
  auto kept = this->backend_->subscribe(second.listener());
  ASSERT_TRUE(ended && kept);
  ended->reset();
  // All are called from one thread in turn, so once a later change has arrived an earlier one is
  // through.
  this->ok(this->backend_->define(this->spec_));
  ASSERT_TRUE(second.await("cove-sample"));
  this->ok(this->backend_->define(sample_machine("cove-later")));
  ASSERT_TRUE(second.await("cove-later"));
  EXPECT_EQ(first.count(), 0u);
}

TYPED_TEST(BackendContract, SavesAndContinues) {
  Saving* saving = this->backend_->saving();
  ASSERT_NE(saving, nullptr);
  this->fails(saving->save("cove-sample"), ErrorCode::kNotFound);
  this->ok(this->backend_->define(this->spec_));
  this->fails(saving->save("cove-sample"), ErrorCode::kUnavailable);
  this->ok(saving->discard_saved("cove-sample"));
  this->ok(this->backend_->start("cove-sample"));
  this->ok(saving->save("cove-sample"));
  EXPECT_EQ(this->power(), Power::kSaved);
  this->ok(saving->save("cove-sample"));
  this->ok(this->backend_->stop("cove-sample", StopPolicy::kForce));
  EXPECT_EQ(this->power(), Power::kSaved);
  this->ok(this->backend_->start("cove-sample"));
  EXPECT_EQ(this->power(), Power::kRunning);
  this->ok(saving->save("cove-sample"));
  this->ok(saving->discard_saved("cove-sample"));
  EXPECT_EQ(this->power(), Power::kOff);
  this->ok(this->backend_->start("cove-sample"));
  this->ok(saving->save("cove-sample"));
  this->ok(this->backend_->undefine("cove-sample"));
  this->ok(this->backend_->define(this->spec_));
  EXPECT_EQ(this->power(), Power::kOff) << "the saved memory outlived its machine";
}

TYPED_TEST(BackendContract, SnapshotsOfAMachineThatIsOff) {
  Snapshots* snapshots = this->backend_->snapshots();
  ASSERT_NE(snapshots, nullptr);
  this->fails(snapshots->take_snapshot("cove-sample", "one"), ErrorCode::kNotFound);
  this->ok(this->backend_->define(this->spec_));
  EXPECT_TRUE(snapshots->snapshots("cove-sample")->empty());
  this->fails(snapshots->take_snapshot("cove-sample", "no/slash"), ErrorCode::kInvalidArgument);
  this->ok(snapshots->take_snapshot("cove-sample", "one"));
  this->fails(snapshots->take_snapshot("cove-sample", "one"), ErrorCode::kAlreadyExists);
  this->ok(snapshots->take_snapshot("cove-sample", "two"));
  const auto list = snapshots->snapshots("cove-sample");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ((*list)[0].name, "one");
  EXPECT_GT((*list)[0].taken_unix_seconds, 0);
  this->ok(snapshots->restore_snapshot("cove-sample", "one"));
  EXPECT_EQ(this->power(), Power::kOff);
  this->fails(snapshots->restore_snapshot("cove-sample", "three"), ErrorCode::kNotFound);
  this->ok(this->backend_->start("cove-sample"));
  this->fails(snapshots->take_snapshot("cove-sample", "three"), ErrorCode::kConflict);
  this->fails(snapshots->restore_snapshot("cove-sample", "one"), ErrorCode::kConflict);
  this->fails(snapshots->remove_snapshot("cove-sample", "one"), ErrorCode::kConflict);
  this->ok(this->backend_->stop("cove-sample", StopPolicy::kForce));
  for (int i = 0; i < 2; ++i) this->ok(snapshots->remove_snapshot("cove-sample", "one"));
  EXPECT_EQ(snapshots->snapshots("cove-sample")->size(), 1u);
  this->ok(this->backend_->undefine("cove-sample"));
}

TYPED_TEST(BackendContract, UserNetworkIsAlwaysTheSame) {
  this->ok(this->backend_->define(this->spec_));
  const auto network = this->backend_->guest_network("cove-sample");
  ASSERT_TRUE(network) << network.error().message();
  EXPECT_EQ(network->address, "10.0.2.15");
  EXPECT_EQ(network->prefix_length, 24u);
  EXPECT_EQ(network->gateway, "10.0.2.2");
  EXPECT_EQ(network->name_server, "10.0.2.3");
  EXPECT_EQ(network->reachable_at, "");
}

TYPED_TEST(BackendContract, NatAddressesDifferAndStay) {
  MachineSpec other = sample_machine("cove-other");
  this->spec_.network.mode = NetworkMode::kNat;
  other.network = {NetworkMode::kNat, "52:54:00:12:34:57"};
  this->ok(this->backend_->define(this->spec_));
  this->ok(this->backend_->define(other));
  const auto first = this->backend_->guest_network("cove-sample");
  const auto second = this->backend_->guest_network("cove-other");
  ASSERT_TRUE(first) << first.error().message();
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(first->reachable_at, first->address);
  EXPECT_NE(first->address, second->address);
  EXPECT_NE(first->address, first->gateway);
  // Nothing moves when a neighbour goes, nor when the machine is changed after that.
  this->ok(this->backend_->undefine("cove-sample"));
  other.memory_mib = 2048;
  this->ok(this->backend_->define(other));
  EXPECT_EQ(this->backend_->guest_network("cove-other")->address, second->address);
  this->ok(this->backend_->undefine("cove-other"));
}

TYPED_TEST(BackendContract, ForwardsPorts) {
  Forwarding* forwarding = this->backend_->forwarding();
  if (!this->world_.has_guests()) {
    EXPECT_EQ(forwarding, nullptr);
    return;
  }
  ASSERT_NE(forwarding, nullptr);
  const ForwardRule rule{Protocol::kTcp, "127.0.0.1", 16443, 6443};
  this->fails(forwarding->add_forward("cove-sample", rule), ErrorCode::kNotFound);
  this->ok(this->backend_->define(this->spec_));
  this->fails(forwarding->add_forward("cove-sample", rule), ErrorCode::kUnavailable);
  this->fails(forwarding->forwards("cove-sample"), ErrorCode::kUnavailable);
  this->ok(this->backend_->start("cove-sample"));
  this->fails(forwarding->add_forward("cove-sample", {Protocol::kTcp, "127.0.0.1", 0, 6443}),
              ErrorCode::kInvalidArgument);
  for (int i = 0; i < 2; ++i) this->ok(forwarding->add_forward("cove-sample", rule));
  EXPECT_EQ(*forwarding->forwards("cove-sample"), std::vector<ForwardRule>{rule});
  this->fails(forwarding->add_forward("cove-sample", {Protocol::kTcp, "127.0.0.1", 16443, 80}),
              ErrorCode::kConflict);
  for (int i = 0; i < 2; ++i) this->ok(forwarding->remove_forward("cove-sample", rule));
  this->ok(forwarding->add_forward("cove-sample", rule));
  this->ok(this->backend_->stop("cove-sample", StopPolicy::kForce));
  this->ok(this->backend_->start("cove-sample"));
  EXPECT_TRUE(forwarding->forwards("cove-sample")->empty()) << "rules outlived the process";
}

TYPED_TEST(BackendContract, OpensChannelsOfARunningMachine) {
  const ChannelSpec channel = this->spec_.channels[0];
  this->fails(this->backend_->open_channel("cove-sample", channel), ErrorCode::kNotFound);
  this->ok(this->backend_->define(this->spec_));
  this->fails(this->backend_->open_channel("cove-sample", channel), ErrorCode::kUnavailable);
  this->ok(this->backend_->start("cove-sample"));
  if (!this->world_.has_guests()) {
    this->fails(this->backend_->open_channel("cove-sample", channel), ErrorCode::kUnsupported);
    return;
  }
  const auto opened = this->backend_->open_channel("cove-sample", channel);
  EXPECT_TRUE(opened) << opened.error().message();
}

TYPED_TEST(BackendContract, SurvivesManyThreads) {
  this->ok(this->backend_->define(this->spec_));
  Changes changes;
  auto subscription = this->backend_->subscribe(changes.listener());
  ASSERT_TRUE(subscription);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        const std::string name = "cove-thread" + std::to_string(t);
        for (int i = 0; i < 20; ++i) {
          this->ok(this->backend_->define(sample_machine(name)));
          this->ok(this->backend_->start(name));
          EXPECT_EQ(this->power(name), Power::kRunning);
          this->ok(this->backend_->stop(name, StopPolicy::kForce));
          this->ok(this->backend_->undefine(name));
        }
      });
    }
  }
  EXPECT_EQ(*this->backend_->machines(), std::vector<std::string>{"cove-sample"});
}

}  // namespace
}  // namespace cove::vm
