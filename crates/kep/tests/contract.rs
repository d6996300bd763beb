//! The contract as both sides use it: a client's request reaches a provider, its answer comes back.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use kep::mtom;
use kep::soap::{Body, Fault, Limits, ReadError, read_xml};
use kep::wire::{self, *};

fn account() -> Account {
    Account {
        address: Some("havsa@hs99.kep.example".into()),
        national_id: Some("10000000146".into()),
        parola: Some("gizli-parola".into()),
        sifre: Some("gizli-sifre".into()),
    }
}

fn over_the_wire(body: Body, as_parts: bool) -> Body {
    let packed = mtom::pack(body, as_parts);
    mtom::open(&packed.content_type, &packed.body, &Limits::default()).unwrap()
}

fn sent<R: Request + PartialEq + std::fmt::Debug>(request: R) {
    for as_parts in [false, true] {
        let Body::Payload(element) =
            over_the_wire(Body::Payload(wire::write_request(&request)), as_parts)
        else {
            panic!("a fault")
        };
        assert_eq!(wire::operation_of(&element), R::OPERATION);
        assert_eq!(wire::read_request::<R>(&element).unwrap(), request);
    }
}

fn answered<A: Answer + PartialEq + std::fmt::Debug>(answer: A) {
    for as_parts in [false, true] {
        let Body::Payload(element) =
            over_the_wire(Body::Payload(wire::write_answer(&answer)), as_parts)
        else {
            panic!("a fault")
        };
        assert_eq!(wire::read_answer::<A>(&element).unwrap(), answer);
    }
}

fn binary() -> Binary {
    Binary {
        bytes: b"\r\n--x\r\n\0\xff".as_slice().into(),
        file_name: Some("ileti.eml".into()),
        ..Binary::new(&b""[..])
    }
}

#[test]
fn a_message_with_binary_content_travels_both_ways() {
    sent(Yukle {
        account: account(),
        package: Some(binary()),
        kind: Some("EYazisma".into()),
    });
    answered(YukleAnswer {
        durum: Some(0),
        kep_id: Some("<a@b>".into()),
        explanation: None,
    });
    answered(IndirAnswer {
        durum: Some(0),
        packages: vec![binary(), Binary::new(&b"two"[..])],
        explanation: None,
    });
}

#[test]
fn listings_keep_their_rows_in_all_three_forms() {
    let rows = vec![
        PackageRow {
            kep_id: Some("<1>".into()),
            sequence: Some(1),
            subject: Some("Ağaç & <kök>".into()),
            ..Default::default()
        },
        PackageRow {
            kep_id: Some("<2>".into()),
            original_message_id: Some("<m2>".into()),
            ..Default::default()
        },
    ];
    let columns = PackageColumns::from_rows(rows.clone());
    answered(PaketSorgulaAnswer {
        durum: vec![Some(0)],
        columns: columns.clone(),
        explanation: vec![],
    });
    assert_eq!(columns.rows().unwrap(), rows);
    answered(PaketSorgula2Answer {
        messages: vec![Packages2(columns.clone())],
        status: Status {
            durum: Some(0),
            explanation: None,
        },
    });
    answered(PaketSorgula3Answer {
        messages: vec![],
        status: Status {
            durum: Some(7),
            explanation: Some("yok".into()),
        },
    });
}

#[test]
fn a_listing_whose_columns_differ_in_length_is_refused() {
    let columns = PackageColumns {
        kep_id: vec![Some("<1>".into()), Some("<2>".into())],
        original_message_id: vec![Some("<m>".into())],
        ..Default::default()
    };
    let error = columns.rows().unwrap_err();
    assert_eq!(
        error,
        WireError::UnevenLists {
            field: "OrgMesajId",
            expected: 2,
            found: 1
        }
    );
}

#[test]
fn an_empty_listing_has_no_rows() {
    let answer = read_xml(
        br#"<PaketSorgulaResponse xmlns="http://ws.apache.org/axis2"><return xmlns:x="http://ws.apache.org/axis2/xsd">
            <x:durum>0</x:durum>
            <x:kepId xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/></return></PaketSorgulaResponse>"#,
        &Limits::default(),
    );
    let answer: PaketSorgulaAnswer = wire::read_answer(&answer.unwrap()).unwrap();
    assert_eq!(answer.columns.rows().unwrap(), vec![]);
}

#[test]
fn a_row_without_ids_is_a_row() {
    let row = PackageRow {
        subject: Some("İmar planı".into()),
        ..Default::default()
    };
    let columns = PackageColumns::from_rows([PackageRow::default(), row.clone()]);
    assert_eq!(columns.rows().unwrap(), vec![row]);
}

