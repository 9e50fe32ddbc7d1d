//! A TLS server for stand-ins: one port, which can be refused and served again.

use std::{net::SocketAddr, sync::Arc};

use parking_lot::Mutex;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;

use super::runtime::runtime;
use crate::{
    certificates::{Identity, Kind},
    reserved_port::ReservedPort,
};

/// What a stand-in answers.
pub(crate) trait Handler: Send + Sync + 'static {
    /// The answer to a request.
    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Full<Bytes>>> + Send;
}

/// A server with a self-signed certificate for 127.0.0.1. HTTP/1.1 only, since an upgrade to a `WebSocket`
/// needs it.
pub(crate) struct StandIn<H> {
    handler: Arc<H>,
    acceptor: TlsAcceptor,
    port: ReservedPort,
    certificate_pem: String,
    /// None while connections are refused.
    task: Mutex<Option<JoinHandle<()>>>,
}

impl<H> std::fmt::Debug for StandIn<H> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("StandIn").field("address", &self.port.addr()).finish_non_exhaustive()
    }
}

impl<H: Handler> StandIn<H> {
    /// Serves on a free port.
    pub(crate) fn start(handler: H) -> anyhow::Result<Self> {
        let identity = Identity::self_signed(&["127.0.0.1"], Kind::Server)?;
        let mut config = rustls::ServerConfig::clone(&*identity.server_config(None)?);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let port = ReservedPort::new()?;
        let stand_in = Self {
            handler: Arc::new(handler),
            acceptor: TlsAcceptor::from(Arc::new(config)),
            port,
            certificate_pem: identity.certificate_pem(),
            task: Mutex::new(None),
        };
        stand_in.up()?;
        Ok(stand_in)
    }

    /// What it answers with.
    pub(crate) fn handler(&self) -> &H {
        &self.handler
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.port.addr()
    }

    /// Its certificate, which is its own authority.
    pub(crate) fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Breaks every connection and refuses new ones.
    pub(crate) fn down(&self) {
        let task = self.task.lock().take();
        if let Some(task) = task {
            task.abort();
            // The port is closed when the task has ended, and not before.
            super::wait(async move { drop(task.await) });
        }
    }

    /// Serves again, on the same port.
    pub(crate) fn up(&self) -> anyhow::Result<()> {
        let serves = self.task.lock().is_some();
        if serves { Ok(()) } else { self.serve(std::net::TcpListener::bind(self.address())?) }
    }

    fn serve(&self, listener: std::net::TcpListener) -> anyhow::Result<()> {
        listener.set_nonblocking(true)?;
        let _inside = runtime().enter();
        let listener = TcpListener::from_std(listener)?;
        let (acceptor, handler) = (self.acceptor.clone(), Arc::clone(&self.handler));
        let task = runtime().spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(connection(stream, acceptor.clone(), Arc::clone(&handler)));
            }
        });
        *self.task.lock() = Some(task);
        Ok(())
    }
}

impl<H> Drop for StandIn<H> {
    fn drop(&mut self) {
        let task = self.task.get_mut().take();
        if let Some(task) = task {
            task.abort();
        }
    }
}

async fn connection<H: Handler>(stream: TcpStream, acceptor: TlsAcceptor, handler: Arc<H>) {
    // A client that closes the connection early is not a fault of the server.
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let service = service_fn(move |request| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, std::convert::Infallible>(handler.answer(request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new();
    let _ = connection.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
}

/// An answer with this text.
pub(crate) fn text(status: http::StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text.into()));
    *response.status_mut() = status;
    response
}
