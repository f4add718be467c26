"""What of MPOS's database a pool touches: columns, types and constraints as MPOS has them; what its jobs ask.

Written from MPOS's documented behaviour; tables that a pool has nothing to do with are left out.
"""

from __future__ import annotations

from typing import Final

_SHARE_COLUMNS: Final = (
    "rem_host varchar(255) NOT NULL, username varchar(120) NOT NULL, our_result enum('Y','N') NOT NULL, "
    "upstream_result enum('Y','N') DEFAULT NULL, reason varchar(50) DEFAULT NULL, "
    "solution varchar(257) NOT NULL, difficulty float NOT NULL DEFAULT 0, "
    "time timestamp NOT NULL DEFAULT current_timestamp()"
)

TABLES: Final = (
    f"CREATE TABLE shares (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, {_SHARE_COLUMNS}, "
    "KEY (time), KEY (upstream_result), KEY (our_result), KEY (username)) ENGINE=InnoDB CHARSET=utf8",
    "CREATE TABLE shares_archive (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, "
    "share_id int unsigned NOT NULL UNIQUE, username varchar(120) NOT NULL, our_result enum('Y','N'), "
    "upstream_result enum('Y','N'), block_id int unsigned NOT NULL, difficulty float NOT NULL DEFAULT 0, "
    "time timestamp NOT NULL DEFAULT current_timestamp()) ENGINE=InnoDB CHARSET=utf8",
    "CREATE TABLE accounts (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, "
    "username varchar(40) NOT NULL UNIQUE, "
    "is_locked tinyint NOT NULL DEFAULT 0, no_fees tinyint NOT NULL DEFAULT 0) ENGINE=InnoDB CHARSET=utf8",
    "CREATE TABLE pool_worker (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, account_id int NOT NULL, "
    "username char(50) DEFAULT NULL UNIQUE, password char(255) DEFAULT NULL, "
    "difficulty float NOT NULL DEFAULT 0, monitor tinyint NOT NULL DEFAULT 0) ENGINE=InnoDB CHARSET=utf8",
    "CREATE TABLE blocks (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, height int unsigned NOT NULL, "
    "blockhash char(64) NOT NULL UNIQUE, confirmations int NOT NULL, amount double NOT NULL, "
    "difficulty double NOT NULL, time int NOT NULL, accounted tinyint NOT NULL DEFAULT 0, account_id int, "
    "worker_name varchar(50), shares double, share_id bigint) ENGINE=InnoDB CHARSET=utf8",
)

_USER: Final = "'nomp'@'127.0.0.1'"
GRANTS: Final = (
    f"GRANT SELECT, INSERT, UPDATE ON mpos.shares TO {_USER}",
    f"GRANT SELECT, INSERT, UPDATE ON mpos.pool_worker TO {_USER}",
    f"GRANT SELECT ON mpos.accounts TO {_USER}",
    f"GRANT CREATE, SELECT, INSERT, UPDATE ON mpos.nomp_positions TO {_USER}",
)
"""Those of docs/mpos.md."""

FIND_SHARE: Final = "SELECT id, username, upstream_result FROM shares WHERE solution = %s ORDER BY id LIMIT 1"
"""findblock's first way to a block's share: its solution is the block's hash."""

FIND_SHARE_BY_TIME: Final = (
    "SELECT id, username FROM shares WHERE upstream_result = 'Y' AND id > %s "
    "AND UNIX_TIMESTAMP(time) BETWEEN %s AND %s + 60 ORDER BY id LIMIT 1"
)
"""A later way: an upstream share of the minute from the block's time on. Previous share, time, time."""

ROUND_BY_ACCOUNT: Final = (
    "SELECT a.username AS account, "
    "SUM(IF(s.our_result = 'Y', IF(s.difficulty = 0, POW(2, 20 - 16), s.difficulty), 0)) AS valid, "
    "SUM(IF(s.our_result = 'N', IF(s.difficulty = 0, POW(2, 20 - 16), s.difficulty), 0)) AS invalid "
    "FROM shares AS s JOIN accounts AS a ON a.username = SUBSTRING_INDEX(s.username, '.', 1) "
    "WHERE s.id > %s AND s.id <= %s AND a.is_locked != 2 GROUP BY a.username ORDER BY a.username"
)
"""A payout's reckoning of a round, from one block's share to the next's; the configured difficulty is 20."""

ROUND_SHARES: Final = (
    "SELECT SUM(IF(difficulty = 0, POW(2, 20 - 16), difficulty)) AS total FROM shares "
    "WHERE our_result = 'Y' AND id > %s AND id <= %s"
)
"""All that a block's round is worth."""
