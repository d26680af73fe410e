"""Migrations, run by ``Store.upgrade``. Each has a number, and runs on SQLite and on PostgreSQL."""
