//! A diagnosis as text.

use jiff::Timestamp;

use super::{
    diagnosis::{Diagnosis, Verdict},
    finding::{Finding, Severity},
};

impl Diagnosis {
    /// For a person: the verdict, the findings, what was not looked at.
    pub fn text(&self) -> String {
        let count = |severity| self.findings.iter().filter(|finding| finding.severity == severity).count();
        let (blocks, slows) = (count(Severity::Blocks), count(Severity::Slows));
        let mut text = match (blocks, slows) {
            (0, _) if self.verdict == Verdict::Unclear => {
                "Nothing that was seen blocks the update, but too little could be read to be sure.\n"
                    .to_owned()
            }
            (0, 0) => "Nothing blocks the update.\n".to_owned(),
            (0, slows) => format!("Nothing blocks the update; {slows} of what is seen slows it.\n"),
            (1, _) => "1 thing blocks the update.\n".to_owned(),
            (blocks, _) => format!("{blocks} things block the update.\n"),
        };
        for finding in &self.findings {
            text += "\n";
            text += &describe(finding, self.at);
        }
        if !self.not_looked_at.is_empty() {
            text += "\nnot looked at:\n";
            for gap in &self.not_looked_at {
                text += &format!("  {}: {}\n", gap.source, gap.why);
            }
        }
        text
    }
}

fn describe(finding: &Finding, now: Timestamp) -> String {
    let severity = match finding.severity {
        Severity::Blocks => "BLOCKS",
        Severity::Slows => "slows",
        Severity::Notable => "note",
    };
    let mut text = format!("{severity}: {}: {}\n", finding.object, finding.what);
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            text += &format!("  {name}: {value}\n");
        }
    };
    line("why", &finding.why);
    line("remedy", &finding.remedy.to_string());
    for command in &finding.commands {
        text += &format!("    $ {command}\n");
    }
    if let Some(since) = finding.since {
        text += &format!("  since: {since:.0} ({})\n", age(now.duration_since(since)));
    }
    if !finding.seen_in.is_empty() {
        text += &format!("  seen in: {}\n", finding.seen_in);
    }
    text
}

/// A span in its two largest units, as `3 h 12 min`.
fn age(span: jiff::SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        for (seconds, words) in
            [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (3_725, "1 h 2 min"), (90_000, "1 d 1 h")]
        {
            assert_eq!(age(jiff::SignedDuration::from_secs(seconds)), words);
        }
    }
}
