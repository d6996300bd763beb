-- Distribution plans, the post on paper, and what the directory must know for both.

-- A unit that was merged into another: mail for it goes there.
CREATE TABLE unit_successor (
    unit_id TEXT PRIMARY KEY REFERENCES unit (id),
    successor_no TEXT NOT NULL
);

-- Where the post finds a unit or a party; kept from the last letter that went there on paper.
CREATE TABLE postal_address (
    -- unit.id or outside_party.id
    owner_id TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    updated_by TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Dağıtım planı: a named recipient list of a unit; that of an institution serves all its units.
CREATE TABLE distribution_plan (
    id TEXT PRIMARY KEY,
    owner_unit_id TEXT NOT NULL REFERENCES unit (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    -- counts every change; a write carries the version that it was read at
    version BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (owner_unit_id, name_key)
);

-- Name and address as they stood when the line was saved, so that a change can be told.
CREATE TABLE distribution_plan_line (
    plan_id TEXT NOT NULL REFERENCES distribution_plan (id),
    position BIGINT NOT NULL,
    destination_type TEXT NOT NULL,
    unit_id TEXT,
    outside_party_id TEXT,
    label TEXT NOT NULL,
    delivery_address TEXT,
    purpose TEXT NOT NULL,
    PRIMARY KEY (plan_id, position)
);
CREATE INDEX plan_line_by_unit ON distribution_plan_line (unit_id);

-- Why this recipient gets paper although it can be reached electronically; never on the letter.
ALTER TABLE recipient ADD COLUMN paper_reason TEXT NOT NULL DEFAULT '';

-- Wet-signed letters of necessity (Z) and of emergency (O): a number, and no content when
-- confidential (decision 3).
CREATE TABLE wet_letter (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES unit (id),
    -- Z, O
    prefix TEXT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    dated TEXT NOT NULL,
    plan_code TEXT NOT NULL,
    confidentiality TEXT NOT NULL,
    -- empty for a confidential letter
    subject TEXT NOT NULL,
    addressee TEXT NOT NULL,
    signer TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX wet_letter_by_unit ON wet_letter (unit_id, id);

-- One envelope: a letter on paper to one recipient. A returned one may be followed by another.
CREATE TABLE paper_item (
    id TEXT PRIMARY KEY,
    seq BIGINT NOT NULL UNIQUE,
    -- our own, on the label
    barcode TEXT NOT NULL UNIQUE,
    unit_id TEXT NOT NULL REFERENCES unit (id),
    document_id TEXT REFERENCES document (id),
    recipient_id TEXT REFERENCES recipient (id),
    wet_letter_id TEXT REFERENCES wet_letter (id),
    attempt BIGINT NOT NULL,
    -- sayı as it stood when the item was made
    number TEXT NOT NULL,
    addressee TEXT NOT NULL,
    address TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- to_post, posted, delivered, returned
    state TEXT NOT NULL,
    posted_on TEXT,
    posted_at BIGINT,
    posted_by TEXT,
    -- the post's own
    post_barcode TEXT,
    handover_record TEXT,
    outcome_on TEXT,
    outcome_at BIGINT,
    outcome_reason TEXT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (recipient_id, attempt)
);
CREATE INDEX paper_item_by_unit ON paper_item (unit_id, state, id);
CREATE INDEX paper_item_by_document ON paper_item (document_id);
CREATE UNIQUE INDEX paper_item_by_post_barcode ON paper_item (post_barcode)
    WHERE post_barcode IS NOT NULL;

-- Zimmet and posta tevdi listesi: what was handed to whom, numbered by year.
CREATE TABLE paper_list (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES unit (id),
    -- custody, handover
    kind TEXT NOT NULL,
    year BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    to_whom TEXT NOT NULL,
    dated TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (unit_id, kind, year, seq)
);
CREATE TABLE paper_list_line (
    list_id TEXT NOT NULL REFERENCES paper_list (id),
    position BIGINT NOT NULL,
    item_id TEXT NOT NULL REFERENCES paper_item (id),
    PRIMARY KEY (list_id, position)
);
CREATE INDEX paper_list_line_by_item ON paper_list_line (item_id);

-- Postings that were entered before there were items.
INSERT INTO paper_item (id, seq, barcode, unit_id, document_id, recipient_id, attempt, number,
    addressee, address, reason, state, posted_on, posted_at, posted_by, post_barcode,
    handover_record, created_by, created_at)
SELECT p.id, (SELECT COUNT(*) FROM paper_posting o WHERE o.id <= p.id), 'DYS-' || p.id, d.unit_id,
    d.id, r.id, 1, COALESCE(d.official_number, ''), r.institution_name, '', p.note, 'posted',
    p.posted_on, p.written_at, p.written_by,
    CASE WHEN EXISTS (SELECT 1 FROM paper_posting o WHERE o.barcode = p.barcode AND o.id < p.id)
        THEN NULL ELSE p.barcode END,
    p.handover_record, p.written_by, p.written_at
FROM paper_posting p JOIN recipient r ON r.id = p.recipient_id
    JOIN document d ON d.id = r.document_id;
DROP TABLE paper_posting;

-- By which service a message goes: kep, uets.
ALTER TABLE outgoing_message ADD COLUMN channel TEXT NOT NULL DEFAULT 'kep';
