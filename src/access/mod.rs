//! Who may do what: users, roles bound to units, sessions, tokens, deputies.

mod actor;
pub mod deputy;
pub mod password;
mod role;
pub mod session;
mod store;
pub mod token;
pub mod user;

pub use actor::{Act, Actor};
pub use role::Role;

/// Which letters a person may see, as a predicate over the alias `d` of `document`.
///
/// `?1` is the user's id, `?2` the present moment. Units come from the roles (and the units
/// below theirs); beside them one sees what one drafted, what one has to approve or approved,
/// and what those ask of one whose deputy one is.
pub const VISIBLE_LETTER: &str = "(d.unit_id IN (SELECT unit_id FROM user_scope \
     WHERE user_id = ?1 AND role <> 'administrator') \
  OR d.drafter_id = ?1 \
  OR EXISTS (SELECT 1 FROM approval_step s WHERE s.document_id = d.id \
     AND (s.user_id = ?1 OR s.acted_by = ?1 OR s.user_id IN (SELECT absent_id FROM deputation \
        WHERE deputy_id = ?1 AND begins_at <= ?2 AND ends_at > ?2))))";

/// Which lines of the registry of incoming documents a person may see, as a predicate over the
/// alias `i` of `incoming_document`; parameters as in [`VISIBLE_LETTER`].
///
/// Units come from the roles; beside them one sees what was referred to oneself, to a unit of
/// one's own or to one whose deputy one is, and what one referred.
pub const VISIBLE_INCOMING: &str = "(i.unit_id IN (SELECT unit_id FROM user_scope \
     WHERE user_id = ?1 AND role <> 'administrator') \
  OR EXISTS (SELECT 1 FROM referral f WHERE f.incoming_id = i.id AND f.state <> 'pulled_back' \
     AND (f.to_user_id = ?1 OR f.from_user_id = ?1 \
     OR f.to_unit_id IN (SELECT unit_id FROM user_scope \
        WHERE user_id = ?1 AND role <> 'administrator') \
     OR f.to_user_id IN (SELECT absent_id FROM deputation \
        WHERE deputy_id = ?1 AND begins_at <= ?2 AND ends_at > ?2))))";

/// A referral that is open and nobody's turn, as a predicate over the alias `r` of `referral`; `?2`
/// is the present moment.
///
/// The account to which it was referred is closed and nobody deputises, or no open account is bound
/// to the unit by a role that has its turns.
pub const NOBODYS_TURN: &str = "(r.state = 'open' \
  AND NOT EXISTS (SELECT 1 FROM user_account u WHERE u.id = r.to_user_id AND u.active = 1) \
  AND NOT EXISTS (SELECT 1 FROM deputation t JOIN user_account u ON u.id = t.deputy_id \
     WHERE t.absent_id = r.to_user_id AND u.active = 1 AND t.begins_at <= ?2 AND t.ends_at > ?2) \
  AND NOT EXISTS (SELECT 1 FROM role_binding b JOIN user_account u ON u.id = b.user_id \
     WHERE b.unit_id = r.to_unit_id AND u.active = 1 \
     AND b.role IN ('clerk', 'approver', 'registry')))";
