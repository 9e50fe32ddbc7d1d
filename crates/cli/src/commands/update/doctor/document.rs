//! The report of the doctor on one cluster, as a document for programs and as text.

use cluster::doctor::{Conclusion, DoctorReport, Finding, Severity};
use commands::{ClusterFlags, Command};
use jiff::Timestamp;
use problems::{Object, Rule};
use serde::{Serialize, Serializer};

use super::Unclear;
use crate::words::{self, NotCheckedList, Step};

/// The report, and how the cluster was named.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) report: DoctorReport,
    /// Why the report may be unclear.
    pub(crate) unclear: Unclear,
    pub(crate) flags: ClusterFlags,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    at: Timestamp,
    verdict: &'static str,
    findings: Vec<FindingFields>,
    not_looked_at: Vec<NotCheckedFields>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FindingFields {
    rule: Rule,
    severity: &'static str,
    object: Object,
    what: String,
    why: String,
    remedy: String,
    commands: Vec<Command>,
    since: Option<Timestamp>,
    seen_in: String,
}

#[derive(Serialize)]
struct NotCheckedFields {
    source: String,
    why: String,
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let not_checked = self.report.not_checked.iter();
        Fields {
            at: self.report.at,
            verdict: match self.report.conclusion {
                Conclusion::Blocked => "blocked",
                Conclusion::Unclear => "unclear",
                Conclusion::Clear => "clear",
            },
            findings: self.report.findings.iter().map(|finding| self.finding(finding)).collect(),
            not_looked_at: not_checked
                .map(|it| NotCheckedFields { source: words::source(&it.source), why: it.why.clone() })
                .collect(),
        }
        .serialize(serializer)
    }
}

impl Document {
    /// The text for a person.
    pub(super) fn text(&self, list: NotCheckedList) -> String {
        words::doctor_report(&self.report, &self.flags, list)
    }

    fn finding(&self, finding: &Finding) -> FindingFields {
        let steps: Vec<Step> =
            words::steps(&finding.problem).into_iter().map(|step| step.addressed(&self.flags)).collect();
        FindingFields {
            rule: finding.rule,
            severity: match finding.severity {
                Severity::Blocks => "blocks",
                Severity::Slows => "slows",
                Severity::Notable => "notable",
            },
            object: finding.problem.object.clone(),
            what: words::predicate(&finding.problem.fact).addressed(&self.flags).to_string(),
            why: words::means(&finding.problem.fact).unwrap_or_default().addressed(&self.flags).to_string(),
            remedy: steps.iter().map(|step| step.text.to_string()).collect::<Vec<_>>().join("; "),
            commands: steps.iter().flat_map(|step| step.text.commands().cloned()).collect(),
            since: finding.since,
            seen_in: words::sources(&finding.seen_in),
        }
    }
}
