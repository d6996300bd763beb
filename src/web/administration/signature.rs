//! *İmza*: what signing needs on this installation: the time-stamp service, the hosts that may be
//! asked, the trusted roots, the institution's keys; and what is still missing.

use anyhow::Context as _;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use seal::{Certificate, Signer as _};
use serde::Deserialize;

use super::NAME;
use crate::app::App;
use crate::config::Mode;
use crate::dispatch::account;
use crate::error::{Error, Problem};
use crate::signature::institution::{self, Purpose};
use crate::signature::outside::LoginKind;
use crate::signature::services::{self, Services, Stamped, Wanted};
use crate::signature::trust;
use crate::web::{CheckedForm, CurrentUser, Nothing, PageChrome, PageResult, page, see_other_with};

/// So long before its end a certificate is told as ending.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 45);

/// A certificate as a line of the screen.
struct Line {
    name: String,
    organisation: String,
    until: Timestamp,
    /// Meaning and word of its state.
    state: (&'static str, &'static str),
}

impl Line {
    fn of(certificate: &Certificate, now: Timestamp) -> Self {
        let until = certificate.not_after();
        let state = if certificate.not_before() > now {
            ("act", "Henüz geçerli değil")
        } else if until <= now {
            ("failed", "Süresi doldu")
        } else if until <= now + SOON {
            ("act", "Süresi dolmak üzere")
        } else {
            ("proved", "Geçerli")
        };
        Self {
            name: certificate.common_name(),
            organisation: certificate.organisation().unwrap_or_default(),
            until,
            state,
        }
    }
}

/// One of the institution's keys.
struct KeyLine {
    title: &'static str,
    purpose: Purpose,
    /// None when there is none; the words when it cannot be read.
    certificate: Result<Option<Line>, &'static str>,
}

/// A file with roots or intermediates.
struct FileLine {
    name: String,
    certificates: Result<Vec<Line>, String>,
}

/// A folder of trust.
struct Folder {
    title: &'static str,
    path: &'static str,
    hint: &'static str,
    files: Vec<FileLine>,
}

#[derive(askama::Template)]
#[template(path = "administration/signature.html")]
struct SignaturePage {
    chrome: PageChrome,
    problem: Option<Problem>,
    services: Services,
    stamped: Option<Result<Stamped, String>>,
    keys: Vec<KeyLine>,
    folders: Vec<Folder>,
    /// What nobody can sign without, each with its next step.
    missing: Vec<&'static str>,
    is_rehearsal: bool,
}

const KEYS: [(&str, Purpose); 2] = [
    ("Elektronik mühür", Purpose::Seal),
    ("KEP iletilerinin imzası", Purpose::Kep),
];

const FOLDERS: [(&str, &str, &str); 3] = [
    (
        "Kökler",
        trust::ROOTS,
        "Kişilerin, mührün ve zaman damgasının sertifikaları bu köklere ulaşmalıdır.",
    ),
    (
        "Alt kökler",
        trust::INTERMEDIATES,
        "Sertifikayı veren ara makamlar; imzanın içinde yoksa buradan bulunur.",
    ),
    (
        "KEP delillerinin kökleri",
        account::ROOTS_FOLDER,
        "KEP hesabının ayarına yapıştırılan köklerin yanında bunlar da kullanılır.",
    ),
];

/// What lies in the data folder.
fn on_disk(app: &App) -> anyhow::Result<(Vec<KeyLine>, Vec<Folder>)> {
    let now = app.now();
    let keys = KEYS
        .into_iter()
        .map(|(title, purpose)| KeyLine {
            title,
            purpose,
            certificate: match institution::stored(app, purpose) {
                Ok(key) => Ok(key.map(|key| Line::of(key.certificate(), now))),
                Err(error) => {
                    tracing::warn!(%error, "an institution's key cannot be read");
                    Err("Dosya okunamadı ya da parolası yanlış.")
                }
            },
        })
        .collect();
    let mut folders = Vec::new();
    for (title, path, hint) in FOLDERS {
        let files = trust::files(app, path)?.into_iter().map(|file| FileLine {
            name: file.name,
            certificates: file.certificates.map(|found| {
                found
                    .iter()
                    .map(|certificate| Line::of(certificate, now))
                    .collect()
            }),
        });
        folders.push(Folder {
            title,
            path,
            hint,
            files: files.collect(),
        });
    }
    Ok((keys, folders))
}

