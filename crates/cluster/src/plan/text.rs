//! The plan as text.

use commands::{Approve, ClusterFlags, Command, Sentence};

use super::{Plan, PlanRegistry, Presence, Step, StepInRegistry};
use crate::requirements::{Outcome, Requirement, Unmet};

/// More objects than these are only counted.
const OBJECTS: usize = 3;

impl Plan {
    /// Lines for a person, each ended.
    pub fn text(&self) -> String {
        let mut text = match self.steps.len() {
            0 => format!("{} is deployed, and nothing that is known lies ahead.\n", self.deployed),
            1 => format!("{} is deployed. 1 release lies ahead:\n", self.deployed),
            count => format!("{} is deployed. {count} releases lie ahead:\n", self.deployed),
        };
        for (number, step) in self.steps.iter().enumerate() {
            text += &format!("\n{}. {}  ({})\n", number + 1, step.version, whence(step));
            step_text(&mut text, step, &self.flags);
        }
        part(&mut text, "Registry", self.registry.iter().map(registry_text));
        let left_out = self.left_out.iter().map(|it| format!("{}: {}", short(&it.versions), it.why));
        part(&mut text, "Left out", left_out);
        text += &format!("\n{}", self.modules.text());
        let points = self.breaking_points.iter().map(|it| format!("{}: {}", it.object, it.what));
        part(&mut text, "To put right before", points);
        let uses = self.removed_apis.iter().map(|it| {
            let gone = match it.removed_in.as_str() {
                "" => String::new(),
                version => format!(", gone in Kubernetes {version}"),
            };
            if it.api.is_empty() {
                format!("{}: {}", it.object, it.replacement)
            } else {
                format!("{}: {}{gone}; use {}", it.object, it.api, it.replacement)
            }
        });
        part(&mut text, "Kubernetes APIs in use that go away", uses);
        part(&mut text, "Not known", self.unknown.iter().cloned());
        part(&mut text, "Blocked", self.blocking.iter().map(Sentence::to_string));
        if let (true, Some(next)) = (self.blocking.is_empty(), &self.next) {
            text += &format!("\nNothing that is known blocks it. Next: {next}\n");
            if self.registry.is_none() {
                text +=
                    "Whether the images have arrived was not looked at: --registry HOST/PATH does that.\n";
            }
        }
        text
    }
}

fn whence(step: &Step) -> String {
    let object = step.in_cluster.as_ref().map(|object| {
        let phase = if object.phase.is_empty() { "not looked at yet" } else { &object.phase };
        let approved = if object.approved { ", approved" } else { "" };
        format!("in the cluster: {phase}{approved}")
    });
    match object {
        Some(object) => object,
        None if step.in_file => "in the file; the cluster does not have it yet".to_owned(),
        None => "only in the registry; while a release channel is set, the platform creates its object \
             automatically"
            .to_owned(),
    }
}

fn registry_text(registry: &PlanRegistry) -> String {
    let PlanRegistry { registry, channel, leads_to, cluster_pulls_from } = registry;
    let channel = match (channel, leads_to) {
        (Some(channel), Some(leads_to)) => format!(": its channel {channel} leads to {leads_to}"),
        _ => String::new(),
    };
    let own = match cluster_pulls_from {
        Some(own) => format!("; the cluster itself pulls from {own}"),
        None => String::new(),
    };
    format!("{registry}{channel}{own}")
}

fn images_text(found: StepInRegistry) -> String {
    let images = [("the image", found.image), ("release-channel", found.description)];
    let line = |(presence, word): (Presence, &str)| {
        let names: Vec<&str> =
            images.iter().filter(|(_, it)| *it == presence).map(|(name, _)| *name).collect();
        (!names.is_empty()).then(|| format!("   {word}  {}, in the registry\n", names.join(" and ")))
    };
    let words =
        [(Presence::There, "there  "), (Presence::Missing, "MISSING"), (Presence::Unknown, "unknown")];
    words.into_iter().filter_map(line).collect()
}

fn step_text(text: &mut String, step: &Step, flags: &ClusterFlags) {
    *text += &step.in_registry.map(images_text).unwrap_or_default();
    let met: Vec<String> = step
        .requirements
        .iter()
        .filter(|it| it.outcome == Outcome::Met)
        .map(|it| format!("{} {}", it.key, it.needed))
        .collect();
    if step.requirements.is_empty() {
        *text += "   requires nothing\n";
    }
    if !met.is_empty() {
        *text += &format!("   met      {}\n", met.join(", "));
    }
    for requirement in &step.requirements {
        requirement_text(text, requirement);
    }
    for disruption in &step.disruptions {
        let approval = if step.disruptions_need_approval {
            let approve = Command::dhctl(Approve::Disruption(step.version.clone()));
            format!("; it waits for {}", approve.addressed(flags))
        } else {
            String::new()
        };
        *text += &format!("   breaks   {disruption}: see the release notes{approval}\n");
    }
}

fn requirement_text(text: &mut String, requirement: &Requirement) {
    let Requirement { key, needed, outcome } = requirement;
    match outcome {
        Outcome::Met => {}
        Outcome::Unknown { why } => {
            *text += &format!("   unknown  {}: {why}\n", format!("{key} {needed}").trim_end());
        }
        Outcome::Unmet { reasons } => {
            for Unmet { objects, value, needed: wanted, fix, may_change } in reasons {
                let word = if *may_change { "to meet " } else { "NOT MET " };
                *text +=
                    &format!("   {word} {key} {needed}: {}: {value}; needed: {wanted}\n", short(objects));
                if *may_change {
                    *text += "            before this step; an earlier release may meet it automatically\n";
                }
                *text += &format!("            fix: {fix}\n");
            }
        }
    }
}

/// A few and the count.
fn short(names: &[String]) -> String {
    let shown = names.iter().take(OBJECTS).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(OBJECTS) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn part(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.map(|line| format!("  {line}\n")).collect();
    if !lines.is_empty() {
        *text += &format!("\n{title}:\n{}", lines.concat());
    }
}
