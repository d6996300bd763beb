//! Letters that follow from an incoming one: the answer, the forwarding, the return; and what
//! becomes of the line when they leave.

use serde_json::json;

use super::addressee::{self, Outcome};
use super::{Incoming, IncomingKind, Source, State, mailbox, referral, store, touch, view};
use crate::access::{Act, Role};
use crate::audit;
use crate::dispatch::withhold;
use crate::distribution::preflight::{Finding, Severity};
use crate::distribution::{Purpose, Recipient, list};
use crate::document::attach::{self, New, Recognised};
use crate::document::draft::{self, Changes};
use crate::document::scan::Verdict;
use crate::document::{self, Confidentiality, reference};
use crate::error::{Error, Result, forbidden, invalid};
use crate::store::Tx;
use crate::turkish;

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
    let cited = match follow {
        Follow::Answer | Follow::Return => incoming.citation(),
        // The authority reads it too, and did not write the petition.
        Follow::Forward => incoming.citation_to_others(),
    };
    reference::cite_incoming(tx, act, &letter, id, &cited)?;
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
        enclose(tx, act, &letter, &view, &mut missing)?;
    }
    let addressee = list::list(tx, act, &letter)?
        .into_iter()
        .find_map(|line| line.unit_id.or(line.outside_party_id));
    // Who manages the line answers for everybody, unless it is their own turn.
    let turn = view.mine.as_ref().filter(|_| follow == Follow::Answer);
    let link = store::Link {
        document_id: letter.clone(),
        incoming_id: id.to_owned(),
        kind: follow.code().to_owned(),
        former: String::new(),
        addressee: addressee.unwrap_or_default(),
        referral_id: turn.map(|mine| mine.id.clone()).unwrap_or_default(),
    };
    store::link(tx, act, &link)?;
    let detail = json!({ "letter": letter, "kind": follow.code() });
    audit::record(tx, act, "inbox.letter", "incoming", id, &detail)?;
    Ok(Begun {
        letter_id: letter,
        existed: false,
        filled,
        missing,
    })
}

