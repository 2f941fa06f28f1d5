#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/engine/container_config.h"
#include "core/engine/fields.h"
#include "tests/unit/engine/containers/documents.h"

namespace cove::engine {
namespace {

using test::parse;
using test::read;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct TypeCase {
  std::string body;
  std::string message;
};
class WrongType : public ::testing::TestWithParam<TypeCase> {};

TEST_P(WrongType, IsRefused) {
  const auto config = read(GetParam().body);
  ASSERT_TRUE(config.has_error());
  EXPECT_EQ(config.error().status, 400);
  EXPECT_THAT(config.error().message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Body, WrongType,
    ::testing::Values(
        TypeCase{R"({"Image": 1})", "Image must be a string"},
        TypeCase{R"({"Image": "a", "Env": "A=b"})", "Env must be an array of strings"},
        TypeCase{R"({"Image": "a", "Env": [1]})", "Env must be an array of strings"},
        TypeCase{R"({"Image": "a", "Tty": "yes"})", "Tty must be true or false"},
        TypeCase{R"({"Image": "a", "Labels": {"a": 1}})", "Labels must be an object of strings"},
        TypeCase{R"({"Image": "a", "Volumes": ["/a"]})", "Volumes must be an object"},
        TypeCase{R"({"Image": "a", "HostConfig": []})", "HostConfig must be an object"},
        TypeCase{R"({"Image": "a", "HostConfig": {"Memory": 1.5}})", "Memory must be an integer"},
        TypeCase{R"({"Image": "a", "HostConfig": {"Memory": 1e30}})", "Memory must be an integer"},
        TypeCase{R"({"Image": "a", "HostConfig": {"Devices": ["/dev/null"]}})",
                 "Devices must be an array of objects"},
        TypeCase{R"({"Image": "a", "HostConfig": {"PortBindings": {"80/tcp": {}}}})",
                 "PortBindings must be an object of arrays"},
        TypeCase{R"({"Image": "a", "HostConfig": {"PortBindings": {"80/tcp": [7]}}})",
                 "PortBindings must be an object of arrays of objects"},
        TypeCase{R"({"Image": "a", "NetworkingConfig": {"EndpointsConfig": {"x": 4}}})",
                 "EndpointsConfig must be an object of objects"},
        TypeCase{R"({})", "config cannot be empty in order to create a container"}));

TEST(ReadCreateBody, TakesDefaultsAndDropsWhatIsUnknown) {
  const auto config = read(R"({"Image": "nginx", "Cmd": "true", "Hi": {"x": [1]},
                              "HostConfig": {"Whatever": 1, "NetworkMode": "default"}})");
  ASSERT_TRUE(config.has_value());
  EXPECT_FALSE(config->config.contains("Hi"));
  EXPECT_FALSE(config->host.contains("Whatever"));
  EXPECT_THAT(texts_of(config->config, "Cmd"), ElementsAre("true"));
  EXPECT_EQ(text_of(config->host, "NetworkMode"), "bridge");
  EXPECT_EQ(text_of(object_of(config->host, "RestartPolicy"), "Name"), "no");
  EXPECT_EQ(text_of(object_of(config->host, "LogConfig"), "Type"), "json-file");
  EXPECT_EQ(integer_of(config->host, "ShmSize"), 64 << 20);
  EXPECT_TRUE(config->host.at("PidsLimit").is_null());
  EXPECT_EQ(text_of(config->host, "IpcMode"), "private");
  EXPECT_EQ(text_of(read(R"({"Image": "a"})", 30)->host, "IpcMode"), "shareable");
}

TEST(ReadCreateBody, WhatItMadeReadsAsTheSame) {
  const auto first = read(R"({"Image": "nginx", "Env": ["A=b"], "HostConfig": {"Memory": 8388608,
      "PortBindings": {"80/tcp": [{"HostPort": "8080"}]}, "Binds": ["/a:/b:ro"]}})");
  ASSERT_TRUE(first.has_value());
  boost::json::object body = first->config;
  body["HostConfig"] = first->host;
  const auto second = read_create_body(body, kNewestApi);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(first->config, second->config);
  EXPECT_EQ(first->host, second->host);
}

struct InvalidCase {
  std::string body;
  std::string message;
  int status = 400;
};
class Invalid : public ::testing::TestWithParam<InvalidCase> {};

TEST_P(Invalid, IsRefusedInDockersWords) {
  const auto config = read(GetParam().body);
  ASSERT_TRUE(config.has_value()) << config.error().message;
  const auto valid = validate(*config, 2);
  ASSERT_TRUE(valid.has_error());
  EXPECT_EQ(valid.error().status, GetParam().status);
  EXPECT_THAT(valid.error().message, HasSubstr(GetParam().message));
}

std::string host(const std::string& fields) {
  return R"({"Image": "a", "HostConfig": {)" + fields + "}}";
}

