"""The Python SDK against the engine: what programs do that docker's command line does not show."""
import io
import os
import socket as socketlib
import ssl
import tarfile
import time
import urllib.parse

import docker

client = docker.from_env()
assert client.ping()
version = client.version()
assert version["ApiVersion"] == "1.48", version
assert version["MinAPIVersion"] == "1.24", version

# Containers.
assert client.containers.run("busybox", "echo hello", remove=True) == b"hello\n"
container = client.containers.run(
    "busybox", ["sh", "-c", "echo out; echo err >&2; exec sleep 1000"], detach=True, name="sdk",
    labels={"made-by": "sdk"}, environment={"A": "1"}, mem_limit="64m")
assert container.status == "created", container.status
container.reload()
assert container.status == "running", container.status
assert container.attrs["HostConfig"]["Memory"] == 64 << 20
assert [c.name for c in client.containers.list(filters={"label": "made-by=sdk"})] == ["sdk"]
deadline = time.monotonic() + 20
while container.logs(stdout=True, stderr=False) != b"out\n" and time.monotonic() < deadline:
    time.sleep(0.05)
assert container.logs(stdout=True, stderr=False) == b"out\n"
assert container.logs(stdout=False, stderr=True) == b"err\n"

# Exec: exit code, demultiplexed streams.
code, (out, err) = container.exec_run(["sh", "-c", "echo o; echo e >&2; exit 3"], demux=True)
assert (code, out, err) == (3, b"o\n", b"e\n"), (code, out, err)

# Archives both ways.
blob = io.BytesIO()
with tarfile.open(fileobj=blob, mode="w") as tar:
    entry = tarfile.TarInfo("note")
    entry.size = 5
    tar.addfile(entry, io.BytesIO(b"hello"))
assert container.put_archive("/tmp", blob.getvalue())
stream, stat = container.get_archive("/tmp/note")
assert stat["name"] == "note" and stat["size"] == 5, stat
with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as tar:
    assert tar.extractfile("note").read() == b"hello"

# Statistics, processes, changes.
stats = container.stats(stream=False)
assert stats["memory_stats"]["usage"] > 0, stats
assert any("sleep 1000" in " ".join(row) for row in container.top()["Processes"])
assert {"Path": "/tmp/note", "Kind": 1} in container.diff()

# Attached input: what is written comes back by a `cat`.
echo = client.api.create_container("busybox", "cat", stdin_open=True)
socket = client.api.attach_socket(echo["Id"], params={"stdin": 1, "stdout": 1, "stream": 1})
client.api.start(echo["Id"])
raw = socket._sock if hasattr(socket, "_sock") else socket
raw.sendall(b"ping\n")
header = b""
while len(header) < 13:
    some = raw.recv(13 - len(header))
    assert some, "the stream ended early"
    header += some
assert header == b"\x01\x00\x00\x00\x00\x00\x00\x05ping\n", header
socket.close()
client.api.remove_container(echo["Id"], force=True)

# The same over a WebSocket: a message each way, a ping, and the end.
echo = client.api.create_container("busybox", "cat", stdin_open=True)
client.api.start(echo["Id"])
tls = ssl.create_default_context(cafile=os.environ["DOCKER_CERT_PATH"] + "/ca.pem")
tls.load_cert_chain(os.environ["DOCKER_CERT_PATH"] + "/cert.pem", os.environ["DOCKER_CERT_PATH"] + "/key.pem")
address = urllib.parse.urlsplit(os.environ["DOCKER_HOST"])
raw = tls.wrap_socket(socketlib.create_connection((address.hostname, address.port), timeout=60),
                      server_hostname=address.hostname)
raw.sendall((f"GET /v1.43/containers/{echo['Id']}/attach/ws?stream=1&stdin=1&stdout=1 HTTP/1.1\r\n"
             "Host: docker\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode())
answer = raw.makefile("rb")
assert b" 101 " in answer.readline()
fields = [line for line in iter(answer.readline, b"\r\n")]
assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in fields, fields
mask = lambda kind, text: bytes([0x80 | kind, 0x80 | len(text)]) + bytes(4) + text
raw.sendall(mask(2, b"ping\n"))
assert answer.read(7) == b"\x82\x05ping\n"
raw.sendall(mask(9, b"?"))
assert answer.read(3) == b"\x8a\x01?"
client.api.kill(echo["Id"])
assert answer.read() == b"\x88\x02\x03\xe8"
raw.close()
client.api.remove_container(echo["Id"], force=True)

# Waiting with a condition, and events of it all.
since = int(time.time()) - 1
brief = client.containers.create("busybox", ["sh", "-c", "exit 4"])
brief.start()
assert brief.wait()["StatusCode"] == 4
brief.remove()
actions = [e["Action"] for e in client.events(since=since, until=int(time.time()) + 1, decode=True,
                                              filters={"container": brief.id})]
assert actions == ["create", "start", "die", "destroy"], actions

# Images: build, tag, commit, save, load.
image, log = client.images.build(fileobj=io.BytesIO(b"FROM busybox\nLABEL a=b\nRUN echo 1 >/one\n"), tag="sdk:1", rm=True)
assert "sdk:1" in image.tags and image.labels == {"a": "b"}
assert any("Successfully built" in line.get("stream", "") for line in log)
image.tag("sdk", "2")
saved = b"".join(image.save(named=True))
client.images.remove("sdk:1")
client.images.remove("sdk:2")
assert client.images.load(saved)[0].id == image.id
try:
    client.images.get("no-such-image")
    raise AssertionError("found")
except docker.errors.ImageNotFound as error:
    assert error.status_code == 404

# Networks and volumes.
network = client.networks.create("sdk-net", labels={"x": "y"})
network.connect(container, aliases=["other"])
container.reload()
assert "other" in container.attrs["NetworkSettings"]["Networks"]["sdk-net"]["Aliases"]
network.disconnect(container)
network.remove()
volume = client.volumes.create("sdk-vol")
assert volume.attrs["Driver"] == "local"
assert client.containers.run("busybox", "sh -c 'echo kept >/v/f; cat /v/f'", volumes={"sdk-vol": {"bind": "/v"}}, remove=True) == b"kept\n"
volume.remove()

container.stop(timeout=1)
container.remove()
assert client.containers.list(all=True) == []
# A request of an API that is too old or too new says so.
certificates = os.environ["DOCKER_CERT_PATH"]
tls = docker.tls.TLSConfig(client_cert=(certificates + "/cert.pem", certificates + "/key.pem"),
                           ca_cert=certificates + "/ca.pem", verify=True)
for number, word in (("1.22", "too old"), ("1.99", "too new")):
    try:
        docker.APIClient(version=number, base_url=os.environ["DOCKER_HOST"], tls=tls).info()
        raise AssertionError(number)
    except docker.errors.APIError as error:
        assert error.status_code == 400 and word in str(error), error
print("ok")
