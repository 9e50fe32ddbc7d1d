//! Whether a registry answers at an address at all (distribution specification, "Determining Support").

use http::{Method, StatusCode, header};

use super::{
    attempts::Attempts,
    challenge,
    connection::Connection,
    error::{Error, ErrorKind, Fault},
    exchange::{Outgoing, exchange},
    reply::Reply,
};

/// The header by which Docker distribution and its kin make themselves known.
const VERSION_HEADER: &str = "docker-distribution-api-version";

/// Real answers to this request have a few bytes.
const MAX_ANSWER: u64 = 64 * 1024;

pub(crate) async fn ping(connection: &Connection) -> Result<(), Error> {
    let mut attempts = Attempts::new(&connection.state);
    loop {
        let Err(fault) = ask(connection, attempts.number()).await else {
            return Ok(());
        };
        if let Err(fault) = attempts.again(fault).await {
            return Err(attempts.error("reach registry", connection.host.to_string(), fault));
        }
    }
}

async fn ask(connection: &Connection, attempt: u32) -> Result<(), Fault> {
    let outgoing = Outgoing::new(Method::GET, connection.home.clone());
    let Connection { http, state, home, .. } = connection;
    let reply = exchange(http, state, &outgoing, home, None, attempt).await?.read(MAX_ANSWER).await?;
    connection.answered(&outgoing.method, reply.status);
    if is_registry(&reply) {
        return Ok(());
    }
    let fault = reply.refusal(super::error::Missing::Repository);
    if fault.kind.is_transient() {
        return Err(fault);
    }
    let answer = format!("status {} with {}", reply.status.as_u16(), reply.describe());
    Err(ErrorKind::NotARegistry { answer }.into())
}

/// Whether a response to `GET /v2/` is that of a registry.
pub(super) fn is_registry(reply: &Reply) -> bool {
    let is_known = reply.headers.contains_key(VERSION_HEADER);
    match reply.status {
        StatusCode::UNAUTHORIZED => {
            let values = reply.headers.get_all(header::WWW_AUTHENTICATE);
            is_known || challenge::choose(values.iter().filter_map(|value| value.to_str().ok())).is_some()
        }
        StatusCode::OK => {
            let is_json = || serde_json::from_slice::<serde_json::Value>(&reply.body).is_ok();
            is_known || reply.body.is_empty() || is_json()
        }
        // A registry that refuses access is a registry, too.
        StatusCode::FORBIDDEN => is_known || crate::envelope::Envelope::parse(&reply.body).is_some(),
        _ => false,
    }
}
