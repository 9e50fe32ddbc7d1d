//! A scenario that is played.

use std::{collections::BTreeSet, sync::Arc};

use parking_lot::Mutex;

use serde_json::Value;
use tokio::{sync::watch, task::JoinSet};

use super::{
    Act, Entry, LeftAs, Scenario,
    controller::Pod,
    cue::{Cue, holds},
    house::{Health, House},
    log::Log,
    opening::Details,
    queue::{Converge, Queue},
    step, usual,
};
use crate::kube::{ApiServer, Borrowed, Kubelet, Webhook, runtime, wait};

/// A cluster in which a scenario is played. Dropping it ends the play.
#[derive(Debug)]
pub struct Stage {
    acts: Vec<Act>,
    play: Mutex<Option<JoinSet<()>>>,
    faults: Arc<Mutex<Vec<String>>>,
    pub(super) house: Arc<House>,
}

impl Stage {
    /// Sets the scene. `speed` is how many seconds of the story pass in one.
    ///
    /// # Errors
    /// If the stand-ins cannot be started, or the API refuses an object of the opening.
    pub fn open(server: Borrowed, scenario: &Scenario, speed: f64) -> anyhow::Result<Self> {
        let opening = scenario.opening.clone();
        let house = Arc::new(House {
            admin: server.admin()?,
            kubelet: Kubelet::start()?,
            webhook: opening.webhook.then(|| Webhook::start(&server)).transpose()?,
            opening,
            log: Log::default(),
            speed,
            rollouts: 0.into(),
            server,
        });
        if let Some(webhook) = &house.webhook {
            webhook.believe_messages();
        }
        let scene = Arc::clone(&house);
        wait(async move {
            scene.furnish().await?;
            step::play(&scene.opening.before, &scene, false).await
        })?;
        Ok(Self { acts: scenario.acts.clone(), play: Mutex::default(), faults: Arc::default(), house })
    }

    /// Begins. All acts wait for their cues from now on.
    pub fn play(&self) {
        let over = Arc::new(watch::Sender::new(BTreeSet::new()));
        let mut play = JoinSet::new();
        for act in self.acts.clone() {
            let (house, over) = (Arc::clone(&self.house), Arc::clone(&over));
            let faults = Arc::clone(&self.faults);
            let act = async move {
                if let Err(error) = play_act(&act, &house, &over).await {
                    let fault = format!("{:?}: {error:#}", act.name);
                    faults.lock().push(fault);
                }
            };
            play.spawn_on(act, runtime().handle());
        }
        *self.play.lock() = Some(play);
    }

    /// The API server.
    pub fn server(&self) -> &ApiServer {
        &self.house.server
    }

    /// What has been played so far.
    pub fn log(&self) -> Vec<Entry> {
        self.house.log.entries()
    }

    /// Steps that the API has refused: faults of the scenario, or of the theatre.
    pub fn faults(&self) -> Vec<String> {
        self.faults.lock().clone()
    }

    /// How often somebody has approved this release; dry runs do not count. None where no webhook counts.
    pub fn approvals(&self, release: &str) -> Option<usize> {
        let webhook = self.house.webhook.as_ref()?;
        let real = |request: &&crate::kube::Request| {
            request.name == release && request.approves() && !request.dry_run
        };
        Some(webhook.asked().iter().filter(real).count())
    }

    /// What of the cluster is not as it should be.
    ///
    /// # Errors
    /// If the API does not answer.
    pub fn differs(&self, wanted: &LeftAs) -> anyhow::Result<Vec<String>> {
        let (house, wanted) = (Arc::clone(&self.house), wanted.clone());
        wait(async move { house.differs(&wanted).await })
    }
}

async fn play_act(
    act: &Act,
    house: &Arc<House>,
    over: &watch::Sender<BTreeSet<String>>,
) -> anyhow::Result<()> {
    match &act.on {
        Cue::Start => {}
        Cue::Approved(release) => house.until_approved(release).await?,
        Cue::Act(name) => drop(over.subscribe().wait_for(|over| over.contains(name)).await?),
        Cue::Seen(seen) => house.until_seen(seen).await?,
    }
    house.pass(act.after).await;
    step::play(&act.steps, house, act.harmless).await?;
    if let Some(name) = &act.name {
        over.send_modify(|over| _ = over.insert(name.clone()));
    }
    Ok(())
}

impl House {
    async fn furnish(&self) -> anyhow::Result<()> {
        for plural in &self.opening.without {
            self.admin.remove_definition(plural).await?;
        }
        let lacks = |object: &Value| {
            let kind = object["kind"].as_str().unwrap_or_default().to_lowercase();
            self.opening.without.iter().any(|plural| *plural == format!("{kind}s"))
        };
        for object in usual::objects(&self.opening, &self.kubelet).iter().filter(|object| !lacks(object)) {
            self.admin.put(object).await?;
        }
        self.make_pods().await?;
        self.set_health(Health::Ready).await?;
        self.set_rollout(true, true).await?;
        self.set_queue(&Queue::Idle);
        self.set_converge(Converge::Done);
        let deployed = &self.opening.deployed;
        let details = Details { phase: Some("Deployed".to_owned()), ..Details::default() };
        self.put_release(deployed, &details).await?;
        for (name, details) in self.opening.pending.all() {
            self.put_release(&name, &details).await?;
        }
        if self.opening.channel.is_some() {
            self.tell_what_waits(deployed, Pod::Ready).await?;
        }
        for object in &self.opening.also {
            self.admin.put(object).await?;
        }
        Ok(())
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
