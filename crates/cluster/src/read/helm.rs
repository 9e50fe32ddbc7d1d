//! What Helm releases consist of: the Secrets that Helm keeps its releases in.

use std::io::{self, BufReader, Read};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::read::GzDecoder;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, api::ListParams};
use serde::Deserialize;

use super::{list::Bound, refusal::unread};
use crate::{Obstacle, Reading, access::Cluster, safe_text};

/// Secrets a page: one may have a megabyte.
const PAGE: u32 = 10;
/// No release unpacks to more bytes: its Secret has one megabyte at most, and text shrinks to about a tenth. A Secret of
/// kilobytes can unpack to gigabytes.
const LARGEST: u64 = 32 << 20;
/// No release has more objects.
const MOST_OBJECTS: usize = 10_000;
/// What is kept of all releases together, in bytes.
const MOST_KEPT: usize = 64 << 20;

/// An object in a Helm release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HelmUse {
    /// Namespace of the release.
    pub namespace: String,
    /// Name of the release.
    pub release: String,
    /// `apiVersion` as the chart wrote it.
    pub api_version: String,
    /// Kind of the object.
    pub kind: String,
    /// Name of the object.
    pub name: String,
}

/// The objects of all Helm releases that are deployed, in all namespaces. A release that cannot be read is `Malformed`
/// and ends it: what is in it is not known.
pub async fn helm_objects(cluster: &Cluster) -> Reading<Vec<HelmUse>> {
    let secrets: Api<Secret> = Api::all(cluster.client.clone());
    let mut params = ListParams::default()
        .fields("type=helm.sh/release.v1")
        .labels("owner=helm,status=deployed")
        .limit(PAGE);
    let mut found = Vec::new();
    let mut bound = Bound::default();
    let mut kept = 0;
    loop {
        let page = match secrets.list(&params).await {
            Ok(page) => page,
            Err(error) => return unread(error.into()),
        };
        if let Err(error) = bound.page(page.items.len(), "Helm releases") {
            return unread(error);
        }
        for secret in page.items {
            let mut read = objects_of(&secret);
            if let Ok(objects) = &read {
                kept += objects.iter().map(HelmUse::size).sum::<usize>();
                if kept > MOST_KEPT {
                    let limit = MOST_KEPT >> 20;
                    read =
                        Err(format!("the objects of all Helm releases take more than {limit} MiB together"));
                }
            }
            match read {
                Ok(objects) => found.extend(objects),
                Err(why) => {
                    let part = |name: Option<String>| safe_text::name(&name.unwrap_or_default());
                    let place = format!("{}/{}", part(secret.metadata.namespace), part(secret.metadata.name));
                    let why = safe_text::foreign(&why);
                    return Reading::Unreadable(Obstacle::Malformed(format!("Secret {place}: {why}")));
                }
            }
        }
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params.continue_token = Some(token),
            None => return Reading::Known(found),
        }
    }
}

/// What of Helm's own record matters.
#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    name: String,
    #[serde(default)]
    manifest: String,
}

fn objects_of(secret: &Secret) -> Result<Vec<HelmUse>, String> {
    let data = secret.data.as_ref().and_then(|data| data.get("release")).ok_or("it has no key 'release'")?;
    let zipped = STANDARD.decode(&data.0).map_err(|error| error.to_string())?;
    // Read as it is unpacked: of the record, which has the chart's files too, only the manifest stays in memory.
    let json = BufReader::new(Unpacked { zipped: GzDecoder::new(&*zipped), left: LARGEST });
    let record: Record = serde_json::from_reader(json).map_err(|error| error.to_string())?;
    let namespace = safe_text::name(secret.metadata.namespace.as_deref().unwrap_or_default());
    let release = safe_text::name(&record.name);
    let mut objects = objects_in(&record.manifest)?;
    for object in &mut objects {
        object.namespace.clone_from(&namespace);
        object.release.clone_from(&release);
    }
    Ok(objects)
}

/// What comes out of a Secret, up to the limit.
struct Unpacked<R> {
    zipped: R,
    left: u64,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.zipped.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            io::Error::other(format!(
                "the release unpacks to more than {} MiB: it is not read",
                LARGEST >> 20
            ))
        })?;
        Ok(read)
    }
}

impl HelmUse {
    /// Bytes in memory, about.
    fn size(&self) -> usize {
        let texts = [&self.namespace, &self.release, &self.api_version, &self.kind, &self.name];
        size_of::<Self>() + texts.iter().map(|text| text.len()).sum::<usize>()
    }
}

