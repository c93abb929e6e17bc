"""Answers checked against the model that they should be."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ltc.ports.errors import ContractBroken

Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], answer: Any, where: str) -> Model:
    """Return an answer as the model it should be; fields of its own that a list adds are left out.

    Raises:
        ContractBroken: fields are missing or wrong.
    """
    known = (
        {name: answer[name] for name in model.model_fields if name in answer} if isinstance(answer, dict) else answer
    )
    try:
        return model.model_validate(known)
    except ValidationError as error:
        first = error.errors()[0]
        where = f"{where}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        raise ContractBroken(f"the answer is not a {model.__name__}: {where}", str(answer)) from None
