//! Which parts neither signature nor seal covers: whoever handed the package on may have put them in.

use crate::names::{CONTENT_TYPES, unescape};
use crate::read::{Kind, Package, Role};

impl Package {
    /// Names of parts that neither PaketOzeti nor NihaiOzet names, in the archive's order; none of
    /// an encrypted package, whose digests speak of what lies inside.
    ///
    /// Not counted: what carries the digests and signatures themselves, and in packages without
    /// NihaiOzet (1.x) the parts that only that one would name.
    #[must_use]
    pub fn uncovered(&self) -> Vec<&str> {
        if self.kind == Kind::Encrypted {
            return Vec::new();
        }
        let lists = [&self.package_digest, &self.final_digest];
        let named: Vec<String> = lists
            .into_iter()
            .flatten()
            .flat_map(|list| &list.entries)
            .filter(|entry| !entry.is_external())
            .filter_map(|entry| unescape(&entry.uri))
            .collect();
        let mut frame = vec![
            Role::PackageDigest,
            Role::FinalDigest,
            Role::Signature,
            Role::Seal,
            Role::InitialsSignature,
        ];
        if self.final_digest.is_none() {
            frame.extend([Role::Core, Role::OldSigners, Role::FinalMetadata]);
        }
        let frame: Vec<&str> = frame
            .into_iter()
            .filter_map(|it| self.part_of(it))
            .collect();
        let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        self.parts
            .iter()
            .map(|part| part.name.as_str())
            .filter(|name| {
                !same(name, CONTENT_TYPES)
                    && !name.to_ascii_lowercase().ends_with(".rels")
                    && !named.iter().any(|it| same(it, name))
                    && !frame.iter().any(|it| same(it, name))
            })
            .collect()
    }
}