/// Line by line: Helm writes manifests in block style, and of each document three lines are wanted. That way a document that no
/// YAML reader takes hides nothing of the others.
fn objects_in(manifest: &str) -> Result<Vec<HelmUse>, String> {
    let mut objects = Vec::new();
    let mut object = HelmUse::default();
    let mut in_metadata = false;
    for line in manifest.lines().chain(["---"]) {
        if line.starts_with("---") {
            let done = std::mem::take(&mut object);
            in_metadata = false;
            if !done.api_version.is_empty() {
                if objects.len() == MOST_OBJECTS {
                    return Err(format!("the release has more than {MOST_OBJECTS} objects: it is not read"));
                }
                objects.push(done);
            }
        } else if let Some(value) = line.strip_prefix("apiVersion:") {
            object.api_version = scalar(value);
        } else if let Some(value) = line.strip_prefix("kind:") {
            object.kind = scalar(value);
        } else if !line.starts_with([' ', '#']) && !line.is_empty() {
            in_metadata = line.trim_end() == "metadata:";
        } else if let Some(value) = line.trim_start().strip_prefix("name:").filter(|_| in_metadata)
            && object.name.is_empty()
        {
            object.name = scalar(value);
        }
    }
    Ok(objects)
}

fn scalar(text: &str) -> String {
    let bare = text.split(" #").next().unwrap_or_default().trim();
    safe_text::name(bare.trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use flate2::{Compression, write::GzEncoder};
    use k8s_openapi::ByteString;

    use super::*;

    fn secret(record: impl Read) -> Secret {
        let mut zipped = GzEncoder::new(Vec::new(), Compression::best());
        io::copy(&mut BufReader::new(record), &mut zipped).unwrap();
        let data = STANDARD.encode(zipped.finish().unwrap()).into_bytes();
        Secret { data: Some([("release".to_owned(), ByteString(data))].into()), ..Secret::default() }
    }

    #[test]
    fn a_decompression_bomb_is_not_read() {
        let repeated = |end: &'static str, text: u8, count: u64| {
            Cursor::new("{\"name\":\"x\",\"manifest\":\"")
                .chain(io::repeat(text).take(count))
                .chain(Cursor::new(end))
        };
        let bomb = secret(repeated("\"}", b'a', 1 << 28));
        assert!(bomb.data.as_ref().unwrap()["release"].0.len() < 1 << 20, "it is small");
        let before = peak();
        let why = objects_of(&bomb).unwrap_err();
        assert!(why.contains("unpacks to more than 32 MiB"), "{why}");
        assert!(peak() - before < 150 << 10, "{} KiB", peak() - before);
        // What is skipped counts too.
        let skipped =
            Cursor::new("{\"chart\":\"").chain(io::repeat(b'a').take(LARGEST)).chain(Cursor::new("\"}"));
        assert!(objects_of(&secret(skipped)).unwrap_err().contains("32 MiB"));
        assert_eq!(objects_of(&secret(repeated("\"}", b'a', 1 << 20))), Ok(Vec::new()));
    }

    /// The most memory that this process has had, in KiB.
    fn peak() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[test]
    fn a_release_of_too_many_objects_is_not_read() {
        let manifest = |count| "apiVersion: v1\nkind: A\n---\n".repeat(count);
        assert_eq!(objects_in(&manifest(MOST_OBJECTS)).unwrap().len(), MOST_OBJECTS);
        let why = objects_in(&manifest(MOST_OBJECTS + 1)).unwrap_err();
        assert_eq!(why, "the release has more than 10000 objects: it is not read");
        let long = format!("apiVersion: v1\nkind: {}\n", "k".repeat(1 << 20));
        assert!(objects_in(&long).unwrap()[0].kind.len() < 260);
    }

    #[test]
    fn objects_of_a_manifest() {
        let manifest = "---\n# Source: shop/templates/a.yaml\napiVersion: policy/v1beta1 # old\nkind: PodDisruptionBudget\n\
                        metadata:\n  labels:\n    app: x\n  name: \"front\"\nspec:\n  selector:\n    name: other\n\
                        ---\nkind: 'Ingress'\nmetadata:\n  name: web\napiVersion: \"extensions/v1beta1\"\n---\n# empty\n";
        let found: Vec<String> = objects_in(manifest)
            .unwrap()
            .into_iter()
            .map(|it| format!("{} {} {}", it.api_version, it.kind, it.name))
            .collect();
        assert_eq!(found, ["policy/v1beta1 PodDisruptionBudget front", "extensions/v1beta1 Ingress web"]);
    }
}
