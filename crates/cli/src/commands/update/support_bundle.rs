//! `dhctl update support-bundle`: what support asks for, in one file, without secrets.

mod archive;
mod contents;

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use cluster::{
    ClusterState, Timestamp,
    access::Cluster,
    doctor::{RegistryCheck, diagnose, read as read_details},
    health::{Blockers, Health},
    read,
    status::{NothingRead, Status},
    support::{Collection, Content, LogEnd, Parts, collect},
};
use serde::Serialize;
use serde_json::Value;

use self::contents::Contents;
use super::{
    changes::{cluster_flags, on_cluster},
    connection::reach,
    consent,
    doctor::{Document, Unclear},
    status::{StatusDocument, nothing_read},
};
use crate::{
    Environment,
    args::SupportBundleArgs,
    failure::Failure,
    invocation::Invocation,
    printer::{self, Printer},
    result_file::{self, Readers},
    settings::Output,
};

const NAME: &str = "update support-bundle";

/// What is read of a log of ours at the same time, in bytes.
const PIECE: usize = 64 << 10;

/// The result.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    /// The file; `None` after a dry run.
    file: Option<String>,
    /// Its size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<usize>,
    #[serde(flatten)]
    contents: &'a Contents,
}

pub(crate) fn invocation(args: SupportBundleArgs, environment: Environment) -> Invocation {
    let (output, flags) = (Output::from(&args.output), cluster_flags(&args.cluster));
    on_cluster(NAME, output, flags, run(args, environment))
}

async fn run(args: SupportBundleArgs, environment: Environment) -> Result<(), Failure> {
    if let Some(path) = &args.out {
        result_file::is_free(path, "name another file with --out")?;
    }
    let logs = own_logs(&args.dhctl_log)?;
    let cluster = reach(&args.cluster, &environment).await?;
    let state = read::snapshot(&cluster).await;
    if let Some(nothing) = NothingRead::of(&state) {
        return Err(Failure { after_result: false, ..nothing_read(&cluster, &nothing).await });
    }
    let now = Timestamp::now();
    let mut collection = collect(&cluster, &state).await;
    add_reports(&mut collection, &cluster, &state, &args, now).await;
    for (number, log) in logs.into_iter().enumerate() {
        collection.add_log(&format!("dhctl-{}.log", number + 1), &log);
    }
    let parts = collection.finish();
    let contents = Contents::of(&parts, &cluster.name, &cluster.server, now);
    let printer = Printer::new(&args.output);
    let Some(path) = args.out.as_ref().filter(|_| !args.dry_run) else {
        let nothing = Written { file: None, size: None, contents: &contents };
        let text = contents.text() + "nothing was written (--dry-run)\n";
        return printer.result(NAME, &nothing, &text);
    };
    printer::say("contents", contents.text().trim_end());
    let question = format!("write this to {}?", path.display());
    let refused = "not confirmed; nothing was written";
    consent::ask_or(&question, args.consent, &environment, refused).await?;
    let size = write(path, &parts, &contents, now)?;
    let written = Written { file: Some(path.display().to_string()), size: Some(size), contents: &contents };
    let text = format!(
        "written      {}, {size} bytes\nRead it before you send it: secrets are found by rules, and a rule may miss one.\n",
        path.display()
    );
    printer.result(NAME, &written, &text)
}

/// The ends of these logs.
fn own_logs(paths: &[PathBuf]) -> Result<Vec<String>, Failure> {
    let end = |path: &PathBuf| {
        let (mut file, mut end, mut piece) = (File::open(path)?, LogEnd::default(), vec![0; PIECE]);
        loop {
            match file.read(&mut piece)? {
                0 => return Ok(end.text()),
                length => end.add(&piece[..length]),
            }
        }
    };
    paths.iter().map(|path| end(path).map_err(|error| Failure::file(path, &error))).collect()
}

/// What `update status` and `update doctor` say, without a request to the registry.
async fn add_reports(
    collection: &mut Collection,
    cluster: &Cluster,
    state: &ClusterState,
    args: &SupportBundleArgs,
    now: Timestamp,
) {
    let flags = cluster_flags(&args.cluster);
    let health = Health::of(state, &Blockers::of(state, now), now);
    let status = StatusDocument::of(&Status::of(state, now), &health, &flags);
    add_document(collection, "status.json", &status);
    let mut details = read_details(cluster, state).await;
    details.registry = RegistryCheck::NotAsked("a support bundle is made without asking the registry".into());
    let report = diagnose(state, &details, now);
    add_document(collection, "doctor.json", &Document { report, unclear: Unclear::of(state), flags });
}

fn add_document(collection: &mut Collection, path: &str, document: &impl Serialize) {
    match serde_json::to_value(document) {
        Ok(value) => collection.add(path, Content::Json(value)),
        Err(error) => collection.leave_out(path, error.to_string()),
    }
}

/// Writes the archive; its size.
fn write(path: &Path, parts: &Parts, contents: &Contents, now: Timestamp) -> Result<usize, Failure> {
    let list: Value = serde_json::to_value(contents).map_err(Failure::internal)?;
    let bytes = archive::of(parts, &list, now).map_err(|error| Failure::file(path, &error))?;
    result_file::write_new(path, &bytes, Readers::Owner)?;
    Ok(bytes.len())
}
