"""The command line on a real installation: up, start, decide, intervene, look, down."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
BASE = ("--actor", "olga.petrova", "--reason", "a test", "--yes")


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Place:
    """A folder with an installation of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        temporal, crm, erp, webhook = self.ports = free_ports(4)
        self.erp = f"http://127.0.0.1:{erp}"
        own = {name: value for name, value in os.environ.items() if not name.startswith(("LTC_", "TEMPORAL_"))}
        self.env = own | {
            "LTC_STATE": str(folder / "state"), "LTC_TEMPORAL_ADDRESS": f"127.0.0.1:{temporal}",
            "LTC_CRM_URL": f"http://127.0.0.1:{crm}", "LTC_ERP_URL": self.erp, "LTC_POLL_EVENTS": "0.1",
            "LTC_WEBHOOK_ADDRESS": f"127.0.0.1:{webhook}",
        }  # fmt: skip

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "ltc.cli.main", *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def ok(self, *words: str) -> Any:
        done = self.run(*words, "-o", "json")
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout)

    def until(self, look: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        while True:
            found = look()
            if found:
                return found
            assert time.monotonic() < deadline, f"{what} did not come; {self.run('stuck').stdout}"
            time.sleep(0.1)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            self.erp + path, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def alive(self) -> list[str]:
        mark = str(self.folder)
        found = []
        for process in psutil.process_iter():
            try:
                if mark in " ".join(process.cmdline()) or process.environ().get("LTC_STATE", "").startswith(mark):
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found

    def listening(self) -> list[int]:
        return [port for port in self.ports if socket.socket().connect_ex(("127.0.0.1", port)) == 0]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.run("down")
    assert made.alive() == []


@pytest.mark.timeout(240)
def test_a_deal_goes_its_way_by_the_commands(place: Place):
    place.env |= {
        "LTC_WEBHOOKS": json.dumps({"shop": {"secrets": [place.run("webhook", "secret").stdout.strip()]}}),
        "LTC_SANDBOX_TOKEN": "t", "LTC_CRM_TOKEN": "t", "LTC_ERP_TOKEN": "t",
        "LTC_EFFECT_CLASSES": '{"erp.create_order": "A", "erp.confirm_order": "C"}',
    }  # fmt: skip
    up = place.ok("up")
    assert [row["name"] for row in up] == ["temporal", "crm", "erp", "worker", "webhook"]
    found = place.ok("doctor")
    assert [row for row in found if row["state"] != "ok"] == []
    assert [row["message"] for row in found if row["check"] == "webhooks"] == ["shop takes what secret 1 signs"]
    other = subprocess.run(
        place.command("up"), cwd=place.folder, env={**place.env, "LTC_STATE": str(place.folder / "other")},
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert (other.returncode, "another installation is there" in other.stderr) == (1, True), other.stderr
    place.env["LTC_ERP_TOKEN"] = "wrong"
    changed = place.run("up")
    assert (changed.returncode, "(LTC_ERP_TOKEN)" in changed.stderr) == (4, True), changed.stderr
    place.env["LTC_ERP_TOKEN"] = "t"

    place.ok("chain", "start", "lead_to_cash", "--opportunity", "10250")
    gone = ("--event", "crm.order_cancelled", "--data", '{"opportunity": "10250", "reason": "changed my mind"}')
    assert place.ok("webhook", "test", "shop", *gone, "--id", "T1") == {"status": 202, "stored": "T1"}
    assert place.ok("webhook", "test", "shop", *gone, "--id", "T1")["known"] == "T1"
    place.until(lambda: place.ok("chain", "list", "--outcome", "cancelled"), "the end by a signed event")

    started = place.ok("chain", "start", "lead_to_cash", "--opportunity", "10249", "--actor", "nancy.davolio")
    assert (started["chain"], started["result"]) == ("lead_to_cash:10249", "started")
    chain = started["chain"]
    assert place.ok("chain", "start", "lead_to_cash", "--opportunity", "10249")["result"] == "existed"

    task = place.until(lambda: place.ok("task", "list", "--for", "steven.buchanan"), "the approval")[0]
    assert task["candidates"] == ["steven.buchanan"]
    wrong = place.run("task", "approve", task["ref"], "--actor", "olga.petrova", "--yes")
    assert wrong.returncode == 4, wrong.stderr

    held = place.ok("chain", "hold", chain, *BASE)
    assert held["status"] == "accepted"
    assert place.ok("chain", "list", "--state", "held")[0]["chain"] == chain
    why = place.ok("stuck")
    assert [(row["chain"], row["reason"]) for row in why] == [(chain, "held")]
    assert place.run("chain", "hold", chain, "--actor", "nancy.davolio", "--reason", "x", "--yes").returncode == 4
    assert place.ok("chain", "release", chain, *BASE)["status"] == "accepted"
    longer = place.ok("chain", "extend", chain, "--sla", "chain", "--by", "2bd", *BASE)
    assert longer["status"] == "accepted"

    decided = place.ok("task", "approve", task["ref"], "--actor", "steven.buchanan", "--comment", "fine", "--yes")
    assert decided["status"] == "accepted"
    assert place.run("task", "approve", task["ref"], "--actor", "steven.buchanan", "--yes").returncode == 4

    place.until(lambda: place.ok("chain", "list", "--leg", "shipment"), "the shipment")
    shown = place.ok("chain", "show", chain)
    assert {row["type"] for row in shown["documents"]} >= {"Order", "Release"}
    assert any(row["op"] == "erp.confirm_order" and row["status"] == "certain" for row in shown["effects"])

    dry = place.ok("chain", "cancel", chain, "--actor", "olga.petrova", "--reason", "test", "--dry-run")
    assert dry["dry_run"] is True
    assert any("erp.release_delivery" in line for line in dry["consequence"])
    assert place.ok("chain", "cancel", chain, *BASE)["status"] == "accepted"
    ended = place.until(lambda: place.ok("chain", "list", "--number", "10249", "--state", "ended"), "the end")[0]
    assert ended["outcome"] == "cancelled"
    assert place.run("chain", "hold", chain, *BASE).returncode == 4

    trail = place.ok("chain", "timeline", chain, "--full", "--limit", "1000")
    assert [row["seq"] for row in trail] == sorted(row["seq"] for row in trail)
    said = {row["kind"] for row in trail}
    assert said >= {"chain_started", "decided", "intervened", "sla_extended", "undone", "ended"}
    assert place.ok("views", "refold", "--drop", "--yes")["chains"] == 2
    assert place.ok("views", "verify") == []

    down = place.ok("down")
    assert down == {"stopped": ["temporal", "crm", "erp", "worker", "webhook"], "killed": []}
    assert place.listening() == []
    away = place.run("chain", "start", "lead_to_cash", "--opportunity", "10251")
    assert away.returncode == 1
    assert away.stderr.count("error:") == 1
    assert "Traceback" not in away.stderr
    assert place.ok("chain", "show", chain)["outcome"] == "cancelled"  # the records answer without Temporal
    alone = place.run("stuck")
    assert (alone.returncode, alone.stdout) == (0, "")
    assert "from the records alone" in alone.stderr
    assert place.run("stuck", "lead_to_cash:1").returncode == 3


@pytest.mark.parametrize("delay", [0.3, 1.5, 3.0])
def test_ctrl_c_while_coming_up_leaves_nothing(place: Place, delay: float):
    child = subprocess.Popen(
        place.command("up"), cwd=place.folder, env=place.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        child.wait(delay)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=60)
    if child.returncode == 0:
        return  # it was up before the signal; the fixture ends it
    assert child.returncode in (130, -signal.SIGINT), said  # the latter: the interpreter itself was not up yet
    assert place.alive() == []
    assert place.listening() == []


def test_down_where_nothing_ran_is_no_failure(place: Place):
    done = place.run("down")
    assert (done.returncode, done.stderr) == (0, "nothing was running\n")


def test_looking_where_nothing_is_leaves_nothing_behind(place: Place):
    done = place.run("chain", "list")
    assert done.returncode == 1
    assert "`ltc up` makes one" in done.stderr
    assert not (place.folder / "state").exists()
