//! Words that several messages use.

use std::time::Duration;

use url::Url;

/// `host[:port]` as the user wrote it.
pub(super) fn host_of(url: Option<&Url>) -> String {
    match url.and_then(|url| Some((url.host_str()?, url.port()))) {
        Some((host, Some(port))) => format!("{host}:{port}"),
        Some((host, None)) => host.to_owned(),
        None => "the server".to_owned(),
    }
}

/// Seconds, for messages.
pub(super) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64().ceil())
}
