-- What others sent: the registry of incoming documents, their referral and their answer.

-- The running number of registration; a number is never used twice.
CREATE TABLE incoming_series (
    series TEXT NOT NULL,
    year BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    PRIMARY KEY (series, year)
);

CREATE TABLE incoming_document (
    id TEXT PRIMARY KEY,
    -- kep, internal, paper
    source TEXT NOT NULL,
    -- letter, petition
    kind TEXT NOT NULL,
    -- registered, referred, answered, closed, returned, forwarded, withdrawn
    state TEXT NOT NULL,
    -- counts every change; an act carries the version that it was read at
    version BIGINT NOT NULL,
    -- the unit whose registry holds it
    unit_id TEXT NOT NULL REFERENCES unit (id),
    series TEXT NOT NULL,
    year BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    registration_number TEXT NOT NULL UNIQUE,
    registered_at BIGINT NOT NULL,
    registered_by TEXT NOT NULL,
    -- who sent it, as it was then
    sender TEXT NOT NULL,
    sender_unit_id TEXT,
    -- KEP address of the sender
    sender_address TEXT,
    their_number TEXT NOT NULL,
    their_date TEXT,
    subject TEXT NOT NULL,
    -- folded words of subject, sender and their number
    search_key TEXT NOT NULL,
    note TEXT NOT NULL,
    urgency TEXT NOT NULL,
    confidentiality TEXT NOT NULL,
    personal BIGINT NOT NULL,
    -- action, information: as the sender wrote it
    purpose TEXT NOT NULL,
    -- until when an answer is due, and by which rule
    due_date TEXT,
    period TEXT NOT NULL,
    -- when the KEP provider put it into the mailbox
    delivered_at BIGINT,
    first_read_at BIGINT,
    first_read_by TEXT,
    -- the letter itself: bytes by their hash, or plain text
    content_hash TEXT,
    content_type TEXT NOT NULL,
    text TEXT NOT NULL,
    -- the file plan code that the sender gave, else the one chosen here
    plan_code TEXT,
    -- internal: the letter and its line
    document_id TEXT REFERENCES document (id),
    recipient_id TEXT REFERENCES recipient (id),
    -- KEP: the message that brought it
    message_id TEXT,
    -- paper: Evrakın Yeri, Barkod No, Gönderen Dosya Adı
    place TEXT NOT NULL,
    barcode TEXT,
    sender_file TEXT NOT NULL,
    -- Dilekçe Bilgileri (JSON); empty for what is not a petition
    petition TEXT NOT NULL,
    -- why it was closed, returned or withdrawn
    closing_reason TEXT NOT NULL,
    closed_at BIGINT,
    closed_by TEXT,
    UNIQUE (series, year, seq)
);
-- A line of a distribution list stands in one registry once; what was withdrawn keeps its number.
CREATE UNIQUE INDEX incoming_by_recipient ON incoming_document (recipient_id)
    WHERE state <> 'withdrawn';
CREATE INDEX incoming_by_unit ON incoming_document (unit_id, state, id);
CREATE INDEX incoming_by_document ON incoming_document (document_id);
CREATE INDEX incoming_by_message ON incoming_document (message_id);
CREATE INDEX incoming_by_barcode ON incoming_document (barcode);

CREATE TABLE incoming_attachment (
    id TEXT PRIMARY KEY,
    incoming_id TEXT NOT NULL REFERENCES incoming_document (id),
    position BIGINT NOT NULL,
    title TEXT NOT NULL,
    file_name TEXT,
    media_type TEXT,
    size BIGINT NOT NULL,
    blob_hash TEXT,
    -- clean, infected, unchecked
    scan TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX incoming_attachment_by_document ON incoming_attachment (incoming_id, position);

-- What was found about message, signature and package; shown as it was on arrival.
CREATE TABLE incoming_finding (
    incoming_id TEXT NOT NULL REFERENCES incoming_document (id),
    position BIGINT NOT NULL,
    -- message, signature, package
    about TEXT NOT NULL,
    -- ok, note, warning, error
    severity TEXT NOT NULL,
    code TEXT NOT NULL,
    sentence TEXT NOT NULL,
    PRIMARY KEY (incoming_id, position)
);

-- havale: to a unit or a person, for action or for information.
CREATE TABLE referral (
    id TEXT PRIMARY KEY,
    incoming_id TEXT NOT NULL REFERENCES incoming_document (id),
    -- the referral from which it was passed on
    parent_id TEXT REFERENCES referral (id),
    from_user_id TEXT NOT NULL REFERENCES user_account (id),
    to_unit_id TEXT REFERENCES unit (id),
    to_user_id TEXT REFERENCES user_account (id),
    purpose TEXT NOT NULL,
    due_date TEXT,
    note TEXT NOT NULL,
    -- open, done, returned, pulled_back, passed_on
    state TEXT NOT NULL,
    referred_at BIGINT NOT NULL,
    seen_at BIGINT,
    ended_at BIGINT,
    ended_by TEXT,
    reason TEXT NOT NULL
);
CREATE INDEX referral_by_document ON referral (incoming_id, id);
CREATE INDEX referral_by_user ON referral (to_user_id, state);
CREATE INDEX referral_by_unit ON referral (to_unit_id, state);

-- Letters that were written because of an incoming one.
CREATE TABLE incoming_answer (
    document_id TEXT PRIMARY KEY REFERENCES document (id),
    incoming_id TEXT NOT NULL REFERENCES incoming_document (id),
    -- answer, forward, return
    kind TEXT NOT NULL,
    -- what the incoming one was before the letter left, should the sending be stopped
    former_state TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX answer_by_incoming ON incoming_answer (incoming_id);

-- Every message that a mailbox showed, once by what its provider calls it.
CREATE TABLE incoming_message (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES kep_account (id),
    kep_id TEXT NOT NULL,
    folder TEXT NOT NULL,
    -- Message-ID of the original, as the listing tells it
    org_message_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- listed, stored, registered, evidence, own, unreadable
    state TEXT NOT NULL,
    blob_hash TEXT,
    size BIGINT NOT NULL,
    -- SHA-256 of the original message inside
    content_hash TEXT,
    listed_at BIGINT NOT NULL,
    delivered_at BIGINT,
    attempt BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    lease_owner TEXT,
    error_code TEXT NOT NULL,
    error_text TEXT NOT NULL,
    -- none, due, done
    confirm TEXT NOT NULL,
    confirm_at BIGINT,
    confirm_attempt BIGINT NOT NULL,
    confirmed_at BIGINT,
    confirm_error TEXT NOT NULL,
    UNIQUE (account_id, kep_id)
);
CREATE INDEX incoming_message_by_state ON incoming_message (state, next_at);
CREATE INDEX incoming_message_by_confirm ON incoming_message (confirm, confirm_at);
CREATE INDEX incoming_message_by_original ON incoming_message (org_message_id);

-- Up to when the mailbox of an account was listed completely.
CREATE TABLE mailbox_watch (
    account_id TEXT PRIMARY KEY REFERENCES kep_account (id),
    next_at BIGINT NOT NULL,
    listed_until BIGINT,
    error TEXT NOT NULL
);
