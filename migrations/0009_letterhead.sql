-- What institutions chose for their letters, the codes by which letters are verified, and the
-- addressee's line where a drafter writes it otherwise.

-- A unit without a row uses its institution's; lines are apart by line ends.
CREATE TABLE letterhead (
    unit_id TEXT PRIMARY KEY REFERENCES unit (id),
    version BIGINT NOT NULL,
    header TEXT NOT NULL,
    contact TEXT NOT NULL,
    person TEXT NOT NULL,
    verification TEXT NOT NULL,
    -- points
    size BIGINT NOT NULL,
    -- pictures and faces in the blob store
    left_logo TEXT,
    right_logo TEXT,
    face_1 TEXT,
    face_2 TEXT,
    face_3 TEXT,
    face_4 TEXT,
    updated_at BIGINT NOT NULL
);

-- Belge doğrulama kodu: random, one for a letter, an input of its frozen bytes.
CREATE TABLE verification_code (
    code TEXT PRIMARY KEY,
    document_id TEXT NOT NULL UNIQUE REFERENCES document (id),
    made_at BIGINT NOT NULL
);

-- Muhatap with its suffix as the drafter wants it; empty: as the rule makes it.
ALTER TABLE document ADD COLUMN addressee_line TEXT NOT NULL DEFAULT '';
