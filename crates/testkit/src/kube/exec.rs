//! A command in a container over a WebSocket, as a kubelet serves it.
//!
//! `v4.channel.k8s.io`: the first byte of each message is its channel: 1 output, 2 error output, 3 the end as a `Status`.
//! `v5` adds only a way to close a channel. A request for `SPDY/3.1` (a POST) is refused; it comes only if an
//! API server translates, which ours is told not to do.

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error, Message, handshake::derive_accept_key, protocol::Role},
};

use super::{kubelet::Answer, stand_in::text};

const OUTPUT: u8 = 1;
const ERROR_OUTPUT: u8 = 2;
const END: u8 = 3;
/// In the order of preference.
const PROTOCOLS: [&str; 2] = ["v4.channel.k8s.io", "v5.channel.k8s.io"];

/// Agrees to the WebSocket and plays the answer on it.
pub(crate) fn answer(
    mut request: Request<Incoming>,
    look_up: impl FnOnce() -> Answer,
) -> Response<Full<Bytes>> {
    let named = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let Some(key) = named(header::SEC_WEBSOCKET_KEY) else {
        return text(StatusCode::BAD_REQUEST, "the stand-in for a kubelet speaks WebSocket only");
    };
    let accept = derive_accept_key(key.as_bytes());
    let offered: Vec<&str> =
        named(header::SEC_WEBSOCKET_PROTOCOL).unwrap_or_default().split(',').map(str::trim).collect();
    let Some(protocol) = PROTOCOLS.into_iter().find(|protocol| offered.contains(protocol)) else {
        return text(
            StatusCode::BAD_REQUEST,
            format!("the stand-in for a kubelet does not speak {offered:?}"),
        );
    };
    let answer = look_up();
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        // A client may go away at any moment.
        if let Ok(connection) = upgrade.await {
            let _ = play(connection, answer).await;
        }
    });
    let switch = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, accept)
        .header(header::SEC_WEBSOCKET_PROTOCOL, protocol)
        .body(Full::default());
    switch.unwrap_or_else(|error| text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

async fn play(connection: Upgraded, answer: Answer) -> Result<(), Error> {
    let socket = WebSocketStream::from_raw_socket(TokioIo::new(connection), Role::Server, None).await;
    let (mut to_client, mut from_client) = socket.split();
    let say = async {
        // An empty message tells the client that the connection is there, as kubelets do.
        to_client.send(message(OUTPUT, "")).await?;
        tokio::time::sleep(answer.delay).await;
        for (channel, printed) in [(OUTPUT, &answer.stdout), (ERROR_OUTPUT, &answer.stderr)] {
            if !printed.is_empty() {
                to_client.send(message(channel, printed)).await?;
            }
        }
        if answer.hangs {
            std::future::pending::<()>().await;
        }
        to_client.send(message(END, &status(answer.exit_code).to_string())).await?;
        to_client.close().await
    };
    tokio::select! {
        said = say => said?,
        // Whatever the client sends is read past; when it is gone, all is over.
        () = async { while let Some(Ok(_)) = from_client.next().await {} } => return Ok(()),
    }
    while let Some(Ok(_)) = from_client.next().await {}
    Ok(())
}

fn message(channel: u8, text: &str) -> Message {
    let mut bytes = vec![channel];
    bytes.extend_from_slice(text.as_bytes());
    Message::binary(bytes)
}

/// How a command has ended, as `k8s.io/cri-streaming` says it.
fn status(exit_code: i32) -> Value {
    if exit_code == 0 {
        return json!({ "metadata": {}, "status": "Success" });
    }
    json!({
        "metadata": {},
        "status": "Failure",
        "message": format!("command terminated with non-zero exit code: exit status {exit_code}"),
        "reason": "NonZeroExitCode",
        "details": { "causes": [{ "reason": "ExitCode", "message": exit_code.to_string() }] },
    })
}
