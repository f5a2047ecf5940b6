"""What previews say of an SMS text."""

from __future__ import annotations

from egoi_mcp.errors import InvalidInput
from egoi_mcp.models.preview import SmsFace
from egoi_mcp.plain_text import hidden_characters
from egoi_mcp.sms_text import Encoding, SmsText, analyse, gsm_equivalents
from egoi_mcp.sms_warnings import has_opt_out, has_short_link, is_shouted, merge_gaps, open_links
from egoi_mcp.tools.senders import BESIDE_NAME


def fitting_text(text: str, encoding: Encoding, max_parts: int | None, *, most: int | None = None) -> SmsText:
    """The text as SMS, where it takes no more parts than the caller allows, and the vendor (`most`).

    Raises:
        InvalidInput: it takes more, or no SMS can carry it.
    """
    allowed = max_parts if max_parts is not None else most
    if not text.strip():
        raise InvalidInput("text: is blank. Nothing was sent.")
    try:
        analysed = analyse(text, encoding, allowed)
    except InvalidInput as error:
        raise InvalidInput(f"text: {error} Nothing was sent.") from error
    if not analysed.fits:
        can_be_raised = max_parts is not None and (most is None or max_parts < most)
        raise InvalidInput(
            f"text: takes {analysed.most_parts} SMS parts ({analysed.encoding}), and the limit is {allowed}. "
            f"Nothing was sent. Shorten it{' or raise max_parts' if can_be_raised else ''}."
        )
    return analysed


def sms_face(
    sender_label: str, text: str, encoding: Encoding = "auto", max_parts: int | None = None
) -> SmsFace:
    """The text as a phone shows it, part by part, no emoji or accent cut in two.

    Raises:
        InvalidInput: no SMS can carry it, or not in this encoding.
    """
    analysed = analyse(text, encoding, max_parts)
    return SmsFace(
        sender=sender_label.rpartition(BESIDE_NAME)[0] or sender_label,
        encoding=analysed.encoding,
        characters=analysed.characters,
        room=analysed.units_per_part,
        parts=analysed.whole_parts,
    )


def text_facts(analysed: SmsText, *, messages: int | None = None) -> dict[str, str]:
    """Encoding, characters and segments, per message and in total where the messages are counted."""
    facts = {
        "encoding": analysed.encoding,
        "characters": str(analysed.characters),
        "segments per message": f"{analysed.most_parts} (of up to {analysed.units_per_part} units)",
    }
    if messages is not None:
        facts["segments in total"] = str(analysed.most_parts * messages)
    if analysed.encoding == "UCS-2" and analysed.first_non_gsm:
        shown = ", ".join(f"{each.character} ({each.name.lower()})" for each in analysed.first_non_gsm[:3])
        facts["unicode because of"] = shown
    return facts


def text_warnings(text: str, analysed: SmsText, *, promotional: bool) -> tuple[str, ...]:
    """What a careful marketer would stop at."""
    found: list[str] = []
    if gaps := merge_gaps(text):
        found.append(
            f"merge tags are filled by the vendor or stay as they are: {', '.join(gaps[:5])}; the segments "
            "are counted as the text stands"
        )
    if has_short_link(text):
        found.append("a link shortener: carriers filter those")
    if promotional and not has_opt_out(text):
        found.append("no opt-out text was found, and this is promotional")
    if hidden := hidden_characters(text):
        found.append(f"characters that nobody sees: {', '.join(hidden[:3])}")
    if is_shouted(text):
        found.append("the text is in capitals throughout")
    if open_links(text):
        found.append("a link starts with http:// and is not encrypted")
    if analysed.most_parts > analysed.parts:
        found.append(
            f"counted with no emoji or accent cut in two; where the network cuts them, {analysed.parts} "
            "segments per message do"
        )
    if (plain := _plain_parts(text, analysed)) is not None:
        found.append(
            f"with plain quotation marks, dashes and spaces: segments per message {plain} "
            f"instead of {analysed.most_parts}"
        )
    return tuple(found)


def _plain_parts(text: str, analysed: SmsText) -> int | None:
    """How many segments the text would take in GSM-7, where only typography keeps it from that."""
    if analysed.encoding == "GSM-7" or not analysed.first_non_gsm:
        return None
    plain = analyse(gsm_equivalents(text))
    return plain.parts if plain.encoding == "GSM-7" and plain.parts < analysed.most_parts else None
