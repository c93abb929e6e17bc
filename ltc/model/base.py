"""The base of every value: frozen, strict about unknown fields; and what is wrong with one that was refused."""

from pydantic import BaseModel, ConfigDict, ValidationError


class Value(BaseModel):
    """A frozen pydantic model that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def first_fault(error: ValidationError, *within: str, whole: str = "") -> tuple[str, str]:
    """Return the place of the first thing that is wrong with values, such as ``lines.0.quantity``, and what it is.

    Args:
        error: what pydantic says; the values themselves are not quoted.
        within: the place of these values in what holds them.
        whole: what the place is called where it is all of them.
    """
    first = error.errors(include_input=False, include_url=False)[0]
    return ".".join(str(part) for part in (*within, *first["loc"])) or whole, first["msg"]
