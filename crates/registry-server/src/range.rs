//! Byte ranges of requests (RFC 9110, section 14): one range, as clients that resume send it.

/// What part of a body is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it: no range, one in another unit, or several.
    Whole,
    /// From `start` to before `end`.
    Part {
        /// First byte.
        start: u64,
        /// Behind the last byte; greater than `start`.
        end: u64,
    },
    /// Nothing of what is asked for exists.
    Unsatisfiable,
}

/// Reads the value of a `Range` header for a body of `size` bytes.
pub(super) fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let Some((from, to)) = header
        .and_then(|header| header.trim().strip_prefix("bytes="))
        .and_then(|range| range.split_once('-'))
    else {
        return Wanted::Whole;
    };
    let (from, to) = (from.trim(), to.trim());
    let (start, end) = match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(start), Ok(last)) if start <= last => (start, last.saturating_add(1).min(size)),
        (Ok(start), Err(_)) if to.is_empty() => (start, size),
        (Err(_), Ok(count)) if from.is_empty() => (size.saturating_sub(count), size),
        _ => return Wanted::Whole,
    };
    if start < end { Wanted::Part { start, end } } else { Wanted::Unsatisfiable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ranges() {
        let part = |start, end| Wanted::Part { start, end };
        let cases = [
            (None, Wanted::Whole),
            (Some("bytes=0-"), part(0, 10)),
            (Some("bytes=3-"), part(3, 10)),
            (Some("bytes=3-3"), part(3, 4)),
            (Some("bytes=3-99"), part(3, 10)),
            (Some("bytes=-4"), part(6, 10)),
            (Some("bytes=-99"), part(0, 10)),
            (Some("bytes=10-"), Wanted::Unsatisfiable),
            (Some("bytes=-0"), Wanted::Unsatisfiable),
            (Some("bytes=4-3"), Wanted::Whole),
            (Some("bytes=0-1,4-5"), Wanted::Whole),
            (Some("lines=0-1"), Wanted::Whole),
            (Some("bytes=-"), Wanted::Whole),
        ];
        for (header, expected) in cases {
            assert_eq!(wanted(header, 10), expected, "{header:?}");
        }
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Unsatisfiable);
    }

    proptest::proptest! {
        #[test]
        fn ranges_are_within_the_size(header in "bytes=[0-9]{0,20}-[0-9]{0,20}", size: u64) {
            if let Wanted::Part { start, end } = wanted(Some(&header), size) {
                proptest::prop_assert!(start < end && end <= size);
            }
        }
    }
}
