//! The text format of Prometheus, version 0.0.4.
//!
//! Each metric has its `HELP` and `TYPE` once, before all of its samples, and no sample has a time: the textfile collector
//! of `node_exporter` refuses those. All metrics are gauges.

use std::{collections::BTreeSet, fmt::Write as _};

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gauge {
    /// Its name, `[a-z_]+`, with its unit at the end.
    pub(crate) name: &'static str,
    /// What it says, in one line.
    pub(crate) help: &'static str,
}

/// Samples of metrics.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    samples: Vec<(Gauge, String, f64)>,
    /// Metrics and labels of the samples: no pair occurs twice.
    seen: BTreeSet<(&'static str, String)>,
}

impl Exposition {
    /// Adds a sample, unless there is one with the same labels. The names of labels are `[a-z_]+`; values may be any text.
    pub(crate) fn add(&mut self, gauge: Gauge, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = labels.join(",");
        if self.seen.insert((gauge.name, labels.clone())) {
            self.samples.push((gauge, labels, value));
        }
    }

    /// The text. The metrics are in the order of `all`; one without a sample is left out.
    pub(crate) fn text(&self, all: &[Gauge]) -> String {
        let mut text = String::new();
        for gauge in all {
            let mut samples = self.samples.iter().filter(|(it, ..)| it == gauge).peekable();
            if samples.peek().is_none() {
                continue;
            }
            // Writing to a string does not fail.
            let _ = writeln!(text, "# HELP {} {}\n# TYPE {0} gauge", gauge.name, gauge.help);
            for (_, labels, value) in samples {
                let _ = writeln!(text, "{}{{{labels}}} {value}", gauge.name);
            }
        }
        text
    }
}

/// The value of a label: the format escapes a backslash, a quote and a line feed. Other control characters are replaced: some
/// readers take them for the end of a line.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            other if other.is_control() => text.push(char::REPLACEMENT_CHARACTER),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    /// A sample as a scraper reads it.
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct Sample {
        pub(crate) name: String,
        pub(crate) labels: BTreeMap<String, String>,
        pub(crate) value: f64,
    }

    fn is_name(text: &str) -> bool {
        text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    }

    /// Labels up to the closing brace, and the rest of the line.
    fn labels(mut text: &str) -> Result<(BTreeMap<String, String>, &str), String> {
        let mut all = BTreeMap::new();
        loop {
            if let Some(rest) = text.strip_prefix('}') {
                return Ok((all, rest));
            }
            let (name, rest) = text.split_once("=\"").ok_or("no value")?;
            if !is_name(name) {
                return Err(format!("label {name:?}"));
            }
            let (mut value, mut rest) = (String::new(), rest.chars());
            loop {
                match rest.next().ok_or("open quote")? {
                    '"' => break,
                    '\\' => value.push(match rest.next() {
                        Some('\\') => '\\',
                        Some('"') => '"',
                        Some('n') => '\n',
                        other => return Err(format!("escape {other:?}")),
                    }),
                    other => value.push(other),
                }
            }
            if all.insert(name.to_owned(), value).is_some() {
                return Err(format!("label {name:?} twice"));
            }
            text = rest.as_str();
            text = text.strip_prefix(',').unwrap_or(text);
        }
    }

    /// Reads a text by the rules of the format, written from its specification and not from the code above.
    pub(crate) fn parse(text: &str) -> Result<Vec<Sample>, String> {
        let (mut samples, mut families, mut series) = (Vec::new(), Vec::<String>::new(), BTreeSet::new());
        let mut helped = None;
        if text.is_empty() {
            return Ok(samples);
        }
        // Not `lines`, which takes a carriage return away.
        for line in text.strip_suffix('\n').ok_or("no line feed at the end")?.split('\n') {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                helped = Some(rest.split_once(' ').ok_or("no help")?.0.to_owned());
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').ok_or("no type")?;
                if kind != "gauge" || !is_name(name) || helped.take().as_deref() != Some(name) {
                    return Err(line.to_owned());
                }
                if families.iter().any(|it| it == name) {
                    return Err(format!("{name} twice"));
                }
                families.push(name.to_owned());
            } else {
                let (name, rest) = line.split_once('{').ok_or_else(|| format!("no labels: {line:?}"))?;
                if families.last().is_none_or(|it| it != name) {
                    return Err(format!("{name} is outside of its family"));
                }
                let (labels, rest) = labels(rest)?;
                let value = rest.strip_prefix(' ').ok_or("no value")?;
                if !series.insert((name.to_owned(), labels.clone())) {
                    return Err(format!("series twice: {line:?}"));
                }
                let value = value.parse().map_err(|_| format!("value {value:?}"))?;
                samples.push(Sample { name: name.to_owned(), labels, value });
            }
        }
        Ok(samples)
    }

    const A: Gauge = Gauge { name: "dhctl_a", help: "A." };
    const B: Gauge = Gauge { name: "dhctl_b_seconds", help: "B." };

    #[test]
    fn metrics_are_grouped_and_their_labels_escaped() {
        let mut all = Exposition::default();
        all.add(B, &[("context", "x")], 1_790_000_000.0);
        all.add(A, &[("context", "a\\b\"c\nd\re"), ("code", "")], 0.0);
        all.add(A, &[("context", "y")], 2.0);
        all.add(A, &[("context", "y")], 3.0);
        let text = "# HELP dhctl_a A.\n# TYPE dhctl_a gauge\n\
            dhctl_a{context=\"a\\\\b\\\"c\\nd\u{fffd}e\",code=\"\"} 0\ndhctl_a{context=\"y\"} 2\n\
            # HELP dhctl_b_seconds B.\n# TYPE dhctl_b_seconds gauge\ndhctl_b_seconds{context=\"x\"} 1790000000\n";
        assert_eq!(all.text(&[A, B]), text);
    }

    proptest! {
        #[test]
        fn any_label_is_read_as_it_was(values in prop::collection::vec((any::<String>(), any::<bool>()), 0..6)) {
            let mut all = Exposition::default();
            for (number, (value, first)) in values.iter().enumerate() {
                let number = number.to_string();
                all.add(if *first { A } else { B }, &[("number", &number), ("value", value)], 1.0);
            }
            let text = all.text(&[A, B]);
            let samples = parse(&text).map_err(TestCaseError::fail)?;
            prop_assert_eq!(samples.len(), values.len());
            for sample in samples {
                let number: usize = sample.labels["number"].parse().unwrap();
                let printable = |c: char| if c.is_control() && c != '\n' { '\u{fffd}' } else { c };
                let expected: String = values[number].0.chars().map(printable).collect();
                prop_assert_eq!(&sample.labels["value"], &expected);
            }
        }
    }
}
