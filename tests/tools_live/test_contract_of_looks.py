"""What is read to find out what became of a lost reply is what the vendors' documents allow."""

from __future__ import annotations

from pathlib import Path

import pytest

from egoi_mcp.api.catalog import match
from egoi_mcp.guard.looks.table import LOOKS
from tests.contract.plugin import ContractRecorder
from tests.contract.vendor_documents import SPECS, VendorDocuments, documents_of_the_environment
from tests.guard.looks.acting import DID_NOT, acting
from tests.guard.looks.test_fields import CHANGES, CREATE_LIST, MAKES
from tests.guard.looks.test_intercom import COMPANY_DEED, NAMES, deed

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        documents_of_the_environment() is None, reason=f"{SPECS} names no folder with the vendors' documents"
    ),
]


async def test_the_documents_allow_every_look_at_lists_fields_and_intercom(
    tmp_path: Path, recorded: ContractRecorder
) -> None:
    for name in NAMES:
        async with acting(tmp_path / name) as act:
            await act.settled(deed(act.sandbox, name), DID_NOT)
    for what in (COMPANY_DEED, CREATE_LIST, *MAKES.values(), *CHANGES.values()):
        async with acting(tmp_path / what.name) as act:
            await act.settled(what, DID_NOT)
    documents = documents_of_the_environment()
    assert isinstance(documents, VendorDocuments)
    looked: set[str] = set()
    for each in recorded.requests:
        name = match(each.api, each.method, each.target).name
        if f"`{name}`" in " ".join(entry.where for entry in LOOKS.values()):
            looked.add(name)
            assert documents.check(each.method, each.api, each.target, each.body) == [], name
    assert looked >= {"SearchContacts", "ShowContact", "listTagsForAContact", "listTags", "retrieveCompany"}
    assert looked >= {"getAllLists", "getAllFields", "getAllFieldOptions", "getAllTags"}
