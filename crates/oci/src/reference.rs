//! Names: registry hosts, repositories, tags, and where a repository lives.
//!
//! Grammar: OCI distribution specification, "Pulling manifests"; hosts as in Docker's
//! `reference` package (name or address with an optional port).

use std::{fmt, str::FromStr};

use crate::Digest;

/// A registry's address: host name or IP, with an optional port. Never holds credentials.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(String);

/// A repository path inside a registry, as `deckhouse/ee/install`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryName(String);

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

/// How a manifest is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TagOrDigest {
    /// By a movable name.
    Tag(Tag),
    /// By content.
    Digest(Digest),
}

/// A repository and the registry that it is in: `HOST[:PORT]/PATH`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryUrl {
    /// The registry.
    pub host: Host,
    /// The path inside it.
    pub repository: RepositoryName,
}

/// Why a text is not the name that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not {expected}: {reason}")]
pub struct ParseNameError {
    text: String,
    expected: &'static str,
    reason: &'static str,
}

impl ParseNameError {
    fn new(text: &str, expected: &'static str, reason: &'static str) -> Self {
        // If a user pastes `user:password@host`, the password must not get into a log.
        let text = match text.rfind('@') {
            Some(at) => format!("***{}", &text[at..]),
            None => text.to_owned(),
        };
        Self { text: text.chars().take(300).collect(), expected, reason }
    }
}

