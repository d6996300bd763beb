//! `ozet.pdf`: the bundle in words and tables, for a reader who has never seen the program.

use anyhow::Context as _;
use jiff::Timestamp;
use kep::evidence::EvidenceKind;
use letter::report::{Part, Report, Section};
use letter::{Day, Fonts};

use super::excerpt::{FullEntry, LINKS};
use super::gather::{Gathered, Sent};
use crate::audit::action_words;
use crate::clock;
use crate::distribution::{Channel, Recipient};
use crate::error::Result;
use crate::evidence::{Duty, Standing, Stored, Trust, text};

/// Sets the summary.
///
/// # Errors
/// When it cannot be set.
pub(super) fn pdf(gathered: &Gathered) -> Result<Vec<u8>> {
    let made = letter::report::pdf(&report(gathered), &Fonts::default());
    Ok(made.context("proof summary")?.bytes)
}

fn report(gathered: &Gathered) -> Report {
    let letter = &gathered.letter;
    let number = letter.official_number.clone().unwrap_or_default();
    let day = clock::local(gathered.made_at).date();
    let mut sections = vec![sent_section(gathered), recipients_section(gathered)];
    for (at, sent) in (1..).zip(&gathered.messages) {
        sections.push(message_section(gathered, at, sent));
    }
    sections.push(log_section(gathered));
    sections.push(how_to_check());
    Report {
        id: format!("{}-delil-{}", letter.id, gathered.made_at.as_microsecond()),
        day: Day {
            year: i32::from(day.year()),
            month: day.month().unsigned_abs(),
            day: day.day().unsigned_abs(),
        },
        title: "Delil Paketi Özeti".to_owned(),
        subtitle: format!("{} · {number}", gathered.institution),
        warning: if gathered.rehearsal {
            "PROVA: Bu paket bir prova kurulumunda hazırlanmıştır; hukuki geçerliliği yoktur."
                .to_owned()
        } else {
            String::new()
        },
        foot: format!(
            "{number} · {} tarihinde hazırlayan: {}",
            time(gathered.made_at),
            gathered.made_by
        ),
        sections,
    }
}

fn fact(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

fn time(at: Timestamp) -> String {
    clock::local(at).strftime("%d.%m.%Y %H.%M.%S").to_string()
}

fn maybe(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "–".to_owned(), time)
}

fn sent_section(gathered: &Gathered) -> Section {
    let letter = &gathered.letter;
    let date = letter.official_date;
    let hash = letter.frozen_hash.as_ref();
    Section {
        heading: "1. Ne gönderildi".to_owned(),
        parts: vec![
            Part::Facts(vec![
                fact("Gönderen", gathered.institution.as_str()),
                fact("Sayı", letter.official_number.clone().unwrap_or_default()),
                fact(
                    "Tarih",
                    date.map_or_else(String::new, |day| day.strftime("%d.%m.%Y").to_string()),
                ),
                fact("Konu", letter.subject.as_str()),
                fact("İmzalar tamamlandı", maybe(letter.signed_at)),
                fact("Evrakı Gönder", maybe(letter.dispatched_at)),
                fact(
                    "Yazının SHA-256 özeti",
                    hash.map_or("", |hash| hash.as_str()),
                ),
            ]),
            Part::Paragraph(
                "Yazının kendisi “yazi” klasöründedir. Bütün zamanlar Türkiye saatiyledir."
                    .to_owned(),
            ),
        ],
    }
}

fn recipients_section(gathered: &Gathered) -> Section {
    let row = |line: &Recipient| {
        let standing = Standing::from_code(&line.status);
        vec![
            line.label.clone(),
            line.delivery_address
                .clone()
                .unwrap_or_else(|| "–".to_owned()),
            line.purpose.label().to_owned(),
            standing.label().to_owned(),
        ]
    };
    Section {
        heading: "2. Kime gönderildi, ne oldu".to_owned(),
        parts: vec![Part::Table {
            columns: vec![5, 4, 2, 4],
            head: ["Alıcı", "KEP adresi", "Amaç", "Durum"]
                .map(str::to_owned)
                .to_vec(),
            rows: gathered.recipients.iter().map(row).collect(),
        }],
    }
}

