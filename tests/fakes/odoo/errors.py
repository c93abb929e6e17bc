"""What the fake raises, with the status and the name that Odoo gives it."""


class OdooError(Exception):
    """An error as it goes over the wire."""

    status = 500
    name = "builtins.Exception"


class UserError(OdooError):
    status, name = 422, "odoo.exceptions.UserError"


class ValidationError(OdooError):
    status, name = 422, "odoo.exceptions.ValidationError"


class MissingError(OdooError):
    status, name = 404, "odoo.exceptions.MissingError"


class AccessError(OdooError):
    status, name = 403, "odoo.exceptions.AccessError"


class NotFound(OdooError):
    status, name = 404, "werkzeug.exceptions.NotFound"


class Unauthorized(OdooError):
    status, name = 401, "werkzeug.exceptions.Unauthorized"


class BadRequest(OdooError):
    status, name = 400, "werkzeug.exceptions.BadRequest"


class Unprocessable(OdooError):
    status, name = 422, "werkzeug.exceptions.UnprocessableEntity"


class TooMany(OdooError):
    status, name = 429, "werkzeug.exceptions.TooManyRequests"


class ServerError(OdooError):
    """A Python error inside Odoo, such as a field that does not exist."""

    name = "builtins.ValueError"


class Serialization(OdooError):
    name = "psycopg2.errors.SerializationFailure"

    def __init__(self) -> None:
        super().__init__("could not serialize access due to concurrent update\n")


class LockNotAvailable(OdooError):
    name = "psycopg2.errors.LockNotAvailable"

    def __init__(self) -> None:
        super().__init__('could not obtain lock on row in relation "stock_quant"\n')
