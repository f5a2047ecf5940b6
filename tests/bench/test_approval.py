"""The bench of the way from click to message, in its short form: real processes, real sockets.

Real time passes here. Of the pace only what the bench itself makes of it is looked at.
"""

from __future__ import annotations

import re
import sys

import pytest

from bench import approval


@pytest.mark.skipif(sys.platform == "win32", reason="the browser's command is written for a POSIX shell")
def test_every_click_is_timed_to_its_message_and_the_median_judges(
    capfd: pytest.CaptureFixture[str],
) -> None:
    code = approval.main(["--clicks", "3"])
    said = capfd.readouterr().out
    medians: list[int] = []
    for kind in approval.KINDS:
        (told,) = re.findall(rf"^{kind}: median ([0-9]+) ms of 3 clicks, .*; in order: (.*)$", said, re.M)
        times = sorted(int(each) for each in told[1].split())
        assert len(times) == 3
        assert times[1] == int(told[0]) > 0
        medians.append(times[1])
    assert f"at most {max(medians)} ms at the median (at most 300)" in said
    assert code == (max(medians) > approval.MOST_MS)
