//! A proxy in a few lines: it writes down what it is asked and does as the test says.

use std::sync::Arc;

use parking_lot::Mutex;

use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use crate::support::{read_head, serve};

/// What the proxy does with every request.
#[derive(Clone, Copy)]
pub(crate) enum Behaviour {
    /// Connects each tunnel to this port of 127.0.0.1, whatever name it was asked for.
    Tunnel(u16),
    /// Answers with these bytes and closes.
    Answer(&'static str),
    /// Never answers.
    Silence,
}

pub(crate) struct Proxy {
    pub(crate) port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = heads.clone();
        let port = serve(move |mut stream| {
            let seen = seen.clone();
            async move {
                let head = read_head(&mut stream).await;
                seen.lock().push(head);
                match behaviour {
                    Behaviour::Tunnel(port) => {
                        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
                        let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                        // How a tunnel ends is for its two ends to judge.
                        let _ = copy_bidirectional(&mut stream, &mut server).await;
                    }
                    Behaviour::Answer(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
                    Behaviour::Silence => std::future::pending().await,
                }
            }
        })
        .await;
        Self { port, heads }
    }

    /// The heads of all requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().clone()
    }
}
