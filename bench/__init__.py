"""Measurements: what each promises stands in its own text, and it fails where that is not kept."""

from __future__ import annotations
