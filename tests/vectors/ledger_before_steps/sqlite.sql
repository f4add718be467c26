BEGIN TRANSACTION;
CREATE TABLE blocks (
	id INTEGER NOT NULL, 
	pool VARCHAR(64) NOT NULL, 
	block_hash VARCHAR(64) NOT NULL, 
	coinbase_txid VARCHAR(64) NOT NULL, 
	height BIGINT NOT NULL, 
	worker TEXT NOT NULL, 
	address TEXT NOT NULL, 
	difficulty FLOAT NOT NULL, 
	reward_sats BIGINT NOT NULL, 
	fee_ppm INTEGER NOT NULL, 
	found_ms BIGINT NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	reason TEXT NOT NULL, 
	confirmations INTEGER NOT NULL, 
	round_closed BOOLEAN NOT NULL, 
	round_work TEXT NOT NULL, 
	returned_into INTEGER, 
	PRIMARY KEY (id), 
	UNIQUE (pool, block_hash), 
	FOREIGN KEY(returned_into) REFERENCES blocks (id)
);
INSERT INTO "blocks" VALUES(1,'litecoin','0000000000000000000000000000000000000000000000000000000000000001','1000000000000000000000000000000000000000000000000000000000000000',100,'finder.rig','finder',1.0,5000000000,10000,1763900000001,'confirmed','',101,1,'3',NULL);
INSERT INTO "blocks" VALUES(2,'litecoin','0000000000000000000000000000000000000000000000000000000000000002','2000000000000000000000000000000000000000000000000000000000000000',100,'finder.rig','finder',1.0,5000000000,0,1763900000002,'rejected','stale',0,1,'100000000000000000000',3);
INSERT INTO "blocks" VALUES(3,'litecoin','0000000000000000000000000000000000000000000000000000000000000003','3000000000000000000000000000000000000000000000000000000000000000',100,'finder.rig','finder',1.0,5000000000,0,1763900000003,'pending','',0,1,'100000000000000000006',NULL);
INSERT INTO "blocks" VALUES(4,'litecoin','0000000000000000000000000000000000000000000000000000000000000004','',100,'finder.rig','finder',1.0,5000000000,0,1763900000004,'submitted','',0,0,'0',NULL);
CREATE TABLE entries (
	id INTEGER NOT NULL, 
	transfer_id INTEGER NOT NULL, 
	pool VARCHAR(64) NOT NULL, 
	account TEXT NOT NULL, 
	amount_sats BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	CHECK (amount_sats <> 0), 
	FOREIGN KEY(transfer_id) REFERENCES transfers (id)
);
INSERT INTO "entries" VALUES(1,1,'litecoin','wallet',5000000000);
INSERT INTO "entries" VALUES(2,1,'litecoin','fee',-50000000);
INSERT INTO "entries" VALUES(3,1,'litecoin','miner:a',-1650000000);
INSERT INTO "entries" VALUES(4,1,'litecoin','miner:b',-3300000000);
INSERT INTO "entries" VALUES(5,2,'litecoin','miner:a',1000000000);
INSERT INTO "entries" VALUES(6,2,'litecoin','in_flight',-1000000000);
INSERT INTO "entries" VALUES(7,3,'litecoin','in_flight',1000000000);
INSERT INTO "entries" VALUES(8,3,'litecoin','network_fees',225);
INSERT INTO "entries" VALUES(9,3,'litecoin','wallet',-1000000225);
INSERT INTO "entries" VALUES(10,4,'litecoin','miner:b',2000000000);
INSERT INTO "entries" VALUES(11,4,'litecoin','fee',1000);
INSERT INTO "entries" VALUES(12,4,'litecoin','in_flight',-2000001000);
INSERT INTO "entries" VALUES(13,5,'litecoin','miner:a',12345);
INSERT INTO "entries" VALUES(14,5,'litecoin','in_flight',-12345);
CREATE TABLE outbox (
	id INTEGER NOT NULL, 
	pool VARCHAR(64) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	msg_id TEXT NOT NULL, 
	body TEXT NOT NULL, 
	published BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (msg_id)
);
INSERT INTO "outbox" VALUES(1,'litecoin','BlockConfirmed','litecoin-BlockConfirmed-0000000000000000000000000000000000000000000000000000000000000001','{"pool":"litecoin","height":100,"block_hash_display":"0000000000000000000000000000000000000000000000000000000000000001","reward_sats":5000000000,"worker":"finder.rig","time_ms":1763900000000}',1);
INSERT INTO "outbox" VALUES(2,'litecoin','PaymentSent','litecoin-PaymentSent-p1','{"pool":"litecoin","payment_id":"p1","txid_display":"00000000000000000000000000000000000000000000000000000000000000p1","total_sats":1000000000,"fee_sats":225,"payees":1,"time_ms":1763900000000}',0);
INSERT INTO "outbox" VALUES(3,'litecoin','PaymentSent','litecoin-PaymentSent-p2','{"pool":"litecoin","payment_id":"p2","txid_display":"00000000000000000000000000000000000000000000000000000000000000p2","total_sats":2000001000,"fee_sats":225,"payees":2,"time_ms":1763900000000}',0);
CREATE TABLE payment_outputs (
	payment_id VARCHAR(36) NOT NULL, 
	account TEXT NOT NULL, 
	address TEXT NOT NULL, 
	amount_sats BIGINT NOT NULL, 
	PRIMARY KEY (payment_id, account), 
	FOREIGN KEY(payment_id) REFERENCES payments (id)
);
INSERT INTO "payment_outputs" VALUES('p1','miner:a','a',1000000000);
INSERT INTO "payment_outputs" VALUES('p2','miner:b','b',2000000000);
INSERT INTO "payment_outputs" VALUES('p2','fee','pool',1000);
INSERT INTO "payment_outputs" VALUES('p3','miner:a','a',12345);
CREATE TABLE payments (
	id VARCHAR(36) NOT NULL, 
	pool VARCHAR(64) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	open_slot VARCHAR(64), 
	total_sats BIGINT NOT NULL, 
	fee_sats BIGINT NOT NULL, 
	txid VARCHAR(64) NOT NULL, 
	transaction_hex TEXT NOT NULL, 
	failure TEXT NOT NULL, 
	created_ms BIGINT NOT NULL, 
	sent_ms BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (open_slot)
);
INSERT INTO "payments" VALUES('p1','litecoin','confirmed',NULL,1000000000,225,'00000000000000000000000000000000000000000000000000000000000000p1','01007031','',1763900000000,1763900000000);
INSERT INTO "payments" VALUES('p2','litecoin','broadcast',NULL,2000001000,225,'00000000000000000000000000000000000000000000000000000000000000p2','01007032','',1763900000001,1763900000000);
INSERT INTO "payments" VALUES('p3','litecoin','intent','litecoin',12345,0,'','','',1763900000000,0);
CREATE TABLE round_shares (
	block_id INTEGER NOT NULL, 
	address TEXT NOT NULL, 
	work TEXT NOT NULL, 
	PRIMARY KEY (block_id, address), 
	FOREIGN KEY(block_id) REFERENCES blocks (id)
);
INSERT INTO "round_shares" VALUES(1,'a','1');
INSERT INTO "round_shares" VALUES(1,'b','2');
INSERT INTO "round_shares" VALUES(2,'c','100000000000000000000');
INSERT INTO "round_shares" VALUES(3,'a','5');
INSERT INTO "round_shares" VALUES(3,'b','1');
INSERT INTO "round_shares" VALUES(3,'c','100000000000000000000');
CREATE TABLE transfers (
	id INTEGER NOT NULL, 
	pool VARCHAR(64) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	reference VARCHAR(128) NOT NULL, 
	created_ms BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (pool, kind, reference)
);
INSERT INTO "transfers" VALUES(1,'litecoin','reward','0000000000000000000000000000000000000000000000000000000000000001',1763900000000);
INSERT INTO "transfers" VALUES(2,'litecoin','payment','p1',1763900000000);
INSERT INTO "transfers" VALUES(3,'litecoin','settlement','p1',1763900000000);
INSERT INTO "transfers" VALUES(4,'litecoin','payment','p2',1763900000001);
INSERT INTO "transfers" VALUES(5,'litecoin','payment','p3',1763900000000);
CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers BEGIN SELECT RAISE(ABORT, 'the books are only added to'); END;
CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers BEGIN SELECT RAISE(ABORT, 'the books are only added to'); END;
CREATE INDEX blocks_by_status ON blocks (pool, status);
CREATE INDEX payments_by_state ON payments (pool, state);
CREATE INDEX outbox_by_state ON outbox (pool, published);
CREATE INDEX entries_by_account ON entries (pool, account, amount_sats);
CREATE INDEX ix_entries_transfer_id ON entries (transfer_id);
CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'the books are only added to'); END;
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'the books are only added to'); END;
CREATE INDEX ix_payment_outputs_address ON payment_outputs (address);
COMMIT;
