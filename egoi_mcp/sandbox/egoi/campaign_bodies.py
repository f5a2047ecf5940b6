"""What E-goi's campaign operations take."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from egoi_mcp.sandbox.validation import Body, DateTime, Email, Filled, Identifier, Order, Paging, Query

Encoding = Literal["gsm", "gsm_extended", "unicode"]
CampaignPhone: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[1-9]{1,4}-[0-9]{3,14}$")]
"""The pattern that campaign sends publish; it refuses country codes that hold a 0."""


class SmsOptions(Body):
    """How an SMS is written and how many parts it may take."""

    encoding: Encoding | None = None
    max_messages: Annotated[int, Field(ge=1, le=7)] | None = None


class SmsText(Body):
    """A text of its own."""

    type: Literal["text"]
    message: Filled


class SmsTemplate(Body):
    """A template of the account."""

    type: Literal["template"]
    template_id: int


class NewSmsCampaign(Body):
    """Body of createSmsCampaign."""

    list_id: Identifier
    internal_name: Filled
    content: Annotated[SmsText | SmsTemplate, Field(discriminator="type")]
    sender_id: Identifier | None = None
    options: SmsOptions | None = None


class ChangedText(Body):
    """A new text."""

    message: Filled


class ChangedSmsCampaign(Body):
    """Body of patchSmsCampaign."""

    internal_name: Filled | None = None
    content: ChangedText | None = None
    sender_id: Identifier | None = None
    options: SmsOptions | None = None


class RedirectPage(Body):
    """A page of somebody else."""

    type: Literal["redirect"]
    page_url: Filled


class ImportedPage(Body):
    """A page that is copied."""

    type: Literal["import"]
    page_url: Filled
    page_internal_name: str | None = None


class HtmlPage(Body):
    """A page of its own."""

    type: Literal["html"]
    page_html: Filled
    page_internal_name: str | None = None


class NewSmartSmsCampaign(Body):
    """Body of createSmartSmsCampaign."""

    list_id: Identifier
    internal_name: Filled
    campaign_content: ChangedText
    page_content: Annotated[RedirectPage | ImportedPage | HtmlPage, Field(discriminator="type")]
    sender_id: Identifier | None = None
    cname_id: Identifier | None = None
    options: SmsOptions | None = None


class ChangedSmartSmsCampaign(Body):
    """Body of patchSmartSmsCampaign."""

    internal_name: Filled | None = None
    campaign_content: ChangedText | None = None
    sender_id: Identifier | None = None
    options: SmsOptions | None = None


class EmailParts(Body):
    """What every e-mail may have beside its content."""

    plain_text: str | None = None
    snippet: str | None = None


class EmailHtml(EmailParts):
    """A mail of its own."""

    type: Literal["html"]
    body: Filled


class EmailTemplate(EmailParts):
    """A template of the account."""

    type: Literal["template"]
    template_id: int


class EmailWebPage(EmailParts):
    """A page that E-goi fetches."""

    type: Literal["web_page"]
    url: Filled
    use_page_title: bool | None = None


class EmailFile(EmailParts):
    """A file of the account."""

    type: Literal["file"]
    file: Filled


class Links(Body):
    """Which links a header or footer shows."""

    forward: bool | None = None
    view_web: bool | None = None
    unsubscribe: bool | None = None
    edit: bool | None = None
    social_share: bool | None = None
    facebook_share: bool | None = None
    twitter_share: bool | None = None


class HeaderFooter(Body):
    """Header and footer of an e-mail."""

    id: Identifier | None = None
    header_links: Links | None = None
    footer_links: Links | None = None


class NewEmailCampaign(Body):
    """Body of createEmailCampaign."""

    list_id: Identifier
    internal_name: Filled
    content: Annotated[EmailHtml | EmailTemplate | EmailWebPage | EmailFile, Field(discriminator="type")]
    sender_id: Identifier
    subject: str | None = None
    reply_to: Identifier | None = None
    header_footer: HeaderFooter | None = None


class ChangedEmailContent(EmailParts):
    """A new body or plain text."""

    body: Filled | None = None


class ChangedEmailCampaign(Body):
    """Body of patchEmailCampaign."""

    internal_name: Filled | None = None
    subject: str | None = None
    content: ChangedEmailContent | None = None
    sender_id: Identifier | None = None
    reply_to: Identifier | None = None
    header_footer: HeaderFooter | None = None


class WholeList(Body):
    """Everybody in the list."""

    type: Literal["none"]


class SomeSegments(Body):
    """Everybody in any of these segments."""

    type: Literal["segment"]
    data: Annotated[list[Filled], Field(min_length=1)]


class OnePhone(Body):
    """The contact with this number."""

    type: Literal["contact"]
    data: CampaignPhone


class OneEmail(Body):
    """The contact with this address."""

    type: Literal["contact"]
    data: Email


class SmsSend(Body):
    """Body of the SMS and Smart SMS sends; without `schedule_date` it goes out at once."""

    list_id: Identifier
    segments: Annotated[WholeList | SomeSegments | OnePhone, Field(discriminator="type")]
    destination_field: Filled
    notify: list[int] | None = None
    schedule_date: DateTime | None = None


class LimitHour(Body):
    """The hours in which mails may go out."""

    hour_start: Annotated[str, StringConstraints(pattern=r"^([0-9]|[01][0-9]|2[0-3]):[0-5][0-9]$")] | None = (
        None
    )
    hour_end: Annotated[str, StringConstraints(pattern=r"^([0-9]|[01][0-9]|2[0-3]):[0-5][0-9]$")] | None = (
        None
    )


class EmailSend(Body):
    """Body of the e-mail send; without `schedule_date` it goes out at once."""

    list_id: Identifier
    segments: Annotated[WholeList | SomeSegments | OneEmail, Field(discriminator="type")]
    destination_field: Filled | None = None
    unique_contacts_only: bool | None = None
    notify: list[int] | None = None
    limit_hour: LimitHour | None = None
    schedule_date: DateTime | None = None


class CampaignsQuery(Paging):
    """Filters of /campaigns."""

    limit: int = Field(default=100, ge=1, le=1000)
    channel: Literal["email", "push", "sms", "smart_sms", "voice", "web_push"] | None = None
    campaign_hash: str | None = None
    list_id: int | None = None
    status: Literal["draft", "canceled", "queued", "paused", "sending", "sent"] | None = None
    internal_name: str | None = None
    created_by: int | None = None
    group_id: int | None = None
    created_min: DateTime | None = None
    created_max: DateTime | None = None
    updated_min: DateTime | None = None
    updated_max: DateTime | None = None
    start_date_min: DateTime | None = None
    start_date_max: DateTime | None = None
    end_date_min: DateTime | None = None
    end_date_max: DateTime | None = None
    schedule_date_min: DateTime | None = None
    schedule_date_max: DateTime | None = None
    order: Order = "desc"
    order_by: Literal["list_id", "internal_name", "created_by", "group_id", "created"] = "created"


class ReportQuery(Query):
    """Which parts of an e-mail report to show."""

    date: bool = True
    weekday: bool = True
    hour: bool = True
    location: bool = True
    domain: bool = True
    url: bool = True
    reader: bool = True


class SmsReportQuery(Query):
    """Which parts of an SMS report to show."""

    networks: bool = True
