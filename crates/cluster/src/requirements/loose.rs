//! Versions as people write them: `1.29`, `v1.29.3`, `22.04.3`, `5.15.0-53-generic`.

use semver::Version;

/// The numbers at the beginning, up to three; what is missing is 0 (facts 3: `1.29` is `1.29.0`, `20.04` is 20.4).
/// `None` if it does not begin with a number.
pub(crate) fn version(text: &str) -> Option<Version> {
    let text = text.trim().trim_start_matches('v');
    let numbers = text.split(|c: char| !c.is_ascii_digit() && c != '.').next()?;
    let mut parts = numbers.split('.');
    let major = parts.next()?.parse().ok()?;
    let mut next = || parts.next().filter(|part| !part.is_empty()).map_or(Some(0), |part| part.parse().ok());
    Some(Version::new(major, next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_at_the_beginning() {
        for (text, expected) in [
            ("1.29", Some((1, 29, 0))),
            ("v1.29.3", Some((1, 29, 3))),
            ("1", Some((1, 0, 0))),
            ("20.04", Some((20, 4, 0))),
            ("22.04.3 LTS", Some((22, 4, 3))),
            ("5.15.0-53-generic", Some((5, 15, 0))),
            ("5.14.0-427.13.1.el9_4.x86_64", Some((5, 14, 0))),
            ("6.1.0+deb12", Some((6, 1, 0))),
            ("6.", Some((6, 0, 0))),
            ("1.2.3.4", Some((1, 2, 3))),
            ("", None),
            ("latest", None),
            ("-1", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(version(text), expected.map(|(a, b, c)| Version::new(a, b, c)), "{text}");
        }
    }
}
