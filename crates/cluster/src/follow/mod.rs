//! The state of a cluster, kept up to date: watches for objects, questions again and again for the rest.

mod polls;
mod rights;
mod watches;

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinSet};

use crate::{
    ClusterState,
    access::Cluster,
    read::{
        Alerts, Applications, ClusterApplications, Deployments, EtcdBackups, IngressControllers,
        ModuleConfigs, ModulePullOverrides, ModuleReleases, ModuleSources, ModuleUpdatePolicies, Modules,
        NodeGroups, Nodes, PackageRepositories, Pods, Releases, deckhouse_deployment,
    },
};

/// Changes within this time are told together: an update changes hundreds of objects at once.
const TOGETHER: Duration = Duration::from_millis(100);

/// A cluster whose state is followed. Dropping it ends all that it does.
#[derive(Debug)]
pub struct Follower {
    states: watch::Receiver<Arc<ClusterState>>,
    _tasks: JoinSet<()>,
}

impl Follower {
    /// Begins to follow. The first states know little; each source comes as soon as it is read. The API server may
    /// go away and come back: what it says then is [`Reading::NotNow`](crate::Reading::NotNow).
    ///
    /// Not followed, and never known here: deprecated APIs, which concern plans only.
    pub fn start(cluster: &Cluster) -> Self {
        let client = &cluster.client;
        let states = watch::Sender::new(ClusterState::default());
        let (shown, receiver) = watch::channel(Arc::new(ClusterState::default()));
        let mut tasks = JoinSet::new();
        tasks.spawn(publish(states.subscribe(), shown));
        macro_rules! follow {
            ($($kind:ty => $field:ident),* $(,)?) => {
                $(tasks.spawn(watches::watch::<$kind>(client.clone(), states.clone(), |state, reading| {
                    state.$field = reading;
                }));)*
            };
        }
        follow!(
            Releases => releases,
            ModuleConfigs => module_configs,
            Pods => pods,
            Alerts => alerts,
            Modules => modules,
            ModuleReleases => module_releases,
            ModuleSources => module_sources,
            ModuleUpdatePolicies => module_update_policies,
            ModulePullOverrides => module_pull_overrides,
            PackageRepositories => package_repositories,
            Applications => applications,
            ClusterApplications => cluster_applications,
            NodeGroups => node_groups,
            Nodes => nodes,
            IngressControllers => ingress_controllers,
            EtcdBackups => etcd_backups,
        );
        tasks.spawn(watches::watch::<Deployments>(client.clone(), states.clone(), |state, reading| {
            state.deployment = deckhouse_deployment(reading);
        }));
        tasks.spawn(polls::queue(client.clone(), states.clone()));
        tasks.spawn(polls::converge(client.clone(), states.clone()));
        tasks.spawn(polls::singles(client.clone(), states));
        Self { states: receiver, _tasks: tasks }
    }

    /// Where the states arrive. It ends with the follower.
    pub fn states(&self) -> watch::Receiver<Arc<ClusterState>> {
        self.states.clone()
    }
}

/// Hands on what has changed, a few times a second at most.
async fn publish(mut states: watch::Receiver<ClusterState>, shown: watch::Sender<Arc<ClusterState>>) {
    while states.changed().await.is_ok() {
        tokio::time::sleep(TOGETHER).await;
        let state = states.borrow_and_update().clone();
        shown.send_if_modified(|before| {
            let differs = **before != state;
            if differs {
                *before = Arc::new(state);
            }
            differs
        });
    }
}
