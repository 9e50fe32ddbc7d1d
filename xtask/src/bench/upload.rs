//! The floor of a push: eight connections, one POST and one PUT for each blob, straight from files.
//!
//! Plain sockets and the kernel's own copying: a client library would make the floor slower, and us look
//! better.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, ensure};

use super::{floor::CONNECTIONS, setup::BlobAt};

/// Uploads every blob from its file, the largest first, and tells how long it took.
pub(crate) fn all(to: SocketAddr, blobs: &[BlobAt], files: &Path) -> Result<Duration> {
    let mut blobs: Vec<&BlobAt> = blobs.iter().collect();
    blobs.sort_by_key(|blob| std::cmp::Reverse(blob.size));
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    thread::scope(|scope| {
        let worker = || -> Result<()> {
            let mut connection = Connection::open(to)?;
            while let Some(blob) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                connection.upload(blob, &files.join(blob.digest.hex()))?;
            }
            Ok(())
        };
        let workers: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| anyhow!("an uploader panicked"))?)
    })?;
    Ok(begun.elapsed())
}

/// One connection that is kept.
struct Connection {
    to: SocketAddr,
    stream: TcpStream,
    answers: BufReader<TcpStream>,
}

impl Connection {
    fn open(to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        let answers = BufReader::new(stream.try_clone()?);
        Ok(Self { to, stream, answers })
    }

    fn upload(&mut self, blob: &BlobAt, path: &Path) -> Result<()> {
        let host = self.to;
        write!(
            self.stream,
            "POST /v2/{}/blobs/uploads/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n",
            blob.repository
        )?;
        let location = self.answer(202)?.context("no Location")?;
        let path_and_query = location.strip_prefix(&format!("http://{host}")).unwrap_or(&location);
        let separator = if path_and_query.contains('?') { '&' } else { '?' };
        let head = format!(
            "PUT {path_and_query}{separator}digest={} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            blob.digest, blob.size
        );
        self.stream.write_all(head.as_bytes())?;
        // On Linux the bytes never reach this program: `sendfile`.
        io::copy(&mut File::open(path)?, &mut self.stream)?;
        self.answer(201)?;
        Ok(())
    }

    /// Reads an answer to its end and gives its `Location`.
    fn answer(&mut self, expected: u16) -> Result<Option<String>> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            ensure!(self.answers.read_line(&mut line)? > 0, "the registry closed the connection");
            if line == "\r\n" {
                break;
            }
            lines.push(line.trim_end().to_owned());
        }
        let field = |name: &str| {
            lines.iter().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let length: u64 = field("content-length").context("no Content-Length")?.parse()?;
        let mut body = String::new();
        (&mut self.answers).take(length).read_to_string(&mut body)?;
        let status = lines.first().and_then(|line| line.split(' ').nth(1));
        ensure!(status == Some(&expected.to_string()), "{lines:?} {body}");
        Ok(field("location"))
    }
}
