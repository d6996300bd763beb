//! A finding: which rule, how grave, and a sentence for the person who has to decide.

use std::fmt;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; readers tolerate it.
    Note,
    /// Uyarı: a recommended thing is missing or unusual.
    Warning,
    /// Önemli: against a rule, the content is usable.
    Serious,
    /// Kritik: readers refuse such a package.
    Critical,
}

impl Severity {
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Note => "Bilgi",
            Self::Warning => "Uyarı",
            Self::Serious => "Önemli",
            Self::Critical => "Kritik",
        }
    }
}

/// One thing that does not follow the rules.
///
/// The code is stable: `K.nn` are rules of the Teknik Rehber as the public validators number them,
/// `CB.…` what the reference implementation enforces (its own names for digest errors), `OA.…` what
/// the other public reader adds, `YON.mNN` the regulation's articles, `OKUMA.…` mistakes of writers
/// that were tolerated in reading, `KAP.…` the container itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub code: &'static str,
    pub severity: Severity,
    /// The part that it is about.
    pub part: Option<String>,
    /// A Turkish sentence.
    pub sentence: String,
}

impl Finding {
    pub(crate) fn new(code: &'static str, severity: Severity, sentence: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            part: None,
            sentence: sentence.into(),
        }
    }

    pub(crate) fn at(mut self, part: &str) -> Self {
        self.part = Some(part.to_owned());
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            to,
            "{} {}: {}",
            self.severity.label(),
            self.code,
            self.sentence
        )
    }
}

/// Findings as they are gathered; a hostile file can neither make them grow without end nor fill
/// them with mild ones, so that the grave ones find no room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    kept: Vec<Finding>,
    /// Some found no room.
    more: bool,
}

/// More say nothing new; with the one that says that there are more they are 200.
const MOST: usize = 199;
/// There are more findings than are kept.
const MORE: &str = "KAP.COK_BULGU";

impl Findings {
    /// Keeps a finding; when there is no room, a graver one takes the place of the mildest.
    pub fn push(&mut self, finding: Finding) {
        if self.kept.contains(&finding) {
            return;
        }
        if self.kept.len() < MOST {
            return self.kept.push(finding);
        }
        self.more = true;
        let mildest = self.kept.iter().map(|it| it.severity).min();
        let at = mildest
            .filter(|mildest| *mildest < finding.severity)
            .and_then(|mildest| self.kept.iter().rposition(|it| it.severity == mildest));
        if let Some(at) = at {
            self.kept.remove(at);
            self.kept.push(finding);
        }
    }

    pub fn critical(&mut self, code: &'static str, sentence: impl Into<String>) {
        self.push(Finding::new(code, Severity::Critical, sentence));
    }

    pub fn serious(&mut self, code: &'static str, sentence: impl Into<String>) {
        self.push(Finding::new(code, Severity::Serious, sentence));
    }

    pub fn warn(&mut self, code: &'static str, sentence: impl Into<String>) {
        self.push(Finding::new(code, Severity::Warning, sentence));
    }

    /// What was kept.
    pub fn as_slice(&self) -> &[Finding] {
        &self.kept
    }

    /// Gravest first, otherwise in the order found; said once, where there were more of them.
    pub fn sorted(mut self) -> Vec<Finding> {
        if self.more && self.kept.iter().all(|it| it.code != MORE) {
            let sentence = "Paketle ilgili bulgular çok fazla; yalnız en ağırları gösteriliyor.";
            self.kept
                .push(Finding::new(MORE, Severity::Warning, sentence));
        }
        self.kept
            .sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        self.kept
    }
}

/// A foreign value within a sentence: short and without line breaks.
pub(crate) fn quoted(value: &str) -> String {
    let clean: String = value
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(80)
        .collect();
    format!("“{clean}”")
}
