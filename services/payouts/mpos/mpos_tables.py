"""MPOS's tables, as far as this service reads and writes them. MPOS made them; nothing here alters them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, DateTime, Float, Integer, MetaData, String, Table

mpos_metadata: Final = MetaData()

HOST_LETTERS: Final = 255
USERNAME_LETTERS: Final = 120
REASON_LETTERS: Final = 50
WORKER_LETTERS: Final = 50
PASSWORD_LETTERS: Final = 255
MAX_DIFFICULTY: Final = 3.4e38
"""The column is a single precision number."""

shares = Table(
    "shares",
    mpos_metadata,
    Column("id", BigInteger, primary_key=True),
    Column("rem_host", String(HOST_LETTERS)),
    Column("username", String(USERNAME_LETTERS)),
    Column("our_result", String(1)),  # an enumeration of 'Y' and 'N', like the next
    Column("upstream_result", String(1)),
    Column("reason", String(REASON_LETTERS)),
    Column("solution", String(257)),
    Column("difficulty", Float),
    Column("time", DateTime),  # a timestamp; sessions of this service are in UTC
)

pool_worker = Table(
    "pool_worker",
    mpos_metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer),
    Column("username", String(WORKER_LETTERS)),
    Column("password", String(PASSWORD_LETTERS)),
    Column("difficulty", Float),
)

accounts = Table(
    "accounts",
    mpos_metadata,
    Column("id", Integer, primary_key=True),
    Column("username", String(40)),
)
