//! What stands around every page: band, menus, the person's name.

use crate::access::Role;
use crate::app::App;
use crate::config::Mode;

use super::CurrentUser;

/// The band of a rehearsal folder (decision 15).
const BAND: &str = "PROVA KURULUMU: Buradan gerçek KEP iletisi gönderilmez.";

/// The frame of a page, for `templates/base.html`.
#[derive(Debug, Clone)]
pub struct PageChrome {
    pub band: Option<&'static str>,
    pub user_id: String,
    pub user_name: String,
    pub unit_name: String,
    /// Stands as `_token` in every form.
    pub form_token: String,
    pub flash: Option<String>,
    /// The menu that the page belongs to, by its label.
    pub active_menu: &'static str,
    /// Things that wait for this person, beside *İş Listesi*.
    pub work_count: i64,
    pub is_admin: bool,
    pub is_kep_officer: bool,
}

impl PageChrome {
    /// The frame for a logged-in person.
    #[must_use]
    pub fn new(app: &App, user: &CurrentUser, active_menu: &'static str) -> Self {
        Self {
            band: band(app),
            user_id: user.actor.user_id.clone(),
            user_name: user.actor.full_name.clone(),
            unit_name: user.actor.title.clone(),
            form_token: user.form_token.clone(),
            flash: user.flash.clone(),
            active_menu,
            work_count: 0,
            is_admin: user.actor.has(Role::Administrator),
            is_kep_officer: user.actor.has(Role::KepOfficer),
        }
    }

    /// The address of an embedded asset, with its content hash.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        super::assets::url(name)
    }
}

/// The band's text in a rehearsal folder.
#[must_use]
pub fn band(app: &App) -> Option<&'static str> {
    (app.mode == Mode::Rehearsal).then_some(BAND)
}
