#!/usr/bin/env python3
"""The tutorials of tests/tutorials as their readers type them, against a running cluster.

    tutorials.py [--native] [SCENARIO…]

kubectl, docker and (but with --native) cove come from PATH and are pointed at the cluster by the environment, as a
reader's are. --native: the cluster is a coved of this machine; a Service is reached at the node's own address.
Every scenario leaves the cluster as it found it. Exit code 1, and one paragraph for each, when something was not as the
tutorial shows it.
"""

import argparse
import ctypes
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / "tutorials"
PATIENCE = int(os.environ.get("COVE_TUTORIAL_PATIENCE", "120"))


class Wrong(Exception):
    pass


def check(condition, message):
    if not condition:
        raise Wrong(message)


def run(*argv, folder=None, code=0, timeout=None, stdin=None):
    """Its standard output; Wrong unless it ends with this code."""
    done = subprocess.run(argv, cwd=folder, input=stdin, capture_output=True, text=True, timeout=timeout or PATIENCE)
    if done.returncode != code:
        raise Wrong(f"$ {' '.join(argv)}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def kubectl(*arguments, **options):
    return run("kubectl", *arguments, **options)


def docker(*arguments, **options):
    return run("docker", *arguments, **options)


def objects(*arguments):
    return json.loads(kubectl("get", *arguments, "-o", "json"))


def until(what, condition):
    """Waits for a true value of `condition` and returns it."""
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Wrong(f"{what}: not within {PATIENCE} s\n" + state())
        time.sleep(0.1)


def state():
    """What kubectl shows when something did not come."""
    text = ""
    for arguments in (["get", "pods,rs,deploy,svc,ep", "-o", "wide"], ["describe", "pods"], ["get", "events"]):
        done = subprocess.run(["kubectl", *arguments], capture_output=True, text=True, timeout=60)
        text += f"$ kubectl {' '.join(arguments)}\n{done.stdout[-6000:]}{done.stderr}"
    return text


def page(url, host=None, timeout=20):
    """The page's text; None when nobody answers."""
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None


def is_ready(pod):
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod.get("status", {}).get("conditions", []))


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Watch:
    """Follows pods of a label and keeps the most and the fewest of them."""

    def __init__(self, label):
        self.pods = {}
        self.fewest_ready = None
        self.most = 0
        self.process = subprocess.Popen(
            ["kubectl", "get", "pods", "-l", label, "--watch", "--output-watch-events", "-o", "json"],
            stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        self.ready = 0
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        for line in self.process.stdout:
            self.see(json.loads(line))

    def see(self, event):
        pod = event["object"]
        name = pod["metadata"]["name"]
        if event["type"] == "DELETED":
            self.pods.pop(name, None)
        else:
            self.pods[name] = pod
        alive = [p for p in self.pods.values() if "deletionTimestamp" not in p["metadata"]]
        ready = sum(is_ready(p) for p in alive)
        self.most = max(self.most, len(alive))
        if self.fewest_ready is not None:
            self.fewest_ready = min(self.fewest_ready, ready)
        self.ready = ready

    def count_from_here(self):
        self.fewest_ready = self.ready

    def end(self):
        self.process.terminate()
        self.thread.join()
        self.process.wait()


class Hammer:
    """Asks for a page without pause and counts what went wrong."""

    def __init__(self, url):
        self.url = url
        self.asked = 0
        self.failed = []
        self.going = True
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while self.going:
            self.asked += 1
            try:
                with urllib.request.urlopen(self.url, timeout=30) as answer:
                    answer.read()
            except (urllib.error.URLError, OSError) as error:
                self.failed.append(str(error))

    def end(self):
        self.going = False
        self.thread.join()


class Scenarios:
    def __init__(self, native):
        self.native = native

    def url(self, service):
        if not self.native:
            return run("cove", "service", service, "--url").strip()
        node = objects("nodes")["items"][0]
        address = next(a["address"] for a in node["status"]["addresses"] if a["type"] == "InternalIP")
        return f"http://{address}:{objects('svc', service)['spec']['ports'][0]['nodePort']}"

    def build_demo(self, version, greeting):
        with tempfile.TemporaryDirectory() as folder:
            source = FOLDER / "000-k8s-demo"
            target = pathlib.Path(folder)
            (target / "html").mkdir()
            (target / "Dockerfile").write_bytes((source / "Dockerfile").read_bytes())
            (target / "html/index.html").write_text(f"<h1>{greeting}</h1>\n")
            built = docker("build", "-t", f"k8s-demo:{version}", ".", folder=folder)
        check(f"Successfully tagged k8s-demo:{version}" in built, built)

    def remove_images(self, *names):
        for name in names:
            until(f"docker rmi {name}",
                  lambda name=name: subprocess.run(["docker", "rmi", "-f", name], capture_output=True).returncode == 0)

    def no_pods(self, label):
        until(f"pods {label} gone", lambda: not objects("pods", "-l", label)["items"])

    def ready_replicas(self, deployment, count):
        def done():
            status = objects("deployment", deployment)["status"]
            return all(status.get(f, 0) == count for f in ("replicas", "updatedReplicas", "availableReplicas"))
        until(f"{count} replicas of {deployment}", done)

    # --- 000: from docker build to rollback.

    def docker_by_itself(self):
        source = FOLDER / "000-k8s-demo"
        built = docker("build", "-t", "docker-demo:0.1", ".", folder=source)
        check(re.search(r"^Step 1/2 : FROM nginx$", built, re.M), built)
        check("Successfully tagged docker-demo:0.1" in built, built)
        listed = docker("image", "ls")
        check(re.search(r"^docker-demo +0\.1 ", listed, re.M), listed)
        identity = docker("run", "--name", "docker-demo", "-d", "-p", "8080:80", "docker-demo:0.1").strip()
        check(re.fullmatch(r"[0-9a-f]{64}", identity), identity)
        until("the page of docker-demo", lambda: "<h1>Hello Docker!</h1>" in (page("http://localhost:8080") or ""))
        check("docker-demo" in docker("container", "ps"), "docker container ps does not show docker-demo")
        done = subprocess.run(["docker", "container", "rm", "docker-demo"], capture_output=True, text=True)
        check(done.returncode == 1 and "container is running: stop the container before removing or force remove" in
              done.stderr, done.stderr)
        docker("container", "stop", "docker-demo")
        docker("container", "rm", "docker-demo")
        self.remove_images("docker-demo:0.1")

    def one_pod(self):
        source = FOLDER / "000-k8s-demo"
        self.build_demo("0.1", "Hello Docker!")
        nodes = kubectl("get", "nodes")
        check(len(nodes.splitlines()) == 2 and re.search(r" Ready .* v1\.36\.", nodes), nodes)
        check("created" in kubectl("create", "-f", "pod.yml", folder=source), "kubectl create pod.yml")
        until("pod k8s-demo runs", lambda: re.search(r"^k8s-demo +1/1 +Running ", kubectl("get", "pods"), re.M))
        labels = [line for line in kubectl("describe", "pods").splitlines() if line.startswith("Labels:")]
        check(labels and labels[0].split()[1] == "<none>", str(labels))
        kubectl("apply", "-f", "pod-labelled.yml", folder=source)
        labels = [line for line in kubectl("describe", "pods").splitlines() if line.startswith("Labels:")]
        check(labels and labels[0].split()[1] == "app=k8s-demo", str(labels))
        kubectl("create", "-f", "svc.yml", folder=source)
        url = self.url("k8s-demo-svc")
        until(f"the page at {url}", lambda: "<h1>Hello Docker!</h1>" in (page(url) or ""))
        kubectl("delete", "-f", "pod-labelled.yml", "-f", "svc.yml", folder=source)

    def rollout(self, source, replicas):
        kubectl("create", "-f", "deployment.yml", folder=source)
        self.ready_replicas("k8s-demo-deployment", replicas)
        sets = kubectl("get", "rs")
        check(re.search(rf"^k8s-demo-deployment-[0-9a-z]+ +{replicas} +{replicas} +{replicas} ", sets, re.M), sets)
        self.build_demo("0.2", "Hello Kubernetes!")
        watch = Watch("app=k8s-demo")
        until("the watch's first pods", lambda: len(watch.pods) == replicas and watch.ready == replicas)
        watch.count_from_here()
        url = self.url("k8s-demo-svc" if replicas == 10 else "k8s-demo-service")
        kubectl("apply", "-f", "deployment-0.2.yml", "--record=true", folder=source)
        said = kubectl("rollout", "status", "deployment", "k8s-demo-deployment", timeout=600)
        check("Waiting for" in said and 'deployment "k8s-demo-deployment" successfully rolled out' in said, said)
        watch.end()
        check(watch.fewest_ready >= replicas - 1, f"only {watch.fewest_ready} of {replicas} pods were ready")
        check(watch.most <= replicas + 1, f"there were {watch.most} pods for {replicas}")
        until("the new page", lambda: "Hello Kubernetes!" in (page(url) or ""))
        history = kubectl("rollout", "history", "deployment", "k8s-demo-deployment")
        check(re.search(r"^1 +<none>$", history, re.M), history)
        check(re.search(r"^2 +kubectl apply --filename=deployment-0.2.yml --record=true$", history, re.M), history)
        kubectl("rollout", "undo", "deployment", "k8s-demo-deployment", "--to-revision=1")
        kubectl("rollout", "status", "deployment", "k8s-demo-deployment", timeout=600)
        until("the old page again", lambda: "Hello Docker!" in (page(url) or ""))

    def ten_replicas(self):
        source = FOLDER / "000-k8s-demo"
        self.build_demo("0.1", "Hello Docker!")
        kubectl("create", "-f", "svc.yml", folder=source)
        self.rollout(source, 10)
        kubectl("delete", "-f", "deployment.yml", "-f", "svc.yml", folder=source)
        self.no_pods("app=k8s-demo")

    # --- 002: three replicas.

    def three_replicas(self):
        source = FOLDER / "002-rolling"
        self.build_demo("0.1", "Hello Docker!")
        kubectl("create", "-f", "service.yml", folder=source)
        self.rollout(source, 3)
        pods = [pod["metadata"]["name"] for pod in objects("pods", "-l", "app=k8s-demo")["items"]]
        kubectl("delete", "pod", pods[0])
        self.ready_replicas("k8s-demo-deployment", 3)
        now = [pod["metadata"]["name"] for pod in objects("pods", "-l", "app=k8s-demo")["items"]]
        check(pods[0] not in now, f"{pods[0]} is still there")
        kubectl("delete", "-f", "deployment.yml", "-f", "service.yml", folder=source)
        self.no_pods("app=k8s-demo")
        self.remove_images("k8s-demo:0.1", "k8s-demo:0.2")

    # --- A rolling update that nobody notices.

    def no_failed_request(self):
        def manifest(greeting):
            return json.dumps({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "steady"},
                "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "steady"}}, "template": {
                    "metadata": {"labels": {"app": "steady"}, "annotations": {"greeting": greeting}},
                    "spec": {"containers": [{
                        "name": "web", "image": "cove/web", "imagePullPolicy": "IfNotPresent",
                        "ports": [{"containerPort": 80}],
                        "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1},
                        "lifecycle": {"preStop": {"exec": {"command": ["sleep", "2"]}}}}]}}}})
        kubectl("apply", "-f", "-", stdin=manifest("one"))
        kubectl("expose", "deployment", "steady", "--port=80", "--type=NodePort")
        kubectl("rollout", "status", "deployment", "steady")
        url = self.url("steady")
        until(f"the page at {url}", lambda: page(url))
        hammer = Hammer(url)
        kubectl("apply", "-f", "-", stdin=manifest("two"))
        kubectl("rollout", "status", "deployment", "steady", timeout=600)
        hammer.end()
        check(not hammer.failed, f"{len(hammer.failed)} of {hammer.asked} requests failed: {hammer.failed[:3]}")
        kubectl("delete", "deployment,svc", "steady")
        self.no_pods("app=steady")

    # --- 003: three containers in one pod.

    def user_service(self):
        source = FOLDER / "003-user-service"
        docker("pull", "redis:5.0")
        docker("run", "-itd", "--name", "redis-test", "-p", "6379:6379", "redis:5.0")
        until("redis answers",
              lambda: "PONG" in subprocess.run(["docker", "exec", "redis-test", "redis-cli", "ping"],
                                               capture_output=True, text=True).stdout)
        docker("rm", "-f", "redis-test")
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder)
            (target / "Dockerfile").write_text(
                'FROM busybox\nRUN mkdir -p /www && echo "the users" > /www/index.html\n'
                # It ends when it is told to, as the tutorial's own program does.
                'ENTRYPOINT ["sh", "-c", "trap \'exit 0\' TERM; httpd -f -p 10086 -h /www & wait"]\n')
            docker("build", "-t", "user", ".", folder=folder)
            (target / "Dockerfile").write_bytes((source / "Dockerfile.mysql").read_bytes())
            (target / "init.sql").write_text("CREATE DATABASE IF NOT EXISTS user;\n")
            docker("build", "-t", "mysql-for-user", ".", folder=folder)
        kubectl("create", "-f", "user-service.yaml", folder=source)
        until("pod user-service runs",
              lambda: re.search(r"^user-service +3/3 +Running ", kubectl("get", "pod", "user-service"), re.M))
        said = kubectl("exec", "user-service", "-c", "user", "--", "wget", "-q", "-O", "-", "http://127.0.0.1:10086")
        check(said == "the users\n", said)
        until("the pod's redis answers",
              lambda: "PONG" in subprocess.run(["kubectl", "exec", "user-service", "-c", "redis", "--", "redis-cli",
                                                "ping"], capture_output=True, text=True).stdout)
        kubectl("delete", "-f", "user-service.yaml", folder=source)
        kubectl("create", "-f", "user-service-deployment.yaml", folder=source)
        self.ready_replicas("user-service", 3)
        check(re.search(r"^user-service +3/3 +3 +3 ", kubectl("get", "Deployment", "user-service"), re.M),
              "kubectl get Deployment user-service")
        docker("tag", "redis:5.0", "redis:6.0")
        kubectl("set", "image", "deployment/user-service", "redis=redis:6.0")
        said = kubectl("rollout", "status", "deployment/user-service", timeout=600)
        check("successfully rolled out" in said, said)
        pod = objects("pods", "-l", "name=user-service")["items"][0]["metadata"]["name"]
        kubectl("delete", "pod", pod)
        self.ready_replicas("user-service", 3)
        kubectl("delete", "Deployment", "user-service")
        self.no_pods("name=user-service")
        self.remove_images("user", "mysql-for-user", "redis:6.0", "redis:5.0")

    # --- 004: a build in two stages, and an Ingress.

    def next_app(self):
        source = FOLDER / "004-next-app"
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder)
            (target / "Dockerfile").write_bytes((source / "Dockerfile").read_bytes())
            (target / "www").mkdir()
            (target / "www/index.html").write_text("next app\n")
            (target / "package.json").write_text(json.dumps({"name": "next-app", "scripts": {
                "build": "echo built >built", "start": "trap 'exit 0' TERM; busybox httpd -f -p 3000 -h /www & wait"}},
                indent=2))
            docker("build", "-t", "next-app", ".", folder=folder, timeout=600)
        kubectl("apply", "-f", "./Deployment.yaml", folder=source)
        self.ready_replicas("app-deployment", 2)
        if not self.native:
            # A machine that is busy may need a moment more than `cove` waits for its API.
            listed = until("cove ingress list", lambda: subprocess.run(
                ["cove", "ingress", "list"], capture_output=True, text=True, timeout=PATIENCE).stdout)
            found = re.search(r"http://[^ ]*?:(\d+)|http://", listed)
            check("next-app-server" in listed and found, listed)
            url = f"http://127.0.0.1:{found.group(1) or 80}/"
            until(f"the Ingress at {url}", lambda: page(url, "next-app-server") == "next app\n")
        check("is running at" in kubectl("cluster-info"), "kubectl cluster-info")
        kubectl("delete", "-f", "./Deployment.yaml", folder=source)
        self.no_pods("app=web")
        self.remove_images("next-app")


ORDER = ["docker_by_itself", "one_pod", "ten_replicas", "three_replicas", "no_failed_request", "user_service", "next_app"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--native", action="store_true")
    parser.add_argument("scenario", nargs="*", choices=[[], *ORDER], default=[])
    arguments = parser.parse_args()
    scenarios = Scenarios(arguments.native)
    failed = 0
    for name in arguments.scenario or ORDER:
        began = time.monotonic()
        try:
            getattr(scenarios, name)()
        except (Wrong, subprocess.TimeoutExpired) as wrong:
            failed += 1
            print(f"FAILED {name} after {time.monotonic() - began:.1f} s: {wrong}", flush=True)
        else:
            print(f"ok {name} {time.monotonic() - began:.1f} s", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
