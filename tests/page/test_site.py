"""Who may in: only the browser that the owner opened, and only a form of this page decides."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egoi_mcp.guard.digest import load_state_key
from egoi_mcp.page.messages import MOST_BODY_BYTES
from egoi_mcp.page.sessions import MOST_SESSIONS, SESSION_SECONDS, Sessions
from egoi_mcp.page.tickets import TICKET_SECONDS, Tickets, make_ticket
from tests.guard.sessions import sent
from tests.page.pages import Owner, waiting
from tests.support import SMS, until

pytestmark = pytest.mark.anyio

ABSENT = ""
"""A header that is not sent."""
OWN = "the page's own"
RIGHT = {
    "method": "POST",
    "host": OWN,
    "path": OWN,
    "cookie": OWN,
    "type": "application/x-www-form-urlencoded",
    "action": OWN,
    "form": OWN,
    "from": (OWN, "same-origin", ABSENT),
}
FROM_THE_PAGE = [
    (OWN, "same-origin", ABSENT),
    (OWN, ABSENT, ABSENT),
    ("null", "same-origin", ABSENT),
    (ABSENT, "same-origin", ABSENT),
    (ABSENT, ABSENT, OWN),
    (OWN, "same-origin", OWN),
]
"""Origin, Sec-Fetch-Site and Referer as browsers send them with a form of the page."""
_ORIGINS = [
    OWN,
    "null",
    ABSENT,
    "https://evil.example.com",
    "http://127.0.0.1",
    "http://localhost:1",
    "https",
]
_SITES = ["same-origin", ABSENT, "cross-site", "same-site", "none"]
_REFERRERS = [ABSENT, OWN, "http://evil.example.com/", "root"]
FROM_ELSEWHERE = [
    each
    for each in itertools.product(_ORIGINS, _SITES, _REFERRERS)
    if each not in FROM_THE_PAGE
    and not (each[0] == OWN and each[1] in {"same-origin", ABSENT} and each[2] in {OWN, ABSENT})
    and not (each[0] in {"null", ABSENT} and each[1] == "same-origin" and each[2] in {OWN, ABSENT})
]
WRONG: Mapping[str, list[object]] = {
    "method": ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"],
    "host": [
        "evil.example.com",
        "127.0.0.1",
        "localhost",
        "127.0.0.1:1",
        "127.0.0.2",
        "127.0.0.1.nip.example",
        "twice",
    ],
    "path": ["other id", "no id", "/decide", "upper", "open", "longer", "dotted"],
    "cookie": [ABSENT, "empty", "other value", "other name", "case"],
    "type": [ABSENT, "text/plain", "application/json", "multipart/form-data; boundary=x"],
    "action": [ABSENT, "act_22222222", "upper"],
    "form": [ABSENT, "zeros", "cut", "longer", "other action"],
    "from": [*FROM_ELSEWHERE],
}


def _wrongs() -> st.SearchStrategy[dict[str, object]]:
    """One to all parts of the right request, each put wrong."""
    wrong = st.sets(st.sampled_from(sorted(WRONG)), min_size=1).flatmap(
        lambda names: st.fixed_dictionaries({name: st.sampled_from(WRONG[name]) for name in sorted(names)})
    )
    return wrong.map(lambda parts: {**RIGHT, **parts})


async def send(owner: Owner, parts: Mapping[str, object], *, action: str, form: str, other: str) -> int:
    """Send the request that the parts describe; its status."""
    own_host, own_origin = owner.host, f"http://{owner.host}"
    port = own_host.partition(":")[2]
    host = {OWN: own_host, "127.0.0.2": f"127.0.0.2:{port}", "evil.example.com": f"evil.example.com:{port}"}
    path = {
        OWN: f"{owner.base}decide",
        "other id": f"/{'A' * (len(owner.base) - 2)}/decide",
        "no id": "//decide",
        "upper": f"{owner.base.swapcase()}decide",
        "open": f"{owner.base}open",
        "longer": f"{owner.base}decide/",
        "dotted": f"{owner.base}./decide",
    }
    name, _, value = owner.cookie.partition("=")
    cookie = {
        OWN: owner.cookie,
        "empty": f"{name}=",
        "other value": f"{name}={'A' * len(value)}",
        "other name": f"x{name}={value}",
        "case": f"{name}={value.swapcase()}",
    }
    origin, site, referrer = cast("tuple[str, str, str]", parts["from"])
    origins = {OWN: own_origin, "https": f"https://{own_host}"}
    referrers = {OWN: f"{own_origin}{owner.base}", "root": f"{own_origin}/"}
    shown_host = str(parts["host"])
    headers = {
        "host": f"{own_host}\n{own_host}" if shown_host == "twice" else host.get(shown_host, shown_host),
        "cookie": cookie.get(str(parts["cookie"]), str(parts["cookie"])),
        "content-type": str(parts["type"]),
        "origin": origins.get(origin, origin),
        "sec-fetch-site": site,
        "referer": referrers.get(referrer, referrer),
    }
    actions = {OWN: action, "upper": action.upper()}
    forms = {
        OWN: form,
        "zeros": "0" * len(form),
        "cut": form[:-1],
        "longer": f"{form}0",
        "other action": other,
    }
    fields = {
        "action": actions.get(str(parts["action"]), str(parts["action"])),
        "form": forms.get(str(parts["form"]), str(parts["form"])),
        "decision": "approve",
    }
    answer = await owner.raw(
        str(parts["method"]), path.get(str(parts["path"]), str(parts["path"])), headers, fields
    )
    return answer.status


@settings(max_examples=8)
@given(requests=st.lists(_wrongs(), min_size=25, max_size=40), origin=st.sampled_from(FROM_THE_PAGE))
async def test_nothing_but_the_right_combination_decides(
    tmp_path_factory: pytest.TempPathFactory,
    requests: list[dict[str, object]],
    origin: tuple[str, str, str],
) -> None:
    async with waiting(tmp_path_factory.mktemp("state")) as (session, owner, action_id):
        second = await session.call("send_sms", **{**SMS, "text": "Another text"})
        form, other = await owner.form(action_id), await owner.form(second.action_id)
        states = {action_id: "proposed", second.action_id: "proposed"}
        for parts in requests:
            status = await send(owner, parts, action=action_id, form=form, other=other)
            assert status in {404, 409}, parts
        assert (session.rows.states(), sent(session)) == (states, 0)
        # And the right one does.
        right = {**RIGHT, "from": origin}
        assert await send(owner, right, action=action_id, form=form, other=other) == 303
        await until(lambda: session.ended(action_id))
        assert (session.rows.states(), sent(session)) == ({**states, action_id: "succeeded"}, 1)


async def test_to_whoever_is_not_the_owners_browser_every_answer_is_the_same(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (session, owner, action_id):
        form = await owner.form(action_id)
        right = {"cookie": owner.cookie, "host": owner.host}
        paths = ["", "live", "page.css", f"email/{action_id}", "decide", "rules", "open", "open?ticket=x"]
        asked: list[tuple[str, str, dict[str, str]]] = [
            ("GET", owner.base + path, {"host": owner.host}) for path in paths
        ]
        asked += [("GET", owner.base + path, {**right, "host": "evil.example.com"}) for path in paths]
        asked += [
            ("GET", path, right) for path in ("/", "/favicon.ico", "/robots.txt", "/a/b", owner.base[:-1])
        ]
        asked += [("GET", f"{owner.base}decide?action={action_id}&form={form}&decision=approve", right)]
        asked += [("GET", f"{owner.base}nothing", right), ("GET", f"{owner.base}email/act_22222222", right)]
        asked += [(method, owner.base, right) for method in ("HEAD", "OPTIONS", "TRACE", "PUT", "POST")]
        answers = {await owner.raw(method, path, headers) for method, path, headers in asked}

        assert len(answers) == 1, answers
        (answer,) = answers
        assert (answer.status, answer.body) == (404, b"Not found.\n")
        assert not {"server", "date", "set-cookie", "location"} & dict(answer.headers).keys()
        assert session.rows.states() == {action_id: "proposed"}


async def test_every_reply_keeps_the_page_to_itself(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (_, owner, _action):
        entered = await owner.enter_anew()
        page, styles, live = await owner.look(), await owner.look("page.css"), await owner.look("live")
        for answer in (entered, page, styles, live, await owner.ask("GET", "/")):
            headers = answer.headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["cache-control"] == "no-store"
            assert headers["cross-origin-opener-policy"] == "same-origin"
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert headers["x-frame-options"] == "DENY"
            assert "camera=()" in headers["permissions-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert "default-src 'none'" in headers["content-security-policy"]
        assert page.headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
            "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )


async def test_the_cookie_is_strict_and_the_ticket_is_not_in_the_way_on(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (_, owner, _action):
        entered = await owner.enter_anew()
        name, *attributes = entered.headers["set-cookie"].split("; ")

        assert name.startswith("egoi_mcp_")
        assert set(attributes) == {f"Path={owner.base}", "Max-Age=28800", "HttpOnly", "SameSite=Strict"}
        assert 'http-equiv="refresh" content="0; url=./"' in entered.text
        assert "ticket" not in entered.text


async def test_an_address_opens_once(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (_, owner, _action):
        path = owner.newest_path()
        # It was followed when the page was opened.
        assert (await owner.ask("GET", path)).status_code == 404
        fresh = owner.fresh_path()
        ahead = await owner.ask("GET", fresh, headers={"sec-purpose": "prefetch"})
        assert ahead.status_code == 404
        assert [(await owner.ask("GET", fresh)).status_code for _ in range(2)] == [200, 404]


async def test_cookies_of_others_on_this_host_are_in_nobodys_way(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (_, owner, _action):
        name = owner.cookie.partition("=")[0]
        for others in ('a="; ', "bad name=1; ", f"{name}=tossed; ", "=; ;; "):
            answer = await owner.ask("GET", owner.base, headers={"cookie": others + owner.cookie})
            assert answer.status_code == 200, others
        many = "&".join(f"n{number}=1" for number in range(30))
        assert (await owner.look(f"live?{many}")).status_code == 200


@pytest.mark.parametrize(
    ("after", "owner", "page", "cut", "taken"),
    [
        (0.0, "a" * 16, "page-one", 0, True),
        (TICKET_SECONDS - 1, "a" * 16, "page-one", 0, True),
        (TICKET_SECONDS + 1, "a" * 16, "page-one", 0, False),
        (-10.0, "a" * 16, "page-one", 0, False),
        (0.0, "b" * 16, "page-one", 0, False),
        (0.0, "a" * 16, "page-two", 0, False),
        (0.0, "a" * 16, "page-one", 1, False),
    ],
)
def test_a_ticket_is_for_one_page_of_one_server_and_for_a_minute(
    tmp_path: Path, after: float, owner: str, page: str, cut: int, taken: bool
) -> None:
    key, now = load_state_key(tmp_path), 1_795_000_000.0
    ticket = make_ticket(key, owner="a" * 16, page="page-one", now=now)
    tickets = Tickets(key, owner=owner, page=page)

    given = ticket[: len(ticket) - cut]
    assert [tickets.take(given, now + after) for _ in range(2)] == [taken, False]


@given(st.text(max_size=60) | st.from_regex(r"[0-9.]{1,12}-[0-9a-f]{0,8}-[0-9a-f]{0,70}", fullmatch=True))
def test_no_text_is_a_ticket(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    key = load_state_key(tmp_path_factory.getbasetemp() / "tickets")
    assert not Tickets(key, owner="a" * 16, page="p").take(text, 1.0)


def test_a_ticket_of_another_state_directory_opens_nothing(tmp_path: Path) -> None:
    ours, theirs = load_state_key(tmp_path / "ours"), load_state_key(tmp_path / "theirs")
    ticket = make_ticket(theirs, owner="a" * 16, page="p", now=1000.0)
    assert not Tickets(ours, owner="a" * 16, page="p").take(ticket, 1000.0)


def test_sessions_end_by_time_and_the_oldest_by_number() -> None:
    sessions = Sessions()
    secrets = [sessions.begin(float(at)) for at in range(MOST_SESSIONS + 1)]

    assert sessions.find([secrets[0]], 10.0) is None
    assert all(sessions.find([each], 10.0) for each in secrets[1:])
    assert sessions.find(["", "x", secrets[-1]], 10.0) is not None
    assert sessions.find(secrets, MOST_SESSIONS + SESSION_SECONDS) is None


@pytest.mark.parametrize(
    "body",
    [
        b"x=" + b"a" * MOST_BODY_BYTES,
        b"action=act_22222222&action=act_22222223",
        b"&".join(b"n%d=1" % number for number in range(30)),
        b"decision",
        b"decision=%ff",
        b"\xff\xfe",
    ],
    ids=["too long", "twice", "too many", "no value", "not UTF-8", "no text"],
)
async def test_a_body_that_is_no_small_form_is_not_read(tmp_path: Path, body: bytes) -> None:
    async with waiting(tmp_path) as (session, owner, action_id):
        form = await owner.form(action_id)
        right = f"&action={action_id}&form={form}&decision=approve".encode()
        headers = {
            "cookie": owner.cookie,
            "origin": f"http://{owner.host}",
            "content-type": "application/x-www-form-urlencoded",
        }
        answer = await owner.ask("POST", f"{owner.base}decide", headers=headers, content=body + right)

        assert answer.status_code == 404
        assert session.rows.states() == {action_id: "proposed"}


async def test_the_page_is_told_what_changed_and_only_then(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (_, owner, action_id):
        first = json.loads((await owner.look("live")).text)
        assert first["changed"]
        assert first["html"].startswith("<main")
        assert first["html"].endswith("</main>")
        assert action_id in first["html"]
        same = json.loads((await owner.look(f"live?since={first['version']}")).text)
        assert same == {"changed": False, "version": first["version"], "html": ""}
        await owner.decide(action_id, "decline")
        after = json.loads((await owner.look(f"live?since={first['version']}")).text)
        assert after["changed"]
        assert "Declined. Nothing was sent." in after["html"]


async def test_a_state_that_cannot_be_read_is_said_on_the_page_and_decides_nothing(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (session, owner, action_id):
        form = await owner.form(action_id)
        path = session.rows.path
        await session.ledger.close()
        for each in path.parent.glob("actions.sqlite3*"):
            each.write_bytes(b"no database" * 1000)
        answer = await owner.decide(action_id, form=form)

        assert answer.status_code == 503
        assert "Nothing was decided." in answer.text
        assert sent(session) == 0
