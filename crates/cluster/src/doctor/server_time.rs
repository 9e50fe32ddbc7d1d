//! The time of the cluster.

use jiff::Timestamp;
use kube::client::Body;

use crate::access::Cluster;

/// The time of the API server, from the `Date` header of a response; `None` without one. Ages are computed with it: the
/// clock of a computer in an air-gapped environment may be hours off, and a pod that has just started would seem to hang.
pub async fn server_time(cluster: &Cluster) -> Option<Timestamp> {
    let request = http::Request::get("/version").body(Body::empty()).ok()?;
    let answer = cluster.client.send(request).await.ok()?;
    let date = answer.headers().get(http::header::DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(date).ok().map(|zoned| zoned.timestamp())
}
