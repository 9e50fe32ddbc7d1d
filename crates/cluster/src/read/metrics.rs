//! The API server's own record of deprecated APIs that somebody asks for.

use std::collections::BTreeSet;

use futures_util::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};
use http::Request;
use kube::Client;

use super::refusal::unread;
use crate::{Error, Obstacle, Reading, objects::DeprecatedApiUse, safe_text};

/// Stable since Kubernetes 1.19; one series for each resource that was asked for since the server's start.
const METRIC: &str = "apiserver_requested_deprecated_apis{";

/// The longest line in bytes, and all of them together: a large API server has tens of megabytes.
const LONGEST_LINE: u64 = 64 << 10;
const MOST: u64 = 256 << 20;
/// No API server has as many series of that metric.
const MOST_SERIES: usize = 10_000;

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
    let mut text = std::pin::pin!(text);
    let mut found = BTreeSet::new();
    let mut line = Vec::new();
    let mut read = 0;
    let too_long = |what: String| {
        Reading::Unreadable(Obstacle::Other(format!("the metrics of the API server are not read: {what}")))
    };
    loop {
        line.clear();
        match (&mut text).take(LONGEST_LINE).read_until(b'\n', &mut line).await {
            Ok(0) => return Reading::Known(found.into_iter().collect()),
            Ok(bytes) => read += bytes as u64,
            Err(error) => {
                return Reading::NotNow {
                    last: None,
                    why: format!("the metrics of the API server are incomplete: {error}"),
                };
            }
        }
        if line.len() as u64 == LONGEST_LINE {
            return too_long(format!("a line is longer than {} KiB", LONGEST_LINE >> 10));
        }
        if read > MOST {
            return too_long(format!("they are longer than {} MiB", MOST >> 20));
        }
        found.extend(series(String::from_utf8_lossy(&line).trim_end()));
        if found.len() > MOST_SERIES {
            return too_long(format!(
                "they have more than {MOST_SERIES} series of {}",
                METRIC.trim_end_matches('{')
            ));
        }
    }
}

fn series(line: &str) -> Option<DeprecatedApiUse> {
    let (labels, value) = line.strip_prefix(METRIC)?.rsplit_once('}')?;
    let label = |name: &str| {
        labels.split(',').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (key == name).then(|| safe_text::name(value.trim_matches('"')))
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
    async fn an_endless_response_is_not_read() {
        let why = async |text: &str| from_lines(text.as_bytes()).await.why_unknown().unwrap_or_default();
        let line = "x".repeat(1 << 17);
        assert!(why(&line).await.ends_with("a line is longer than 64 KiB"));
        let series = |number| format!("{METRIC}group=\"g{number}\",resource=\"r\",version=\"v\"}} 1\n");
        let many: String = (0..=MOST_SERIES).map(series).collect();
        assert!(why(&many).await.contains("more than 10000 series of apiserver_requested_deprecated_apis"));
    }

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
