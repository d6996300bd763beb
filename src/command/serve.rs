//! `dys serve`: screens, API and the dispatch worker in one process until it is asked to end.

use std::future::Future;
use std::net::SocketAddr;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::config::{Config, Mode};
use crate::dispatch::Worker;
use crate::inbox::mailbox::Mailboxes;
use crate::web;

/// How long the end waits for calls to the KEP provider.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

pub(super) async fn run(config: Config, mode: Mode) -> anyhow::Result<()> {
    let listener = bind(config.listen).await?;
    let app = App::open(config, mode)?;
    println!("DYS: {}", app.config.public_url);
    until(app, listener, asked_to_end()).await
}

/// Takes the port, or says in words why not.
pub(crate) async fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen).await.with_context(|| {
        format!(
            "{listen} adresi dinlenemiyor; başka bir program kullanıyor olabilir. \
             DYS_LISTEN ile başka bir adres verin, örneğin DYS_LISTEN=127.0.0.1:8090"
        )
    })
}

/// Serves until `end` resolves, then lets running requests finish.
pub(crate) async fn until(
    app: App,
    listener: TcpListener,
    end: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let mailboxes = tokio::spawn(Mailboxes::new(app.clone()).run(stopped.clone()));
    let worker = tokio::spawn(Worker::new(app.clone()).run(stopped));
    let service = web::router(app).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service)
        .with_graceful_shutdown(end)
        .await
        .context("server");
    stop.send_replace(true);
    // A call that has begun may end; what a kill would leave open is asked after at the next start.
    let _ = tokio::time::timeout(PATIENCE, async { tokio::join!(worker, mailboxes) }).await;
    served
}

/// Ctrl-C or, where there is one, SIGTERM.
pub(crate) async fn asked_to_end() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        if let Ok(mut terminate) = terminate {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
