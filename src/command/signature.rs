//! `dys signature`: whose number is whose, and certificates for cards of a rehearsal.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;

use crate::access::{Act, Actor, user};
use crate::app::App;
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, Mode};
use crate::error::{Result, not_found};
use crate::ids::SystemIds;
use crate::signature::{identity, rehearsal};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// İmzacının T.C. kimlik numarasını yazar; imzalar bu numarayla sahibine bağlanır
    Identity {
        /// Kullanıcı adı
        login: String,
        /// T.C. kimlik numarası
        number: String,
    },
    /// Prova klasöründe, kartta üretilmiş bir anahtara prova sertifikası verir (DER)
    RehearsalCertificate {
        /// Kullanıcı adı
        login: String,
        /// Açık anahtar, DER (`openssl pkey -pubout -outform DER`)
        #[arg(long)]
        public_key: PathBuf,
        /// Sertifikanın yazılacağı dosya
        #[arg(long)]
        out: PathBuf,
        /// Süresi dün dolmuş bir sertifika verir
        #[arg(long)]
        expired: bool,
    },
}

pub(super) fn run(config: Config, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Identity { login, number } => {
            let store = crate::app::open_store(&config)?;
            let now = SystemClock.now();
            store.write_blocking(move |tx| -> Result<()> {
                let account = user::by_login(tx, &login)?.ok_or_else(|| {
                    not_found(
                        "kullanici_yok",
                        format!("“{login}” diye bir kullanıcı yok."),
                    )
                })?;
                let system = Actor::system();
                let act = Act {
                    actor: &system,
                    now,
                    ids: &SystemIds,
                };
                identity::set(tx, &act, &account.id, &number)
            })?;
        }
        Command::RehearsalCertificate {
            login,
            public_key,
            out,
            expired,
        } => {
            let app = App::open(config, Mode::Rehearsal)?;
            let actor = app.store.read_blocking(move |tx| -> Result<Actor> {
                let account = user::by_login(tx, &login)?.ok_or_else(|| {
                    not_found(
                        "kullanici_yok",
                        format!("“{login}” diye bir kullanıcı yok."),
                    )
                })?;
                user::actor(tx, &account.id)
            })?;
            let spki =
                std::fs::read(&public_key).with_context(|| public_key.display().to_string())?;
            let certificate = rehearsal::certificate_for(&app, &actor, &spki, expired)?;
            std::fs::write(&out, certificate.der()).with_context(|| out.display().to_string())?;
        }
    }
    Ok(())
}
