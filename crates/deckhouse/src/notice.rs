//! What a choice of releases has to say although it is no failure.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use semver::Version;

use crate::{
    channel::Channel,
    version::{Bound, minor_of},
};

/// Something about a choice of releases that its maker should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The minimum is above where the range begins anyway, and has no effect.
    MinIgnored {
        /// The minimum.
        min: Bound,
        /// The channel that it is above.
        channel: Channel,
        /// What that channel points to.
        version: Version,
    },
    /// A channel points above the maximum; neither its release nor its tags are pulled.
    ChannelAboveMax {
        /// The channel.
        channel: Channel,
        /// What it points to.
        version: Version,
        /// The maximum.
        max: Bound,
    },
    /// An exact release was asked for, and a suspended channel points to it; its tags are not pulled.
    SuspendedChannelLeftOut {
        /// The channel.
        channel: Channel,
        /// What it points to.
        version: Version,
    },
    /// In the bundle a channel points elsewhere than on the source, as was asked for.
    ChannelPointed {
        /// The channel.
        channel: Channel,
        /// What it points to on the source, if it is there.
        from: Option<Version>,
        /// What it points to in the bundle.
        to: Version,
    },
    /// Between the lowest and the highest release of the range there are minors that the source does not
    /// have. A cluster cannot pass over a minor.
    MissingMinors(Vec<MinorGap>),
}

/// Consecutive minors of one major.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MinorGap {
    /// The major version.
    pub major: u64,
    /// The first missing minor.
    pub first: u64,
    /// The last missing minor.
    pub last: u64,
}

impl fmt::Display for MinorGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { major, first, last } = self;
        write!(f, "{major}.{first}")?;
        match last - first {
            0 => Ok(()),
            1 => write!(f, ", {major}.{last}"),
            _ => write!(f, " to {major}.{last}"),
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MinIgnored { min, channel, version } => {
                write!(f, "the minimum version {min} is above {channel} (v{version}) and is ignored")
            }
            Self::ChannelAboveMax { channel, version, max } => write!(
                f,
                "channel {channel} is left out: it points to v{version}, above the maximum version {max}"
            ),
            Self::SuspendedChannelLeftOut { channel, version } => write!(
                f,
                "channel {channel} is suspended and is left out (it points to v{version}); --ignore-suspend pulls it"
            ),
            Self::ChannelPointed { channel, from, to } => {
                write!(f, "channel {channel} points to v{to} in the bundle")?;
                match from {
                    Some(from) => write!(f, " (on the source to v{from})"),
                    None => write!(f, " (the source does not have it)"),
                }
            }
            Self::MissingMinors(gaps) => {
                let gaps: Vec<String> = gaps.iter().map(ToString::to_string).collect();
                write!(f, "the source has no releases of the minor versions {}", gaps.join(", "))
            }
        }
    }
}

/// The minors between the lowest and the highest chosen release that `known` has no release of.
///
/// Where the chain crosses majors, it is unknown which minor was the last of a major: within each, the
/// highest known one is taken for it.
pub(crate) fn missing_minors<'a>(
    chosen: &BTreeSet<Version>,
    known: impl Iterator<Item = &'a Version>,
) -> Vec<MinorGap> {
    let (Some(low), Some(high)) = (chosen.first(), chosen.last()) else {
        return Vec::new();
    };
    let (low, high) = (minor_of(low), minor_of(high));
    let mut minors: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for version in known.filter(|version| (low..=high).contains(&minor_of(version))) {
        minors.entry(version.major).or_default().insert(version.minor);
    }
    let mut gaps = Vec::new();
    for (major, present) in minors {
        let mut next = if major == low.0 { low.1 } else { 0 };
        for minor in present {
            if minor > next {
                gaps.push(MinorGap { major, first: next, last: minor - 1 });
            }
            next = minor.saturating_add(1);
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(chosen: &[&str], known: &[&str]) -> String {
        let chosen = chosen.iter().map(|version| version.parse().unwrap()).collect();
        let known: Vec<Version> = known.iter().map(|version| version.parse().unwrap()).collect();
        let gaps: Vec<String> =
            missing_minors(&chosen, known.iter()).iter().map(ToString::to_string).collect();
        gaps.join("; ")
    }

    #[test]
    fn gaps_in_the_chain_of_minors() {
        let known = ["1.55.1", "1.56.0", "1.58.3", "1.62.0", "1.65.0"];
        assert_eq!(gaps(&["1.55.1", "1.56.0"], &known), "");
        assert_eq!(gaps(&["1.55.1", "1.58.3"], &known), "1.57");
        assert_eq!(gaps(&["1.56.0", "1.65.0"], &known), "1.57; 1.59 to 1.61; 1.63, 1.64");
        assert_eq!(gaps(&["1.58.3"], &known), "");
        assert_eq!(gaps(&[], &known), "");
    }

    #[test]
    fn a_chain_across_majors() {
        let known = ["1.70.0", "1.72.0", "2.1.0", "2.2.0"];
        assert_eq!(gaps(&["1.70.0", "2.2.0"], &known), "1.71; 2.0");
    }

    #[test]
    fn an_enormous_gap_costs_nothing() {
        let known = ["1.0.0", "1.18446744073709551615.0"];
        assert_eq!(gaps(&known, &known), "1.1 to 1.18446744073709551614");
    }
}
