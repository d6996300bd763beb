//! The person who acts, with what is needed to decide and to record.

use jiff::Timestamp;

use super::Role;
use crate::error::{Error, forbidden};
use crate::ids::Ids;

/// Commands and the worker act under it; no account has it, since identifiers are made.
const SYSTEM: &str = "system";

/// A logged-in person, a token's owner, or the system itself.
#[derive(Debug, Clone)]
pub struct Actor {
    pub user_id: String,
    pub full_name: String,
    pub title: String,
    /// Roles with the unit they are bound to; the units below are in `user_scope`.
    pub bindings: Vec<(Role, String)>,
    /// Every (role, unit) that follows from the bindings.
    pub scope: Vec<(Role, String)>,
}

impl Actor {
    /// The worker and other parts that act without a person.
    #[must_use]
    pub fn system() -> Self {
        Self {
            user_id: SYSTEM.to_owned(),
            full_name: "DYS".to_owned(),
            title: String::new(),
            bindings: Vec::new(),
            scope: Vec::new(),
        }
    }

    /// True for [`Self::system`] only: no account has its identifier.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.user_id == SYSTEM
    }

    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.bindings.iter().any(|(held, _)| *held == role)
    }

    /// True when the role holds for this unit.
    #[must_use]
    pub fn has_in(&self, role: Role, unit_id: &str) -> bool {
        self.scope
            .iter()
            .any(|(held, unit)| *held == role && unit == unit_id)
    }

    /// Refuses unless one of `roles` holds for the unit.
    ///
    /// # Errors
    /// A `yetki_yok` problem that names the roles that would do.
    pub fn require_in(&self, roles: &[Role], unit_id: &str) -> Result<(), Error> {
        if roles.iter().any(|role| self.has_in(*role, unit_id)) {
            return Ok(());
        }
        let names: Vec<&str> = roles.iter().map(|role| role.label()).collect();
        Err(forbidden(
            "yetki_yok",
            format!(
                "Bu işlem için birimde şu rollerden biri gerekir: {}. DYS yöneticinize başvurun.",
                names.join(", ")
            ),
        ))
    }

    /// Refuses unless the person is an administrator, or the system itself acts.
    ///
    /// # Errors
    /// A `yetki_yok` problem.
    pub fn require_administrator(&self) -> Result<(), Error> {
        if self.has(Role::Administrator) || self.is_system() {
            return Ok(());
        }
        Err(forbidden(
            "yetki_yok",
            "Bu ekran yalnızca DYS Yöneticisi içindir.",
        ))
    }

    /// The unit in which the person drafts unless another is chosen: that of the first binding.
    #[must_use]
    pub fn home_unit(&self) -> Option<&str> {
        self.bindings
            .iter()
            .find(|(role, _)| *role != Role::Administrator)
            .map(|(_, unit)| unit.as_str())
    }
}

/// One act of a domain function: who, when, and where identifiers come from.
#[derive(Clone, Copy)]
pub struct Act<'a> {
    pub actor: &'a Actor,
    pub now: Timestamp,
    pub ids: &'a dyn Ids,
}

impl Act<'_> {
    /// A fresh identifier that sorts by time.
    #[must_use]
    pub fn new_id(&self) -> String {
        crate::ids::new_id(self.ids, self.now)
    }
}
