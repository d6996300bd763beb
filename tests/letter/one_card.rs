//! One card behind two accounts: it signs one step of a letter, whichever of them holds it.

use dys::params;
use dys::signature::{identity, rehearsal};

use super::*;

#[test]
fn one_card_signs_one_step_of_a_letter() {
    for office in on_every_engine() {
        let id = office.letter(&[("signature", "fatma"), ("signature", "ali")]);
        office.submit(&id);
        assert!(!office.signs("fatma", &id));
        let (fatma, ali) = (
            office.people["fatma"].user_id.clone(),
            office.people["ali"].user_id.clone(),
        );
        let keys = office.app.config.data.join("prova-imza");
        let key = |user: &str| keys.join(format!("{user}.p12"));
        std::fs::copy(key(&fatma), key(&ali)).unwrap();
        office
            .as_system(move |tx, act| {
                let number = identity::of(tx, &fatma)?.expect("she has signed");
                tx.execute(
                    "DELETE FROM signer_identity WHERE user_id = ?1",
                    params![&ali],
                )?;
                identity::set(tx, act, &ali, &number)
            })
            .unwrap();

        let prepared = office.prepare("ali", &id);
        let ali = &office.people["ali"];
        let signed = wait(rehearsal::sign(
            &office.app,
            ali,
            &prepared.content,
            rehearsal::PIN,
        ))
        .unwrap();
        let letter = id.clone();
        let code = office.refused("ali", move |tx, act| {
            sign::complete(tx, act, &letter, prepared.version, &signed)
        });
        assert_eq!(code, "onay_iki_imza", "{}", office.name);
        assert_eq!(office.state(&id), State::InApproval);
        office.give_back("ali", &id);
        assert_eq!(office.state(&id), State::Returned);
    }
}
