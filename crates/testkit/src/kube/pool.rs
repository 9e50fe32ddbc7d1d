//! Servers for the tests of one binary: few, used again and again.

use std::{ops::Deref, sync::Arc};

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::{ApiServer, crds, runtime::wait, wipe::Beginning};

/// How many run at most. A server takes 300 MB of memory.
const MOST: usize = 2;

static POOL: Mutex<Pool> = Mutex::new(Pool { free: Vec::new(), running: 0 });
static RETURNED: Condvar = Condvar::new();

struct Pool {
    free: Vec<Reusable>,
    running: usize,
}

#[derive(Debug)]
struct Reusable {
    server: ApiServer,
    beginning: Arc<Beginning>,
}

/// A server that nobody else uses, given back when dropped.
#[derive(Debug)]
pub struct Borrowed {
    /// Taken out by `drop`.
    reusable: Option<Reusable>,
}

impl ApiServer {
    /// A server of the pool for this test alone, with the platform's definitions and namespaces in it and
    /// nothing else. Blocks until there is one: three seconds for the first, a twentieth of one for a used one.
    ///
    /// A thread that holds one must not borrow another: the pool has two, and two such threads would wait for
    /// each other. Start a second server with [`ApiServer::start`].
    ///
    /// # Errors
    /// As [`ApiServer::start`].
    pub fn borrow() -> anyhow::Result<Borrowed> {
        let mut pool = lock();
        let used = loop {
            if let Some(used) = pool.free.pop() {
                break Some(used);
            }
            if pool.running < MOST {
                pool.running += 1;
                break None;
            }
            RETURNED.wait(&mut pool);
        };
        drop(pool);
        // Gives its place back even if what follows fails.
        let mut place = Borrowed { reusable: None };
        place.reusable = Some(match used {
            // What a test has broken beyond repair is replaced.
            Some(used) => used.again().or_else(|_| Reusable::new())?,
            None => Reusable::new()?,
        });
        Ok(place)
    }
}

impl Reusable {
    fn new() -> anyhow::Result<Self> {
        let server = ApiServer::start()?;
        let admin = server.admin()?;
        let etcd = server.etcd_url.clone();
        let beginning = wait(async move {
            crds::install(&admin).await?;
            Beginning::note(&etcd).await
        })?;
        Ok(Self { server, beginning: Arc::new(beginning) })
    }

    fn again(self) -> anyhow::Result<Self> {
        self.server.start_api()?;
        let (admin, beginning) = (self.server.admin()?, Arc::clone(&self.beginning));
        wait(async move {
            crds::remove_newer_modules(&admin).await?;
            let gone = beginning.restore(&admin).await?;
            if gone.is_empty() { Ok(()) } else { crds::install(&admin).await }
        })?;
        Ok(self)
    }
}

impl Deref for Borrowed {
    type Target = ApiServer;

    fn deref(&self) -> &ApiServer {
        match &self.reusable {
            Some(reusable) => &reusable.server,
            None => unreachable!("it is there until it is dropped"),
        }
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        let mut pool = lock();
        match self.reusable.take() {
            Some(used) => pool.free.push(used),
            None => pool.running -= 1,
        }
        drop(pool);
        RETURNED.notify_one();
    }
}

fn lock() -> MutexGuard<'static, Pool> {
    POOL.lock()
}
