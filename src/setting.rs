//! Settings of the installation: a key, a value, and a default where none was chosen.

use crate::access::Act;
use crate::audit;
use crate::error::{Result, invalid};
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

/// Requests that a program may make in a minute with one token.
pub const API_REQUESTS_PER_MINUTE: Number = Number {
    key: "api.requests_per_minute",
    label: "Bir API anahtarının dakikadaki istek sınırı",
    default: 600,
    least: 10,
    most: 100_000,
};

/// An answer of the KEP directory counts for so many hours before it is asked again.
pub const DIRECTORY_ANSWER_HOURS: Number = Number {
    key: "dispatch.directory_answer_hours",
    label: "KEP rehberi yanıtının geçerliliği (saat)",
    default: 24,
    least: 1,
    most: 720,
};

/// A setting that takes a text of a certain form.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    pub key: &'static str,
    /// What the administration screen calls it.
    pub label: &'static str,
    /// What may stand there, in words.
    pub hint: &'static str,
    /// What holds where nothing was chosen, in words.
    pub default: &'static str,
    pub fits: fn(&str) -> bool,
}

/// ClamAV's daemon, which is asked about every file from outside: `unix:/run/clamav/clamd.ctl` or
/// `127.0.0.1:3310`. Without it files are marked as unchecked. Files go there unencrypted, so it
/// is on this machine or in the institution's own network.
pub const CLAMD: Text = Text {
    key: "upload.clamd",
    label: "Zararlı yazılım tarayıcısı (ClamAV, clamd)",
    hint: "Bu bilgisayarda ya da kurum ağında: 127.0.0.1:3310, 10.0.0.5:3310 ya da \
           unix:/run/clamav/clamd.ctl",
    default: "Taranmaz; dosyalar “tarama yapılmadı” olarak işaretlenir",
    fits: is_near_service,
};

/// What letters name as the page on which they are verified: an institution whose DYS is not
/// reached from outside, or that verifies through e-Devlet, names another (regulation article 23).
pub const VERIFICATION_ADDRESS: Text = Text {
    key: "verification.address",
    label: "Belge Doğrulama Adresi",
    hint: "Yazının altında ve e-Yazışma paketinde yazar; https://… biçiminde bir adres: \
           https://www.turkiye.gov.tr/kurum-ebys",
    default: "Bu kurulumun doğrulama sayfası (public_url/dogrula)",
    fits: is_public_page,
};

/// What the QR code of a letter says; `{kod}` stands for the code without its hyphens.
pub const VERIFICATION_QR: Text = Text {
    key: "verification.qr",
    label: "Karekod bağlantısı",
    hint: "https://… biçiminde, belge doğrulama kodunun yerinde {kod} ile: \
           https://dogrula.kurum.gov.tr/belge?kod={kod}",
    default: "Bu kurulumun sayfası ve kod; başka bir Belge Doğrulama Adresi seçildiyse o adres",
    fits: is_pattern_of_code,
};

/// Stands for the code in [`VERIFICATION_QR`].
pub(crate) const CODE: &str = "{kod}";

/// Every text that administration may write, in the order of the screen.
pub const TEXTS: &[Text] = &[CLAMD, VERIFICATION_ADDRESS, VERIFICATION_QR];

/// An https address that fits on one line of a letter's foot, without a name and password in it.
fn is_public_page(text: &str) -> bool {
    const LONGEST: usize = 200;
    let url = text.parse::<axum::http::Uri>();
    text.len() <= LONGEST
        && !text.contains(['{', '}', '"'])
        && url.is_ok_and(|url| {
            let host = url.host().unwrap_or_default();
            let plain = url.authority().is_some_and(|it| !it.as_str().contains('@'));
            url.scheme_str() == Some("https") && !host.is_empty() && plain
        })
}

fn is_pattern_of_code(text: &str) -> bool {
    text.matches(CODE).count() == 1 && is_public_page(&text.replace(CODE, "7K3M9QXP2HTD4WVA"))
}

/// `unix:/path`, or a port at an address that is not public.
fn is_near_service(text: &str) -> bool {
    if let Some(path) = text.strip_prefix("unix:") {
        return path.starts_with('/') && path.len() > 1;
    }
    if let Some(port) = text.strip_prefix("localhost:") {
        return port.parse::<u16>().is_ok_and(|port| port > 0);
    }
    text.parse::<std::net::SocketAddr>().is_ok_and(|place| {
        let address = place.ip().to_canonical();
        let odd = address.is_unspecified() || address.is_multicast();
        place.port() > 0 && !odd && !seal::fetch::is_public(address)
    })
}

