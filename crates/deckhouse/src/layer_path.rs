//! Paths inside layers: one spelling for each, and what a whiteout's name hides.

/// The path without `./`, `/`, doubled slashes and `..`, relative to the root, which is empty.
pub(crate) fn normalise(path: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join(&b'/')
}

/// Whether `path` is inside `directory`; both normalised.
pub(crate) fn is_beneath(path: &[u8], directory: &[u8]) -> bool {
    match path.strip_prefix(directory) {
        Some(rest) if directory.is_empty() => !rest.is_empty(),
        Some(rest) => rest.starts_with(b"/"),
        None => false,
    }
}

/// What a whiteout entry hides of the layers below.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Whiteout {
    /// This path, and all that is beneath it.
    Path(Vec<u8>),
    /// All that is beneath this directory.
    Opaque(Vec<u8>),
    /// Nothing: bookkeeping of the aufs file system.
    Metadata,
}

/// The whiteout that a normalised path stands for, if its last part is the name of one.
pub(crate) fn whiteout(path: &[u8]) -> Option<Whiteout> {
    let (directory, name) = match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (&b""[..], path),
    };
    let hidden = name.strip_prefix(b".wh.")?;
    Some(if hidden == b".wh..opq" {
        Whiteout::Opaque(directory.to_vec())
    } else if hidden.starts_with(b".wh.") || hidden.is_empty() {
        Whiteout::Metadata
    } else if directory.is_empty() {
        Whiteout::Path(hidden.to_vec())
    } else {
        Whiteout::Path([directory, b"/", hidden].concat())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_for_each_path() {
        for (path, normal) in [
            ("a/b", "a/b"),
            ("./a/b", "a/b"),
            ("/a/b/", "a/b"),
            (".//a/./b//", "a/b"),
            ("a/../b", "b"),
            ("../../a", "a"),
            ("./", ""),
            ("", ""),
        ] {
            assert_eq!(normalise(path.as_bytes()), normal.as_bytes(), "{path}");
        }
    }

    #[test]
    fn beneath_means_strictly_inside() {
        assert!(is_beneath(b"a/b/c", b"a/b"));
        assert!(is_beneath(b"a", b""));
        assert!(!is_beneath(b"a/b", b"a/b"));
        assert!(!is_beneath(b"a/bc", b"a/b"));
        assert!(!is_beneath(b"", b""));
        assert!(!is_beneath(b"a", b"a/b"));
    }

    #[test]
    fn names_of_whiteouts() {
        for (path, expected) in [
            ("a/.wh.b", Some(Whiteout::Path(b"a/b".to_vec()))),
            (".wh.b", Some(Whiteout::Path(b"b".to_vec()))),
            ("a/.wh..wh..opq", Some(Whiteout::Opaque(b"a".to_vec()))),
            (".wh..wh..opq", Some(Whiteout::Opaque(Vec::new()))),
            (".wh..wh.plnk", Some(Whiteout::Metadata)),
            ("a/.wh.", Some(Whiteout::Metadata)),
            ("a/b", None),
            (".wh.a/b", None),
            ("wh.a", None),
        ] {
            assert_eq!(whiteout(path.as_bytes()), expected, "{path}");
        }
    }
}
