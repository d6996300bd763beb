-- The letter from draft to freeze, its approval and its distribution list.

-- The folder where letters are filed: Dosya No = file code + running folder number.
CREATE TABLE case_file (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES unit (id),
    scope TEXT NOT NULL,
    code TEXT NOT NULL,
    year BIGINT NOT NULL,
    folder_no BIGINT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    UNIQUE (unit_id, scope, code, year, folder_no)
);

CREATE TABLE document (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES unit (id),
    drafter_id TEXT NOT NULL REFERENCES user_account (id),
    -- draft, in_approval, returned, signed, dispatched
    state TEXT NOT NULL,
    -- counts every change; a write carries the version that it was read at
    version BIGINT NOT NULL,
    subject TEXT NOT NULL,
    subject_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    urgency TEXT NOT NULL,
    due_date TEXT,
    confidentiality TEXT NOT NULL,
    personal BIGINT NOT NULL,
    note TEXT NOT NULL,
    language TEXT NOT NULL,
    plan_scope TEXT,
    plan_code TEXT,
    secondary_code TEXT,
    case_file_id TEXT REFERENCES case_file (id),
    closing TEXT NOT NULL,
    -- the text as sanitised structure (JSON)
    body TEXT NOT NULL,
    official_number TEXT,
    official_seq BIGINT,
    official_date TEXT,
    -- the frozen letter: what was signed, bytes by their hash
    frozen_hash TEXT,
    frozen_at BIGINT,
    signed_at BIGINT,
    dispatched_at BIGINT,
    approval_round BIGINT NOT NULL DEFAULT 0,
    auto_dispatch BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX document_by_unit ON document (unit_id, state, id);
CREATE INDEX document_by_drafter ON document (drafter_id, state, id);
CREATE INDEX document_by_number ON document (official_number);
CREATE INDEX document_by_seq ON document (official_seq);
CREATE INDEX document_by_date ON document (official_date);

-- What somebody typed on a stale version, kept so that nothing typed is lost.
CREATE TABLE document_conflict (
    id TEXT PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES document (id),
    user_id TEXT NOT NULL,
    base_version BIGINT NOT NULL,
    content TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE document_reference (
    id TEXT PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES document (id),
    position BIGINT NOT NULL,
    linked_document_id TEXT,
    text TEXT NOT NULL
);
CREATE INDEX reference_by_document ON document_reference (document_id, position);

CREATE TABLE attachment (
    id TEXT PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES document (id),
    position BIGINT NOT NULL,
    -- file, physical, external
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    file_name TEXT,
    media_type TEXT,
    size BIGINT,
    blob_hash TEXT,
    reference TEXT,
    restricted BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX attachment_by_document ON attachment (document_id, position);

CREATE TABLE approval_step (
    id TEXT PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES document (id),
    round BIGINT NOT NULL,
    position BIGINT NOT NULL,
    -- initial, signature
    kind TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES user_account (id),
    -- waiting, active, done, returned, withdrawn
    state TEXT NOT NULL,
    acted_by TEXT,
    as_deputy BIGINT NOT NULL DEFAULT 0,
    acted_at BIGINT,
    reason TEXT,
    -- the hash of what the person saw and approved
    seen_hash TEXT,
    UNIQUE (document_id, round, position)
);
CREATE INDEX step_by_user ON approval_step (user_id, state);

CREATE TABLE saved_chain (
    id TEXT PRIMARY KEY,
    owner_id TEXT NOT NULL REFERENCES user_account (id),
    unit_id TEXT NOT NULL,
    name TEXT NOT NULL,
    steps TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (owner_id, name)
);

-- One row per number that was ever taken; a number is never used twice.
CREATE TABLE official_number (
    series TEXT NOT NULL,
    year BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    document_id TEXT NOT NULL REFERENCES document (id),
    -- reserved, used, cancelled
    state TEXT NOT NULL,
    reason TEXT,
    taken_at BIGINT NOT NULL,
    PRIMARY KEY (series, year, seq)
);
CREATE INDEX number_by_document ON official_number (document_id);

CREATE TABLE number_series (
    series TEXT NOT NULL,
    year BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    PRIMARY KEY (series, year)
);

-- One line of the distribution list, with name and address as they were at that moment.
CREATE TABLE recipient (
    id TEXT PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES document (id),
    position BIGINT NOT NULL,
    -- internal_unit, internal_plan, external_paper, external_uets, external_kep
    destination_type TEXT NOT NULL,
    unit_id TEXT,
    outside_party_id TEXT,
    institution_id TEXT,
    detsis_no TEXT,
    label TEXT NOT NULL,
    label_key TEXT NOT NULL,
    institution_name TEXT NOT NULL,
    delivery_address TEXT,
    -- action (gereği), information (bilgi)
    purpose TEXT NOT NULL,
    -- the provider message that carries this line; units of one address share it
    message_id TEXT,
    -- derived from the evidence in the transaction that stores it; see evidence::derive
    status TEXT NOT NULL DEFAULT 'none',
    duty TEXT NOT NULL DEFAULT 'none',
    status_at BIGINT,
    -- Posta Durumu as the evidence tells it, empty before the first one
    status_line TEXT NOT NULL DEFAULT '',
    UNIQUE (document_id, unit_id)
);
CREATE INDEX recipient_by_document ON recipient (document_id, position);
CREATE INDEX recipient_by_message ON recipient (message_id);
CREATE INDEX recipient_by_duty ON recipient (duty);

CREATE TABLE recipient_left_out (
    recipient_id TEXT NOT NULL REFERENCES recipient (id),
    attachment_id TEXT NOT NULL REFERENCES attachment (id),
    PRIMARY KEY (recipient_id, attachment_id)
);
