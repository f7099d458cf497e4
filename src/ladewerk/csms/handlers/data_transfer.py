"""Block P: messages of vendors."""

from collections.abc import Sequence

from ladewerk.csms.data_transfer_rules import DataTransferRule, answer
from ladewerk.csms.stations.session import StationSession
from ladewerk.ocpp import Context, v21


class DataTransfers:
    """Answers them by rules."""

    def __init__(self, rules: Sequence[DataTransferRule]) -> None:
        self._rules = rules

    async def data_transfer(
        self, ctx: Context[StationSession], request: v21.DataTransferRequest
    ) -> v21.DataTransferResponse:
        """P02: one that is accepted is kept as it came."""
        response = answer(self._rules, request)
        if response.status == "Accepted":
            await ctx.state.ledger.keep(ctx.state.station_id, "DataTransfer", ctx.received_at, request)
        return response
