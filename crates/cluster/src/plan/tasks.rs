//! What a person has to do before releases of the plan can be deployed, in the order in which to do it.
//!
//! Made from the requirements that are not met now and that no earlier release of the plan may meet. The order within a
//! release: what Kubernetes removes has to be replaced before Kubernetes is upgraded, and a container runtime may need
//! another kernel first.

use std::collections::BTreeSet;

use deckhouse::version::minor_of;

use super::{ApiUse, Step};
use crate::{
    ClusterState,
    requirements::{Fix, Holder, Outcome, Runtime, Shortfall, Unmet, loose_version},
};

/// Something that a person has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The release that needs it, as `v1.72.2`.
    pub before: String,
    /// The release of the plan before that one, if what is installed here depends on the version of the platform: only
    /// that release is sure to support it.
    pub after: Option<String>,
    /// What is to be done.
    pub work: Work,
}

/// What a person has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Replace APIs that the Kubernetes of a later task no longer has.
    ReplaceApis {
        /// Major and minor version of Kubernetes that is reached.
        kubernetes: (u64, u64),
        /// Their uses.
        uses: Vec<ApiUse>,
    },
    /// Upgrade Kubernetes.
    UpgradeKubernetes {
        /// Lowest version of a kubelet, as the node reports it.
        found: String,
        /// The version of the API server, if nodes have not reached it yet: they have to before the next one.
        nodes_first: Option<(u64, u64)>,
        /// Major and minor versions to go through, ascending; the last one is what the release needs.
        through: Vec<(u64, u64)>,
        /// Where the version is set.
        fix: Fix,
    },
    /// Install another kernel on nodes.
    UpgradeKernel {
        /// The lowest version that is allowed.
        lowest: String,
        /// The node groups whose nodes need it; nodes without a group are in none.
        groups: Vec<String>,
        /// Nodes of ALT Linux among them, where the script of `dhctl update kernel` does nothing.
        alt: Vec<String>,
    },
    /// Anything else that a requirement asks for.
    Meet(Unmet),
}

/// A release that asks for more is not believed: what it needs is then shown without the versions on the way.
const MOST_MINORS: usize = 10;

/// The tasks of all releases, in order. `uses`: all uses of APIs that are known.
pub(super) fn tasks(state: &ClusterState, steps: &[Step], uses: &[ApiUse]) -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    let mut previous = None;
    for step in steps {
        let mut works = works(state, step, &tasks, uses);
        works.sort_by_key(rank);
        works.dedup();
        works.retain(|work| tasks.iter().all(|task| task.work != *work));
        tasks.extend(works.into_iter().map(|work| Task {
            before: step.version.clone(),
            after: previous.clone().filter(|_| depends_on_platform(&work)),
            work,
        }));
        previous = Some(step.version.clone());
    }
    tasks
}

/// What one release needs. `before`: the tasks of earlier releases.
fn works(state: &ClusterState, step: &Step, before: &[Task], uses: &[ApiUse]) -> Vec<Work> {
    let unmet: Vec<&Unmet> = step
        .requirements
        .iter()
        .filter_map(|it| match &it.outcome {
            Outcome::Unmet(reasons) => Some(reasons),
            Outcome::Met | Outcome::Unknown(_) => None,
        })
        .flatten()
        .filter(|it| !it.may_change)
        .collect();
    let mut works = Vec::new();
    let upgrade = upgrade_of_kubernetes(state, &unmet, before);
    if let Some(Work::UpgradeKubernetes { through, .. }) = &upgrade
        && let (Some(first), Some(last)) = (through.first(), through.last())
    {
        let is_removed = |it: &&ApiUse| {
            loose_version(&it.removed_in)
                .is_some_and(|removed| (*first..=*last).contains(&minor_of(&removed)))
        };
        let uses: Vec<ApiUse> = uses.iter().filter(is_removed).cloned().collect();
        if !uses.is_empty() {
            works.push(Work::ReplaceApis { kubernetes: *last, uses });
        }
    }
    let is_stepwise = upgrade.is_some();
    let reached = reached(before);
    works.extend(upgrade);
    works.extend(upgrade_of_kernel(state, &unmet));
    let is_reached = |it: &Unmet| match (&it.shortfall, reached) {
        (Shortfall::Kubelet { lowest, .. }, Some(reached)) => {
            loose_version(lowest).is_some_and(|lowest| minor_of(&lowest) <= reached)
        }
        _ => false,
    };
    let is_covered =
        |it: &Unmet| is_kubernetes(it) && (is_stepwise || is_reached(it)) || it.fix == Fix::UpgradeKernel;
    let others = unmet.into_iter().filter(|it| !is_covered(it));
    works.extend(others.cloned().map(Work::Meet));
    works
}

