#!/usr/bin/env python3
"""A worker of a swarm bridge with nothing but Python's standard library: the wire of docs/wire.md.

  python3 worker.py --url http://127.0.0.1:7420 --name worker-1.relay

The token is in SWARM_BRIDGE_TOKEN; an open bridge wants none. A task is answered with a patch that writes the first
file of its scope; any other payload with its number of words. --fail: it fails every call.
"""
import argparse
import base64
import hashlib
import json
import os
import socket
import ssl
import struct
from urllib.parse import urlsplit

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
MESSAGE_MAX = 2 << 20


class Bridge:
    """One WebSocket connection (RFC 6455), as far as the bridge needs it."""

    def __init__(self, url, token):
        at = urlsplit(url)
        port = at.port or (443 if at.scheme == "https" else 80)
        plain = socket.create_connection((at.hostname, port))
        self.socket = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=at.hostname)
            if at.scheme == "https"
            else plain
        )
        self.stream = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            "GET /ws HTTP/1.1",
            f"Host: {at.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        ]
        if token:
            lines.append(f"Authorization: Bearer {token}")
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        status = self.stream.readline().decode("latin-1").strip()
        headers = {}
        while line := self.stream.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        accept = base64.b64encode(hashlib.sha1((key + MAGIC).encode()).digest()).decode()
        if " 101 " not in f"{status} " or headers.get("sec-websocket-accept") != accept:
            raise SystemExit(f"the bridge answers: {status}")

    def send(self, message):
        self._frame(TEXT, json.dumps(message).encode())

    def messages(self):
        """Every message, as what its JSON says, until the connection ends."""
        parts = []
        while frame := self._read():
            is_last, kind, data = frame
            if kind == PING:
                self._frame(PONG, data)
            elif kind == CLOSE:
                code = struct.unpack("!H", data[:2])[0] if len(data) >= 2 else 1005
                self._frame(CLOSE, data[:2])
                print(f"closed {code} {data[2:].decode(errors='replace')}", flush=True)
                return
            elif kind != PONG:
                parts.append(data)
                if is_last:
                    yield json.loads(b"".join(parts))
                    parts = []

    def _frame(self, kind, data):
        """What a client sends is masked."""
        mask = os.urandom(4)
        size = len(data)
        if size < 126:
            head = struct.pack("!BB", 0x80 | kind, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack("!BBH", 0x80 | kind, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | kind, 0x80 | 127, size)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        self.socket.sendall(head + mask + masked)

    def _read(self):
        head = self.stream.read(2)
        if len(head) < 2:
            return None
        size = head[1] & 0x7F
        if size == 126:
            size = struct.unpack("!H", self.stream.read(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self.stream.read(8))[0]
        if size > MESSAGE_MAX:
            raise SystemExit("the bridge says more than was agreed")
        return bool(head[0] & 0x80), head[0] & 0x0F, self.stream.read(size)


def process(payload, name):
    """A task's handoff, or the number of words."""
    try:
        task = json.loads(payload)
    except ValueError:
        task = None
    if not isinstance(task, dict) or "attempt" not in task:
        return json.dumps({"by": name, "words": len(payload.split())})
    path = (task.get("scope") or ["notes.txt"])[0]
    lines = (task.get("description") or task["title"]).splitlines()
    patch = "\n".join(
        [f"diff --git a/{path} b/{path}", "new file mode 100644", "--- /dev/null", f"+++ b/{path}"]
        + [f"@@ -0,0 +1,{len(lines)} @@"]
        + [f"+{line}" for line in lines]
    )
    return json.dumps({"summary": f"{name} wrote {path}", "patch": patch + "\n"})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="http://127.0.0.1:7420")
    parser.add_argument("--name", default="worker-1.relay")
    parser.add_argument("--version")
    parser.add_argument("--capability", action="append", default=[])
    parser.add_argument("--max-tasks", type=int)
    parser.add_argument("--fail", action="store_true")
    options = parser.parse_args()
    bridge = Bridge(options.url, os.environ.get("SWARM_BRIDGE_TOKEN"))
    register = {"type": "register", "name": options.name, "capabilities": options.capability or ["process@1.0.0"]}
    if options.version:
        register["version"] = options.version
    if options.max_tasks:
        register["maxTasks"] = options.max_tasks
    bridge.send(register)
    for message in bridge.messages():
        if message["type"] == "registered":
            print(f"registered {message['name']}", flush=True)
        if message["type"] == "error":
            print(f"error: {message['error']}", flush=True)
        if message["type"] != "inbound_call":
            continue
        answer = {"correlation_id": message["correlation_id"]}
        try:
            if options.fail:
                raise RuntimeError("it was started with --fail")
            if message["method"] != "process":
                raise RuntimeError(f"no method {message['method']}")
            answer |= {"type": "call_response", "payload": process(message["payload"], options.name)}
        except Exception as error:  # Whatever it is, the caller hears of it.
            answer |= {"type": "call_error", "error": str(error)}
        bridge.send(answer)


if __name__ == "__main__":
    main()
