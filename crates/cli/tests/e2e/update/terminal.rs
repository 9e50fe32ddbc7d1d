//! A command on a terminal of 80 columns and 24 lines.

use std::{
    io::{Read as _, Write as _},
    process::{Command, Stdio},
};

use super::platform::Platform;
use crate::world::program;

/// What the terminal gets while `dhctl update` runs in it: before and after that its settings, then the exit code. `limit`:
/// flags and duration for `timeout`, which stops it. `typed` comes as soon as `when` is seen on the terminal; nobody
/// types anything else.
pub(super) fn on_terminal(
    platform: &Platform,
    limit: &str,
    words: &str,
    typed: Option<(&str, &str)>,
) -> String {
    on_terminal_while(platform, limit, words, typed, || ())
}

/// The same, with something that happens between the question and what is typed.
pub(super) fn on_terminal_while(
    platform: &Platform,
    limit: &str,
    words: &str,
    typed: Option<(&str, &str)>,
    meanwhile: impl Fn(),
) -> String {
    let script = format!(
        "stty cols 80 rows 24; stty -g; timeout --preserve-status --foreground {limit} {} update {words}; \
         echo \"code $?\"; stty -g",
        program().display(),
    );
    let mut child = Command::new("script")
        .args(["-qec", &script, "/dev/null"])
        .env("KUBECONFIG", platform.kubeconfig())
        .env("TERM", "xterm-256color")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut shown, mut typed) = (Vec::new(), typed);
    let mut buffer = [0; 4096];
    loop {
        let read = screen.read(&mut buffer).unwrap();
        if read == 0 {
            break;
        }
        shown.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&shown);
        if let Some((_, answer)) = typed.take_if(|(when, _)| text.contains(*when)) {
            meanwhile();
            keys.write_all(answer.as_bytes()).unwrap();
            keys.flush().unwrap();
        }
    }
    child.wait().unwrap();
    String::from_utf8(shown).unwrap()
}

/// The rows of the terminal after this output: only what has changed is drawn, so a line is rarely in one piece in it.
pub(super) fn rows(output: &str) -> Vec<String> {
    let mut cells = vec![vec![' '; 80]; 24];
    let (mut row, mut column) = (0, 0);
    let mut rest = output.chars();
    while let Some(letter) = rest.next() {
        if letter != '\u{1b}' {
            if let Some(cell) = cells.get_mut(row).and_then(|it| it.get_mut(column)) {
                *cell = letter;
            }
            column += 1;
            continue;
        }
        let mut sequence = String::new();
        for letter in rest.by_ref().skip_while(|it| *it == '[') {
            sequence.push(letter);
            if letter.is_alphabetic() {
                break;
            }
        }
        let position = sequence.strip_suffix('H').and_then(|it| it.split_once(';'));
        if let Some((Ok(y), Ok(x))) = position.map(|(y, x)| (y.parse::<usize>(), x.parse::<usize>())) {
            (row, column) = (y.saturating_sub(1), x.saturating_sub(1));
        }
    }
    cells.into_iter().map(|row| row.into_iter().collect::<String>().trim_end().to_owned()).collect()
}
