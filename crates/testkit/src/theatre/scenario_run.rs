//! A scenario that is running.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use serde_json::Value;
use tokio::{sync::watch, task::JoinSet};

use super::{
    Action, Entry, LeftAs, Scenario,
    cluster::{Cluster, Health},
    controller::Pod,
    default_cluster,
    initial_state::Details,
    log::Log,
    queue::{Converge, Queue},
    step,
    trigger::{Trigger, holds},
};
use crate::kube::{ApiServer, Borrowed, Kubelet, Webhook, runtime, wait};

/// How long the controller of modules may take to process an approval.
const PROCESSED: Duration = Duration::from_secs(5);

/// A scenario and the cluster in which it runs. Dropping it stops the actions.
#[derive(Debug)]
pub struct ScenarioRun {
    actions: Vec<Action>,
    tasks: Mutex<Option<JoinSet<()>>>,
    faults: Arc<Mutex<Vec<String>>>,
    pub(super) cluster: Arc<Cluster>,
}

impl ScenarioRun {
    /// Creates the cluster in its initial state. `speed` is the number of seconds of the scenario in a real second.
    ///
    /// # Errors
    /// If the stand-ins cannot be started, or the API refuses an object of the initial state.
    pub fn open(server: Borrowed, scenario: &Scenario, speed: f64) -> anyhow::Result<Self> {
        let initial_state = scenario.initial_state.clone();
        let cluster = Arc::new(Cluster {
            admin: server.admin()?,
            kubelet: Kubelet::start()?,
            webhook: initial_state.webhook.then(|| Webhook::start(&server)).transpose()?,
            initial_state,
            log: Log::default(),
            speed,
            rollouts: 0.into(),
            server,
        });
        if let Some(webhook) = &cluster.webhook {
            webhook.believe_messages();
        }
        let starting = Arc::clone(&cluster);
        wait(async move {
            starting.create_objects().await?;
            step::run(&starting.initial_state.before, &starting, false).await
        })?;
        Ok(Self {
            actions: scenario.actions.clone(),
            tasks: Mutex::default(),
            faults: Arc::default(),
            cluster,
        })
    }

    /// Starts all actions. Each waits for its trigger.
    pub fn start(&self) {
        let over = Arc::new(watch::Sender::new(BTreeSet::new()));
        let mut tasks = JoinSet::new();
        if self.cluster.has_module_releases() {
            tasks.spawn_on(Arc::clone(&self.cluster).control_modules(), runtime().handle());
        }
        for action in self.actions.clone() {
            let (cluster, over) = (Arc::clone(&self.cluster), Arc::clone(&over));
            let faults = Arc::clone(&self.faults);
            let action = async move {
                if let Err(error) = run_action(&action, &cluster, &over).await {
                    let fault = format!("{:?}: {error:#}", action.name);
                    faults.lock().push(fault);
                }
            };
            tasks.spawn_on(action, runtime().handle());
        }
        *self.tasks.lock() = Some(tasks);
    }

    /// The API server.
    pub fn server(&self) -> &ApiServer {
        &self.cluster.server
    }

    /// The steps that have run so far.
    pub fn log(&self) -> Vec<Entry> {
        self.cluster.log.entries()
    }

    /// Steps that the API has refused: faults of the scenario, or of the simulation.
    pub fn faults(&self) -> Vec<String> {
        self.faults.lock().clone()
    }

    /// How often this release was approved, without dry runs; `None` without a webhook, which counts them.
    pub fn approvals(&self, release: &str) -> Option<usize> {
        let webhook = self.cluster.webhook.as_ref()?;
        let real = |request: &&crate::kube::Request| {
            request.name == release && request.approves() && !request.dry_run
        };
        Some(webhook.asked().iter().filter(real).count())
    }