fn message_section(gathered: &Gathered, at: usize, sent: &Sent) -> Section {
    let message = &sent.message;
    let carried: Vec<&Recipient> = gathered
        .recipients
        .iter()
        .filter(|line| line.message_id.as_deref() == Some(message.id.as_str()))
        .collect();
    let mut parts = vec![
        Part::Facts(vec![
            fact("KEP adresi", message.address.as_str()),
            fact("İleti kimliği", message.rfc_message_id.as_str()),
            fact(
                "Sağlayıcının kimliği",
                message
                    .provider_id
                    .clone()
                    .unwrap_or_else(|| "–".to_owned()),
            ),
            fact("Sağlayıcıya verildi", maybe(message.sent_at)),
            fact("İletinin SHA-256 özeti", message.blob_hash.as_str()),
            fact("Dosya", format!("ileti/{at}/ileti.eml")),
        ]),
        Part::Heading("Gelen deliller".to_owned()),
    ];
    parts.push(if sent.evidence.is_empty() {
        Part::Paragraph("Bu ileti için delil gelmemiştir.".to_owned())
    } else {
        evidence_table(message.channel, &sent.evidence)
    });
    parts.push(Part::Heading("Bu ne demektir".to_owned()));
    parts.push(Part::Points(meanings(gathered, sent, &carried)));
    Section {
        heading: format!("{}. {at}. ileti: {}", at + 2, message.address),
        parts,
    }
}

fn evidence_table(channel: Channel, evidence: &[Stored]) -> Part {
    let mut ordered: Vec<&Stored> = evidence.iter().collect();
    ordered.sort_by_key(|stored| (stored.fact.at, stored.fact.id.clone()));
    let row = |stored: &&Stored| {
        let number = stored
            .fact
            .code
            .map_or_else(String::new, |code| format!("{code} - "));
        let words = text::sentence(channel, stored.fact.kind).unwrap_or(&stored.fact.text);
        let at = match stored.fact.at {
            Some(at) if stored.at_assumed => format!("{} (saat dilimi varsayıldı)", time(at)),
            Some(at) => time(at),
            None => stored.fact.at_text.clone(),
        };
        vec![
            at,
            format!("{number}{words}"),
            stored.kephs.clone(),
            signature_words(stored),
        ]
    };
    Part::Table {
        columns: vec![3, 5, 3, 5],
        head: ["Zaman", "Delil", "Kaynak (KEPHS)", "İmza"]
            .map(str::to_owned)
            .to_vec(),
        rows: ordered.iter().map(row).collect(),
    }
}

fn signature_words(stored: &Stored) -> String {
    let Some(check) = &stored.check else {
        return "Delil dosyası alınamadı; sayılmaz.".to_owned();
    };
    let mut words = check.sentence();
    if let Some(signer) = &check.signer {
        words.push_str(&format!("; imzalayan: {signer}"));
    }
    if let Some(at) = check.stamped_at {
        words.push_str(&format!("; zaman damgası: {}", time(at)));
    }
    if let Some(decided) = &stored.decision {
        words.push_str(&format!(
            "; {} tarihinde {} kararı: {} (“{}”)",
            time(decided.at),
            decided.by,
            if decided.counts {
                "sayılır"
            } else {
                "sayılmaz"
            },
            decided.reason
        ));
    }
    words
}

