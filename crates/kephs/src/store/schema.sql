CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE IF NOT EXISTS account (
    address     TEXT PRIMARY KEY,
    credentials TEXT,               -- salted hash; NULL: a mailbox that nobody logs in to
    kontor      INTEGER NOT NULL,   -- credit units left
    quota_kb    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS login (
    token      TEXT PRIMARY KEY,
    address    TEXT NOT NULL REFERENCES account(address),
    kind       TEXT NOT NULL,
    sms_key    TEXT NOT NULL,
    confirmed  INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS message (
    id             INTEGER PRIMARY KEY,
    kep_id         TEXT NOT NULL UNIQUE,
    org_mesaj_id   TEXT NOT NULL,
    sender         TEXT NOT NULL,
    from_header    TEXT NOT NULL,
    subject        TEXT NOT NULL,
    kind           TEXT NOT NULL,
    ileti_id       TEXT NOT NULL,
    sha256         TEXT NOT NULL,
    original       BLOB NOT NULL,
    submitted_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS message_by_org_id ON message (sender, org_mesaj_id);

CREATE TABLE IF NOT EXISTS recipient (
    message_id   INTEGER NOT NULL REFERENCES message(id),
    n            INTEGER NOT NULL,   -- 1-based
    address      TEXT NOT NULL,
    delivered_at INTEGER,
    read_at      INTEGER,
    PRIMARY KEY (message_id, n)
) STRICT;

CREATE TABLE IF NOT EXISTS item (
    id           INTEGER PRIMARY KEY,
    account      TEXT NOT NULL REFERENCES account(address),
    folder       TEXT NOT NULL,
    sira_no      INTEGER NOT NULL,
    kep_id       TEXT NOT NULL,
    message_id   INTEGER NOT NULL REFERENCES message(id),
    recipient_n  INTEGER,
    evidence_id  INTEGER REFERENCES evidence(id),
    size         INTEGER NOT NULL,
    arrived_at   INTEGER NOT NULL,
    visible_at   INTEGER NOT NULL,
    seen_at      INTEGER,
    deleted_at   INTEGER,
    UNIQUE (account, folder, sira_no),
    UNIQUE (account, folder, kep_id)
) STRICT;

CREATE TABLE IF NOT EXISTS evidence (
    id          INTEGER PRIMARY KEY,
    delil_id    TEXT NOT NULL UNIQUE,
    message_id  INTEGER NOT NULL REFERENCES message(id),
    recipient_n INTEGER NOT NULL,    -- 0: the submission as a whole
    event       TEXT NOT NULL,
    copy        INTEGER NOT NULL,    -- 0; more when told to issue twice
    code        INTEGER,
    text        TEXT NOT NULL,
    event_at    INTEGER NOT NULL,
    time_text   TEXT,                -- what lists say instead of event_at, when told to
    visible_at  INTEGER NOT NULL,
    kephs       TEXT NOT NULL,
    xml         BLOB NOT NULL,
    UNIQUE (message_id, recipient_n, event, copy)
) STRICT;

-- Built by MimeYap, waiting for its signature.
CREATE TABLE IF NOT EXISTS draft (
    message_id TEXT PRIMARY KEY,
    sender     TEXT NOT NULL REFERENCES account(address),
    head       BLOB NOT NULL,
    tail       BLOB NOT NULL,
    made_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS job (
    id          INTEGER PRIMARY KEY,
    due_at      INTEGER NOT NULL,
    step        TEXT NOT NULL,
    message_id  INTEGER NOT NULL REFERENCES message(id),
    recipient_n INTEGER NOT NULL,
    UNIQUE (message_id, recipient_n, step)
) STRICT;
CREATE INDEX IF NOT EXISTS job_by_due ON job (due_at, id);

CREATE TABLE IF NOT EXISTS rule (
    id         INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,
    operation  TEXT,
    address    TEXT,
    remaining  INTEGER,              -- NULL: until it is switched off
    seconds    INTEGER,
    number     INTEGER,
    text       TEXT,
    created_at INTEGER NOT NULL
) STRICT;

-- Notices (tebligat): what came with the message.
CREATE TABLE IF NOT EXISTS notice (
    message_id  INTEGER PRIMARY KEY REFERENCES message(id),
    account     TEXT NOT NULL REFERENCES account(address),
    unit_id     TEXT NOT NULL,
    unit_name   TEXT NOT NULL,
    barcode     TEXT NOT NULL,
    list_number TEXT                 -- the handover list that names it
) STRICT;
CREATE INDEX IF NOT EXISTS notice_by_unit ON notice (account, unit_id, list_number);

CREATE TABLE IF NOT EXISTS notice_list (
    number     TEXT PRIMARY KEY,
    account    TEXT NOT NULL REFERENCES account(address),
    unit_id    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;