    /// The differences between the cluster and what is expected. The controller of the theatre gets some seconds to process
    /// what the tool has written last.
    ///
    /// # Errors
    /// If the API does not answer.
    pub fn differs(&self, wanted: &LeftAs) -> anyhow::Result<Vec<String>> {
        let (cluster, wanted) = (Arc::clone(&self.cluster), wanted.clone());
        wait(async move {
            let end = Instant::now() + PROCESSED;
            loop {
                let differences = cluster.differs(&wanted).await?;
                if differences.is_empty() || !cluster.has_module_releases() || Instant::now() > end {
                    return Ok(differences);
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
    }
}

async fn run_action(
    action: &Action,
    cluster: &Arc<Cluster>,
    over: &watch::Sender<BTreeSet<String>>,
) -> anyhow::Result<()> {
    match &action.on {
        Trigger::Start => {}
        Trigger::Approved(release) => cluster.until_approved(release).await?,
        Trigger::Touched(release) => cluster.until_touched(release).await?,
        Trigger::Action(name) => drop(over.subscribe().wait_for(|over| over.contains(name)).await?),
        Trigger::Seen(seen) => cluster.until_seen(seen).await?,
    }
    cluster.pass(action.after).await;
    step::run(&action.steps, cluster, action.harmless).await?;
    if let Some(name) = &action.name {
        over.send_modify(|over| _ = over.insert(name.clone()));
    }
    Ok(())
}

impl Cluster {
    async fn create_objects(&self) -> anyhow::Result<()> {
        for plural in &self.initial_state.without {
            self.admin.remove_definition(plural).await?;
        }
        let lacks = |object: &Value| {
            let kind = object["kind"].as_str().unwrap_or_default().to_lowercase();
            self.initial_state.without.iter().any(|plural| *plural == format!("{kind}s"))
        };
        for object in default_cluster::objects(&self.initial_state, &self.kubelet)
            .iter()
            .filter(|object| !lacks(object))
        {
            self.admin.put(object).await?;
        }
        self.create_pods().await?;
        self.set_health(Health::Ready).await?;
        self.set_rollout(true, true).await?;
        self.set_queue(&Queue::Idle);
        self.set_converge(&Converge::Done);
        let deployed = &self.initial_state.deployed;
        let details = Details { phase: Some("Deployed".to_owned()), ..Details::default() };
        self.put_release(deployed, &details).await?;
        for (name, details) in self.initial_state.pending.all() {
            self.put_release(&name, &details).await?;
        }
        if self.initial_state.channel.is_some() {
            self.report_pending(deployed, Pod::Ready).await?;
        }
        for object in &self.initial_state.also {
            self.admin.put(object).await?;
        }
        if self.has_module_releases() {
            self.check_modules().await?;
        }
        Ok(())
    }

    fn has_module_releases(&self) -> bool {
        self.initial_state.also.iter().any(|object| object["kind"] == "ModuleRelease")
    }

    async fn differs(&self, wanted: &LeftAs) -> anyhow::Result<Vec<String>> {
        let mut differences = Vec::new();
        let releases = self.api("DeckhouseRelease");
        let approved = wanted.approved.iter().map(|name| (name, true));
        for (name, approved) in approved.chain(wanted.not_approved.iter().map(|name| (name, false))) {
            let is = releases.get(name).await?.data["approved"] == true;
            if is != approved {
                differences.push(format!("{name}: approved: {is}"));
            }
        }
        for name in &wanted.gone {
            if releases.get_opt(name).await?.is_some() {
                differences.push(format!("{name} is there"));
            }
        }
        if let Some(deployed) = &wanted.deployed {
            let are = self.releases_in("Deployed").await?;
            if are != [deployed.clone()] {
                differences.push(format!("deployed: {are:?}"));
            }
        }
        for object in &wanted.objects {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
            let found = self.api(&kind).get_opt(&name).await?;
            let found = serde_json::to_value(found)?;
            if !holds(&found, object) {
                differences.push(format!("{kind}/{name}: {found}"));
            }
        }
        Ok(differences)
    }
}
