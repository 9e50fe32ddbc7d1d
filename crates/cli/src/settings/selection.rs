//! What the flags of `dhctl mirror pull` select.

use deckhouse::{Channel, select, version::parse_tag};
use mirror::{
    Modules, Request,
    discover::{Installer, Plugins},
};

use super::{WantSettings, modules};
use crate::{args::PullFlags, failure::Failure};

/// The selection, by flags or by a want list.
///
/// # Errors
/// If the flags together select nothing.
pub(super) fn request(flags: &PullFlags, want: Option<&WantSettings>) -> Result<Request, Failure> {
    let mut select = select::Request {
        min: flags.min_version,
        max: flags.max_version,
        releases: flags.release.clone(),
        channels: flags.channel.clone(),
        excluded: flags.exclude_channel.clone(),
        point_channel: flags.point_channel,
        ignore_suspend: flags.ignore_suspend,
        chain: want.map(|want| want.needs.chain.clone()),
    };
    let mut builds = Vec::new();
    for tag in &flags.tag {
        match (parse_tag(tag.as_str()), tag.as_str().parse::<Channel>()) {
            (Some(version), _) => select.releases.push(version),
            (None, Ok(channel)) => select.channels.push(channel),
            (None, Err(_)) => builds.push(tag.clone()),
        }
    }
    let request = Request {
        select,
        builds,
        proxy_registry: flags.proxy_registry,
        modules: match want {
            Some(want) => want.modules(&flags.modules.exclude_module),
            None if flags.no_modules => Modules::Nothing,
            None => modules::selected(flags.modules.clone()),
        },
        packages: match want {
            _ if flags.no_packages => Modules::Nothing,
            Some(want) => want.packages(&flags.exclude_package),
            None => modules::packages(flags.include_package.clone(), flags.exclude_package.clone()),
        },
        plugins: if flags.no_plugins || flags.only_extra_images {
            Plugins::Nothing
        } else {
            Plugins::Needed {
                named: modules::by_name(flags.include_plugin.clone()),
                wanted: want.map(|want| want.needs.plugins.clone()).unwrap_or_default(),
            }
        },
        no_security_databases: flags.no_security_db || want.is_some_and(|want| !want.needs.databases),
        no_platform: flags.no_platform,
        only_extra_images: flags.only_extra_images,
        installer: match &flags.installer_tag {
            Some(tag) => Installer::Tag(tag.clone()),
            // Clusters that run need no installer.
            None if flags.no_installer || flags.only_extra_images || want.is_some() => Installer::Nothing,
            None => Installer::IfThere,
        },
        ..Request::default()
    };
    let without_platform = request.no_platform || request.only_extra_images;
    let has_other = request.modules != Modules::Nothing
        || request.packages != Modules::Nothing
        || !flags.include_plugin.is_empty()
        || !request.no_security_databases
        || request.installer != Installer::Nothing;
    if without_platform && !has_other {
        return Err(Failure::usage("the flags leave out everything").hint(remove_one_of(flags)));
    }
    Ok(request)
}

/// The hint for flags that leave out everything: those of them that are given.
fn remove_one_of(flags: &PullFlags) -> String {
    let given = [
        (flags.no_platform, "--no-platform"),
        (flags.only_extra_images, "--only-extra-images"),
        (flags.no_modules, "--no-modules"),
        (flags.no_packages, "--no-packages"),
        (flags.no_security_db, "--no-security-db"),
        (flags.no_installer, "--no-installer"),
    ];
    let given: Vec<&str> =
        given.into_iter().filter(|(is_given, _)| *is_given).map(|(_, flag)| flag).collect();
    // Plugins are pulled for modules, so without modules only those that are named.
    let plugins =
        if flags.no_plugins { ", or use --include-plugin NAME instead of --no-plugins" } else { "" };
    format!("remove one of {}{plugins}", given.join(", "))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command, MirrorCommand};

    #[test]
    fn the_hint_names_the_flags_that_are_given() {
        for (flags, expected) in [
            (
                &["--no-platform", "--no-modules", "--no-packages", "--no-security-db", "--no-installer"][..],
                "remove one of --no-platform, --no-modules, --no-packages, --no-security-db, --no-installer",
            ),
            (
                &[
                    "--no-platform",
                    "--no-modules",
                    "--no-packages",
                    "--no-plugins",
                    "--no-security-db",
                    "--no-installer",
                ],
                "remove one of --no-platform, --no-modules, --no-packages, --no-security-db, --no-installer, or use \
                 --include-plugin NAME instead of --no-plugins",
            ),
        ] {
            let args = ["dhctl", "mirror", "pull", "-i", "d8.tar"].iter().chain(flags);
            let Command::Mirror(args) = Cli::try_parse_from(args).unwrap().command else { panic!() };
            let Some(MirrorCommand::Pull(args)) = args.command else { panic!() };
            let failure = request(&args.flags, None).unwrap_err();
            assert_eq!(failure.hints, [expected.into()], "{flags:?}");
        }
    }
}
