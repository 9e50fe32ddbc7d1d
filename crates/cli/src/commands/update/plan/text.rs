//! The plan as text.

mod changes;
mod images;

use cluster::{
    EditionMatch, Reading,
    modules::Overview,
    packages::Packages,
    plan::{Creation, Plan, PlanBundle, PlanRegistry, Presence, Step, StepInRegistry, Work},
    requirements::{Fix, Outcome, Requirement, Unmet},
};
use commands::{Approve, ClusterFlags, Command, Kubectl, Mirror, Sentence, Update, WANT_LIST};
use deckhouse::{release_list::RELEASES_FILE, version::parse_tag};
use problems::{Kind, Problem};
use semver::Version;

use crate::{
    format::{count, minute},
    words::{self, Block},
};

/// More objects than these are only counted.
const OBJECTS: usize = 3;

/// The whole plan; what blocks, and the next command, are at the end.
pub(super) fn text(plan: &Plan, all_changes: bool, flags: &ClusterFlags) -> String {
    let mut text = match plan.steps.len() {
        0 if plan.left_out.is_empty() => {
            format!("{} is deployed; no newer release is known.\n", plan.deployed)
        }
        0 => format!("{} is deployed; no release can follow it yet.\n", plan.deployed),
        1 => format!("{} is deployed; 1 release follows:\n", plan.deployed),
        count => format!("{} is deployed; {count} releases follow:\n", plan.deployed),
    };
    for (number, step) in plan.steps.iter().enumerate() {
        text += &format!("\n{}. {}  ({})\n", number + 1, step.version, origin(step, plan.bundle.is_some()));
        step_text(&mut text, step, flags);
        text += &changes::text(step, all_changes);
    }
    section(&mut text, "Bundle", plan.bundle.iter().map(bundle_text));
    section(&mut text, "Registry", plan.registry.iter().map(registry_text));
    section(&mut text, "Images", plan.images.iter().flat_map(images::lines));
    let left_out = plan.left_out.iter().map(|it| {
        let versions: Vec<String> = it.versions.iter().map(|version| format!("v{version}")).collect();
        format!("{}: {}", words::list(&versions, OBJECTS), words::left_out::reason(&it.reason))
    });
    section(&mut text, "Left out", left_out);
    text += &format!("\n{}", modules_text(&plan.modules, order_of_modules(plan)));
    text += &packages_text(&plan.packages);
    let points =
        plan.breaking_points.iter().map(|it| format!("{}: {}", it.object, words::plan::breaking(&it.fault)));
    section(&mut text, "Fix before the update", points);
    let uses = plan.removed_apis.iter().map(|it| words::plan::api_use(it).addressed(flags).to_string());
    section(&mut text, "Kubernetes APIs in use that a later version removes", uses);
    text += &tasks_text(plan, flags);
    section(&mut text, "Unknown", plan.unknown.iter().map(words::plan::unknown));
    let risks = plan.risks.iter().map(|it| words::with_remedy(it).addressed(flags).to_string());
    section(&mut text, "Warnings", risks);
    text + &outcome(plan, flags)
}

/// What a person has to do, in order.
fn tasks_text(plan: &Plan, flags: &ClusterFlags) -> String {
    let tasks: Vec<String> =
        plan.tasks.iter().map(|it| words::task::task(it).addressed(flags).to_string()).collect();
    if tasks.is_empty() { String::new() } else { format!("\nTo do, in this order:\n\n{}", tasks.join("\n")) }
}

