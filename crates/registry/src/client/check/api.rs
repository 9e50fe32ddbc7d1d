//! Small requests beside the distribution protocol, such as `/api/v2.0/` of Harbor: sent once, at the registry's own
//! address.

use http::{Method, StatusCode};
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

/// Sends a request once, without a login, as long as the registry itself answers.
pub(super) async fn ask(connection: &Connection, method: Method, url: Url) -> Result<Reply, Fault> {
    let outgoing = Outgoing::new(method, url);
    exchange(&connection.http, &connection.state, &outgoing, &connection.home, None, 1)
        .await?
        .read(MAX_ANSWER)
        .await
}

/// The JSON document at `path`, an absolute path; `None` if there is another response.
pub(super) async fn document(connection: &Connection, path: &str) -> Option<Value> {
    let url = connection.home.join(path).ok()?;
    let reply = ask(connection, Method::GET, url).await.ok()?;
    json(&reply)
}

/// As [`document`], with login and password in the request.
pub(super) async fn document_with_login(connection: &Connection, path: &str) -> Option<Value> {
    let reply = with_login(connection, Method::GET, path).await?;
    json(&reply)
}

/// Sends a request once with login and password in it; `None` if there are none, or no response.
pub(super) async fn with_login(connection: &Connection, method: Method, path: &str) -> Option<Reply> {
    let url = connection.home.join(path).ok()?;
    let login = connection.basic_authorization()?;
    let outgoing = Outgoing::new(method, url);
    let opened =
        exchange(&connection.http, &connection.state, &outgoing, &connection.home, Some(&login), 1).await;
    opened.ok()?.read(MAX_ANSWER).await.ok()
}

fn json(reply: &Reply) -> Option<Value> {
    if reply.status != StatusCode::OK {
        return None;
    }
    serde_json::from_slice(&reply.body).ok().filter(Value::is_object)
}
