"""Builds the parts of an installation from its settings: records, ports, registry, activities, client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from temporalio.client import Client

from activities.calls import call_activities
from activities.effect_protocol import EffectProtocol
from activities.health import HealthNotes
from activities.people import PeopleActivities
from activities.trail import flush
from ltc import adapters
from ltc.adapters.files_folder import FolderFiles, parse_size
from ltc.adapters.notify_log import LogNotifier
from ltc.adapters.people_file import PeopleFile
from ltc.client import ChainClient
from ltc.client.children import ChildChains
from ltc.client.connection import connect
from ltc.client.keys import SigningKey, load_or_create
from ltc.client.starting import Installation
from ltc.model.clock import VirtualClock
from ltc.model.messages import NOTICES_QUEUE, call_queue
from ltc.ports.adapters import Connection
from ltc.ports.errors import Misconfigured
from ltc.ports.health import Limits
from ltc.ports.operations import EffectClass, Registry
from ltc.ports.people import People
from ltc.ports.systems import System
from ltc.settings import Settings, SettingsError, SystemSettings
from ltc.store.store import Store

PORTS = ("crm", "erp", "customer")


@dataclass(frozen=True)
class Parts:
    """Everything an installation is made of, open and ready."""

    settings: Settings
    store: Store
    registry: Registry
    systems: Mapping[str, System]
    shared: list[tuple[list[str], Limits]]  # the ports by the system that they reach; one breaker guards each
    people: People
    notifier: LogNotifier
    key: SigningKey
    clock: VirtualClock | None

    def effect_classes(self) -> dict[str, str]:
        """Return what each system offers against doing an operation twice."""
        return effect_classes(self.registry, self.systems)

    def activities(self, client: ChainClient | None = None) -> dict[str, list[Callable[..., Any]]]:
        """Return the activities by task queue; chains start others through the client."""
        breakers = HealthNotes(self.store).breakers(self.shared)
        systems = {**self.systems, "chain": ChildChains(client)} if client else self.systems
        calls = call_activities(self.registry, systems, EffectProtocol(self.store), breakers)
        people = PeopleActivities(self.people, self.notifier, self.key.public)
        return {
            **{call_queue(port): made for port, made in calls.items()},
            NOTICES_QUEUE: [*people.all(), flush],
        }


def effect_classes(registry: Registry, systems: Mapping[str, System]) -> dict[str, str]:
    """Return what each system offers against doing an operation twice; "" where it does not carry it out."""
    classes = {}
    for operation in registry.effects():
        if operation.port in systems:
            try:
                classes[operation.name] = str(systems[operation.port].effect_class(operation.name))
            except Misconfigured:
                classes[operation.name] = ""
    return classes


@asynccontextmanager
async def open_parts(settings: Settings) -> AsyncIterator[Parts]:
    """Open an installation's parts and let go of them at the end.

    Raises:
        SettingsError: a setting names what does not exist.
        StoreUnavailable, SchemaOutdated: the database cannot be used as it is.
        ClientError: the signing key cannot be used.
        Misconfigured: an adapter's settings are wrong.
    """
    registry = Registry()
    check_names(settings, registry)
    shared = shared_systems(settings)  # refused before anything is opened
    async with AsyncExitStack() as stack:
        key = await asyncio.to_thread(load_or_create, settings.keys_folder())
        store = await Store.open(settings.database_url())
        stack.push_async_callback(store.close)
        notifier = LogNotifier(settings.notices())
        stack.push_async_callback(notifier.aclose)
        systems = systems_of(settings)
        for system in systems.values():
            stack.push_async_callback(system.aclose)
        people, clock = PeopleFile(settings.people_file), clock_of(settings)
        yield Parts(settings, store, registry, systems, shared, people, notifier, key, clock)


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[ChainClient]:
    """Open the client of an installation's chains; Temporal is connected to when it is first needed."""
    async with open_parts(settings) as parts:
        yield await client_of(parts)


