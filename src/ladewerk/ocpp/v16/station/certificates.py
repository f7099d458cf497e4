"""Certificates of a station at a CSMS of OCPP 1.6 with the security extension."""

from msgspec import UNSET

from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.dialogue import Down, Up, ask, call, refused
from ladewerk.ocpp.v16.station.memory import Memory
from ladewerk.ocpp.v16.station.words import NEW_CERTIFICATE_USE
from ladewerk.ocpp.v21 import types as v21


def sign_certificate(request: v21.SignCertificateRequest, _memory: Memory) -> Down:
    """1.6 has certificates of stations alone."""
    if request.certificate_type not in (UNSET, "ChargingStationCertificate"):
        raise refused(f"sign a {request.certificate_type}")
    answer = yield from call(v16.SignCertificateRequest(csr=request.csr))
    return v21.SignCertificateResponse(status=v21.GenericStatusEnumType(answer.status))


def certificate_signed(request: v16.CertificateSignedRequest, _memory: Memory) -> Up:
    use = v21.CertificateSigningUseEnumType.CHARGING_STATION_CERTIFICATE
    answer = yield from ask(v21.CertificateSignedRequest(certificate_chain=request.certificate_chain, certificate_type=use))
    return v16.CertificateSignedResponse(status=v16.CertificateSignedStatusEnumType(answer.status))


def install_certificate(request: v16.InstallCertificateRequest, _memory: Memory) -> Up:
    use = v21.InstallCertificateUseEnumType(NEW_CERTIFICATE_USE[request.certificate_type])
    answer = yield from ask(v21.InstallCertificateRequest(certificate_type=use, certificate=request.certificate))
    return v16.InstallCertificateResponse(status=v16.InstallCertificateStatusEnumType(answer.status))


def delete_certificate(request: v16.DeleteCertificateRequest, _memory: Memory) -> Up:
    about = request.certificate_hash_data
    data = v21.CertificateHashDataType(
        hash_algorithm=v21.HashAlgorithmEnumType(about.hash_algorithm),
        issuer_name_hash=about.issuer_name_hash,
        issuer_key_hash=about.issuer_key_hash,
        serial_number=about.serial_number,
    )
    answer = yield from ask(v21.DeleteCertificateRequest(certificate_hash_data=data))
    return v16.DeleteCertificateResponse(status=v16.DeleteCertificateStatusEnumType(answer.status))


def get_installed_certificate_ids(request: v16.GetInstalledCertificateIdsRequest, _memory: Memory) -> Up:
    """Certificates between those and the station's own are left out."""
    use = v21.GetCertificateIdUseEnumType(NEW_CERTIFICATE_USE[request.certificate_type])
    answer = yield from ask(v21.GetInstalledCertificateIdsRequest(certificate_type=(use,)))
    chains = () if answer.certificate_hash_data_chain is UNSET else answer.certificate_hash_data_chain
    found = tuple(_old_hash(chain.certificate_hash_data) for chain in chains if chain.certificate_type == use)
    status = v16.GetInstalledCertificateStatusEnumType("Accepted" if found else "NotFound")
    return v16.GetInstalledCertificateIdsResponse(status=status, certificate_hash_data=found or UNSET)


def _old_hash(data: v21.CertificateHashDataType) -> v16.CertificateHashDataType:
    return v16.CertificateHashDataType(
        hash_algorithm=v16.HashAlgorithmEnumType(data.hash_algorithm),
        issuer_name_hash=data.issuer_name_hash,
        issuer_key_hash=data.issuer_key_hash,
        serial_number=data.serial_number,
    )
