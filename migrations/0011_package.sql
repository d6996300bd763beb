-- The e-Yazışma package of a letter, from the first preparation of a signature to the seal.

CREATE TABLE package (
    document_id TEXT PRIMARY KEY REFERENCES document (id),
    -- the approval round and the frozen letter that it was made of
    round BIGINT NOT NULL,
    letter_hash TEXT NOT NULL,
    -- letter, attachments, Üstveri, ParafOzeti and PaketOzeti, as they wait for signatures
    draft_hash TEXT NOT NULL,
    -- the bytes of PaketOzeti: the content that every signer signs
    content_hash TEXT NOT NULL,
    -- CMS over that content with every signer in it
    signature_hash TEXT,
    -- the sealed package with every attachment
    package_hash TEXT,
    made_at BIGINT NOT NULL,
    finished_at BIGINT
);

-- What is sent: one package for each set of left-out attachments that a recipient has.
CREATE TABLE package_variant (
    document_id TEXT NOT NULL REFERENCES document (id),
    -- ids of the attachments, sorted, joined by commas; empty: nothing is left out
    left_out TEXT NOT NULL,
    blob_hash TEXT NOT NULL,
    size BIGINT NOT NULL,
    PRIMARY KEY (document_id, left_out)
);
