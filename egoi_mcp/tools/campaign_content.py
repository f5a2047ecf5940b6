"""What people will read of a campaign: checked, in the vendor's form, and as a preview says it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from egoi_mcp.api.catalog import JsonValue
from egoi_mcp.errors import InvalidInput
from egoi_mcp.guard.action import Content
from egoi_mcp.models.preview import LARGEST_HTML_BYTES, EmailFace, SmsFace
from egoi_mcp.sms_text import SmsText
from egoi_mcp.tools.email_preview import email_face, email_facts, email_text
from egoi_mcp.tools.email_warnings import email_warnings
from egoi_mcp.tools.senders import CampaignSender
from egoi_mcp.tools.sms_preview import fitting_text, sms_face, text_facts, text_warnings

Channel = Literal["sms", "email"]
_MOST_PARTS = 7
"""The most parts that an SMS campaign's message may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignContent:
    """What is special to a channel: members of the body, the words, and what a preview says of them."""

    body: dict[str, JsonValue]
    content: Content
    facts: dict[str, str]
    warnings: tuple[str, ...]
    html: str = ""

    def answered_by(self, sender: CampaignSender) -> CampaignContent:
        """The same with whom an email's answers go to: always said, so that what is shown is what is set."""
        if self.content.channel != "email":
            return self
        content = replace(self.content, reply_to=sender.label)
        return replace(self, body={**self.body, "reply_to": sender.id}, content=content)

    def sms_face(self, sender_label: str) -> SmsFace | None:
        """The SMS as a phone shows it; None for an email."""
        return sms_face_of(self.content, sender_label)

    def email_face(self, sender_label: str) -> EmailFace | None:
        """The email as its reader meets it; None for an SMS."""
        whole = replace(self.content, html=self.html)
        return email_face_of(whole, sender_label)


def sms_content(title: str, message: str | None, max_parts: int | None) -> CampaignContent:
    """An SMS campaign; `max_messages` keeps the vendor from sending more parts than the preview counts.

    Source: E-goi v3, `createSmsCampaign`, `patchSmsCampaign`.

    Raises:
        InvalidInput: there is no text, or it is too long.
    """
    if message is None:
        raise InvalidInput("text: is required for sms. Nothing was created.")
    analysed = fitting_text(message, "auto", max_parts, most=_MOST_PARTS)
    return CampaignContent(
        body={
            "content": {"type": "text", "message": message},
            "options": {
                "encoding": _campaign_encoding(analysed),
                "max_messages": max_parts or analysed.most_parts,
            },
        },
        content=Content(channel="sms", title=title, text=message),
        facts=text_facts(analysed),
        warnings=text_warnings(message, analysed, promotional=True),
    )


def _campaign_encoding(analysed: SmsText) -> str:
    """The vendor's word for the alphabet; characters of GSM's extension table need the extended one."""
    if analysed.encoding != "GSM-7":
        return "unicode"
    return "gsm_extended" if analysed.uses_extension else "gsm"


def email_content(
    title: str, subject: str | None, html: str | None, *, plain: str | None, preheader: str | None
) -> CampaignContent:
    """An email campaign of HTML, which is what most people will see, and its plain-text part.

    Source: E-goi v3, `createEmailCampaign`, `patchEmailCampaign`.

    Raises:
        InvalidInput: subject or HTML is missing.
    """
    if subject is None or html is None:
        raise InvalidInput("subject and html: are required for email. Nothing was created.")
    content: dict[str, JsonValue] = {"type": "html", "body": html}
    content |= {"plain_text": plain} if plain is not None else {}
    content |= {"snippet": preheader} if preheader is not None else {}
    words = email_text(subject, html, plain, preheader)
    size = len(html.encode())
    return CampaignContent(
        body={"subject": subject, "content": content},
        content=Content(
            channel="email",
            title=title,
            text=words,
            subject=subject,
            preheader=preheader or "",
            plain=plain,
            html=html if size <= LARGEST_HTML_BYTES else None,
            html_bytes=size,
        ),
        facts=email_facts(html, plain),
        warnings=email_warnings(
            words,
            html=html,
            plain=plain is not None,
            subject=subject,
            preheader=preheader,
            plain_text=plain,
        ),
        html=html,
    )


def sms_face_of(content: Content, sender_label: str) -> SmsFace | None:
    """The SMS of a campaign that this server wrote, as a phone shows it; None for an email."""
    return sms_face(sender_label, content.text) if content.channel == "sms" else None


def email_face_of(content: Content, sender_label: str) -> EmailFace | None:
    """The email of a campaign that this server wrote; None for an SMS, and where no HTML is known of it."""
    if content.channel != "email" or not content.html_bytes:
        return None
    face = email_face(
        sender_label,
        subject=content.subject,
        html=content.html or "",
        plain=content.plain,
        preheader=content.preheader,
        reply_to=content.reply_to,
    )
    if content.html is not None:
        return face
    unseen = "not looked for: the HTML is too large to be kept"
    return face.model_copy(update={"html": None, "size_bytes": content.html_bytes, "unsubscribe": unseen})


def refuse_members(channel: str, **given: object) -> None:
    """Refuse what belongs to the other channel.

    Raises:
        InvalidInput: something of it was given.
    """
    for name, value in given.items():
        if value is not None:
            raise InvalidInput(
                f"{name}: is no part of an {channel} campaign. Leave it out. Nothing was changed."
            )
