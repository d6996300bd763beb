//! What the application answers when it cannot do what was asked; pages and JSON are made of it.

use jiff::SignedDuration;

use crate::store::StoreError;

/// The result of a domain function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule was broken or a thing is not there; the person is told in words.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The database or the blob store failed; the person is told that nothing was lost.
    #[error("store: {0}")]
    Store(#[from] StoreError),
    /// Anything else that no caller decides on.
    #[error("{0:#}")]
    Internal(#[from] anyhow::Error),
}

/// The class of a problem; it decides the HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 400: the request itself is malformed.
    Malformed,
    /// 401: nobody is logged in.
    Unauthenticated,
    /// 403: this person may not do that.
    Forbidden,
    /// 404: it does not exist, or not for this person.
    NotFound,
    /// 409: somebody else was faster, or the state does not allow it.
    Conflict,
    /// 413: larger than the limit.
    TooLarge,
    /// 422: understood, but against a rule.
    Invalid,
    /// 429: too many tries.
    TooMany,
}

/// A problem in the reader's words.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code}: {message}{}", in_line(.fields))]
pub struct Problem {
    pub kind: Kind,
    /// Stable, lower-case ASCII with underscores; programs decide by it.
    pub code: &'static str,
    /// One or two Turkish sentences: what happened, what to do.
    pub message: String,
    /// Field name and sentence, for forms.
    pub fields: Vec<(String, String)>,
    /// Seconds after which the same may be tried again; becomes `Retry-After`.
    pub retry_after: Option<i64>,
}

fn in_line(fields: &[(String, String)]) -> String {
    fields
        .iter()
        .map(|(name, sentence)| format!(" [{name}: {sentence}]"))
        .collect()
}

impl Problem {
    #[must_use]
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            message: message.into(),
            fields: Vec::new(),
            retry_after: None,
        }
    }

    /// Says when the same may be tried again; never less than a second.
    #[must_use]
    pub fn after(mut self, pause: SignedDuration) -> Self {
        self.retry_after = Some(pause.as_secs().saturating_add(1).max(1));
        self
    }

    /// Every sentence in one line, where there is no form to put them into.
    #[must_use]
    pub fn sentences(&self) -> String {
        let fields = self.fields.iter().map(|(_, sentence)| sentence.as_str());
        std::iter::once(self.message.as_str())
            .chain(fields)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Adds a sentence that belongs to one field of the form.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, message: impl Into<String>) -> Self {
        self.fields.push((name.into(), message.into()));
        self
    }
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $kind:ident),+ $(,)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(code: &'static str, message: impl Into<String>) -> Error {
            Problem::new(Kind::$kind, code, message).into()
        })+
    };
}

constructors! {
    /// The request is not of the form that is expected.
    malformed => Malformed,
    /// Nobody is logged in.
    unauthenticated => Unauthenticated,
    /// The person may not do this.
    forbidden => Forbidden,
    /// The thing does not exist for this person.
    not_found => NotFound,
    /// The state or a newer version forbids it.
    conflict => Conflict,
    /// Larger than the limit.
    too_large => TooLarge,
    /// A rule of the domain is broken.
    invalid => Invalid,
    /// Too many tries in a short time.
    too_many => TooMany,
}

impl Error {
    /// The problem, when this is one.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }

    /// The stable code of the problem, or `ic_hata`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.problem().map_or("ic_hata", |problem| problem.code)
    }
}
