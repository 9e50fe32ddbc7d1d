//! The forms of a watch, and what is reported in them.

use std::time::Duration;

use cluster::{ClusterState, verdict::Verdict};
use commands::ClusterFlags;
use jiff::Timestamp;

use super::{
    End,
    lines::{HEARTBEAT, Lines},
    record,
    screen::Screen,
    view::Picture,
};
use crate::{
    Environment,
    args::{OutputArgs, ProgressFormat},
    exit_code::Exit,
    failure::Failure,
    printer,
};

/// Shows verdicts while somebody waits.
pub(crate) struct Show {
    form: Form,
    /// How commands name the cluster.
    flags: ClusterFlags,
    /// The terminal is given back for a while.
    paused: bool,
    /// What the log has last.
    logged: Option<Verdict>,
}

enum Form {
    Screen {
        screen: Option<Screen>,
        /// What was reported since the terminal was taken, line by line.
        reported: Vec<String>,
    },
    Lines(Lines),
    Json {
        last: Option<(Timestamp, Box<Verdict>)>,
    },
    Quiet,
}

impl Show {
    /// The form that was asked for; on a terminal, the live screen.
    pub(crate) fn new(
        args: &OutputArgs,
        environment: &Environment,
        flags: ClusterFlags,
    ) -> Result<Self, Failure> {
        let form = match args.log.progress {
            ProgressFormat::Json => Form::Json { last: None },
            _ if args.log.quiet => Form::Quiet,
            ProgressFormat::Auto if environment.stderr_is_terminal => {
                let screen = Some(Screen::open().map_err(|error| lost(&error))?);
                Form::Screen { screen, reported: Vec::new() }
            }
            ProgressFormat::Auto | ProgressFormat::Plain => Form::Lines(Lines::default()),
        };
        Ok(Self { form, flags, paused: false, logged: None })
    }

    /// Shows one observation.
    pub(crate) fn verdict(
        &mut self,
        state: &ClusterState,
        verdict: &Verdict,
        end: Option<End>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if tracing::enabled!(tracing::Level::INFO) && self.logged.as_ref() != Some(verdict) {
            tracing::info!("verdict: {}", record::verdict("verdict", verdict, end, &self.flags, now));
            self.logged = Some(verdict.clone());
        }
        if self.paused {
            return Ok(());
        }
        match &mut self.form {
            Form::Quiet => {}
            Form::Screen { screen, reported } => {
                let picture = Picture { state, verdict, flags: &self.flags, reported, now };
                screen.iter_mut().try_for_each(|it| it.draw(&picture)).map_err(|error| lost(&error))?;
            }
            Form::Lines(lines) => {
                lines.next(verdict, end, &self.flags, now).iter().for_each(|line| printer::note(line));
            }
            Form::Json { last } => {
                let event = match last {
                    _ if end.is_some() => "end",
                    Some((_, said)) if **said == *verdict => "heartbeat",
                    _ => "verdict",
                };
                let passed = |at: Timestamp| Duration::try_from(now.duration_since(at)).unwrap_or_default();
                let due =
                    last.as_ref().is_none_or(|(at, _)| event != "heartbeat" || passed(*at) >= HEARTBEAT);
                if due {
                    printer::note(&record::verdict(event, verdict, end, &self.flags, now));
                    *last = Some((now, Box::new(verdict.clone())));
                }
            }
        }
        Ok(())
    }

    /// Reports something other than a verdict: what is about to be done, or its result. The live screen shows the last of
    /// it, and all of it is printed when the screen ends.
    pub(crate) fn report(&mut self, event: &str, text: &str) {
        tracing::info!("{event}: {text:?}");
        match &mut self.form {
            Form::Json { .. } => printer::note(&record::message(event, text, Timestamp::now())),
            Form::Lines(_) => printer::note(text),
            Form::Screen { reported, .. } => {
                let prefix = if event == "note" { "note: " } else { "" };
                reported.extend(format!("{prefix}{text}").lines().map(str::to_owned));
            }
            Form::Quiet => {}
        }
    }

    /// Gives the terminal back for a while, and prints all that was reported.
    pub(crate) fn pause(&mut self) {
        self.paused = true;
        if let Form::Screen { screen, reported } = &mut self.form {
            *screen = None;
            reported.drain(..).for_each(|line| printer::note(&line));
        }
    }

    /// Takes the terminal again.
    pub(crate) fn resume(&mut self) -> Result<(), Failure> {
        if let Form::Screen { screen, .. } = &mut self.form {
            *screen = Some(Screen::open().map_err(|error| lost(&error))?);
        }
        self.paused = false;
        Ok(())
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        self.pause();
    }
}

fn lost(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Files, format!("cannot draw on the terminal: {error}"))
        .hint("--progress plain prints lines instead")
}
