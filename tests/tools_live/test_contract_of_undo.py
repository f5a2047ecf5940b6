"""What undoing looks up and sends is what the vendors' documents allow, for every way of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from egoi_mcp.api.catalog import match
from egoi_mcp.guard.undo import WAYS
from egoi_mcp.sandbox import Sandbox
from tests.contract.plugin import ContractRecorder
from tests.contract.vendor_documents import SPECS, VendorDocuments, documents_of_the_environment
from tests.guard.deeds import deeds, detailed
from tests.guard.undo_cases import CASES, LENIENT, made

pytestmark = pytest.mark.anyio

REVERSING = {
    *(("egoi", name) for name in ("actionActivateContacts", "actionAttachTag", "actionCancelOperation")),
    *(("egoi", name) for name in ("actionDeactivateContacts", "actionDetachTag", "actionPauseOperation")),
    *(("egoi", name) for name in ("actionResumeOperation", "actionUnsubscribeContact", "patchContact")),
    *(("egoi", name) for name in ("deleteCampaigns", "deleteExtraField", "deleteFieldOption")),
    *(("egoi", name) for name in ("deleteList", "deleteSuppressionList", "deleteTag", "deleteWebhook")),
    ("txtsync", "DeleteContact"),
    *(("intercom", name) for name in ("ArchiveContact", "UnarchiveContact")),
    *(("intercom", name) for name in ("attachTagToContact", "detachTagFromContact")),
    *(("intercom", name) for name in ("attachContactToACompany", "detachContactFromACompany")),
}
LOOKING = {("egoi", name) for name in ("getAllOperations", "getAllSuppressionList", "getContact", "getList")}


async def undo_everything(tmp_path: Path) -> None:
    """Do and undo each case at an account of its own."""
    for number, case in enumerate(CASES.values()):
        sandbox = detailed() if case.detailed else Sandbox()
        async with deeds(tmp_path / str(number), LENIENT, sandbox=sandbox) as session:
            undone = await session.undo(await session.do(await made(case, sandbox)))
            assert undone.status == "succeeded", undone.text


async def test_every_reversing_operation_goes_out_and_has_a_way_of_its_own(
    tmp_path: Path, recorded: ContractRecorder
) -> None:
    await undo_everything(tmp_path)
    sent = {(each.api, match(each.api, each.method, each.target).name) for each in recorded.requests}
    assert sent >= REVERSING | LOOKING
    assert WAYS.keys() >= REVERSING


@pytest.mark.skipif(
    documents_of_the_environment() is None, reason=f"{SPECS} names no folder with the vendors' documents"
)
async def test_the_documents_allow_every_request_of_undoing(
    tmp_path: Path, recorded: ContractRecorder
) -> None:
    await undo_everything(tmp_path)
    documents = documents_of_the_environment()
    assert isinstance(documents, VendorDocuments)
    assert recorded.problems() == []
    for each in recorded.requests:
        name = each.api, match(each.api, each.method, each.target).name
        if name in REVERSING | LOOKING:
            assert documents.check(each.method, each.api, each.target, each.body) == [], name
