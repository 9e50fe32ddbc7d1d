//! Small requests beside the distribution protocol, such as `/api/v2.0/` of Harbor: sent once, at the registry's own
//! address.

use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;
use url::Url;

use crate::client::{
    connection::Connection,
    error::Fault,
    exchange::{Outgoing, exchange},
    reply::Reply,
};

/// Responses to these requests are small.
const MAX_ANSWER: u64 = 1024 * 1024;

/// Tells Harbor that a project in a path is its name. One whose name consists of digits would be taken for a number.
const BY_NAME: HeaderName = HeaderName::from_static("x-is-resource-name");

/// Sends a request once, without a login.
pub(super) async fn ask(connection: &Connection, method: Method, url: Url) -> Result<Reply, Fault> {
    send(connection, &Outgoing::new(method, url), None).await
}

/// The JSON document at `path`, an absolute path; `None` if there is another response.
pub(super) async fn document(connection: &Connection, path: &str) -> Option<Value> {
    let url = connection.home.join(path).ok()?;
    let reply = ask(connection, Method::GET, url).await.ok()?;
    json(&reply)
}

/// As [`document`], with login and password in the request to Harbor.
pub(super) async fn document_with_login(connection: &Connection, path: &str) -> Option<Value> {
    let reply = with_login(connection, Method::GET, path).await?;
    json(&reply)
}

/// Sends a request to Harbor once with login and password in it; `None` if there are none, or no response.
pub(super) async fn with_login(connection: &Connection, method: Method, path: &str) -> Option<Reply> {
    let url = connection.home.join(path).ok()?;
    let login = connection.basic_authorization()?;
    let outgoing = Outgoing::new(method, url).header(BY_NAME, "true");
    send(connection, &outgoing, Some(&login)).await.ok()
}

async fn send(
    connection: &Connection,
    outgoing: &Outgoing<'_>,
    login: Option<&HeaderValue>,
) -> Result<Reply, Fault> {
    let Connection { http, state, home, .. } = connection;
    exchange(http, state, outgoing, home, login, 1).await?.read(MAX_ANSWER).await
}

fn json(reply: &Reply) -> Option<Value> {
    if reply.status != StatusCode::OK {
        return None;
    }
    serde_json::from_slice(&reply.body).ok().filter(Value::is_object)
}
