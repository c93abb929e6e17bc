"""Settings: read from the environment, refused by name, and never showing a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from ltc.bootstrap import check_names, shared_systems
from ltc.ports.operations import Registry
from ltc.settings import PARTS, SettingsError, load, unknown_variables


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith(("LTC_", "TEMPORAL_")):
            monkeypatch.delenv(name)


def test_defaults_are_an_installation_on_this_machine() -> None:
    settings = load()
    assert settings.temporal_address == "127.0.0.1:7233"
    assert settings.database_url() == f"sqlite:///{Path('.ltc/ltc.db').resolve()}"
    assert tuple(settings.parts) == PARTS
    assert settings.limits("erp").concurrency > 0


def test_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTC_QUEUES", '{"erp": {"concurrency": 3, "rate": 1.5}}')
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal:7233")
    monkeypatch.setenv("LTC_DATABASE", "postgresql+psycopg://u:p@db/ltc")
    settings = load()
    assert (settings.limits("erp").concurrency, settings.limits("erp").rate) == (3, 1.5)
    assert settings.limits("crm").rate == 0
    assert settings.temporal_address == "temporal:7233"
    assert settings.database_url().endswith("db/ltc")


def test_our_own_name_of_the_address_wins_over_temporals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "other:1")
    monkeypatch.setenv("LTC_TEMPORAL_ADDRESS", "ours:1")
    assert load().temporal_address == "ours:1"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("LTC_INSTALLATION", "a b", "LTC_INSTALLATION"),
        ("LTC_HTTP_TIMEOUT", "0", "LTC_HTTP_TIMEOUT"),
        ("LTC_SETTLE", "-1", "LTC_SETTLE"),
        ("LTC_QUEUES", "{", "LTC_QUEUES"),
        ("LTC_QUEUES", '{"erp": {"concurrency": 0}}', "LTC_QUEUES__ERP__CONCURRENCY"),
        ("LTC_CLOCK", "[1]", "not a JSON object"),
        ("LTC_CLOCK", "soon", "not JSON"),
        ("LTC_PARTS", '["cooking"]', "LTC_PARTS"),
        ("LTC_EFFECT_CLASSES", '{"erp.create_order": "E"}', "LTC_EFFECT_CLASSES"),
        ("LTC_LOG_LEVEL", "LOUD", "LTC_LOG_LEVEL"),
        ("LTC_SYSTEMS", '{"erp": {"breaker": {"failures": 0}}}', "LTC_SYSTEMS__ERP__BREAKER__FAILURES"),
        ("LTC_SYSTEMS", '{"erp": {"breaker": {"first": 60}}}', "LTC_SYSTEMS__ERP__BREAKER: most must not be less than"),
        (
            "LTC_SYSTEMS",
            '{"erp": {"breaker": {"narrow": 65}}}',
            "LTC_SYSTEMS__ERP__BREAKER: wide must not be less than",
        ),
        ("LTC_SYSTEMS", '{"erp": {"breaker": {"fist": 1}}}', "LTC_SYSTEMS__ERP__BREAKER__FIST"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=told):
        load()


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTC_ERP_TOKEN", "hunter2")
    monkeypatch.setenv("LTC_DATABASE", "postgresql+psycopg://u:hunter2@db/ltc")
    settings = load()
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_a_wrong_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTC_CLOCK", "hunter2")
    with pytest.raises(SettingsError) as caught:
        load()
    assert "hunter2" not in str(caught.value)


def test_a_mistyped_variable_is_told() -> None:
    given = {"LTC_ERP_ULR": "x", "LTC_STATE": "y", "LTC_QUEUES__ERP__RATE": "1", "PATH": "/", "LTC_SANDBOX_TOKEN": "t"}
    assert unknown_variables(given) == ["the variable LTC_ERP_ULR means nothing to ltc; did you mean LTC_ERP_URL?"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"queues": {"epr": {"rate": 1}}}, "LTC_QUEUES: there is no 'epr'; there are crm, customer, erp"),
        ({"effect_classes": {"erp.get_order": "A"}}, "LTC_EFFECT_CLASSES: there is no 'erp.get_order'"),
        ({"start_on": {"crm.won": "lead_to_cash"}}, "LTC_START_ON: there is no 'crm.won'"),
    ],
)
def test_settings_that_name_what_is_not_there_are_refused(change: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        check_names(load(**change), Registry())
    check_names(load(), Registry())


def test_ports_of_one_system_share_its_breaker_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTC_SYSTEMS", '{"customer": {"breaker": {"failures": 2}}, "crm": {"breaker": {"first": 0.5}}}')
    found = {tuple(ports): limits for ports, limits in shared_systems(load())}
    assert found[("erp", "customer")].failures == 2
    assert (found[("crm",)].failures, found[("crm",)].first) == (5, 0.5)


def test_ports_of_one_system_cannot_say_different_breaker_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    words = '{"erp": {"breaker": {"failures": 3}}, "customer": {"breaker": {"failures": 2}}}'
    monkeypatch.setenv("LTC_SYSTEMS", words)
    with pytest.raises(SettingsError, match="reach one system and say different breaker limits"):
        shared_systems(load())
