//! The texts of `dhctl registry prune`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use commands::{Dhctl, Registry, Sentence};
use mirror::prune::{Applied, PlanFile};

use crate::{
    format::{count, human, wrapped},
    settings::PruneSettings,
};

/// The width of the names of lines, with the space behind them.
const INDENT: usize = 11;

/// A plan that is written to `file`.
pub(super) fn planned(plan: &PlanFile, file: &str, settings: &PruneSettings) -> String {
    let mut text = kept(plan);
    for removed in &plan.remove {
        let _ = writeln!(
            text,
            "remove     {}: {}, {} that nothing else uses",
            removed.release,
            count(removed.manifests, "manifest"),
            human(removed.bytes)
        );
    }
    let _ =
        writeln!(text, "frees      {} after the garbage collection of the registry", human(plan.freed_bytes));
    text += &elsewhere(plan);
    let _ = writeln!(text, "plan       {file}");
    let apply = Registry::PruneApply {
        registry: plan.registry.clone(),
        plan: file.to_owned(),
        contexts: plan.rule.clusters.iter().cloned().collect(),
        kubeconfig: settings.kubeconfig(),
        connection: Box::new(settings.registry_connection()),
    };
    let steps = [Sentence::from("review the plan"), Sentence::default().command(Dhctl::from(apply))];
    text + &settings.output.next_steps(&steps)
}

/// A plan by which nothing goes.
pub(super) fn nothing(plan: &PlanFile) -> String {
    kept(plan) + "nothing to remove: every image is used by something that is kept\n"
}

/// What was done.
pub(super) fn applied(plan: &PlanFile, applied: Applied) -> String {
    let releases: BTreeSet<&str> = plan.remove.iter().map(|it| it.release.as_str()).collect();
    let absent = match applied.absent {
        0 => String::new(),
        absent => format!("; {} no longer existed", count(absent, "manifest")),
    };
    let mut text = format!(
        "deleted    {} of {}{absent}\n",
        count(applied.deleted, "manifest"),
        releases.into_iter().collect::<Vec<_>>().join(", ")
    );
    let _ =
        writeln!(text, "frees      {} after the garbage collection of the registry", human(plan.freed_bytes));
    text += &elsewhere(plan);
    text + GARBAGE
}

fn kept(plan: &PlanFile) -> String {
    let mut text = format!("registry   {}\n", plan.registry);
    for kept in &plan.keep {
        text += &wrapped(&format!("keep       {}: ", kept.release), INDENT, &kept.because);
    }
    let mut by_tag: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for image in &plan.kept_images {
        by_tag.entry(&image.because).or_default().push(&image.release);
    }
    for (tag, releases) in by_tag {
        let (number, releases) = (releases.len(), BTreeSet::from_iter(releases));
        let of: Vec<&str> = releases.into_iter().collect();
        let begin = format!("keep       {} of {}: ", count(number, "image"), of.join(", "));
        text += &wrapped(&begin, INDENT, &[tag.to_owned()]);
    }
    text + "keep       modules, packages, databases, and every other tag\n"
}

fn elsewhere(plan: &PlanFile) -> String {
    match plan.used_elsewhere_bytes {
        0 => String::new(),
        bytes => format!("stays      {}, because kept images use this data too\n", human(bytes)),
    }
}

/// What an administrator has to do.
const GARBAGE: &str = "\
The registry frees the space only when its garbage collection runs. Data
that other repositories also use is kept.
  Docker distribution: stop writes (read-only mode), run
    registry garbage-collect /etc/docker/registry/config.yml
    (Debian: docker-registry garbage-collect ...), then restart the registry,
    whose cache still has the old data
  Harbor: Administration > Clean Up > Garbage Collection; data that is not
    older than 2 hours stays (the default), so run it 2 hours later
  Nexus: the tasks 'Docker - Delete unused manifests and images' and
    'Admin - Compact blob store'
";
