//! kube's requests over the one way to the network.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use egress::{ApiHttp, NetworkFault, RequestLog};
use http::{
    Response,
    header::{AUTHORIZATION, UPGRADE},
};
use tower_service::Service;

use super::{Request, plugin::Plugin, token_file::TokenFile};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A login that changes while we run.
#[derive(Debug, Clone)]
pub(super) enum Login {
    File(TokenFile),
    Plugin(Plugin),
}

/// Sends requests as they are; a failure is a [`NetworkFault`], or a [`super::PluginError`].
#[derive(Debug, Clone)]
pub(super) struct Transport {
    http: ApiHttp,
    login: Option<Login>,
}

impl Transport {
    pub(super) fn new(http: ApiHttp, login: Option<Login>) -> Self {
        Self { http, login }
    }
}

impl Service<Request> for Transport {
    type Response = Response<reqwest::Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let (http, login) = (self.http.clone(), self.login.clone());
        Box::pin(async move {
            let header = match login {
                Some(Login::File(file)) => Some(file.header()),
                Some(Login::Plugin(plugin)) => plugin.header().await?,
                None => None,
            };
            if let Some(header) = header {
                request.headers_mut().insert(AUTHORIZATION, header);
            }
            let client =
                if request.headers().contains_key(UPGRADE) { http.upgrading() } else { http.multiplexed() };
            let (parts, body) = request.into_parts();
            let body = body.collect_bytes().await?;
            let request = reqwest::Request::try_from(http::Request::from_parts(parts, body))
                .map_err(NetworkFault::from_reqwest)?;
            let mut log = RequestLog::new(request.method(), request.url(), 1);
            match client.execute(request).await.map_err(NetworkFault::from_reqwest) {
                Ok(response) => {
                    log.answered(&response);
                    Ok(response.into())
                }
                Err(fault) => {
                    log.failed(&fault);
                    Err(fault.into())
                }
            }
        })
    }
}
