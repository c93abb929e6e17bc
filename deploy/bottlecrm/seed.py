"""Seed a BottleCRM (django-crm 1.35) with the Northwind company: users, accounts, contacts, products, a lead intake.

Calling convention. Run it with the Python of BottleCRM's own virtual environment, after ``python -m django migrate``,
with the environment that BottleCRM itself is started with (``DJANGO_SETTINGS_MODULE=crm.settings``, ``DBNAME`` …
``DBPORT``, ``SECRET_KEY``, ``CELERY_BROKER_URL``). The web server need not run. BottleCRM writes its log files into the
current folder, so start it where that may happen::

    PYTHON seed.py --data examples/northwind [--org Northwind] [--domain northwind.example] [--token bcrm_pat_…]

The last line of its output, and the only one on stdout, is JSON::

    {"org": UUID, "token": "bcrm_pat_…", "intake": UUID, "intake_key": "…", "user": "admin@…",
     "accounts": 91, "products": 77, "users": 16}

which go into ltc's settings as ``LTC_SYSTEMS={"crm": {"adapter": "bottlecrm", "url": "http://127.0.0.1:PORT",
"token": TOKEN, "password": INTAKE_KEY, "options": {"intake": INTAKE}}}``. Idempotent: what is there is kept. A personal
access token can be read only when it is made: hand an earlier one in with ``--token`` and it is kept, without one a new
token is made. Exit status 0 done, 1 failed.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import secrets
import sys
import warnings
from pathlib import Path
from typing import Any

# The fields that ltc's adapter fills; sales see them on the page of the record. (record, key, label, type)
FIELDS = (
    ("Lead", "ltc_external_id", "External id", "text"),
    ("Lead", "ltc_lines", "Lines", "textarea"),
    ("Opportunity", "ltc_external_id", "External id", "text"),
    ("Opportunity", "ltc_stage", "Set by the order chain", "text"),
    ("Opportunity", "ltc_leg", "Order: leg", "text"),
    ("Opportunity", "ltc_outcome", "Order: outcome", "text"),
    ("Opportunity", "ltc_document", "Order: document", "text"),
    ("Opportunity", "ltc_cancel_reason", "Customer cancels, because", "text"),
    ("Account", "customer_number", "Customer number", "text"),
)
INTAKE = "ltc"
# Countries of the order book as ISO 3166 alpha-2.
COUNTRIES = {
    "Argentina": "AR", "Austria": "AT", "Belgium": "BE", "Brazil": "BR", "Canada": "CA", "Denmark": "DK",
    "Finland": "FI", "France": "FR", "Germany": "DE", "Ireland": "IE", "Italy": "IT", "Mexico": "MX", "Norway": "NO",
    "Poland": "PL", "Portugal": "PT", "Spain": "ES", "Sweden": "SE", "Switzerland": "CH", "UK": "GB", "USA": "US",
    "Venezuela": "VE",
}  # fmt: skip


def model(path: str) -> Any:
    """Return a class of BottleCRM by its dotted name; its modules exist in its own environment only."""
    module, name = path.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """Read a table of the order book."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def member(email: str, name: str, org: Any, role: str) -> Any:
    """Return a user's profile in the organisation, made if it is not there."""
    user, created = model("common.models.User").objects.get_or_create(email=email, defaults={"name": name})
    if created:
        user.set_unusable_password()
        user.save()
    return model("common.models.Profile").objects.get_or_create(
        user=user, org=org, defaults={"role": role, "has_sales_access": True}
    )[0]


def define_fields(org: Any) -> None:
    """Define the fields that ltc fills."""
    definitions = model("common.models.CustomFieldDefinition").objects
    for order, (target, key, label, kind) in enumerate(FIELDS):
        made = {"label": label, "field_type": kind, "is_filterable": True, "display_order": order}
        definitions.get_or_create(org=org, target_model=target, key=key, defaults=made)


def lead_intake(org: Any) -> Any:
    """Return the lead webhook that takes leads in once per external id, made if it is not there."""
    mapping = [{"from": "external_id", "to": "custom_fields.ltc_external_id"}]
    made = {"mapping": mapping, "key": secrets.token_urlsafe(32)}
    return model("leads.models.LeadIntake").objects.get_or_create(org=org, name=INTAKE, defaults=made)[0]