/// What blocks, or the next command.
fn outcome(plan: &Plan, flags: &ClusterFlags) -> String {
    let again = again(plan, flags);
    if let ([], Some(unfinished), Some(next)) = (&plan.blocking[..], &plan.unfinished, &plan.next) {
        let (what, next) = (words::what(unfinished), next.clone().addressed(flags));
        return format!(
            "\nAn update is not finished, so nothing is approved yet:\n\n{what}\nnext: wait until it is done: {next}\ncheck again: \
             {again}\n"
        );
    }
    match (&plan.blocking[..], &plan.next) {
        ([], None) => newer_release(flags),
        ([], Some(next)) => {
            let mut text = format!("\nNo known problem blocks the update.\n{}", next_line(plan, next, flags));
            if let Some(bundle) = &plan.bundle {
                let push = Command::from(Mirror::PushFile(bundle.file.clone()));
                text += &format!("If the bundle has not been pushed yet, push it first: {push}\n");
            }
            if plan.registry.is_none() && plan.images.is_none() {
                text += "The images were not checked; to check them, add --registry HOST/PATH.\n";
            }
            text
        }
        (problems, next) => {
            let blocks: Vec<String> =
                problems.iter().map(|it| words::plan::blocker(it).addressed(flags).to_string()).collect();
            let verb = if problems.len() == 1 { "blocks" } else { "block" };
            let (number, blocks) = (count(problems.len(), "problem"), blocks.join("\n"));
            match (first_blocked(plan), next) {
                (Some(version), Some(next)) => format!(
                    "\n{number} {verb} v{version} and later releases:\n\n{blocks}\nNo known problem blocks the releases before \
                     v{version}.\n{}check again: {again}\n",
                    next_line(plan, next, flags)
                ),
                (_, Some(next)) if plan.repairs => {
                    let patch = plan.steps.first().map_or("it", |it| it.version.as_str());
                    let next = next.clone().addressed(flags);
                    format!(
                        "\n{number} {verb} the update:\n\n{blocks}\n{patch} is a patch of the deployed minor version and may repair \
                         this: {next}\ncheck again: {again}\n"
                    )
                }
                _ => format!("\n{number} {verb} the update:\n\n{blocks}\ncheck again: {again}\n"),
            }
        }
    }
}

/// How to see whether the problems are gone: without its flags, the command would check less.
fn again(plan: &Plan, flags: &ClusterFlags) -> String {
    let has_flags = plan.registry.is_some()
        || plan.bundle.is_some()
        || plan.images.is_some()
        || plan.steps.iter().any(|step| step.in_file);
    if has_flags {
        return "run the same command, with the same flags".to_owned();
    }
    Command::from(Update::Plan).addressed(flags).to_string()
}

/// How a release gets into a cluster that has no later one.
fn newer_release(flags: &ClusterFlags) -> String {
    let want = Command::from(Update::Want).addressed(flags);
    let pull = Command::from(Mirror::PullWanted(WANT_LIST.to_owned()));
    let plan = Command::from(Update::Plan).addressed(flags);
    let steps = Block::new("To update:")
        .step(words::Step::inside(Sentence::from("write what this cluster needs to a file: ").command(want)))
        .step(words::Step::outside(Sentence::from("pull the newer releases by that file: ").command(pull)))
        .step(words::Step::inside("push the bundle to the cluster's registry"))
        .step(words::Step::inside(Sentence::from("check again: ").command(plan)));
    format!("\n{steps}")
}

/// The next command. Where the controller creates the first release, it has to be waited for.
fn next_line(plan: &Plan, next: &Command, flags: &ClusterFlags) -> String {
    let is_wait = *next == Command::from(Update::Status);
    if *next == Command::from(Kubectl::set_manual_mode()) {
        let next = next.clone().addressed(flags);
        return format!("next: set the update mode to Manual first, see the warnings: {next}\n");
    }
    let is_in_registry_only = plan.steps.first().is_some_and(is_to_be_saved);
    let next = next.clone().addressed(flags);
    if is_in_registry_only {
        let prepare = Command::from(prepare_from_file()).addressed(flags);
        return format!(
            "next: save this plan (with the same login flags, if you used any): {next}\n      then: {prepare}\n"
        );
    }
    match plan.steps.first().filter(|it| is_wait && it.creation != Some(Creation::Unknown)) {
        Some(first) => format!(
            "next: wait until the controller has created {}; it reads the registry every few minutes: {next}\n",
            first.version
        ),
        None => format!("next: {next}\n"),
    }
}

/// Whether a person has to create its object, and no releases file has it.
fn is_to_be_saved(step: &Step) -> bool {
    step.creation == Some(Creation::Never) && !step.in_file
}

/// Creates the objects of a plan that was saved.
fn prepare_from_file() -> Update {
    Update::Prepare { channel: None, file: Some(RELEASES_FILE.to_owned()) }
}

/// The first release that is blocked, if the releases before it are not.
fn first_blocked(plan: &Plan) -> Option<Version> {
    let first = parse_tag(&plan.steps.first()?.version)?;
    let later = |problem: &Problem| {
        let is_release = problem.object.kind == Kind::DeckhouseRelease;
        let version = problem.object.name.as_deref().filter(|_| is_release).and_then(parse_tag);
        version.filter(|it| *it > first)
    };
    plan.blocking.iter().map(later).collect::<Option<Vec<Version>>>()?.into_iter().min()
}

