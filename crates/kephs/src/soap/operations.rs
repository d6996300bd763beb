//! The operations of the contract, each a few lines over the engine.

use kep::{
    message::Attachment,
    soap::{Element, Fault},
    wire::{
        self, AlindiOnay, AlindiOnayAnswer, Binary, DizinSorgula, DizinSorgulaAnswer, EvidenceRow,
        Giris, GirisAnswer, GuvenliGiris, GuvenliGirisAnswer, Indir, IndirAnswer, KontorSorgula,
        KontorSorgulaAnswer, KotaSorgula, KotaSorgulaAnswer, MimeYap, MimeYapAnswer,
        PackageColumns, PackageQuery, PackageRef, PackageRow, Packages2, Packages3,
        PaketDelilIndir, PaketDelilIndirAnswer, PaketDelilSorgula, PaketDelilSorgulaAnswer,
        PaketDetayDelilSorgula, PaketDetayDelilSorgulaAnswer, PaketSil, PaketSilAnswer,
        PaketSorgula, PaketSorgula2, PaketSorgula2Answer, PaketSorgula3, PaketSorgula3Answer,
        PaketSorgulaAnswer, Request, SmimeGonder, SmimeGonderAnswer, Status, WireError, Yukle,
        YukleAnswer,
    },
};

use super::notice;
use super::refusals::Refusable;
use crate::{
    clock::{parse_xsd, xsd},
    config::normal_address,
    engine::{
        Credentials, EvidenceView, FOLDERS, INBOX, Listed, LoginKind, MessageRef, Part, Provider,
        drafts::Wanted,
    },
    error::{Error, Refusal, Result},
    mime,
    misbehaviour::Kind,
    store::accounts::Account,
};

/// Does what a request asks for, or refuses it with `told` where a misbehaviour says so.
pub(super) fn perform(
    provider: &Provider,
    request: &Element,
    told: Option<&Refusal>,
) -> Result<Element, Fault> {
    let call = Call {
        provider,
        request,
        told,
    };
    match wire::operation_of(request) {
        "Yukle" => call.run(yukle),
        "MimeYap" => call.run(mime_yap),
        "SmimeGonder" => call.run(smime_gonder),
        "YukleTebligat" => call.run(notice::yukle_tebligat),
        "TevdiListesiOlustur" => call.run(notice::tevdi_listesi_olustur),
        "TevdiListesiSil" => call.run(notice::tevdi_listesi_sil),
        "PaketSorgula" => call.run(paket_sorgula),
        "PaketSorgula2" => call.run(paket_sorgula_2),
        "PaketSorgula3" => call.run(paket_sorgula_3),
        "PaketDelilSorgula" => call.run(paket_delil_sorgula),
        "PaketDetayDelilSorgula" => call.run(paket_detay_delil_sorgula),
        "PaketDelilIndir" => call.run(paket_delil_indir),
        "Indir" => call.run(indir),
        "AlindiOnay" => call.run(alindi_onay),
        "PaketSil" => call.run(paket_sil),
        "DizinSorgula" => call.run(dizin_sorgula),
        "KotaSorgula" => call.run(kota_sorgula),
        "KontorSorgula" => call.run(kontor_sorgula),
        "Giris" => call.run(giris),
        "GuvenliGiris" => call.run(guvenli_giris),
        other => Err(Fault::client(format!(
            "{} işlemi prova sağlayıcısında yok.",
            other.chars().take(80).collect::<String>()
        ))),
    }
}

/// The account that a request names and, for a message handed in, its recipients: the addresses
/// for which misbehaviours are switched on.
pub(super) fn concerned(request: &Element) -> Vec<String> {
    let account = request
        .find("kepHesap")
        .map(|it| it.child("kepHesap").unwrap_or(it));
    let mut addresses: Vec<String> = account
        .and_then(Element::trimmed)
        .map(normal_address)
        .into_iter()
        .collect();
    if let Some(bytes) = request.find("ePaket").and_then(Element::bytes)
        && let Ok(handed) = mime::read(&bytes)
    {
        addresses.extend(handed.recipients);
    }
    addresses
}

struct Call<'a> {
    provider: &'a Provider,
    request: &'a Element,
    told: Option<&'a Refusal>,
}

