"""The generated reference of the language in Chinese: the same rows, their meanings said by the catalogue."""

from __future__ import annotations

import re
from functools import cache

from ltc.definition.shapes import FORMATS
from ltc.wording import chinese

_CELLS = re.compile(r"(?<!\\)\|")
_COMPLAINT = re.compile(r"\| (LTC-D\d{3}) \|")
_RANGE = re.compile(r"\b(\d+) to (\d+)\b")
_TYPE = re.compile(r"\((list of )?([A-Za-z ]+)\)")


def page(reference: str) -> str:
    """Return the reference as ``ltc.definition.reference`` writes it, in Chinese; keys, words and names stay."""
    return "\n".join(_line(line) for line in reference.split("\n"))


def _line(line: str) -> str:
    titles = chinese().titles
    if found := _COMPLAINT.match(line):
        sentence, remedy = chinese().codes[found[1]]
        return f"| {found[1]} | {_marked(sentence)} | {_marked(remedy)} |"
    if line.startswith("| "):
        cells = [_cell(cell.strip().replace("\\|", "|")).replace("|", "\\|") for cell in _CELLS.split(line)[1:-1]]
        return f"| {' | '.join(cells)} |"
    if line in titles or line.startswith("#"):
        return titles.get(line, line)
    if line.startswith("Not in this version: "):
        return (
            line.replace("Not in this version: ", titles["Not in this version: "]).replace(", ", "、").rstrip(".")
            + "。"
        )
    return _described(line)


def _described(line: str) -> str:
    """Say a line of prose: a key in bold and what it does, or what something is and how it is written."""
    known = chinese().phrases
    if found := re.fullmatch(r"(\*\*`.*?`\*\*) (.*)", line):
        return f"{found[1]} {known.get(found[2], found[2])}"
    for at in sorted((found.start() for found in re.finditer(": ", line)), reverse=True):
        doc = _docs().get(line[:at])
        if doc:
            return f"{doc}：{_cell(line[at + 2 :].removesuffix('.'))}。"
    return known.get(line, line)


@cache
def _docs() -> dict[str, str]:
    """Return what things are called at the beginning of a sentence."""
    return {english[:1].upper() + english[1:]: other for english, other in chinese().phrases.items()}


def _cell(text: str) -> str:
    known, titles = chinese().phrases, chinese().titles
    if text in titles or text in known:
        return titles.get(text) or known[text]
    if text.startswith("`") and text.endswith("` (needed)"):
        return text.replace(" (needed)", titles[" (needed)"])
    if _TYPE.search(text) and "`" not in text:
        return _TYPE.sub(_typed, text)
    if "`" not in text and (said := chinese().line(text)) != text:
        return said
    text = _RANGE.sub(r"\1 到 \2", text)
    for words in _formats():
        text = text.replace(words, known[words])
    for word in ("a list: ", "names with: ", "a mapping", "` or `", " or "):
        text = text.replace(word, titles[word])
    return text


def _typed(found: re.Match[str]) -> str:
    kind = chinese().titles.get(found[2], found[2])
    return f"（{kind} 列表）" if found[1] else f"（{kind}）"


@cache
def _formats() -> tuple[str, ...]:
    """Return how values are written, the longest first: a shorter one may be part of a longer one."""
    return tuple(sorted((words for _, words in FORMATS.values()), key=lambda words: -len(words)))


def _marked(template: str) -> str:
    from ltc.definition.reference import plain

    return plain(template).replace("|", "\\|")