/// `in_bundle`: the releases that came from outside are in a bundle, not in a releases file.
fn origin(step: &Step, in_bundle: bool) -> String {
    let object = step.in_cluster.as_ref().map(|object| {
        let phase = if object.phase.is_empty() { "not processed yet" } else { &object.phase };
        let approved = if object.approved { ", approved" } else { "" };
        format!("in the cluster: {phase}{approved}")
    });
    match object {
        Some(object) => object,
        None if step.in_file && in_bundle => "in the bundle, not in the cluster".to_owned(),
        None if step.in_file => "in the releases file, not in the cluster".to_owned(),
        None => "only in the registry".to_owned(),
    }
}

fn bundle_text(bundle: &PlanBundle) -> String {
    match &bundle.edition {
        Some(edition) => format!("{}: edition {edition}", bundle.file),
        None => bundle.file.clone(),
    }
}

fn registry_text(registry: &PlanRegistry) -> String {
    let PlanRegistry { registry, channel, leads_to, cluster_pulls_from, edition } = registry;
    let channel = match (channel, leads_to) {
        (Some(channel), Some(leads_to)) => format!(": its {channel} channel points to {leads_to}"),
        _ => String::new(),
    };
    let own = match cluster_pulls_from {
        Some(own) => format!("; the cluster pulls from {own}"),
        None => String::new(),
    };
    let edition = match edition {
        EditionMatch::Same { edition } => format!("; edition {edition}, the same as in the cluster"),
        EditionMatch::Different { .. } | EditionMatch::NotChecked { .. } => String::new(),
    };
    format!("{registry}{channel}{own}{edition}")
}

fn images_text(found: StepInRegistry) -> String {
    let images = [("the platform image", found.image), ("the release-channel image", found.description)];
    let line = |(presence, word): (Presence, &str)| {
        let names: Vec<&str> =
            images.iter().filter(|(_, it)| *it == presence).map(|(name, _)| *name).collect();
        (!names.is_empty()).then(|| format!("   {word}  in the registry: {}\n", names.join(" and ")))
    };
    let words =
        [(Presence::There, "found  "), (Presence::Missing, "MISSING"), (Presence::Unknown, "unknown")];
    words.into_iter().filter_map(line).collect()
}

/// Whether the controller creates the object of a release that has none.
fn creation_text(step: &Step, flags: &ClusterFlags) -> Option<String> {
    let words = match step.creation? {
        Creation::Now => {
            "not needed: the controller creates this release automatically if a release channel is set"
        }
        Creation::AfterPrevious => {
            "not needed: the controller creates this release automatically after the update before it"
        }
        Creation::Later => {
            "not needed: the controller creates this release automatically, at the latest after the update before it"
        }
        Creation::Never => "needed: the controller does not create this release automatically",
        Creation::Unknown => "it is unknown whether the controller creates this release automatically",
    };
    let create = match step.creation? {
        Creation::Never | Creation::Unknown => {
            let prepare = Command::from(prepare_from_file()).addressed(flags);
            if step.in_file {
                format!("; to create it: {prepare}")
            } else {
                format!(
                    "; to create it, save this plan with --output yaml as {RELEASES_FILE}, then: {prepare}"
                )
            }
        }
        _ => String::new(),
    };
    Some(format!("   create   {words}{create}\n"))
}

fn step_text(text: &mut String, step: &Step, flags: &ClusterFlags) {
    *text += &creation_text(step, flags).unwrap_or_default();
    *text += &step.in_registry.map(images_text).unwrap_or_default();
    let met: Vec<String> = step
        .requirements
        .iter()
        .filter(|it| it.outcome == Outcome::Met)
        .map(|it| format!("{} {}", it.key, it.needed))
        .collect();
    if step.requirements.is_empty() {
        *text += "   no requirements\n";
    }
    if !met.is_empty() {
        *text += &format!("   met      {}\n", met.join(", "));
    }
    for requirement in &step.requirements {
        requirement_text(text, requirement, flags);
    }
    for disruption in &step.disruptions {
        *text += &format!("   disrupts {disruption}: see the release notes\n");
    }
    if step.disruptions_need_approval {
        let approve = Command::dhctl(Approve::Disruption(step.version.clone())).addressed(flags);
        *text += &format!("            needs an approval of its disruptions: {approve}\n");
    }
}

fn requirement_text(text: &mut String, requirement: &Requirement, flags: &ClusterFlags) {
    let Requirement { key, needed, outcome } = requirement;
    match outcome {
        Outcome::Met => {}
        Outcome::Unknown(why) => {
            let name = format!("{key} {needed}");
            *text += &format!("   unknown  {}: {}\n", name.trim_end(), words::requirement::why_unknown(why));
        }
        Outcome::Unmet(reasons) => {
            for unmet in reasons {
                unmet_text(text, &format!("{key} {needed}"), unmet, flags);
            }
        }
    }
}

