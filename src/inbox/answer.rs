//! Letters that follow from an incoming one: the answer, the forwarding, the return; and what
//! becomes of the line when they leave.

use serde_json::json;

use super::referral::ReferralState;
use super::{Incoming, IncomingKind, Source, State, store, touch, view};
use crate::access::{Act, Role};
use crate::audit;
use crate::directory::{self, UnitId, outside};
use crate::distribution::{DestinationType, Purpose, list};
use crate::document::attach::{self, New, Recognised};
use crate::document::draft::{self, Changes};
use crate::document::{Confidentiality, reference};
use crate::error::{Error, Result, forbidden, invalid};
use crate::store::Tx;

/// What the letter is to the incoming one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    Answer,
    /// *Yetkili İdareye Gönder* (law 3071, article 5).
    Forward,
    /// *İade Et*: an official letter that is not addressed to us.
    Return,
}

impl Follow {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Forward => "forward",
            Self::Return => "return",
        }
    }

    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Answer, Self::Forward, Self::Return]
            .into_iter()
            .find(|follow| follow.code() == code)
    }

    fn state(self) -> State {
        match self {
            Self::Answer => State::Answered,
            Self::Forward => State::Forwarded,
            Self::Return => State::Returned,
        }
    }

    fn text(self) -> Option<&'static str> {
        match self {
            Self::Answer => None,
            Self::Forward => Some(
                "İlgi dilekçe, konusu kurumunuzun görev alanına girdiğinden 3071 sayılı Dilekçe \
                 Hakkının Kullanılmasına Dair Kanunun 5 inci maddesi uyarınca ekte gönderilmiştir; \
                 dilekçe sahibine bilgi verilmiştir.",
            ),
            Self::Return => {
                Some("İlgi yazının muhatabı kurumumuz olmadığından yazı ekte iade edilmiştir.")
            }
        }
    }
}

/// The reason under which the sent letter ends the referrals.
const BY_LETTER: &str = "Yazısı gönderildi.";

/// A new draft of the person's unit with ilgi, file and recipient filled in; says its id.
///
/// # Errors
/// `gelen_yok`, `gelen_kapali`, `yetki_yok`, `iade_olmaz`, `yonlendirme_olmaz`.
pub fn begin(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, follow: Follow) -> Result<String> {
    let view = view::look(tx, act, id)?;
    let incoming = &view.incoming;
    incoming.require_open()?;
    let allowed = match follow {
        Follow::Answer => view.may_answer,
        Follow::Forward => view.may_forward,
        Follow::Return => view.may_return,
    };
    if !allowed {
        return Err(refusal(follow, incoming));
    }
    let unit_id = drafting_unit(act, incoming)?;
    let letter = draft::create(tx, act, &unit_id)?;
    fill(tx, act, &letter, incoming, follow)?;
    reference::cite_text(tx, act, &letter, &incoming.citation())?;
    if follow == Follow::Answer || follow == Follow::Return {
        address_sender(tx, act, &letter, incoming, Purpose::Action)?;
    }
    if follow == Follow::Forward {
        // The petitioner is told by the same letter, for information.
        address_sender(tx, act, &letter, incoming, Purpose::Information)?;
    }
    if follow != Follow::Answer {
        enclose(tx, act, &letter, &view)?;
    }
    store::link(tx, act, &letter, id, follow.code())?;
    let detail = json!({ "letter": letter, "kind": follow.code() });
    audit::record(tx, act, "inbox.letter", "incoming", id, &detail)?;
    Ok(letter)
}

fn refusal(follow: Follow, incoming: &Incoming) -> Error {
    match follow {
        Follow::Return if incoming.kind == IncomingKind::Petition => invalid(
            "iade_olmaz",
            "Dilekçe iade edilmez: Yetkili İdareye Gönder ile yetkili idareye gönderin.",
        ),
        Follow::Return if incoming.source == Source::Internal => invalid(
            "iade_olmaz",
            "Kurum içi evrak yazıyla iade edilmez: havaleyi iade edin ya da gerekçeyle kapatın.",
        ),
        Follow::Forward if incoming.kind == IncomingKind::Letter => invalid(
            "yonlendirme_olmaz",
            "Resmî yazı başka idareye yönlendirilmez; muhatabı siz değilseniz İade Et kullanın.",
        ),
        _ => forbidden(
            "yetki_yok",
            "Bu evrak için yazı hazırlama yetkiniz yok. Evrakın size havale edilmesini isteyin.",
        ),
    }
}

/// The unit that holds the line where one drafts there, else one's own.
fn drafting_unit(act: &Act<'_>, incoming: &Incoming) -> Result<String> {
    let bound = |unit: &str| {
        act.actor.bindings.iter().any(|(role, bound)| {
            matches!(role, Role::Clerk | Role::Approver | Role::Registry) && bound == unit
        })
    };
    if bound(&incoming.unit_id) {
        return Ok(incoming.unit_id.clone());
    }
    act.actor.home_unit().map(str::to_owned).ok_or_else(|| {
        forbidden(
            "yetki_yok",
            "Yazı hazırlayabileceğiniz bir biriminiz yok. DYS yöneticinize başvurun.",
        )
    })
}

fn fill(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter: &str,
    incoming: &Incoming,
    follow: Follow,
) -> Result<()> {
    let restricted = incoming.confidentiality == Confidentiality::Restricted;
    let mut changes = Changes {
        subject: Some(incoming.subject.clone()),
        kind: Some(
            if follow == Follow::Answer {
                "answer"
            } else {
                "cover_letter"
            }
            .to_owned(),
        ),
        plan_code: incoming.plan_code.clone(),
        confidentiality: restricted.then(|| "restricted".to_owned()),
        text: follow.text().map(str::to_owned),
        note: Some(format!("Gelen evrak {}", incoming.registration_number)),
        ..Changes::default()
    };
    for _ in 0..2 {
        let version = draft::open(tx, act, letter)?.version;
        match draft::save(tx, act, letter, version, &changes) {
            Err(Error::Problem(problem)) => changes = changes.without(&problem),
            other => return other.map(drop),
        }
    }
    Ok(())
}

