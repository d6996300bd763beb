//! Settings of the installation: a key, a value, and a default where none was chosen.

use crate::access::Act;
use crate::audit;
use crate::error::Result;
use crate::params;
use crate::store::{StoreError, Tx};

/// `rehearsal` or `real`; written once.
pub const MODE: &str = "mode";

/// A whole number that administration may change.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    pub key: &'static str,
    /// What the administration screen calls it.
    pub label: &'static str,
    pub default: i64,
    pub least: i64,
    pub most: i64,
}

/// Seconds between Evrakı Gönder and the first call, in which the sending can be stopped.
pub const HOLD_SECONDS: Number = Number {
    key: "dispatch.hold_seconds",
    label: "Gönderimi durdurma süresi (saniye)",
    default: 60,
    least: 0,
    most: 3600,
};

/// Most bytes of the whole encoded KEP message (kep.md part 4: sources disagree, so a setting).
pub const MESSAGE_LIMIT: Number = Number {
    key: "dispatch.message_limit_bytes",
    label: "KEP iletisi üst sınırı (bayt, kodlanmış bütün ileti)",
    default: 25_000_000,
    least: 1_000_000,
    most: 100_000_000,
};

/// Above this a warning is given (kep.md part 4).
pub const MESSAGE_WARNING: Number = Number {
    key: "dispatch.message_warning_bytes",
    label: "KEP iletisi uyarı sınırı (bayt)",
    default: 10_000_000,
    least: 100_000,
    most: 100_000_000,
};

/// Most bytes of one attachment.
pub const ATTACHMENT_LIMIT: Number = Number {
    key: "document.attachment_limit_bytes",
    label: "Tek ek üst sınırı (bayt)",
    default: 25_000_000,
    least: 100_000,
    most: 100_000_000,
};

/// After this many seconds in the mailbox, unread, a letter is expected to count as read; only
/// the provider's evidence decides (design part 5).
pub const LEGAL_PERIOD_SECONDS: Number = Number {
    key: "evidence.legal_period_seconds",
    label: "Okundu kabul beklentisi (saniye)",
    default: 24 * 60 * 60,
    least: 1,
    most: 30 * 24 * 60 * 60,
};

/// After a call began, the provider may still take the message for this many seconds; absence
/// is proved only by a listing later than that (decision 14).
pub const PROVIDER_DELAY_SECONDS: Number = Number {
    key: "dispatch.provider_delay_seconds",
    label: "KEP sağlayıcısının en uzun gecikmesi (saniye)",
    default: 900,
    least: 1,
    most: 24 * 60 * 60,
};

/// A call may outlast its own time-out by so many seconds before its worker counts as gone.
pub const LEASE_GRACE_SECONDS: Number = Number {
    key: "dispatch.lease_grace_seconds",
    label: "Gönderim çağrısının ek süresi (saniye)",
    default: 30,
    least: 0,
    most: 3600,
};

/// 1: a message that is surely absent is sent again without a person. The default is 1 for a
/// rehearsal folder and 0 for a real one (decision 14); see `dispatch::worker`.
pub const RESEND_ABSENT: &str = "dispatch.resend_absent";

/// Accepted by the provider and then nothing more for this many seconds: a person looks at it
/// (decision 19).
pub const SILENCE_SECONDS: Number = Number {
    key: "evidence.silence_seconds",
    label: "Kabulden sonra delil gelmezse kişiye bildirme süresi (saniye)",
    default: 24 * 60 * 60,
    least: 60,
    most: 30 * 24 * 60 * 60,
};

/// The value of a numeric setting.
///
/// # Errors
/// When the store fails.
pub fn number(tx: &mut Tx<'_>, setting: Number) -> Result<i64, StoreError> {
    let value = text(tx, setting.key)?.and_then(|value| value.parse().ok());
    Ok(value
        .unwrap_or(setting.default)
        .clamp(setting.least, setting.most))
}

/// The value under `key`, if one was chosen.
///
/// # Errors
/// When the store fails.
pub fn text(tx: &mut Tx<'_>, key: &str) -> Result<Option<String>, StoreError> {
    tx.query_opt("SELECT value FROM setting WHERE key = ?1", params![key])?
        .map(|row| row.get("value"))
        .transpose()
}

/// Chooses a value and records who did; administrators only.
///
/// # Errors
/// `yetki_yok`, and when the store fails.
pub fn choose(tx: &mut Tx<'_>, act: &Act<'_>, key: &str, value: &str) -> Result<()> {
    act.actor.require_administrator()?;
    put(tx, key, value)?;
    audit::record(
        tx,
        act,
        "setting.choose",
        "setting",
        key,
        &serde_json::json!({"value": value}),
    )
}

/// Writes a value that no person chose (installation, demo).
///
/// # Errors
/// When the store fails.
pub fn put(tx: &mut Tx<'_>, key: &str, value: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO setting (key, value) VALUES (?1, ?2) \
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        params![key, value],
    )?;
    Ok(())
}

/// Writes a value that can never change and returns the one that stands.
///
/// # Errors
/// When the store fails.
pub fn fix(tx: &mut Tx<'_>, key: &str, value: &str) -> Result<String, StoreError> {
    tx.execute(
        "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING",
        params![key, value],
    )?;
    tx.scalar("SELECT value FROM setting WHERE key = ?1", params![key])
}
