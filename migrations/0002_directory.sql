-- Units of the state as a tree, parties outside it, and the file plan.

CREATE TABLE unit (
    id TEXT PRIMARY KEY,
    detsis_no TEXT NOT NULL UNIQUE,
    number_is_demo BIGINT NOT NULL,
    parent_id TEXT,
    institution_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    province TEXT NOT NULL,
    district TEXT NOT NULL,
    -- '(EDİRNE / HAVSA) - [HAVSA BELEDİYE BAŞKANLIĞI > YAZI İŞLERİ MÜDÜRLÜĞÜ]'
    label TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    kep_address TEXT,
    uets_address TEXT,
    active BIGINT NOT NULL DEFAULT 1,
    -- 1 for units of the institution that this installation serves
    is_own BIGINT NOT NULL DEFAULT 0,
    updated_at BIGINT NOT NULL
);
CREATE INDEX unit_by_parent ON unit (parent_id, sort_key);
CREATE INDEX unit_by_institution ON unit (institution_id, sort_key);
CREATE INDEX unit_institution ON unit (sort_key, id) WHERE institution_id = id;
CREATE INDEX unit_own ON unit (id) WHERE is_own = 1;

-- Folded words under which a unit is found. Those of an institution count for all its units,
-- so a unit carries only what its institution's line does not say.
CREATE TABLE unit_word (
    of_institution BIGINT NOT NULL,
-- only sqlite
    word TEXT NOT NULL,
-- end
-- only postgres
    word TEXT COLLATE "C" NOT NULL,
-- end
    unit_id TEXT NOT NULL REFERENCES unit (id),
    PRIMARY KEY (of_institution, word, unit_id)
-- only sqlite
) WITHOUT ROWID;
-- end
-- only postgres
);
-- end
CREATE INDEX unit_word_by_unit ON unit_word (unit_id, word);

-- Rehberde Yok: companies, lawyers, persons that no registry of the state lists.
CREATE TABLE outside_party (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    search_key TEXT NOT NULL,
    identifier_kind TEXT NOT NULL,
    identifier TEXT NOT NULL,
    kep_address TEXT,
    uets_address TEXT,
    source TEXT NOT NULL,
    owner_unit_id TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (owner_unit_id, identifier, kep_address)
);

CREATE TABLE file_plan_code (
    scope TEXT NOT NULL,
    code TEXT NOT NULL,
    parent_code TEXT,
    title TEXT NOT NULL,
    search_key TEXT NOT NULL,
    retention TEXT NOT NULL,
    disposal TEXT NOT NULL,
    has_children BIGINT NOT NULL,
    is_heading BIGINT NOT NULL,
    secondary_only BIGINT NOT NULL,
    selectable BIGINT NOT NULL,
    plan_version TEXT NOT NULL,
    PRIMARY KEY (scope, code)
);

-- Who used which code last; offers one's own codes first, then those of one's unit.
CREATE TABLE file_plan_use (
    user_id TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    code TEXT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, unit_id, scope, code)
);
CREATE INDEX file_plan_use_by_unit ON file_plan_use (unit_id, used_at);
