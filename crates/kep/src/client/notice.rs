//! The tebligat operations of the contract: handing a notice in, and the lists that name what was handed in.
//!
//! Notices by electronic means go through UETS since 2019, whose contract is not public; these operations are
//! the legacy form that the PTT contract still names, and what a rehearsal of UETS can stand on.

use bytes::Bytes;

use super::{CallError, PttClient};
use crate::wire::*;

/// What goes with a notice beside its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeLabel {
    /// `BirimId` and `BirimAdi`: the unit that sends.
    pub unit_id: String,
    pub unit_name: String,
    /// `Barkod`, given by the sender.
    pub barcode: String,
    /// `Donuslu`: whether a return barcode is asked for.
    pub with_return: bool,
}

/// A notice the provider has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeSent {
    /// The provider's id; when it gave none, find the notice by its Message-ID.
    pub kep_id: Option<String>,
    /// `DonusBarkod`: recipient and barcode.
    pub return_barcodes: Vec<(String, String)>,
}

/// A handover list (tevdi listesi).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoverList {
    pub number: String,
    /// A decimal number as received.
    pub total_fee: Option<String>,
    pub barcodes: Vec<String>,
}

impl PttClient {
    /// `YukleTebligat`: hands over a finished, signed notice.
    ///
    /// # Errors
    /// As [`Self::send`]: on [`super::Effect::Unknown`] it may have been taken.
    pub async fn send_notice(
        &self,
        notice: Bytes,
        label: &NoticeLabel,
    ) -> Result<NoticeSent, CallError> {
        let request = YukleTebligat {
            account: self.account(),
            package: Some(Binary::new(notice)),
            unit_id: Some(label.unit_id.clone()),
            unit_name: Some(label.unit_name.clone()),
            barcode: Some(label.barcode.clone()),
            with_return: Some(label.with_return),
        };
        let answer = self.call(&request).await?;
        self.succeed(answer.durum, answer.explanation)?;
        let return_barcodes = answer
            .barcodes
            .into_iter()
            .map(|each| {
                (
                    each.recipient.unwrap_or_default(),
                    each.barcode.unwrap_or_default(),
                )
            })
            .collect();
        Ok(NoticeSent {
            kep_id: answer.kep_id.filter(|id| !id.trim().is_empty()),
            return_barcodes,
        })
    }

    /// `TevdiListesiOlustur`: lists what a unit handed in and no list names yet.
    pub async fn make_handover_list(&self, unit_id: &str) -> Result<HandoverList, CallError> {
        let request = TevdiListesiOlustur {
            account: self.account(),
            unit_id: Some(unit_id.into()),
        };
        let answer = self.call(&request).await?;
        self.succeed(answer.durum, answer.explanation)?;
        let number = answer.list_number.ok_or(WireError::Missing {
            field: "TevdiListeNo",
        })?;
        Ok(HandoverList {
            number,
            total_fee: answer.total_fee,
            barcodes: answer.barcodes.into_iter().flatten().collect(),
        })
    }

    /// `TevdiListesiSil`: takes a list back; what it named can be listed again.
    pub async fn delete_handover_list(&self, number: &str) -> Result<(), CallError> {
        let request = TevdiListesiSil {
            account: self.account(),
            list_number: Some(number.into()),
        };
        let answer = self.call(&request).await?;
        self.succeed(answer.status.durum, answer.status.explanation)
    }
}
