//! What people write and the fonts that print it.

use super::*;

#[test]
fn turkish_letters_come_back_intact() {
    let Some(seen) = see("tables") else { return };
    for words in [
        "Sıra Müdürlük",
        "MAKİNE İKMAL BAKIM VE ONARIM MÜDÜRLÜĞÜNE",
        "resmî tatiller dâhil",
    ] {
        let flat = seen.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "{words}\n{flat}");
    }
    // The table's head stands again on its second page.
    assert!(seen.on_page(1, "Açıklama") && seen.on_page(2, "Açıklama"));
}

/// What an institution uploads, and what its clerks draw in the editor: still an archive file.
#[test]
fn a_font_and_logos_of_the_institutions_own_make_an_archive_file() {
    let png = |colour: png::ColorType, pixel: &[u8], depth: png::BitDepth| {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 240, 240);
        encoder.set_color(colour);
        encoder.set_depth(depth);
        if colour == png::ColorType::Indexed {
            encoder.set_palette([0xc0, 0, 0, 0, 0x40, 0x80].as_slice());
            encoder.set_trns([0xff, 0x40].as_slice());
        }
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: 11_811,
            yppu: 11_811,
            unit: png::Unit::Meter,
        }));
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&pixel.repeat(240 * 240)).unwrap();
        writer.finish().unwrap();
        Logo::check(bytes).unwrap()
    };
    let eight = png::BitDepth::Eight;
    let logos = [
        (
            "rgba",
            png(png::ColorType::Rgba, &[0xc0, 0, 0, 0x80], eight),
        ),
        ("rgb", png(png::ColorType::Rgb, &[0, 0x60, 0x30], eight)),
        ("palette", png(png::ColorType::Indexed, &[1], eight)),
        (
            "grey",
            png(png::ColorType::GrayscaleAlpha, &[0x40, 0xc0], eight),
        ),
        (
            "deep",
            png(
                png::ColorType::Rgba,
                &[9, 1, 200, 2, 3, 3, 0x80, 0],
                png::BitDepth::Sixteen,
            ),
        ),
    ];
    let (mut sheet, mut head) = letter("dated");
    let (tables, _) = letter("tables");
    sheet.body.splice(1..1, tables.body);
    let svg = head.right_logo.clone();
    let own = installed_font();
    for (at, (name, logo)) in logos.into_iter().enumerate() {
        head.left_logo = Some(logo);
        head.right_logo = svg.clone();
        let set = letter::pdf(&sheet, &head, own.as_ref().unwrap_or(&fonts())).unwrap();
        assert_eq!(set.conformance, Conformance::A2a, "{name}");
        let Some(seen) = see_sheet(&format!("own_{name}"), set) else {
            return;
        };
        assert!(seen.on_page(1, "KAYMAKAMLIĞINA"), "{at}");
        let used = run("pdffonts", &[&seen.path]).unwrap();
        assert!(own.is_none() || used.contains("DejaVu"), "{used}");
    }
}

/// A serif that somebody might upload, asked for at fontconfig; `None`, with words, without it.
fn installed_font() -> Option<Fonts> {
    let faces = ["Book", "Bold", "Italic", "Bold Italic"].map(|style| {
        let asked = format!("DejaVu Serif:style={style}");
        let found = run("fc-list", &[&asked, "--format", "%{file}\n"])?;
        std::fs::read(found.lines().next()?).ok()
    });
    let faces: Vec<Vec<u8>> = faces.into_iter().flatten().collect();
    if faces.is_empty() {
        eprintln!("skipped: fontconfig knows no DejaVu Serif");
        return None;
    }
    Some(Fonts::new(faces).unwrap())
}

#[test]
fn a_person_is_addressed_as_one() {
    let Some(seen) = see("person") else { return };
    assert!(seen.text.contains("Sayın Zeynep Işıl GÜMÜŞ") && seen.text.contains("Saygılarımla."));
}

#[test]
fn what_people_write_is_never_markup() {
    let (mut sheet, head) = letter("short");
    let tricks = r#"#panic("x") $x^2$ *kalın* _eğik_ = Başlık #import "@preview/a:0.1.0" \u{41} <a> @b `c` // d /* e */ #sys.inputs #read("/etc/passwd")"#;
    sheet.subject = tricks.to_owned();
    if let letter::Block::Paragraph { runs } = &mut sheet.body[0] {
        *runs = vec![Run {
            text: tricks.to_owned(),
            ..Run::default()
        }];
    }
    sheet.references = vec![letter::Reference {
        mark: String::new(),
        text: tricks.to_owned(),
    }];
    sheet.attachments = vec![tricks.to_owned()];
    let Some(seen) = see_sheet("tricks", letter::pdf(&sheet, &head, &fonts()).unwrap()) else {
        return;
    };
    let flat = seen.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.matches(r#"#read("/etc/passwd")"#).count() >= 3,
        "{flat}"
    );
    assert!(flat.contains("*kalın* _eğik_ = Başlık"), "{flat}");
}

#[test]
fn a_sign_that_no_face_has_is_told_and_rare_ones_are_printed() {
    let (mut sheet, head) = letter("short");
    sheet.attachments = vec!["Αθήνα, Київ, ☐ → ✓".to_owned()];
    assert!(letter::pdf(&sheet, &head, &fonts()).is_ok());
    sheet.attachments = vec!["tamam 😀 書".to_owned()];
    match letter::pdf(&sheet, &head, &fonts()) {
        Err(letter::Error::Characters(holes)) => assert_eq!(holes, ['書', '😀']),
        other => panic!("{other:?}"),
    }
}

#[test]
fn any_shape_of_text_is_set_or_refused_in_words() {
    let (sheet, head) = letter("short");
    let fonts = fonts();
    let mut deep = letter::Block::Paragraph { runs: Vec::new() };
    for _ in 0..14 {
        let cell = letter::Cell {
            header: false,
            blocks: vec![deep.clone()],
        };
        deep = letter::Block::BulletList {
            items: vec![vec![letter::Block::Table {
                rows: vec![vec![cell], Vec::new()],
            }]],
        };
    }
    let texts = [
        "\u{0}\u{7}\u{202e}\u{feff}",
        &"ğ".repeat(5_000),
        "\u{e000}\u{fdd0}\u{2028}",
        "\n\n\n",
        "  \t ",
    ];
    for body in texts
        .map(|text| letter::Block::Paragraph {
            runs: vec![Run {
                text: text.to_owned(),
                ..Run::default()
            }],
        })
        .into_iter()
        .chain([
            deep,
            letter::Block::Table { rows: Vec::new() },
            letter::Block::OrderedList {
                items: vec![Vec::new()],
            },
        ])
    {
        let odd = Sheet {
            body: vec![body],
            ..sheet.clone()
        };
        if let Err(error) = letter::pdf(&odd, &head, &fonts) {
            assert!(!error.to_string().is_empty());
        }
    }
    assert!(letter::pdf(&Sheet::default(), &letter::Letterhead::default(), &fonts).is_ok());
}
