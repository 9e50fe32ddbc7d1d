//! Which form a watch has, and what is told in it.

use std::time::Duration;

use cluster::{ClusterState, verdict::Verdict};
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

/// Shows verdicts to whoever waits.
pub(crate) struct Show {
    form: Form,
    /// The terminal is somebody else's for a while.
    paused: bool,
    /// What the log has last.
    logged: Option<Verdict>,
}

enum Form {
    Screen {
        screen: Option<Screen>,
        /// What was told since the terminal was taken, line by line.
        told: Vec<String>,
    },
    Lines(Lines),
    Json {
        last: Option<(Timestamp, Verdict)>,
    },
    Quiet,
}

impl Show {
    /// The form that was asked for; on a terminal, the live screen.
    pub(crate) fn new(args: &OutputArgs, environment: &Environment) -> Result<Self, Failure> {
        let form = match args.progress {
            ProgressFormat::Json => Form::Json { last: None },
            _ if args.quiet => Form::Quiet,
            ProgressFormat::Auto if environment.stderr_is_terminal => {
                let screen = Some(Screen::open().map_err(|error| lost(&error))?);
                Form::Screen { screen, told: Vec::new() }
            }
            ProgressFormat::Auto | ProgressFormat::Plain => Form::Lines(Lines::default()),
        };
        Ok(Self { form, paused: false, logged: None })
    }

    /// Shows one look.
    pub(crate) fn verdict(
        &mut self,
        state: &ClusterState,
        verdict: &Verdict,
        end: Option<End>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if tracing::enabled!(tracing::Level::INFO) && self.logged.as_ref() != Some(verdict) {
            tracing::info!("verdict: {}", record::verdict("verdict", verdict, end, now));
            self.logged = Some(verdict.clone());
        }
        if self.paused {
            return Ok(());
        }
        match &mut self.form {
            Form::Quiet => {}
            Form::Screen { screen, told } => {
                let picture = Picture { state, verdict, told, now };
                screen.iter_mut().try_for_each(|it| it.draw(&picture)).map_err(|error| lost(&error))?;
            }
            Form::Lines(lines) => lines.next(verdict, now).iter().for_each(|line| printer::note(line)),
            Form::Json { last } => {
                let event = match last {
                    _ if end.is_some() => "end",
                    Some((_, said)) if said == verdict => "heartbeat",
                    _ => "verdict",
                };
                let passed = |at: Timestamp| Duration::try_from(now.duration_since(at)).unwrap_or_default();
                let due =
                    last.as_ref().is_none_or(|(at, _)| event != "heartbeat" || passed(*at) >= HEARTBEAT);
                if due {
                    printer::note(&record::verdict(event, verdict, end, now));
                    *last = Some((now, verdict.clone()));
                }
            }
        }
        Ok(())
    }

    /// Tells of something besides the verdict: what is about to be done, or what has become of it. The live screen shows
    /// the last of it, and leaves all of it behind.
    pub(crate) fn tell(&mut self, event: &str, text: &str) {
        tracing::info!("{event}: {text:?}");
        match &mut self.form {
            Form::Json { .. } => printer::note(&record::told(event, text, Timestamp::now())),
            Form::Lines(_) => printer::note(text),
            Form::Screen { told, .. } => {
                let prefix = if event == "note" { "note: " } else { "" };
                told.extend(format!("{prefix}{text}").lines().map(str::to_owned));
            }
            Form::Quiet => {}
        }
    }

    /// Gives the terminal back for a while, with all that was told.
    pub(crate) fn pause(&mut self) {
        self.paused = true;
        if let Form::Screen { screen, told } = &mut self.form {
            *screen = None;
            told.drain(..).for_each(|line| printer::note(&line));
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
    Failure::new(Exit::Files, format!("the terminal cannot be drawn on: {error}"))
        .hint("--progress plain prints lines instead")
}