/// The mailbox of an account is looked at every so many seconds.
pub const MAILBOX_SECONDS: Number = Number {
    key: "inbox.mailbox_seconds",
    label: "KEP gelen kutusuna bakma aralığı (saniye)",
    default: 60,
    least: 1,
    most: 24 * 60 * 60,
};

/// So long before an unread message counts as read, the registry is warned.
pub const UNREAD_WARNING_SECONDS: Number = Number {
    key: "inbox.unread_warning_seconds",
    label: "Okundu sayılmadan önce uyarma süresi (saniye)",
    default: 4 * 60 * 60,
    least: 1,
    most: 24 * 60 * 60,
};

/// So many days before its due date an incoming document is on the work list.
pub const DUE_WARNING_DAYS: Number = Number {
    key: "inbox.due_warning_days",
    label: "Gelen evrakta süre dolmadan önce hatırlatma (gün)",
    default: 3,
    least: 0,
    most: 60,
};

/// How long a time-stamp, OCSP or CRL service may take for one answer, in seconds; it is asked
/// twice at most.
pub const SERVICE_SECONDS: Number = Number {
    key: "signature.timeout_seconds",
    label: "Zaman damgası, OCSP ve iptal listesi yanıtını bekleme süresi (saniye)",
    default: 10,
    least: 1,
    most: 60,
};

/// Every number that administration may change, in the order of the screen.
pub const NUMBERS: &[Number] = &[
    HOLD_SECONDS,
    MESSAGE_LIMIT,
    MESSAGE_WARNING,
    ATTACHMENT_LIMIT,
    PROVIDER_DELAY_SECONDS,
    LEASE_GRACE_SECONDS,
    DIRECTORY_ANSWER_HOURS,
    LEGAL_PERIOD_SECONDS,
    NOTICE_PERIOD_SECONDS,
    SILENCE_SECONDS,
    API_REQUESTS_PER_MINUTE,
    MAILBOX_SECONDS,
    UNREAD_WARNING_SECONDS,
    DUE_WARNING_DAYS,
    SERVICE_SECONDS,
];

/// A setting that takes one of a few words.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    pub key: &'static str,
    /// What the administration screen calls it.
    pub label: &'static str,
    /// Value and words; where nothing was chosen the first one holds.
    pub options: &'static [(&'static str, &'static str)],
}

/// Who counts the official numbers (decision 2).
pub const NUMBER_SCOPE: Choice = Choice {
    key: "number.series_scope",
    label: "Sayı dizisi",
    options: &[
        ("institution", "Kurumun tek dizisi"),
        ("unit", "Her birimin kendi dizisi"),
    ],
};

/// Whether counting starts again each year (decision 2).
pub const NUMBER_YEARLY: Choice = Choice {
    key: "number.yearly_reset",
    label: "Yıl başında sayı",
    options: &[
        ("yes", "1'den yeniden başlar"),
        ("no", "Kaldığı yerden sürer"),
    ],
};

/// Whose DETSİS number stands in the sayı; sources show both (decision 2).
pub const NUMBER_DETSIS: Choice = Choice {
    key: "number.detsis_of",
    label: "Sayıda yazan DETSİS numarası",
    options: &[
        ("unit", "Yazıyı hazırlayan birimin"),
        ("institution", "Kurumun"),
    ],
};

/// Why a series for each unit and the institution's number in every sayı do not go together.
pub(crate) const SAME_NUMBER_TWICE: &str = "Her birimin kendi dizisi varken sayıda kurumun DETSİS \
    numarası yazılamaz: iki birim aynı sayıyı verir. Sayı dizisini kurumun tek dizisi yapın ya da \
    sayıda yazıyı hazırlayan birimin numarasını yazın.";

/// Who confirms a registered KEP message to its provider (decision 23).
pub const CONFIRMATION: Choice = Choice {
    key: "inbox.confirmation",
    label: "Gelen KEP iletisinin alındı onayı",
    options: &[
        (
            "officer",
            "Evrak Kayıt Sorumlusu ya da KEP İşlem Yetkilisi kaydı onaylayınca verilir",
        ),
        ("itself", "Kayda alınınca kendiliğinden verilir"),
    ],
};

/// Whether the certificate of a signer has to say that it is a qualified one (law 5070, article 9):
/// not every issuer is known to write it in a form that a program reads.
pub const QUALIFIED: Choice = Choice {
    key: "signature.qualified",
    label: "İmzacının sertifikasındaki nitelikli sertifika beyanı",
    options: &[
        (
            "required",
            "Aranır: beyanı olmayan sertifikayla imza atılamaz",
        ),
        (
            NOT_REQUIRED,
            "Aranmaz: ESHS'nizin bu beyanı yazmadığını biliyorsanız",
        ),
    ],
};

