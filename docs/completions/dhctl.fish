# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_dhctl_global_optspecs
    string join \n log= log-file= h/help V/version
end

function __fish_dhctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_dhctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_dhctl_using_subcommand
    set -l cmd (__fish_dhctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c dhctl -n "__fish_dhctl_needs_command" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_needs_command" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_needs_command" -s V -l version -d 'Print version'
complete -c dhctl -n "__fish_dhctl_needs_command" -f -a "mirror" -d 'Pull a distribution into a bundle, or push a bundle into a private registry'
complete -c dhctl -n "__fish_dhctl_needs_command" -f -a "mirror-modules" -d 'Pull modules into archives of their own, or push them into a private registry'
complete -c dhctl -n "__fish_dhctl_needs_command" -f -a "bundle" -d 'Inspect, verify, split and join bundles; make thin bundles full'
complete -c dhctl -n "__fish_dhctl_needs_command" -f -a "registry" -d 'Check the private registry, set it up, show what it contains, and remove old releases'
complete -c dhctl -n "__fish_dhctl_needs_command" -f -a "config" -d 'Print the registry and proxy configuration for a cluster in an air-gapped environment'
complete -c dhctl -n "__fish_dhctl_needs_command" -f -a "update" -d 'Update the platform in a cluster: check, prepare, approve, watch'
complete -c dhctl -n "__fish_dhctl_needs_command" -f -a "version" -d 'Print the version, the commit and the build options'
complete -c dhctl -n "__fish_dhctl_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -s i -l images-bundle-path -d 'The bundle: written by a pull, read by a push. The name must end in .tar. A push also accepts a directory of archives, as "d8 mirror pull" writes them. If parts of the bundle are in several directories, repeat the flag, once for each directory. Required, unless the file of --config names it' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l config -d 'Read what to pull, and how to write the bundle, from this delivery file. Flags and variables replace what the file sets: a flag replaces its own key and every key that it cannot be used with' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l source -d 'Registry to pull from, HOST[:PORT]/PATH' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l source-login -d 'User name for --source' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l source-password -d 'Password for --source; with --source-login it takes precedence over --license' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l source-password-file -d 'Read the password for --source from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -s l -l license -d 'License key: the password of the user "license-token"' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l license-file -d 'Read the license key from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l want -d 'Pull what the clusters in this want list need ("dhctl update want" writes it): the releases from the running one to the target, enabled modules, packages, plugins, databases, and modules that these releases require. Blobs of the images under "held" in the list are left out, so the bundle is thin' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -s v -l min-version -d 'Oldest release to pull, X.Y or X.Y.Z; has no effect if it is newer than the release of the channel rock-solid' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l max-version -d 'Newest release to pull, X.Y (with all its patches) or X.Y.Z; channels that point to a newer release are left out' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l release -d 'Pull exactly this release (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l tag -l deckhouse-tag -d 'Pull the build of the platform with this tag, such as pr123 (repeatable). For a version or a release channel, the same as --release or --channel' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l channel -d 'Pull only the release that this release channel points to (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l exclude-channel -d 'Leave out this release channel (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l point-channel -d 'In the bundle, point this release channel to the newest release that is pulled' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l installer-tag -d 'Pull the standalone installer with this tag instead of "latest"; the source must have it' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l lock -d 'Write what is pulled to this file: each image with its digest, for --locked' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l locked -d 'Pull exactly the images that this file of --lock names, wherever their tags point now' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l include-module -d 'Pull only the modules that are named with this flag, whether or not the source lists them (repeatable). NAME: the versions that its channels point to. NAME@^1.2 or \'NAME@>=1.2 <2\': also the latest patch of each minor in the range. NAME@=v1.3.5: exactly that version. NAME@=v1.3.5+stable: also point that channel to it' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l exclude-module -d 'Leave out this module (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -s f -l modules-filter -d 'The older way to name modules, separated by ";". NAME:v1.2.3: every version from v1.2.3 on. NAME:CHANNEL: the version that this channel points to' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l include-package -d 'Pull only the packages that are named with this flag, whether or not the source lists them (repeatable); the values are the same as for --include-module' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l exclude-package -d 'Leave out this package (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l include-plugin -d 'Pull this plugin of the d8 CLI too (repeatable): its newest version, the newest version that the constraint allows, or exactly the version of NAME@=VERSION. Plugins for the pulled modules are pulled without this flag' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -s c -l images-bundle-chunk-size -d 'Split the bundle into parts of at most this size: a number of GiB, or a size such as 200MB, 4GiB or fat32' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l bundle-format -d 'Format of the bundle: "tar" is one file; "d8" is a directory of archives, as "d8 mirror pull" writes them' -r -f -a "tar\t'One archive'
d8\t'A directory of archives'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l base -d 'Write a thin bundle, without the blobs that this earlier bundle had (repeatable): a bundle, or a file that "dhctl bundle digests" has written. A thin bundle can only be pushed to a registry that has these blobs' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l with-binary -d 'Copy this dhctl next to the bundle instead of the running one, for a machine with another operating system or architecture' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l image-list -d 'With --dry-run: write the list of images to this new file, a line for each: REPOSITORY[:TAG]@DIGEST' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l media-size -d 'With --dry-run: show how many USB drives or discs of this size the bundle needs; a number of GiB, or a size such as 32GB or 4700MB' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -s r -l registry -d 'Private registry, HOST[:PORT]/PATH; makes the command a push' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l expect-sum -d 'Push only if the bundle and the files next to it have this sum, which the pull printed: 64 hexadecimal digits, with or without spaces' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l allow-missing-module -d 'Accept that this module is missing, although a release (migratedModules) or another module requires it: it is disabled in your clusters, or your registry has it already (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -s u -l registry-login -d 'User name for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l parallel -d 'Maximum number of blobs to transfer at the same time; dhctl uses fewer while the network or the registry cannot keep up. If set, also the maximum number of other requests [default: 16]' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l retry-timeout -d 'Give up if the registry answers no request successfully for this time, for example during a restart or because of 429, 503 or read-only mode: a time such as 30s, 5m or 2h' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l ca-file -d 'File with certificates (PEM) to trust in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l client-cert -d 'File with the client certificate (PEM) for the registry, and those of its issuers; needs --client-key' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l client-key -d 'File with the private key (PEM) of --client-cert' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l print-config -d 'Print the delivery file for the given flags, variables and --config, and do nothing else. It never contains a login'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l proxy-registry -d 'The source is a proxy cache: do not rely on its tag lists, request each release by its tag'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l ignore-suspend -d 'Pull releases of suspended release channels too'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l no-platform -d 'Leave out the platform: its releases and release channels'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l only-extra-images -d 'Pull only the vulnerability databases and the extra images of modules and packages, such as the data of scanners'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l no-security-db -d 'Leave out the vulnerability databases'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l no-vex -l skip-vex-images -d 'Leave out the attestations of images (VEX)'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l no-installer -d 'Leave out the standalone installer'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l no-signatures -d 'Leave out signatures, SBOMs and other objects that are attached to images. Attestations (VEX, tags .att) are still pulled'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l no-modules -d 'Leave out all modules'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l no-packages -d 'Leave out all packages'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l no-plugins -d 'Leave out all plugins of the d8 CLI'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l gost-digest -d 'Write GOST R 34.11-2012 checksums of the bundle and of each part to .gostsum files'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l no-pull-resume -d 'Start over instead of resuming an interrupted pull'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l dry-run -d 'Only print what would be pulled: releases, images, bytes to download by part, size of the bundle, free disk space; with --verbose also each image'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l allow-incomplete -d 'Push a bundle even if objects that it refers to are missing; the exit code is still 3'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l deep -d 'Download and hash every blob that the registry already has, and upload damaged ones again'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -f -a "pull" -d 'Pull a distribution into a bundle'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -f -a "push" -d 'Push a bundle into a private registry, and read everything back'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from pull push verify" -f -a "verify" -d 'Compare a registry with a bundle: every tag, manifest and blob'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -s i -l images-bundle-path -d 'The bundle to write; the name must end in .tar. With --bundle-format d8, an existing directory. Required, unless the file of --config names it' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l config -d 'Read what to pull, and how to write the bundle, from this delivery file. Flags and variables replace what the file sets: a flag replaces its own key and every key that it cannot be used with' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l source -d 'Registry to pull from, HOST[:PORT]/PATH' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l source-login -d 'User name for --source' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l source-password -d 'Password for --source; with --source-login it takes precedence over --license' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l source-password-file -d 'Read the password for --source from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -s l -l license -d 'License key: the password of the user "license-token"' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l license-file -d 'Read the license key from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l want -d 'Pull what the clusters in this want list need ("dhctl update want" writes it): the releases from the running one to the target, enabled modules, packages, plugins, databases, and modules that these releases require. Blobs of the images under "held" in the list are left out, so the bundle is thin' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -s v -l min-version -d 'Oldest release to pull, X.Y or X.Y.Z; has no effect if it is newer than the release of the channel rock-solid' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l max-version -d 'Newest release to pull, X.Y (with all its patches) or X.Y.Z; channels that point to a newer release are left out' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l release -d 'Pull exactly this release (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l tag -l deckhouse-tag -d 'Pull the build of the platform with this tag, such as pr123 (repeatable). For a version or a release channel, the same as --release or --channel' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l channel -d 'Pull only the release that this release channel points to (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l exclude-channel -d 'Leave out this release channel (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l point-channel -d 'In the bundle, point this release channel to the newest release that is pulled' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l installer-tag -d 'Pull the standalone installer with this tag instead of "latest"; the source must have it' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l lock -d 'Write what is pulled to this file: each image with its digest, for --locked' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l locked -d 'Pull exactly the images that this file of --lock names, wherever their tags point now' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l include-module -d 'Pull only the modules that are named with this flag, whether or not the source lists them (repeatable). NAME: the versions that its channels point to. NAME@^1.2 or \'NAME@>=1.2 <2\': also the latest patch of each minor in the range. NAME@=v1.3.5: exactly that version. NAME@=v1.3.5+stable: also point that channel to it' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l exclude-module -d 'Leave out this module (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -s f -l modules-filter -d 'The older way to name modules, separated by ";". NAME:v1.2.3: every version from v1.2.3 on. NAME:CHANNEL: the version that this channel points to' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l include-package -d 'Pull only the packages that are named with this flag, whether or not the source lists them (repeatable); the values are the same as for --include-module' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l exclude-package -d 'Leave out this package (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l include-plugin -d 'Pull this plugin of the d8 CLI too (repeatable): its newest version, the newest version that the constraint allows, or exactly the version of NAME@=VERSION. Plugins for the pulled modules are pulled without this flag' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -s c -l images-bundle-chunk-size -d 'Split the bundle into parts of at most this size: a number of GiB, or a size such as 200MB, 4GiB or fat32' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l bundle-format -d 'Format of the bundle: "tar" is one file; "d8" is a directory of archives, as "d8 mirror pull" writes them' -r -f -a "tar\t'One archive'
d8\t'A directory of archives'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l base -d 'Write a thin bundle, without the blobs that this earlier bundle had (repeatable): a bundle, or a file that "dhctl bundle digests" has written. A thin bundle can only be pushed to a registry that has these blobs' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l with-binary -d 'Copy this dhctl next to the bundle instead of the running one, for a machine with another operating system or architecture' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l image-list -d 'With --dry-run: write the list of images to this new file, a line for each: REPOSITORY[:TAG]@DIGEST' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l media-size -d 'With --dry-run: show how many USB drives or discs of this size the bundle needs; a number of GiB, or a size such as 32GB or 4700MB' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l allow-missing-module -d 'Accept that this module is missing, although a release (migratedModules) or another module requires it: it is disabled in your clusters, or your registry has it already (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l parallel -d 'Maximum number of blobs to transfer at the same time; dhctl uses fewer while the network or the registry cannot keep up. If set, also the maximum number of other requests [default: 16]' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l retry-timeout -d 'Give up if the registry answers no request successfully for this time, for example during a restart or because of 429, 503 or read-only mode: a time such as 30s, 5m or 2h' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l ca-file -d 'File with certificates (PEM) to trust in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l client-cert -d 'File with the client certificate (PEM) for the registry, and those of its issuers; needs --client-key' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l client-key -d 'File with the private key (PEM) of --client-cert' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l print-config -d 'Print the delivery file for the given flags, variables and --config, and do nothing else. It never contains a login'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l proxy-registry -d 'The source is a proxy cache: do not rely on its tag lists, request each release by its tag'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l ignore-suspend -d 'Pull releases of suspended release channels too'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l no-platform -d 'Leave out the platform: its releases and release channels'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l only-extra-images -d 'Pull only the vulnerability databases and the extra images of modules and packages, such as the data of scanners'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l no-security-db -d 'Leave out the vulnerability databases'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l no-vex -l skip-vex-images -d 'Leave out the attestations of images (VEX)'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l no-installer -d 'Leave out the standalone installer'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l no-signatures -d 'Leave out signatures, SBOMs and other objects that are attached to images. Attestations (VEX, tags .att) are still pulled'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l no-modules -d 'Leave out all modules'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l no-packages -d 'Leave out all packages'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l no-plugins -d 'Leave out all plugins of the d8 CLI'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l gost-digest -d 'Write GOST R 34.11-2012 checksums of the bundle and of each part to .gostsum files'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l no-pull-resume -d 'Start over instead of resuming an interrupted pull'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l dry-run -d 'Only print what would be pulled: releases, images, bytes to download by part, size of the bundle, free disk space; with --verbose also each image'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from pull" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -s i -l images-bundle-path -d 'The bundle, by the name of the whole file even if it is in parts; or a directory of archives, as "d8 mirror pull" writes them. If its parts are in several directories, repeat the flag, once for each directory' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -s r -l registry -d 'Private registry, HOST[:PORT]/PATH' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l expect-sum -d 'Push only if the bundle and the files next to it have this sum, which the pull printed: 64 hexadecimal digits, with or without spaces' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l allow-missing-module -d 'Accept that this module is missing, although a release (migratedModules) or another module requires it: it is disabled in your clusters, or your registry has it already (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -s u -l registry-login -d 'User name for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l parallel -d 'Maximum number of blobs to transfer at the same time; dhctl uses fewer while the network or the registry cannot keep up. If set, also the maximum number of other requests [default: 16]' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l retry-timeout -d 'Give up if the registry answers no request successfully for this time, for example during a restart or because of 429, 503 or read-only mode: a time such as 30s, 5m or 2h' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l ca-file -d 'File with certificates (PEM) to trust in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l client-cert -d 'File with the client certificate (PEM) for the registry, and those of its issuers; needs --client-key' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l client-key -d 'File with the private key (PEM) of --client-cert' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l allow-incomplete -d 'Push a bundle even if objects that it refers to are missing; the exit code is still 3'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l deep -d 'Download and hash every blob that the registry already has, and upload damaged ones again'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from push" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -s i -l images-bundle-path -d 'The bundle, by the name of the whole file even if it is in parts; or a directory of archives, as "d8 mirror pull" writes them. If its parts are in several directories, repeat the flag, once for each directory' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l allow-missing-module -d 'Accept that this module is missing, although a release (migratedModules) or another module requires it: it is disabled in your clusters, or your registry has it already (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -s r -l registry -d 'Private registry, HOST[:PORT]/PATH' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -s u -l registry-login -d 'User name for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l parallel -d 'Maximum number of blobs to transfer at the same time; dhctl uses fewer while the network or the registry cannot keep up. If set, also the maximum number of other requests [default: 16]' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l retry-timeout -d 'Give up if the registry answers no request successfully for this time, for example during a restart or because of 429, 503 or read-only mode: a time such as 30s, 5m or 2h' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l ca-file -d 'File with certificates (PEM) to trust in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l client-cert -d 'File with the client certificate (PEM) for the registry, and those of its issuers; needs --client-key' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l client-key -d 'File with the private key (PEM) of --client-cert' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l deep -d 'Download and hash every blob instead of reading its last byte'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -s d -l modules-dir -d 'Directory of the modules: written by a pull, read by a push. A push also accepts image layouts in directories, as older versions of mirror-modules wrote them' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -s m -l module-source -d 'ModuleSource manifest of the modules to pull; makes the command a pull' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l source-login -d 'User name for the source; takes precedence over the one in the manifest. The flags for this login have no variables, so that the login of the platform\'s registry is not sent to another one' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l source-password -d 'Password for the source' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l source-password-file -d 'Read the password for the source from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -s l -l license -d 'License key: the password of the user "license-token"' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l license-file -d 'Read the license key from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l include-module -d 'Pull only the modules that are named with this flag, whether or not the source lists them (repeatable). NAME: the versions that its channels point to. NAME@^1.2 or \'NAME@>=1.2 <2\': also the latest patch of each minor in the range. NAME@=v1.3.5: exactly that version. NAME@=v1.3.5+stable: also point that channel to it' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l exclude-module -d 'Leave out this module (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -s f -l modules-filter -d 'The older way to name modules, separated by ";". NAME:v1.2.3: every version from v1.2.3 on. NAME:CHANNEL: the version that this channel points to' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -s c -l images-bundle-chunk-size -d 'Split each archive into parts of at most this size: a number of GiB, or a size such as 200MB, 4GiB or fat32' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -s r -l registry -d 'Private registry, HOST[:PORT]/PATH; each module is a repository directly below; makes the command a push' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -s o -l out -d 'Where to write the ModuleSource manifest for the cluster; it contains the login' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -s u -l registry-login -d 'User name for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l parallel -d 'Maximum number of blobs to transfer at the same time; dhctl uses fewer while the network or the registry cannot keep up. If set, also the maximum number of other requests [default: 16]' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l retry-timeout -d 'Give up if the registry answers no request successfully for this time, for example during a restart or because of 429, 503 or read-only mode: a time such as 30s, 5m or 2h' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l ca-file -d 'File with certificates (PEM) to trust in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l client-cert -d 'File with the client certificate (PEM) for the registry, and those of its issuers; needs --client-key' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l client-key -d 'File with the private key (PEM) of --client-cert' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l no-signatures -d 'Leave out signatures, SBOMs and other objects that are attached to images. Attestations (VEX, tags .att) are still pulled'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l no-vex -l skip-vex-images -d 'Leave out the attestations of images (VEX)'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l gost-digest -d 'Write GOST R 34.11-2012 checksums of each archive and of each part to .gostsum files'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l no-pull-resume -d 'Start over: reuse neither the data of an interrupted pull nor existing archives'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l dry-run -d 'Only print what would be pulled'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l force -d 'Replace the file of --out if it exists'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l allow-incomplete -d 'Push modules even if objects that they refer to are missing; the exit code is still 3'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l deep -d 'Download and hash every blob that the registry already has, and upload damaged ones again'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -f -a "pull" -d 'Pull the modules of a ModuleSource manifest, each into one archive'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -f -a "push" -d 'Push modules into a private registry, and read everything back'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from pull push verify" -f -a "verify" -d 'Compare a registry with modules: every tag, manifest and blob'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -s d -l modules-dir -d 'Directory to write the modules to; created if it does not exist' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -s m -l module-source -d 'ModuleSource manifest of the modules to pull' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l source-login -d 'User name for the source; takes precedence over the one in the manifest. The flags for this login have no variables, so that the login of the platform\'s registry is not sent to another one' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l source-password -d 'Password for the source' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l source-password-file -d 'Read the password for the source from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -s l -l license -d 'License key: the password of the user "license-token"' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l license-file -d 'Read the license key from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l include-module -d 'Pull only the modules that are named with this flag, whether or not the source lists them (repeatable). NAME: the versions that its channels point to. NAME@^1.2 or \'NAME@>=1.2 <2\': also the latest patch of each minor in the range. NAME@=v1.3.5: exactly that version. NAME@=v1.3.5+stable: also point that channel to it' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l exclude-module -d 'Leave out this module (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -s f -l modules-filter -d 'The older way to name modules, separated by ";". NAME:v1.2.3: every version from v1.2.3 on. NAME:CHANNEL: the version that this channel points to' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -s c -l images-bundle-chunk-size -d 'Split each archive into parts of at most this size: a number of GiB, or a size such as 200MB, 4GiB or fat32' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l parallel -d 'Maximum number of blobs to transfer at the same time; dhctl uses fewer while the network or the registry cannot keep up. If set, also the maximum number of other requests [default: 16]' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l retry-timeout -d 'Give up if the registry answers no request successfully for this time, for example during a restart or because of 429, 503 or read-only mode: a time such as 30s, 5m or 2h' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l ca-file -d 'File with certificates (PEM) to trust in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l client-cert -d 'File with the client certificate (PEM) for the registry, and those of its issuers; needs --client-key' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l client-key -d 'File with the private key (PEM) of --client-cert' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l no-signatures -d 'Leave out signatures, SBOMs and other objects that are attached to images. Attestations (VEX, tags .att) are still pulled'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l no-vex -l skip-vex-images -d 'Leave out the attestations of images (VEX)'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l gost-digest -d 'Write GOST R 34.11-2012 checksums of each archive and of each part to .gostsum files'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l no-pull-resume -d 'Start over: reuse neither the data of an interrupted pull nor existing archives'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l dry-run -d 'Only print what would be pulled'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from pull" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -s d -l modules-dir -d 'Directory of the modules. Image layouts in directories, as older versions of mirror-modules wrote them, are accepted too' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -s r -l registry -d 'Private registry, HOST[:PORT]/PATH; each module is a repository directly below' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -s o -l out -d 'Where to write the ModuleSource manifest for the cluster; it contains the login' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -s u -l registry-login -d 'User name for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l parallel -d 'Maximum number of blobs to transfer at the same time; dhctl uses fewer while the network or the registry cannot keep up. If set, also the maximum number of other requests [default: 16]' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l retry-timeout -d 'Give up if the registry answers no request successfully for this time, for example during a restart or because of 429, 503 or read-only mode: a time such as 30s, 5m or 2h' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l ca-file -d 'File with certificates (PEM) to trust in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l client-cert -d 'File with the client certificate (PEM) for the registry, and those of its issuers; needs --client-key' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l client-key -d 'File with the private key (PEM) of --client-cert' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l force -d 'Replace the file of --out if it exists'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l allow-incomplete -d 'Push modules even if objects that they refer to are missing; the exit code is still 3'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l deep -d 'Download and hash every blob that the registry already has, and upload damaged ones again'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from push" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -s d -l modules-dir -d 'Directory of the modules that the registry is compared with' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -s r -l registry -d 'Private registry, HOST[:PORT]/PATH' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -s u -l registry-login -d 'User name for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l parallel -d 'Maximum number of blobs to transfer at the same time; dhctl uses fewer while the network or the registry cannot keep up. If set, also the maximum number of other requests [default: 16]' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l retry-timeout -d 'Give up if the registry answers no request successfully for this time, for example during a restart or because of 429, 503 or read-only mode: a time such as 30s, 5m or 2h' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l ca-file -d 'File with certificates (PEM) to trust in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l client-cert -d 'File with the client certificate (PEM) for the registry, and those of its issuers; needs --client-key' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l client-key -d 'File with the private key (PEM) of --client-cert' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l deep -d 'Download and hash every blob instead of reading its last byte'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join missing-parts digests complete" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join missing-parts digests complete" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join missing-parts digests complete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join missing-parts digests complete" -f -a "inspect" -d 'Print the contents of a bundle: releases, release channels, modules, databases, sizes'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join missing-parts digests complete" -f -a "verify" -d 'Read a whole bundle and report what is damaged or missing'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join missing-parts digests complete" -f -a "split" -d 'Split a bundle into parts, for media of limited size'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join missing-parts digests complete" -f -a "join" -d 'Join the parts of a bundle into one file, byte for byte'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join missing-parts digests complete" -f -a "missing-parts" -d 'Find the parts of a bundle that are missing or damaged, and request them'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join missing-parts digests complete" -f -a "digests" -d 'Write the digests of a bundle\'s blobs to a small file, for a later pull with --base'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join missing-parts digests complete" -f -a "complete" -d 'Make the full bundle from a thin bundle and its base, byte for byte'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -l allow-missing-module -d 'Accept that this module is missing, although a release (migratedModules) or another module requires it: it is disabled in your clusters, or your registry has it already (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -l expect-sum -d 'Fail unless the bundle and the files next to it have this sum, which the pull printed: 64 hexadecimal digits, with or without spaces' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -s c -l images-bundle-chunk-size -d 'Maximum size of a part: a number of GiB, or a size such as 200MB, 4GiB or fat32' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -l only -d 'Write only the parts that this file requests, which "dhctl bundle missing-parts" has written' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -s o -l out -d 'Directory for the parts' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -l gost-digest -d 'Write GOST R 34.11-2012 checksums of the bundle and of each part to .gostsum files, even if the input has none'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -s o -l out -d 'The file to write; the name must end in .tar' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -l gost-digest -d 'Write GOST R 34.11-2012 checksums of the bundle and of each part to .gostsum files, even if the input has none'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from missing-parts" -s o -l out -d 'The file to write; none is written if no part is missing or damaged' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from missing-parts" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from missing-parts" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from missing-parts" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from missing-parts" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from missing-parts" -l force -d 'Replace the file if it exists'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from missing-parts" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from missing-parts" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from missing-parts" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from digests" -s o -l out -d 'The file to write' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from digests" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from digests" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from digests" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from digests" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from digests" -l force -d 'Replace the file if it exists'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from digests" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from digests" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from digests" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from complete" -l base -d 'A bundle that has blobs which the thin bundle leaves out (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from complete" -s o -l out -d 'The file to write; the name must end in .tar' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from complete" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from complete" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from complete" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from complete" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from complete" -l gost-digest -d 'Write GOST R 34.11-2012 checksums of the bundle and of each part to .gostsum files, even if the input has none'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from complete" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from complete" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from complete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and not __fish_seen_subcommand_from check list setup prune" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and not __fish_seen_subcommand_from check list setup prune" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and not __fish_seen_subcommand_from check list setup prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and not __fish_seen_subcommand_from check list setup prune" -f -a "check" -d 'Check whether a registry can be used for a push, or by a cluster'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and not __fish_seen_subcommand_from check list setup prune" -f -a "list" -d 'Show what registries contain: releases and whether they are complete, channels, modules, databases'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and not __fish_seen_subcommand_from check list setup prune" -f -a "setup" -d 'Set up Nexus or Harbor for the platform, through the registry\'s API'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and not __fish_seen_subcommand_from check list setup prune" -f -a "prune" -d 'Remove old releases from a registry: write a plan, then apply it'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l for -d 'What the registry is to be used for: a push from this machine, or a cluster, which only reads' -r -f -a "push\t'A push from this machine'
cluster\t'A cluster'"
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l parallel -d 'Maximum number of blobs to transfer at the same time; dhctl uses fewer while the network or the registry cannot keep up. If set, also the maximum number of other requests [default: 16]' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l retry-timeout -d 'Give up if the registry answers no request successfully for this time, for example during a restart or because of 429, 503 or read-only mode: a time such as 30s, 5m or 2h' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l ca-file -d 'File with certificates (PEM) to trust in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l client-cert -d 'File with the client certificate (PEM) for the registry, and those of its issuers; needs --client-key' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l client-key -d 'File with the private key (PEM) of --client-cert' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -s u -l registry-login -d 'Login for the registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -s p -l registry-password -d 'Password for the registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l registry-password-file -d 'Read the password for the registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l write-test -d 'Write an image under the tag dhctl-check, overwrite it, try the manifest types of a push, and delete all of it'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l release -d 'Read only this release, vX.Y.Z, and the channels that point to it (repeatable); modules, packages and databases are left out' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l context -d 'Context of the kubeconfig, for a cluster that uses the registry (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l parallel -d 'Maximum number of blobs to transfer at the same time; dhctl uses fewer while the network or the registry cannot keep up. If set, also the maximum number of other requests [default: 16]' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l retry-timeout -d 'Give up if the registry answers no request successfully for this time, for example during a restart or because of 429, 503 or read-only mode: a time such as 30s, 5m or 2h' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l ca-file -d 'File with certificates (PEM) to trust in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l client-cert -d 'File with the client certificate (PEM) for the registry, and those of its issuers; needs --client-key' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l client-key -d 'File with the private key (PEM) of --client-cert' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -s u -l registry-login -d 'Login for the registries' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -s p -l registry-password -d 'Password for the registries' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l registry-password-file -d 'Read the password for the registries from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from setup" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from setup" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from setup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from setup" -f -a "nexus" -d 'Set up a repository in Nexus Repository 3'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from setup" -f -a "harbor" -d 'Set up a project in Harbor 2'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l keep-from -d 'Keep this release (X.Y or X.Y.Z), all later ones, those that channels point to, and those that the clusters need' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l plan -d 'File to write the plan to' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l apply -d 'Delete what this plan says, and nothing else; the same command resumes an interrupted run' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l context -d 'Context of the kubeconfig, for a cluster that uses the registry (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l parallel -d 'Maximum number of blobs to transfer at the same time; dhctl uses fewer while the network or the registry cannot keep up. If set, also the maximum number of other requests [default: 16]' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l retry-timeout -d 'Give up if the registry answers no request successfully for this time, for example during a restart or because of 429, 503 or read-only mode: a time such as 30s, 5m or 2h' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l ca-file -d 'File with certificates (PEM) to trust in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l client-cert -d 'File with the client certificate (PEM) for the registry, and those of its issuers; needs --client-key' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l client-key -d 'File with the private key (PEM) of --client-cert' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -s u -l registry-login -d 'Login for the registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -s p -l registry-password -d 'Password for the registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l registry-password-file -d 'Read the password for the registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l keep-for -d 'Keep what the clusters of --context need: the release that each runs, and all later ones'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l force -d 'Replace the file of --plan if it exists'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l no-clusters -d 'Confirm that no cluster uses the registry, or that the releases of those that do may be removed'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand registry; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source package-repository registry docker-cfg proxy" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source package-repository registry docker-cfg proxy" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source package-repository registry docker-cfg proxy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source package-repository registry docker-cfg proxy" -f -a "init-configuration" -d 'Print the InitConfiguration for installing the platform from the private registry'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source package-repository registry docker-cfg proxy" -f -a "module-source" -d 'Print a ModuleSource manifest for the private registry'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source package-repository registry docker-cfg proxy" -f -a "package-repository" -d 'Print a PackageRepository manifest for the private registry'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source package-repository registry docker-cfg proxy" -f -a "registry" -d 'Print the ModuleConfig that sets how the cluster gets its images: registry mode and address'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source package-repository registry docker-cfg proxy" -f -a "docker-cfg" -d 'Print the login for a registry in the format of registryDockerCfg and dockerCfg: one line of base64'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source package-repository registry docker-cfg proxy" -f -a "proxy" -d 'Print the proxy section of a ClusterConfiguration, and write a squid.conf for the proxy host'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -s r -l registry -d 'Private registry, HOST[:PORT]/PATH: the repository of the platform, or the one above the modules or packages' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -s u -l registry-login -d 'User name for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -l ca-file -d 'File with certificates (PEM) that the cluster trusts in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -s o -l out -d 'Write to this file (mode 0600) instead of standard output' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -l force -d 'Replace the file if it exists'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -l name -d 'Name of the ModuleSource; "deckhouse" is reserved for the platform' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -s r -l registry -d 'Private registry, HOST[:PORT]/PATH: the repository of the platform, or the one above the modules or packages' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -s u -l registry-login -d 'User name for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -l ca-file -d 'File with certificates (PEM) that the cluster trusts in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -s o -l out -d 'Write to this file (mode 0600) instead of standard output' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -l force -d 'Replace the file if it exists'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from package-repository" -l name -d 'Name of the PackageRepository; "deckhouse", "deckhouse-modules" and "embedded" are reserved for the platform' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from package-repository" -s r -l registry -d 'Private registry, HOST[:PORT]/PATH: the repository of the platform, or the one above the modules or packages' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from package-repository" -s u -l registry-login -d 'User name for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from package-repository" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from package-repository" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from package-repository" -l ca-file -d 'File with certificates (PEM) that the cluster trusts in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from package-repository" -s o -l out -d 'Write to this file (mode 0600) instead of standard output' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from package-repository" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from package-repository" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from package-repository" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from package-repository" -l force -d 'Replace the file if it exists'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from package-repository" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -l mode -d 'How the cluster gets its images' -r -f -a "Unmanaged\t'From the registry, without a registry in the cluster'
Direct\t'From the registry; image names contain a fixed address in the cluster instead of the registry\'s'
Proxy\t'From the registry, through a cache on the control-plane nodes'
Local\t'From a registry on the control-plane nodes, to which bundles are pushed'
Managed\t'By the module "registry", with its own ModuleConfig'"
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -s r -l registry -d 'Private registry, HOST[:PORT]/PATH: the repository of the platform; not used with mode Local or --bundle' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -s u -l registry-login -d 'User name for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -l ca-file -d 'File with certificates (PEM) that the cluster trusts in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -s i -l bundle -d 'With mode Managed: the storage in the cluster is the only source of images, and is expected to have those of this bundle (repeatable, one for each archive)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -l storage-size -d 'With mode Managed: size of the storage in the cluster, such as 50Gi' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -s o -l out -d 'Write to this file (mode 0600) instead of standard output' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -l cache -d 'With mode Managed: cache the images of the registry in the cluster'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -l patch -d 'Print a merge patch for the ModuleConfig "deckhouse" of a running cluster; its other settings are kept'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -l force -d 'Replace the file if it exists'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from registry" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -s r -l registry -d 'Private registry, HOST[:PORT]; a path after it is ignored' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -s u -l registry-login -d 'User name for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -s o -l out -d 'Write to this file (mode 0600) instead of standard output' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -l force -d 'Replace the file if it exists'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l http-proxy -d 'Proxy for plain HTTP, http://HOST:PORT' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l https-proxy -d 'Proxy for HTTPS, http://HOST:PORT; usually the same as --http-proxy' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l proxy-login -d 'User name for the proxies' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l proxy-password -d 'Password for the proxies; it is percent-encoded in the URL automatically' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l proxy-password-file -d 'Read the password for the proxies from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l no-proxy -d 'Destinations to reach without the proxy, separated by commas: hosts, .domains, subnets such as 10.0.0.0/24 (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -s r -l registry -d 'Private registry, HOST[:PORT]: added to --no-proxy, and its port to the ports that squid.conf allows' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l allow-host -d 'Let squid.conf allow only this host, HOST[:PORT], and the registry (repeatable, or separated by commas)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l squid-conf -d 'Write a squid.conf for the proxy host to this file; it requires a login' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -s o -l out -d 'Write to this file (mode 0600) instead of standard output' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l force -d 'Replace the file if it exists'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel support-bundle want rbac" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel support-bundle want rbac" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel support-bundle want rbac" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel support-bundle want rbac" -f -a "status" -d 'Show the state of a cluster: releases and why they wait, queue, alerts, nodes, modules, registry'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel support-bundle want rbac" -f -a "plan" -d 'Show the releases up to the target release, what each one requires, and what it may break'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel support-bundle want rbac" -f -a "prepare" -d 'Prepare the cluster: set the update mode, create the releases, set the release channel'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel support-bundle want rbac" -f -a "approve" -d 'Approve a release, the disruptive part of a release, or a disruptive update of nodes (drain, reboot)'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel support-bundle want rbac" -f -a "run" -d 'Approve the next release, wait until it is done, and continue with the one after it'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel support-bundle want rbac" -f -a "watch" -d 'Watch an update until it is done'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel support-bundle want rbac" -f -a "doctor" -d 'Find out why an update does not continue, and what to do'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel support-bundle want rbac" -f -a "kernel" -d 'Upgrade the kernel on all nodes of a node group, or check that they already run the given version'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel support-bundle want rbac" -f -a "support-bundle" -d 'Write what the vendor\'s support needs into one file; secrets are masked'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel support-bundle want rbac" -f -a "want" -d 'Write a want list for a pull outside: what clusters run, and which images their registries contain'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel support-bundle want rbac" -f -a "rbac" -d 'Print the permissions that the update commands need, as a manifest for kubectl apply'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the service account of the pod that dhctl runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l context -d 'Context of the kubeconfig (repeatable); default: the current context' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l output -d 'Format of the result on standard output; "prometheus": metrics in the text format of Prometheus' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'
prometheus\t'Metrics in the text format of Prometheus'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -s o -l out -d 'With --output prometheus: write the metrics to this file instead of standard output; the file is written atomically' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l exit-code -d 'For monitoring: exit code 0 only if every cluster is idle and healthy, otherwise 7, with the reason on standard error. Unreadable data counts as unhealthy. A release that waits for approval or for an update window counts as healthy'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l force -d 'Replace the file if it exists'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -s f -l file -d 'Releases file: the deckhousereleases.yaml that a pull writes next to the bundle' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -s i -l bundle -d 'Read the releases and their edition from this bundle instead of a releases file. If its parts are in several directories, repeat the flag, once for each directory' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l to -d 'Last release of the plan; default: the last known release' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -s r -l registry -d 'Also check this registry, HOST[:PORT]/PATH: further releases, the release that the cluster\'s channel points to, and whether the images are there' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -s u -l registry-login -d 'User name for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l parallel -d 'Maximum number of blobs to transfer at the same time; dhctl uses fewer while the network or the registry cannot keep up. If set, also the maximum number of other requests [default: 16]' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l retry-timeout -d 'Give up if the registry answers no request successfully for this time, for example during a restart or because of 429, 503 or read-only mode: a time such as 30s, 5m or 2h' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l ca-file -d 'File with certificates (PEM) to trust in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l client-cert -d 'File with the client certificate (PEM) for the registry, and those of its issuers; needs --client-key' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l client-key -d 'File with the private key (PEM) of --client-cert' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the service account of the pod that dhctl runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l context -d 'Context of the kubeconfig (repeatable); default: the current context' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l output -d 'Format of the result on standard output; "yaml": the releases of the plan, for kubectl create' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'
yaml\t'The releases of the plan as deckhousereleases.yaml, without `approved` and `status`'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l helm -d 'Also search all Helm releases for removed Kubernetes APIs; needs permission to read all Secrets'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l changelog -d 'List all changes of each release; default: only those with an impact, and how many others there are'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l check-images -d 'Also check that the images of the first release of the plan can be read in the registry that the cluster pulls from, with the cluster\'s own login. Reads each manifest and the last byte of each blob. Includes only the modules that the release requires (migratedModules)'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l allow-edition-change -d 'Also plan with a registry or a bundle that has another edition of the platform than the cluster runs'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -s f -l file -d 'Releases file: the deckhousereleases.yaml that a pull writes next to the bundle; its releases are created in the cluster' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l to -d 'Last release to create; default: the last one in the releases file' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l channel -d 'Release channel that the cluster follows afterwards; default: unchanged' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l mode -d 'Update mode that the cluster has afterwards' -r -f -a "Manual\t'Every release needs an approval'
AutoPatch\t'Minor releases need an approval, patches do not'
Auto\t'No release needs an approval'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l window -d 'Update window in UTC, such as \'Mon,Tue 22:00-23:30\' (repeatable); not with the mode Manual, which has no windows' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the service account of the pod that dhctl runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l context -d 'Context of the kubeconfig; default: the current context' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l allow-edition-change -d 'Also create releases if the cluster\'s registry has another edition of the platform than the cluster runs'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -s y -l yes -d 'Do not ask for confirmation'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l dry-run -d 'Show the changes and write nothing'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l module -d 'Approve a release of this module instead of the platform' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l node -d 'Approve the disruption of this node (repeatable): the platform may drain and reboot it' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l require-backup -d 'Approve only if the last known etcd backup is younger than this, such as 12h or 1d' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the service account of the pod that dhctl runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l context -d 'Context of the kubeconfig; default: the current context' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l disruption -d 'Approve the disruptions of the release, if disruptionApprovalMode is Manual'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l apply-now -d 'Deploy the release immediately, without waiting for update windows, notification delays or gradual rollouts'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -s y -l yes -d 'Do not ask for confirmation'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the service account of the pod that dhctl runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l context -d 'Context of the kubeconfig; default: the current context' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l to -d 'Last release to update to; default: the newest one that the cluster has' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l require-backup -d 'Approve only if the last known etcd backup is younger than this, such as 12h or 1d. Releases that need no approval (update modes Auto and AutoPatch) are deployed without this condition' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l settle -d 'How long everything must be healthy before the update is done' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l stuck-after -d 'Report a stage as stuck after this time without progress; default: 15m for switching, 30m for later stages' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l patience -d 'End with exit code 7 if the update stays failed or stuck for this long; until then it may recover' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l timeout -d 'End with exit code 7 if the whole update takes longer than this; default: no limit' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -s y -l yes -d 'Do not ask for confirmation'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l check-images -d 'Before each approval, check that the images of the release can be read in the registry that the cluster pulls from, with the cluster\'s own login. Reads each manifest and the last byte of each blob. Includes only the modules that the release requires (migratedModules). The release is approved only if everything that this cluster uses can be read'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l apply-now -d 'Do not wait for update windows, notification delays or gradual rollouts, even if the release is already approved'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the service account of the pod that dhctl runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l context -d 'Context of the kubeconfig; default: the current context' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l to -d 'Wait until the update to this release, or to a later one, is done; default: the approved release, or the deployed one if none is approved' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l settle -d 'How long everything must be healthy before the update is done' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l stuck-after -d 'Report a stage as stuck after this time without progress; default: 15m for switching, 30m for later stages' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l patience -d 'End with exit code 7 if the update stays failed or stuck for this long; until then it may recover' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l timeout -d 'End with exit code 7 if the whole update takes longer than this; default: no limit' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the service account of the pod that dhctl runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l context -d 'Context of the kubeconfig (repeatable); default: the current context' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l no-registry -d 'Do not check the cluster\'s registry (otherwise it is read with the cluster\'s own login)'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l node-group -d 'Node group whose nodes get the kernel (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l version -d 'Kernel version as `uname -r` prints it, such as 5.15.0-53-generic' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the service account of the pod that dhctl runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l context -d 'Context of the kubeconfig; default: the current context' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l check -d 'Check whether all nodes of the groups run it; changes nothing'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -s y -l yes -d 'Do not ask for confirmation'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l dry-run -d 'Show the changes and write nothing'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from support-bundle" -s o -l out -d 'File to write, a .tar.gz (mode 0600); it must not exist' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from support-bundle" -l dhctl-log -d 'Also add this log file of dhctl, written with --log-file (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from support-bundle" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the service account of the pod that dhctl runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from support-bundle" -l context -d 'Context of the kubeconfig; default: the current context' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from support-bundle" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from support-bundle" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from support-bundle" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from support-bundle" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from support-bundle" -s y -l yes -d 'Do not ask for confirmation'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from support-bundle" -l dry-run -d 'Only list what the bundle would contain, and what would be left out'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from support-bundle" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from support-bundle" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from support-bundle" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -s o -l out -d 'Want list to write; without it, only the summary and the equivalent pull are printed' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l to -d 'Release to update to; default: the one that the cluster\'s release channel points to in the source registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -s r -l registry -d 'Private registry, HOST[:PORT]/PATH, whose complete images are listed (repeatable: images that all of the registries contain)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -s u -l registry-login -d 'User name for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l parallel -d 'Maximum number of blobs to transfer at the same time; dhctl uses fewer while the network or the registry cannot keep up. If set, also the maximum number of other requests [default: 16]' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l retry-timeout -d 'Give up if the registry answers no request successfully for this time, for example during a restart or because of 429, 503 or read-only mode: a time such as 30s, 5m or 2h' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l ca-file -d 'File with certificates (PEM) to trust in addition to those of the system (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l client-cert -d 'File with the client certificate (PEM) for the registry, and those of its issuers; needs --client-key' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l client-key -d 'File with the private key (PEM) of --client-cert' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the service account of the pod that dhctl runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l context -d 'Context of the kubeconfig (repeatable); default: the current context' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l progress -d 'Format of the progress on standard error; "auto" shows a progress bar or a live screen on a terminal, and prints lines elsewhere' -r -f -a "auto\t'A progress bar or a live screen on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object per line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l force -d 'Replace the file if it exists'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l anonymous -d 'Leave out the names and addresses of clusters and registries'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l insecure -d 'Use plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l verbose -d 'Print a line for every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -l quiet -d 'Print only warnings, errors and the result, without the next steps'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from want" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l user -d 'User that gets the permissions, as the API server names it (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l group -d 'Group that gets the permissions (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l service-account -d 'Service account that gets the permissions; it is created too (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l read-only -d 'Only permissions to read, for status, plan, want, watch, doctor and support-bundle; without exec and without Secrets'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l queues -d 'With --read-only: also permission to read the task queues. This is permission to exec into the platform\'s pods, which amounts to cluster-admin; without it, `watch` cannot report that an update is done'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l secrets -d 'With --read-only: also permission to read the Secrets d8-system/deckhouse-registry (for the registry checks of doctor) and kube-system/d8-cluster-configuration (for requirements in plan)'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l helm -d 'Also permission to read all Secrets of the cluster, for `plan --helm`'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand version" -l output -d 'Format of the result on standard output' -r -f -a "text\t'Human-readable text'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand version" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand version" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand completions" -l log -d 'Write a log to standard error, or to --log-file. "info": decisions and retries; "debug": also every request' -r -f -a "off\t'Nothing'
error\t'Unexpected failures'
warn\t'Possible problems'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand completions" -l log-file -d 'File to append the log to, created with mode 0600; without --log the level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