fn meanings(gathered: &Gathered, sent: &Sent, carried: &[&Recipient]) -> Vec<String> {
    let mut points = Vec::new();
    let mut kinds: Vec<EvidenceKind> = Vec::new();
    for stored in &sent.evidence {
        if stored.fact.trust == Trust::Counted && !kinds.contains(&stored.fact.kind) {
            kinds.push(stored.fact.kind);
        }
    }
    kinds.sort();
    for kind in kinds {
        let sentence = text::sentence(sent.message.channel, kind).unwrap_or("Bilinmeyen delil.");
        points.push(format!("{sentence} {}", text::meaning(kind)));
    }
    let left_out = sent
        .evidence
        .iter()
        .filter(|stored| stored.fact.trust != Trust::Counted)
        .count();
    if left_out > 0 {
        points.push(format!(
            "{left_out} delil doğrulanamadığı ya da dosyası alınamadığı için sayılmamıştır."
        ));
    }
    for line in carried {
        let standing = Standing::from_code(&line.status).label();
        let duty = Duty::from_code(&line.open_duty);
        points.push(format!("{}: {standing}. {}", line.label, duty.sentence()));
        for (at, record) in gathered.records.get(&line.id).into_iter().flatten() {
            points.push(format!("{}: {record}", time(*at)));
        }
    }
    points
}

fn log_section(gathered: &Gathered) -> Section {
    let row = |entry: &FullEntry| {
        let at = Timestamp::from_microsecond(entry.at).ok();
        vec![
            entry.seq.to_string(),
            maybe(at),
            entry.actor_name.clone(),
            action_words(&entry.action).to_owned(),
        ]
    };
    let (head, hash) = &gathered.head;
    Section {
        heading: format!("{}. Denetim kaydı", gathered.messages.len() + 3),
        parts: vec![
            Part::Paragraph(format!(
                "Kurumun denetim kaydında bu yazıya ait {} satır vardır. Her satır kendinden \
                 öncekinin özetini taşır; paketteki zincir bu satırlardan birinin sonradan \
                 değiştirilmediğini ve arada satır numarası eksilmediğini gösterir. {LINKS} Kaydın \
                 paketten önce baştan yazılmadığını da göstermez: bunun için kaydın {head}. \
                 satırının özeti kurumun elindeki kayıtla ya da daha eski bir paketle \
                 karşılaştırılır.",
                gathered.entries.len()
            )),
            Part::Code(vec![format!("{head}: {hash}")]),
            Part::Table {
                columns: vec![2, 4, 4, 6],
                head: ["Satır", "Zaman", "Kim", "Ne yaptı"]
                    .map(str::to_owned)
                    .to_vec(),
                rows: gathered.entries.iter().map(row).collect(),
            },
        ],
    }
}

fn how_to_check() -> Section {
    Section {
        heading: "Nasıl doğrulanır".to_owned(),
        parts: vec![
            Part::Paragraph(
                "Bu özet okumayı kolaylaştırır; kanıt, paketteki dosyaların kendisidir. Aşağıdaki \
                 komut ağ ve veritabanı kullanmadan bütün özetleri, imzaları ve zinciri denetler; \
                 her denetim tutarsa 0 ile biter."
                    .to_owned(),
            ),
            Part::Code(vec![
                "dys verify --roots KÖKLER --evidence-roots KEP-KÖKLERİ paket.zip".to_owned(),
            ]),
            Part::Paragraph(
                "DYS olmadan: dosyaların SHA-256 özetleri icindekiler.json ile karşılaştırılır, \
                 kurumun bu liste üzerindeki imzası OpenSSL ile, delillerin XAdES imzaları \
                 xmlsec1 ile denetlenir. Komutlar OKUBENI.txt dosyasındadır."
                    .to_owned(),
            ),
            Part::Code(vec![
                "openssl cms -verify -inform DER -in icindekiler.json.p7s \\".to_owned(),
                "  -content icindekiler.json -binary -CAfile KURUMUN-KÖKÜ.pem -out /dev/null"
                    .to_owned(),
            ]),
            Part::Paragraph(
                "Kök sertifikalar paketten değil, güvenilen bir yerden alınmalıdır.".to_owned(),
            ),
        ],
    }
}