INSTANTIATE_TEST_SUITE_P(
    Body, Invalid,
    ::testing::Values(
        InvalidCase{R"({"Image": "a", "WorkingDir": "x"})",
                    "the working directory 'x' is invalid, it needs to be an absolute path"},
        InvalidCase{R"({"Image": "a", "Env": ["=x"]})", "invalid environment variable: =x"},
        InvalidCase{R"({"Image": "a", "StopSignal": "BOO"})", "invalid signal: BOO"},
        InvalidCase{R"({"Image": "a", "ExposedPorts": {"x/tcp": {}}})",
                    "invalid port specification: \"x/tcp\""},
        InvalidCase{R"({"Image": "a", "ExposedPorts": {"80/dccp": {}}})", "invalid proto: dccp"},
        InvalidCase{R"({"Image": "a", "Healthcheck": {"Test": ["CMD", "x"], "Interval": 5}})",
                    "Interval in Healthcheck cannot be less than 1ms"},
        InvalidCase{R"({"Image": "a", "Healthcheck": {"Test": ["CMD", "x"], "Retries": -1}})",
                    "Retries in Healthcheck cannot be negative"},
        InvalidCase{host(R"("RestartPolicy": {"Name": "maybe"})"),
                    "invalid restart policy: unknown policy 'maybe'"},
        InvalidCase{host(R"("RestartPolicy": {"Name": "always", "MaximumRetryCount": 3})"),
                    "maximum retry count can only be used with 'on-failure'"},
        InvalidCase{host(R"("RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": -3})"),
                    "maximum retry count cannot be negative"},
        InvalidCase{host(R"("AutoRemove": true, "RestartPolicy": {"Name": "always"})"),
                    "can't create 'AutoRemove' container with restart policy"},
        InvalidCase{host(R"("Memory": 1024)"), "Minimum memory limit allowed is 6MB"},
        InvalidCase{host(R"("MemorySwap": 10485760)"),
                    "You should always set the Memory limit when using Memoryswap limit"},
        InvalidCase{host(R"("Memory": 20971520, "MemorySwap": 10485760)"),
                    "Minimum memoryswap limit should be larger than memory limit"},
        InvalidCase{host(R"("Memory": 10485760, "MemoryReservation": 20971520)"),
                    "Minimum memory limit can not be less than memory reservation limit"},
        InvalidCase{host(R"("NanoCpus": 3000000000)"), "range of CPUs is from 0.01 to 2.00"},
        InvalidCase{host(R"("NanoCpus": 1000000000, "CpuQuota": 5000)"),
                    "Conflicting options: Nano CPUs and CPU Quota cannot both be set"},
        InvalidCase{host(R"("CpuPeriod": 10)"), "CPU cfs period can not be less than 1ms"},
        InvalidCase{host(R"("CpuQuota": 10)"), "CPU cfs quota can not be less than 1ms"},
        InvalidCase{host(R"("CpusetCpus": "x")"), "Invalid value x for cpuset cpus"},
        InvalidCase{host(R"("CpusetCpus": "0-7")"),
                    "Requested CPUs are not available - requested 0-7, available: 0-1"},
        InvalidCase{host(R"("BlkioWeight": 5)"), "Range of blkio weight is from 10 to 1000"},
        InvalidCase{host(R"("OomScoreAdj": 2000)"),
                    "Invalid value 2000, range for oom score adj is [-1000, 1000]"},
        InvalidCase{host(R"("ShmSize": -1)"), "SHM size can not be less than 0"},
        InvalidCase{host(R"("CapAdd": ["FLY"])"),
                    "invalid CapAdd: unknown capability: \"CAP_FLY\""},
        InvalidCase{host(R"("CapDrop": ["FLY"])"),
                    "invalid CapDrop: unknown capability: \"CAP_FLY\""},
        InvalidCase{host(R"("SecurityOpt": ["boo"])"), "invalid --security-opt 1: \"boo\""},
        InvalidCase{host(R"("SecurityOpt": ["boo=x"])"), "invalid --security-opt 2: \"boo=x\""},
        InvalidCase{host(R"("Ulimits": [{"Name": "fun", "Soft": 1, "Hard": 1}])"),
                    "invalid ulimit type: fun"},
        InvalidCase{host(R"("Ulimits": [{"Name": "nofile", "Soft": 9, "Hard": 1}])"),
                    "ulimit soft limit must be less than or equal to hard limit: 9 > 1"},
        InvalidCase{host(R"("LogConfig": {"Type": "syslog"})"),
                    "logger: no log driver named 'syslog' is registered"},
        InvalidCase{host(R"("Runtime": "kata")"), "unknown or invalid runtime name: kata"},
        InvalidCase{host(R"("PidMode": "boo")"), "invalid PID mode: boo"},
        InvalidCase{host(R"("IpcMode": "boo")"), "invalid IPC mode: boo"},
        InvalidCase{host(R"("Dns": ["boo"])"), "boo is not an ip address"},
        InvalidCase{host(R"("ExtraHosts": ["boo"])"), "bad format for add-host: \"boo\""},
        InvalidCase{host(R"("ExtraHosts": ["boo:x"])"), "invalid IP address in add-host: \"x\""},
        InvalidCase{host(R"("NetworkMode": "container:")"),
                    "invalid container format container:<name|id>"},
        InvalidCase{host(R"("NetworkMode": "container:a",
                            "PortBindings": {"80/tcp": []})"),
                    "conflicting options: port publishing and the container type network mode"},
        InvalidCase{R"({"Image": "a", "Hostname": "x", "HostConfig": {"UTSMode": "host"}})",
                    "conflicting options: hostname and the UTS mode"},
        InvalidCase{host(R"("NetworkMode": "host", "Sysctls": {"net.core.somaxconn": "9"})"),
                    "sysctl 'net.core.somaxconn' not allowed in host network namespace"},
        InvalidCase{host(R"("PortBindings": {"80/tcp": [{"HostPort": "x"}]})"),
                    "invalid port specification: \"x\""},
        InvalidCase{host(R"("Binds": ["/a:/b", "/c:/b"])"), "Duplicate mount point: /b"}));

