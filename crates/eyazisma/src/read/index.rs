//! Where the parts and attachments of a package are, found without walking over all of them.

use std::collections::HashMap;

use super::package::Part;
use super::relations::{Relation, Role};
use crate::model::{Attachment, AttachmentKind, Guid, Metadata};
use crate::names::{file_name, part_file_name};

/// Where parts and attachments are: a foreign package may have thousands of both.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Positions in `parts` by name in lower case.
    pub(super) parts: HashMap<String, usize>,
    signed: Files,
    unsigned: Files,
    /// How many attachments have a DosyaAdi: in lower case, and as part names are made.
    exact: HashMap<String, usize>,
    plain: HashMap<String, usize>,
}

/// The files of one role: positions in `relations`, the first that says so.
#[derive(Clone, Debug, Default)]
struct Files {
    /// By the GUID in which the relationship's id ends.
    by_id: HashMap<Guid, usize>,
    /// By file name in lower case, and as part names are made.
    exact: HashMap<String, usize>,
    plain: HashMap<String, usize>,
}

/// Whose DosyaAdi a part's file name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bears {
    Own,
    Another,
    Nobody,
}

impl Index {
    pub(super) fn of(parts: &[Part], relations: &[Relation], metadata: Option<&Metadata>) -> Self {
        let mut index = Self::default();
        for (at, part) in parts.iter().enumerate() {
            index.parts.insert(part.name.to_ascii_lowercase(), at);
        }
        for (at, relation) in relations.iter().enumerate() {
            let files = match relation.role {
                Role::Attachment => &mut index.signed,
                Role::UnsignedAttachment => &mut index.unsigned,
                _ => continue,
            };
            let part = relation.part.to_ascii_lowercase();
            if !index.parts.contains_key(&part) {
                continue;
            }
            let name = file_name(&part);
            files.exact.entry(name.to_owned()).or_insert(at);
            files.plain.entry(plain(name)).or_insert(at);
            let guid = relation.id.len().checked_sub(GUID);
            if let Some(guid) = guid.and_then(|from| relation.id.get(from..)) {
                files.by_id.entry(Guid::as_read(guid)).or_insert(at);
            }
        }
        let attachments = metadata.iter().flat_map(|it| &it.attachments);
        for ek in attachments.filter(|it| it.kind == AttachmentKind::File) {
            if let Some(name) = &ek.file_name {
                *index.exact.entry(name.to_ascii_lowercase()).or_default() += 1;
                *index.plain.entry(plain(name)).or_default() += 1;
            }
        }
        index
    }

    /// The file of an attachment among those of a role: by its DosyaAdi, which the signature covers;
    /// by its relationship's id, which nothing covers, only where no file has that name alone, and
    /// then never one that has another attachment's.
    pub(super) fn find(
        &self,
        role: Role,
        attachment: &Attachment,
        relations: &[Relation],
    ) -> Option<usize> {
        let files = self.files(role);
        let by_name = attachment.file_name.as_deref().and_then(|name| {
            let (exact, plain) = (name.to_ascii_lowercase(), plain(name));
            let once = |known: &HashMap<String, usize>, key: &str| known.get(key) <= Some(&1);
            let found = files
                .exact
                .get(&exact)
                .filter(|_| once(&self.exact, &exact));
            found.or_else(|| {
                files
                    .plain
                    .get(&plain)
                    .filter(|_| once(&self.plain, &plain))
            })
        });
        let by_id = || {
            let at = files.by_id.get(&attachment.id)?;
            let part = &relations.get(*at)?.part;
            (self.bears(part, attachment) != Bears::Another).then_some(at)
        };
        by_name.or_else(by_id).copied()
    }

    /// The file that claims to be an attachment, by id or name.
    pub(super) fn claimant(&self, role: Role, attachment: &Attachment) -> Option<usize> {
        let files = self.files(role);
        let by_name = || {
            let name = attachment.file_name.as_deref()?;
            files.exact.get(&name.to_ascii_lowercase())
        };
        files.by_id.get(&attachment.id).or_else(by_name).copied()
    }

    /// Where the relationship's id of a signed attachment leads.
    pub(super) fn by_id(&self, attachment: &Attachment) -> Option<usize> {
        self.signed.by_id.get(&attachment.id).copied()
    }

    pub(super) fn bears(&self, part: &str, attachment: &Attachment) -> Bears {
        let own = attachment.file_name.as_deref();
        let (exact, plain) = (file_name(part).to_ascii_lowercase(), plain(file_name(part)));
        if own.is_some_and(|own| own.eq_ignore_ascii_case(&exact)) {
            Bears::Own
        } else if self.exact.contains_key(&exact) {
            Bears::Another
        } else if own.is_some_and(|own| self::plain(own) == plain) {
            Bears::Own
        } else if self.plain.contains_key(&plain) {
            Bears::Another
        } else {
            Bears::Nobody
        }
    }

    fn files(&self, role: Role) -> &Files {
        match role {
            Role::UnsignedAttachment => &self.unsigned,
            _ => &self.signed,
        }
    }
}

/// Characters of a GUID.
const GUID: usize = 36;

/// A file's name as it stands in a part's, whatever its writer left of it.
fn plain(name: &str) -> String {
    part_file_name(name).to_ascii_lowercase()
}
