// The container engine in a real virtual machine, by docker on this computer.
#include <arpa/inet.h>
#include <sys/socket.h>

#include "tests/vm/life/cluster_fixture.h"
#include "vm/forward/forward.h"

namespace cove::test {
namespace {

using namespace std::chrono_literals;

class EngineInMachine : public ClusterTest {
 protected:
  // docker with what `cove docker-env` prints.
  static Completed try_docker(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), client("docker"));
    Command command{std::move(arguments), computer().environment(), {}, {}};
    std::istringstream lines(computer().cove({"docker-env", "--shell", "sh"}));
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("export ")) continue;
      std::string variable = line.substr(7);
      std::erase(variable, '"');
      command.environment->push_back(variable);
    }
    return value(make_spawner()->run(command, 180s));
  }
  static std::string docker(std::vector<std::string> arguments) {
    std::string spelled;
    for (const std::string& argument : arguments) spelled += " " + argument;
    const Completed done = try_docker(std::move(arguments));
    EXPECT_EQ(done.exit_code, 0) << "docker" << spelled << "\n"
                                 << done.standard_output << done.standard_error;
    return done.standard_output;
  }

  // What http://127.0.0.1:PORT/ answers now, on this computer; empty when nobody does.
  static std::string page(std::uint16_t port) {
    const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return {};
    constexpr std::string_view kRequest = "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n";
    if (::send(fd.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) return {};
    std::string answer;
    char buffer[4096];
    for (ssize_t n; (n = ::recv(fd.get(), buffer, sizeof buffer, 0)) > 0;)
      answer.append(buffer, static_cast<std::size_t>(n));
    return answer;
  }
  // The same once the program behind the port listens, a while after its container's start.
  static std::string awaited_page(std::uint16_t port) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    std::string answer;
    while (answer.empty() && std::chrono::steady_clock::now() < deadline) answer = page(port);
    return answer;
  }
};

TEST_F(EngineInMachine, FromADockerfileToAPageOnThisComputerAndBackAfterAReboot) {
  start();
  const std::string images = docker({"image", "ls", "--format", "{{.Repository}}:{{.Tag}}"});
  EXPECT_NE(images.find("busybox:latest"), std::string::npos) << images;
  EXPECT_NE(images.find("cove/web:latest"), std::string::npos) << images;
  EXPECT_NE(computer().cove({"image", "ls"}).find("cove/web"), std::string::npos);

  EXPECT_EQ(docker({"run", "--rm", "busybox", "echo", "hello"}), "hello\n");
  EXPECT_EQ(try_docker({"run", "--rm", "busybox", "sh", "-c", "exit 7"}).exit_code, 7);

  const std::string demo = (source() / "resources/demo").string();
  const std::string built = docker({"build", "-t", "k8s-demo:0.1", demo});
  EXPECT_NE(built.find("Successfully tagged k8s-demo:0.1"), std::string::npos) << built;
  const std::string again = docker({"build", "-t", "k8s-demo:0.1", demo});
  EXPECT_NE(again.find("Using cache"), std::string::npos) << again;

  // The port answers on this computer as soon as the command has returned.
  docker({"run", "-d", "--name", "web", "--restart", "always", "-p", "18080:80", "k8s-demo:0.1"});
  EXPECT_TRUE(vm::port_holder(vm::Protocol::kTcp, "127.0.0.1", 18080));
  EXPECT_NE(awaited_page(18080).find("Hello Docker!"), std::string::npos);
  docker({"exec", "web", "sh", "-c", "test -f /usr/share/nginx/html/index.html"});

  const Completed taken = try_docker({"run", "--rm", "-p", "18080:80", "k8s-demo:0.1"});
  EXPECT_EQ(taken.exit_code, 125);
  EXPECT_NE(taken.standard_error.find("port is already allocated"), std::string::npos)
      << taken.standard_error;

  docker({"stop", "-t", "2", "web"});
  EXPECT_FALSE(vm::port_holder(vm::Protocol::kTcp, "127.0.0.1", 18080));
  docker({"start", "web"});
  EXPECT_TRUE(vm::port_holder(vm::Protocol::kTcp, "127.0.0.1", 18080));
  EXPECT_NE(awaited_page(18080).find("Hello Docker!"), std::string::npos);

  computer().cove({"stop"});
  EXPECT_FALSE(vm::port_holder(vm::Protocol::kTcp, "127.0.0.1", 18080));
  start();
  EXPECT_NE(awaited_page(18080).find("Hello Docker!"), std::string::npos);
  EXPECT_NE(docker({"ps", "--format", "{{.Names}}"}).find("web"), std::string::npos);
  docker({"rm", "-f", "web"});
  EXPECT_FALSE(vm::port_holder(vm::Protocol::kTcp, "127.0.0.1", 18080));
}

TEST_F(EngineInMachine, TheDemoGoesFromNothingToAnUpdateAndAwayAgain) {
  start();
  const std::string shown = computer().cove({"demo"});
  EXPECT_NE(shown.find("Successfully tagged k8s-demo:0.2"), std::string::npos) << shown;
  EXPECT_NE(shown.find("10 of 10 updated, 10 available"), std::string::npos) << shown;
  constexpr std::string_view kHost = "http://127.0.0.1:";
  const std::size_t url = shown.rfind(kHost);
  ASSERT_NE(url, std::string::npos) << shown;
  const auto port = static_cast<std::uint16_t>(std::stoi(shown.substr(url + kHost.size())));
  EXPECT_NE(awaited_page(port).find("Hello Docker! This is 0.2."), std::string::npos);

  const std::string again = computer().cove({"demo"});
  EXPECT_NE(again.find("was rolled out before"), std::string::npos) << again;
  const std::string removed = computer().cove({"demo", "--remove"});
  EXPECT_EQ(docker({"image", "ls", "-q", "k8s-demo"}), "") << removed;
  // The port goes when the Service's end was seen.
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!page(port).empty() && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_EQ(page(port), "");
}

TEST_F(EngineInMachine, APortThatAnotherProgramHasIsNamed) {
  start();
  const Fd other(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(other.get(), name, size), 0);
  ASSERT_EQ(::listen(other.get(), 1), 0);
  ASSERT_EQ(::getsockname(other.get(), name, &size), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  const Completed refused =
      try_docker({"run", "-d", "--name", "web", "-p", port + ":80", "cove/web"});
  EXPECT_EQ(refused.exit_code, 125);
  EXPECT_NE(refused.standard_error.find("(process " + std::to_string(::getpid()) + ")"),
            std::string::npos)
      << refused.standard_error;
  EXPECT_EQ(docker({"ps", "-q"}), "");
}

}  // namespace
}  // namespace cove::test