impl Call<'_> {
    fn run<R>(&self, work: fn(&Provider, R) -> Result<R::Answer>) -> Result<Element, Fault>
    where
        R: Request,
        R::Answer: Refusable,
    {
        let answer = match self.told {
            Some(refusal) => R::Answer::refused(refusal)?,
            None => self.answer(work)?,
        };
        Ok(wire::write_answer(&answer))
    }

    fn answer<R>(&self, work: fn(&Provider, R) -> Result<R::Answer>) -> Result<R::Answer, Fault>
    where
        R: Request,
        R::Answer: Refusable,
    {
        let request = match wire::read_request::<R>(self.request) {
            Ok(request) => request,
            Err(WireError::NotBase64 { .. }) => return R::Answer::refused(&Refusal::BadBase64),
            Err(error) => return Err(Fault::client(format!("İstek okunamadı: {error}"))),
        };
        match work(self.provider, request) {
            Ok(answer) => Ok(answer),
            Err(Error::Refused(refusal)) => R::Answer::refused(&refusal),
            Err(error) => {
                tracing::error!(operation = R::OPERATION, %error, "operation failed");
                Err(Fault::server(
                    "Prova sağlayıcısında iç hata oldu; işlem yapılmadı.",
                ))
            }
        }
    }
}

pub(super) fn account(provider: &Provider, given: wire::Account) -> Result<Account> {
    provider.authenticate(&Credentials {
        address: given.address.unwrap_or_default(),
        tcno: given.national_id.unwrap_or_default(),
        parola: given.parola.unwrap_or_default(),
        sifre: given.sifre.unwrap_or_default(),
    })
}

fn yukle(provider: &Provider, request: Yukle) -> Result<YukleAnswer> {
    let account = account(provider, request.account)?;
    let package = request.package.ok_or(Refusal::NotMime("ePaket boş"))?;
    let kep_id = provider.accept(&account.address, &package.bytes)?;
    Ok(YukleAnswer {
        durum: Some(0),
        kep_id: Some(kep_id),
        explanation: None,
    })
}

fn mime_yap(provider: &Provider, request: MimeYap) -> Result<MimeYapAnswer> {
    let account = account(provider, request.account)?;
    let text = Option::unwrap_or_default;
    let attachments = (1..).zip(request.attachments).map(|(n, file)| Attachment {
        name: given(file.file_name).unwrap_or_else(|| format!("ek-{n}")),
        content_type: given(file.content_type).unwrap_or_default(),
        bytes: file.bytes,
    });
    let wanted = Wanted {
        kind: text(request.kind),
        package_id: text(request.package_id),
        to: text(request.to),
        subject: text(request.subject),
        content: text(request.content),
        content_kind: text(request.content_kind),
        digest: text(request.digest),
        attachments: attachments.collect(),
    };
    let built = provider.build_message(&account.address, wanted)?;
    Ok(MimeYapAnswer {
        durum: Some("0".into()),
        explanation: None,
        hash: Some(built.hash),
        message_id: Some(built.message_id),
    })
}

/// Answers no kepId: the contract has none here, the message is found by its Message-ID.
fn smime_gonder(provider: &Provider, request: SmimeGonder) -> Result<SmimeGonderAnswer> {
    let account = account(provider, request.account)?;
    let message_id = request.message_id.unwrap_or_default();
    let signature = request.signature.map(|it| it.bytes).unwrap_or_default();
    provider.send_signed(&account.address, message_id.trim(), &signature)?;
    Ok(SmimeGonderAnswer { status: done() })
}

fn rows(provider: &Provider, query: PackageQuery) -> Result<Vec<PackageRow>> {
    let account = account(provider, query.account)?;
    let folder = folder(query.folder);
    let (from, until) = (time(query.from)?, time(query.until)?);
    let listed = provider.list(&account.address, &folder, from, until)?;
    let told = provider.list_rules(&account.address)?;
    let without = |kind| told.iter().any(|rule| rule.kind == kind);
    let mut rows: Vec<PackageRow> = listed.into_iter().map(package_row).collect();
    for row in &mut rows {
        if without(Kind::ListWithoutKepId) {
            row.kep_id = None;
        }
        if without(Kind::ListWithoutMessageId) {
            row.original_message_id = None;
        }
    }
    Ok(rows)
}

