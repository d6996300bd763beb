//! What an encrypted package carries outside has to be what lies inside.

use super::package::Package;
use super::relations::Role;

/// Notes in the inner package what contradicts the outer one.
pub(super) fn compare(outer: &Package, inner: &mut Package) {
    // 1.x carries PaketOzeti outside, 2.x NihaiOzet.
    let pairs = [
        (
            Role::FinalDigest,
            &outer.final_digest_bytes,
            &inner.final_digest_bytes,
        ),
        (
            Role::PackageDigest,
            &outer.package_digest_bytes,
            &inner.package_digest_bytes,
        ),
    ];
    let mut compared = false;
    let mut different = false;
    for (_, outside, inside) in pairs {
        if let Some(outside) = outside {
            compared = true;
            different |= Some(outside) != inside.as_ref();
        }
    }
    if different {
        inner.findings.critical(
            "CB.SIFRELI_OZET",
            "Şifreli paketin dışındaki özet, içindeki paketin özetiyle aynı değil.",
        );
    }
    if !compared {
        inner.findings.serious(
            "CB.SIFRELI_OZET",
            "Şifreli paketin dışında özet (Nihai Özet) yok; içindekiyle karşılaştırılamadı.",
        );
    }
    let id = |package: &Package| {
        package
            .core
            .as_ref()
            .and_then(|core| core.identifier.clone())
    };
    if let (Some(outside), Some(inside)) = (id(outer), id(inner))
        && !outside.eq_ignore_ascii_case(&inside)
    {
        inner.findings.serious(
            "K.68",
            "Şifreli paketin kimliği, içindeki paketin kimliğiyle aynı değil.",
        );
    }
}
