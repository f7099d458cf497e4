"""Certificates: the security extension of OCPP 1.6 knows those of the station, of the CSMS and of the manufacturer."""

from msgspec import UNSET

from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.dialogue import Down, call, word
from ladewerk.ocpp.v16.memory import Memory
from ladewerk.ocpp.v16.words import CERTIFICATE_USE
from ladewerk.ocpp.v21 import types as v21


def certificate_signed(request: v21.CertificateSignedRequest, _memory: Memory) -> Down:
    answer = yield from call(v16.CertificateSignedRequest(certificate_chain=request.certificate_chain))
    return v21.CertificateSignedResponse(status=v21.CertificateSignedStatusEnumType(answer.status))


def install_certificate(request: v21.InstallCertificateRequest, _memory: Memory) -> Down:
    use = _use(request.certificate_type)
    answer = yield from call(v16.InstallCertificateRequest(certificate_type=use, certificate=request.certificate))
    return v21.InstallCertificateResponse(status=v21.InstallCertificateStatusEnumType(answer.status))


def delete_certificate(request: v21.DeleteCertificateRequest, _memory: Memory) -> Down:
    about = request.certificate_hash_data
    data = v16.CertificateHashDataType(
        hash_algorithm=v16.HashAlgorithmEnumType(about.hash_algorithm),
        issuer_name_hash=about.issuer_name_hash,
        issuer_key_hash=about.issuer_key_hash,
        serial_number=about.serial_number,
    )
    answer = yield from call(v16.DeleteCertificateRequest(certificate_hash_data=data))
    return v21.DeleteCertificateResponse(status=v21.DeleteCertificateStatusEnumType(answer.status))


def get_installed_certificate_ids(request: v21.GetInstalledCertificateIdsRequest, _memory: Memory) -> Down:
    """One CALL for each type, for both that 1.6 has if none is named."""
    asked = request.certificate_type
    uses = tuple(v21.GetCertificateIdUseEnumType(name) for name in CERTIFICATE_USE) if asked is UNSET else asked
    named = [(use, _use(use)) for use in uses]
    found: list[v21.CertificateHashDataChainType] = []
    for use, old in named:
        answer = yield from call(v16.GetInstalledCertificateIdsRequest(certificate_type=old))
        hashes = () if answer.certificate_hash_data is UNSET else answer.certificate_hash_data
        found += [
            v21.CertificateHashDataChainType(certificate_type=use, certificate_hash_data=_raised_hash(data))
            for data in hashes
        ]
    return v21.GetInstalledCertificateIdsResponse(
        status=v21.GetInstalledCertificateStatusEnumType("Accepted" if found else "NotFound"),
        certificate_hash_data_chain=tuple(found) or UNSET,
    )


def _raised_hash(data: v16.CertificateHashDataType) -> v21.CertificateHashDataType:
    return v21.CertificateHashDataType(
        hash_algorithm=v21.HashAlgorithmEnumType(data.hash_algorithm),
        issuer_name_hash=data.issuer_name_hash,
        issuer_key_hash=data.issuer_key_hash,
        serial_number=data.serial_number,
    )


def _use(use: v21.InstallCertificateUseEnumType | v21.GetCertificateIdUseEnumType) -> v16.CertificateUseEnumType:
    return v16.CertificateUseEnumType(word(CERTIFICATE_USE, use, "certificateType"))
