//! `dys user`: the first administrator is made here, before any screen can be reached.

use std::io::IsTerminal as _;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use sign_agent::Terminal;

use crate::access::user::NewUser;
use crate::access::{Act, Actor, Role, password, user};
use crate::app::open_store;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::directory;
use crate::error::{Result, invalid, not_found};
use crate::ids::SystemIds;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Kullanıcı ekler; parola standart girdiden bir satır olarak okunur
    Add {
        /// Kullanıcı adı
        login: String,
        /// Ad soyad
        #[arg(long)]
        name: String,
        /// Unvan, imzanın altında yazıldığı gibi
        #[arg(long, default_value = "")]
        title: String,
        /// clerk, approver, registry, kep_officer ya da administrator (birden çok verilebilir)
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// Rollerin geçerli olduğu birimin DETSİS numarası
        #[arg(long)]
        unit: String,
    },
}

pub(super) fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let Command::Add {
        login,
        name,
        title,
        roles,
        unit,
    } = command;
    let roles = roles
        .iter()
        .map(|code| Role::from_code(code).with_context(|| format!("“{code}” diye bir rol yok")))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let password = read_password()?;
    let password_hash = password::hash(&password, &SystemIds)?;
    let store = open_store(config)?;
    let now = SystemClock.now();
    let added: String = store.write_blocking(move |tx| -> Result<String> {
        let unit = directory::by_number(tx, &unit)?.ok_or_else(|| {
            not_found("birim_yok", format!("{unit} numaralı birim rehberde yok."))
        })?;
        let own = directory::own_institution(tx)?;
        if own.is_some_and(|own| own.id != unit.institution_id) {
            let why = format!(
                "{} bu kurulumun kurumuna bağlı değil; rol yalnızca kendi birimlerinizde verilir.",
                unit.name
            );
            return Err(invalid("birim_yok", why));
        }
        let unit_id = unit.id.as_str().to_owned();
        let new = NewUser {
            login,
            full_name: name,
            title,
            password_hash,
            roles: roles
                .into_iter()
                .map(|role| (role, unit_id.clone()))
                .collect(),
            is_demo: false,
        };
        let actor = Actor::system();
        user::add(
            tx,
            &Act {
                actor: &actor,
                now,
                ids: &SystemIds,
            },
            &new,
        )
    })?;
    println!("Kullanıcı eklendi: {added}");
    Ok(())
}

/// Asked twice at a terminal, where nobody sees what is typed; once from a pipe.
fn read_password() -> anyhow::Result<String> {
    let mut terminal = Terminal::standard();
    let mut ask = |question| {
        terminal
            .hidden_line(question)
            .map(Option::unwrap_or_default)
    };
    let password = ask("Parola (yazılırken görünmez): ")?;
    if password.is_empty() {
        bail!("Parola boş olamaz; bir satır olarak yazın.");
    }
    if std::io::stdin().is_terminal() && ask("Parola, yeniden: ")? != password {
        bail!("İki parola birbirini tutmuyor; kullanıcı eklenmedi. Komutu yeniden çalıştırın.");
    }
    Ok(password)
}
