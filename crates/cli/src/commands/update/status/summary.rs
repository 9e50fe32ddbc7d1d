//! The first lines of the report: whether anything blocks the update, and the next command.

use cluster::{
    ClusterState, Timestamp,
    doctor::{Conclusion, Details, Severity, diagnose},
    plan::{Plan, PlanInput},
};
use commands::{ClusterFlags, Command, Sentence, Update};

use crate::{format::count, words};

/// More problems than these are only counted.
const SHOWN: usize = 3;

/// What blocks by the state alone, without the checks for which the doctor asks the registry and reads logs.
pub(super) fn of(state: &ClusterState, now: Timestamp, flags: &ClusterFlags) -> String {
    let report = diagnose(state, &Details::default(), now);
    let doctor = Command::from(Update::Doctor).addressed(flags);
    let blocking: Vec<_> = report.findings.iter().filter(|it| it.severity == Severity::Blocks).collect();
    let mut text = String::new();
    if !blocking.is_empty() {
        text += &format!("blocked      {}; causes and fixes: {doctor}\n", count(blocking.len(), "problem"));
        for finding in blocking.iter().take(SHOWN) {
            text += &format!("{:<12} {}\n", "", words::what(&finding.problem));
        }
        if blocking.len() > SHOWN {
            text += &format!("{:<12} and {} more\n", "", blocking.len() - SHOWN);
        }
        return text;
    }
    if report.conclusion == Conclusion::Unclear {
        return format!(
            "unknown      too little could be read to say whether anything blocks the update; see: {doctor}\n"
        );
    }
    match Plan::make(state, &PlanInput { now, ..PlanInput::default() }) {
        Err(_) => format!("unknown      the running version is unknown; see: {doctor}\n"),
        Ok(plan) if plan.blocking.is_empty() && !plan.risks.is_empty() => {
            format!("at risk      {}, see below\n", count(plan.risks.len(), "warning"))
        }
        Ok(plan) if plan.blocking.is_empty() => {
            let next = plan.next.map_or_else(
                || Sentence::from("no release is waiting"),
                |next| Sentence::from("next: ").command(next.addressed(flags)),
            );
            format!("not blocked  {next}\n")
        }
        Ok(plan) => {
            let command = Command::from(Update::Plan).addressed(flags);
            format!("blocked      {}; details: {command}\n", count(plan.blocking.len(), "problem"))
        }
    }
}
