//! A long, thin or broken wire: a TCP proxy that delays, limits and cuts. Kernels of small virtual
//! machines often cannot do it themselves (no netem).

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::{Notify, mpsc},
    task::{AbortHandle, JoinSet},
    time::{Instant, sleep_until},
};

/// Bytes taken from a connection at once.
const PIECE: usize = 32 * 1024;
/// Pieces that may be on the wire per connection and direction: more than any delay holds.
const PIECES: usize = 1024;
/// How far the sender may run ahead of a limited wire; a timer's grain is a millisecond.
const QUEUE: Duration = Duration::from_millis(5);

/// What the wire is like. The default is perfect.
#[derive(Debug, Clone, Default)]
pub struct LinkOptions {
    /// The round trip: half of it each way. A new connection waits one more, as TCP does.
    pub round_trip: Duration,
    /// Bytes per second in each direction, over all connections together.
    pub bytes_per_second: Option<u64>,
    /// Resets a connection once it has brought this many bytes from the server.
    pub cut_after: Option<u64>,
}

/// A running proxy; it and its connections end when it is dropped.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    wire: Arc<Wire>,
    task: AbortHandle,
}

#[derive(Debug)]
struct Wire {
    options: LinkOptions,
    down: Direction,
    up: Direction,
    connections: AtomicU64,
    severed: Notify,
}

/// One direction, shared by all connections.
#[derive(Debug, Default)]
struct Direction {
    bytes: AtomicU64,
    free_at: Mutex<Option<Instant>>,
}

impl Link {
    /// Starts a proxy to `target` on a free port of this machine. Must be called inside a Tokio
    /// runtime.
    ///
    /// # Errors
    /// If no port can be listened on.
    pub fn start(target: SocketAddr, options: LinkOptions) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        let wire = Arc::new(Wire {
            options,
            down: Direction::default(),
            up: Direction::default(),
            connections: AtomicU64::new(0),
            severed: Notify::new(),
        });
        let task = tokio::spawn(accept(listener, target, Arc::clone(&wire))).abort_handle();
        Ok(Self { address, wire, task })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Bytes that came from the server so far.
    pub fn bytes_down(&self) -> u64 {
        self.wire.down.bytes.load(Ordering::SeqCst)
    }

    /// Bytes that went to the server so far.
    pub fn bytes_up(&self) -> u64 {
        self.wire.up.bytes.load(Ordering::SeqCst)
    }

    /// Connections made so far.
    pub fn connections(&self) -> u64 {
        self.wire.connections.load(Ordering::SeqCst)
    }

    /// Resets every connection that is open; new ones are taken.
    pub fn sever(&self) {
        self.wire.severed.notify_waiters();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, wire: Arc<Wire>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        wire.connections.fetch_add(1, Ordering::SeqCst);
        let wire = Arc::clone(&wire);
        connections.spawn(async move {
            let severed = wire.severed.notified();
            tokio::pin!(severed);
            severed.as_mut().enable();
            let Ok(server) = TcpStream::connect(target).await else {
                reset(&client);
                return;
            };
            // Without these the proxy would add delays of its own; it works without them too.
            let _ = client.set_nodelay(true);
            let _ = server.set_nodelay(true);
            relay(client, server, &wire, severed).await;
        });
    }
}

/// Makes the end of a connection a reset instead of an orderly close.
fn reset(stream: &TcpStream) {
    // Where the system refuses it, the connection just closes.
    let _ = stream.set_zero_linger();
}

async fn relay(mut client: TcpStream, mut server: TcpStream, wire: &Wire, severed: impl Future<Output = ()>) {
    let half = wire.options.round_trip / 2;
    let ready = Instant::now() + wire.options.round_trip + half;
    let rate = wire.options.bytes_per_second;
    let broken = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let cut_after = wire.options.cut_after;
        let up = carry(from_client, to_server, &wire.up, (ready, half), rate, None);
        let down = carry(from_server, to_client, &wire.down, (ready, half), rate, cut_after);
        tokio::select! {
            ended = async { tokio::try_join!(up, down) } => ended.is_err(),
            () = severed => true,
        }
    };
    if broken {
        reset(&client);
        reset(&server);
    }
}

/// A direction has carried as much as it may.
struct Cut;

