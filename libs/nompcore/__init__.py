"""The shared core of the pool. A module imports from its own layer or one below it, never upwards.

shells      bus            typed messages over NATS, the one door to it; made of
            link           the connection, remade for ever
            jetstream      the streams, buckets and object stores that the table of subjects means
            wire           messages ↔ bytes
            rpc            requests and answers as a NATS service
            pull           fetching from a consumer
            stream_reader  a stream in order, nothing skipped, nothing twice
            stream_writer  a message into a stream, and its acknowledgement
            work_queue     a stream as work, acknowledged when it is done
            bucket         a key-value bucket
            bucket_watch   as it is and as it changes
            objects        an object store
            lease          a key that one process owns at a time
            daemon         JSON-RPC to a coin daemon
            config         portal, pool and coin files, checked as a whole
            settings       what a process reads from its environment, with
            setting_values what may stand there
            service        what every service does around its own work
            reloading      taking over a changed configuration
            supervision    a task group that names the task that dies
            ending         ending tasks that would run for ever
            patience       waiting between tries, for as long as
            backoff        says
            collector      how often the garbage collector looks
            descriptors    as many connections as the system lets a process have
            logs           JSON lines
            metrics        Prometheus
contract    subjects       which subject carries which message, from whom to whom, in rows of these
            subject_kinds  kinds
            requests       what api asks payouts, and the answers
            alarms         messages that call an operator
            control        what the admin center asks stratum, and its log
            subscriptions  what miners want to be told
            switching      which coin the switching ports mine, and orders to change it
            upstream       shares for a bigger pool, and how a pool gets on with it
            messages       every other message: records that import nothing of the core, so mining builds them
mining      coin           a coin that this version mines, made of
            coin_file      what a coin file says
            template       a getblocktemplate answer, typed
            job            template → Job for miners, and a Job decoded for validation
            share          the verdict about a submitted share
            upstream_job   a bigger pool's job → Job for miners
chain       target         nbits, targets, difficulty, work
            merkle         branch of the coinbase, root from the branch
            address        address ↔ output script, with
            bech32         the text form of witness programs, and
            cashaddr       that of Bitcoin Cash and eCash
            signed_message a text signed with the key of an address, in signmessage's form or
            bip322         as the witness of a transaction that can never be mined
            payees         outputs that a template demands
            coinbase       the two halves of the coinbase transaction around the extranonce
            block          the 80-byte header, and a whole block
bytes       encoding       varints, script pushes, hex, byte orders
            hashing        sha256, sha256d and the proof-of-work functions, made of
            algorithms     their names, and how each counts difficulty
            ripemd160      the hash in which addresses name keys
            secp256k1      the curve that coins sign on
            scrypt_pow     those of scrypt's family, with
            n_schedules    how its N grows with time, and
            known_answers  what each must give for a known header
            amounts        coins as people write them ↔ smallest units
            errors         every exception, and why a share is refused
            version        of this software

Everything below the shells is pure: no IO, no clock, no randomness, no logging.
"""