async def client_of(parts: Parts, temporal: Client | None = None) -> ChainClient:
    """Return the client over open parts; without a connection to Temporal it makes one when it is first needed."""
    return ChainClient(
        temporal=temporal or await connect(parts.settings, lazy=True),
        store=parts.store,
        settings=parts.settings,
        registry=parts.registry,
        people=parts.people,
        key=parts.key,
        place=Installation(
            parts.settings.installation,
            parts.key.public,
            parts.clock,
            parts.settings.calendar,
            parts.settings.calendars(),
        ),
        effect_classes=parts.effect_classes(),
        files=files_of(parts.settings),
    )


def files_of(settings: Settings) -> FolderFiles:
    """Return the store of attached files; its folder is made when the first file comes."""
    return FolderFiles(settings.files_folder(), parse_size(settings.file_size), settings.file_kinds)


def check_names(settings: Settings, registry: Registry) -> None:
    """Refuse settings that name a queue, an operation or an event that there is not: they would do nothing.

    Raises:
        SettingsError: names the variable and what it may name.
    """
    ports = dict.fromkeys(operation.port for operation in registry.operations.values())
    effects = [operation.name for operation in registry.effects()]
    for variable, named, known in (
        ("LTC_QUEUES", settings.queues, [*ports, "notices", "chains"]),
        ("LTC_EFFECT_CLASSES", settings.effect_classes, effects),
        ("LTC_SYSTEMS", settings.systems, list(PORTS)),
        ("LTC_START_ON", settings.start_on, list(registry.events)),
    ):
        for name in named:
            if name not in known:
                raise SettingsError(f"{variable}: there is no {name!r}; there are {', '.join(known)}")


def systems_of(settings: Settings) -> dict[str, System]:
    """Return the ports of outside systems by name, each with its adapter.

    Raises:
        Misconfigured: a port's adapter does not exist or does not serve the port.
    """
    made: dict[str, System] = {}
    for port in PORTS:
        chosen = settings.systems.get(port) or SystemSettings()
        adapter = adapters.find(chosen.adapter)
        if port not in adapter.ports:
            raise Misconfigured(
                f"LTC_SYSTEMS: the adapter {adapter.name} serves {', '.join(adapter.ports)}, not {port}"
            )
        made[port] = adapter.connect(port, connection_of(settings, port, chosen))
    return made


def shared_systems(settings: Settings) -> list[tuple[list[str], Limits]]:
    """Return the ports in groups: those of one group reach the same system, so one breaker guards them, by its limits.

    Raises:
        SettingsError: the ports of one system say different limits.
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    said: dict[tuple[str, str, str], tuple[str, Limits]] = {}
    for port in PORTS:
        chosen = settings.systems.get(port) or SystemSettings()
        place = (chosen.adapter, connection_of(settings, port, chosen).url, chosen.database)
        groups.setdefault(place, []).append(port)
        first, limits = said.setdefault(place, (port, chosen.breaker)) if chosen.breaker else ("", None)
        if limits != chosen.breaker:
            raise SettingsError(
                f"LTC_SYSTEMS: {first} and {port} reach one system and say different breaker limits; say them once"
            )
    return [(ports, said[place][1] if place in said else Limits()) for place, ports in groups.items()]


def connection_of(settings: Settings, port: str, chosen: SystemSettings) -> Connection:
    """Return how a port's adapter reaches its system."""
    url, token = (settings.crm_url, settings.crm_token) if port == "crm" else (settings.erp_url, settings.erp_token)
    return Connection(
        url=chosen.url or url,
        token=chosen.token if chosen.token.get_secret_value() or chosen.url else token,
        user=chosen.user, password=chosen.password, database=chosen.database,
        timeout=chosen.timeout or settings.http_timeout,
        settle_seconds=settings.settle if chosen.settle is None else chosen.settle,
        classes={
            name: EffectClass(value)
            for name, value in settings.effect_classes.items()
            if name.split(".")[0] == port
        },
        mapping=chosen.mapping, options=chosen.options,
    )  # fmt: skip


def clock_of(settings: Settings) -> VirtualClock | None:
    """Return the virtual clock of a demonstration; None is real time."""
    return VirtualClock.model_validate(json.loads(settings.clock)) if settings.clock else None
