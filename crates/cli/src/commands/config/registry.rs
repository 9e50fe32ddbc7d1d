//! `dhctl config registry`

use std::collections::BTreeSet;

use ::bundle::Bundle;
use commands::{Command, Kubectl, Resource};
use deckhouse::manifests::{
    ExpectedImages, Managed, RegistryMode, Scheme, SettingsForm, Storage, Upstream, UpstreamLogin,
    write_registry_settings,
};
use mirror::Contents;
use oci::Digest;

use super::access;
use crate::{
    args::RegistryModeName as Name,
    failure::Failure,
    invocation::Invocation,
    printer,
    settings::{Output, RegistryModeSettings},
};

pub(crate) fn invocation(settings: Result<RegistryModeSettings, Failure>) -> Invocation {
    Invocation::immediate("config registry", Output::plain(), move || run(&settings?))
}

fn run(settings: &RegistryModeSettings) -> Result<(), Failure> {
    let ca = access::certificates(&settings.ca_files)?;
    let login = match settings.registry.as_ref().filter(|_| settings.has_upstream()) {
        Some(registry) => access::login(&registry.host, &settings.login)?,
        None => None,
    };
    let upstream = || {
        let repository = settings.registry.as_ref().ok_or_else(|| {
            let hint = match settings.mode {
                Name::Managed => {
                    "name it with --registry; for a cluster without one, name the bundle with --bundle"
                }
                _ => "name it with --registry",
            };
            Failure::usage(format!("mode {} requires a registry", settings.mode.name())).hint(hint)
        })?;
        Ok::<_, Failure>(Upstream {
            repository,
            login: login
                .as_ref()
                .map(|it| UpstreamLogin { username: &it.login, password: it.password.expose() }),
            scheme: if settings.plain_http { Scheme::Http } else { Scheme::Https },
            ca: ca.as_deref(),
        })
    };
    let storage = Storage { size: settings.storage_size.as_deref() };
    let mode = match settings.mode {
        Name::Unmanaged => RegistryMode::Unmanaged(upstream()?),
        Name::Direct => RegistryMode::Direct(upstream()?),
        Name::Proxy => RegistryMode::Proxy(upstream()?),
        Name::Local => RegistryMode::Local,
        Name::Managed => RegistryMode::Managed(if settings.has_upstream() {
            let cache = (settings.cache || settings.storage_size.is_some()).then_some(storage);
            Managed::Upstream { upstream: upstream()?, cache }
        } else {
            Managed::AirGapped { storage, expected: expected(settings)? }
        }),
    };
    let form = if settings.patch { SettingsForm::Patch } else { SettingsForm::Object };
    access::print(&write_registry_settings(&mode, form)?, &settings.file)?;
    for note in notes(settings) {
        printer::note(&format!("note: {note}"));
    }
    if let Some(path) = &settings.file.path {
        let file = path.display().to_string();
        let next = if settings.patch {
            Kubectl::PatchFile { resource: Resource::ModuleConfig, name: "deckhouse".to_owned(), file }
        } else {
            Kubectl::Apply(file)
        };
        printer::note(&format!("next: {}", Command::kubectl(next)));
    }
    Ok(())
}

/// What the storage is expected to have: the images of the bundle, each digest once.
fn expected(settings: &RegistryModeSettings) -> Result<ExpectedImages, Failure> {
    let bundle = Bundle::open(&settings.bundle)?;
    let contents = Contents::read(&bundle)?;
    let images: BTreeSet<&Digest> =
        contents.repositories.iter().flat_map(|it| it.tags.values().chain(&it.untagged)).collect();
    let name = settings.bundle.first().and_then(|path| path.file_stem()).unwrap_or_default();
    Ok(ExpectedImages {
        bundle_ref: name.to_string_lossy().into_owned(),
        expected_digests: images.len() as u64,
    })
}

/// What the settings do not say. From the module's own documentation.
fn notes(settings: &RegistryModeSettings) -> Vec<&'static str> {
    let mut notes = Vec::new();
    match settings.mode {
        Name::Unmanaged => {
            notes.push("each change of these settings restarts all components of the platform");
        }
        Name::Direct | Name::Proxy | Name::Local => {
            notes.push("the first switch from Unmanaged restarts all components of the platform");
        }
        Name::Managed => {}
    }
    match settings.mode {
        Name::Local => notes.push(
            "push the bundle to registry.PUBLIC_DOMAIN/system/deckhouse, with the login in Secret \
             d8-system/registry-user-rw (name, password)",
        ),
        Name::Managed if !settings.bundle.is_empty() => notes.push(
            "push the bundle before you apply this: to registry.PUBLIC_DOMAIN/system/deckhouse, with the login in \
             Secret d8-system/registry-storage-push (username, password)",
        ),
        _ => {}
    }
    if !settings.patch && settings.mode != Name::Managed {
        notes.push("in a running cluster, use --patch: other settings of ModuleConfig/deckhouse are kept");
    }
    notes
}
