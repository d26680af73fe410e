"""The store: what has arrived, what is under way, what is to be sent; nothing of it is lost.

SQLite in a file, or PostgreSQL by URL. The tables are made and changed by migrations; ``Store.open`` runs them.
"""

from ediel.store._backup import Contents, back_up, contents_of, dump_command, opened_backup, values_files
from ediel.store._browse import Browser, has_values
from ediel.store._check import Checked, CheckedArchive, check_archive, check_pages, check_processes
from ediel.store._compact import compact
from ediel.store._days import Days
from ediel.store._deliveries import Deliveries, Delivery
from ediel.store._finding import STATUSES, Finder, Wanted
from ediel.store._gauges import Backlog, Depth, backlog
from ediel.store._json import encode
from ediel.store._keyring import key_of
from ediel.store._lanes import Lane, Lanes
from ediel.store._log import CheckedLog, check_log
from ediel.store._opening import url_of
from ediel.store._outbox import LEASE, LONGEST_WAIT, Evidence, OutboxStore
from ediel.store._protection import CheckedEntries, Entry, Wording, check_entries, entries, write_entry
from ediel.store._purge import PURGED_KINDS, Purged, plan, purge
from ediel.store._rekey import change_key, reseal
from ediel.store._revisions import head, revisions
from ediel.store._rows import stored_of
from ediel.store._said import known_of, latest_about_points
from ediel.store._statements import Statement
from ediel.store._store import Store
from ediel.store._unit import Unit, Values, moment_of, stamp
from ediel.store._unsent import never_arrived, take_back, undelivered
from ediel.store.errors import (
    ArchiveDamaged,
    ArchiveRemoved,
    Conflict,
    DatabaseAway,
    DatabaseGone,
    SchemaOutOfDate,
    StoreError,
    WrongKey,
)

__all__ = [
    "LEASE",
    "LONGEST_WAIT",
    "PURGED_KINDS",
    "STATUSES",
    "ArchiveDamaged",
    "ArchiveRemoved",
    "Backlog",
    "Browser",
    "Checked",
    "CheckedArchive",
    "CheckedEntries",
    "CheckedLog",
    "Conflict",
    "Contents",
    "DatabaseAway",
    "DatabaseGone",
    "Days",
    "Deliveries",
    "Delivery",
    "Depth",
    "Entry",
    "Evidence",
    "Finder",
    "Lane",
    "Lanes",
    "OutboxStore",
    "Purged",
    "SchemaOutOfDate",
    "Statement",
    "Store",
    "StoreError",
    "Unit",
    "Values",
    "Wanted",
    "Wording",
    "WrongKey",
    "back_up",
    "backlog",
    "change_key",
    "check_archive",
    "check_entries",
    "check_log",
    "check_pages",
    "check_processes",
    "compact",
    "contents_of",
    "dump_command",
    "encode",
    "entries",
    "has_values",
    "head",
    "key_of",
    "known_of",
    "latest_about_points",
    "moment_of",
    "never_arrived",
    "opened_backup",
    "plan",
    "purge",
    "reseal",
    "revisions",
    "stamp",
    "stored_of",
    "take_back",
    "undelivered",
    "url_of",
    "values_files",
    "write_entry",
]
