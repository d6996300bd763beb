//! `dys user`: the first administrator is made here, before any screen can be reached.

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::{Context as _, bail};
use clap::Subcommand;

use crate::access::user::NewUser;
use crate::access::{Act, Actor, Role, password, user};
use crate::app::open_store;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::directory;
use crate::error::{Result, not_found};
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
        let unit_id = directory::by_number(tx, &unit)?
            .ok_or_else(|| not_found("birim_yok", format!("{unit} numaralı birim rehberde yok.")))?
            .id
            .as_str()
            .to_owned();
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

fn read_password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        eprint!("Parola (ekranda görünür; boru ile de verilebilir): ");
    }
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("parola okunamadı")?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        bail!("parola boş; standart girdiden bir satır olarak verin");
    }
    Ok(password)
}
