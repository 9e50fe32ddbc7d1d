//! The progress line on a real terminal: it fits every width, and follows a change of it.

use std::{
    fs::{File, OpenOptions},
    io::Read as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    process::Stdio,
    sync::Arc,
};

use registry_server::{RunningServer, ServerOptions};
use rustix::{
    fs::OFlags,
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};
use testkit::{
    distribution::Distribution,
    link::{Link, LinkOptions},
};

use crate::world::{command, serve};

/// How often the percentage is to be seen before something else is done.
const OFTEN: usize = 4;

/// A source behind a slow line.
struct Source {
    url: String,
    _link: Link,
    _server: RunningServer,
}

fn source() -> Source {
    let distribution = Distribution::sample();
    let server = serve(Arc::new(distribution.store.clone()), ServerOptions::default());
    let options = LinkOptions { bytes_per_second: Some(120_000), ..LinkOptions::default() };
    let link = Link::start(server.addr(), options).unwrap();
    Source { url: format!("{}/{}", link.addr(), distribution.root), _link: link, _server: server }
}

/// A terminal of so many columns: the end that sees what is shown, and the one that programs write to.
fn terminal(columns: u16) -> (File, File) {
    let seen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&seen).unwrap();
    unlockpt(&seen).unwrap();
    resize(&seen, columns);
    let name = ptsname(&seen, Vec::new()).unwrap().into_string().unwrap();
    let flags = i32::try_from(OFlags::NOCTTY.bits()).unwrap();
    let written = OpenOptions::new().read(true).write(true).custom_flags(flags).open(name).unwrap();
    (File::from(seen), written)
}

fn resize(terminal: impl std::os::fd::AsFd, columns: u16) {
    let rows = if columns == 0 { 0 } else { 24 };
    tcsetwinsize(terminal, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
}

/// What a pull shows on a terminal of `columns`, and after that on one of `later`; it is interrupted then.
fn shown(folder: &Path, source: &Source, columns: u16, later: Option<u16>) -> [String; 2] {
    let (mut seen, written) = terminal(columns);
    let mut words = command(folder);
    words.args(["mirror", "--insecure", "--source", &source.url, "-i", "d8.tar", "--no-pull-resume"]);
    words.env("TERM", "xterm").stdout(Stdio::null()).stderr(Stdio::from(written));
    let mut pull = words.spawn().unwrap();
    // It has a copy of the terminal's end, which this one would keep open.
    drop(words);
    let mut texts = [String::new(), String::new()];
    let (mut now, mut interrupted) = (0, false);
    let mut buffer = [0; 4096];
    // The end of a terminal that nobody has open any more is an error of the system.
    while let Ok(count @ 1..) = seen.read(&mut buffer) {
        texts[now].push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        if texts[now].matches('%').count() < OFTEN || interrupted {
            continue;
        }
        if let (0, Some(later)) = (now, later) {
            resize(&seen, later);
            now = 1;
        } else {
            kill_process(Pid::from_child(&pull), Signal::INT).unwrap();
            interrupted = true;
        }
    }
    assert_eq!(pull.wait().unwrap().code(), Some(130), "{texts:?}");
    texts
}

/// The texts between one beginning of a line and the next, without control sequences.
fn lines(text: &str) -> Vec<String> {
    let plain = |line: &str| {
        let mut pieces = line.split("\x1b[");
        let first = pieces.next().unwrap_or_default().to_owned();
        pieces.fold(first, |plain, piece| {
            plain + piece.trim_start_matches(|c: char| !c.is_alphabetic()).get(1..).unwrap_or_default()
        })
    };
    text.split(['\r', '\n']).map(plain).collect()
}

/// The progress lines in what was shown; messages may be longer, since a terminal breaks them like any text.
fn progress(text: &str) -> Vec<String> {
    let is_message =
        |line: &String| ["note: ", "hint: ", "error: ", "warning: "].iter().any(|it| line.starts_with(it));
    lines(text).into_iter().filter(|line| !line.is_empty() && !is_message(line)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_fits_every_width() {
    let source = source();
    for (columns, width, said) in [
        (20, 20, &["%"][..]),
        (40, 40, &["%", "downloading"]),
        (80, 80, &["%", "downloading", "/s", "iB of"]),
        (200, 200, &[">   ", "%", "downloading", "/s", "iB of"]),
        // As a serial console says, or a container whose terminal was just made.
        (0, 80, &["%", "downloading", "/s"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let [text, _] = shown(folder.path(), &source, columns, None);
        for line in progress(&text) {
            assert!(line.chars().count() < width, "{columns}: {} columns: '{line}'", line.chars().count());
        }
        let measured: Vec<String> = progress(&text).into_iter().filter(|line| line.contains('%')).collect();
        for said in said {
            assert!(measured.iter().any(|line| line.contains(said)), "{columns}: {said} in {measured:?}");
        }
        // Nothing is left of it where the error stands.
        let hint = "run the same command again without --no-pull-resume to resume; what was downloaded is kept in \
                    d8.tar.partial";
        assert!(text.ends_with(&format!("error: interrupted\r\nhint: {hint}\r\n")), "{text:?}");
        assert!(text.contains("\r\x1b[Jerror: "), "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_follows_the_terminal() {
    let source = source();
    for (columns, later) in [(100, 40), (40, 120), (200, 20)] {
        let folder = tempfile::tempdir().unwrap();
        let [before, after] = shown(folder.path(), &source, columns, Some(later));
        for line in progress(&before) {
            assert!(line.chars().count() < usize::from(columns), "{columns}: '{line}'");
        }
        // A line that was made before the change may be shown after it; what it leaves is cleared with the next one.
        let after = progress(&after);
        for line in &after[1..] {
            assert!(line.chars().count() < usize::from(later), "{columns} to {later}: '{line}'");
        }
        assert!(after.len() >= OFTEN, "{after:?}");
    }
}
