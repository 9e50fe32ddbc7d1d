//! The observer that commands hand to the library.

use std::time::Instant;

use parking_lot::Mutex;

use foreign_text::one_line;
use mirror::{Event, Observer};

use super::{bar::Bar, draw::Draw, json::Json, lines::Lines, meter::Meter};
use crate::{args::ProgressFormat, printer, settings::Output};

/// Takes the events of a command and draws them.
pub(crate) struct Progress {
    state: Mutex<State>,
    verbose: bool,
    quiet: bool,
}

struct State {
    draw: Box<dyn Draw>,
    meter: Option<Meter>,
}

impl Progress {
    pub(crate) fn new(output: Output, is_terminal: bool) -> Self {
        let draw: Box<dyn Draw> = match output.progress {
            ProgressFormat::Json => Box::new(Json::default()),
            _ if output.quiet => Box::new(Quiet),
            ProgressFormat::Auto if is_terminal => Box::new(Bar::default()),
            ProgressFormat::Auto | ProgressFormat::Plain => Box::new(Lines::default()),
        };
        let state = State { draw, meter: None };
        Self { state: Mutex::new(state), verbose: output.verbose, quiet: output.quiet }
    }

    /// Prints a warning; not silenced by `--quiet`.
    pub(crate) fn warn(&self, text: &str) {
        self.lock().draw.say("warning", &one_line(text));
    }

    fn lock(&self) -> parking_lot::MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// A command that fails leaves no half-drawn bar behind.
impl Drop for Progress {
    fn drop(&mut self) {
        let state = self.state.get_mut();
        if state.meter.take().is_some() {
            state.draw.abandon();
        }
    }
}

impl Observer for Progress {
    fn event(&self, event: Event) {
        log(&event);
        let now = Instant::now();
        let state = &mut *self.lock();
        match event {
            Event::StageBegan { stage, bytes, items } => {
                let meter = Meter::new(stage, bytes, items, now);
                state.draw.begin(&meter, now);
                state.meter = Some(meter);
            }
            Event::Bytes(bytes) => {
                if let Some(meter) = &mut state.meter {
                    meter.add_bytes(bytes, now);
                    state.draw.update(meter, now);
                }
            }
            Event::Items(items) => {
                if let Some(meter) = &mut state.meter {
                    meter.items += items;
                    state.draw.update(meter, now);
                }
            }
            Event::StageEnded(_) => {
                if let Some(meter) = state.meter.take() {
                    state.draw.end(&meter, now);
                }
            }
            Event::Warning(text) => state.draw.say("warning", &one_line(&text)),
            Event::Note(text) if !self.quiet => state.draw.say("note", &one_line(&text)),
            Event::Detail(text) if self.verbose && !self.quiet => state.draw.say("detail", &one_line(&text)),
            Event::Note(_) | Event::Detail(_) => {}
        }
    }
}

/// The log has what the user may not see: `--quiet` and the level of detail are about the terminal.
fn log(event: &Event) {
    match event {
        Event::StageBegan { stage, bytes, items } => tracing::info!(bytes, items, "stage {stage:?}: begins"),
        Event::StageEnded(stage) => tracing::info!("stage {stage:?}: ends"),
        Event::Warning(text) => tracing::warn!("{text:?}"),
        Event::Note(text) => tracing::info!("{text:?}"),
        Event::Detail(text) => tracing::debug!("{text:?}"),
        Event::Bytes(_) | Event::Items(_) => {}
    }
}

/// Only what the user must see.
struct Quiet;

impl Draw for Quiet {
    fn begin(&mut self, _: &Meter, _: Instant) {}
    fn update(&mut self, _: &Meter, _: Instant) {}
    fn end(&mut self, _: &Meter, _: Instant) {}
    fn abandon(&mut self) {}
    fn say(&mut self, kind: &'static str, text: &str) {
        printer::note(&format!("{kind}: {text}"));
    }
}
