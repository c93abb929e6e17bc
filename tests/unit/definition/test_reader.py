"""The reader's subset of YAML: limits stop it early, words stay words, every place is known."""

import contextlib
import resource
import subprocess
import sys
import time

import pytest

from ltc.definition.errors import DefinitionError
from ltc.definition.nodes import Listing, Mapping, Scalar
from ltc.definition.reader import MAX_BYTES, read


def refused(data):
    with pytest.raises(DefinitionError) as caught:
        read(data)
    (problem,) = caught.value.problems
    return f"{problem.code} {problem.line}:{problem.column}"


@pytest.mark.parametrize(
    "word", ["NO", "no", "on", "off", "yes", "True", "12:30", "1.5", "1e3", "007", "0x1F", "2026-03-02", "+1", ".5"]
)
def test_words_stay_words(word):
    assert read(f"a: {word}").values["a"].value == word


def test_numbers_and_truth():
    tree = read("a: 12\nb: -3\nc: true\nd: 'true'\ne: \"12\"\nf: 0")
    assert [tree.values[key].value for key in "abcdef"] == [12, -3, True, "true", "12", 0]


def test_places():
    tree = read("a:\n  - b: 'x'\n    c: yes\nd: [1, {e: f}]")
    first = tree.values["a"].items[0]
    assert isinstance(first, Mapping)
    assert isinstance(tree.values["d"], Listing)
    assert (first.mark.line, first.mark.column) == (2, 5)
    quoted = first.values["b"]
    assert isinstance(quoted, Scalar)
    assert (quoted.mark.column, quoted.start.column) == (8, 9)
    assert (first.keys["c"].line, first.keys["c"].column) == (3, 5)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ("a: &x 1", "LTC-D006 1:4"),
        ("a: *x", "LTC-D006 1:4"),
        ("&k a: 1", "LTC-D006 1:1"),
        ("a: 1\n<<: {b: 2}", "LTC-D007 2:1"),
        ("a: !!str 1", "LTC-D008 1:4"),
        ("a: !python/object x", "LTC-D008 1:4"),
        ("%YAML 1.1\n---\na: 1", "LTC-D008 1:1"),
        ("a: 1\nb: 2\na: 3", "LTC-D009 3:1"),
        ("a: {x: 1, 'x': 2}", "LTC-D009 1:11"),
        ("a: 1\n---\nb: 2", "LTC-D010 2:1"),
        ("a:\n\tb: 1", "LTC-D011 2:1"),
        ("a: x\u202ey", "LTC-D012 1:5"),
        ("a: x\u200by", "LTC-D012 1:5"),
        ("a: \x07", "LTC-D012 1:4"),
        ("\ufeffa: 1", "LTC-D012 1:1"),
        ("[a]: 1", "LTC-D013 1:1"),
        ("? {a: 1}\n: 2", "LTC-D013 1:3"),
        ("a:", "LTC-D014 1:3"),
        ("a: null", "LTC-D014 1:4"),
        ("a: ~", "LTC-D014 1:4"),
        ("", "LTC-D015 1:1"),
        ("# nothing", "LTC-D015 1:1"),
        ("[1, 2]", "LTC-D015 1:1"),
        ("just text", "LTC-D015 1:1"),
        ("a: [1", "LTC-D003 2:1"),
        ("a: b: c", "LTC-D003 1:5"),
        (b"a: \xff\xfe", "LTC-D002 1:4"),
        ("a: 1\n  b: 2", "LTC-D003 2:4"),
    ],
)
def test_refused(data, where):
    assert refused(data) == where


def test_limits_hold_exactly():
    text = "a: " + "x" * (MAX_BYTES - 3)
    assert len(read(text).values["a"].text) == MAX_BYTES - 3
    assert refused(text + "x") == "LTC-D001 1:1"
    assert read("a: " + "[" * 18 + "1" + "]" * 18)
    assert refused("a: " + "[" * 19 + "1" + "]" * 19) == "LTC-D004 1:23"
    assert read("a: [" + "1," * 4998 + "]")
    assert refused("a: [" + "1," * 4999 + "]") == "LTC-D005 1:10001"


BOMBS = {
    "brackets": "[" * 65_000,
    "open lists on lines": "[\n" * 32_000,
    "braces": "{a: " * 16_000,
    "dashes": "- " * 32_000,
    "questions": "? " * 32_000,
    "colons": "a:" * 32_000,
    "many keys": "".join(f"k{number}: 1\n" for number in range(6_500)),
    "many items": "a: [" + "1," * 32_000 + "]",
    "laughs": "a: &a [x]\nb: &b [*a,*a,*a]\n" * 1_000,
    "one long word": "a: " + "x" * 65_000,
    "long key": "x" * 65_000 + ": 1",
    "escapes": 'a: "' + "\\x41" * 16_000 + '"',
    "comments": "#\n" * 32_000,
    "block": "a: |\n" + " x\n" * 20_000,
    "folded": "a: x\n" + "  y\n" * 16_000,
    "nested questions": "[? " * 21_000,
    "quotes": "'" * 65_000,
    "percent": "%" * 65_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_hostile_input_is_decided_fast(name):
    best = 1.0
    for _ in range(3):  # the best of three: other work on the machine is not what is measured
        began = time.perf_counter()
        with contextlib.suppress(DefinitionError):
            read(BOMBS[name])
        best = min(best, time.perf_counter() - began)
    assert best < 0.2


ARM, STEP = "          - when: opportunity.lost\n", "      - call: erp.create_order\n"
LARGE = {
    "arms": (ARM, "".join(f"          - {{when: opportunity.version > {n}, steps: []}}\n" for n in range(1_000)) + ARM),
    "long arms": (
        ARM,
        "".join(
            f"          - {{when: {' && '.join(f'opportunity.version > {n}{m}' for m in range(15))}, steps: []}}\n"
            for n in range(100)
        )
        + ARM,
    ),
    "unknown keys": ("calendar: cn\n", "calendar: cn\n" + "".join(f"unknown_key_{n}: 1\n" for n in range(1_500))),
    "unknown operations": (STEP, "".join(f"      - call: erp.creat_ordr{n}\n" for n in range(140)) + STEP),
    "inputs": ("input: {", "input: {" + "".join(f"i{n}: event.opportunity, " for n in range(1_500))),
    "steps": (STEP, "      - {call: erp.get_order, with: {order: order.id}}\n" * 900 + STEP),
    "legs": ("  order:\n", "".join(f"  l{n}:\n    steps: [{{end: lost}}]\n" for n in range(900)) + "  order:\n"),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_definition_is_decided_fast(name, base, load):
    load(base)  # what is loaded and cached once is not what is measured
    best = 1.0
    for _ in range(3):
        began = time.perf_counter()
        with pytest.raises(DefinitionError):
            load(base.replace(*LARGE[name]))
        best = min(best, time.perf_counter() - began)
    assert best < 0.2


@pytest.mark.parametrize("name", ["arms", "long arms", "inputs", "steps", "legs"])
def test_too_large_is_said(name, base, load):
    with pytest.raises(DefinitionError, match="LTC-D017"):
        load(base.replace(*LARGE[name]))


def test_hostile_input_takes_little_memory():
    program = (
        "import resource, sys\n"
        "from ltc.definition.reader import read\n"
        "from ltc.definition.errors import DefinitionError\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for text in sys.stdin.read().split('\\0'):\n"
        "    try: read(text)\n"
        "    except DefinitionError: pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    assert resource.getpagesize()
    done = subprocess.run(
        [sys.executable, "-c", program], input="\0".join(BOMBS.values()), capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 50 * 1024
