//! The listening side: connections, TLS, start and end.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::{dispatch::Service, options::ServerOptions, session::Sessions, store::Store};

/// How long answers under way may take to end once the server is shut down.
const GRACE: Duration = Duration::from_secs(2);

/// How long a caller may take to send the headers of a request.
const HEADER_TIMEOUT: Duration = Duration::from_mins(1);

/// Starts servers.
#[derive(Debug)]
pub struct Server;

/// A server that runs until it is shut down or dropped.
#[derive(Debug)]
pub struct RunningServer {
    address: SocketAddr,
    sessions: Arc<Sessions>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens on `address` (port 0 takes any free one) and serves `store` from then on. HTTP/1.1 and
    /// HTTP/2 are distinguished by the first bytes. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub fn start(
        address: SocketAddr,
        store: Arc<dyn Store>,
        options: ServerOptions,
    ) -> io::Result<RunningServer> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let tls = options.tls.clone().map(TlsAcceptor::from);
        let service = Arc::new(Service::new(store, options));
        let sessions = service.sessions();
        let task = tokio::spawn(accept(listener, service, tls, stop.clone()));
        Ok(RunningServer { address, sessions, stop, task })
    }
}

impl RunningServer {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The number of upload sessions that were opened and neither completed nor cancelled.
    pub fn open_uploads(&self) -> usize {
        self.sessions.open()
    }

    /// Takes no new connections, lets answers under way end for two seconds, then stops.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        let _ = (&mut self.task).await;
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(
    listener: tokio::net::TcpListener,
    service: Arc<Service>,
    tls: Option<TlsAcceptor>,
    stop: CancellationToken,
) {
    // Owns the connections: when this task is aborted, they end with it.
    let mut connections = JoinSet::new();
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            _ = connections.join_next(), if !connections.is_empty() => continue,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Usually no file descriptors left: give those who hold them time to end.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Without this, small answers wait for acknowledgements; the server works without it too.
        let _ = stream.set_nodelay(true);
        let service = Arc::clone(&service);
        let watcher = graceful.watcher();
        let tls = tls.clone();
        connections.spawn(async move {
            match tls {
                None => connection(stream, service, watcher).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => connection(stream, service, watcher).await,
                    Err(error) => tracing::debug!(%error, "a TLS handshake failed"),
                },
            }
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    service: Arc<Service>,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    builder.http2().timer(TokioTimer::new()).adaptive_window(true);
    let serve = service_fn(move |request: Request<Incoming>| {
        let service = Arc::clone(&service);
        async move { service.answer(request).await }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), serve).into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(error, "a connection ended early");
    }
}
