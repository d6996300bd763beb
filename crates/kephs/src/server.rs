//! The running provider: socket, scheduler, orderly end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    config::Config,
    engine::Provider,
    error::{Error, Result},
    line::{CuttableListener, Line},
    soap, web,
};

/// A provider that serves. Dropping it without [`Running::stop`] leaves it to the runtime's end.
pub struct Running {
    address: SocketAddr,
    provider: Arc<Provider>,
    stop: watch::Sender<bool>,
    server: JoinHandle<std::io::Result<()>>,
    scheduler: JoinHandle<()>,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port`: the pages; the admin API below `/prova/api`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The SOAP service.
    pub fn endpoint(&self) -> String {
        format!("{}{}", self.base_url(), soap::PATH)
    }

    /// The KEP directory beside it.
    pub fn directory_endpoint(&self) -> String {
        format!("{}{}", self.base_url(), soap::DIRECTORY_PATH)
    }

    /// The provider itself, for a process that hosts it.
    pub fn provider(&self) -> &Arc<Provider> {
        &self.provider
    }

    /// Ends cleanly: calls that have begun may finish for three seconds.
    pub async fn stop(self) -> Result<()> {
        self.stop.send_replace(true);
        let abort = self.server.abort_handle();
        match tokio::time::timeout(Duration::from_secs(3), self.server).await {
            Ok(Ok(outcome)) => outcome?,
            Ok(Err(_)) => return Err(Error::Worker),
            Err(_) => abort.abort(),
        }
        let _ = self.scheduler.await;
        Ok(())
    }
}

/// Opens the data folder, listens and serves in the background.
pub async fn start(config: Config) -> Result<Running> {
    config.check()?;
    let listen = config.listen;
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        Error::Config(format!(
            "{listen} adresinde dinlenemiyor ({error}). Başka bir kapı verin ya da boş bir kapı \
             için --listen 127.0.0.1:0 kullanın."
        ))
    })?;
    let provider = tokio::task::spawn_blocking(move || Provider::open(config))
        .await
        .map_err(|_| Error::Worker)??;
    serve(listener, Arc::new(provider)).await
}

/// Serves an opened provider on a listening socket in the background.
pub async fn serve(listener: TcpListener, provider: Arc<Provider>) -> Result<Running> {
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let app = app(Arc::clone(&provider)).into_make_service_with_connect_info::<Line>();
    let mut server_stop = stopped.clone();
    let server = tokio::spawn(async move {
        axum::serve(CuttableListener(listener), app)
            .with_graceful_shutdown(async move {
                let _ = server_stop.wait_for(|stop| *stop).await;
            })
            .await
    });
    let scheduler = tokio::spawn(schedule(Arc::clone(&provider), stopped));
    Ok(Running {
        address,
        provider,
        stop,
        server,
        scheduler,
    })
}

fn app(provider: Arc<Provider>) -> Router {
    soap::routes(Arc::clone(&provider))
        .merge(soap::directory::routes(Arc::clone(&provider)))
        .merge(web::routes(provider))
}

/// Does due steps and sleeps until the next; wakes when something new is planned.
async fn schedule(provider: Arc<Provider>, mut stopped: watch::Receiver<bool>) {
    loop {
        let worker = Arc::clone(&provider);
        let next = tokio::task::spawn_blocking(move || {
            worker.tick()?;
            worker.next_step_at()
        });
        let next = match next.await {
            Ok(Ok(next)) => next,
            Ok(Err(error)) => {
                tracing::error!(%error, "scheduler step failed; it is tried again");
                Some(provider.now() + 1000)
            }
            Err(_) => return,
        };
        tokio::select! {
            () = until(&provider, next) => {}
            () = provider.planned() => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

async fn until(provider: &Provider, next: Option<i64>) {
    match next {
        Some(at) => provider.wait_until(at).await,
        None => std::future::pending().await,
    }
}
