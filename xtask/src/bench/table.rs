//! The figures of a run: medians, spreads, ratios, and whether they are within their limits.

use std::{fmt, time::Duration};

/// Times of the same thing, repeated.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn push(&mut self, time: Duration) {
        self.0.push(time);
        self.0.sort();
    }

    /// Seconds in the middle; between the two in the middle if their number is even.
    pub(crate) fn median(&self) -> f64 {
        let upper = self.0.get(self.0.len() / 2).copied().unwrap_or_default();
        let lower = self.0.get(self.0.len().saturating_sub(1) / 2).copied().unwrap_or_default();
        (upper + lower).as_secs_f64() / 2.0
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.median())?;
        if let [least, .., most] = self.0.as_slice() {
            write!(f, " ({:.3}–{:.3})", least.as_secs_f64(), most.as_secs_f64())?;
        }
        Ok(())
    }
}

/// All figures of a run; printed as a table of Markdown, to be put into the documentation as it is.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Row>);

#[derive(Debug)]
struct Row {
    measure: String,
    ours: String,
    reference: String,
    figure: String,
    limit: String,
    verdict: &'static str,
}

impl Table {
    /// Times of ours over times of a reference; a figure without a limit is only stated.
    pub(crate) fn ratio(
        &mut self,
        measure: &str,
        ours: &Times,
        reference: &Times,
        limit: impl Into<Option<f64>>,
    ) {
        let ratio = ours.median() / reference.median();
        let limit = limit.into();
        self.add(Row {
            measure: measure.to_owned(),
            ours: ours.to_string(),
            reference: reference.to_string(),
            figure: format!("{ratio:.2}"),
            limit: limit.map(|limit| limit.to_string()).unwrap_or_default(),
            verdict: limit.map_or("", |limit| verdict(ratio <= limit)),
        });
    }

    /// A figure that has a limit and no reference.
    pub(crate) fn value(&mut self, measure: &str, value: f64, unit: &str, limit: f64) {
        self.add(Row {
            measure: measure.to_owned(),
            ours: format!("{value:.3}{unit}"),
            reference: String::new(),
            figure: String::new(),
            limit: format!("{limit}{unit}"),
            verdict: verdict(value <= limit),
        });
    }

    /// What others do, beside a reference; nobody is held to it.
    pub(crate) fn other(&mut self, measure: &str, time: Duration, reference: &Times) {
        self.add(Row {
            measure: measure.to_owned(),
            ours: format!("{:.3} s", time.as_secs_f64()),
            reference: reference.to_string(),
            figure: format!("{:.2}", time.as_secs_f64() / reference.median()),
            limit: String::new(),
            verdict: "",
        });
    }

    /// Whether every figure is within its limit.
    pub(crate) fn all_ok(&self) -> bool {
        self.0.iter().all(|row| row.verdict != OVER)
    }

    fn add(&mut self, row: Row) {
        eprintln!("{row}");
        self.0.push(row);
    }
}

const OVER: &str = "over";

fn verdict(is_ok: bool) -> &'static str {
    if is_ok { "ok" } else { OVER }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { measure, ours, reference, figure, limit, verdict } = self;
        write!(f, "| {measure} | {ours} | {reference} | {figure} | {limit} | {verdict} |")
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| measure | ours | reference | ratio | limit | |")?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        self.0.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}
