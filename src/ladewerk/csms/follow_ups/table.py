"""What belongs to which command."""

from collections.abc import Sequence

from ladewerk.clock import Clock
from ladewerk.csms.commands import FollowUps, together
from ladewerk.csms.dossiers.inventories import Inventories
from ladewerk.csms.dossiers.shelves import Dossiers
from ladewerk.csms.follow_ups import destinations, device_model, errands, local_lists, passwords, reservations, whole_lists
from ladewerk.csms.ledger import Ledger
from ladewerk.csms.local_lists.keeping import ListKeeping
from ladewerk.ocpp import v21
from ladewerk.refusals import Refusals


def follow_ups(
    ledger: Ledger,
    dossiers: Dossiers,
    keeping: ListKeeping,
    inventories: Inventories,
    clock: Clock,
    *,
    file_hosts: Sequence[str],
    refusals: Refusals,
) -> FollowUps:
    """Of every command that leaves something behind, or that must not go out as it is."""
    check = destinations.check_of(file_hosts, refusals)
    return {
        v21.UpdateFirmwareRequest: together(destinations.of_firmware(check), errands.of_firmware(dossiers, clock)),
        v21.PublishFirmwareRequest: destinations.of_published_firmware(check),
        v21.GetLogRequest: together(destinations.of_uploads(check), errands.of_logs(dossiers, clock)),
        v21.CustomerInformationRequest: errands.of_customers(dossiers, clock),
        v21.ReserveNowRequest: reservations.of_reserving(dossiers, clock),
        v21.CancelReservationRequest: reservations.of_cancelling(dossiers, clock),
        v21.GetBaseReportRequest: whole_lists.of_variables(inventories, clock),
        v21.GetMonitoringReportRequest: whole_lists.of_monitors(dossiers, inventories, clock),
        v21.GetVariablesRequest: device_model.of_reading(dossiers, clock),
        v21.SetVariablesRequest: together(passwords.of_setting(ledger), device_model.of_setting(dossiers, clock)),
        v21.SetNetworkProfileRequest: together(destinations.of_network_profiles(), passwords.of_network_profiles(ledger)),
        v21.SetVariableMonitoringRequest: device_model.of_setting_monitors(dossiers, clock),
        v21.ClearVariableMonitoringRequest: device_model.of_clearing_monitors(dossiers),
        v21.SetDisplayMessageRequest: device_model.of_showing(dossiers, clock),
        v21.GetDisplayMessagesRequest: whole_lists.of_messages(dossiers, inventories, clock),
        v21.ClearDisplayMessageRequest: device_model.of_no_longer_showing(dossiers),
        v21.SendLocalListRequest: local_lists.of_lists(keeping),
    }
