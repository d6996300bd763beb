-- Counting starts again each year and the sayı names no year: a number is unique within the year
-- of its letter (decision 2).

-- Years under "counting never starts again" were 0. Now `year` is always the letter's own, so the
-- numbers that were given under 0 must not be given again in the years that have begun.
UPDATE number_series SET last_seq = (SELECT MAX(o.last_seq) FROM number_series o
    WHERE o.series = number_series.series AND o.year IN (0, number_series.year));

-- only postgres
ALTER TABLE official_number DROP CONSTRAINT official_number_number_key;
ALTER TABLE wet_letter DROP CONSTRAINT wet_letter_number_key;
-- end
-- only sqlite
-- A constraint is dropped by making the table anew. Envelopes name wet letters: the references are
-- looked at when everything is back in its place.
PRAGMA defer_foreign_keys = ON;

CREATE TEMPORARY TABLE kept_number AS SELECT * FROM official_number;
DROP TABLE official_number;
CREATE TABLE official_number (
    series TEXT NOT NULL,
    year BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    number TEXT NOT NULL,
    document_id TEXT NOT NULL REFERENCES document (id),
    -- reserved, used, cancelled
    state TEXT NOT NULL,
    reason TEXT,
    taken_at BIGINT NOT NULL,
    PRIMARY KEY (series, year, seq)
);
INSERT INTO official_number (series, year, seq, number, document_id, state, reason, taken_at)
SELECT series, year, seq, number, document_id, state, reason, taken_at FROM kept_number;
DROP TABLE kept_number;
CREATE INDEX number_by_document ON official_number (document_id);

CREATE TEMPORARY TABLE kept_wet_letter AS SELECT * FROM wet_letter;
DROP TABLE wet_letter;
CREATE TABLE wet_letter (
    id TEXT PRIMARY KEY,
    unit_id TEXT NOT NULL REFERENCES unit (id),
    -- Z, O
    prefix TEXT NOT NULL,
    number TEXT NOT NULL,
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
INSERT INTO wet_letter (id, unit_id, prefix, number, dated, plan_code, confidentiality, subject,
    addressee, signer, reason, created_by, created_at)
SELECT id, unit_id, prefix, number, dated, plan_code, confidentiality, subject, addressee, signer,
    reason, created_by, created_at FROM kept_wet_letter;
DROP TABLE kept_wet_letter;
CREATE INDEX wet_letter_by_unit ON wet_letter (unit_id, id);
-- end

CREATE UNIQUE INDEX official_number_in_year ON official_number (number, year);
CREATE UNIQUE INDEX wet_letter_number_in_year ON wet_letter (number, substr(dated, 1, 4));
