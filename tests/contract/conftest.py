"""The contract fixtures, for the tests of this folder."""

from __future__ import annotations

from tests.contract.plugin import contract_recorder, vendor_documents

__all__ = ["contract_recorder", "vendor_documents"]
