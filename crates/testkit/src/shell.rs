//! What a shell makes of a text that is pasted into it.

use std::{fs, process::Command};

/// Names that a shell, a terminal or an option parser would misread.
pub const HOSTILE_NAMES: [&str; 7] = [
    "x$(touch${IFS}/tmp/pwned)",
    "a; rm -rf /",
    "`id`",
    "it's",
    "a\nhint: run this first",
    "-oyaml",
    "a \u{1b}[2J\u{202e}| b",
];

/// Records each command instead of running it: without a `PATH` no program is found.
const PRELUDE: &str = r#"
record() { builtin printf '%s\0' "$@" > "$RECORDS/$BASHPID.$((++count))"; }
command_not_found_handle() { record "$@"; }
echo() { record echo "$@"; }
printf() { record printf "$@"; }
"#;

/// The commands that bash runs for `text`, each with its words; sorted, since those of a pipeline run at the same time.
/// None of them is really run, unless its name has a path.
///
/// # Panics
/// If there is no bash, or the text is not a script for it.
pub fn invocations(text: &str) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let records = folder.path().join("records");
    let script = folder.path().join("script");
    fs::create_dir(&records).expect("a directory");
    fs::write(&script, format!("{PRELUDE}{text}\n")).expect("a file");
    let output = Command::new("/bin/bash")
        .args(["--norc", "--noprofile"])
        .arg(&script)
        .env_clear()
        .env("PATH", "/nonexistent")
        .env("RECORDS", &records)
        .current_dir(folder.path())
        .output()
        .expect("bash");
    assert!(output.stderr.is_empty(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let files = fs::read_dir(&records).expect("a directory").map(|entry| entry.expect("an entry").path());
    let mut invocations: Vec<Vec<String>> = files
        .map(|file| {
            let record = String::from_utf8(fs::read(file).expect("a record")).expect("UTF-8");
            record.split_terminator('\0').map(str::to_owned).collect()
        })
        .collect();
    invocations.sort();
    invocations
}
