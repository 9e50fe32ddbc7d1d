//! The API server's own record of deprecated APIs that somebody asks for.

use std::collections::BTreeSet;

use futures_util::{AsyncBufRead, AsyncBufReadExt as _, StreamExt as _};
use http::Request;
use kube::Client;

use super::refusal::unread;
use crate::{Error, Reading, objects::DeprecatedApiUse};

/// Stable since Kubernetes 1.19; one series for each resource that was asked for since the server's start.
const METRIC: &str = "apiserver_requested_deprecated_apis{";

/// What the API server has noted. With several API servers it is the record of the one that answers.
pub(crate) async fn deprecated_apis(client: &Client) -> Reading<Vec<DeprecatedApiUse>> {
    let request = match Request::get("/metrics").body(Vec::new()) {
        Ok(request) => request,
        Err(error) => return unread(Error::Other(error.to_string())),
    };
    match client.request_stream(request).await {
        Ok(lines) => from_lines(lines).await,
        Err(error) => unread(error.into()),
    }
}

/// Line by line: the whole of it is megabytes.
async fn from_lines(text: impl AsyncBufRead) -> Reading<Vec<DeprecatedApiUse>> {
    let mut lines = std::pin::pin!(text.lines());
    let mut found = BTreeSet::new();
    while let Some(line) = lines.next().await {
        match line {
            Ok(line) => found.extend(series(&line)),
            Err(error) => {
                return Reading::NotNow {
                    last: None,
                    why: format!("the metrics of the API server broke off: {error}"),
                };
            }
        }
    }
    Reading::Known(found.into_iter().collect())
}

fn series(line: &str) -> Option<DeprecatedApiUse> {
    let (labels, value) = line.strip_prefix(METRIC)?.rsplit_once('}')?;
    let label = |name: &str| {
        labels.split(',').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (key == name).then(|| value.trim_matches('"').to_owned())
        })
    };
    let is_used = value.trim().parse::<f64>().is_ok_and(|value| value > 0.0);
    is_used.then_some(())?;
    Some(DeprecatedApiUse {
        group: label("group")?,
        version: label("version")?,
        resource: label("resource")?,
        removed_in: label("removed_release").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn series_that_are_used() {
        let text = "\
# HELP apiserver_requested_deprecated_apis [STABLE] Gauge of deprecated APIs that have been requested
# TYPE apiserver_requested_deprecated_apis gauge
apiserver_requested_deprecated_apis{group=\"policy\",removed_release=\"1.25\",resource=\"podsecuritypolicies\",subresource=\"\",version=\"v1beta1\"} 1
apiserver_requested_deprecated_apis{group=\"\",removed_release=\"\",resource=\"componentstatuses\",subresource=\"\",version=\"v1\"} 1
apiserver_requested_deprecated_apis{group=\"batch\",removed_release=\"1.25\",resource=\"cronjobs\",subresource=\"\",version=\"v1beta1\"} 0
apiserver_request_total{code=\"200\"} 3
";
        let used = |group: &str, version: &str, resource: &str, removed_in: &str| DeprecatedApiUse {
            group: group.to_owned(),
            version: version.to_owned(),
            resource: resource.to_owned(),
            removed_in: removed_in.to_owned(),
        };
        let expected = vec![
            used("", "v1", "componentstatuses", ""),
            used("policy", "v1beta1", "podsecuritypolicies", "1.25"),
        ];
        assert_eq!(from_lines(text.as_bytes()).await, Reading::Known(expected));
    }
}
