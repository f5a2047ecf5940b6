"""Importing contacts: what is counted, what is asked, what is sent."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from egoi_mcp.sandbox.faults import Fault, FaultKind
from tests.support import ERAS, Era, Person, Session, connected
from tests.tools_live.live import bodies, facts, mutations, previewed, refused
from tests.tools_live.test_hostile_texts import HOSTILE, assert_tame

pytestmark = pytest.mark.anyio

TOOLS = {"EGOI_MCP_TOOLSETS": "contacts"}
BASIS = {"legal_basis": "consent", "source": "sign-up form, January"}
ROWS: list[dict[str, Any]] = [
    {"email": f"new{number}@example.com", "first_name": "Ana", "cellphone": f"+351 900 000 1{number:02}"}
    for number in range(5)
]
ADDED = {"list_id": "3", "mode": "add", "rows": ROWS, **BASIS}


def contact(number: int) -> dict[str, Any]:
    """What the n-th of ROWS becomes."""
    return {
        "base": {
            "email": f"new{number}@example.com",
            "first_name": "Ana",
            "cellphone": f"351-9000001{number:02}",
        }
    }


def imported(session: Session) -> Counter[str]:
    """How often the sandbox was handed each row."""
    return Counter(each.subject for each in session.sandbox.effects.changed("row_imported"))


@pytest.mark.parametrize("mode", ERAS)
async def test_rows_are_imported_once_a_person_agreed(tmp_path: Path, mode: Era) -> None:
    person = Person()
    async with connected(tmp_path, TOOLS, person=person, mode=mode) as session:
        done = await session.call("import_contacts", **ADDED)
        assert done.status == "succeeded", done.text
        assert bodies(session, "actionImportBulk") == [
            {"mode": "add", "compare_field": "email", "contacts": [contact(number) for number in range(5)]}
        ]
        (question,) = person.questions
        assert "Import 5 contacts into list 3 (Team)" in question
        assert "rows: 5: 5 ready, 0 invalid, 0 duplicate" in question
        assert "legal basis: consent" in question
        assert "new contacts may start the account's automations" in question
        assert len(session.sandbox.effects.changed("contact_created")) == 5
        assert set(imported(session).values()) == {1}
        assert list(session.state_dir.glob(".import-*")) == []


async def test_nothing_is_sent_where_the_person_declines(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person("decline")) as session:
        done = await session.call("import_contacts", **ADDED)
        assert done.status == "declined"
        assert mutations(session) == []


async def test_every_row_is_counted_once_and_wrong_ones_are_told_by_number(tmp_path: Path) -> None:
    rows = [
        ROWS[0],
        {"email": "no address"},
        {"email": "NEW0@example.com"},
        {"first_name": "Rui"},
        {"email": "rui@example.com", "birth_date": "31.12.2000"},
        ROWS[1],
    ]
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        shown = await previewed(session, "import_contacts", **{**ADDED, "rows": rows})
        assert facts(shown)["rows"] == "6: 2 ready, 3 invalid, 1 duplicate"
        left_out = " ".join(shown.data["preview"]["dropped"])
        assert "row 2, email: must be one e-mail address" in left_out
        assert "row 4, nothing to compare by" in left_out
        assert "row 5, birth_date: must be a date, such as 2026-03-01" in left_out
        assert "1 row equal to an earlier one, which counts: row 3" in left_out
        assert "no address" not in shown.text
        done = await session.call("import_contacts", **{**ADDED, "rows": rows})
        assert done.status == "succeeded"
        assert imported(session) == Counter({"new0@example.com": 1, "new1@example.com": 1})


@pytest.mark.parametrize("name", ["people.csv", "below/people.csv", "people.json", "people.jsonl"])
async def test_a_file_of_the_owners_folder_is_imported(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "imports"
    (folder / "below").mkdir(parents=True)
    lines = [
        {"E-mail": f"new{number}@example.com", "First name": "Ana", "Mobile": "", "Shoe size": "38"}
        for number in range(4)
    ]
    if name.endswith("csv"):
        text = "\ufeffE-mail;First name;Mobile;Shoe size\r\n"
        text += "".join(";".join(line.values()) + "\r\n" for line in lines)
    else:
        text = json.dumps(lines) if name.endswith("json") else "\n".join(map(json.dumps, lines))
    (folder / name).write_text(text, encoding="utf-8")
    async with connected(
        tmp_path / "state", TOOLS, person=Person(), EGOI_MCP_IMPORT_DIR=str(folder)
    ) as session:
        done = await session.call(
            "import_contacts", list_id=3, mode="update", file=name, columns={"E-mail": "email"}, **BASIS
        )
        assert done.status == "succeeded", done.text
        (body,) = bodies(session, "actionImportBulk")
        assert body["contacts"][0] == {"base": {"email": "new0@example.com", "first_name": "Ana"}}
        assert len(body["contacts"]) == 4
        assert session.person is not None
        (question,) = session.person.questions
        assert "columns left out: Shoe size" in question
        assert "columns: E-mail = email, First name, Mobile" in question


async def test_batches_are_as_few_as_they_can_be_and_progress_is_told(tmp_path: Path) -> None:
    rows = [{"email": f"new{number}@example.com", "first_name": "A" * 150} for number in range(40)]
    told: list[tuple[float, float | None, str | None]] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async with connected(tmp_path, TOOLS, person=Person(), EGOI_MCP_IMPORT_BATCH_KB="2") as session:
        arguments: dict[str, Any] = {"list_id": "3", "mode": "update", "rows": rows, **BASIS}
        result = await session.client.call_tool("import_contacts", arguments, progress_callback=tell)
        assert not result.is_error
        sent = bodies(session, "actionImportBulk")
        assert [len(body["contacts"]) for body in sent] == [9, 9, 9, 9, 4]
        assert set(imported(session).values()) == {1}
        assert len(imported(session)) == 40
        assert told[-1][:2] == (5, 5)
        assert [each[0] for each in told] == sorted({each[0] for each in told})


async def test_changed_contacts_are_found_by_another_unique_field(tmp_path: Path) -> None:
    rows = [
        {"cellphone": "+351900000001", "first_name": "X"},
        {"cellphone": "351-900000002", "first_name": "Y"},
    ]
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        done = await session.call(
            "import_contacts", list_id="Team", mode="update_only", rows=rows, compare_field="cellphone"
        )
        assert done.status == "succeeded", done.text
        assert set(imported(session)) == {"351-900000001", "351-900000002"}
        assert session.sandbox.effects.changed("contact_created") == []


async def test_who_is_there_is_left_alone_by_add_and_nobody_is_added_by_update_only(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        await session.call("import_contacts", **ADDED)
        more = [{**row, "first_name": "Eva"} for row in ROWS[:2]] + [{"email": "other@example.com"}]
        size = session.sandbox.effects.size
        await session.call("import_contacts", **{**ADDED, "rows": more})
        kinds = Counter(each.kind for each in session.sandbox.effects.changes[size:])
        assert kinds == Counter({"row_imported": 3, "contact_created": 1})
        size = session.sandbox.effects.size
        more[2] = {"email": "another@example.com"}
        await session.call("import_contacts", list_id="3", mode="update_only", rows=more)
        kinds = Counter(each.kind for each in session.sandbox.effects.changes[size:])
        assert kinds == Counter({"row_imported": 3, "contact_updated": 2})


async def test_empty_cells_erase_only_where_that_is_asked_for(tmp_path: Path) -> None:
    rows = [{"email": row["email"], "first_name": "", "last_name": None} for row in ROWS]
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        arguments: dict[str, Any] = {"list_id": "3", "mode": "update_only", "rows": rows}
        await session.call("import_contacts", **arguments)
        done = await session.call("import_contacts", **arguments, force_empty=True)
        assert done.status == "succeeded", done.text
        kept, erased = bodies(session, "actionImportBulk")
        assert kept["contacts"][0] == {"base": {"email": "new0@example.com"}}
        assert "force_empty" not in kept
        assert erased["force_empty"] is True
        assert erased["contacts"][0] == {
            "base": {"email": "new0@example.com", "first_name": "", "last_name": ""}
        }
        assert session.person is not None
        assert "what empty cells erase is kept nowhere" in session.person.questions[-1]


async def test_a_file_without_a_header_puts_nobody_into_the_record(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    rows = [f"a{number}@example.com,+351 900 000 1{number:02}" for number in range(4)]
    (folder / "bare.csv").write_text("\n".join(rows), encoding="utf-8")
    call = {
        "list_id": "3",
        "mode": "add",
        "file": "bare.csv",
        "columns": {"a0@example.com": "email"},
        **BASIS,
    }
    async with connected(tmp_path, {**TOOLS, "EGOI_MCP_IMPORT_DIR": str(folder)}) as session:
        said = facts(await previewed(session, "import_contacts", **call))
        hidden = "(a name that is not repeated here)"
        assert (said["columns"], said["columns left out"]) == (f"{hidden} = email", hidden)


async def test_the_state_of_an_extra_field_stands_for_no_legal_basis(tmp_path: Path) -> None:
    states = {"extra_3": "+351 900 000 199", "extra_3_status": "inactive"}
    call = {"list_id": "1", "mode": "add", "rows": [{**row, **states} for row in ROWS]}
    async with connected(tmp_path, TOOLS) as session:
        assert "legal_basis and source: are required" in await refused(session, "import_contacts", **call)
        shown = await previewed(session, "import_contacts", **call, status="inactive")
        assert "legal basis" not in facts(shown)


async def test_a_legal_basis_is_asked_for_where_somebody_may_be_contacted_then(tmp_path: Path) -> None:
    bare: dict[str, Any] = {"list_id": "3", "rows": ROWS}
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        for mode in ("add", "update"):
            said = await refused(session, "import_contacts", **bare, mode=mode)
            assert "legal_basis and source: are required" in said
        said = await refused(session, "import_contacts", **bare, mode="update_only", status="active")
        assert "legal_basis and source: are required" in said
        one_active = [*ROWS, {"email": "x@example.com", "status": "active"}]
        said = await refused(session, "import_contacts", **{**bare, "rows": one_active}, mode="update_only")
        assert "legal_basis and source: are required" in said
        await previewed(session, "import_contacts", **bare, mode="update_only")
        await previewed(session, "import_contacts", **bare, mode="add", status="inactive")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"rows": None}, "exactly one of them"),
        ({"file": "x.csv"}, "exactly one of them"),
        ({"rows": None, "file": "x.csv"}, "EGOI_MCP_IMPORT_DIR"),
        ({"rows": ROWS[:1]}, "a single contact is what create_contact is for"),
        ({"rows": [{"email": "x"}]}, "no row is ready"),
        ({"rows": [{**row, "shoe_size": 38} for row in ROWS]}, "E-goi takes no shoe_size"),
        ({"rows": [{**row, "phone": "1"} for row in ROWS]}, "say what the column phone is"),
        ({"columns": {"email": "address"}}, "columns: address is no member"),
        ({"columns": {"mail": "email"}}, "columns: no row has mail"),
        ({"compare_field": "first_name"}, "so it tells nobody apart"),
        ({"compare_field": "nonsense"}, "compare_field"),
        ({"list_id": "Nowhere"}, "list_id"),
    ],
)
async def test_what_cannot_be_meant_is_refused(tmp_path: Path, arguments: dict[str, Any], said: str) -> None:
    async with connected(tmp_path, TOOLS, person=Person()) as session:
        given = {name: value for name, value in {**ADDED, **arguments}.items() if value is not None}
        assert said in await refused(session, "import_contacts", **given)


async def test_a_preview_shows_the_model_no_more_than_it_may_see(tmp_path: Path) -> None:
    async with connected(tmp_path, TOOLS, person=Person(), EGOI_MCP_PII="masked") as session:
        shown = await previewed(session, "import_contacts", **ADDED)
        assert "new0@example.com" not in shown.text
        assert shown.data["preview"]["to"][0] == "n***@e***.com"


@pytest.mark.parametrize("name", HOSTILE.values(), ids=list(HOSTILE))
async def test_hostile_headers_cells_and_file_names_stay_data(tmp_path: Path, name: str) -> None:
    rows = [{name: "x", "E": f"n{number}@example.com", "first_name": name} for number in range(2)]
    (tmp_path / "x.json").write_text(json.dumps(rows), encoding="utf-8")
    person = Person()
    async with connected(
        tmp_path / "state", TOOLS, person=person, EGOI_MCP_IMPORT_DIR=str(tmp_path)
    ) as session:
        arguments: dict[str, Any] = {"list_id": "3", "mode": "add", "columns": {"E": "email"}, **BASIS}
        shown = await previewed(session, "import_contacts", **arguments, file="x.json")
        assert_tame(shown)
        assert "2 ready" in facts(shown)["rows"]
        called = await session.call("import_contacts", **arguments, rows=rows)
        assert_tame(called)
        assert called.is_error
        assert_tame(await session.call("import_contacts", **arguments, file=f"{name}.csv"))
        assert mutations(session) == []


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "500_after"])
@pytest.mark.parametrize("import_mode", ["add", "update"])
async def test_a_batch_whose_reply_is_lost_is_unknown_and_the_others_go_on(
    tmp_path: Path, kind: FaultKind, import_mode: str
) -> None:
    rows = [{"email": f"new{number}@example.com", "first_name": "A" * 150} for number in range(20)]
    async with connected(tmp_path, TOOLS, person=Person(), EGOI_MCP_IMPORT_BATCH_KB="2") as session:
        session.sandbox.faults.add(Fault(kind=kind, match="actionImportBulk"))
        done = await session.call("import_contacts", list_id="3", mode=import_mode, rows=rows, **BASIS)
        assert done.status == "unknown"
        assert "Of 3 requests: 2 succeeded, 1 unknown." in done.text
        assert "Request 1: unknown" in done.text
        again = await session.call("check_action", action_id=done.action_id)
        assert again.status == "unknown"
        assert len(bodies(session, "actionImportBulk")) == 3
        assert set(imported(session).values()) == {1}
        assert len(imported(session)) == (20 if kind != "reset_before" else 11)


async def test_a_large_import_is_kept_apart_from_its_row_and_a_small_one_in_it(tmp_path: Path) -> None:
    rows = [{"email": f"new{number}@example.com", "utm_content": "x" * 1000} for number in range(1100)]
    (tmp_path / "large.json").write_text(json.dumps(rows), encoding="utf-8")
    (tmp_path / "small.json").write_text(json.dumps(rows[:500]), encoding="utf-8")
    environ = {**TOOLS, "EGOI_MCP_IMPORT_DIR": str(tmp_path), "EGOI_MCP_IMPORT_BATCH_KB": "500"}
    async with connected(tmp_path / "state", environ, person=Person()) as session:
        for name, parts in (("large.json", 3), ("small.json", 0)):
            done = await session.call("import_contacts", list_id="3", mode="update", file=name, **BASIS)
            assert done.status == "succeeded", done.text
            kept = "SELECT count(*) FROM bodies WHERE action_id = ?"
            assert session.rows.select(kept, done.action_id) == [(parts,)]
            inside = "SELECT count(*) FROM steps WHERE action_id = ? AND length(body) > 0"
            assert (session.rows.select(inside, done.action_id) == [(0,)]) is (parts > 0)
        sent = bodies(session, "actionImportBulk")
        assert sum(len(each["contacts"]) for each in sent) == 1600
        assert set(imported(session).values()) == {1, 2}
