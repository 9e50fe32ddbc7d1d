//! The terminal while the live screen is on, and as it was again, however the program ends.
//!
//! Ctrl-C stays a signal, so that it works at any moment: the terminal is not put into raw mode. Keys are only not shown.

use std::{
    io::{self, Stderr, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ratatui::{
    Terminal,
    backend::CrosstermBackend,
    crossterm::{
        cursor::{Hide, Show},
        execute,
        terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen},
    },
};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use super::view::{self, Picture};

/// The live screen on standard error. Dropping it gives the terminal back.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stderr>>,
    before: Arc<Before>,
}

/// What the terminal was, until it is that again.
struct Before {
    modes: Termios,
    taken: AtomicBool,
}

impl Screen {
    /// Takes the terminal.
    pub(super) fn open() -> io::Result<Self> {
        let modes = tcgetattr(io::stderr())?;
        let before = Arc::new(Before { modes: modes.clone(), taken: AtomicBool::new(true) });
        // With `panic = "abort"` no destructor runs.
        let hook = std::panic::take_hook();
        let for_hook = before.clone();
        std::panic::set_hook(Box::new(move |info| {
            for_hook.give_back();
            hook(info);
        }));
        // From here on the terminal is given back also if one of these fails.
        let screen = Self { terminal: Terminal::new(CrosstermBackend::new(io::stderr()))?, before };
        // Not `Terminal::clear`: that asks the terminal where its cursor is, and the answer would come as typed keys.
        execute!(io::stderr(), EnterAlternateScreen, Clear(ClearType::All), Hide)?;
        let mut quiet = modes;
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON);
        // Stopping in the background and dumping core would leave the screen as it is.
        for key in [SpecialCodeIndex::VSUSP, SpecialCodeIndex::VQUIT] {
            quiet.special_codes[key] = 0;
        }
        tcsetattr(io::stderr(), OptionalActions::Now, &quiet)?;
        Ok(screen)
    }

    pub(super) fn draw(&mut self, picture: &Picture<'_>) -> io::Result<()> {
        self.terminal.draw(|frame| view::draw(frame, picture)).map(drop)
    }
}

impl Before {
    fn give_back(&self) {
        if !self.taken.swap(false, Ordering::SeqCst) {
            return;
        }
        let mut out = io::stderr();
        // The terminal may be gone, and there is nobody to tell. Keys that were typed meanwhile are not for the shell.
        drop(execute!(out, LeaveAlternateScreen, Show));
        drop(out.flush());
        _ = tcsetattr(io::stderr(), OptionalActions::Flush, &self.modes);
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.before.give_back();
    }
}