/// See [`QUALIFIED`].
pub(crate) const NOT_REQUIRED: &str = "optional";

/// See [`RESEND_ABSENT`].
pub const RESEND_CHOICE: Choice = Choice {
    key: RESEND_ABSENT,
    label: "Sağlayıcıda olmadığı kanıtlanan ileti",
    options: &[
        (
            "",
            "Kurulumun varsayılanı (gerçek kurulumda bir kişi karar verir)",
        ),
        ("0", "Bir kişi karar verir"),
        ("1", "Kendiliğinden yeniden gönderilir"),
    ],
};

/// Every choice that administration may make, in the order of the screen.
pub const CHOICES: &[Choice] = &[
    NUMBER_SCOPE,
    NUMBER_YEARLY,
    NUMBER_DETSIS,
    RESEND_CHOICE,
    CONFIRMATION,
    QUALIFIED,
];

/// `1`: letters of the unit send themselves after the last signature (decision 16). Held per unit.
pub const SENDS_ITSELF: &str = "dispatch.sends_itself";

/// Seconds after which a rehearsal counts a notice as served; 0 is the law's rule, the end of the
/// fifth day (see `evidence::service`).
pub const NOTICE_PERIOD_SECONDS: Number = Number {
    key: "evidence.notice_period_seconds",
    label: "Tebliğ edilmiş sayılma süresi, yalnız prova (saniye; 0: kanundaki beşinci gün)",
    default: 0,
    least: 0,
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

/// Chooses a value and records who did; administrators only. An empty value means the default.
///
/// # Errors
/// `yetki_yok`, `ayar_gecersiz` for a value outside what the setting takes, or one that does not go
/// together with another setting.
pub fn choose(tx: &mut Tx<'_>, act: &Act<'_>, key: &str, value: &str) -> Result<()> {
    act.actor.require_administrator()?;
    check(key, value)?;
    check_together(tx, key, value)?;
    if value.is_empty() {
        clear(tx, key)?;
    } else {
        put(tx, key, value)?;
    }
    audit::record(
        tx,
        act,
        "setting.choose",
        "setting",
        key,
        &serde_json::json!({"value": value}),
    )
}

/// Refuses a value that the catalogue of settings does not allow.
///
/// # Errors
/// `ayar_gecersiz`.
pub fn check(key: &str, value: &str) -> Result<()> {
    if let Some(setting) = NUMBERS.iter().find(|setting| setting.key == key) {
        let fits = |number: i64| (setting.least..=setting.most).contains(&number);
        if !value.is_empty() && !value.parse().is_ok_and(fits) {
            return Err(invalid(
                "ayar_gecersiz",
                format!(
                    "{}: {} ile {} arasında bir tam sayı yazın.",
                    setting.label, setting.least, setting.most
                ),
            ));
        }
    }
    if let Some(text) = TEXTS.iter().find(|text| text.key == key)
        && !value.is_empty()
        && !(text.fits)(value)
    {
        return Err(invalid(
            "ayar_gecersiz",
            format!("{}: {}.", text.label, text.hint),
        ));
    }
    if let Some(choice) = CHOICES.iter().find(|choice| choice.key == key)
        && !value.is_empty()
        && !choice.options.iter().any(|(code, _)| *code == value)
    {
        return Err(invalid(
            "ayar_gecersiz",
            format!("{}: listedeki seçeneklerden birini seçin.", choice.label),
        ));
    }
    Ok(())
}

/// Refuses a value under which two units would give the same number (decision 2).
fn check_together(tx: &mut Tx<'_>, key: &str, value: &str) -> Result<()> {
    let mut would_be = |choice: Choice| match value {
        "" if choice.key == key => Ok(first_of(choice).to_owned()),
        value if choice.key == key => Ok(value.to_owned()),
        _ => chosen(tx, choice),
    };
    let (scope, detsis) = (would_be(NUMBER_SCOPE)?, would_be(NUMBER_DETSIS)?);
    if scope == "unit" && detsis == "institution" {
        return Err(invalid("ayar_gecersiz", SAME_NUMBER_TWICE));
    }
    Ok(())
}

fn first_of(choice: Choice) -> &'static str {
    choice.options.first().map_or("", |(code, _)| *code)
}

/// The option that holds for a choice.
///
/// # Errors
/// When the store fails.
pub fn chosen(tx: &mut Tx<'_>, choice: Choice) -> Result<String, StoreError> {
    Ok(text(tx, choice.key)?.unwrap_or_else(|| first_of(choice).to_owned()))
}

