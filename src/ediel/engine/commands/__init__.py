"""What a party can begin, each as a typed command. ``engine.start`` takes one.

Days are Norwegian days. A settlement method tells when a request may be cancelled; without it that deadline is unknown,
and the hub decides.
"""

from ediel.engine.commands._base import Command
from ediel.engine.commands.access import AccessRequest, KnownAccess
from ediel.engine.commands.annual_volume import AnnualVolumes, AnnualVolumeUpdate
from ediel.engine.commands.authorisation import ConsentRequest
from ediel.engine.commands.master_data import CustomerUpdate, MasterDataUpdate
from ediel.engine.commands.metering_values import ValuesReport
from ediel.engine.commands.query import MasterDataQuery, PointSearch, SettlementQuery, ValuesQuery
from ediel.engine.commands.question import GridQuestion, HubQuestion
from ediel.engine.commands.shared_production import SharedProduction
from ediel.engine.commands.supply import (
    ChangeFromLastResort,
    ChangeOfSupplier,
    EndOfSupply,
    GridMoveIn,
    GridMoveOut,
    MoveIn,
    MoveOut,
)

__all__ = [
    "AccessRequest",
    "AnnualVolumeUpdate",
    "AnnualVolumes",
    "ChangeFromLastResort",
    "ChangeOfSupplier",
    "Command",
    "ConsentRequest",
    "CustomerUpdate",
    "EndOfSupply",
    "GridMoveIn",
    "GridMoveOut",
    "GridQuestion",
    "HubQuestion",
    "KnownAccess",
    "MasterDataQuery",
    "MasterDataUpdate",
    "MoveIn",
    "MoveOut",
    "PointSearch",
    "SettlementQuery",
    "SharedProduction",
    "ValuesQuery",
    "ValuesReport",
]
