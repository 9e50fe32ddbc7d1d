//! The first lines of the report: whether anything blocks the update, and the next command.

use cluster::{health::Blockers, modules::Overview};
use commands::{ClusterFlags, Command, Sentence, Update};

use crate::{commands::update::clusters::LABELS, format::count, words};

/// More problems than these are only counted.
const SHOWN: usize = 3;

/// Whether releases of modules are waiting, where none of the platform is.
fn waiting_modules(modules: &Overview) -> String {
    match modules.waiting.known().map_or(0, Vec::len) {
        0 => "no release is waiting".to_owned(),
        1 => "no platform release is waiting; 1 module release is waiting, see below".to_owned(),
        waiting => {
            format!("no platform release is waiting; {waiting} module releases are waiting, see below")
        }
    }
}

/// What blocks, or what comes next.
pub(super) fn of(blockers: &Blockers, flags: &ClusterFlags) -> String {
    let Blockers { findings, is_unclear, plan } = blockers;
    let doctor = Command::from(Update::Doctor).addressed(flags);
    let mut text = String::new();
    if !findings.is_empty() {
        let problems = count(findings.len(), "problem");
        text += &format!("{:<LABELS$} {problems}; causes and fixes: {doctor}\n", "blocked");
        for problem in findings.iter().take(SHOWN) {
            text += &format!("{:<LABELS$} {}\n", "", words::what(problem));
        }
        if findings.len() > SHOWN {
            text += &format!("{:<LABELS$} and {} more\n", "", findings.len() - SHOWN);
        }
        return text;
    }
    if *is_unclear {
        return format!(
            "{:<LABELS$} cannot determine whether anything blocks the update; see: {doctor}\n",
            "unknown"
        );
    }
    match plan {
        None => format!("{:<LABELS$} the running version is unknown; see: {doctor}\n", "unknown"),
        Some(plan) if plan.blocking.is_empty() && !plan.risks.is_empty() => {
            format!("{:<LABELS$} {}, see below\n", "at risk", count(plan.risks.len(), "warning"))
        }
        Some(plan) if plan.blocking.is_empty() => {
            let next = plan.next.clone().map_or_else(
                || Sentence::from(waiting_modules(&plan.modules)),
                |next| Sentence::from("next: ").command(next.addressed(flags)),
            );
            format!("{:<LABELS$} {next}\n", "not blocked")
        }
        Some(plan) => {
            let command = Command::from(Update::Plan).addressed(flags);
            let problems = count(plan.blocking.len(), "problem");
            format!("{:<LABELS$} {problems}; details: {command}\n", "blocked")
        }
    }
}
