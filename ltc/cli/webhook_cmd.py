"""`ltc webhook`: the door for signed events: serve it, make a secret, send a sample."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ltc.cli import installed, options
from ltc.cli.exits import BadUsageError, CliError, FailedError, NotFoundError, RefusedError
from ltc.cli.inputs import json_object
from ltc.cli.output import Format, note, one
from ltc.cli.session import run
from ltc.cli.text import clean

if TYPE_CHECKING:
    from ltc.settings import Settings

app = typer.Typer(help="Take signed events in (Standard Webhooks).", no_args_is_help=True, rich_markup_mode=None)
_SECONDS = 10.0  # that a sample waits for its answer


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; default: LTC_WEBHOOK_ADDRESS.")] = "",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one; default as above.", min=-1, max=65535)] = -1,
) -> None:
    """Serve the endpoints that LTC_WEBHOOKS names, until told to stop. `ltc up` starts this where there are any."""
    config = installed.load()
    if not config.webhooks:
        raise BadUsageError(
            'no webhook is configured; set LTC_WEBHOOKS=\'{"shop": {"secrets": ["whsec_…"]}}\' (`ltc webhook secret`)'
        )
    own_host, _, own_port = config.webhook_address.rpartition(":")
    run(_serve(config, host or own_host, int(own_port) if port < 0 else port))


async def _serve(config: Settings, host: str, port: int) -> None:
    import logging

    from ltc.ports.operations import Registry
    from ltc.store import migrate
    from ltc.store.store import Store
    from starter.webhooks import WebhookDoor, create_app, listen_on, serve_on

    logging.getLogger("ltc.webhooks").setLevel(config.log_level)
    migrate.require_current(config.database_url())
    store = await Store.open(config.database_url())
    try:
        application = create_app(WebhookDoor(config, store, Registry()))
        try:
            listener = listen_on(host, port)
        except ValueError as error:
            raise FailedError(str(error)) from None
        address = f"http://{host}:{listener.getsockname()[1]}/webhooks"
        note(f"webhooks are taken at {', '.join(f'{address}/{name}' for name in config.webhooks)}")
        await serve_on(application, listener)
    finally:
        await store.close()


@app.command()
def secret() -> None:
    """Make a secret for LTC_WEBHOOKS and for the sender. It is shown once and kept nowhere."""
    from starter.standard_webhooks import new_secret

    typer.echo(new_secret())
    note("give it to the sender and put it first in the endpoint's secrets; take the old one out when all sign anew")


@app.command("test")
def send_sample(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The endpoint, as LTC_WEBHOOKS names it.")],
    event: Annotated[str, typer.Option("--event", metavar="EVENT", help="The event's name, as erp.goods_shipped.")],
    data: Annotated[str, typer.Option("--data", metavar="JSON", help="Its fields: JSON, @file or -.")],
    identity: Annotated[str, typer.Option("--id", metavar="ID", help="Its id; default: a new one.")] = "",
    url: Annotated[str, typer.Option("--url", metavar="URL", help="Where to; default: LTC_WEBHOOK_ADDRESS.")] = "",
    output: options.Output = Format.TABLE,
) -> None:
    """Sign an event with the endpoint's first secret, send it and show the answer. It is a real event to the chains."""
    config = installed.load()
    endpoint = config.webhooks.get(name)
    if endpoint is None:
        raise NotFoundError(f"LTC_WEBHOOKS names no {name!r}; it names {', '.join(config.webhooks) or 'none'}")
    body = json.dumps({"type": event, "data": json_object(data, "--data")}).encode()
    address = url or f"http://{config.webhook_address}/webhooks/{name}"
    answer = _send(address, body, endpoint.secrets[0].get_secret_value(), identity)
    one(answer, output, lambda _: typer.echo(clean(json.dumps(answer, ensure_ascii=False))))


def _send(address: str, body: bytes, key: str, identity: str) -> dict[str, Any]:
    import time
    import uuid

    import httpx

    from starter.standard_webhooks import headers_of

    try:
        headers = headers_of([key], identity or f"test_{uuid.uuid4().hex}", int(time.time()), body)
        answer = httpx.post(
            address, content=body, headers={**headers, "content-type": "application/json"}, timeout=_SECONDS
        )
    except ValueError as error:
        raise BadUsageError(f"LTC_WEBHOOKS: {error}") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FailedError(
            f"{address} does not answer ({type(error).__name__}); is `ltc webhook serve` running?"
        ) from None
    try:
        said = answer.json()
    except ValueError:
        said = {"error": answer.text[:200]}
    if answer.status_code >= 300:
        raise _end_of(answer.status_code)(f"{answer.status_code}: {said.get('error', said)}")
    return {"status": answer.status_code, **said}


def _end_of(status: int) -> type[CliError]:
    return FailedError if status >= 500 else RefusedError
