//! Constraints on versions in the dialect of the platform's modules: `>= 1.68`, `>1.60 <1.70`, `^1.5 || ~2.1`.

use semver::{Version, VersionReq};

/// Whether a version satisfies a constraint; `None` if it cannot be understood.
pub(super) fn admits(constraint: &str, version: &Version) -> Option<bool> {
    let mut admitted = false;
    for alternative in constraint.split("||") {
        admitted |= requirement(alternative)?.matches(version);
    }
    Some(admitted)
}

/// Comparators may be joined by commas or blanks, and have blanks after the operator; without one they mean `=`.
fn requirement(text: &str) -> Option<VersionReq> {
    let mut comparators: Vec<String> = Vec::new();
    let mut operator = String::new();
    for word in text.split([',', ' ']).filter(|word| !word.is_empty()) {
        operator += word;
        if operator.ends_with(|c: char| !"<>=^~".contains(c)) {
            comparators.push(comparator(&operator));
            operator.clear();
        }
    }
    let is_whole = operator.is_empty() && !comparators.is_empty();
    is_whole.then(|| VersionReq::parse(&comparators.join(", ")).ok()).flatten()
}

fn comparator(text: &str) -> String {
    let split = text.find(|c: char| !"<>=^~".contains(c)).unwrap_or(text.len());
    let (operator, version) = text.split_at(split);
    let operator = if operator.is_empty() { "=" } else { operator };
    format!("{operator}{}", version.trim_start_matches('v'))
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
            ("", "1.68.0", None),
            (">=", "1.68.0", None),
            ("new", "1.68.0", None),
            (">= 1.60 ||", "1.68.0", None),
        ] {
            assert_eq!(admits(constraint, &Version::parse(version).unwrap()), expected, "{constraint}");
        }
    }
}
