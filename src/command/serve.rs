//! `dys serve`: screens, API and the dispatch worker in one process until it is asked to end.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::config::{Config, Mode};
use crate::dispatch::Worker;
use crate::web;

pub(super) async fn run(config: Config, mode: Mode) -> anyhow::Result<()> {
    let app = App::open(config, mode)?;
    let listener = bind(app.config.listen).await?;
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

/// Serves and dispatches until `end` resolves, then lets running requests and calls finish.
pub(crate) async fn until(
    app: App,
    listener: TcpListener,
    end: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(Worker::new(app.clone()).run(stopped));
    let service = web::router(app).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service)
        .with_graceful_shutdown(end)
        .await;
    stop.send_replace(true);
    if tokio::time::timeout(WORKER_PATIENCE, worker).await.is_err() {
        tracing::warn!("a provider call is still under way; its answer is asked for at next start");
    }
    served.context("server")
}

/// A call that takes longer is left; its outcome is asked for at the next start.
const WORKER_PATIENCE: Duration = Duration::from_secs(10);

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
