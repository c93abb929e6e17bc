"""What K3Cloud answers, told apart: it says HTTP 200 to everything, so the body is read to the end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ltc.ports.errors import ContractBroken, Misconfigured, OutcomeUnknown, PortError, Unavailable

CONTEXT_LOST, VALIDATION, NOT_OPERABLE, LOCKED, TOO_MANY = 1, 11, 12, 13, 14
_SETTINGS = {2: "the user lacks the right", 7: "the licence does not cover it", 15: "administrators may not call it"}
_REFUSALS = {9: "a value is none", 10: "not found", VALIDATION: "validation", NOT_OPERABLE: "not operable now"}
_REQUEST = {3: "no operation was named", 5: "no form was named", 8: "the parameters are wrong"}
_NOT_ALLOWED = ("允许调用WebAPI", "白名单")  # a validation error in form, a setting of the server in fact
LOCK_SECONDS, LIMIT_SECONDS = 3.0, 30.0
_UNKNOWN = -1


@dataclass(frozen=True)
class Complaint:
    """One error of an answer: the field it is about, if any, and what it says."""

    field: str
    text: str


class SaidNo(Exception):
    """K3Cloud refused: nothing took effect. The operation decides what its words mean."""

    def __init__(self, code: int, complaints: Iterable[Complaint]) -> None:
        self.code = code
        self.complaints = tuple(complaints)
        super().__init__(self.text)

    @property
    def text(self) -> str:
        """Everything it said, shortened."""
        return "; ".join(complaint.text for complaint in self.complaints)[:300] or f"MsgCode {self.code}"


class ContextLost(Exception):
    """The session is not known to the server: nothing was looked at."""


def body_of(text: str, where: str, *, writes: bool) -> Any:
    """Return an answer's JSON, with decimals exact.

    Raises:
        OutcomeUnknown, Unavailable: the server failed in the middle (``response_error:``) of a write, of a read.
        ContractBroken: it is no JSON (a log-in page, a proxy's error), with an excerpt.
    """
    if text.lstrip().startswith("response_error:"):
        said = text.strip().removeprefix("response_error:").strip()[:200]
        raise _broke_off(f"{where}: the server failed: {said or 'it does not say how'}", writes)
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        raise ContractBroken(f"{where}: answered with something that is not JSON", text) from None


def check(body: Any, where: str, *, writes: bool) -> dict[str, Any]:
    """Return ``Result`` of an answer that says that it worked.

    Raises:
        SaidNo: it says no.
        ContextLost: the session is gone.
        PortError: as ``ltc.ports.errors`` tells.
    """
    result = body.get("Result") if isinstance(body, dict) else None
    status = result.get("ResponseStatus") if isinstance(result, dict) else None
    if not isinstance(result, dict) or not isinstance(status, dict) or "IsSuccess" not in status:
        raise ContractBroken(f"{where}: the answer has no Result.ResponseStatus.IsSuccess", _shown(body))
    if not _true(status["IsSuccess"]):
        raise _refusal(status, where, writes=writes)
    convert = result.get("ConvertResponseStatus")
    if isinstance(convert, dict) and not _true(convert.get("IsSuccess", True)):
        raise ContractBroken(f"{where}: says success, but a row was not converted", _shown(convert))
    if writes and not status.get("SuccessEntitys"):
        raise ContractBroken(f"{where}: says success, but names no document", _shown(body))
    return result


def rows_of(body: Any, where: str) -> list[list[Any]]:
    """Return the rows of an ExecuteBillQuery. An error comes as a row, too: ``[[{"Result": …}]]``.

    Raises:
        SaidNo, ContextLost, PortError: as ``check``.
        ContractBroken: it is no list of lists.
    """
    if isinstance(body, dict):
        check(body, where, writes=False)
    first = body[0] if isinstance(body, list) and body else []
    first = first[0] if isinstance(first, list) and first else first
    if isinstance(first, dict):
        check(first, where, writes=False)
    if not isinstance(body, list) or any(not isinstance(row, list) for row in body):
        raise ContractBroken(f"{where}: the answer is no list of rows", _shown(body))
    return body


def _refusal(status: dict[str, Any], where: str, *, writes: bool) -> Exception:
    code = _code(status.get("MsgCode"))
    errors = status.get("Errors")
    complaints = [
        Complaint(str(error.get("FieldName") or ""), str(error.get("Message") or ""))
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
    ]
    no = SaidNo(code, complaints)
    if code == CONTEXT_LOST:
        return ContextLost(no.text)
    if code == LOCKED:
        return Unavailable(f"{where}: somebody holds the document's lock: {no.text}", LOCK_SECONDS, answered=True)
    if code == TOO_MANY:
        return Unavailable(f"{where}: too many calls: {no.text}", LIMIT_SECONDS)
    if code in _SETTINGS or any(word in no.text for word in _NOT_ALLOWED):
        return Misconfigured(f"{where}: {_SETTINGS.get(code, 'the server does not let our user call it')}: {no.text}")
    if code in _REQUEST:
        return ContractBroken(f"{where}: {_REQUEST[code]}: {no.text}", _shown(status))
    if code in _REFUSALS:
        return no
    # 4 is an exception, 6 the database; of a code that nobody has written down no more is known than of these.
    return _broke_off(f"{where}: the server failed (MsgCode {status.get('MsgCode')}): {no.text}", writes)


def _broke_off(text: str, writes: bool) -> PortError:
    return OutcomeUnknown(text) if writes else Unavailable(text)


def _code(value: Any) -> int:
    return int(value) if str(value).isdigit() else _UNKNOWN


def _true(value: Any) -> bool:
    return str(value).lower() == "true"  # the vendor's own templates show it as a text


def _shown(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, default=str)