impl Host {
    /// The host as written, with its port.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host without port and without the brackets of an IPv6 address.
    pub fn name(&self) -> &str {
        let end = match self.0.rfind(':') {
            Some(colon) if !self.0[colon..].contains(']') => colon,
            _ => self.0.len(),
        };
        self.0[..end].trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, if one is written.
    pub fn port(&self) -> Option<u16> {
        let (_, port) = self.0.rsplit_once(':')?;
        port.parse().ok()
    }
}

impl FromStr for Host {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = |reason| ParseNameError::new(text, "a registry host", reason);
        let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, rest)) => {
                address
                    .parse::<std::net::Ipv6Addr>()
                    .map_err(|_| fail("the brackets contain no IPv6 address"))?;
                match rest.strip_prefix(':') {
                    None if rest.is_empty() => return Ok(Self(text.to_owned())),
                    Some(port) => ("v6", Some(port)),
                    None => return Err(fail("only a port may follow an IPv6 address")),
                }
            }
            None => match text.split_once(':') {
                Some((name, port)) => (name, Some(port)),
                None => (text, None),
            },
        };
        if let Some(port) = port
            && !port.parse::<u16>().is_ok_and(|port| port > 0)
        {
            return Err(fail("the port must be a number from 1 to 65535"));
        }
        if name.is_empty() {
            return Err(fail("the host is empty"));
        }
        let valid = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                && !part.starts_with('-')
                && !part.ends_with('-')
        };
        if !name.trim_end_matches('.').split('.').all(valid) {
            return Err(fail("a host consists of letters, digits, dots and dashes"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl RepositoryName {
    /// The path as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment: for a DKP source, the edition.
    pub fn last_segment(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The path without its last segment; `None` if there is only one.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// The repository at `path` below this one; an empty path is this one.
    ///
    /// # Errors
    /// If the result is no repository name.
    pub fn join(&self, path: &str) -> Result<Self, ParseNameError> {
        if path.is_empty() { Ok(self.clone()) } else { format!("{}/{path}", self.0).parse() }
    }
}

impl FromStr for RepositoryName {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = |reason| Err(ParseNameError::new(text, "a repository path", reason));
        if text.is_empty() {
            return fail("it is empty");
        }
        if text.len() > 255 {
            return fail("it is longer than 255 characters");
        }
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return fail("upper-case letters are not allowed");
        }
        for segment in text.split('/') {
            if segment.is_empty() {
                return fail("it has an empty segment (a leading, trailing or double slash)");
            }
            if !is_segment(segment.as_bytes()) {
                return fail(
                    "a segment consists of lower-case letters and digits, joined by single '.', '_', '__' or dashes",
                );
            }
        }
        Ok(Self(text.to_owned()))
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_segment(segment: &[u8]) -> bool {
    let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends_in_words =
        segment.first().copied().is_some_and(is_word) && segment.last().copied().is_some_and(is_word);
    ends_in_words
        && segment
            .split(|b| is_word(*b))
            .filter(|separator| !separator.is_empty())
            .all(|separator| matches!(separator, b"." | b"_" | b"__") || separator.iter().all(|b| *b == b'-'))
}

impl Tag {
    /// The tag as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = |reason| Err(ParseNameError::new(text, "a tag", reason));
        let bytes = text.as_bytes();
        if bytes.is_empty() || bytes.len() > 128 {
            return fail("a tag has 1 to 128 characters");
        }
        if !(bytes[0].is_ascii_alphanumeric() || bytes[0] == b'_') {
            return fail("a tag begins with a letter, a digit or '_'");
        }
        if !bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')) {
            return fail("a tag consists of letters, digits, '_', '.' and '-'");
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for TagOrDigest {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(digest) => Ok(Self::Digest(digest)),
            Err(_) => text.parse().map(Self::Tag),
        }
    }
}

impl From<Tag> for TagOrDigest {
    fn from(tag: Tag) -> Self {
        Self::Tag(tag)
    }
}

impl From<Digest> for TagOrDigest {
    fn from(digest: Digest) -> Self {
        Self::Digest(digest)
    }
}

impl RepositoryUrl {
    /// The repository at `path` below this one; an empty path is this one.
    ///
    /// # Errors
    /// If the result is no repository name.
    pub fn join(&self, path: &str) -> Result<Self, ParseNameError> {
        Ok(Self { host: self.host.clone(), repository: self.repository.join(path)? })
    }
}

impl FromStr for RepositoryUrl {
    type Err = ParseNameError;

    /// Parses `HOST[:PORT]/PATH`. A pasted `http://`, `https://` or `docker://` and a trailing slash
    /// are dropped: the scheme never decides how a registry is reached.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "a registry address (HOST[:PORT]/PATH)";
        let bare = ["https://", "http://", "docker://"].iter().find_map(|scheme| text.strip_prefix(scheme));
        let bare = bare.unwrap_or(text).trim_end_matches('/');
        if bare.contains('@') {
            return Err(ParseNameError::new(
                text,
                expected,
                "the address must not contain a login or password",
            ));
        }
        let Some((host, path)) = bare.split_once('/') else {
            return Err(ParseNameError::new(text, expected, "the path to the repository is missing"));
        };
        Ok(Self { host: host.parse()?, repository: path.parse()? })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TagOrDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => tag.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

impl fmt::Display for RepositoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.repository)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_relative_to_a_parent_repository() {
        for (name, parent) in [("deckhouse/ee", Some("deckhouse")), ("a/b/c", Some("a/b")), ("ee", None)] {
            let found = name.parse::<RepositoryName>().unwrap().parent();
            assert_eq!(found.as_ref().map(RepositoryName::as_str), parent, "{name}");
        }
    }

    #[test]
    fn addresses() {
        let cases = [
            ("registry.deckhouse.ru/deckhouse/ee", Some(("registry.deckhouse.ru", "deckhouse/ee"))),
            ("https://localhost:5000/a/b/", Some(("localhost:5000", "a/b"))),
            ("[::1]:5000/a", Some(("[::1]:5000", "a"))),
            ("10.0.0.1/a__b/c--d", Some(("10.0.0.1", "a__b/c--d"))),
            ("registry.deckhouse.ru", None),
            ("registry/", None),
            ("/deckhouse", None),
            ("host:0/a", None),
            ("host:x/a", None),
            ("host/A", None),
            ("host/a//b", None),
            ("host/a/../b", None),
            ("host/a___b", None),
            ("host/-a", None),
            ("ho st/a", None),
        ];
        for (text, expected) in cases {
            let parsed = text.parse::<RepositoryUrl>().ok();
            let parsed = parsed.as_ref().map(|url| (url.host.as_str(), url.repository.as_str()));
            assert_eq!(parsed, expected, "{text}");
        }
    }

    #[test]
    fn an_error_never_shows_a_password() {
        let error = "user:s3cret@host/a".parse::<RepositoryUrl>().unwrap_err().to_string();
        assert!(!error.contains("s3cret") && error.contains("host/a"), "{error}");
        let error = "https://user:s3@cret@host".parse::<RepositoryUrl>().unwrap_err().to_string();
        assert!(!error.contains("s3"), "{error}");
    }

    #[test]
    fn host_names() {
        for (text, name, port) in [
            ("a.b:5000", "a.b", Some(5000)),
            ("[::1]:5000", "::1", Some(5000)),
            ("[::1]", "::1", None),
            ("a", "a", None),
        ] {
            let host = text.parse::<Host>().unwrap();
            assert_eq!((host.name(), host.port()), (name, port), "{text}");
        }
    }

    #[test]
    fn tags_and_digests() {
        let digest = Digest::of(b"");
        assert_eq!(digest.to_string().parse(), Ok(TagOrDigest::Digest(digest)));
        assert!(matches!("v1.58.3".parse(), Ok(TagOrDigest::Tag(_))));
        for text in ["", ".a", "-a", "a b", "a/b", "a:b"] {
            assert!(text.parse::<Tag>().is_err(), "{text}");
        }
        assert!("a".repeat(129).parse::<Tag>().is_err());
    }

    proptest::proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC*") {
            let _ = text.parse::<RepositoryUrl>();
            let _ = text.parse::<TagOrDigest>();
        }

        #[test]
        fn repositories_follow_the_specification(text in "[a-zA-Z0-9._/-]{0,12}") {
            // OCI distribution specification, <name>.
            let segments = text.split('/').all(|segment| {
                let mut rest = segment;
                loop {
                    let word = rest.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit())).unwrap_or(rest.len());
                    if word == 0 { return false; }
                    rest = &rest[word..];
                    if rest.is_empty() { return true; }
                    let separator = rest.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(rest.len());
                    let (mark, tail) = rest.split_at(separator);
                    if !(mark == "." || mark == "_" || mark == "__" || mark.bytes().all(|b| b == b'-')) { return false; }
                    rest = tail;
                }
            });
            proptest::prop_assert_eq!(text.parse::<RepositoryName>().is_ok(), segments);
        }
    }
}
