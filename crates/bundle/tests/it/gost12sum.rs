//! Debian's `gost12sum` has the last word on every sum.

use std::{fs, path::Path, process::Command};

use bundle::GostSum;

use crate::sample::content;

/// What `gost12sum` says of a file.
pub(crate) fn gost12sum(file: &Path) -> String {
    let output = Command::new("gost12sum").arg(file).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn texts_of_any_length() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("text");
    for length in [0, 1, 31, 32, 63, 64, 65, 127, 128, 129, 4096, 1_000_003] {
        for text in [content(7, length), vec![0xff; length]] {
            fs::write(&file, &text).unwrap();
            assert_eq!(GostSum::of(&text).to_string(), gost12sum(&file), "{length} bytes");
        }
    }
}