def products(org: Any, folder: Path) -> int:
    """Put the products of the order book into the catalogue; the SKU is the number that orders name."""
    catalogue = model("invoices.models.Product").objects
    book = rows(folder, "products")
    for row in book:
        made = {
            "name": row["ProductName"], "price": row["UnitPrice"], "currency": "USD",
            "description": row["QuantityPerUnit"],
        }  # fmt: skip
        catalogue.get_or_create(org=org, sku=row["ProductID"], defaults=made)
    return len(book)


def accounts(org: Any, folder: Path, domain: str, owner: Any) -> int:
    """Enter the customers of the order book, each as an account with its contact."""
    book = rows(folder, "customers")
    for row in book:
        number = row["CustomerID"].strip()
        address = {
            "address_line": row["Address"], "city": row["City"], "state": row["Region"], "postcode": row["PostalCode"],
            "country": COUNTRIES.get(row["Country"], ""),
        }  # fmt: skip
        account, _ = model("accounts.models.Account").objects.get_or_create(
            org=org, name=row["CompanyName"],
            defaults={
                **address, "phone": row["Phone"], "email": f"{number.lower()}@{domain}", "currency": "USD",
                "custom_fields": {"customer_number": number},
            },
        )  # fmt: skip
        account.assigned_to.add(owner)
        first, _, last = row["ContactName"].partition(" ")
        contact, _ = model("contacts.models.Contact").objects.get_or_create(
            org=org, email=f"{number.lower()}@{domain}",
            defaults={
                **address, "first_name": first, "last_name": last or first, "title": row["ContactTitle"],
                "organization": row["CompanyName"], "account": account,
            },
        )  # fmt: skip
        account.contacts.add(contact)
    return len(book)


def access_token(profile: Any, given: str) -> str:
    """Return a personal access token that is valid: the one given, if it is, or a new one."""
    tokens = model("common.models.PersonalAccessToken")
    known = tokens.objects.filter(profile=profile, token_hash=tokens.hash_token(given)).first() if given else None
    if known is not None and known.is_valid():
        return given
    return str(tokens.generate(profile, INTAKE)[0])


def seed(options: argparse.Namespace) -> dict[str, Any]:
    """Seed, and return what ltc needs to connect."""
    importlib.import_module("django").setup()
    organisations = model("common.models.Org").objects
    org = organisations.filter(name=options.org).order_by("created_at").first() or organisations.create(
        name=options.org, default_currency="USD", timezone="UTC"
    )
    model("common.tasks.set_rls_context")(org.id)  # row-level security: everything below belongs to this organisation
    admin = member(f"admin@{options.domain}", "Administrator", org, "ADMIN")
    people = rows(options.data, "employees")
    for person in people:
        local = f"{person['FirstName']}.{person['LastName']}".lower()
        member(f"{local}@{options.domain}", f"{person['FirstName']} {person['LastName']}", org, "USER")
    define_fields(org)
    model("opportunity.models.DealPipeline").default_for(org)
    intake = lead_intake(org)
    return {
        "org": str(org.id),
        "token": access_token(admin, options.token),
        "intake": str(intake.id),
        "intake_key": intake.key,
        "user": admin.user.email,
        "accounts": accounts(org, options.data, options.domain, admin),
        "products": products(org, options.data),
        "users": len(people) + 1,
    }


def main() -> int:
    """Read the command line, seed, print the connection."""
    parser = argparse.ArgumentParser(description="Seed a BottleCRM with the Northwind company.")
    parser.add_argument("--data", type=Path, required=True, help="the folder of customers.csv, products.csv, …")
    parser.add_argument("--org", default="Northwind", help="the organisation's name")
    parser.add_argument("--domain", default="northwind.example", help="the domain of everybody's addresses")
    parser.add_argument("--token", default="", help="a token of an earlier run, kept if it is still valid")
    warnings.simplefilter("ignore")
    try:
        made = seed(parser.parse_args())
    except ModuleNotFoundError as error:
        sys.stderr.write(f"seed: {error}; run it with the Python of BottleCRM's own environment\n")
        return 1
    sys.stdout.write(json.dumps(made) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
