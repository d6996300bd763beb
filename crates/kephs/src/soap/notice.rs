//! The tebligat operations of the contract.

use kep::wire::{
    ReturnBarcode, TevdiListesiOlustur, TevdiListesiOlusturAnswer, TevdiListesiSil,
    TevdiListesiSilAnswer, YukleTebligat, YukleTebligatAnswer,
};

use super::operations::{account, done};
use crate::{
    engine::{NoticeLabel, Provider},
    error::{Refusal, Result},
    mime,
};

pub(super) fn yukle_tebligat(
    provider: &Provider,
    request: YukleTebligat,
) -> Result<YukleTebligatAnswer> {
    let account = account(provider, request.account)?;
    let package = request.package.ok_or(Refusal::NotMime("ePaket boş"))?;
    let label = NoticeLabel {
        unit_id: request.unit_id.unwrap_or_default(),
        unit_name: request.unit_name.unwrap_or_default(),
        barcode: request.barcode.unwrap_or_default(),
    };
    let kep_id = provider.accept_notice(&account.address, &package.bytes, &label)?;
    let barcodes = if request.with_return.unwrap_or_default() {
        mime::read(&package.bytes)?
            .recipients
            .into_iter()
            .map(|recipient| ReturnBarcode {
                barcode: Some(format!("D-{}", label.barcode)),
                recipient: Some(recipient),
            })
            .collect()
    } else {
        Vec::new()
    };
    Ok(YukleTebligatAnswer {
        durum: Some(0),
        kep_id: Some(kep_id),
        barcodes,
        explanation: None,
    })
}

/// The fee is not known and stands as nought.
pub(super) fn tevdi_listesi_olustur(
    provider: &Provider,
    request: TevdiListesiOlustur,
) -> Result<TevdiListesiOlusturAnswer> {
    let account = account(provider, request.account)?;
    let unit_id = request.unit_id.unwrap_or_default();
    let list = provider.make_handover_list(&account.address, &unit_id)?;
    Ok(TevdiListesiOlusturAnswer {
        durum: Some(0),
        explanation: None,
        list_number: Some(list.number),
        total_fee: Some("0.00".into()),
        barcodes: list.barcodes.into_iter().map(Some).collect(),
    })
}

pub(super) fn tevdi_listesi_sil(
    provider: &Provider,
    request: TevdiListesiSil,
) -> Result<TevdiListesiSilAnswer> {
    let account = account(provider, request.account)?;
    let number = request.list_number.unwrap_or_default();
    provider.delete_handover_list(&account.address, number.trim())?;
    Ok(TevdiListesiSilAnswer { status: done() })
}
