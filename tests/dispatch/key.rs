//! The institution's key that signs messages: one whose certificate does not hold sends nothing.

use dys::access::Actor;
use dys::dispatch::itself;
use dys::document::draft;
use seal::rehearsal::{Curve, Holder, Validity};

use super::*;

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

/// Puts a key of this validity where the institution's key lies; gives its files.
fn put_key(office: &Office, validity: Validity) -> [std::path::PathBuf; 2] {
    let holder = Holder::Seal {
        name: "Keşan KEP",
        detsis: "01039100",
    };
    let mut count = 0_u8;
    let mut random = |bytes: &mut [u8]| {
        bytes.fill_with(|| {
            count = count.wrapping_mul(37).wrapping_add(11);
            count
        });
    };
    let authority = dys::signature::rehearsal::authority(&office.app).unwrap();
    let key = authority
        .issue_key(&holder, Curve::P256, validity, &mut random)
        .unwrap();
    let files = ["kep-key.pem", "kep-certificate.pem"].map(|it| office.app.config.data.join(it));
    std::fs::write(&files[0], key.key_pem().unwrap()).unwrap();
    std::fs::write(&files[1], key.certificates_pem()).unwrap();
    files
}

/// Letters of the clerk that wait to be sent, each with what stands beside it.
async fn waiting(office: &Office) -> Vec<(String, String)> {
    let list = office
        .app
        .read(&office.clerk, |tx, act| worklist::of(tx, act, Work::Signed))
        .await
        .unwrap();
    let lines = list.items.into_iter();
    lines.map(|it| (it.document_id, it.detail)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_has_run_out_signs_no_message_and_the_letter_waits_with_the_reason() {
    let office = Office::on(sqlite()).await;
    let now = office.app.now();
    let future = Validity {
        from: now + days(1),
        to: now + days(400),
    };
    put_key(&office, future);
    let (id, version) = office.signed(&[HAVSA]).await;
    let send = async || send::send(&office.app, &office.clerk, &id, version).await;
    let early = send().await.unwrap_err();
    assert_eq!(early.code(), "imza_anahtari_suresi");
    assert!(early.to_string().contains("25.11.2026"), "{early}");

    let past = Validity {
        from: now - days(400),
        to: now - days(1),
    };
    let files = put_key(&office, past);
    let late = send().await.unwrap_err();
    assert_eq!(late.code(), "imza_anahtari_suresi");
    let words = "sertifikasının süresi 23.11.2026";
    assert!(late.to_string().contains(words), "{late}");
    office.pass(61);
    office.rounds(2, 10).await;
    assert!(office.way(&id).await.message.is_none(), "nothing was made");
    assert_eq!(waiting(&office).await, [(id.clone(), String::new())]);

    // One that sends itself tells a person why it could not.
    let unit = office.clerk.home_unit().unwrap().to_owned();
    office
        .app
        .write(&Actor::system(), move |tx, act| {
            setting::choose_for_unit(tx, act, &unit, setting::SENDS_ITSELF, "1")
        })
        .await
        .unwrap();
    let (alone, _) = office.signed_with_key(&[HAVSA]).await;
    assert_eq!(office.worker.send_itself_round().await.unwrap(), 1);
    let letter = alone.clone();
    let told = office
        .app
        .read(&office.clerk, move |tx, act| {
            let letter = draft::open(tx, act, &letter)?;
            Ok(itself::standing(tx, &letter)?)
        })
        .await
        .unwrap();
    let itself::Standing::Failed(reason) = told else {
        panic!("{told:?}")
    };
    assert!(reason.contains(words), "{reason}");
    let lines = waiting(&office).await;
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].0, alone, "what failed stands first");
    assert!(lines[0].1.contains(words), "{}", lines[0].1);

    // With another key the same letter goes.
    for file in files {
        std::fs::remove_file(file).unwrap();
    }
    send().await.unwrap();
    office.pass(61);
    office.rounds(3, 10).await;
    let way = office.way(&id).await;
    assert_eq!(standing(&way), (Standing::Delivered, Duty::Wait));
}