fn package_row(it: Listed) -> PackageRow {
    PackageRow {
        kep_id: Some(it.item.kep_id),
        original_message_id: Some(it.message.org_mesaj_id),
        sequence: Some(it.item.sira_no),
        from: Some(it.message.from_header),
        from_kep: Some(it.message.sender),
        subject: Some(it.message.subject),
        kind: Some(it.message.kind),
        kind_id: Some(it.message.ileti_id),
    }
}

fn paket_sorgula(provider: &Provider, request: PaketSorgula) -> Result<PaketSorgulaAnswer> {
    let mut rows = rows(provider, request.0)?;
    if rows.is_empty() {
        // An empty listing holds one row without any value.
        rows.push(PackageRow::default());
    }
    Ok(PaketSorgulaAnswer {
        durum: vec![Some(0); rows.len()],
        explanation: vec![None; rows.len()],
        columns: PackageColumns::from_rows(rows),
    })
}

fn paket_sorgula_2(provider: &Provider, request: PaketSorgula2) -> Result<PaketSorgula2Answer> {
    let rows = rows(provider, request.0)?;
    Ok(PaketSorgula2Answer {
        messages: rows
            .into_iter()
            .map(|row| Packages2(PackageColumns::from_rows([row])))
            .collect(),
        status: done(),
    })
}

fn paket_sorgula_3(provider: &Provider, request: PaketSorgula3) -> Result<PaketSorgula3Answer> {
    let rows = rows(provider, request.0)?;
    Ok(PaketSorgula3Answer {
        messages: rows
            .into_iter()
            .map(|row| Packages3(PackageColumns::from_rows([row])))
            .collect(),
        status: done(),
    })
}

fn evidence_rows(
    provider: &Provider,
    request: PackageRef,
    with_recipient: bool,
) -> Result<Vec<EvidenceRow>> {
    let account = account(provider, request.account.clone())?;
    let views = provider.evidence(&account.address, &reference(request))?;
    let with_offset = provider.config().times_with_offset;
    Ok(views
        .into_iter()
        .map(|view| evidence_row(view, with_recipient, with_offset))
        .collect())
}

fn evidence_row(view: EvidenceView, with_recipient: bool, with_offset: bool) -> EvidenceRow {
    let EvidenceView {
        evidence: it,
        recipient,
    } = view;
    EvidenceRow {
        durum: Some(0),
        time: Some(
            it.time_text
                .unwrap_or_else(|| xsd(it.event_at, with_offset)),
        ),
        evidence_id: Some(it.delil_id),
        code: it.code.map(|code| code.to_string()),
        text: Some(it.text),
        kephs: Some(it.kephs),
        recipient: recipient.filter(|_| with_recipient),
        explanation: None,
    }
}

fn paket_delil_sorgula(
    provider: &Provider,
    request: PaketDelilSorgula,
) -> Result<PaketDelilSorgulaAnswer> {
    let mut rows = evidence_rows(provider, request.0, false)?;
    if rows.is_empty() {
        rows.push(EvidenceRow {
            durum: Some(0),
            ..EvidenceRow::default()
        });
    }
    Ok(PaketDelilSorgulaAnswer::from_rows(rows))
}

fn paket_detay_delil_sorgula(
    provider: &Provider,
    request: PaketDetayDelilSorgula,
) -> Result<PaketDetayDelilSorgulaAnswer> {
    let rows = evidence_rows(provider, request.0, true)?;
    Ok(PaketDetayDelilSorgulaAnswer {
        rows,
        status: done(),
    })
}

fn paket_delil_indir(
    provider: &Provider,
    request: PaketDelilIndir,
) -> Result<PaketDelilIndirAnswer> {
    let account = account(provider, request.account)?;
    let id = request.evidence_id.unwrap_or_default();
    let xml = provider.evidence_xml(&account.address, id.trim())?;
    Ok(PaketDelilIndirAnswer {
        durum: Some(0),
        evidence: Some(Binary {
            bytes: xml.into(),
            content_type: Some("application/xml".into()),
            file_name: Some(format!("Delil-{}.xml", id.trim())),
        }),
        explanation: None,
    })
}

