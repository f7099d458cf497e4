"""What the station notices that concerns its security, in the words of OCPP's list of security events (part 2, appendix).

What this station cannot notice has no name here: it has no sensor of its housing, no local service login but its page, and
nobody who repeats a message can be told from a CSMS that sends it again.
"""

import ssl
from typing import Final

from ladewerk.clock import Clock
from ladewerk.ocpp import ErrorCode
from ladewerk.ocpp.reports import Outcome, ResponseReceived, ResponseSent
from ladewerk.station.database_file import Damaged
from ladewerk.station.device_model import variables as settings
from ladewerk.station.device_model.variable import Variable
from ladewerk.station.link.security_events import SecurityEvents

RECONFIGURED: Final = "ReconfigurationOfSecurityParameters"
TIME_SET: Final = "SettingSystemTime"
NOT_ADMITTED: Final = "FailedToAuthenticateAtCsms"
CSMS_NOT_ADMITTED: Final = "CsmsFailedToAuthenticate"
BAD_CSMS_CERTIFICATE: Final = "InvalidCsmsCertificate"
BAD_TLS_VERSION: Final = "InvalidTLSVersion"
BAD_TLS_CIPHER: Final = "InvalidTLSCipherSuite"
INVALID_MESSAGES: Final = "InvalidMessages"
MEMORY_EXHAUSTED: Final = "MemoryExhaustion"
LOG_CLEARED: Final = "SecurityLogWasCleared"
LOGGED_IN: Final = "MaintenanceLoginAccepted"
LOGIN_FAILED: Final = "MaintenanceLoginFailed"

_SECURITY: Final = frozenset({settings.BASIC_AUTH_PASSWORD, settings.NETWORK_PRIORITY})
_WRONG_NAME: Final = frozenset({62, 64})
"""X509_V_ERR_HOSTNAME_MISMATCH and _IP_ADDRESS_MISMATCH: a certificate that is good, and somebody else's."""
_BY_REASON: Final = {
    "TLSV1_ALERT_PROTOCOL_VERSION": BAD_TLS_VERSION,
    "UNSUPPORTED_PROTOCOL": BAD_TLS_VERSION,
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": BAD_TLS_CIPHER,
    "NO_CIPHERS_AVAILABLE": BAD_TLS_CIPHER,
    "WRONG_CIPHER_RETURNED": BAD_TLS_CIPHER,
    "TLSV1_ALERT_UNKNOWN_CA": NOT_ADMITTED,
    "TLSV1_ALERT_ACCESS_DENIED": NOT_ADMITTED,
    "SSLV3_ALERT_BAD_CERTIFICATE": NOT_ADMITTED,
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": NOT_ADMITTED,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": NOT_ADMITTED,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": NOT_ADMITTED,
}
"""By OpenSSL's name of what went wrong; a handshake failure is how TLS 1.2 asks for the certificate of a station."""
_INVALID: Final = frozenset(
    {
        ErrorCode.FORMAT_VIOLATION,
        ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED,
        ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
        ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
        ErrorCode.PROTOCOL_ERROR,
        ErrorCode.RPC_FRAMEWORK_ERROR,
        ErrorCode.TYPE_CONSTRAINT_VIOLATION,
    }
)
_FULL: Final = ("disk is full", "No space left")
"""As SQLite and the kernel say it."""
_APART_S: Final = 60.0
"""A CSMS that sends one wrong message sends more of them."""


def kind_of(failure: Exception) -> str | None:
    """The event that a connection which failed is; None for none."""
    cause = failure.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return CSMS_NOT_ADMITTED if cause.verify_code in _WRONG_NAME else BAD_CSMS_CERTIFICATE
    if isinstance(cause, ssl.SSLError):
        return _BY_REASON.get(cause.reason)
    return NOT_ADMITTED if "HTTP 401" in str(failure) else None


class SecurityWatch:
    """Its methods are connected with what announces; each tells ``security`` what is worth it."""

    def __init__(self, security: SecurityEvents, clock: Clock) -> None:
        self._security = security
        self._clock = clock
        self._invalid_s: float | None = None

    def connection_failed(self, failure: Exception) -> None:
        """A connection to the CSMS could not be made, or ended."""
        kind = kind_of(failure)
        if kind is not None:
            self._security.tell(kind, str(failure))

    def answered(self, report: ResponseSent) -> None:
        """A request of the CSMS was answered."""
        if report.error is not None and report.error.code in _INVALID:
            self._invalid(f"{report.action}: {report.error}")

    def was_answered(self, report: ResponseReceived) -> None:
        """The CSMS has answered, or not."""
        if report.outcome is Outcome.MALFORMED:
            self._invalid(f"answer to {report.action}: {report.error}")

    def _invalid(self, info: str) -> None:
        now_s = self._clock.monotonic()
        if self._invalid_s is None or now_s - self._invalid_s >= _APART_S:
            self._invalid_s = now_s
            self._security.tell(INVALID_MESSAGES, info)

    def setting_changed(self, variable: Variable) -> None:
        """A variable was set."""
        if variable in _SECURITY:
            self._security.tell(RECONFIGURED, f"{variable.component}.{variable.name}")

    def journal_troubled(self, why: str | None) -> None:
        """The disk does not take what has to be kept; a broken one is no matter of security."""
        if why is not None and any(text in why for text in _FULL):
            self._security.tell(MEMORY_EXHAUSTED, why)

    def damaged(self, file: Damaged) -> None:
        """The file was set aside in which the events are that nobody has been told yet."""
        self._security.tell(LOG_CLEARED, f"{file.file} was damaged and is kept as {file.kept_as}")

    def login_tried(self, admitted: bool) -> None:
        """Somebody has given a password on the station's page."""
        self._security.tell(LOGGED_IN if admitted else LOGIN_FAILED, "on the station's page")
