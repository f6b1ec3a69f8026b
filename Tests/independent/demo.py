"""The demonstration as a running network: started, listened to, stopped with SIGINT."""

import json
import os
import queue
import signal
import subprocess
import threading
import time
from pathlib import Path

from node import Member, Network, Node

ROOT = Path(__file__).resolve().parents[2]
STORY_TOLD = "The network keeps running"


class Demo:
    def __init__(self, program, home):
        self.program, self.home = Path(program).resolve(), Path(home).resolve()
        self.steps, self.told = [], []
        self._events = queue.Queue()
        self.process = subprocess.Popen(
            [self.program, "demo", "--json", "--home", self.home],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for stream, kind in ((self.process.stdout, "step"), (self.process.stderr, "word")):
            threading.Thread(target=self._listen, args=(stream, kind), daemon=True).start()

    def _listen(self, stream, kind):
        for line in stream:
            self._events.put((kind, line.rstrip("\n")))
        self._events.put((kind, None))

    def wait_until_told(self, seconds):
        """Collects steps until the network is left running; false when the demonstration ends or takes too long."""
        deadline = time.monotonic() + seconds
        told = False
        while time.monotonic() < deadline:
            try:
                # The two streams have no common order: a moment more for what is still in the other one.
                kind, line = self._events.get(timeout=0.5 if told else max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                break
            if line is None:
                return False
            if kind == "step":
                self.steps.append(json.loads(line))
            else:
                self.told.append(line)
                told = told or STORY_TOLD in line
        return told

    def connect(self):
        """The validators in the order of the genesis, the observer, the network's facts, and who runs which node."""
        self.genesis = (self.home / "genesis.json").read_bytes()
        organisations = [v["organisation"] for v in json.loads(self.genesis)["validators"]]
        folders = [f"validator-{i + 1}" for i in range(len(organisations))] + ["observer-1"]
        nodes = [
            Node("http://" + json.loads((self.home / f / "config.json").read_text())["httpAddress"]) for f in folders
        ]
        self.nodes, self.observer = dict(zip(organisations, nodes)), nodes[-1]
        self._logs = {o: self.home / f / "node.log" for o, f in zip(organisations, folders)}
        self.node = nodes[0]
        self.network = Network(self.node)

    def log(self, organisation):
        return self._logs[organisation].read_text(errors="replace")

    def member(self, kid):
        return Member(self.home, kid)

    @property
    def documents(self):
        """Ids of what was recorded, each once, in their order."""
        return list(dict.fromkeys(s["document"] for s in self.steps if s["document"] and s["height"]))

    def document_titled(self, words):
        return next(s["document"] for s in self.steps if words in s["title"])

    def run(self, *arguments):
        """The program itself as a client of the first validator."""
        return subprocess.run([self.program, *arguments, "--url", self.node.url], capture_output=True, timeout=20)

    def node_processes(self):
        """Process ids of this network's nodes: those whose arguments name its home."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != self.process.pid:
                try:
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if any(w.startswith(os.fsencode(self.home)) for w in words) and b"node" in words:
                    found.append(int(entry.name))
        return found

    def stop(self, seconds=15):
        """SIGINT, as Ctrl-C gives it; answers the status, or None when it does not end in time."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def abandon(self):
        """Leaves nothing behind, whatever happened."""
        for process in self.node_processes():
            os.kill(process, signal.SIGKILL)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
