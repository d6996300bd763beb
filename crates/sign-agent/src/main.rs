//! `dys-sign-agent`: the program alone, for a desk without the rest of DYS.

use clap::Parser as _;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(sign_agent::execute(sign_agent::Arguments::parse()))
}
