//! Notices (tebligat): taking them for 15-digit addresses, and the lists that name them.
//!
//! No contract of UETS is public. The address form `{15 digits}@uets.{domain}` is the rehearsal's own.

use super::Provider;
use crate::{
    error::{Refusal, Result},
    mime,
    store::{messages::NOTICE, notices},
};

/// What a sender states about a notice.
#[derive(Debug, Clone, Default)]
pub struct NoticeLabel {
    pub unit_id: String,
    pub unit_name: String,
    pub barcode: String,
}

/// A handover list.
#[derive(Debug, Clone)]
pub struct HandoverList {
    pub number: String,
    pub barcodes: Vec<String>,
}

/// The 15 digits of a notice address, written 5-5-5; none for any other address.
pub fn uets_address(address: &str) -> Option<String> {
    let (digits, domain) = address.split_once('@')?;
    let holds = domain.starts_with("uets.")
        && digits.len() == 15
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    holds.then(|| {
        let (first, rest) = digits.split_at(5);
        let (second, third) = rest.split_at(5);
        format!("{first}-{second}-{third}")
    })
}

impl Provider {
    /// Takes a notice for good and answers its kepId; as [`Provider::accept`] otherwise.
    pub fn accept_notice(&self, sender: &str, bytes: &[u8], label: &NoticeLabel) -> Result<String> {
        let limit = self.config.max_message_bytes;
        if bytes.len() > limit {
            return Err(Refusal::TooLarge {
                size: bytes.len(),
                limit,
            }
            .into());
        }
        let mut handed = mime::read(bytes)?;
        let other = handed
            .recipients
            .iter()
            .find(|it| uets_address(it).is_none());
        if let Some(other) = other {
            return Err(Refusal::NotUets(other.clone()).into());
        }
        handed.kind = NOTICE.to_owned();
        self.take(sender, bytes, &handed, |tx, message_id| {
            notices::add(
                tx,
                &notices::Notice {
                    message_id,
                    account: sender,
                    unit_id: &label.unit_id,
                    unit_name: &label.unit_name,
                    barcode: &label.barcode,
                },
            )
        })
    }

    /// Lists what a unit handed in and no list names yet.
    pub fn make_handover_list(&self, account: &str, unit_id: &str) -> Result<HandoverList> {
        let number = format!("TL-{}", self.ids.fresh());
        let barcodes =
            self.write(|tx, now| notices::make_list(tx, &number, account, unit_id, now))?;
        if barcodes.is_empty() {
            return Err(Refusal::NothingToList.into());
        }
        Ok(HandoverList { number, barcodes })
    }

    /// Takes a list back.
    pub fn delete_handover_list(&self, account: &str, number: &str) -> Result<()> {
        if self.write(|tx, now| notices::delete_list(tx, number, account, now))? {
            return Ok(());
        }
        Err(Refusal::UnknownList(number.to_owned()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fifteen_digits_under_the_notice_domain_are_an_address() {
        assert_eq!(
            uets_address("358469648738597@uets.hs99.kep.example").as_deref(),
            Some("35846-96487-38597")
        );
        for other in [
            "35846964873859@uets.hs99.kep.example",
            "35846964873859a@uets.hs99.kep.example",
            "358469648738597@hs99.kep.example",
            "358469648738597",
            "",
        ] {
            assert_eq!(uets_address(other), None, "{other}");
        }
    }
}
