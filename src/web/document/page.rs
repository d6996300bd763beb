//! The letter's page: a sheet in the middle, what belongs to it around it.

use axum::extract::{Path, State};
use jiff::Timestamp;

use crate::access::{Act, Role};
use crate::app::App;
use crate::approval::chain::{self, Approver, Saved};
use crate::approval::{self, Step, StepKind, StepState, machine};
use crate::audit;
use crate::directory::{self, UnitId};
use crate::dispatch::itself::{self, Standing as Itself};
use crate::dispatch::order::{self, Order};
use crate::dispatch::withhold::{self, Withheld};
use crate::distribution::{self, Finding, Recipient, Severity};
use crate::document::attach::{self, Attachment, AttachmentKind};
use crate::document::closing;
use crate::document::draft::{self, Changes};
use crate::document::reference::{self, Reference};
use crate::document::scan::Verdict;
use crate::document::template;
use crate::document::{
    Closing, Confidentiality, DocumentKind, Letter, State as LetterState, Urgency,
};
use crate::document::{unfinished, view};
use crate::error::{Problem, Result};
use crate::store::Tx;
use crate::turkish;
use crate::web::{CurrentUser, PageChrome, PageResult, page};

/// Where a letter stands on the web.
#[must_use]
pub(in crate::web) fn address(id: &str) -> String {
    format!("/evrak/{id}")
}

/// Everything that the page shows.
pub(in crate::web) struct View {
    pub letter: Letter,
    pub unit_name: String,
    pub references: Vec<Reference>,
    pub attachments: Vec<Attachment>,
    pub steps: Vec<Step>,
    pub approvers: Vec<Approver>,
    pub saved_chains: Vec<Saved>,
    /// The first lines of the list, and how many there are in all.
    pub recipients: Vec<Recipient>,
    pub recipient_count: usize,
    pub findings: Vec<Finding>,
    /// What the person typed on a stale version.
    pub kept: Vec<(Changes, i64, Timestamp)>,
    pub may_edit: bool,
    /// May make a template of it for its unit.
    pub may_keep_template: bool,
    pub may_withdraw: bool,
    pub may_discard: bool,
    /// The due date as it stands in the form.
    pub due: String,
    /// The kind of act that is asked of this person now.
    pub turn: Option<StepKind>,
    /// Earlier steps to which this person may send the letter back.
    pub back_to: Vec<Step>,
    pub may_dispatch: bool,
    /// Konu with each word opened by a capital, when it is written otherwise (article 13).
    pub proposed_subject: Option<String>,
    /// An Olur that goes to nobody: its last signature is its end.
    pub stays: bool,
    /// The closing phrase that rank asks for, when it is not the chosen one.
    pub proposed_closing: Option<Closing>,
    /// Whether it sends itself after the last signature, and what became of that.
    pub sends_itself: Itself,
    /// Of KEP messages that an officer signs.
    pub order: Option<Order>,
    /// A person closed it as *Gönderilmeyecek*.
    pub withheld: Option<Withheld>,
}

