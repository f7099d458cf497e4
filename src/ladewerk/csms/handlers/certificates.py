"""Blocks M and C: certificates of ISO 15118, for which no provider is set: refused, with the reason."""

from datetime import timedelta
from typing import Final

from ladewerk.csms.stations.session import StationSession
from ladewerk.ocpp import Context, v21

_NO_PROVIDER: Final = v21.StatusInfoType(
    reason_code="NoProvider", additional_info="no provider of ISO 15118 certificates is set at this CSMS"
)

_ASK_AGAIN: Final = timedelta(days=1)


async def get_15118_ev_certificate(
    _ctx: Context[StationSession], _request: v21.Get15118EVCertificateRequest
) -> v21.Get15118EVCertificateResponse:
    """M01, M02: a contract certificate for a car."""
    return v21.Get15118EVCertificateResponse(
        status=v21.Iso15118EVCertificateStatusEnumType.FAILED, exi_response="", status_info=_NO_PROVIDER
    )


async def get_certificate_status(
    _ctx: Context[StationSession], _request: v21.GetCertificateStatusRequest
) -> v21.GetCertificateStatusResponse:
    """M06: whether a V2G certificate is revoked."""
    return v21.GetCertificateStatusResponse(status=v21.GetCertificateStatusEnumType.FAILED, status_info=_NO_PROVIDER)


async def get_certificate_chain_status(
    ctx: Context[StationSession], request: v21.GetCertificateChainStatusRequest
) -> v21.GetCertificateChainStatusResponse:
    """M07: whether those of a car are."""
    again_at = ctx.state.clock.now() + _ASK_AGAIN
    return v21.GetCertificateChainStatusResponse(
        certificate_status=tuple(
            v21.CertificateStatusType(
                certificate_hash_data=asked.certificate_hash_data,
                source=asked.source,
                status=v21.CertificateStatusEnumType.FAILED,
                next_update=again_at,
            )
            for asked in request.certificate_status_requests
        )
    )