#[test]
fn evidence_that_cannot_be_read_is_still_listed() {
    let row = EvidenceRow {
        evidence_id: Some("d-1".into()),
        code: Some("altmış".into()),
        time: Some("dün".into()),
        recipient: Some("kesan@hs99.kep.example".into()),
        ..Default::default()
    };
    answered(PaketDetayDelilSorgulaAnswer {
        rows: vec![row.clone()],
        status: Status::default(),
    });
    let without_recipient = EvidenceRow {
        recipient: None,
        ..row
    };
    let lists = PaketDelilSorgulaAnswer::from_rows([without_recipient.clone()]);
    answered(lists.clone());
    assert_eq!(lists.rows().unwrap(), vec![without_recipient]);
}

#[test]
fn a_fault_stays_a_fault() {
    let fault = Fault {
        detail: None,
        ..Fault::client("Yetkisiz < erişim")
    };
    assert_eq!(
        over_the_wire(Body::Fault(fault.clone()), false),
        Body::Fault(fault)
    );
}

#[test]
fn secrets_do_not_show() {
    let shown = format!("{:?}", KotaSorgula { account: account() });
    assert!(shown.contains("havsa@"));
    assert!(
        !shown.contains("gizli") && !shown.contains("10000000146"),
        "{shown}"
    );
}

#[test]
fn a_foreign_mtom_message_is_read() {
    // Parts out of order, LF line ends, single unquoted parameters, an encoded content id.
    let body = "preamble\n--b\nContent-ID: <bir@x y>\nContent-Transfer-Encoding: base64\n\nQUJD\n\
        --b\nContent-Type: application/xop+xml\nContent-ID: <kok>\n\n\
        <S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body>\
        <PaketDelilIndirResponse xmlns='http://ws.apache.org/axis2'><return><durum>0</durum>\
        <eDelil><i:Include xmlns:i='http://www.w3.org/2004/08/xop/include' href='cid:bir%40x%20y'/></eDelil>\
        </return></PaketDelilIndirResponse></S:Body></S:Envelope>\n--b--\n";
    let kind = "Multipart/Related; start=<kok>; Boundary=b; type=application/xop+xml";
    let Body::Payload(element) = mtom::open(kind, &body.into(), &Limits::default()).unwrap() else {
        panic!()
    };
    let answer: PaketDelilIndirAnswer = wire::read_answer(&element).unwrap();
    assert_eq!(answer.evidence.unwrap().bytes, "ABC");

    let cut = body.trim_end().trim_end_matches("--b--").to_owned();
    let error = mtom::open(kind, &cut.into(), &Limits::default()).unwrap_err();
    assert_eq!(
        error,
        ReadError::NotMultipart("the closing boundary is missing")
    );
    let error = mtom::open(
        kind,
        &body.replace("<bir@x y>", "<iki>").into(),
        &Limits::default(),
    )
    .unwrap_err();
    assert_eq!(error, ReadError::MissingPart("bir@x y".into()));
}

#[test]
fn characters_that_xml_cannot_hold_never_come_in() {
    let read = read_xml(b"<a b='\x01&#2;'>\0&#8;\t\r\n</a>", &Limits::default()).unwrap();
    assert_eq!(read.attribute("b"), Some("\u{fffd}\u{fffd}"));
    assert_eq!(read.text, "\u{fffd}\u{fffd}\t\n");
}

#[test]
fn what_is_dangerous_or_too_much_is_refused() {
    let limits = Limits {
        bytes: 200,
        depth: 3,
        nodes: 5,
        parts: 1,
    };
    let refused = |xml: &str| read_xml(xml.as_bytes(), &limits).unwrap_err();
    assert_eq!(
        refused("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"),
        ReadError::DocType
    );
    assert_eq!(
        refused("<a><a><a><a/></a></a></a>"),
        ReadError::TooDeep { limit: 3 }
    );
    assert_eq!(
        refused("<a><b/><b/><b/><b/><b/></a>"),
        ReadError::TooManyNodes { limit: 5 }
    );
    // Each attribute is compared with all others of its element: half a million would keep a reader busy.
    let attributes: String = (0..500_000).map(|at| format!(" a{at}=''")).collect();
    assert_eq!(
        read_xml(
            format!("<a{attributes}/>").as_bytes(),
            &Limits {
                bytes: 40_000_000,
                ..limits
            }
        ),
        Err(ReadError::TooManyAttributes { limit: 256 })
    );
    assert_eq!(
        refused(&"x".repeat(201)),
        ReadError::TooLarge { limit: 200 }
    );
    for cut in [
        "",
        "plain",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a>&unknown;</a>",
        "<p:a/>",
        "<a/>text",
    ] {
        assert!(matches!(refused(cut), ReadError::NotXml(_)), "{cut}");
    }
    assert_eq!(
        read_xml(b"<a>\xff</a>", &limits).unwrap_err(),
        ReadError::NotUtf8
    );
}

#[test]
fn the_contract_has_its_operations() {
    let names: Vec<_> = wire::operations()
        .iter()
        .map(|operation| operation.name)
        .collect();
    assert_eq!(names.len(), 23);
    assert!(names.contains(&"PaketDetayDelilSorgula"));
}
