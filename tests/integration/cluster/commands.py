#!/usr/bin/env python3
"""kubectl's everyday commands against a running cluster, and what they must show.

    commands.py [--native] [SCENARIO…]

As tutorials.py, whose helpers it uses.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from tutorials import Wrong, check, die_with_parent, kubectl, objects, page, run, until  # noqa: E402


def pod(name, *command, **spec):
    container = {"name": "main", "image": "busybox", "imagePullPolicy": "IfNotPresent"}
    if command:
        container["command"] = list(command)
    container.update(spec.pop("container", {}))
    document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
                "spec": {"containers": [container], "terminationGracePeriodSeconds": 1, **spec}}
    kubectl("apply", "-f", "-", stdin=json.dumps(document))


def phase(name, wanted):
    until(f"pod {name} {wanted}", lambda: objects("pod", name)["status"].get("phase") == wanted)


def ready(name):
    kubectl("wait", "--for=condition=Ready", "pod", name, "--timeout=60s")


def gone(*names):
    kubectl("delete", "pod", *names, "--now")


def logs():
    pod("talk", "sh", "-c", "for i in 1 2 3 4 5; do echo line $i; done; echo bad >&2; sleep 1000")
    ready("talk")
    until("five lines", lambda: "line 5" in kubectl("logs", "talk"))
    check(kubectl("logs", "talk", "--tail=2") == "line 5\nbad\n" or "line 5" in kubectl("logs", "talk", "--tail=2"), "tail")
    stamped = kubectl("logs", "talk", "--timestamps", "--tail=1")
    check(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ", stamped), stamped)
    check(kubectl("logs", "talk", "--since=1h", "-c", "main").startswith("line 1\n"), "since")
    following = subprocess.Popen(["kubectl", "logs", "-f", "talk"], stdout=subprocess.PIPE, text=True,
                                 preexec_fn=die_with_parent)
    check(following.stdout.readline() == "line 1\n", "kubectl logs -f")
    gone("talk")
    following.wait(timeout=60)
    pod("twice", "sh", "-c", "echo run; sleep 1; exit 3")
    until("a second run", lambda: objects("pod", "twice")["status"]["containerStatuses"][0]["restartCount"] >= 1)
    check(kubectl("logs", "twice", "--previous") == "run\n", "kubectl logs --previous")
    state = objects("pod", "twice")["status"]["containerStatuses"][0]["lastState"]["terminated"]
    check(state["exitCode"] == 3 and state["reason"] == "Error", str(state))
    gone("twice")


def running_things_inside():
    pod("shell", "sleep", "1000")
    ready("shell")
    check(kubectl("exec", "shell", "--", "echo", "hello") == "hello\n", "kubectl exec")
    check(kubectl("exec", "-i", "shell", "--", "cat", stdin="through stdin") == "through stdin", "kubectl exec -i")
    kubectl("exec", "shell", "--", "sh", "-c", "exit 7", code=7)
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "file"
        source.write_bytes(bytes(range(256)) * 4096)
        kubectl("cp", str(source), "shell:/tmp/file")
        kubectl("cp", "shell:/tmp/file", f"{folder}/back")
        check((pathlib.Path(folder) / "back").read_bytes() == source.read_bytes(), "kubectl cp")
    said = run("script", "-qec", "kubectl exec -it shell -- tty", "/dev/null")
    check("/dev/pts/" in said, said)
    kubectl("debug", "shell", "--image=alpine", "--", "sleep", "1000")
    until("the ephemeral container", lambda: "running" in (
        objects("pod", "shell")["status"].get("ephemeralContainerStatuses") or [{"state": {}}])[0]["state"])
    gone("shell")


def shared_processes():
    pod("shared", "sleep", "1234", shareProcessNamespace=True)
    ready("shared")
    seen = kubectl("exec", "shared", "--", "ps", "-o", "pid,args")
    check(re.search(r"^ +1 /pause$", seen, re.M) and "sleep 1234" in seen, seen)
    # The end of the first is the end of all, this one too; then they begin anew.
    subprocess.run(["kubectl", "exec", "shared", "--", "kill", "1"], capture_output=True, timeout=60)
    until("a second run", lambda: objects("pod", "shared")["status"]["containerStatuses"][0]["restartCount"] == 1)
    ready("shared")
    gone("shared")


def forwarding():
    pod("web", container={"image": "cove/web:1.22"})
    ready("web")
    forward = subprocess.Popen(["kubectl", "port-forward", "web", ":80"], stdout=subprocess.PIPE, text=True,
                                 preexec_fn=die_with_parent)
    port = re.search(r"127\.0\.0\.1:(\d+)", forward.stdout.readline()).group(1)
    until("the page through port-forward", lambda: page(f"http://127.0.0.1:{port}"))
    forward.terminate()
    forward.wait()
    gone("web")


def exit_codes():
    pod("good", "true", restartPolicy="Never")
    pod("bad", "sh", "-c", "echo why >/dev/termination-log; exit 4", restartPolicy="Never")
    phase("good", "Succeeded")
    phase("bad", "Failed")
    ended = objects("pod", "bad")["status"]["containerStatuses"][0]["state"]["terminated"]
    check(ended["exitCode"] == 4 and ended["message"].strip() == "why", str(ended))
    pod("hungry", "sh", "-c", "x=a; while :; do x=$x$x; done", restartPolicy="Never",
        container={"resources": {"limits": {"memory": "32Mi"}}})
    phase("hungry", "Failed")
    ended = objects("pod", "hungry")["status"]["containerStatuses"][0]["state"]["terminated"]
    check(ended["reason"] == "OOMKilled" and ended["exitCode"] == 137, str(ended))
    pod("lost", container={"image": "no.such.registry.invalid/none"})
    until("ErrImagePull", lambda: re.search("ErrImagePull|ImagePullBackOff", kubectl("get", "pod", "lost")))
    pod("loop", "false")
    until("CrashLoopBackOff", lambda: "CrashLoopBackOff" in kubectl("get", "pod", "loop"))
    check("Back-off restarting failed container" in kubectl("describe", "pod", "loop"), "events of a crash loop")
    gone("good", "bad", "hungry", "lost", "loop")


def order():
    pod("steps", "sh", "-c", "cat /shared/log; sleep 1000",
        initContainers=[
            {"name": "first", "image": "busybox:1.35", "command": ["sh", "-c", "echo first >>/shared/log"],
             "volumeMounts": [{"name": "shared", "mountPath": "/shared"}]},
            {"name": "side", "image": "busybox:1.35", "restartPolicy": "Always", "command": ["sleep", "1000"]},
            {"name": "second", "image": "busybox:1.35", "command": ["sh", "-c", "echo second >>/shared/log"],
             "volumeMounts": [{"name": "shared", "mountPath": "/shared"}]}],
        volumes=[{"name": "shared", "emptyDir": {}}],
        container={"volumeMounts": [{"name": "shared", "mountPath": "/shared"}]})
    ready("steps")
    until("the log", lambda: kubectl("logs", "steps", "-c", "main") == "first\nsecond\n")
    check(re.search(r"^steps +2/2 +Running", kubectl("get", "pods"), re.M), kubectl("get", "pods"))
    gone("steps")


def configuration():
    kubectl("create", "configmap", "settings", "--from-literal=color=blue")
    kubectl("create", "secret", "generic", "key", "--from-literal=password=secret")
    pod("reader", "sh", "-c", "echo $COLOR $(cat /etc/key/password) $NAME; cat /etc/settings/color; sleep 1000",
        container={"env": [
            {"name": "COLOR", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "color"}}},
            {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
            "volumeMounts": [{"name": "settings", "mountPath": "/etc/settings"}, {"name": "key", "mountPath": "/etc/key"}]},
        volumes=[{"name": "settings", "configMap": {"name": "settings"}}, {"name": "key", "secret": {"secretName": "key"}}])
    ready("reader")
    until("the log", lambda: kubectl("logs", "reader") == "blue secret reader\nblue")
    gone("reader")
    kubectl("delete", "configmap/settings", "secret/key")


def names_and_services():
    kubectl("create", "deployment", "echo", "--image=cove/web:1.22", "--replicas=2")
    kubectl("expose", "deployment", "echo", "--port=80")
    kubectl("rollout", "status", "deployment", "echo")
    pod("client", "sleep", "1000")
    ready("client")
    until("the Service by name", lambda: subprocess.run(
        ["kubectl", "exec", "client", "--", "wget", "-q", "-O", "-", "http://echo"],
        capture_output=True).returncode == 0)
    found = kubectl("exec", "client", "--", "nslookup", "kubernetes.default.svc.cluster.local")
    check("10.96.0.1" in found, found)
    kubectl("exec", "client", "--", "sh", "-c",
            "wget -q -O - --no-check-certificate https://kubernetes/version || test $? = 1")
    gone("client")
    kubectl("delete", "deployment,svc", "echo")


def jobs():
    kubectl("create", "job", "once", "--image=alpine", "--", "echo", "done")
    kubectl("wait", "--for=condition=Complete", "job/once", "--timeout=60s")
    check(kubectl("logs", "job/once") == "done\n", "kubectl logs job/once")
    kubectl("create", "cronjob", "often", "--image=alpine", "--schedule=* * * * *", "--", "true")
    kubectl("create", "job", "now", "--from=cronjob/often")
    kubectl("wait", "--for=condition=Complete", "job/now", "--timeout=60s")
    kubectl("delete", "job/once", "job/now", "cronjob/often")


def statefulsets():
    kubectl("apply", "-f", "-", stdin=json.dumps({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"},
        "spec": {"serviceName": "db", "replicas": 2, "selector": {"matchLabels": {"app": "db"}},
                 "template": {"metadata": {"labels": {"app": "db"}}, "spec": {
                     "terminationGracePeriodSeconds": 1,
                     "containers": [{"name": "db", "image": "busybox", "imagePullPolicy": "IfNotPresent",
                                     "command": ["sh", "-c", "hostname >>/data/names; sleep 1000"],
                                     "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]}},
                 "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
                     "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}}]}}))
    kubectl("rollout", "status", "statefulset", "db")
    kubectl("delete", "pod", "db-0", "--now")
    until("db-0 again", lambda: kubectl("get", "pod", "db-0", "--ignore-not-found") != "")
    kubectl("rollout", "status", "statefulset", "db")
    until("both runs' names", lambda: subprocess.run(
        ["kubectl", "exec", "db-0", "--", "cat", "/data/names"], capture_output=True, text=True).stdout == "db-0\ndb-0\n")
    kubectl("delete", "statefulset", "db")
    kubectl("delete", "pvc", "--all")
    until("no volumes", lambda: not objects("pv")["items"])


def changes():
    """What changes a Deployment and its history, and attach, each with what it really does to pods."""
    def pods_of():
        return objects("pods", "-l", "app=front")["items"]

    def colors():
        return {json.dumps(each["spec"]["containers"][0].get("env")) for each in pods_of()}

    def settled(replicas=2):
        kubectl("rollout", "status", "deployment", "front")
        until("no pod too many", lambda: len(pods_of()) == replicas)

    kubectl("create", "deployment", "front", "--image=cove/web:1.22", "--replicas=2")
    settled()
    kubectl("set", "env", "deployment", "front", "COLOR=green")
    settled()
    check(colors() == {'[{"name": "COLOR", "value": "green"}]'}, str(colors()))
    kubectl("set", "resources", "deployment", "front", "--limits=cpu=200m,memory=64Mi")
    settled()
    bounds = pods_of()[0]["spec"]["containers"][0]["resources"]
    check(bounds["limits"] == {"cpu": "200m", "memory": "64Mi"}, str(bounds))
    kubectl("rollout", "pause", "deployment", "front")
    kubectl("set", "image", "deployment", "front", "web=cove/web:none")
    check("paused" in kubectl("describe", "deployment", "front").lower(), "kubectl rollout pause")
    check(len(objects("rs", "-l", "app=front")["items"]) == 3, "a paused Deployment rolls out")
    kubectl("rollout", "resume", "deployment", "front")
    until("a pod of the wrong image", lambda: re.search("ErrImage|ImagePullBackOff", kubectl("get", "pods", "-l", "app=front")))
    kubectl("rollout", "undo", "deployment", "front")
    settled()
    image = objects("deployment", "front")["spec"]["template"]["spec"]["containers"][0]["image"]
    check(image == "cove/web:1.22", f"kubectl rollout undo left {image}")
    kubectl("rollout", "undo", "deployment", "front", "--to-revision=1")
    settled()
    check(colors() == {"null"}, str(colors()))
    before = {each["metadata"]["uid"] for each in pods_of()}
    kubectl("rollout", "restart", "deployment", "front")
    settled()
    check(not before & {each["metadata"]["uid"] for each in pods_of()}, "kubectl rollout restart")
    revisions = re.findall(r"^(\d+) ", kubectl("rollout", "history", "deployment", "front"), re.M)
    check(len(revisions) >= 4 and revisions == sorted(revisions, key=int), str(revisions))
    kubectl("scale", "deployment", "front", "--current-replicas=2", "--replicas=3")
    settled(3)
    kubectl("delete", "deployment", "front")

    kubectl("run", "parrot", "--image=busybox", "--image-pull-policy=IfNotPresent", "-i", "--restart=Never",
            "--grace-period=1", "--", "cat", stdin="say this\n")
    phase("parrot", "Succeeded")
    check(kubectl("logs", "parrot") == "say this\n", "kubectl run -i")
    gone("parrot")
    said = kubectl("run", "passing", "--image=busybox", "--image-pull-policy=IfNotPresent", "-i", "--rm", "--restart=Never",
                   "--", "sh", "-c", "sleep 1; echo passed")
    check("passed" in said and "deleted" in said, said)
    pod("ticker", "sh", "-c", "while :; do echo tick; sleep 1; done")
    ready("ticker")
    attached = subprocess.Popen(["kubectl", "attach", "ticker"], stdout=subprocess.PIPE, text=True,
                                preexec_fn=die_with_parent)
    check("tick" in attached.stdout.readline() + attached.stdout.readline(), "kubectl attach")
    attached.terminate()
    attached.wait()
    gone("ticker")


def autoscale():
    """Out by what containers really use, and in again."""
    busy, idle = "while :; do :; done", "sleep 1000"
    kubectl("apply", "-f", "-", stdin=json.dumps({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "burner"},
        "spec": {"selector": {"matchLabels": {"app": "burner"}}, "template": {
            "metadata": {"labels": {"app": "burner"}}, "spec": {"terminationGracePeriodSeconds": 1, "containers": [{
                "name": "main", "image": "busybox", "imagePullPolicy": "IfNotPresent",
                "command": ["sh", "-c", busy],
                "resources": {"requests": {"cpu": "50m"}, "limits": {"cpu": "150m"}}}]}}}}))
    kubectl("autoscale", "deployment", "burner", "--cpu=50%", "--min=1", "--max=3")
    # The server's own default waits five minutes before it takes pods away.
    kubectl("patch", "hpa", "burner", "--type=merge", "-p",
            json.dumps({"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}}))
    until("three replicas", lambda: objects("deployment", "burner")["status"].get("readyReplicas") == 3)
    until("the usage of all", lambda: re.search(
        r"^burner +Deployment/burner +cpu: \d{3}%/50% +1 +3 +3 ", kubectl("get", "hpa"), re.M))
    said = kubectl("describe", "hpa", "burner")
    check(re.search(r"New size: [23]; reason: cpu resource utilization \(percentage of request\) above target", said), said)
    check(re.search(r"ScalingLimited +True +TooManyReplicas", said), said)
    kubectl("patch", "deployment", "burner", "--type=json", "-p", json.dumps([
        {"op": "replace", "path": "/spec/template/spec/containers/0/command/2", "value": idle}]))
    until("one replica", lambda: objects("deployment", "burner")["spec"]["replicas"] == 1)
    said = kubectl("describe", "hpa", "burner")
    check("reason: All metrics below target" in said, said)
    kubectl("delete", "hpa,deployment", "burner")


def the_node():
    node = objects("nodes")["items"][0]["metadata"]["name"]
    kubectl("create", "deployment", "evicted", "--image=cove/web:1.22")
    kubectl("rollout", "status", "deployment", "evicted")
    said = kubectl("drain", node, "--ignore-daemonsets", "--force", "--delete-emptydir-data")
    check("drained" in said and "evicted" in said, said)
    check("SchedulingDisabled" in kubectl("get", "nodes"), "kubectl cordon")
    until("a pod that waits", lambda: "Pending" in kubectl("get", "pods"))
    until("FailedScheduling", lambda: "node(s) were unschedulable" in kubectl("describe", "pods"))
    kubectl("uncordon", node)
    kubectl("rollout", "status", "deployment", "evicted")
    kubectl("delete", "deployment", "evicted")
    kubectl("taint", "nodes", node, "a=b:NoSchedule")
    kubectl("taint", "nodes", node, "a=b:NoSchedule-")
    until("kubectl top", lambda: subprocess.run(["kubectl", "top", "node"], capture_output=True).returncode == 0)

    def agent(path):
        return kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/{path}")
    pod("measured", "sleep", "1000")
    ready("measured")
    until("the pod's use", lambda: re.search(
        r'^pod_cpu_usage_seconds_total{namespace="default",pod="measured"} [0-9.e-]+ \d{13}$', agent("metrics/resource"), re.M))
    check(re.search(r'^node_memory_working_set_bytes [1-9]\d+ \d{13}$', agent("metrics/resource"), re.M), "of the node")
    check(re.search(r'^container_memory_working_set_bytes{container="main",id="[0-9a-f]{64}".*pod="measured"} [1-9]',
                    agent("metrics/cadvisor"), re.M), agent("metrics/cadvisor"))
    check(re.search(r"^kubelet_running_pods [1-9]", agent("metrics"), re.M), agent("metrics"))
    settings = json.loads(agent("configz"))["kubeletconfig"]
    check(settings["maxPods"] == 110 and settings["clusterDNS"] == ["10.96.0.10"], str(settings))
    gone("measured")


def everything_goes():
    kubectl("create", "namespace", "short")
    kubectl("create", "deployment", "web", "--image=cove/web:1.22", "-n", "short")
    kubectl("rollout", "status", "deployment", "web", "-n", "short")
    began = time.monotonic()
    kubectl("delete", "namespace", "short", timeout=120)
    check(time.monotonic() - began < 100, "the namespace took long")
    kubectl("create", "deployment", "owner", "--image=cove/web:1.22")
    kubectl("rollout", "status", "deployment", "owner")
    kubectl("delete", "deployment", "owner", "--cascade=orphan")
    check(objects("rs")["items"], "the ReplicaSet went with its owner")
    kubectl("delete", "rs", "--all")
    until("no pods", lambda: not objects("pods")["items"])


ORDER = [logs, running_things_inside, shared_processes, forwarding, exit_codes, order, configuration, names_and_services,
         jobs, statefulsets, changes, autoscale, the_node, everything_goes]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--native", action="store_true")
    parser.add_argument("scenario", nargs="*")
    arguments = parser.parse_args()
    failed = 0
    for scenario in ORDER:
        if arguments.scenario and scenario.__name__ not in arguments.scenario:
            continue
        began = time.monotonic()
        try:
            scenario()
        except (Wrong, subprocess.TimeoutExpired, KeyError, IndexError, AttributeError) as wrong:
            failed += 1
            print(f"FAILED {scenario.__name__} after {time.monotonic() - began:.1f} s: {str(wrong)[:3000]}", flush=True)
        else:
            print(f"ok {scenario.__name__} {time.monotonic() - began:.1f} s", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
