"""Documents of K3Cloud on their way: saved, submitted, audited, and each of the three taken back.

A document's state is read before every step, so that a step whose answer was lost is never done again:
A saved (创建) → B submitted (审核中) → C audited (已审核); D is audited and taken back (重新审核), editable like A.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ltc.adapters.kingdee.answers import NOT_OPERABLE, VALIDATION, SaidNo
from ltc.adapters.kingdee.client import K3Client
from ltc.adapters.kingdee.forms import Form
from ltc.ports.errors import ContractBroken, Unavailable

EDITABLE, SUBMITTED, AUDITED, VOID = ("Z", "A", "D"), "B", "C", "B"
_ROUNDS = 4  # reads of the state on one way; more changes than that are somebody else's
_USED = "已经被使用"  # 违反字段唯一性要求：编码唯一。[…]在当前系统中已经被使用。
_REPEATED = "重复"  # what ValidateRepeatJson refuses


@dataclass(frozen=True)
class State:
    """How far a document is."""

    id: int
    number: str
    status: str
    void: bool

    @property
    def editable(self) -> bool:
        """Whether it may still be changed."""
        return self.status in EDITABLE

    @property
    def audited(self) -> bool:
        """Whether it is in force."""
        return self.status == AUDITED and not self.void


class Bills:
    """Moves documents on and back, one step at a time."""

    def __init__(self, client: K3Client) -> None:
        self.client = client

    async def find(self, form: Form, number: str) -> State | None:
        """Return how far a document is; None when there is none of this number.

        Raises:
            ContractBroken: there are several.
        """
        rows = await self.client.query(form.id, form.state, f"{form.number} = {quoted(number)}")
        if len({row[form.key] for row in rows}) > 1:
            raise ContractBroken(f"{self.client.system}: several of {form.title} have the number {number}", str(rows))
        return state_of(form, rows[0]) if rows else None

    async def save(self, form: Form, model: dict[str, Any]) -> None:
        """Save a new document under its own number. One of this number that is there already is left as it is.

        Raises:
            SaidNo: it is refused.
        """
        for repeated in ("true", "false"):
            try:
                await self.client.act("Save", form.id, saving(model, repeated))
                return
            except SaidNo as no:
                if no.code != VALIDATION or not (_USED in no.text or _REPEATED in no.text):
                    raise
                if await self.find(form, str(model[form.number])) is not None:
                    return
                if repeated == "false" or _REPEATED not in no.text:
                    raise
                # The same JSON was saved once and its document was deleted since: its number still keeps it single.

    async def change(self, form: Form, model: dict[str, Any]) -> None:
        """Give a document new content; its lines are replaced.

        Raises:
            SaidNo: it is refused.
        """
        await self.client.act("Save", form.id, saving(model, "false"))

    async def finish(self, form: Form, number: str, *, waive: bool = False) -> State:
        """Submit and audit, from wherever the document stands.

        Args:
            form: its form.
            number: its number.
            waive: whether warnings that ask for a person's consent are passed over: it was given.

        Raises:
            SaidNo: it is refused; the document stands where it got to.
        """
        for _ in range(_ROUNDS):
            state = await self._there(form, number)
            if state.status == AUDITED:
                return state
            await self._step("Audit" if state.status == SUBMITTED else "Submit", form, state, waive=waive)
        raise Unavailable(f"{self.client.system}: {form.title} {number} is being changed by somebody else")

    async def reopen(self, form: Form, number: str) -> State:
        """Take audit and submission back, from wherever the document stands, until it may be edited.

        Raises:
            SaidNo: it is refused: something depends on it.
        """
        for _ in range(_ROUNDS):
            state = await self._there(form, number)
            if state.editable:
                return state
            await self._step("UnAudit" if state.status == AUDITED else "CancelAssign", form, state)
        raise Unavailable(f"{self.client.system}: {form.title} {number} is being changed by somebody else")

    async def void(self, form: Form, number: str) -> State:
        """Make a document void (作废): it keeps its number and its content, and nothing depends on it any more.

        Raises:
            SaidNo: it is refused: something depends on it.
        """
        for _ in range(_ROUNDS):
            state = await self._there(form, number)
            if state.void:
                return state
            state = await self.reopen(form, number)
            await self._step("ExcuteOperation", form, state, opNumber="Cancel")
        raise Unavailable(f"{self.client.system}: {form.title} {number} is being changed by somebody else")

    async def discard(self, form: Form, number: str) -> None:
        """Delete a document that never was in force; its number is free again.

        Raises:
            SaidNo: it is refused.
        """
        if await self.find(form, number) is not None:
            state = await self.reopen(form, number)
            await self._step("Delete", form, state)

    async def _there(self, form: Form, number: str) -> State:
        state = await self.find(form, number)
        if state is None:
            raise Unavailable(f"{self.client.system}: {form.title} {number} is gone while it was worked on")
        return state

    async def _step(self, service: str, form: Form, state: State, *, waive: bool = False, **more: Any) -> None:
        """Take one step. A refusal counts only when the document still stands where it stood: another may have."""
        data = {"Numbers": [state.number], "Ids": "", "InterationFlags": "",
                "IgnoreInterationFlag": "true" if waive else "false"}  # fmt: skip
        try:
            await self.client.act(service, form.id, data, **more)
        except SaidNo as no:
            if no.code not in (VALIDATION, NOT_OPERABLE) or await self.find(form, state.number) == state:
                raise


def state_of(form: Form, row: dict[str, Any]) -> State:
    """Return how far a document is, from one of its rows.

    Raises:
        ContractBroken: the row does not say.
    """
    status, cancel = str(row.get("FDocumentStatus") or ""), str(row.get(form.cancel) or "A")
    if status not in ("Z", "A", "B", "C", "D") or not str(row.get(form.key)).isdigit():
        raise ContractBroken(f"{form.title}: the status {status!r} is none of Z, A, B, C, D", str(row))
    return State(int(row[form.key]), str(row[form.number]), status, cancel == VOID)


def saving(model: dict[str, Any], repeated: str) -> dict[str, Any]:
    """Return the data of a Save: base data by number, lines replaced, nothing submitted by itself."""
    return {
        "NeedUpDateFields": [], "NeedReturnFields": ["FBillNo"], "IsDeleteEntry": "true", "SubSystemId": "",
        "IsVerifyBaseDataField": "true", "IsEntryBatchFill": "true", "ValidateFlag": "true", "NumberSearch": "true",
        "IsAutoAdjustField": "false", "InterationFlags": "", "IgnoreInterationFlag": "",
        "IsControlPrecision": "false", "IsAutoSubmitAndAudit": "false", "ValidateRepeatJson": repeated, "Model": model,
    }  # fmt: skip


def quoted(text: str) -> str:
    """Return a text as it stands in a FilterString, which is SQL: quotes doubled."""
    return "'" + text.replace("'", "''") + "'"
