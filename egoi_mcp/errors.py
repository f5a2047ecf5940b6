"""Every error this package raises, and what each one promises about the world outside.

    EgoiMcpError
    ├─ SettingsError            the configuration cannot be used; nothing was started
    ├─ InvalidInput             an argument cannot be used; nothing left this machine
    │  └─ UnknownOperation      a request that is no operation of the catalog, or of more than one
    ├─ NotAllowed               this server refused; nothing was sent
    │  ├─ ActionRequired        the door saw no executing action that holds exactly this request
    │  │  └─ SentBefore         it holds it again, although this process has sent it
    │  └─ PolicyDenied          a rule of the owner's policy says no
    ├─ StateUnavailable         the state directory cannot be read or written; nothing was sent
    │  └─ RowDamaged            a row in it holds what this version never writes
    ├─ BudgetExhausted          no call slot frees before the deadline; nothing was sent
    └─ ApiError                 the vendor, or the way to it
       ├─ AuthenticationFailed  401, 403
       ├─ NotFound              404
       ├─ Conflict              409
       ├─ Rejected              400, 413, 422 and every other 4xx
       ├─ RateLimited           429, after the retries that fit the deadline
       ├─ Unreachable           no byte of the request was written
       ├─ VendorFailed          a 408, 5xx, lost or unreadable reply to a request that changes nothing
       └─ OutcomeUnknown        the same to a request that may have taken effect: never sent again by itself

The text of an error is written for the person and the model that read it: what happened, what did
not, and the next step. It never holds a key, a body, or personal data; the operation and the
status stand in attributes.
"""

from __future__ import annotations


class EgoiMcpError(Exception):
    """Base of every error of this package; `str(error)` may be shown to the model."""


class SettingsError(EgoiMcpError):
    """The configuration cannot be used."""


class InvalidInput(EgoiMcpError):
    """An argument cannot be used; nothing left this machine."""


class UnknownOperation(InvalidInput):
    """A request that matches no operation of the catalog, or more than one."""


class NotAllowed(EgoiMcpError):
    """This server refused; nothing was sent."""


class ActionRequired(NotAllowed):
    """The request needs an executing action that holds exactly its bytes, and none does."""


class SentBefore(ActionRequired):
    """This process has sent the request already, and somebody set its row back since."""


class PolicyDenied(NotAllowed):
    """A rule of the owner's policy denies the request.

    `rule` names it the way the owner's configuration does.
    """

    def __init__(self, message: str, *, rule: str) -> None:
        super().__init__(message)
        self.rule = rule


class StateUnavailable(EgoiMcpError):
    """The state directory cannot be read or written, so nothing was sent."""


class RowDamaged(StateUnavailable):
    """A row holds what this version never writes; trying again does not help."""


class BudgetExhausted(EgoiMcpError):
    """No call slot frees before the deadline; nothing was sent.

    `wait_seconds` is how long until one does.
    """

    def __init__(self, message: str, *, wait_seconds: float) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class ApiError(EgoiMcpError):
    """The vendor refused or failed, or could not be reached.

    `operation` is the catalog's name of what was asked, `status` the HTTP status where a reply
    came, `code` the vendor's own error code, `retry_after_seconds` what a 429 or 503 asked for.
    """

    def __init__(
        self,
        message: str,
        *,
        operation: str,
        status: int | None = None,
        code: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.operation = operation
        self.status = status
        self.code = code
        self.retry_after_seconds = retry_after_seconds


class AuthenticationFailed(ApiError):
    """The vendor refused the credentials (401) or what they may do (403)."""


class NotFound(ApiError):
    """The vendor knows no such thing (404)."""


class Conflict(ApiError):
    """The thing exists already, or is in a state that forbids this (409)."""


class Rejected(ApiError):
    """The vendor refused the request as invalid (400, 413, 422, other 4xx)."""


class RateLimited(ApiError):
    """The vendor answered 429 and the wait it asks for does not fit the deadline."""


class Unreachable(ApiError):
    """The vendor could not be reached; no byte of the request was written."""


class VendorFailed(ApiError):
    """The vendor failed, or its reply was lost, on a request that changes nothing."""


class OutcomeUnknown(ApiError):
    """The reply was lost after the request may have taken effect."""