fn indir(provider: &Provider, request: Indir) -> Result<IndirAnswer> {
    let account = account(provider, request.account)?;
    provider.check_token(
        &account.address,
        request.security_id.as_deref().unwrap_or_default(),
    )?;
    let part = match request.part.as_deref() {
        Some("ORGM") => Part::Original,
        Some("ORGMATTACH") => Part::Attachments,
        _ => Part::All,
    };
    let which = MessageRef {
        kep_id: given(request.kep_id),
        sira_no: request.sequence,
        folder: folder(request.folder),
    };
    let files = provider.download(&account.address, &which, part)?;
    let packages = files.into_iter().map(|file| Binary {
        bytes: file.bytes.into(),
        content_type: Some(file.media_type),
        file_name: Some(file.name),
    });
    Ok(IndirAnswer {
        durum: Some(0),
        packages: packages.collect(),
        explanation: None,
    })
}

fn alindi_onay(provider: &Provider, request: AlindiOnay) -> Result<AlindiOnayAnswer> {
    let account = account(provider, request.0.account.clone())?;
    provider.confirm(&account.address, &reference(request.0))?;
    Ok(AlindiOnayAnswer { status: done() })
}

fn paket_sil(provider: &Provider, request: PaketSil) -> Result<PaketSilAnswer> {
    let account = account(provider, request.0.account.clone())?;
    provider.delete(&account.address, &reference(request.0))?;
    Ok(PaketSilAnswer { status: done() })
}

fn dizin_sorgula(provider: &Provider, request: DizinSorgula) -> Result<DizinSorgulaAnswer> {
    account(provider, request.account)?;
    Ok(DizinSorgulaAnswer {
        folders: FOLDERS.iter().map(|name| Some((*name).into())).collect(),
    })
}

/// The KB still free; whether the real service answers the free or the whole is unknown.
fn kota_sorgula(provider: &Provider, request: KotaSorgula) -> Result<KotaSorgulaAnswer> {
    let account = account(provider, request.account)?;
    Ok(KotaSorgulaAnswer {
        quota: Some(provider.quota_left_kb(&account)?),
    })
}

fn kontor_sorgula(provider: &Provider, request: KontorSorgula) -> Result<KontorSorgulaAnswer> {
    let account = account(provider, request.account)?;
    Ok(KontorSorgulaAnswer {
        amount: Some(account.kontor.to_string()),
        unit: Some("KONTOR".into()),
    })
}

fn giris(provider: &Provider, request: Giris) -> Result<GirisAnswer> {
    let account = account(provider, request.account)?;
    let kind = match request.kind.as_deref() {
        Some("OTP") => LoginKind::Otp,
        Some("EIMZA") => LoginKind::EImza,
        _ => LoginKind::Base,
    };
    let step = provider.begin_login(&account.address, kind)?;
    Ok(GirisAnswer {
        durum: Some("0".into()),
        explanation: None,
        text: Some(step.text),
        hash: Some(step.hash),
        security_id: Some(step.token),
    })
}

fn guvenli_giris(provider: &Provider, request: GuvenliGiris) -> Result<GuvenliGirisAnswer> {
    let account = account(provider, request.account)?;
    let token = provider.finish_login(
        &account.address,
        request.security_id.as_deref().unwrap_or_default(),
        request.sms_key.as_deref().unwrap_or_default(),
        request
            .signature
            .as_ref()
            .map(|it| it.bytes.as_ref())
            .unwrap_or_default(),
    )?;
    Ok(GuvenliGirisAnswer {
        durum: Some("0".into()),
        explanation: None,
        security_id: Some(token),
    })
}

pub(super) fn done() -> Status {
    Status {
        durum: Some(0),
        explanation: None,
    }
}

fn reference(it: PackageRef) -> MessageRef {
    MessageRef {
        kep_id: given(it.kep_id),
        sira_no: it.sequence,
        folder: folder(it.folder),
    }
}

fn folder(name: Option<String>) -> String {
    given(name).unwrap_or_else(|| INBOX.into())
}

fn given(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

fn time(text: Option<String>) -> Result<Option<i64>> {
    let Some(text) = given(text) else {
        return Ok(None);
    };
    let shown = text.chars().take(80).collect();
    Ok(Some(parse_xsd(&text).ok_or(Refusal::BadTime(shown))?))
}