/// Carries one direction: every piece arrives `delay` after it left, in order, however many are under
/// way; none before `ready`.
async fn carry(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    direction: &Direction,
    (ready, delay): (Instant, Duration),
    rate: Option<u64>,
    cut_after: Option<u64>,
) -> Result<(), Cut> {
    let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(PIECES);
    let read = async move {
        let mut left = cut_after.unwrap_or(u64::MAX);
        loop {
            let mut piece = vec![0; PIECE];
            let count = match from.read(&mut piece).await {
                Ok(0) | Err(_) => return Ok(()),
                Ok(count) => count,
            };
            piece.truncate(count.min(usize::try_from(left).unwrap_or(usize::MAX)));
            left -= piece.len() as u64;
            direction.bytes.fetch_add(piece.len() as u64, Ordering::SeqCst);
            let leaves = direction.leaves(piece.len(), rate);
            let arrives = (leaves + delay).max(ready);
            if sender.send((arrives, piece)).await.is_err() {
                return Ok(());
            }
            if left == 0 {
                return Err(Cut);
            }
            sleep_until(leaves.checked_sub(QUEUE).unwrap_or(leaves)).await;
        }
    };
    let write = async {
        while let Some((arrives, piece)) = receiver.recv().await {
            sleep_until(arrives).await;
            if to.write_all(&piece).await.is_err() {
                break;
            }
        }
        receiver.close();
    };
    let (ended, ()) = tokio::join!(read, write);
    ended?;
    // The other end may be gone already.
    let _ = to.shutdown().await;
    Ok(())
}

impl Direction {
    /// When a piece has left through this direction, behind all pieces before it.
    fn leaves(&self, length: usize, rate: Option<u64>) -> Instant {
        let now = Instant::now();
        let Some(rate) = rate else {
            return now;
        };
        let mut free_at = self.free_at.lock();
        let start = free_at.map_or(now, |free_at| free_at.max(now));
        let nanos = length as u128 * 1_000_000_000 / u128::from(rate.max(1));
        let leaves = start + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        *free_at = Some(leaves);
        leaves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that sends back what it gets.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        address
    }

    async fn connect(options: LinkOptions) -> (Link, TcpStream) {
        let link = Link::start(echo().await, options).unwrap();
        let stream = TcpStream::connect(link.addr()).await.unwrap();
        (link, stream)
    }

    /// Sends `count` bytes and gives those that come back, with the time that it took.
    async fn send(stream: &mut TcpStream, count: usize) -> (io::Result<Vec<u8>>, Duration) {
        let begun = Instant::now();
        let sent: Vec<u8> = (0..count).map(|i| i.to_le_bytes()[1]).collect();
        let mut got = vec![0; count];
        let (mut from, mut to) = stream.split();
        let result = tokio::try_join!(to.write_all(&sent), from.read_exact(&mut got));
        assert!(result.is_err() || got == sent, "the bytes came back in order");
        (result.map(|_| got), begun.elapsed())
    }

    #[tokio::test]
    async fn delays_without_slowing_down() {
        let round_trip = Duration::from_millis(40);
        let (link, mut stream) = connect(LinkOptions { round_trip, ..LinkOptions::default() }).await;
        let (_, first) = send(&mut stream, 1).await;
        assert!(first >= 2 * round_trip, "connecting takes a round trip too: {first:?}");
        let (_, second) = send(&mut stream, 1).await;
        assert!(second >= round_trip && second < 3 * round_trip, "{second:?}");
        // 128 pieces: waiting for each would take over two seconds.
        let (got, bulk) = send(&mut stream, 128 * PIECE).await;
        assert!(got.is_ok() && bulk < Duration::from_secs(1), "{bulk:?}");
        assert_eq!(link.bytes_down(), 128 * PIECE as u64 + 2);
        assert_eq!((link.bytes_up(), link.connections()), (link.bytes_down(), 1));
    }

    #[tokio::test]
    async fn limits_the_rate() {
        let options = LinkOptions { bytes_per_second: Some(10_000_000), ..LinkOptions::default() };
        let (_link, mut stream) = connect(options).await;
        let (got, took) = send(&mut stream, 2_000_000).await;
        assert!(got.is_ok() && took >= Duration::from_millis(190), "{took:?}");
        assert!(took < Duration::from_millis(800), "{took:?}");
    }

    #[tokio::test]
    async fn cuts_and_severs() {
        let options = LinkOptions { cut_after: Some(100_000), ..LinkOptions::default() };
        let (link, mut stream) = connect(options).await;
        assert!(send(&mut stream, 99_999).await.0.is_ok());
        assert!(send(&mut stream, 10).await.0.is_err());
        assert_eq!(link.bytes_down(), 100_000);

        let (link, mut stream) = connect(LinkOptions::default()).await;
        assert!(send(&mut stream, 10).await.0.is_ok());
        link.sever();
        assert!(stream.read_u8().await.is_err());
        let mut next = TcpStream::connect(link.addr()).await.unwrap();
        assert!(send(&mut next, 10).await.0.is_ok());
    }
}
