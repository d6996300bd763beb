-- People, what they may do, what they did. Times are microseconds since 1970 in UTC.

CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE user_account (
    id TEXT PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    full_name TEXT NOT NULL,
    title TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    active BIGINT NOT NULL DEFAULT 1,
    failed_logins BIGINT NOT NULL DEFAULT 0,
    locked_until BIGINT,
    is_demo BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);

-- A role holds for the unit and for every unit below it.
CREATE TABLE role_binding (
    user_id TEXT NOT NULL REFERENCES user_account (id),
    role TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    PRIMARY KEY (user_id, role, unit_id)
);

CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user_account (id),
    form_token TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_by_user ON session (user_id);

CREATE TABLE api_token (
    token_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES user_account (id),
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);

-- vekâlet: the deputy acts for the absent person between the two moments.
CREATE TABLE deputation (
    id TEXT PRIMARY KEY,
    absent_id TEXT NOT NULL REFERENCES user_account (id),
    deputy_id TEXT NOT NULL REFERENCES user_account (id),
    begins_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX deputation_by_deputy ON deputation (deputy_id, ends_at);

-- Every entry carries the hash of the one before it.
CREATE TABLE audit_entry (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_by_object ON audit_entry (object_kind, object_id, seq);

CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');

-- Answers of the API that a repeated request gets again (30 days).
CREATE TABLE idempotency_key (
    user_id TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status BIGINT NOT NULL,
    response TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_by_age ON idempotency_key (created_at);

-- Every unit in which a role holds: the bound one and those below it. Made anew from
-- role_binding whenever bindings or own units change, so that queries can enforce it.
CREATE TABLE user_scope (
    user_id TEXT NOT NULL,
    role TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    PRIMARY KEY (user_id, role, unit_id)
);
CREATE INDEX user_scope_by_unit ON user_scope (unit_id, role);
