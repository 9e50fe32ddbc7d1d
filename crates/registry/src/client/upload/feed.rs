//! The body of an upload: read by position on a blocking thread, hashed as it is read.
//!
//! The last piece is held back until the digest of the whole is known to be right. A source that is
//! damaged therefore never reaches its end at the registry, not even in a request that would commit it.

use std::{
    io,
    ops::Range,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use parking_lot::{Mutex, MutexGuard};

use bytes::Bytes;
use egress::StallWatch;
use http_body::{Frame, SizeHint};
use oci::{BlobSource, Digest, Hasher};
use tokio::sync::{Notify, mpsc};

use crate::client::{connection::Connection, error::ErrorKind};

/// What is read at a time: enough for the disk, little enough for 16 uploads in a small memory.
const PIECE: u64 = 256 * 1024;

/// Part of a blob, to be sent as one body, any number of times.
pub(super) struct Feed {
    pub(super) source: Arc<dyn BlobSource>,
    pub(super) range: Range<u64>,
    /// The state after everything before the range.
    pub(super) hasher: Hasher,
    /// The digest of the whole, if the range reaches the end.
    pub(super) expected: Option<Digest>,
    pub(super) connection: Arc<Connection>,
    pub(super) watch: StallWatch,
    moved: Arc<Notify>,
    run: Mutex<Arc<Run>>,
}

/// One sending of the body.
#[derive(Default)]
struct Run {
    handed: AtomicU64,
    end: Mutex<Option<Result<Hasher, ErrorKind>>>,
}

impl Feed {
    pub(super) fn new(
        connection: Arc<Connection>,
        source: Arc<dyn BlobSource>,
        range: Range<u64>,
        hasher: Hasher,
        expected: Option<Digest>,
        watch: StallWatch,
    ) -> Self {
        Self {
            source,
            range,
            hasher,
            expected,
            connection,
            watch,
            moved: Arc::default(),
            run: Mutex::default(),
        }
    }

    /// The body from its beginning. One made before is forgotten.
    pub(super) fn body(&self) -> reqwest::Body {
        let run = Arc::<Run>::default();
        *self.run() = Arc::clone(&run);
        let (sender, pieces) = mpsc::channel(1);
        let reading = Reading {
            source: Arc::clone(&self.source),
            range: self.range.clone(),
            hasher: self.hasher.clone(),
            expected: self.expected,
            run: Arc::clone(&run),
            sender,
        };
        tokio::task::spawn_blocking(move || reading.read());
        reqwest::Body::wrap(FeedBody {
            pieces,
            remaining: self.range.end - self.range.start,
            connection: Arc::clone(&self.connection),
            watch: self.watch.clone(),
            moved: Arc::clone(&self.moved),
            run,
        })
    }

    /// Bytes of the present body that the connection has taken.
    pub(super) fn handed(&self) -> u64 {
        self.run().handed.load(Ordering::Relaxed)
    }

    /// Waits until the connection has taken more.
    pub(super) async fn moved(&self) {
        self.moved.notified().await;
    }

    /// How reading ended: the state after the range, or why it could not be read.
    pub(super) fn end(&self) -> Option<Result<Hasher, ErrorKind>> {
        self.run().end.lock().clone()
    }

    fn run(&self) -> MutexGuard<'_, Arc<Run>> {
        self.run.lock()
    }
}

/// The state of `hasher`, made for nothing yet read, after the first `length` bytes of `source`.
pub(super) fn hash_prefix(
    source: &dyn BlobSource,
    mut hasher: Hasher,
    length: u64,
) -> Result<Hasher, ErrorKind> {
    let mut offset = 0;
    while offset < length {
        let piece = read_piece(source, offset, PIECE.min(length - offset))?;
        hasher.update(&piece);
        offset += piece.len() as u64;
    }
    Ok(hasher)
}

fn read_piece(source: &dyn BlobSource, offset: u64, length: u64) -> Result<Vec<u8>, ErrorKind> {
    let failed = |error: io::Error| ErrorKind::Source(Arc::new(error));
    let mut piece = vec![0; usize::try_from(length).map_err(|error| failed(io::Error::other(error)))?];
    let count = source.read_at(offset, &mut piece).map_err(failed)?;
    if count < piece.len() {
        return Err(failed(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(piece)
}

struct Reading {
    source: Arc<dyn BlobSource>,
    range: Range<u64>,
    hasher: Hasher,
    expected: Option<Digest>,
    run: Arc<Run>,
    sender: mpsc::Sender<io::Result<Bytes>>,
}

impl Reading {
    fn read(mut self) {
        let mut offset = self.range.start;
        while offset < self.range.end {
            let outcome = self.piece(offset);
            let (piece, is_over) = match outcome {
                Ok(piece) => {
                    offset += piece.len() as u64;
                    let is_over = offset == self.range.end;
                    if is_over {
                        self.finish(Ok(self.hasher.clone()));
                    }
                    (Ok(piece), is_over)
                }
                Err(kind) => {
                    let error = io::Error::other(kind.to_string());
                    self.finish(Err(kind));
                    (Err(error), true)
                }
            };
            // Nobody listens any more once the request has failed.
            if self.sender.blocking_send(piece).is_err() || is_over {
                return;
            }
        }
        self.finish(Ok(self.hasher.clone()));
    }

    fn piece(&mut self, offset: u64) -> Result<Bytes, ErrorKind> {
        let piece = read_piece(self.source.as_ref(), offset, PIECE.min(self.range.end - offset))?;
        self.hasher.update(&piece);
        let is_last = offset + piece.len() as u64 == self.range.end;
        if let Some(expected) = self.expected.filter(|_| is_last) {
            let actual = self.hasher.clone().finish();
            if actual != expected {
                return Err(ErrorKind::SourceMismatch { actual: actual.into() });
            }
        }
        Ok(piece.into())
    }

    fn finish(&self, end: Result<Hasher, ErrorKind>) {
        *self.run.end.lock() = Some(end);
    }
}

struct FeedBody {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    remaining: u64,
    connection: Arc<Connection>,
    watch: StallWatch,
    moved: Arc<Notify>,
    run: Arc<Run>,
}

impl http_body::Body for FeedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let piece = std::task::ready!(self.pieces.poll_recv(context));
        if let Some(Ok(piece)) = &piece {
            let length = piece.len() as u64;
            self.remaining -= length;
            self.connection.sent.fetch_add(length, Ordering::Relaxed);
            self.run.handed.fetch_add(length, Ordering::Relaxed);
            self.watch.moved();
            self.moved.notify_one();
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}
