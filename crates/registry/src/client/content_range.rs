//! `Content-Range` of a 206 answer (RFC 9110, section 14.4).

use http::HeaderValue;

/// Which bytes of what a 206 brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContentRange {
    /// Offset of the first byte.
    pub(crate) start: u64,
    /// Size of the whole in bytes, if the server says it.
    pub(crate) total: Option<u64>,
}

impl ContentRange {
    /// `None` if the value says nothing usable.
    pub(crate) fn parse(value: &HeaderValue) -> Option<Self> {
        let range = value.to_str().ok()?.trim().strip_prefix("bytes")?.trim_start();
        let (range, total) = range.split_once('/')?;
        let (start, end) = range.split_once('-')?;
        let (start, end): (u64, u64) = (start.trim().parse().ok()?, end.trim().parse().ok()?);
        let total = match total.trim() {
            "*" => None,
            total => Some(total.parse().ok()?),
        };
        let fits = start <= end && total.is_none_or(|total| end < total);
        fits.then_some(Self { start, total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let range = |start, total| Some(ContentRange { start, total });
        for (value, expected) in [
            ("bytes 0-0/10", range(0, Some(10))),
            ("bytes 5-9/*", range(5, None)),
            ("bytes 5-10/10", None),
            ("bytes 5-4/10", None),
            ("bytes */10", None),
            ("items 0-1/2", None),
            ("bytes -1-2/3", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::parse(&HeaderValue::from_static(value)), expected, "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "[ -~]*") {
            let _ = ContentRange::parse(&HeaderValue::from_str(&text).unwrap());
        }
    }
}