/// Puts the sender into the distribution list by the way it came, where that way is known.
fn address_sender(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter: &str,
    incoming: &Incoming,
    purpose: Purpose,
) -> Result<()> {
    if let Some(unit_id) = &incoming.sender_unit_id {
        let unit = directory::by_id(tx, &UnitId::new(unit_id.as_str()))?;
        let Some(unit) = unit.filter(|unit| unit.active) else {
            return Ok(());
        };
        let kind = if unit.is_own {
            DestinationType::InternalUnit
        } else {
            DestinationType::ExternalKep
        };
        list::add_units(tx, act, letter, kind, std::slice::from_ref(unit_id))?;
    } else if let Some(party) = party_of(tx, act, incoming)? {
        list::add_party(tx, act, letter, DestinationType::ExternalKep, &party)?;
    }
    if purpose == Purpose::Information {
        for line in list::list(tx, act, letter)? {
            list::set_purpose(tx, act, letter, &line.id, purpose)?;
        }
    }
    Ok(())
}

/// The kept party with the sender's KEP address; made from the petition where it names a person.
fn party_of(tx: &mut Tx<'_>, act: &Act<'_>, incoming: &Incoming) -> Result<Option<String>> {
    let Some(address) = &incoming.sender_address else {
        return Ok(None);
    };
    let known = outside::search(tx, act, "")?.into_iter().find(|party| {
        let known = party.kep_address.as_deref();
        known.is_some_and(|known| known.eq_ignore_ascii_case(address))
    });
    if let Some(party) = known {
        return Ok(Some(party.id));
    }
    let petition = &incoming.petition;
    let Some(owner) = act.actor.home_unit() else {
        return Ok(None);
    };
    if petition.name.is_empty() || petition.national_id.is_empty() {
        return Ok(None);
    }
    let entry = outside::Entry {
        kind: outside::PartyKind::Person.code(),
        name: &petition.name,
        identifier: &petition.national_id,
        kep_address: address,
        uets_address: "",
        confirmed_uets: "",
        postal_address: "",
        source: "Dilekçe",
        owner_unit_id: owner,
    };
    match outside::add(tx, act, &entry) {
        Ok(party) => Ok(Some(party.id)),
        Err(Error::Problem(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// The incoming files go along as attachments.
fn enclose(tx: &mut Tx<'_>, act: &Act<'_>, letter: &str, view: &view::View) -> Result<()> {
    for file in &view.files {
        let (Some(hash), Some(name)) = (&file.blob_hash, &file.file_name) else {
            continue;
        };
        if file.scan == super::scan::Verdict::Infected {
            continue;
        }
        let media = file.media_type.clone();
        let new = New::File {
            recognised: Recognised {
                file_name: name.clone(),
                media_type: media.unwrap_or_else(|| "application/octet-stream".to_owned()),
            },
            size: file.size,
            blob_hash: hash.clone(),
        };
        attach::add(tx, act, letter, new)?;
    }
    Ok(())
}

/// The letter was sent: the incoming one is answered, forwarded or returned by it.
pub(crate) fn sent(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<()> {
    let Some((id, kind, _)) = store::link_of(tx, document_id)? else {
        return Ok(());
    };
    let (Some(incoming), Some(follow)) = (store::any(tx, &id)?, Follow::from_code(&kind)) else {
        return Ok(());
    };
    if !incoming.state.is_open() {
        return Ok(());
    }
    store::set_former(tx, document_id, incoming.state.code())?;
    store::end_all(tx, act, &id, ReferralState::Done, BY_LETTER)?;
    store::set_closed(tx, act, &id, "")?;
    touch(tx, &incoming, follow.state())?;
    let detail = json!({ "letter": document_id, "state": follow.state().code() });
    audit::record(tx, act, "inbox.answered", "incoming", &id, &detail)
}

/// The sending was stopped: the incoming one stands where it stood.
pub(crate) fn stopped(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<()> {
    let Some((id, _, former)) = store::link_of(tx, document_id)? else {
        return Ok(());
    };
    let (Some(incoming), Some(former)) = (store::any(tx, &id)?, State::from_code(&former)) else {
        return Ok(());
    };
    store::set_former(tx, document_id, "")?;
    store::reopen(tx, &id, BY_LETTER)?;
    touch(tx, &incoming, former)?;
    let detail = json!({ "letter": document_id, "state": former.code() });
    audit::record(tx, act, "inbox.unanswered", "incoming", &id, &detail)
}

/// The draft of an answer was thrown away: the incoming one goes on waiting.
pub(crate) fn forget(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<()> {
    let Some((id, kind, _)) = store::link_of(tx, document_id)? else {
        return Ok(());
    };
    store::unlink(tx, document_id)?;
    let detail = json!({ "letter": document_id, "kind": kind });
    audit::record(tx, act, "inbox.letter_discarded", "incoming", &id, &detail)
}

/// The incoming letter that a letter answers: id, registration number, subject.
///
/// # Errors
/// When the store fails.
pub fn answered_by(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    document_id: &str,
) -> Result<Option<(String, String, String)>> {
    let Some((id, _, _)) = store::link_of(tx, document_id)? else {
        return Ok(None);
    };
    Ok(store::visible(tx, act, &id)?
        .map(|incoming| (incoming.id, incoming.registration_number, incoming.subject)))
}
