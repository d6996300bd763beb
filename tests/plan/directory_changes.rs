//! What the directory changed since a plan was kept, and its repair.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_in_the_directory_is_told_and_one_key_repairs_it() {
    for test in office::engines().await {
        let office = Office::on(test).await;
        let plan_id = saved(&office, &[HAVSA, ENEZ, LALAPASA, SULOGLU]).await;
        let (havsa, _, havsa_above) = facts(&office, HAVSA).await;
        let (enez, enez_name, enez_above) = facts(&office, ENEZ).await;
        let (lalapasa, lalapasa_name, lalapasa_above) = facts(&office, LALAPASA).await;
        let (suloglu, suloglu_name, suloglu_above) = facts(&office, SULOGLU).await;
        import_units(
            &office,
            &format!(
                "{havsa},Yazı İşleri ve Kararlar Müdürlüğü,{havsa_above},,1,\n\
                 {enez},{enez_name},{enez_above},,0,{havsa}\n\
                 {lalapasa},{lalapasa_name},{lalapasa_above},,0,\n\
                 {suloglu},{suloglu_name},{suloglu_above},yazi.suloglu@hs99.kep.example,1,\n"
            ),
        )
        .await;
        let id = plan_id.clone();
        let changes = office
            .app
            .read(&office.clerk, move |tx, act| plan::changes(tx, act, &id))
            .await
            .unwrap();
        let codes: Vec<&str> = changes.iter().map(|it| it.drift.code()).collect();
        assert_eq!(codes, ["renamed", "merged", "closed", "address_changed"]);
        assert!(matches!(&changes[1].drift, Drift::Merged(into) if into.contains("KARARLAR")));

        // A letter gets today's units: the closed one is left out, the merged ones meet.
        let letter = office.draft(&[]).await;
        let id = plan_id.clone();
        let (used, findings) = office
            .app
            .write(&office.clerk, move |tx, act| {
                let used = plan::use_in(tx, act, &letter, &id)?;
                Ok((used, preflight::preflight(tx, &letter)?))
            })
            .await
            .unwrap();
        assert_eq!((used.added, used.changes.len()), (2, 4));
        assert!(
            findings
                .iter()
                .all(|it| it.severity != dys::distribution::Severity::Blocking),
            "{findings:?}"
        );

        let id = plan_id.clone();
        let (plan, left) = office
            .app
            .write(&office.clerk, move |tx, act| {
                let version = plan::open(tx, act, &id)?.version;
                plan::repair(tx, act, &id, version)?;
                let stale = plan::repair(tx, act, &id, version).unwrap_err();
                assert_eq!(stale.code(), "surum_eski");
                Ok((plan::open(tx, act, &id)?, plan::changes(tx, act, &id)?))
            })
            .await
            .unwrap();
        assert_eq!((plan.lines, left), (2, vec![]));
        office.audit_is_whole().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_gone_turns_the_line_to_paper() {
    let office = Office::on(sqlite()).await;
    let plan_id = saved(&office, &[HAVSA]).await;
    office
        .app
        .store
        .write(|tx| tx.execute("UPDATE unit SET kep_address = NULL", params![]))
        .await
        .unwrap();
    let letter = office.draft(&[]).await;
    let (lines, findings) = office
        .app
        .write(&office.clerk, move |tx, act| {
            plan::use_in(tx, act, &letter, &plan_id)?;
            let findings = preflight::preflight(tx, &letter)?;
            Ok((list::list(tx, act, &letter)?, findings))
        })
        .await
        .unwrap();
    assert_eq!(lines[0].destination_type, DestinationType::ExternalPaper);
    let codes: Vec<&str> = findings.iter().map(|it| it.code).collect();
    assert_eq!(codes, ["posta_adresi_yok"], "the address is asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_became_ours_goes_inside_and_one_that_left_goes_outside() {
    let office = Office::on(sqlite()).await;
    let plan_id = saved(&office, &[HAVSA, ENEZ]).await;
    let (havsa, enez) = (office.unit(HAVSA).await, office.unit(ENEZ).await);
    let own = async |id: String, is_own: i64| {
        office
            .app
            .store
            .write(move |tx| {
                tx.execute(
                    "UPDATE unit SET is_own = ?2 WHERE id = ?1",
                    params![&id, is_own],
                )
            })
            .await
            .unwrap();
    };
    let repaired = async || {
        let id = plan_id.clone();
        office
            .app
            .write(&office.clerk, move |tx, act| {
                let codes: Vec<&str> = plan::changes(tx, act, &id)?
                    .iter()
                    .map(|it| it.drift.code())
                    .collect();
                let version = plan::open(tx, act, &id)?.version;
                plan::repair(tx, act, &id, version)?;
                assert_eq!(plan::changes(tx, act, &id)?, []);
                Ok((codes, plan::lines(tx, act, &id, 0)?))
            })
            .await
            .unwrap()
    };
    own(havsa.clone(), 1).await;
    let (codes, lines) = repaired().await;
    assert_eq!(codes, ["inside"]);
    assert_eq!(lines[0].destination_type, DestinationType::InternalUnit);
    assert_eq!(lines[0].delivery_address, None);

    own(havsa, 0).await;
    own(enez, 1).await;
    let (codes, lines) = repaired().await;
    assert_eq!(codes, ["outside", "inside"]);
    assert_eq!(lines[0].destination_type, DestinationType::ExternalKep);
    assert!(lines[0].delivery_address.is_some());
}
