"""The sample people: reserved numbers and example addresses, with the gaps that real lists have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from egoi_mcp.sandbox.egoi.state import Activity, Contact, derived_id
from egoi_mcp.sandbox.wire import JsonValue

_NUMBERS: Mapping[str, Callable[[int], str]] = {
    "PT": lambda n: f"351-900000{n:03d}",
    "ES": lambda n: f"34-600000{n:03d}",
    "BR": lambda n: f"55-1190000{n:04d}",
    "GB": lambda n: f"44-7700900{n:03d}",
    "DE": lambda n: f"49-1520000{n:04d}",
    "FR": lambda n: f"33-63998{n:04d}",
    "US": lambda n: f"1-20255501{n:02d}",
}
_LANGUAGES = {"PT": "pt", "ES": "es", "BR": "br", "GB": "en", "DE": "de", "FR": "fr", "US": "en"}
_LAST_NAMES = {
    "PT": "Exemplo",
    "ES": "Ejemplo",
    "BR": "Amostra",
    "GB": "Sample",
    "DE": "Muster",
    "FR": "Exemple",
    "US": "Placeholder",
}
_CITIES = {
    "PT": "Lisboa",
    "ES": "Madrid",
    "BR": "São Paulo",
    "GB": "London",
    "DE": "Berlin",
    "FR": "Paris",
    "US": "New York",
}
_MIX = ("PT", "ES", "PT", "BR", "GB", "PT", "DE", "FR", "PT", "US")
_FIRST_NAMES = (
    *("Ana", "Rui", "Inês", "João", "Marta", "Tiago", "Sofia", "Pedro", "Carla", "Nuno", "Lucía", "Diego"),
    *(
        "Elena",
        "Bruno",
        "Camila",
        "Hannah",
        "Lukas",
        "Emma",
        "Oliver",
        "Chloé",
        "Louis",
        "Grace",
        "Noah",
        "Zoë",
    ),
)
_ASCII = str.maketrans("êãíéë", "eaiee")
_DOMAINS = ("example.com", "example.org", "example.net")
SEED_EPOCH = 1_780_315_200.0
"""2026-06-01 12:00:00 UTC: nothing in the seed happened later, but for what is queued for 2099."""
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be in several lists; `number` is unique in the seed, `country` an ISO code."""

    number: int
    country: str
    first_name: str
    email: str
    cellphone: str


class People:
    """Makes the people of a seed, one after the other."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._made = 0
        self._by_country: Counter[str] = Counter()

    def next(self, country: str | None = None) -> Person:
        """The next person, from a country or from the mix of ten."""
        country = country or _MIX[self._made % len(_MIX)]
        self._made += 1
        self._by_country[country] += 1
        name_at = int(derived_id(self._seed, "name", self._made, 8), 16) % len(_FIRST_NAMES)
        first_name = _FIRST_NAMES[name_at]
        mailbox = first_name.lower().translate(_ASCII)
        return Person(
            number=self._made,
            country=country,
            first_name=first_name,
            email=f"{mailbox}.{self._made:03d}@{_DOMAINS[self._made % 3]}",
            cellphone=_NUMBERS[country](self._by_country[country]),
        )


def plain_contact(
    seed: int, list_id: int, place: int, person: Person, stamp: Callable[[float], str]
) -> Contact:
    """An active contact without gaps; `place` is its position in the list, from 1."""
    since = SEED_EPOCH - (place * 37 % 700 + 1) * _DAY
    base: dict[str, JsonValue] = {
        "contact_id": derived_id(seed, f"contact-{list_id}", place, 10),
        "status": "active",
        "consent": "consent",
        "consent_date": stamp(since),
        "subscription_method": ("form", "imported", "api", "manual")[place % 4],
        "subscription_date": stamp(since),
        "subscription_form": 0,
        "change_date": stamp(since)[:10],
        "first_name": person.first_name,
        "last_name": _LAST_NAMES[person.country],
        "birth_date": f"{1960 + place % 45}-{1 + place % 12:02d}-{1 + place % 28:02d}",
        "language": _LANGUAGES[person.country],
        "email": person.email,
        "email_status": "active",
        "cellphone": person.cellphone,
        "cellphone_status": "active",
        "push_token_android": [],
        "push_token_ios": [],
    }
    subscribed = Activity(at=since, action_name="subscription")
    return Contact(contact_id=str(base["contact_id"]), list_id=list_id, base=base, activities=[subscribed])


def gappy_contact(
    seed: int, list_id: int, place: int, person: Person, stamp: Callable[[float], str]
) -> Contact:
    """A contact with the statuses, nulls and missing members that its place in the list gives it."""
    contact = plain_contact(seed, list_id, place, person, stamp)
    contact.extra = _extra(place, person)
    contact.tags = None if place % 15 == 3 else _tags(place)
    _set_status(contact, place, stamp)
    base = contact.base
    if place % 25 == 4:
        base["cellphone_status"] = "inactive"
    if place % 30 == 8:
        base["email_status"] = "inactive"
    if place % 12 == 5:
        del base["cellphone"], base["cellphone_status"]
    if place % 24 == 11:
        base["cellphone"] = None
    if place % 40 == 22:
        base["email"] = None
    if place % 9 == 4:
        base["last_name"] = None
    if place % 3 == 1:
        del base["birth_date"]
    elif place % 7 == 2:
        base["birth_date"] = None
    if place % 10 == 9:
        base["score"] = place % 100
    if place % 5 == 0:
        base |= {"phone": f"351-210000{place:03d}", "phone_status": "active"}
    return contact


def _set_status(contact: Contact, place: int, stamp: Callable[[float], str]) -> None:
    status = {7: "inactive", 13: "removed", 17: "unconfirmed"}.get(place % 20, "active")
    contact.base["status"] = status
    if status == "removed":
        contact.base |= {
            "unsubscription_method": "unsubscribe_link",
            "unsubscription_reason": "not_interested",
            "unsubscription_observation": "",
            "unsubscription_date": stamp(SEED_EPOCH - place * _DAY),
        }
        contact.activities.append(Activity(at=SEED_EPOCH - place * _DAY, action_name="unsubscribe"))


def _tags(place: int) -> list[int]:
    carried = {
        1: place % 6 == 0,
        2: place % 2 == 0,
        3: place % 10 == 1,
        4: place % 14 == 2,
        5: place % 14 == 9,
    }
    return [tag_id for tag_id, held in carried.items() if held]


def _extra(place: int, person: Person) -> list[dict[str, JsonValue]]:
    extra: list[dict[str, JsonValue]] = []
    if place % 4 != 3:
        extra.append({"field_id": 1, "format": "text", "value": _CITIES[person.country]})
    extra.append({"field_id": 2, "format": "number", "value": str(place * 10)})
    if place % 10 == 2:
        work = f"351-900000{500 + place % 400:03d}"
        extra.append({"field_id": 3, "format": "cellphone", "value": work, "status": "active"})
    if place % 8 == 0:
        extra.append({"field_id": 4, "format": "options", "value": [1 + place % 3]})
    return extra
