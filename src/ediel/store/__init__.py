"""The store: what has arrived, what is under way, what is to be sent; nothing of it is lost.

SQLite in a file, or PostgreSQL by URL. The tables are made and changed by migrations; ``Store.open`` runs them.
"""

from ediel.store._browse import Browser, has_values
from ediel.store._check import Checked, check_archive, check_pages, check_processes
from ediel.store._deliveries import Deliveries, Delivery
from ediel.store._finding import STATUSES, Finder, Wanted
from ediel.store._json import encode
from ediel.store._lanes import Lane, Lanes
from ediel.store._log import CheckedLog, check_log
from ediel.store._opening import url_of
from ediel.store._outbox import LEASE, LONGEST_WAIT, Evidence, OutboxStore
from ediel.store._revisions import head, revisions
from ediel.store._rows import stored_of
from ediel.store._statements import Statement
from ediel.store._store import Store
from ediel.store._unit import Unit, Values, moment_of, stamp
from ediel.store._unsent import never_arrived, take_back, undelivered
from ediel.store.errors import ArchiveDamaged, Conflict, DatabaseAway, DatabaseGone, SchemaOutOfDate, StoreError

__all__ = [
    "LEASE",
    "LONGEST_WAIT",
    "STATUSES",
    "ArchiveDamaged",
    "Browser",
    "Checked",
    "CheckedLog",
    "Conflict",
    "DatabaseAway",
    "DatabaseGone",
    "Deliveries",
    "Delivery",
    "Evidence",
    "Finder",
    "Lane",
    "Lanes",
    "OutboxStore",
    "SchemaOutOfDate",
    "Statement",
    "Store",
    "StoreError",
    "Unit",
    "Values",
    "Wanted",
    "check_archive",
    "check_log",
    "check_pages",
    "check_processes",
    "encode",
    "has_values",
    "head",
    "moment_of",
    "never_arrived",
    "revisions",
    "stamp",
    "stored_of",
    "take_back",
    "undelivered",
    "url_of",
]