fn missing(services: &Services, keys: &[KeyLine], folders: &[Folder]) -> Vec<&'static str> {
    let mut missing = Vec::new();
    if services.tsa_url.is_empty() {
        missing.push("Zaman damgası sunucusu: adresini aşağıya yazın.");
    }
    let roots = folders.iter().find(|folder| folder.path == trust::ROOTS);
    if roots.is_some_and(|roots| roots.files.is_empty()) {
        missing.push("Güvenilen kök: ESHS köklerini veri klasöründeki guven/kok klasörüne koyun.");
    }
    let unreadable = |folder: &Folder| {
        folder.path != account::ROOTS_FOLDER
            && folder.files.iter().any(|file| file.certificates.is_err())
    };
    if folders.iter().any(unreadable) {
        missing.push("Okunamayan sertifika dosyası var: düzeltin ya da klasörden çıkarın.");
    }
    for key in keys {
        if !matches!(key.certificate, Ok(Some(_))) {
            missing.push(match key.purpose {
                Purpose::Seal => "Elektronik mühür: anahtarını veri klasörüne koyun (muhur.p12).",
                Purpose::Kep => "KEP imzası: anahtarını veri klasörüne koyun (kep.p12).",
            });
        }
    }
    missing
}

async fn shown(
    app: &App,
    user: &CurrentUser,
    typed: Option<Services>,
    stamped: Option<Result<Stamped, String>>,
    problem: Option<Problem>,
) -> PageResult {
    let stored = app.read(&user.actor, services::shown).await?;
    let worker = app.clone();
    let (keys, folders) = tokio::task::spawn_blocking(move || on_disk(&worker))
        .await
        .context("signature screen")??;
    let is_rehearsal = app.mode == Mode::Rehearsal;
    page(&SignaturePage {
        chrome: PageChrome::new(app, user, NAME),
        problem,
        missing: if is_rehearsal {
            Vec::new()
        } else {
            missing(&stored, &keys, &folders)
        },
        services: typed.unwrap_or(stored),
        stamped,
        keys,
        folders,
        is_rehearsal,
    })
}

pub(super) async fn show(State(app): State<App>, user: CurrentUser) -> PageResult {
    shown(&app, &user, None, None, None).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ServicesForm {
    tsa_url: String,
    tsa_login: String,
    tsa_user: String,
    tsa_password: String,
    hosts: String,
}

pub(super) async fn choose(
    State(app): State<App>,
    CheckedForm { user, form }: CheckedForm<ServicesForm>,
) -> PageResult<Response> {
    let login = LoginKind::of(&form.tsa_login);
    let typed = Services {
        tsa_url: form.tsa_url.clone(),
        tsa_login: login.unwrap_or_else(|| LoginKind::for_user(&form.tsa_user)),
        tsa_user: form.tsa_user.clone(),
        has_password: false,
        hosts: form.hosts.clone(),
    };
    let wanted = Wanted {
        tsa_url: form.tsa_url,
        tsa_login: login,
        tsa_user: form.tsa_user,
        tsa_password: form.tsa_password,
        hosts: form.hosts,
    };
    match services::choose(&app, &user.actor, wanted).await {
        Ok(()) => Ok(see_other_with(
            &app,
            "/yonetim/imza",
            "Kaydedildi; bundan sonraki imzalarda geçerli. “Dene” ile sınayın.",
        )),
        Err(Error::Problem(problem)) if problem.code == "imza_servisi_gecersiz" => {
            let again = shown(&app, &user, Some(typed), None, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// *Dene*: asks the stored service for a stamp and says what came.
pub(super) async fn try_stamp(
    State(app): State<App>,
    CheckedForm {
        user,
        form: Nothing {},
    }: CheckedForm<Nothing>,
) -> PageResult<Response> {
    let stamped = services::try_stamp(&app, &user.actor).await?;
    shown(&app, &user, None, Some(stamped), None).await
}
