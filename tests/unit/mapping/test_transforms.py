"""Each transform: what it makes of a system's value, what it makes of ltc's, and what it refuses."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltc.mapping import MappingError, parse_mapping
from ltc.mapping.calling_codes import CALLING
from ltc.mapping.countries import CODES, ENGLISH
from ltc.model.money import Money

HEAD = "mapping: 1\nsystem: acme\nabsent: [false]\nentities:\n"
# A field of ltc that each transform fits, to try it on; the entity is made of that one field.
PLACES = {
    "money": ("payment", "amount", "id, invoice, received_at"),
    "date": ("payment", "received_at", "id, invoice, amount"),
    "datetime": ("payment", "received_at", "id, invoice, amount"),
    "integer": ("lead", "score", "id, stage"),
    "quantity": ("goods_return", "quantity", "id, delivery"),
    "decimal": ("rate", "rate", "source, target, 'on'"),
    "percent": ("line", "discount", "id, product, quantity, unit_price, net, tax, gross"),
    "boolean": ("opportunity", "lost", "id, number, customer, owner, currency, lines, net, tax, gross"),
}


def mapped(transform, **args):
    entity, field, by_code = PLACES.get(transform, ("lead", "stage", "id"))
    said = "".join(f", {key}: {value}" for key, value in args.items())
    one = f"transform: {transform}{said}"
    return (
        parse_mapping(
            f"{HEAD}  {entity}:\n    by_code: [{by_code.replace(chr(39), '')}]\n"
            f"    read: [{{target: {field}, source: x, {one}}}]\n"
            f"  out:\n    of: {entity}\n    write: [{{target: x, source: {field}, {one}}}]\n",
            "acme.yaml",
        ),
        entity,
        field,
    )


def one_way(way, transform, args):
    """Compile only the way that is tried: some arguments count for one of them."""
    entity, field, by_code = PLACES.get(transform, ("lead", "stage", "id"))
    said = "".join(f", {key}: {value}" for key, value in args.items())
    ends = ("x", field) if way == "write" else (field, "x")
    rest = f"    by_code: [{by_code.replace(chr(39), '')}]\n" if way == "read" else ""
    text = f"{HEAD}  {entity}:\n{rest}    {way}: [{{target: {ends[0]}, source: {ends[1]}, transform: {transform}{said}}}]\n"
    return parse_mapping(text, "acme.yaml"), entity, field


def read(transform, value, record=None, **args):
    mapping, entity, field = one_way("read", transform, args)
    return mapping.read(entity, {"x": value, **(record or {})}).get(field)


def write(transform, value, **args):
    mapping, entity, field = one_way("write", transform, args)
    return mapping.write(entity, {field: value}).get("x")


def usd(minor):
    return {"minor": minor, "currency": "USD"}


@pytest.mark.parametrize(
    ("transform", "args", "theirs", "ours"),
    [
        ("text", {}, "  Ernst ", "Ernst"),
        ("text", {}, 5, "5"),
        ("text", {"case": "upper"}, "won", "WON"),
        ("text", {"max": 3, "cut": "true"}, "abcdef", "abc"),
        ("integer", {}, 5.0, 5),
        ("integer", {}, "12", 12),
        ("decimal", {}, "0.500", "0.5"),
        ("decimal", {"places": 2}, 0.125, "0.12"),
        ("percent", {}, 12.5, "0.125"),
        ("boolean", {}, True, True),
        ("boolean", {"yes": "J", "no": "N"}, "N", False),
        ("quantity", {"units": "{DZ: 12}", "unit_is": "DZ"}, 2, 24),
        ("quantity", {"units": "{kg: '0.001'}", "unit_is": "kg"}, 2000, 2),
        ("money", {"currency_is": "USD"}, "12.345", usd(1234)),  # half-even
        ("money", {"currency_is": "USD"}, 12.355, usd(1236)),
        ("money", {"currency_is": "JPY"}, "12.5", {"minor": 12, "currency": "JPY"}),
        ("money", {"currency_is": "USD", "minor": "true"}, 1234, usd(1234)),
        ("money", {"currency_is": "USD"}, Decimal("1E+2"), usd(10_000)),
        ("currency", {}, "usd", "USD"),
        ("currency", {"currencies": "{RMB: CNY}"}, "RMB", "CNY"),
        ("datetime", {}, "2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00Z"),
        ("datetime", {"zone": "Asia/Shanghai"}, "2026-03-02 10:00:00", "2026-03-02T02:00:00Z"),
        ("datetime", {"format": "unix"}, 0, "1970-01-01T00:00:00Z"),
        ("datetime", {"format": "unix_ms"}, 1500, "1970-01-01T00:00:01.500000Z"),
        ("datetime", {"format": "native", "zone": "UTC"}, datetime(2026, 3, 2, tzinfo=UTC), "2026-03-02T00:00:00Z"),
        ("datetime", {"zone": "Europe/Berlin"}, "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),  # the first of two
        ("date", {"zone": "Europe/Berlin"}, "2026-03-02", "2026-03-01T23:00:00Z"),
        ("date", {"zone": "UTC", "at": "'09:00'"}, date(2026, 3, 2), "2026-03-02T09:00:00Z"),
        ("date", {"zone": "UTC", "format": "'%d.%m.%Y'"}, "02.03.2026", "2026-03-02T00:00:00Z"),
        ("phone", {}, "+49 (0)621 / 084-60", "+4962108460"),
        ("phone", {}, "0049 621 08460", "+4962108460"),
        ("phone", {"country_is": "DE"}, "0621-08460", "+4962108460"),
        ("phone", {"country_is": "US"}, "(206) 555-9857", "+12065559857"),
        ("phone", {"country_is": "IT"}, "011-4988260", "+390114988260"),
        ("phone", {"country_is": "US", "extension": "drop"}, "206 555-9857 x 12", "+12065559857"),
        ("enum", {"table": "{CLOSED_WON: won}"}, "CLOSED_WON", "won"),
        ("enum", {"table": "{CLOSED_WON: won}", "otherwise": "other"}, "NEW", "other"),
        ("enum", {"table": "{1: won}"}, 1, "won"),
        ("country", {}, "Côte d’Ivoire", "CI"),
        ("country", {}, "USA", "US"),
        ("country", {}, "uk", "GB"),
        ("country", {"names": "{Teutonia: DE}"}, "Teutonia", "DE"),
    ],
)  # fmt: skip
def test_read(transform, args, theirs, ours):
    assert read(transform, theirs, **args) == ours


@pytest.mark.parametrize(
    ("transform", "args", "ours", "theirs"),
    [
        ("integer", {}, "12", 12),
        ("integer", {"as": "text"}, 12, "12"),
        ("percent", {}, "0.125", 12.5),
        ("percent", {"as": "native"}, Decimal("0.1"), Decimal("10.0")),
        ("boolean", {"yes": "J", "no": "N"}, True, "J"),
        ("quantity", {"units": "{DZ: 12}", "unit_is": "DZ", "as": "text"}, 18, "1.5"),
        ("money", {"currency_is": "USD"}, usd(1205), 12.05),
        ("money", {"currency_is": "USD", "as": "text"}, usd(1200), "12.00"),
        ("money", {"currency_is": "USD", "as": "native"}, Money(minor=1, currency="USD"), Decimal("0.01")),
        ("money", {"currency_is": "USD", "minor": "true"}, usd(1205), 1205),
        ("currency", {"currencies": "{RMB: CNY, CNH: CNY}"}, "CNY", "RMB"),  # the file's first
        ("date", {"zone": "Europe/Berlin"}, "2026-03-01T23:00:00Z", "2026-03-02"),
        ("date", {"zone": "UTC", "format": "native"}, "2026-03-02T00:00:00Z", date(2026, 3, 2)),
        ("datetime", {"format": "unix_ms"}, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), 1000),
        ("datetime", {"format": "'%Y-%m-%d %H:%M:%S'", "zone": "UTC"}, "2026-03-02T09:00:00Z", "2026-03-02 09:00:00"),
        ("phone", {}, "+4962108460", "+4962108460"),
        ("enum", {"table": "{CLOSED_WON: won, WON: won}"}, "won", "CLOSED_WON"),
        ("country", {"as": "name"}, "DE", "Germany"),
        ("country", {"as": "name", "names": "{Deutschland: DE}"}, "DE", "Deutschland"),
    ],
)  # fmt: skip
def test_write(transform, args, ours, theirs):
    made = write(transform, ours, **args)
    assert made == theirs
    assert type(made) is type(theirs)


@pytest.mark.parametrize(
    ("transform", "args", "theirs", "why"),
    [
        ("text", {}, {"a": 1}, "no text"),
        ("text", {}, True, "no text"),
        ("text", {"max": 3}, "abcd", "4 characters"),
        ("integer", {}, 5.5, "no whole number"),
        ("integer", {}, True, "no number"),
        ("decimal", {}, float("nan"), "no number"),
        ("decimal", {}, "1e999999", "no number"),
        ("decimal", {}, "9" * 20, "beyond"),
        ("decimal", {}, Decimal("1E+999999"), "no number"),
        ("boolean", {}, "yes", "neither true nor false"),
        ("quantity", {}, 1.5, "whole"),
        ("quantity", {"units": "{DZ: 12}", "unit": "u"}, 1, "missing"),
        ("money", {"currency": "c"}, 1, "missing"),
        ("money", {"currency_is": "USD"}, "1,234.50", "no number"),
        ("money", {"currency_is": "USD", "minor": "true"}, "1.5", "whole"),
        ("currency", {}, "XXQ", "no currency"),
        ("currency", {"currencies": "{RMB: CNY}"}, "CNY", "known are RMB"),
        ("datetime", {}, "2026-03-02T09:00:00", "zone"),
        ("datetime", {}, "tomorrow", "no date and time"),
        ("datetime", {"zone": "Europe/Berlin"}, "2026-03-29T02:30:00", "no clock in Europe/Berlin"),
        ("date", {"zone": "UTC"}, "2026-02-30", "no date"),
        ("phone", {}, "0621 08460", "country"),
        ("phone", {"country_is": "US"}, "206 555-9857 ext. 12", "extension"),
        ("phone", {"country_is": "US"}, "CALL-ME", "characters"),
        ("phone", {"country_is": "AQ"}, "12345678", "not known here"),
        ("phone", {}, "+1", "no telephone number"),
        ("enum", {"table": "{CLOSED_WON: won}"}, "CLOSED_WAN", "did you mean 'CLOSED_WON'"),
        ("country", {}, "Atlantis", "no country"),
    ],
)  # fmt: skip
def test_read_refuses(transform, args, theirs, why):
    with pytest.raises(MappingError, match=why) as caught:
        read(transform, theirs, **args)
    assert caught.value.source == "x"


@pytest.mark.parametrize(
    ("transform", "args", "ours", "why"),
    [
        ("money", {"currency_is": "EUR"}, usd(1), "in USD, not in EUR"),
        ("money", {"currency_is": "USD"}, 5, "no money"),
        ("quantity", {"units": "{kg: 3}", "unit_is": "kg"}, 1, "exactly"),
        ("datetime", {}, "2026-03-02T09:00:00", "no instant"),
        ("phone", {}, "0621 08460", "E.164"),
        ("enum", {"table": "{CLOSED_WON: won}"}, "lost", "it has won"),
        ("country", {}, "DEU", "alpha-2"),
        ("integer", {}, "A-7", "no number"),
    ],
)  # fmt: skip
def test_write_refuses(transform, args, ours, why):
    with pytest.raises(MappingError, match=why):
        write(transform, ours, **args)


def test_unknown_unit_names_those_known():
    with pytest.raises(MappingError, match="known are DZ, PCE"):
        read("quantity", 1, {"u": "KG"}, units="{DZ: 12, PCE: 1}", unit="u")


@given(
    st.integers(-(10**14), 10**14),
    st.sampled_from(["USD", "JPY", "KWD"]),
    st.sampled_from(["number", "text", "native"]),
)
def test_money_comes_back(minor, currency, form):
    ours = {"minor": minor, "currency": currency}
    sent = write("money", ours, currency_is=currency, **{"as": form})
    assert read("money", sent, currency_is=currency) == ours


@given(st.integers(0, 10**9), st.sampled_from(["1", "12", "0.5", "0.001"]))
def test_quantities_come_back_or_are_refused(quantity, factor):
    args = {"units": f"{{U: '{factor}'}}", "unit_is": "U"}
    try:
        sent = write("quantity", quantity, **args)
    except MappingError:
        return
    assert read("quantity", sent, **args) == quantity


@given(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)), st.sampled_from(["iso", "native", "unix"]))  # noqa: DTZ001
def test_instants_come_back(moment, form):
    ours = moment.replace(tzinfo=UTC, microsecond=0).isoformat().replace("+00:00", "Z")
    assert read("datetime", write("datetime", ours, format=form, zone="Europe/Berlin"), format=form) == ours


@given(st.decimals(0, Decimal("0.9999"), places=6))
def test_shares_come_back(share):
    assert Decimal(read("percent", write("percent", str(share), **{"as": "text"}))) == share


@given(st.sampled_from(sorted(CALLING)), st.integers(10**7, 10**9))
def test_a_normal_number_stays_as_it_is(country, digits):
    normal = read("phone", str(digits), country_is=country)
    assert read("phone", normal) == normal == write("phone", normal)


def test_countries_come_back():
    for code, name in ENGLISH.items():
        assert read("country", write("country", code, **{"as": "name"})) == code, name
    assert len(ENGLISH) == 249
    assert len(CODES) == 2 * 249
    assert set(CALLING) <= set(ENGLISH)