impl View {
    /// Gathers the page in one snapshot.
    pub(super) fn gather(tx: &mut Tx<'_>, act: &Act<'_>, id: &str) -> Result<Self> {
        let letter = draft::open(tx, act, id)?;
        let unit = directory::by_id(tx, &UnitId::new(letter.unit_id.clone()))?;
        let steps = chain::current(tx, act, id)?;
        let active = steps.iter().find(|step| step.state == StepState::Active);
        let absent = crate::access::deputy::absent_for(tx, &act.actor.user_id, act.now)?;
        let asked =
            |step: &&Step| step.user_id == act.actor.user_id || absent.contains(&step.user_id);
        let turn = active
            .filter(|_| letter.state == LetterState::InApproval)
            .filter(asked)
            .map(|step| step.kind);
        let at = steps
            .iter()
            .position(|step| step.state == StepState::Active);
        let works = letter.drafter_id == act.actor.user_id
            || act.actor.has_in(Role::Clerk, &letter.unit_id)
            || act.actor.has_in(Role::Registry, &letter.unit_id);
        let may_edit = works && letter.is_editable();
        let dispatches = letter.drafter_id == act.actor.user_id
            || [Role::Clerk, Role::Registry, Role::KepOfficer]
                .iter()
                .any(|role| act.actor.has_in(*role, &letter.unit_id));
        let lines = distribution::list::page(tx, act, id, 0)?;
        let stays = letter.stays(lines.total);
        let due = letter
            .due_date
            .map(|day| day.strftime("%d.%m.%Y").to_string())
            .unwrap_or_default();
        let proposed_closing = if may_edit && letter.language == "tur" {
            // Of all of them, not of the page's: the letter is closed for every recipient.
            let all = distribution::list::list(tx, act, id)?;
            closing::of_letter(tx, &letter, &all)?.filter(|word| *word != letter.closing)
        } else {
            None
        };
        let proposed_subject = Some(turkish::headline(&letter.subject))
            .filter(|proposed| may_edit && *proposed != letter.subject);
        Ok(Self {
            proposed_subject,
            stays,
            proposed_closing,
            due,
            unit_name: unit.map(|unit| unit.name).unwrap_or_default(),
            references: reference::list(tx, act, id)?,
            attachments: attach::list(tx, act, id)?,
            approvers: if may_edit {
                chain::approvers(tx, &letter.unit_id)?
            } else {
                Vec::new()
            },
            saved_chains: if may_edit {
                chain::saved(tx, act)?
            } else {
                Vec::new()
            },
            recipients: lines.lines,
            recipient_count: lines.total,
            findings: if letter.is_editable() {
                distribution::preflight::shortened(distribution::preflight::preflight(tx, id)?)
            } else {
                Vec::new()
            },
            kept: if may_edit {
                draft::kept_texts(tx, act, id)?
            } else {
                Vec::new()
            },
            may_edit,
            may_keep_template: template::may_keep(act, &letter.unit_id),
            may_withdraw: works && approval::act::may_withdraw(tx, &letter, &steps)?,
            back_to: match (turn, at) {
                (Some(_), Some(at)) => {
                    let kinds: Vec<StepKind> = steps.iter().map(|step| step.kind).collect();
                    steps[..machine::may_return_to(&kinds, at)].to_vec()
                }
                _ => Vec::new(),
            },
            turn,
            may_discard: unfinished::may_discard(tx, act, &letter)?,
            sends_itself: if stays {
                Itself::ByPerson
            } else {
                itself::standing(tx, &letter)?
            },
            order: order::of(tx, id)?.filter(|_| letter.state == LetterState::Signed),
            withheld: withhold::of(tx, id)?,
            may_dispatch: dispatches && letter.state == LetterState::Signed && !stays,
            steps,
            letter,
        })
    }

    pub(super) fn state_meaning(&self) -> &'static str {
        match self.letter.state {
            LetterState::Draft | LetterState::InApproval => "waiting",
            LetterState::Returned => "act",
            LetterState::Signed if self.waiting_order().is_some() => "waiting",
            LetterState::Signed if self.withheld.is_some() => "waiting",
            LetterState::Signed if self.stays => "proved",
            LetterState::Signed => "act",
            LetterState::Dispatched => "moving",
        }
    }

    /// The state in words; one that waits for a KEP officer says so, and one that is not sent.
    pub(super) fn state_label(&self) -> &'static str {
        if self.withheld.is_some() {
            return "Gönderilmeyecek";
        }
        match self.waiting_order() {
            Some(order) => order.state.label(),
            None => self.letter.state.label(),
        }
    }

    pub(super) fn waiting_order(&self) -> Option<&Order> {
        let order = self.order.as_ref();
        order.filter(|order| order.state == order::State::Waiting)
    }

    /// Why the last sending came back.
    pub(super) fn returned_order(&self) -> Option<&str> {
        let order = self.order.as_ref()?;
        (order.state == order::State::Returned).then_some(order.reason.as_str())
    }

    pub(super) fn title(&self) -> &str {
        if self.letter.subject.is_empty() {
            "Konusuz taslak"
        } else {
            &self.letter.subject
        }
    }

    fn date(&self) -> String {
        self.letter
            .official_date
            .map(|day| day.strftime("%d.%m.%Y").to_string())
            .unwrap_or_default()
    }
}

