//! Constraints on versions in the dialect of the platform's modules and plugins: `>= 1.68`, `>1.60 <1.70`, `^1.5 || ~2.1`,
//! `!= 1.7.2`.

use semver::{Version, VersionReq};

/// Whether a version satisfies a constraint; `None` if it cannot be understood. As Masterminds/semver reads it.
pub fn admits(constraint: &str, version: &Version) -> Option<bool> {
    let mut admitted = false;
    for alternative in constraint.split("||") {
        admitted |= match alternative.split_once(" - ") {
            Some((lowest, highest)) => is_between(lowest, highest, version)?,
            None => all_admit(alternative, version)?,
        };
    }
    Some(admitted)
}

/// A range with a hyphen, which includes both ends.
fn is_between(lowest: &str, highest: &str, version: &Version) -> Option<bool> {
    let admits = |operator: &str, bound: &str| {
        let is_version = bound.trim_start().starts_with(|first: char| first == 'v' || first.is_ascii_digit());
        if is_version { all_admit(&format!("{operator}{}", bound.trim()), version) } else { None }
    };
    Some(admits(">=", lowest)? & admits("<=", highest)?)
}

/// Comparators may be joined by commas or blanks, and have blanks after the operator; without one they mean `=`.
fn all_admit(text: &str, version: &Version) -> Option<bool> {
    let (mut admitted, mut is_empty) = (true, true);
    let mut comparator = String::new();
    for word in text.split([',', ' ']).filter(|word| !word.is_empty()) {
        comparator += word;
        if comparator.ends_with(|c: char| !OPERATORS.contains(c)) {
            admitted &= admits_one(&comparator, version)?;
            is_empty = false;
            comparator.clear();
        }
    }
    let is_whole = comparator.is_empty() && !is_empty;
    is_whole.then_some(admitted)
}

const OPERATORS: &str = "<>=^~!";

fn admits_one(comparator: &str, version: &Version) -> Option<bool> {
    let split = comparator.find(|c: char| !OPERATORS.contains(c))?;
    let (operator, bound) = comparator.split_at(split);
    let bound = bound.trim_start_matches('v');
    let matches = |operator: &str| {
        let text =
            if matches!(bound, "*" | "x" | "X") { "*".to_owned() } else { format!("{operator}{bound}") };
        Some(VersionReq::parse(&text).ok()?.matches(version))
    };
    match operator {
        "" => matches("="),
        "!=" => matches("=").map(|is_equal| !is_equal),
        operator => matches(operator),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialect_of_modules() {
        for (constraint, version, expected) in [
            (">= 1.68", "1.68.0", Some(true)),
            (">= 1.68", "1.67.9", Some(false)),
            (">=v1.68.2", "1.69.0", Some(true)),
            (">1.60 <1.70", "1.69.9", Some(true)),
            ("> 1.60, < 1.70", "1.70.0", Some(false)),
            ("^1.5 || ~2.1", "2.1.3", Some(true)),
            ("1.68", "1.69.0", Some(false)),
            ("1.68", "1.68.4", Some(true)),
            ("1.68.x", "1.68.4", Some(true)),
            ("1.x", "2.0.0", Some(false)),
            ("*", "1.68.4", Some(true)),
            (">= 1.60, != 1.68.3", "1.68.3", Some(false)),
            (">= 1.60, != 1.68.3", "1.68.4", Some(true)),
            ("1.60 - 1.68", "1.60.0", Some(true)),
            ("1.60 - v1.68.2 || 2.x", "1.68.2", Some(true)),
            ("1.60 - 1.68.2", "1.68.3", Some(false)),
            ("1.60 - 1.68.2", "1.59.9", Some(false)),
            ("1.60 - 1.68 - 1.70", "1.65.0", None),
            ("> 1.60 - 1.68", "1.65.0", None),
            ("1.60 - ", "1.65.0", None),
            ("", "1.68.0", None),
            (">=", "1.68.0", None),
            ("new", "1.68.0", None),
            (">= 1.60 ||", "1.68.0", None),
        ] {
            assert_eq!(admits(constraint, &Version::parse(version).unwrap()), expected, "{constraint}");
        }
    }
}
