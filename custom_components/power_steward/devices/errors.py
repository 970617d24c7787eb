"""The four ways in which a client can fail, the same for every device type.

Their texts never hold a secret: clients put no credentials, tokens or bodies in.
"""

from typing import ClassVar


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


class PortMissing(CannotConnect):
    """There is no such port: unplugged, or under another name."""

    key = "port_missing"


class PortBusy(CannotConnect):
    """Another program holds the port."""

    key = "port_busy"


class PortForbidden(CannotConnect):
    """Home Assistant may not open the port."""

    key = "port_forbidden"


class NoAnswer(CannotConnect):
    """The line is open, but no complete answer comes over it."""

    key = "no_answer"


class LineSettingsDiffer(CannotConnect):
    """Another device on the same port needs the line at another speed."""

    key = "line_settings_differ"


class CredentialsRejected(ClientError):
    """The source knows neither these credentials nor this token."""

    key = "invalid_auth"


class AnswerNotUnderstood(ClientError):
    """An answer came, but not one that this protocol allows."""

    key = "invalid_answer"


class PageNotUnderstood(AnswerNotUnderstood):
    """One page of several is not what it was when this was written, or is not whole."""

    def __init__(self, page: str, what: str, firmware: str | None = None) -> None:
        """Say which page, of which firmware, and what is wrong with it."""
        super().__init__(f"page {page}, firmware {firmware or 'unknown'}: {what}")
        self.page = page
        self.firmware = firmware


class AnswerDamaged(AnswerNotUnderstood):
    """What came was cut, disturbed, or the answer to another question."""

    key = "answer_damaged"


class LineEchoes(AnswerNotUnderstood):
    """The line sends back what is sent, which hides the answers."""

    key = "line_echoes"


class NothingMeasured(AnswerNotUnderstood):
    """An answer that is whole and cannot be true, such as nothing but zeros."""

    key = "nothing_measured"


class ModelUnsupported(AnswerNotUnderstood):
    """A model that can be named, but not read; its name is the text."""

    key = "model_unsupported"


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


class PageMissing(RequestRefused):
    """The source has no such page."""


class Busy(RequestRefused):
    """The source is occupied; the next time it may answer."""


class DemoMode(RequestRefused):
    """The source invents what it tells, to be shown in a shop: nothing is read."""

    key = "demo_mode"


class UserMistake(RequestRefused):
    """A command that was not sent, because what was asked for cannot be done."""


class ValueImpossible(UserMistake):
    """A setting was not sent, because this device must not be given that value."""

    key = "value_impossible"


class NotConfirmed(RequestRefused):
    """A command was sent, but the device does not show that it took it."""

    key = "not_confirmed"


class NotOnBattery(UserMistake):
    """A command was not sent, because it only has a meaning on battery."""

    key = "not_on_battery"


class LimitLocked(RequestRefused):
    """A limit that the firmware allows nobody to change."""

    key = "limit_locked"


class NotPermitted(RequestRefused):
    """Home Assistant lacks the right to do this."""

    key = "not_permitted"


class NotArmed(UserMistake):
    """A command was not carried out, because the user has not armed it."""

    key = "not_armed"