#[derive(askama::Template)]
#[template(path = "document/page.html")]
pub(in crate::web) struct LetterPage {
    pub chrome: PageChrome,
    pub view: View,
    pub returned: Option<(String, String)>,
    pub problem: Option<Problem>,
}

impl LetterPage {
    pub(in crate::web) async fn load(
        app: &App,
        user: &CurrentUser,
        id: &str,
        problem: Option<Problem>,
    ) -> PageResult<Self> {
        let id = id.to_owned();
        let (view, returned) = app
            .read(&user.actor, move |tx, act| {
                let view = View::gather(tx, act, &id)?;
                let round = view.letter.approval_round;
                let returned = match view.letter.state {
                    LetterState::Returned => last_return(tx, &view.letter, round)?,
                    // What was asked for in the round before matters to those who approve now.
                    LetterState::InApproval => last_return(tx, &view.letter, round - 1)?,
                    _ => None,
                };
                Ok((view, returned))
            })
            .await?;
        let chrome = PageChrome::new(app, user, "Evrak İşlemleri");
        Ok(Self {
            chrome,
            view,
            returned,
            problem,
        })
    }

    /// Puts what was typed back into the form, right or wrong.
    pub(super) fn keep_typed(&mut self, typed: Changes) {
        self.view.due = typed.due_date.clone().unwrap_or_default();
        typed.show_in(&mut self.view.letter);
    }

    /// What stands above Konu.
    fn subject_hint(&self) -> String {
        match &self.view.proposed_subject {
            Some(proposed) => format!("Sözcükler büyük harfle başlar; öneri: {proposed}"),
            None => "Yazının ne hakkında olduğu, sonunda nokta olmadan".to_owned(),
        }
    }

    fn error(&self, field: &str) -> &str {
        self.problem
            .iter()
            .flat_map(|problem| &problem.fields)
            .find(|(name, _)| name == field)
            .map_or("", |(_, text)| text)
    }
}

/// Who gave the letter back, and why.
fn last_return(tx: &mut Tx<'_>, letter: &Letter, round: i64) -> Result<Option<(String, String)>> {
    let steps = crate::approval::steps_of_round(tx, &letter.id, round)?;
    Ok(steps
        .into_iter()
        .find(|step| step.state == StepState::Returned)
        .map(|step| (step.who(), step.reason.clone().unwrap_or_default())))
}

pub(super) async fn show(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
) -> PageResult {
    view::opened(&app, &user.actor, &id).await?;
    page(&LetterPage::load(&app, &user, &id, None).await?)
}

#[derive(askama::Template)]
#[template(path = "document/history.html")]
struct HistoryPage {
    chrome: PageChrome,
    letter: Letter,
    entries: Vec<audit::Entry>,
}

pub(super) async fn history(
    State(app): State<App>,
    user: CurrentUser,
    Path(id): Path<String>,
) -> PageResult {
    let (letter, entries) = app
        .read(&user.actor, move |tx, act| {
            let letter = draft::open(tx, act, &id)?;
            let mut entries = audit::entries_of(tx, "document", &letter.id)?;
            entries.reverse();
            Ok((letter, entries))
        })
        .await?;
    let chrome = PageChrome::new(&app, &user, "Evrak İşlemleri");
    page(&HistoryPage {
        chrome,
        letter,
        entries,
    })
}

/// The plain text of an editor's document that was kept.
fn plain_of(json: &str) -> String {
    crate::document::body::Body::from_editor(json)
        .map_or_else(|_| json.to_owned(), |body| body.to_plain())
}