fn unmet_text(text: &mut String, name: &str, unmet: &Unmet, flags: &ClusterFlags) {
    let word = if unmet.may_change { "NOT YET " } else { "NOT MET " };
    let found = words::requirement::found(&unmet.shortfall);
    let needed = words::requirement::needed(&unmet.shortfall);
    let needed = if needed.is_empty() { String::new() } else { format!(", needed: {needed}") };
    let objects = words::list(&words::requirement::objects(unmet), OBJECTS);
    *text += &format!("   {word} {}: {objects}: {found}{needed}\n", name.trim_end());
    if unmet.may_change {
        *text += "            deploying an earlier release of this plan may fix this automatically\n";
        *text += &format!("            fix: {}\n", words::requirement::fix(&unmet.fix).addressed(flags));
    }
}

/// What comes first, the platform or its modules. Modules that a release of the platform does not work with are among the tasks.
fn order_of_modules(plan: &Plan) -> Option<String> {
    let is_update =
        |work: &Work| matches!(work, Work::Meet(Unmet { fix: Fix::UpdateModule { to: Some(_), .. }, .. }));
    if plan.tasks.iter().any(|it| is_update(&it.work)) {
        return Some("first those under \"To do\" below, then the platform, then the others".to_owned());
    }
    plan.modules.order.as_ref().map(words::module_release::order)
}

/// Modules that are updated separately from the platform.
fn modules_text(overview: &Overview, order: Option<String>) -> String {
    let mut text = String::new();
    match &overview.waiting {
        Reading::Known(waiting) if waiting.is_empty() => text += "No module releases are waiting.\n",
        Reading::Known(waiting) => {
            text += &format!("Module releases waiting: {}", waiting.len());
            text += &order.map_or(String::new(), |order| format!(" ({order})"));
            text += "\n";
            for release in waiting {
                let deployed = release.deployed.as_deref().unwrap_or("none");
                text += &format!(
                    "  {} {}: {}\n      deployed: {deployed}; update policy: {}\n",
                    release.module,
                    release.version,
                    words::module_release::wait(&release.wait),
                    words::module_release::policy(&release.policy)
                );
                for note in &release.notes {
                    text += &format!("      note: {}\n", words::module_release::note(note));
                }
            }
        }
        other => text += &unknown("releases of modules", other),
    }
    match &overview.overrides {
        Reading::Known(overrides) => {
            for it in overrides {
                text += &format!(
                    "  ModulePullOverride/{} (tag {}): releases of this module are ignored while it exists; overrides are intended only for development\n",
                    it.name, it.image_tag
                );
            }
        }
        other => text += &unknown("ModulePullOverrides", other),
    }
    match &overview.sources {
        Reading::Known(sources) => {
            for source in sources {
                let stale = if source.stale { ", more than an hour ago" } else { "" };
                let synced = source.synced.map_or("not read by the platform yet".to_owned(), |time| {
                    format!("read at {}{stale}", minute(time))
                });
                text += &format!(
                    "  ModuleSource/{} ({}): {}, {synced}\n",
                    source.name,
                    source.repo,
                    count(source.modules, "module")
                );
                if !source.message.is_empty() {
                    text += &format!("      {}\n", source.message);
                }
                for module in &source.failed {
                    text +=
                        &format!("      {}: {}\n", module.name, module.error.as_deref().unwrap_or_default());
                }
            }
        }
        other => text += &unknown("ModuleSources", other),
    }
    text
}

/// Packages; nothing where the platform has none.
fn packages_text(packages: &Packages) -> String {
    let mut text = String::new();
    match &packages.repositories {
        Reading::Absent(_) => {}
        Reading::Known(repositories) => {
            for repository in repositories {
                text += &format!("  PackageRepository/{}\n", words::package::repository(repository));
                if !repository.error.is_empty() {
                    text += &format!("      {}\n", repository.error);
                }
            }
        }
        other => text += &unknown("PackageRepositories", other),
    }
    match &packages.applications {
        Reading::Absent(_) => {}
        Reading::Known(applications) => {
            for application in &applications.not_ready {
                text += &format!("  application {}\n", words::package::not_ready(application));
            }
        }
        other => text += &unknown("applications", other),
    }
    text
}

fn unknown<T>(what: &str, reading: &Reading<T>) -> String {
    format!("  {what}: unknown ({})\n", reading.why_unknown().unwrap_or_default())
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.map(|line| format!("  {line}\n")).collect();
    if !lines.is_empty() {
        *text += &format!("\n{title}:\n{}", lines.concat());
    }
}
