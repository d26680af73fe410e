"""What a party can begin, each as a typed command. ``engine.start`` takes one.

Days are Norwegian days. A settlement method tells when a request may be cancelled; without it that deadline is unknown,
and the hub decides.
"""

from ediel.engine.commands._base import Command
from ediel.engine.commands.access import AccessRequest, ConsentRequest
from ediel.engine.commands.asking import (
    GridQuestion,
    HubQuestion,
    MasterDataQuery,
    PointSearch,
    SettlementQuery,
    ValuesQuery,
)
from ediel.engine.commands.data import (
    AnnualVolumes,
    AnnualVolumeUpdate,
    CustomerUpdate,
    MasterDataUpdate,
    SharedProduction,
    ValuesReport,
)
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
