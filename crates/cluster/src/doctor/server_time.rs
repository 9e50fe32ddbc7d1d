//! What time it is for the cluster.

use jiff::Timestamp;
use kube::client::Body;

use crate::access::Cluster;

/// The time of the API server, by the `Date` of an answer of its; `None` if it gives none. Ages are told by it: a
/// computer in an isolated network may have a clock that is hours off, and would take a pod that has just begun for one that
/// hangs.
pub async fn server_time(cluster: &Cluster) -> Option<Timestamp> {
    let request = http::Request::get("/version").body(Body::empty()).ok()?;
    let answer = cluster.client.send(request).await.ok()?;
    let date = answer.headers().get(http::header::DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(date).ok().map(|zoned| zoned.timestamp())
}
