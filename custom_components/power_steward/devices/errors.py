"""The four ways in which a client can fail, the same for every device type.

Their texts never hold a secret: clients put no credentials, tokens or bodies in.
"""

from typing import ClassVar, Final


class ClientError(Exception):
    """Base of the client errors; ``key`` is its name in the translations."""

    key: ClassVar[str]
    retry_after: float | None = None
    """Seconds for which the source does not want to be asked again, if it says."""


class CannotConnect(ClientError):
    """No answer: refused, unknown host, timed out, or cut off."""

    key = "cannot_connect"


class CertificateInvalid(CannotConnect):
    """The server's certificate could not be verified."""

    key = "certificate_invalid"


class CredentialsRejected(ClientError):
    """The source knows neither these credentials nor this token."""

    key = "invalid_auth"


class AnswerNotUnderstood(ClientError):
    """An answer came, but not one that this protocol allows."""

    key = "invalid_answer"


class RequestRefused(ClientError):
    """The source understood the request and declined it."""

    key = "request_refused"


class RateLimited(RequestRefused):
    """The source wants fewer requests."""

    key = "rate_limited"

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        """Take how long to wait."""
        super().__init__(text)
        self.retry_after = retry_after


class SessionRejected(RequestRefused):
    """The source turned a session away right after its log-in.

    The password is not at fault: a permission is missing, or another session of the
    same account keeps ending ours.
    """

    key = "session_rejected"


class ValueImpossible(RequestRefused):
    """A setting was not sent, because this device must not be given that value."""

    key = "value_impossible"


class NotConfirmed(RequestRefused):
    """A command was sent, but the device does not show that it took it."""

    key = "not_confirmed"


class LimitLocked(RequestRefused):
    """A limit that the firmware allows nobody to change."""

    key = "limit_locked"


class NotPermitted(RequestRefused):
    """Home Assistant lacks the right to do this."""

    key = "not_permitted"


class NotArmed(RequestRefused):
    """A command was not carried out, because the user has not armed it."""

    key = "not_armed"


KEYS: Final = tuple(
    error.key
    for error in (
        CannotConnect,
        CertificateInvalid,
        CredentialsRejected,
        AnswerNotUnderstood,
        RequestRefused,
        RateLimited,
        SessionRejected,
    )
)
