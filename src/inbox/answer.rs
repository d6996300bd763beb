//! Letters that follow from an incoming one: the answer, the forwarding, the return; and what
//! becomes of the line when they leave.

use serde_json::json;

use super::addressee::{self, Outcome};
use super::referral::ReferralState;
use super::{Incoming, IncomingKind, Source, State, store, touch, view};
use crate::access::{Act, Role};
use crate::audit;
use crate::distribution::Purpose;
use crate::document::attach::{self, New, Recognised};
use crate::document::draft::{self, Changes};
use crate::document::scan::Verdict;
use crate::document::{self, Confidentiality, reference};
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

/// The letter that follows, and what of it the incoming one told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    pub letter_id: String,
    /// It was begun before and has not been sent yet; no second one was made.
    pub existed: bool,
    /// What was filled in, in words: `ilgi`, `dosya (105.04)`, `alıcı (Ahmet Yıldız, KEP ile)`.
    pub filled: Vec<String>,
    /// What was not, as sentences that tell the way out.
    pub missing: Vec<String>,
}

impl Begun {
    /// Everything for the person who pressed the button.
    #[must_use]
    pub fn sentence(&self) -> String {
        if self.existed {
            return "Bu evrak için hazırlanmakta olan yazı açıldı; ikinci bir yazı hazırlanmadı."
                .to_owned();
        }
        let mut words = format!(
            "Yazı hazırlandı. Doldurulanlar: {}.",
            self.filled.join(", ")
        );
        for sentence in &self.missing {
            words.push(' ');
            words.push_str(sentence);
        }
        words
    }
}

/// A new draft of the person's unit with ilgi, file and recipient filled in, as far as they are
/// known; the one that was begun before, while it is not sent.
///
/// # Errors
/// `gelen_yok`, `gelen_kapali`, `yetki_yok`, `iade_olmaz`, `yonlendirme_olmaz`, and
/// `dilekce_sahibi_yok` where a petition would be forwarded without telling who asked.
pub fn begin(tx: &mut Tx<'_>, act: &Act<'_>, id: &str, follow: Follow) -> Result<Begun> {
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
    if let Some(letter_id) = begun_before(tx, act, &view, follow)? {
        return Ok(Begun {
            letter_id,
            existed: true,
            filled: Vec::new(),
            missing: Vec::new(),
        });
    }
    let unit_id = drafting_unit(act, incoming)?;
    let letter = draft::create(tx, act, &unit_id)?;
    let (mut filled, mut missing) = fill(tx, act, &letter, incoming, follow)?;
    reference::cite_text(tx, act, &letter, &incoming.citation())?;
    filled.insert(0, "ilgi".to_owned());
    let purpose = match follow {
        Follow::Answer | Follow::Return => Purpose::Action,
        // The petitioner is told by the same letter, for information.
        Follow::Forward => Purpose::Information,
    };
    match addressee::add(tx, act, &letter, &unit_id, incoming, purpose)? {
        Outcome::Added(whom) => filled.push(format!("alıcı ({whom})")),
        Outcome::Missing(why) if follow == Follow::Forward => return Err(untold(&why)),
        Outcome::Missing(why) => missing.push(why),
    }
    if follow == Follow::Forward {
        missing.push("Yetkili idareyi Dağıtım Listesi'nde gereği için ekleyin.".to_owned());
    }
    if follow != Follow::Answer {
        enclose(tx, act, &letter, &view)?;
    }
    store::link(tx, act, &letter, id, follow.code())?;
    let detail = json!({ "letter": letter, "kind": follow.code() });
    audit::record(tx, act, "inbox.letter", "incoming", id, &detail)?;
    Ok(Begun {
        letter_id: letter,
        existed: false,
        filled,
        missing,
    })
}

/// The letter of the same kind that was made for the line, is not sent and that the person may see;
/// another unit that answers for itself makes its own.
fn begun_before(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    view: &view::View,
    follow: Follow,
) -> Result<Option<String>> {
    for linked in &view.linked {
        if linked.kind != follow.code() || linked.state == document::State::Dispatched {
            continue;
        }
        match draft::open(tx, act, &linked.document_id) {
            Ok(letter) => return Ok(Some(letter.id)),
            Err(Error::Problem(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(None)
}

/// Law 3071, article 5: a petition goes to the competent authority and the petitioner is told.
fn untold(why: &str) -> Error {
    invalid(
        "dilekce_sahibi_yok",
        format!(
            "Yazı hazırlanmadı: dilekçe, sahibine bilgi verilerek gönderilir ve bilgi verilecek \
             adres yok. {why}"
        ),
    )
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

/// Subject, kind, file and text; says what was filled in and what could not be.
fn fill(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter: &str,
    incoming: &Incoming,
    follow: Follow,
) -> Result<(Vec<String>, Vec<String>)> {
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
            other => {
                other?;
                break;
            }
        }
    }
    let saved = draft::open(tx, act, letter)?;
    let (mut filled, mut missing) = (Vec::new(), Vec::new());
    if !saved.subject.is_empty() {
        filled.push("konu".to_owned());
    }
    match (saved.plan_code, &incoming.plan_code) {
        (Some(code), _) => filled.push(format!("dosya ({code})")),
        (None, Some(code)) => missing.push(format!(
            "Gelen evrakın dosya kodu ({code}) planınızda yok; dosyayı seçin."
        )),
        (None, None) => {
            missing.push("Gelen evrakın dosyası belli değil; dosyayı seçin.".to_owned())
        }
    }
    Ok((filled, missing))
}

/// The incoming files go along as attachments.
fn enclose(tx: &mut Tx<'_>, act: &Act<'_>, letter: &str, view: &view::View) -> Result<()> {
    for file in &view.files {
        let (Some(hash), Some(name)) = (&file.blob_hash, &file.file_name) else {
            continue;
        };
        if file.scan == Verdict::Infected {
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
            scan: file.scan,
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
