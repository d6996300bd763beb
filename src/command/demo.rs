//! `dys demo`: builds the demo's data where it is missing and runs everything until Ctrl-C.

use std::time::Instant;

use super::serve;
use crate::app::App;
use crate::config::{Config, Mode};
use crate::demo::{self, people};

pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    let listener = serve::bind(config.listen).await?;
    let app = App::open(config, Mode::Rehearsal)?;
    let start = Instant::now();
    let provider = demo::prepare(&app).await?;
    demo::write_keys(&app, &provider)?;

    println!();
    println!("  DYS            {}", app.config.public_url);
    println!("  Prova KEPHS    {}", provider.base_url);
    println!("  Parola         {} (herkes için)", people::PASSWORD);
    for person in people::PEOPLE {
        println!(
            "  {:<14} {}, {}",
            person.login, person.full_name, person.title
        );
    }
    println!();
    println!(
        "  Anahtarlar     {}",
        app.config.data.join("demo.json").display()
    );
    println!(
        "  Hazır ({:.1} sn). Bitirmek için Ctrl-C.",
        start.elapsed().as_secs_f64()
    );

    let served = serve::until(app, listener, serve::asked_to_end()).await;
    provider.stop().await;
    println!("Kapandı.");
    served
}
