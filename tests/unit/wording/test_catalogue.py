"""The two languages say the same: every English sentence has its Chinese one, with the same particulars, and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Formatter

import pytest

from ltc.definition import shapes
from ltc.definition.codes import CODES
from ltc.definition.schema import DOCUMENT, SHAPES
from ltc.mapping.codes import CODES as MAPPINGS
from ltc.wording import LANGUAGES, UnknownLanguageError, chinese, fill, label, language, say, say_value
from starter import checks
from starter.outcomes import ends_as_told, keys_follow
from starter.real import judge as real
from starter.real import plans
from starter.rehearsal import checks as rehearsed
from starter.rehearsal.billing import billed_as_agreed, returns_are_credited
from starter.rehearsal.endings import ends_show
from starter.rehearsal.prices import prices_follow_the_clause
from starter.scenario import KINDS
from tests.support.chains import shipped
from tests.unit.wording.sources import ROOT, headings, helps, pages, sentences

ZH = ROOT / "ltc/wording/zh"
# Where sentences for readers are made. What others say (outside systems, the sandbox) is quoted, not ours.
CLI = sorted((ROOT / "ltc/cli").glob("*.py"))
ENGINE = [
    *sorted((ROOT / "ltc/client").glob("*.py")), *(path for path in sorted((ROOT / "ltc/store").rglob("*.py")) if path.stem != "view_tables"),
    *sorted((ROOT / "ltc/core").glob("*.py")), *sorted((ROOT / "ltc/ports").glob("*.py")),
    *sorted((ROOT / "ltc/whatif").glob("*.py")), *sorted((ROOT / "ltc/adapters/people_file").glob("*.py")),
    *sorted((ROOT / "ltc/adapters/files_folder").glob("*.py")),
    ROOT / "ltc/model/money.py", ROOT / "ltc/settings.py", ROOT / "ltc/bootstrap.py", ROOT / "ltc/devserver.py",
]  # fmt: skip
DEFINITION = [
    path
    for path in sorted((ROOT / "ltc/definition").glob("*.py"))
    if path.stem not in ("codes", "shapes", "reference")
    and (path.stem == "schema_check" or not path.stem.startswith("schema"))
]
STARTER = [
    *sorted((ROOT / "ltc/systems").glob("*.py")), ROOT / "ltc/processes.py", ROOT / "ltc/running.py", ROOT / "ltc/ending.py",
    *(ROOT / "starter" / f"{name}.py" for name in (
        "installation", "addresses", "progress", "order_file", "order_lines", "report", "outcomes", "checks", "example", "demo", "chaos", "evidence",
        "rehearsal/report", "rehearsal/run", "rehearsal/progress", "rehearsal/checks", "rehearsal/judge",
        "rehearsal/balances", "rehearsal/billing", "rehearsal/endings", "rehearsal/holdings", "rehearsal/on_record",
        "rehearsal/prices", "real/report", "real/judge", "real/books", "real/demo",
    )),
]  # fmt: skip
# What the systems' adapters, the transport and the calls say stands in holds and in `ltc stuck`; mappings are people's own.
_RAW = ("countries", "calling_codes", "codes", "reference")  # data, and what stands by its code or in a page of its own
SYSTEMS = [
    *sorted((ROOT / "ltc/transport").glob("*.py")), *sorted((ROOT / "activities").glob("*.py")),
    *(path for path in sorted((ROOT / "ltc/adapters").rglob("*.py")) if path.parent.name not in ("people_file", "files_folder")),
]  # fmt: skip
MAPPING = [path for path in sorted((ROOT / "ltc/mapping").rglob("*.py")) if path.stem not in _RAW]
EVERY = {
    "cli": CLI,
    "engine": ENGINE,
    "definition": DEFINITION,
    "starter": STARTER,
    "systems": SYSTEMS,
    "mapping": MAPPING,
}
SAME = {"SHA256"}  # headings that both languages share
STAYS = frozenset(json.loads((Path(__file__).parent / "stays.json").read_text(encoding="utf-8")))


def _read(name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((ZH / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _particulars(text: str) -> list[str]:
    return sorted(re.findall(r"\{[a-z_][a-z0-9_]*\}", text))


def descriptions(shape: shapes.Shape) -> Iterator[str]:
    """Yield what a shape of the language and all inside it say about themselves."""
    if shape.doc:
        yield shape.doc
    if isinstance(shape, shapes.Record):
        yield from shape.reserved.values()
        for inner in shape.keys.values():
            yield from descriptions(inner)
    elif isinstance(shape, shapes.Many | shapes.Table):
        yield from descriptions(shape.of)
    elif isinstance(shape, shapes.OneOf):
        yield from shape.reserved.values()
        for one in (shape.text, shape.listing, *shape.records.values()):
            yield from descriptions(one) if one else ()


def _described() -> set[str]:
    every = [DOCUMENT, *SHAPES.values()]
    return {text for shape in every for text in descriptions(shape)} | {words for _, words in shapes.FORMATS.values()}


def _written(paths: list[Path]) -> set[str]:
    return {text for path in paths for text in sentences(path)}


@pytest.mark.parametrize("paths", EVERY.values(), ids=EVERY)
def test_every_sentence_in_the_code_is_translated(paths: list[Path]) -> None:
    known = {*chinese().phrases, *chinese().fills, *chinese().labels, *chinese().titles, *chinese().shown, *STAYS}
    assert not sorted(_written(paths) - known), (
        "write these into ltc/wording/zh/*.json (or, if no reader sees it, stays.json)"
    )


def test_every_heading_is_translated() -> None:
    shown = {text for path in CLI for text in headings(path) if re.search("[a-zA-Z]", text)}
    assert not sorted(shown - set(chinese().labels) - set(chinese().phrases)), (
        "write these into ltc/wording/zh/labels.json"
    )


def test_every_check_of_the_demonstrations_has_its_name() -> None:
    made = (ends_as_told({}), keys_follow(shipped("lead_to_cash"), "", {}), billed_as_agreed({}), ends_show({}))
    made = (*made, returns_are_credited({}), prices_follow_the_clause({}))
    every = (*checks.CHECKS, *rehearsed.CHECKS, *real.CHECKS, *made, real.notes_once)
    names = {check.__name__ for check in (*every, real.one_deal_per_order)} | {*KINDS, *plans.KINDS}
    assert not sorted({name.replace("_", " ") for name in names} - set(chinese().labels)), (
        "write these into ltc/wording/zh/labels.json"
    )


def test_every_complaint_is_translated() -> None:
    codes = json.loads((ZH / "codes.json").read_text(encoding="utf-8"))
    assert set(codes) == set(CODES), "ltc/wording/zh/codes.json and ltc/definition/codes.py differ in these codes"
    of_mappings = json.loads((ZH / "mapping_codes.json").read_text(encoding="utf-8"))
    own = {code for code, text in MAPPINGS.items() if text != CODES.get(code.replace("LTC-M", "LTC-D"))}
    assert set(of_mappings) == own, "ltc/wording/zh/mapping_codes.json and ltc/mapping/codes.py differ in these codes"
    known = {**MAPPINGS, **CODES}
    for code, (sentence, remedy) in {**codes, **of_mappings}.items():
        for english, other in ((known[code].sentence, sentence), (known[code].remedy, remedy)):
            assert other, f"{code} has an empty text"
            assert _fields(english) == _fields(other), f"{code} has other particulars"
            assert re.search("[\u4e00-\u9fff]", other) or not re.search(r"[a-z]", re.sub(r"\{.*?\}", "", english)), code


def _fields(template: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(template) if name})


def test_every_description_of_the_language_is_translated() -> None:
    assert not sorted(_described() - set(_read("schema"))), "write these into ltc/wording/zh/schema.json"


def test_nothing_is_translated_that_nobody_says() -> None:
    written = _written([path for paths in EVERY.values() for path in paths])
    told = {text for _, command in pages() for text in helps(command)}
    stale = {
        "schema": set(_read("schema")) - _described(),
        "cli": set(_read("cli")) - written - told,
        "engine": set(_read("engine")) - written,
        "language": set(_read("language")) - written,
        "starter": set(_read("starter")) - written,
        "systems": set(_read("systems")) - written,
        "mapping": set(_read("mapping")) - written,
        "help": set(_read("help")) - told - {"Show this message and exit."},
        "stays": STAYS - written,
    }
    assert not {name: sorted(texts) for name, texts in stale.items() if texts}, "remove these"


@pytest.mark.parametrize("name", sorted(path.stem for path in ZH.glob("*.json") if not path.stem.endswith("codes")))
def test_a_catalogue_is_whole(name: str) -> None:
    for english, other in _read(name).items():
        assert other.strip(), f"{english!r} has an empty text"
        if name not in ("labels", "nouns"):
            assert _particulars(english) == _particulars(other), f"{english!r} has other particulars"
        if english not in SAME and re.search(r"[a-z]{3}", re.sub(r"\{.*?\}|`.*?`", "", english)):
            assert english != other, f"{english!r} is not translated"


def test_no_sentence_stands_in_two_catalogues() -> None:
    names = [
        path.stem
        for path in sorted(ZH.glob("*.json"))
        if path.stem not in ("codes", "mapping_codes", "labels", "nouns", "shown")  # shown is not found by its text
    ]
    seen: dict[str, str] = {}
    for name in names:
        for english in _read(name):
            assert seen.setdefault(english, name) == name, f"{english!r} stands in {seen[english]} and {name}"


def test_every_help_page_is_chinese(chinese_reader: None) -> None:
    from ltc.cli.help_pages import noted

    missing = {
        text
        for path, command in pages()
        for text in helps(command)
        if (noted(text) == text and re.search(r"[a-z]{3} [a-z]{2}", text)) or re.search(_ENGLISH, noted(text))
    }
    assert not sorted(missing), "write these into ltc/wording/zh/help.json"


_ENGLISH = r"(?:[a-z]{2,} ){4}"  # a sentence that is Chinese in parts only, where a shorter pattern met it


@pytest.fixture
def chinese_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTC_LANG", "zh")


def test_english_is_said_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LTC_LANG", raising=False)
    assert (language(), say("nothing is stuck"), label("CHAIN")) == ("en", "nothing is stuck", "CHAIN")
    assert fill("told {to}: {about}", to="wen", about="x") == "told wen: x"


def test_an_unknown_language_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTC_LANG", "fr")
    with pytest.raises(UnknownLanguageError, match="'fr' is no language of ltc; use en or zh"):
        language()
    assert LANGUAGES == ("en", "zh")


@pytest.mark.parametrize(
    ("english", "other"),
    [
        ("nothing is stuck", "没有卡住的"),
        ("there is no chain a:1; `ltc chain list` shows those there are", "没有流程实例 a:1；`ltc chain list` 列出现有的"),
        ("there is no code 'LTC-D4'; did you mean LTC-D040?", "没有代码 'LTC-D4'；您是否想写 LTC-D040？"),
        ("  later steps read this document as its result", "  后续步骤把此单据当作它的结果"),
        ("a.yaml:3:7: LTC-D040 there is no operation 'erp.x' (did you mean 'erp.y'?); name one that a system offers: erp.y",
         "a.yaml:3:7: LTC-D040 没有操作 'erp.x'（您是否想写 'erp.y'？）；请写系统提供的操作：erp.y"),
    ],
)  # fmt: skip
def test_messages_are_found_by_what_they_say(chinese_reader: None, english: str, other: str) -> None:
    assert say(english) == other


@pytest.mark.parametrize(
    "name", ["Bank of China", "Made by hand", "held", "Vins et alcools", "used cars", "out of stock"]
)
def test_what_people_wrote_stays(chinese_reader: None, name: str) -> None:
    assert say_value(name) == name


@pytest.mark.parametrize("read", [say, label, say_value])
def test_unknown_text_stays(chinese_reader: None, read: Callable[[str], str]) -> None:
    assert read("qwertz 12345") == "qwertz 12345"
