//! The first lines of the report: whether anything blocks the update, and the next command.

use cluster::health::Blockers;
use commands::{ClusterFlags, Command, Sentence, Update};

use crate::{format::count, words};

/// More problems than these are only counted.
const SHOWN: usize = 3;

/// What blocks, or what comes next.
pub(super) fn of(blockers: &Blockers, flags: &ClusterFlags) -> String {
    let Blockers { findings, is_unclear, plan } = blockers;
    let doctor = Command::from(Update::Doctor).addressed(flags);
    let mut text = String::new();
    if !findings.is_empty() {
        text += &format!("blocked      {}; causes and fixes: {doctor}\n", count(findings.len(), "problem"));
        for problem in findings.iter().take(SHOWN) {
            text += &format!("{:<12} {}\n", "", words::what(problem));
        }
        if findings.len() > SHOWN {
            text += &format!("{:<12} and {} more\n", "", findings.len() - SHOWN);
        }
        return text;
    }
    if *is_unclear {
        return format!(
            "unknown      too little could be read to say whether anything blocks the update; see: {doctor}\n"
        );
    }
    match plan {
        None => format!("unknown      the running version is unknown; see: {doctor}\n"),
        Some(plan) if plan.blocking.is_empty() && !plan.risks.is_empty() => {
            format!("at risk      {}, see below\n", count(plan.risks.len(), "warning"))
        }
        Some(plan) if plan.blocking.is_empty() => {
            let next = plan.next.clone().map_or_else(
                || Sentence::from("no release is waiting"),
                |next| Sentence::from("next: ").command(next.addressed(flags)),
            );
            format!("not blocked  {next}\n")
        }
        Some(plan) => {
            let command = Command::from(Update::Plan).addressed(flags);
            format!("blocked      {}; details: {command}\n", count(plan.blocking.len(), "problem"))
        }
    }
}
