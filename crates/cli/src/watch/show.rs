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
}

enum Form {
    Screen(Screen),
    Lines(Lines),
    Json { last: Option<(Timestamp, Verdict)> },
    Quiet,
}

impl Show {
    /// The form that was asked for; on a terminal, the live screen.
    pub(crate) fn new(args: &OutputArgs, environment: &Environment) -> Result<Self, Failure> {
        let form = match args.progress {
            ProgressFormat::Json => Form::Json { last: None },
            _ if args.quiet => Form::Quiet,
            ProgressFormat::Auto if environment.stderr_is_terminal => {
                Form::Screen(Screen::open().map_err(|error| lost(&error))?)
            }
            ProgressFormat::Auto | ProgressFormat::Plain => Form::Lines(Lines::default()),
        };
        Ok(Self { form })
    }

    /// Shows one look.
    pub(super) fn verdict(
        &mut self,
        state: &ClusterState,
        verdict: &Verdict,
        end: Option<End>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        match &mut self.form {
            Form::Quiet => {}
            Form::Screen(screen) => {
                screen.draw(&Picture { state, verdict, now }).map_err(|error| lost(&error))?;
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

    /// Tells of something besides the verdict: what is about to be done, or what is waited out. The live screen
    /// shows what follows from it.
    pub(crate) fn tell(&mut self, event: &str, text: &str) {
        match &self.form {
            Form::Json { .. } => printer::note(&record::told(event, text, Timestamp::now())),
            Form::Lines(_) => printer::note(text),
            Form::Screen(_) | Form::Quiet => {}
        }
    }
}

fn lost(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Files, format!("the terminal cannot be drawn on: {error}"))
        .hint("--progress plain prints lines instead")
}
