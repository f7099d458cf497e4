"""The settings of the device model as the books of an EVSE take them."""

from collections.abc import Sequence

from ladewerk.ocpp import v21
from ladewerk.station.device_model import variables as settings
from ladewerk.station.device_model.model import DeviceModel
from ladewerk.station.device_model.variable import Variable
from ladewerk.station.transactions.books import Terms
from ladewerk.station.transactions.sampling import Sampling


def terms_of(model: DeviceModel, evse_id: int, *, operative: bool) -> Terms:
    """What is set at this moment; a transaction that is open follows what changes."""
    sampled, aligned = model.true(settings.SAMPLED_ENABLED), model.true(settings.ALIGNED_ENABLED)
    return Terms(
        evse_id=evse_id,
        start_points=model.items(settings.TX_START_POINT),
        stop_points=model.items(settings.TX_STOP_POINT),
        operative=operative,
        significance=float(model.text(settings.LIMIT_SIGNIFICANCE)) / 100,
        sampling=Sampling(
            updated_s=model.whole(settings.TX_UPDATED_INTERVAL) if sampled else 0.0,
            started=_measurands(model, settings.TX_STARTED_MEASURANDS),
            updated=_measurands(model, settings.TX_UPDATED_MEASURANDS),
            ended=_measurands(model, settings.TX_ENDED_MEASURANDS),
            aligned_s=model.whole(settings.ALIGNED_INTERVAL) if aligned else 0.0,
            aligned=_measurands(model, settings.ALIGNED_MEASURANDS),
            aligned_while_idle=model.true(settings.ALIGNED_IDLE),
        ),
    )


def _measurands(model: DeviceModel, variable: Variable) -> Sequence[v21.MeasurandEnumType]:
    return tuple(v21.MeasurandEnumType(name) for name in model.items(variable))
