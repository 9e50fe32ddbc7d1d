//! A server of one blob that breaks off at exact bytes, which no HTTP library would let a test do.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use registry::client::Repository;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::setup::{client, options};

pub(crate) struct Cutter {
    pub(crate) repository: Repository,
    ranges: Arc<Mutex<Vec<u64>>>,
}

/// One answer.
#[derive(Clone, Copy)]
pub(crate) struct Cut {
    /// Bytes of the body after which the connection ends.
    pub(crate) after: usize,
    /// Whether the wanted part is sent, or the whole with 200.
    pub(crate) honours_range: bool,
    /// Said of the first byte instead of the truth.
    pub(crate) claims: Option<usize>,
    /// Whether the size is announced, or the end of the connection is the end of the body.
    pub(crate) has_length: bool,
}

/// An answer without any fault.
pub(crate) const WHOLE: Cut = Cut { after: usize::MAX, honours_range: true, claims: None, has_length: true };

impl Cutter {
    /// Serves `bytes`; `plan` says how the request of each number, from 0, is answered.
    pub(crate) async fn start(bytes: Bytes, plan: impl Fn(usize) -> Cut + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string().parse().unwrap();
        let ranges = Arc::<Mutex<Vec<u64>>>::default();
        let seen = Arc::clone(&ranges);
        tokio::spawn(async move {
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let asked = answer(stream, &bytes, plan(number)).await;
                seen.lock().push(asked);
            }
        });
        let repository = client(host, options()).repository("a".parse().unwrap());
        Self { repository, ranges }
    }

    /// The first byte that each request so far asked for.
    pub(crate) fn asked(&self) -> Vec<u64> {
        self.ranges.lock().clone()
    }
}

async fn answer(stream: TcpStream, bytes: &Bytes, cut: Cut) -> u64 {
    let mut stream = BufReader::new(stream);
    let mut asked = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        if let Some(range) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
            asked = range.trim().trim_end_matches('-').parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let start = if cut.honours_range { usize::try_from(asked).unwrap() } else { 0 };
    let body = bytes.slice(start..);
    let mut head = if start > 0 {
        let claims = cut.claims.unwrap_or(start);
        let size = bytes.len();
        format!("HTTP/1.1 206 Partial Content\r\ncontent-range: bytes {claims}-{}/{size}\r\n", size - 1)
    } else {
        "HTTP/1.1 200 OK\r\n".to_owned()
    };
    if cut.has_length {
        head = format!("{head}content-length: {}\r\n", body.len());
    }
    head.push_str("connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let sent = body.slice(..body.len().min(cut.after));
    // The client may have left in the middle, if it found something wrong.
    let _ = stream.write_all(&sent).await;
    let _ = stream.shutdown().await;
    asked
}
