CREATE TABLE public.blocks (
    id bigint NOT NULL,
    pool character varying(64) NOT NULL,
    block_hash character varying(64) NOT NULL,
    coinbase_txid character varying(64) NOT NULL,
    height bigint NOT NULL,
    worker text NOT NULL,
    address text NOT NULL,
    difficulty double precision NOT NULL,
    reward_sats bigint NOT NULL,
    fee_ppm integer NOT NULL,
    found_ms bigint NOT NULL,
    status character varying(16) NOT NULL,
    reason text NOT NULL,
    confirmations integer NOT NULL,
    round_closed boolean NOT NULL,
    round_work text NOT NULL,
    returned_into bigint
);
CREATE SEQUENCE public.blocks_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.blocks_id_seq OWNED BY public.blocks.id;
CREATE TABLE public.entries (
    id bigint NOT NULL,
    transfer_id bigint NOT NULL,
    pool character varying(64) NOT NULL,
    account text NOT NULL,
    amount_sats bigint NOT NULL,
    CONSTRAINT entries_amount_sats_check CHECK ((amount_sats <> 0))
);
CREATE SEQUENCE public.entries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.entries_id_seq OWNED BY public.entries.id;
CREATE TABLE public.outbox (
    id bigint NOT NULL,
    pool character varying(64) NOT NULL,
    kind character varying(32) NOT NULL,
    msg_id text NOT NULL,
    body text NOT NULL,
    published boolean NOT NULL
);
CREATE SEQUENCE public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.outbox_id_seq OWNED BY public.outbox.id;
CREATE TABLE public.payment_outputs (
    payment_id character varying(36) NOT NULL,
    account text NOT NULL,
    address text NOT NULL,
    amount_sats bigint NOT NULL
);
CREATE TABLE public.payments (
    id character varying(36) NOT NULL,
    pool character varying(64) NOT NULL,
    state character varying(16) NOT NULL,
    open_slot character varying(64),
    total_sats bigint NOT NULL,
    fee_sats bigint NOT NULL,
    txid character varying(64) NOT NULL,
    transaction_hex text NOT NULL,
    failure text NOT NULL,
    created_ms bigint NOT NULL,
    sent_ms bigint NOT NULL
);
CREATE TABLE public.round_shares (
    block_id bigint NOT NULL,
    address text NOT NULL,
    work text NOT NULL
);
CREATE TABLE public.transfers (
    id bigint NOT NULL,
    pool character varying(64) NOT NULL,
    kind character varying(32) NOT NULL,
    reference character varying(128) NOT NULL,
    created_ms bigint NOT NULL
);
CREATE SEQUENCE public.transfers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.transfers_id_seq OWNED BY public.transfers.id;
ALTER TABLE ONLY public.blocks ALTER COLUMN id SET DEFAULT nextval('public.blocks_id_seq'::regclass);
ALTER TABLE ONLY public.entries ALTER COLUMN id SET DEFAULT nextval('public.entries_id_seq'::regclass);
ALTER TABLE ONLY public.outbox ALTER COLUMN id SET DEFAULT nextval('public.outbox_id_seq'::regclass);
ALTER TABLE ONLY public.transfers ALTER COLUMN id SET DEFAULT nextval('public.transfers_id_seq'::regclass);
INSERT INTO public.blocks VALUES (1, 'litecoin', '0000000000000000000000000000000000000000000000000000000000000001', '1000000000000000000000000000000000000000000000000000000000000000', 100, 'finder.rig', 'finder', 1, 5000000000, 10000, 1763900000001, 'confirmed', '', 101, true, '3', NULL);
INSERT INTO public.blocks VALUES (2, 'litecoin', '0000000000000000000000000000000000000000000000000000000000000002', '2000000000000000000000000000000000000000000000000000000000000000', 100, 'finder.rig', 'finder', 1, 5000000000, 0, 1763900000002, 'rejected', 'stale', 0, true, '100000000000000000000', 3);
INSERT INTO public.blocks VALUES (3, 'litecoin', '0000000000000000000000000000000000000000000000000000000000000003', '3000000000000000000000000000000000000000000000000000000000000000', 100, 'finder.rig', 'finder', 1, 5000000000, 0, 1763900000003, 'pending', '', 0, true, '100000000000000000006', NULL);
INSERT INTO public.blocks VALUES (4, 'litecoin', '0000000000000000000000000000000000000000000000000000000000000004', '', 100, 'finder.rig', 'finder', 1, 5000000000, 0, 1763900000004, 'submitted', '', 0, false, '0', NULL);
INSERT INTO public.entries VALUES (1, 1, 'litecoin', 'wallet', 5000000000);
INSERT INTO public.entries VALUES (2, 1, 'litecoin', 'fee', -50000000);
INSERT INTO public.entries VALUES (3, 1, 'litecoin', 'miner:a', -1650000000);
INSERT INTO public.entries VALUES (4, 1, 'litecoin', 'miner:b', -3300000000);
INSERT INTO public.entries VALUES (5, 2, 'litecoin', 'miner:a', 1000000000);
INSERT INTO public.entries VALUES (6, 2, 'litecoin', 'in_flight', -1000000000);
INSERT INTO public.entries VALUES (7, 3, 'litecoin', 'in_flight', 1000000000);
INSERT INTO public.entries VALUES (8, 3, 'litecoin', 'network_fees', 225);
INSERT INTO public.entries VALUES (9, 3, 'litecoin', 'wallet', -1000000225);
INSERT INTO public.entries VALUES (10, 4, 'litecoin', 'miner:b', 2000000000);
INSERT INTO public.entries VALUES (11, 4, 'litecoin', 'fee', 1000);
INSERT INTO public.entries VALUES (12, 4, 'litecoin', 'in_flight', -2000001000);
INSERT INTO public.entries VALUES (13, 5, 'litecoin', 'miner:a', 12345);
INSERT INTO public.entries VALUES (14, 5, 'litecoin', 'in_flight', -12345);
INSERT INTO public.outbox VALUES (2, 'litecoin', 'PaymentSent', 'litecoin-PaymentSent-p1', '{"pool":"litecoin","payment_id":"p1","txid_display":"00000000000000000000000000000000000000000000000000000000000000p1","total_sats":1000000000,"fee_sats":225,"payees":1,"time_ms":1763900000000}', false);
INSERT INTO public.outbox VALUES (3, 'litecoin', 'PaymentSent', 'litecoin-PaymentSent-p2', '{"pool":"litecoin","payment_id":"p2","txid_display":"00000000000000000000000000000000000000000000000000000000000000p2","total_sats":2000001000,"fee_sats":225,"payees":2,"time_ms":1763900000000}', false);
INSERT INTO public.outbox VALUES (1, 'litecoin', 'BlockConfirmed', 'litecoin-BlockConfirmed-0000000000000000000000000000000000000000000000000000000000000001', '{"pool":"litecoin","height":100,"block_hash_display":"0000000000000000000000000000000000000000000000000000000000000001","reward_sats":5000000000,"worker":"finder.rig","time_ms":1763900000000}', true);
INSERT INTO public.payment_outputs VALUES ('p1', 'miner:a', 'a', 1000000000);
INSERT INTO public.payment_outputs VALUES ('p2', 'miner:b', 'b', 2000000000);
INSERT INTO public.payment_outputs VALUES ('p2', 'fee', 'pool', 1000);
INSERT INTO public.payment_outputs VALUES ('p3', 'miner:a', 'a', 12345);
INSERT INTO public.payments VALUES ('p1', 'litecoin', 'confirmed', NULL, 1000000000, 225, '00000000000000000000000000000000000000000000000000000000000000p1', '01007031', '', 1763900000000, 1763900000000);
INSERT INTO public.payments VALUES ('p2', 'litecoin', 'broadcast', NULL, 2000001000, 225, '00000000000000000000000000000000000000000000000000000000000000p2', '01007032', '', 1763900000001, 1763900000000);
INSERT INTO public.payments VALUES ('p3', 'litecoin', 'intent', 'litecoin', 12345, 0, '', '', '', 1763900000000, 0);
INSERT INTO public.round_shares VALUES (1, 'a', '1');
INSERT INTO public.round_shares VALUES (1, 'b', '2');
INSERT INTO public.round_shares VALUES (2, 'c', '100000000000000000000');
INSERT INTO public.round_shares VALUES (3, 'a', '5');
INSERT INTO public.round_shares VALUES (3, 'b', '1');
INSERT INTO public.round_shares VALUES (3, 'c', '100000000000000000000');
INSERT INTO public.transfers VALUES (1, 'litecoin', 'reward', '0000000000000000000000000000000000000000000000000000000000000001', 1763900000000);
INSERT INTO public.transfers VALUES (2, 'litecoin', 'payment', 'p1', 1763900000000);
INSERT INTO public.transfers VALUES (3, 'litecoin', 'settlement', 'p1', 1763900000000);
INSERT INTO public.transfers VALUES (4, 'litecoin', 'payment', 'p2', 1763900000001);
INSERT INTO public.transfers VALUES (5, 'litecoin', 'payment', 'p3', 1763900000000);
SELECT pg_catalog.setval('public.blocks_id_seq', 4, true);
SELECT pg_catalog.setval('public.entries_id_seq', 14, true);
SELECT pg_catalog.setval('public.outbox_id_seq', 3, true);
SELECT pg_catalog.setval('public.transfers_id_seq', 5, true);
ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_pool_block_hash_key UNIQUE (pool, block_hash);
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_msg_id_key UNIQUE (msg_id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.payment_outputs
    ADD CONSTRAINT payment_outputs_pkey PRIMARY KEY (payment_id, account);
ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_open_slot_key UNIQUE (open_slot);
ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.round_shares
    ADD CONSTRAINT round_shares_pkey PRIMARY KEY (block_id, address);
ALTER TABLE ONLY public.transfers
    ADD CONSTRAINT transfers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.transfers
    ADD CONSTRAINT transfers_pool_kind_reference_key UNIQUE (pool, kind, reference);
CREATE INDEX blocks_by_status ON public.blocks USING btree (pool, status);
CREATE INDEX entries_by_account ON public.entries USING btree (pool, account, amount_sats);
CREATE INDEX ix_entries_transfer_id ON public.entries USING btree (transfer_id);
CREATE INDEX ix_payment_outputs_address ON public.payment_outputs USING btree (address);
CREATE INDEX outbox_by_state ON public.outbox USING btree (pool, published);
CREATE INDEX payments_by_state ON public.payments USING btree (pool, state);
ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_returned_into_fkey FOREIGN KEY (returned_into) REFERENCES public.blocks(id);
ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_transfer_id_fkey FOREIGN KEY (transfer_id) REFERENCES public.transfers(id);
ALTER TABLE ONLY public.payment_outputs
    ADD CONSTRAINT payment_outputs_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.payments(id);
ALTER TABLE ONLY public.round_shares
    ADD CONSTRAINT round_shares_block_id_fkey FOREIGN KEY (block_id) REFERENCES public.blocks(id);