/// The value under `key` for one unit, if one was chosen.
///
/// # Errors
/// When the store fails.
pub fn of_unit(tx: &mut Tx<'_>, unit_id: &str, key: &str) -> Result<Option<String>, StoreError> {
    tx.query_opt(
        "SELECT value FROM unit_setting WHERE unit_id = ?1 AND key = ?2",
        params![unit_id, key],
    )?
    .map(|row| row.get("value"))
    .transpose()
}

/// Chooses a value for one unit and records who did; administrators only.
///
/// # Errors
/// `yetki_yok`, and when the store fails.
pub fn choose_for_unit(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    unit_id: &str,
    key: &str,
    value: &str,
) -> Result<()> {
    act.actor.require_administrator()?;
    tx.execute(
        "INSERT INTO unit_setting (unit_id, key, value) VALUES (?1, ?2, ?3) \
         ON CONFLICT (unit_id, key) DO UPDATE SET value = excluded.value",
        params![unit_id, key, value],
    )?;
    audit::record(
        tx,
        act,
        "setting.choose",
        "unit",
        unit_id,
        &serde_json::json!({"key": key, "value": value}),
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

/// Takes a value away that no person chose by the catalogue, so that its default holds.
///
/// # Errors
/// When the store fails.
pub fn clear(tx: &mut Tx<'_>, key: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM setting WHERE key = ?1", params![key])?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_stands_on_the_screen_within_its_own_bounds() {
        let source = include_str!("setting.rs");
        assert_eq!(
            source.matches(": Number = Number {").count() - 1,
            NUMBERS.len()
        );
        assert_eq!(
            source.matches(": Choice = Choice {").count() - 1,
            CHOICES.len()
        );
        assert_eq!(source.matches(": Text = Text {").count() - 1, TEXTS.len());
        for fits in [
            "",
            "127.0.0.1:3310",
            "10.0.0.5:3310",
            "[fd00::5]:3310",
            "localhost:3310",
            "unix:/run/clamav/clamd.ctl",
        ] {
            check(CLAMD.key, fits).unwrap_or_else(|error| panic!("{fits}: {error}"));
        }
        for wrong in [
            "8.8.8.8:3310",
            "127.0.0.1",
            "127.0.0.1:0",
            "0.0.0.0:3310",
            "clamav.example:3310",
            "unix:clamd.ctl",
            "http://127.0.0.1:3310",
        ] {
            assert!(check(CLAMD.key, wrong).is_err(), "{wrong}");
        }
        for (setting, fits, wrong) in [
            (
                VERIFICATION_ADDRESS,
                [
                    "",
                    "https://www.turkiye.gov.tr/kurum-ebys",
                    "https://belge.kesan.bel.tr:8443/dogrula?dil=tr",
                ],
                [
                    "http://belge.kesan.bel.tr/dogrula",
                    "https://",
                    "https://ali:parola@belge.kesan.bel.tr",
                    "https://belge.kesan.bel.tr/do grula",
                    "belge.kesan.bel.tr",
                    "javascript:alert(1)",
                    "https://belge.kesan.bel.tr/{kod}",
                ],
            ),
            (
                VERIFICATION_QR,
                [
                    "",
                    "https://belge.kesan.bel.tr/{kod}",
                    "https://belge.kesan.bel.tr/dogrula?kod={kod}",
                ],
                [
                    "https://belge.kesan.bel.tr/dogrula",
                    "https://belge.kesan.bel.tr/{kod}/{kod}",
                    "http://belge.kesan.bel.tr/{kod}",
                    "https://{kod}@belge.kesan.bel.tr/",
                    "https://belge.kesan.bel.tr/{kod} x",
                    "{kod}",
                    "https://belge.kesan.bel.tr/{KOD}",
                ],
            ),
        ] {
            for fits in fits {
                check(setting.key, fits).unwrap_or_else(|error| panic!("{fits}: {error}"));
            }
            for wrong in wrong {
                let error = check(setting.key, wrong).expect_err(wrong);
                assert_eq!(error.code(), "ayar_gecersiz");
            }
        }
        for setting in NUMBERS {
            assert!(
                (setting.least..=setting.most).contains(&setting.default),
                "{setting:?}"
            );
            for wrong in [setting.least - 1, setting.most + 1] {
                let error = check(setting.key, &wrong.to_string()).unwrap_err();
                assert_eq!(error.code(), "ayar_gecersiz");
            }
            check(setting.key, &setting.default.to_string()).unwrap();
        }
        for wrong in ["", " 60", "altmış", "1e3"] {
            assert_eq!(
                check(HOLD_SECONDS.key, wrong).is_ok(),
                wrong.is_empty(),
                "{wrong}"
            );
        }
        assert!(check(NUMBER_SCOPE.key, "country").is_err());
        assert!(check(NUMBER_SCOPE.key, "unit").is_ok());
    }
}
