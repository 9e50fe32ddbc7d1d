//! Objects as plain JSON, for tests: any kind, written with its status.

use anyhow::Context as _;
use kube::{
    Api, Client, Config,
    api::{DynamicObject, Patch, PatchParams, PostParams},
    config::AuthInfo,
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};

use super::runtime::runtime;

/// The name under which the test kit owns fields in a server-side apply.
const OWNER: &str = "testkit";

/// The API as one user.
#[derive(Clone)]
pub struct Objects {
    client: Client,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Objects").finish_non_exhaustive()
    }
}

impl Objects {
    pub(crate) fn new(url: &str, ca_pem: Option<&str>, token: Option<String>) -> anyhow::Result<Self> {
        let mut config = Config::new(url.parse()?);
        if let Some(pem) = ca_pem {
            config.root_cert = Some(vec![pem_to_der(pem)?]);
        }
        config.auth_info = AuthInfo { token: token.map(Into::into), ..AuthInfo::default() };
        let _inside = runtime().enter();
        Ok(Self { client: Client::try_from(config)? })
    }

    /// The client, for whatever is not here.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// The objects of a kind, as `("deckhouse.io/v1alpha1", "DeckhouseRelease", None)`; those of a
    /// namespace if one is given.
    pub fn api(&self, api_version: &str, kind: &str, namespace: Option<&str>) -> Api<DynamicObject> {
        let resource = resource(api_version, kind);
        match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }

    /// Creates or changes an object so that it is as given, and its status with it. The object must have
    /// `apiVersion`, `kind` and `metadata.name`; with `metadata.namespace` it lies in one.
    ///
    /// What an earlier call gave and this one leaves out is removed, but for the status, where only what is
    /// given changes. What others have written (`approved`, annotations) stays.
    ///
    /// # Errors
    /// If the object has no name or the API refuses it.
    pub async fn put(&self, object: &Value) -> anyhow::Result<()> {
        let text = |value: &Value, what: &str| {
            let text = value.as_str().map(str::to_owned);
            text.with_context(|| format!("an object without {what}: {object}"))
        };
        let (version, kind) = (text(&object["apiVersion"], "apiVersion")?, text(&object["kind"], "kind")?);
        let name = text(&object["metadata"]["name"], "a name")?;
        let api = self.api(&version, &kind, object["metadata"]["namespace"].as_str());
        let mut body = object.clone();
        let status = body.as_object_mut().and_then(|fields| fields.remove("status"));
        let owner = PatchParams::apply(OWNER).force();
        api.patch(&name, &owner, &Patch::Apply(&body)).await.with_context(|| format!("{kind} {name}"))?;
        if let Some(status) = status {
            let patch = Patch::Merge(json!({ "status": status }));
            let status = api.patch_status(&name, &PatchParams::default(), &patch).await;
            status.with_context(|| format!("the status of {kind} {name}"))?;
        }
        Ok(())
    }

    /// Creates a release as a dry run: the webhooks are asked, nothing is written.
    pub(crate) async fn probe(&self) -> kube::Result<()> {
        let (version, kind) = ("deckhouse.io/v1alpha1", "DeckhouseRelease");
        let mut release = DynamicObject::new("probe", &resource(version, kind));
        release.data = json!({ "spec": { "version": "v0.0.0" } });
        let dry = PostParams { dry_run: true, ..PostParams::default() };
        self.api(version, kind, None).create(&dry, &release).await.map(drop)
    }

    /// [`Objects::put`] for each document of a YAML text.
    ///
    /// # Errors
    /// As [`Objects::put`], and if the text is not YAML.
    pub async fn put_yaml(&self, text: &str) -> anyhow::Result<()> {
        for document in serde_saphyr::from_multiple::<Value>(text)? {
            self.put(&document).await?;
        }
        Ok(())
    }
}

/// A kind of an API version, with its plural derived.
pub(super) fn resource(api_version: &str, kind: &str) -> ApiResource {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind))
}

fn pem_to_der(pem: &str) -> anyhow::Result<Vec<u8>> {
    use rustls::pki_types::{CertificateDer, pem::PemObject as _};
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes());
    Ok(certificate.map_err(|error| anyhow::anyhow!("{error:?}"))?.to_vec())
}