/// The letter of the same kind that was made for the line, waits to be sent and that the person may see;
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
        let Some(letter_id) = &linked.document_id else {
            continue;
        };
        match draft::open(tx, act, letter_id) {
            Ok(letter) => {
                // What was closed as Gönderilmeyecek is followed by another letter.
                if withhold::of(tx, &letter.id)?.is_none() {
                    return Ok(Some(letter.id));
                }
            }
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

/// What came in goes along: its files; where it has none, the message as it came, or the paper
/// itself. What cannot go along is told in `missing`.
fn enclose(
    tx: &mut Tx<'_>,
    act: &Act<'_>,
    letter: &str,
    view: &view::View,
    missing: &mut Vec<String>,
) -> Result<()> {
    let original = mailbox::original(tx, &view.incoming.id)?;
    let infected = view.files.iter().any(|it| it.scan == Verdict::Infected);
    // One by one they would leave no room, or are not all of them; the message as it came holds
    // every one.
    let too_many = original.is_some() && view.files.len() >= attach::MOST_ATTACHMENTS;
    let single = if too_many && !infected {
        &[][..]
    } else {
        &view.files
    };
    let mut enclosed = false;
    for file in single {
        let (Some(hash), Some(name)) = (&file.blob_hash, &file.file_name) else {
            continue;
        };
        if file.scan == Verdict::Infected {
            missing.push(format!("“{name}” zararlı yazılım içerdiğinden eklenmedi."));
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
        match attach::add(tx, act, letter, new) {
            Ok(_) => enclosed = true,
            Err(Error::Problem(problem)) => {
                missing.push(format!("“{name}” eklenmedi: {}", problem.message));
            }
            Err(other) => return Err(other),
        }
    }
    // Words in the message itself are in none of its files.
    let has_words = original.is_some() && !view.incoming.text.trim().is_empty();
    if enclosed && !has_words && !too_many {
        return Ok(());
    }
    if original.is_some() && infected {
        missing.push(
            "Gelen iletinin aslı zararlı yazılım içerdiğinden eklenmedi; metnini yazıya aktarın."
                .to_owned(),
        );
        if too_many {
            missing.push(
                "İletide listelenenden çok dosya olabilir; ham iletiye bakıp kalanları ekleyin."
                    .to_owned(),
            );
        }
        return Ok(());
    }
    let whole = match original {
        Some((blob_hash, size)) => New::File {
            recognised: Recognised {
                file_name: "Gelen KEP iletisi.eml".to_owned(),
                media_type: "message/rfc822".to_owned(),
            },
            size,
            blob_hash,
            scan: Verdict::Unchecked,
        },
        None => New::Physical {
            title: "Gelen evrakın aslı".to_owned(),
        },
    };
    match attach::add(tx, act, letter, whole) {
        Ok(_) => Ok(()),
        Err(Error::Problem(problem)) => {
            missing.push(format!(
                "Gelen evrak yazıya eklenemedi: {} Eki kendiniz ekleyin.",
                problem.message
            ));
            Ok(())
        }
        Err(other) => Err(other),
    }
}

/// The letter was sent: the incoming one is answered, forwarded or returned by it. An answer that
/// was somebody's turn ends that turn alone; the line is answered when nobody has work left.
pub(crate) fn sent(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<()> {
    let Some(link) = store::link_of(tx, document_id)? else {
        return Ok(());
    };
    let Some(state) = apply(tx, act, &link)? else {
        return Ok(());
    };
    let detail = json!({ "letter": document_id, "state": state.code() });
    audit::record(
        tx,
        act,
        "inbox.answered",
        "incoming",
        &link.incoming_id,
        &detail,
    )
}

/// What a sent letter does to its line; nothing when the line was closed before.
fn apply(tx: &mut Tx<'_>, act: &Act<'_>, link: &store::Link) -> Result<Option<State>> {
    let id = &link.incoming_id;
    let (Some(incoming), Some(follow)) = (store::any(tx, id)?, Follow::from_code(&link.kind))
    else {
        return Ok(None);
    };
    if !incoming.state.is_open() {
        return Ok(None);
    }
    store::set_former(tx, &link.document_id, incoming.state.code())?;
    let letter = &link.document_id;
    if follow == Follow::Answer && !link.referral_id.is_empty() {
        let own = store::Turn::Of(&link.referral_id);
        store::end_by_letter(tx, act, id, &own, letter, BY_LETTER)?;
        if referral::has_work(&store::referrals(tx, id)?) {
            touch(tx, &incoming, incoming.state)?;
            return Ok(Some(incoming.state));
        }
    }
    store::end_by_letter(tx, act, id, &store::Turn::Everybody, letter, BY_LETTER)?;
    store::set_closed(tx, act, id, "")?;
    touch(tx, &incoming, follow.state())?;
    Ok(Some(follow.state()))
}

/// The sending was stopped: what it ended is open again, and the other letters that are out do to
/// the line what they do without it.
pub(crate) fn stopped(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<()> {
    let Some(link) = store::link_of(tx, document_id)? else {
        return Ok(());
    };
    let id = &link.incoming_id;
    store::set_former(tx, document_id, "")?;
    // What somebody has closed by hand meanwhile stays closed.
    let moved = |it: &Incoming| !link.former.is_empty() && it.state != State::Closed;
    let Some(incoming) = store::any(tx, id)?.filter(moved) else {
        return Ok(());
    };
    let others: Vec<store::Link> = store::sent_links(tx, id)?
        .into_iter()
        .filter(|other| other.document_id != document_id)
        .collect();
    store::reopen(tx, id)?;
    store::clear_closed(tx, id)?;
    let state = referral::standing(&store::referrals(tx, id)?);
    touch(tx, &incoming, state)?;
    for other in &others {
        apply(tx, act, other)?;
    }
    let state = store::any(tx, id)?.map_or(state, |now| now.state);
    let detail = json!({ "letter": document_id, "state": state.code() });
    audit::record(tx, act, "inbox.unanswered", "incoming", id, &detail)
}

/// Whether an answer to the line has left the house.
pub(super) fn is_out(tx: &mut Tx<'_>, incoming_id: &str) -> Result<bool> {
    let sent = store::sent_links(tx, incoming_id)?;
    Ok(sent.iter().any(|link| link.kind == Follow::Answer.code()))
}

/// Whether the line is whom the incoming letter came from: as the registry has it now, else as it
/// stood when the letter was begun; of a sender whom neither knows, its KEP address or its name.
pub(super) fn is_sender(addressee: &str, incoming: &Incoming, line: &Recipient) -> bool {
    if let Some(unit_id) = &incoming.sender_unit_id {
        return line.unit_id.as_ref() == Some(unit_id);
    }
    if !addressee.is_empty() {
        let known = Some(addressee);
        return line.unit_id.as_deref() == known || line.outside_party_id.as_deref() == known;
    }
    let same = |ours: &str, theirs: &str| {
        !ours.trim().is_empty() && turkish::search_key(ours) == turkish::search_key(theirs)
    };
    let address = incoming.sender_address.as_deref().unwrap_or_default();
    same(
        address,
        line.delivery_address.as_deref().unwrap_or_default(),
    ) || same(&incoming.sender, &line.label)
}

/// What keeps a letter that follows from an incoming one from reaching whom it is for: the
/// authority and the petitioner (law 3071, article 5), the sender of what is returned or answered.
///
/// # Errors
/// When the store fails.
pub(crate) fn hindrances(
    tx: &mut Tx<'_>,
    document_id: &str,
    recipients: &[Recipient],
) -> Result<Vec<Finding>> {
    let Some(link) = store::link_of(tx, document_id)? else {
        return Ok(Vec::new());
    };
    let Some(incoming) = store::any(tx, &link.incoming_id)? else {
        return Ok(Vec::new());
    };
    let is_known = |line: &Recipient| is_sender(&link.addressee, &incoming, line);
    let named = !link.addressee.is_empty() || incoming.sender_unit_id.is_some();
    let kept = recipients.iter().any(is_known);
    let authority = recipients
        .iter()
        .any(|line| line.purpose == Purpose::Action && !is_known(line));
    let found = |severity, code, sentence: &str, way| Finding {
        severity,
        code,
        sentence: sentence.to_owned(),
        ways_out: vec![way],
    };
    let mut findings = Vec::new();
    match Follow::from_code(&link.kind) {
        Some(Follow::Forward) => {
            if !authority {
                findings.push(found(
                    Severity::Blocking,
                    "yetkili_idare_yok",
                    "Dilekçenin gönderileceği yetkili idare dağıtım listesinde yok.",
                    "Yetkili idareyi Dağıtım Listesi'nde gereği için ekleyin.",
                ));
            }
            if named && !kept {
                findings.push(found(
                    Severity::Warning,
                    "dilekce_sahibi_cikarildi",
                    "Dilekçe sahibi dağıtım listesinden çıkarılmış; yazı ona bilgi verildiğini söylüyor.",
                    "Dilekçe sahibini bilgi için ekleyin ya da metni düzeltip kendisine ayrıca bilgi verin.",
                ));
            }
        }
        Some(Follow::Return) if !named && !kept => findings.push(found(
            Severity::Blocking,
            "iade_gondereni_belirsiz",
            "İade edilen yazının göndereni rehberden seçilmemiş; yazının ona döndüğü anlaşılamıyor.",
            "Gelen evrakta Kaydı Düzelt ile göndereni rehberden seçip Dağıtım Listesi'ne ekleyin; \
             rehberde yoksa kayıttaki adıyla ya da KEP adresiyle Rehberde Yok'tan ekleyin.",
        )),
        Some(Follow::Return) if !kept => findings.push(found(
            Severity::Blocking,
            "gonderen_yok",
            "İade edilen yazının göndereni dağıtım listesinde yok.",
            "Göndereni Dağıtım Listesi'nde gereği için ekleyin; birimi kapandıysa gelen evrakta Kaydı \
             Düzelt ile yerine geçeni gönderen seçip onu ekleyin.",
        )),
        Some(Follow::Answer) if named && !kept => findings.push(found(
            Severity::Warning,
            "gonderen_yok",
            "Cevap verilen yazının göndereni dağıtım listesinde yok.",
            "Göndereni Dağıtım Listesi'nde ekleyin.",
        )),
        _ => {}
    }
    Ok(findings)
}

/// The draft of an answer was thrown away: the incoming one goes on waiting.
pub(crate) fn forget(tx: &mut Tx<'_>, act: &Act<'_>, document_id: &str) -> Result<()> {
    let Some(link) = store::link_of(tx, document_id)? else {
        return Ok(());
    };
    store::unlink(tx, document_id)?;
    let detail = json!({ "letter": document_id, "kind": link.kind });
    audit::record(
        tx,
        act,
        "inbox.letter_discarded",
        "incoming",
        &link.incoming_id,
        &detail,
    )
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
    let Some(link) = store::link_of(tx, document_id)? else {
        return Ok(None);
    };
    Ok(store::visible(tx, act, &link.incoming_id)?
        .map(|incoming| (incoming.id, incoming.registration_number, incoming.subject)))
}
