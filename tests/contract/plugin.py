"""Fixtures that hold every request a test sends against the vendors' documents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from egoi_mcp.api.catalog import FrozenRequest
from tests.contract.vendor_documents import SPECS, VendorDocuments, documents_of_the_environment


class ContractRecorder:
    """Collects what was sent; without documents it collects and finds nothing wrong."""

    def __init__(self, documents: VendorDocuments | None) -> None:
        self._documents = documents
        self.requests: list[FrozenRequest] = []

    def record(self, frozen: FrozenRequest) -> None:
        """Remember one request that was sent."""
        self.requests.append(frozen)

    def problems(self) -> list[str]:
        """What the documents do not allow, each sentence once."""
        if self._documents is None:
            return []
        found = (self._documents.check(r.method, r.api, r.target, r.body) for r in self.requests)
        return list(dict.fromkeys(problem for problems in found for problem in problems))


@pytest.fixture
def contract_recorder() -> Iterator[ContractRecorder]:
    """A recorder; at the end of the test, everything it was given has to be allowed by the documents."""
    recorder = ContractRecorder(documents_of_the_environment())
    yield recorder
    problems = recorder.problems()
    if problems:
        pytest.fail(
            "the vendors' documents do not allow what was sent:\n" + "\n".join(problems), pytrace=False
        )


@pytest.fixture(scope="session")
def vendor_documents() -> VendorDocuments:
    """The vendors' documents, for tests that cannot do without."""
    documents = documents_of_the_environment()
    if documents is None:
        pytest.skip(f"{SPECS} names no folder with the vendors' documents")
    return documents
