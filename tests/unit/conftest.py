"""Fixtures for tests of commands: both languages, a desk that answers from what it was given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ltc.cli import session
from tests.support.fake_desk import FakeDesk


@pytest.fixture(params=["en", "zh"])
def tongue(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each language that commands speak."""
    monkeypatch.setenv("LTC_LANG", request.param)
    return str(request.param)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeDesk]:
    """Seat a desk before the commands: `desk(task=…)` says what it answers."""

    def sit(**answers: Any) -> FakeDesk:
        made = FakeDesk(**answers)
        monkeypatch.setattr(session, "open_desk", lambda: made)
        return made

    return sit
