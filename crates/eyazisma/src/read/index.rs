//! Where the parts and attachments of a package are, found without walking over all of them.

use std::collections::HashMap;

use super::package::Part;
use super::relations::{Relation, Role};
use crate::model::{Attachment, Guid};

/// Where parts and attachments are: a foreign package may have thousands of both.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Positions in `parts` by name in lower case.
    pub(super) parts: HashMap<String, usize>,
    pub(super) signed: Files,
    pub(super) unsigned: Files,
}

/// The files of one role: positions in `relations`, the first that says so.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    /// By the GUID in which the relationship's id ends.
    by_id: HashMap<Guid, usize>,
    /// By file name in lower case.
    by_name: HashMap<String, usize>,
}

impl Index {
    pub(super) fn of(parts: &[Part], relations: &[Relation]) -> Self {
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
            let name = crate::names::file_name(&part).to_owned();
            files.by_name.entry(name).or_insert(at);
            let guid = relation.id.len().checked_sub(GUID);
            if let Some(guid) = guid.and_then(|from| relation.id.get(from..)) {
                files.by_id.entry(Guid::as_read(guid)).or_insert(at);
            }
        }
        index
    }
}

/// Characters of a GUID.
const GUID: usize = 36;

impl Files {
    pub(super) fn find(&self, attachment: &Attachment) -> Option<usize> {
        let by_name = || {
            let name = attachment.file_name.as_deref()?;
            self.by_name.get(&name.to_ascii_lowercase())
        };
        self.by_id.get(&attachment.id).or_else(by_name).copied()
    }
}
