//! One line on a terminal that is redrawn in place.
//!
//! It is made for the width that the terminal has when it is drawn, and the cursor waits at its beginning: a terminal
//! that becomes narrower breaks the line into rows below the cursor, and the next drawing clears them.

use std::{
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex, MutexGuard};

use rustix::termios::tcgetwinsize;

use super::{draw::Draw, meter::Meter};
use crate::printer;

/// How often it is redrawn.
const EVERY: Duration = Duration::from_millis(200);

/// The width of a terminal that does not know its own, in columns: that of a serial console.
const USUAL_WIDTH: usize = 80;

/// Clears the rest of the line and everything below.
const CLEAR_REST: &str = "\x1b[J";

#[derive(Default)]
pub(super) struct Bar {
    shown: Arc<Shown>,
    ticker: Option<JoinHandle<()>>,
}

/// What is on the terminal. It is locked while something is written there.
#[derive(Default)]
struct Shown {
    meter: Mutex<Option<Meter>>,
    over: Condvar,
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, Option<Meter>> {
        self.meter.lock()
    }

    /// Redraws the line until there is none.
    fn keep_drawing(&self) {
        let mut meter = self.lock();
        while let Some(current) = &*meter {
            printer::drawing(&drawn(current, Instant::now()));
            self.over.wait_for(&mut meter, EVERY);
        }
    }
}

impl Draw for Bar {
    fn begin(&mut self, meter: &Meter, _: Instant) {
        self.abandon();
        *self.shown.lock() = Some(meter.clone());
        let shown = Arc::clone(&self.shown);
        // Without a thread the line is missing, and the work goes on.
        self.ticker =
            thread::Builder::new().name("progress".to_owned()).spawn(move || shown.keep_drawing()).ok();
    }

    fn update(&mut self, meter: &Meter, _: Instant) {
        *self.shown.lock() = Some(meter.clone());
    }

    fn end(&mut self, _: &Meter, _: Instant) {
        self.abandon();
    }

    fn abandon(&mut self) {
        if self.shown.lock().take().is_some() {
            printer::drawing(&format!("\r{CLEAR_REST}"));
        }
        self.shown.over.notify_all();
        if let Some(ticker) = self.ticker.take() {
            // It has nothing to tell, not even a panic: that ends the process.
            drop(ticker.join());
        }
    }

    fn say(&mut self, kind: &'static str, text: &str) {
        let meter = self.shown.lock();
        if meter.is_some() {
            printer::drawing(&format!("\r{CLEAR_REST}"));
        }
        printer::note(&format!("{kind}: {text}"));
        if let Some(meter) = &*meter {
            printer::drawing(&drawn(meter, Instant::now()));
        }
    }
}

/// The line of `meter` over what was there, and the cursor at its beginning.
fn drawn(meter: &Meter, now: Instant) -> String {
    // The last column stays free: a terminal whose last column is filled may have begun the next row.
    let line = meter.fit(width().saturating_sub(1), now);
    format!("\r{line}{CLEAR_REST}\r")
}

/// The width of the terminal in columns.
fn width() -> usize {
    let columns = tcgetwinsize(std::io::stderr()).map_or(0, |size| usize::from(size.ws_col));
    if columns == 0 { USUAL_WIDTH } else { columns }
}