/// Whether it is a version of Kubernetes that a person has to raise.
fn is_kubernetes(unmet: &Unmet) -> bool {
    matches!(unmet.shortfall, Shortfall::Kubelet { .. })
        && !matches!(unmet.fix, Fix::WaitForNodeGroups { .. })
}

/// Major and minor version of Kubernetes after the tasks of earlier releases; `None` if none of them raises it.
fn reached(before: &[Task]) -> Option<(u64, u64)> {
    before.iter().rev().find_map(|task| match &task.work {
        Work::UpgradeKubernetes { through, .. } => through.last().copied(),
        _ => None,
    })
}

/// One minor version at a time, from what the cluster has or an earlier task has reached.
fn upgrade_of_kubernetes(state: &ClusterState, unmet: &[&Unmet], before: &[Task]) -> Option<Work> {
    let old = unmet.iter().filter(|it| is_kubernetes(it));
    let (found, lowest, fix) = old
        .filter_map(|it| match &it.shortfall {
            Shortfall::Kubelet { found, lowest } => Some((loose_version(found)?, found, lowest, &it.fix)),
            _ => None,
        })
        .min_by(|a, b| a.0.cmp(&b.0))
        .map(|(_, found, lowest, fix)| (found, lowest, fix))?;
    let now = state.kubernetes.known().map(minor_of).or_else(|| Some(minor_of(&loose_version(found)?)));
    let (major, from) = reached(before).or(now)?;
    let oldest = loose_version(found).map(|it| minor_of(&it));
    let nodes_first = now.filter(|now| reached(before).is_none() && oldest.is_some_and(|it| it < *now));
    let (_, to) = minor_of(&loose_version(lowest)?);
    let through: Vec<(u64, u64)> =
        (from + 1..=to).map(|minor| (major, minor)).take(MOST_MINORS + 1).collect();
    let is_believed = (1..=MOST_MINORS).contains(&through.len());
    is_believed.then(|| Work::UpgradeKubernetes {
        found: found.clone(),
        nodes_first,
        through,
        fix: fix.clone(),
    })
}

fn upgrade_of_kernel(state: &ClusterState, unmet: &[&Unmet]) -> Option<Work> {
    let old: Vec<&&Unmet> = unmet.iter().filter(|it| it.fix == Fix::UpgradeKernel).collect();
    let Shortfall::Kernel { lowest, .. } = &old.first()?.shortfall else { return None };
    let (mut groups, mut alt) = (BTreeSet::new(), BTreeSet::new());
    for holder in old.iter().flat_map(|it| &it.objects) {
        let Holder::Node { name, group } = holder else { continue };
        if state.nodes.known().into_iter().flatten().any(|it| it.name == *name && it.is_alt()) {
            alt.insert(name.clone());
        } else {
            groups.extend(group.clone());
        }
    }
    Some(Work::UpgradeKernel {
        lowest: lowest.clone(),
        groups: groups.into_iter().collect(),
        alt: alt.into_iter().collect(),
    })
}

fn depends_on_platform(work: &Work) -> bool {
    match work {
        Work::UpgradeKubernetes { fix, .. } => *fix != Fix::UpgradeManagedKubernetes,
        Work::Meet(unmet) => matches!(
            unmet.fix,
            Fix::RaiseIngressController { .. }
                | Fix::RaiseDefaultIngressController
                | Fix::RaiseOldIngressControllers
                | Fix::MoveIstioWorkloads
                | Fix::ChangeRuntime(Runtime::ContainerdV2)
        ),
        Work::ReplaceApis { .. } | Work::UpgradeKernel { .. } => false,
    }
}

/// Earlier work has a lower rank.
fn rank(work: &Work) -> u8 {
    match work {
        Work::Meet(unmet) => match unmet.fix {
            Fix::UpgradeSystem { .. } => 2,
            Fix::ChangeRuntime(_) => 4,
            Fix::RedeployCharts => 5,
            Fix::WaitForNodeGroups { .. } => 8,
            Fix::RaiseIngressController { .. }
            | Fix::RaiseDefaultIngressController
            | Fix::RaiseOldIngressControllers
            | Fix::MoveIstioWorkloads => 1,
            _ => 0,
        },
        Work::UpgradeKernel { .. } => 3,
        Work::ReplaceApis { .. } => 6,
        Work::UpgradeKubernetes { .. } => 7,
    }
}