TEST(Validate, AcceptsWhatComposeSends) {
  const auto config = read(R"({"Image": "web", "Hostname": "", "Env": ["A=b", "C"],
    "Labels": {"com.docker.compose.project": "x"}, "Tty": false, "OpenStdin": false,
    "ExposedPorts": {"80/tcp": {}}, "HostConfig": {"NetworkMode": "x_default", "Links": [],
    "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}, "Binds": ["data:/data:rw"],
    "RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0}, "VolumesFrom": [],
    "LogConfig": {"Type": "", "Config": {}}, "Memory": 0, "NanoCpus": 0, "ShmSize": null,
    "ExtraHosts": ["db:10.0.0.1", "host.docker.internal:host-gateway"]},
    "NetworkingConfig": {"EndpointsConfig": {"x_default": {"Aliases": ["web"],
      "IPAMConfig": {}}}}})");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  const auto valid = validate(*config, 2);
  ASSERT_TRUE(valid.has_value()) << valid.error().message;
  EXPECT_TRUE(valid->empty());
}

image::RunConfig image_config() {
  image::RunConfig image;
  image.user = "app";
  image.env = {"PATH=/bin", "A=image"};
  image.entrypoint = {"/start"};
  image.cmd = {"serve"};
  image.working_dir = "/srv";
  image.exposed_ports = {"80/tcp"};
  image.volumes = {"/data"};
  image.labels = {{"who", "image"}, {"what", "image"}};
  image.stop_signal = "SIGQUIT";
  image::HealthCheck check;
  check.test = {"CMD", "look"};
  check.retries = 7;
  image.health_check = check;
  return image;
}

TEST(MergeImage, FillsWhatIsMissing) {
  auto config = *read(R"({"Image": "a", "Env": ["A=mine"], "Labels": {"who": "me"}})");
  merge_image(config, image_config());
  EXPECT_EQ(text_of(config.config, "User"), "app");
  EXPECT_THAT(texts_of(config.config, "Env"), ElementsAre("A=mine", "PATH=/bin"));
  EXPECT_THAT(texts_of(config.config, "Entrypoint"), ElementsAre("/start"));
  EXPECT_THAT(texts_of(config.config, "Cmd"), ElementsAre("serve"));
  EXPECT_EQ(text_of(config.config, "WorkingDir"), "/srv");
  EXPECT_EQ(text_map_of(config.config, "Labels").at("who"), "me");
  EXPECT_EQ(text_map_of(config.config, "Labels").at("what"), "image");
  EXPECT_TRUE(object_of(config.config, "Volumes").contains("/data"));
  EXPECT_EQ(health_check(config.config)->retries, 7);
}

TEST(MergeImage, AnOwnEntrypointDropsTheImagesCommand) {
  auto config = *read(R"({"Image": "a", "Entrypoint": ["/mine"], "Cmd": ["x"]})");
  merge_image(config, image_config());
  EXPECT_THAT(texts_of(config.config, "Entrypoint"), ElementsAre("/mine"));
  EXPECT_THAT(texts_of(config.config, "Cmd"), ElementsAre("x"));
  auto emptied = *read(R"({"Image": "a", "Entrypoint": [""], "Cmd": ["x"]})");
  merge_image(emptied, image_config());
  EXPECT_TRUE(emptied.config.at("Entrypoint").is_null());
}

TEST(MergeImage, PartsOfAHealthCheckAreTheImages) {
  auto config = *read(R"({"Image": "a", "Healthcheck": {"Interval": 2000000000}})");
  merge_image(config, image_config());
  const auto check = health_check(config.config);
  EXPECT_EQ(check->interval, std::chrono::seconds(2));
  EXPECT_THAT(check->test, ElementsAre("CMD", "look"));
}

}  // namespace
}  // namespace cove::engine
