//! Named points at which a test may have the process killed; inert unless the environment asks.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// `DYS_CRASH_AT=dispatch.before_call:3` kills the process at the third time it comes there.
/// Only a rehearsal uses it; nobody else sets it.
pub const VARIABLE: &str = "DYS_CRASH_AT";

/// Written down the intent, not yet called.
pub const BEFORE_CALL: &str = "dispatch.before_call";
/// While the call runs.
pub const DURING_CALL: &str = "dispatch.during_call";
/// The provider has answered, the answer is not yet written down.
pub const AFTER_CALL: &str = "dispatch.after_call";

/// Every KEP message of a letter is signed by its officer; the letter is not yet Held.
pub const ORDER_SIGNED: &str = "dispatch.order_signed";

/// A message was downloaded; its bytes are not yet kept.
pub const INBOX_FETCHED: &str = "inbox.fetched";
/// Its bytes are kept; no row names them yet.
pub const INBOX_STORED: &str = "inbox.stored";
/// It was opened and its files are kept; it is not yet registered.
pub const INBOX_OPENED: &str = "inbox.opened";
/// It is registered; it is not yet confirmed.
pub const INBOX_REGISTERED: &str = "inbox.registered";

struct Order {
    name: String,
    number: u32,
    seen: AtomicU32,
}

static ORDER: OnceLock<Option<Order>> = OnceLock::new();

/// True when this is the moment to die.
fn is_due(name: &str) -> bool {
    let order = ORDER.get_or_init(|| {
        let wish = std::env::var(VARIABLE).ok()?;
        let (name, number) = wish.rsplit_once(':')?;
        Some(Order {
            name: name.to_owned(),
            number: number.parse().ok()?,
            seen: AtomicU32::new(0),
        })
    });
    order.as_ref().is_some_and(|order| {
        order.name == name && order.seen.fetch_add(1, Ordering::SeqCst) + 1 == order.number
    })
}

/// Dies here with SIGKILL, if it was asked for.
pub fn point(name: &str) {
    if is_due(name) {
        kill();
    }
}

/// Dies some milliseconds from now, in the middle of what follows, if it was asked for.
pub fn point_within(name: &str, milliseconds: u64) {
    if is_due(name) {
        std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(milliseconds));
            kill();
        });
    }
}

/// SIGKILL leaves no room for tidying up, which is what the test is about.
fn kill() {
    let id = std::process::id().to_string();
    let _ = std::process::Command::new("kill")
        .args(["-KILL", &id])
        .status();
    std::process::abort();
}
