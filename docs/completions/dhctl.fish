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

complete -c dhctl -n "__fish_dhctl_needs_command" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_needs_command" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_needs_command" -s V -l version -d 'Print version'
complete -c dhctl -n "__fish_dhctl_needs_command" -f -a "mirror" -d 'Pull a distribution into a bundle, or push a bundle into a private registry'
complete -c dhctl -n "__fish_dhctl_needs_command" -f -a "mirror-modules" -d 'Pull modules into archives of their own, or push these into a private registry'
complete -c dhctl -n "__fish_dhctl_needs_command" -f -a "bundle" -d 'Look into a bundle, check it, cut it into parts or join them'
complete -c dhctl -n "__fish_dhctl_needs_command" -f -a "config" -d 'Print the registry and proxy configuration for a cluster in an air-gapped environment'
complete -c dhctl -n "__fish_dhctl_needs_command" -f -a "update" -d 'Drive the update of the platform inside a cluster'
complete -c dhctl -n "__fish_dhctl_needs_command" -f -a "version" -d 'Print the version, the commit and how dhctl was built'
complete -c dhctl -n "__fish_dhctl_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -s i -l images-bundle-path -d 'The bundle: written by a pull, read by a push. Must end in .tar. A push may be given several, one for each directory that has parts of it, or a directory of archives as "d8 mirror pull" makes them' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l source -d 'Registry to pull from, as HOST[:PORT]/PATH' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l source-login -d 'Login for --source' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l source-password -d 'Password for --source; with --source-login it wins over --license' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l source-password-file -d 'Read the password for --source from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -s l -l license -d 'Licence key: stands for login "license-token" with this password' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l license-file -d 'Read the licence key from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -s v -l min-version -d 'Oldest release to pull, X.Y or X.Y.Z; no effect above the rock-solid release' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l max-version -d 'Newest release to pull, X.Y (with all its patches) or X.Y.Z; channels that point above are left out' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l release -d 'Pull exactly this release (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l channel -d 'Pull only what this release channel points to (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l exclude-channel -d 'Leave this release channel out (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l point-channel -d 'In the bundle, let this channel point to the highest release pulled' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l include-module -d 'Pull this module and no other that is not named, whether or not the source lists it (repeatable): NAME for what its channels point to; with a range, as NAME@^1.2 or \'NAME@>=1.2 <2\', also the latest patch of each minor in it; NAME@=v1.3.5 for exactly that version, NAME@=v1.3.5+stable to let the channel point to it' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l exclude-module -d 'Leave this module out (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -s f -l modules-filter -d 'The older way to name modules: "NAME:v1.2.3" for every version from there upwards, "NAME:CHANNEL" for what that channel points to; several are separated by ";"' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -s c -l images-bundle-chunk-size -d 'Cut the bundle into parts of this size, which none exceeds: a number of GiB, or as 200MB, 4GiB, fat32' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l bundle-format -d 'Form of the bundle: "tar" is one file; "d8" is archives in the directory that -i names, as "d8 mirror pull" makes them' -r -f -a "tar\t'One archive'
d8\t'A directory of archives'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -s r -l registry -d 'Private registry to push to, as HOST[:PORT]/PATH; makes the command a push' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l expect-sum -d 'Push only if the whole delivery has this sum, which the pull printed: 64 hexadecimal digits, blanks do not matter' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -s u -l registry-login -d 'Login for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l parallel -d 'Maximum number of blobs in transfer at the same time [default: 16]; fewer while the network or the registry cannot keep up. If given, it also limits the number of small requests' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l retry-timeout -d 'How long to wait for a registry that rejects all requests (429, 503, read-only) before giving up, as 30s, 5m or 2h; each success starts it again' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l ca-file -d 'File with certificates (PEM) that are trusted beside the system\'s (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l progress -d 'Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere' -r -f -a "auto\t'A bar on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object a line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l proxy-registry -d 'The source is a proxy cache: do not believe its tag lists, and find releases by asking for each'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l ignore-suspend -d 'Pull releases of suspended channels too'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l no-modules -d 'Leave the modules out'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l no-security-db -d 'Leave the vulnerability databases out'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l gost-digest -d 'Write the GOST R 34.11-2012 sum of the bundle, and of each part, to .gostsum files'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l no-pull-resume -d 'Start over instead of resuming an interrupted pull'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l dry-run -d 'Only tell what would be pulled: releases, images, bytes to download, size of the bundle, free disk'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l allow-incomplete -d 'Push a bundle that lacks some of what its own lists name; the exit code is still 3'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l deep -d 'Download and hash every blob that the registry has, and upload again what is damaged'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l insecure -d 'Plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l verbose -d 'Tell about every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -l quiet -d 'Print only warnings, errors and the result'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and not __fish_seen_subcommand_from verify" -f -a "verify" -d 'Read a registry back against a bundle: every tag, manifest and blob'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -s i -l images-bundle-path -d 'The bundle that the registry is compared with, or a directory of archives of d8; once for each directory that has parts (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -s r -l registry -d 'Registry to read, as HOST[:PORT]/PATH' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -s u -l registry-login -d 'Login for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l parallel -d 'Maximum number of blobs in transfer at the same time [default: 16]; fewer while the network or the registry cannot keep up. If given, it also limits the number of small requests' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l retry-timeout -d 'How long to wait for a registry that rejects all requests (429, 503, read-only) before giving up, as 30s, 5m or 2h; each success starts it again' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l ca-file -d 'File with certificates (PEM) that are trusted beside the system\'s (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l progress -d 'Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere' -r -f -a "auto\t'A bar on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object a line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l deep -d 'Download and hash every blob instead of reading its last byte'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l insecure -d 'Plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l verbose -d 'Tell about every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -l quiet -d 'Print only warnings, errors and the result'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -s d -l modules-dir -d 'The directory of the modules: written by a pull, read by a push, which also takes image layouts in directories as the older mirror-modules wrote them' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -s m -l module-source -d '`ModuleSource` manifest of the modules to pull; makes the command a pull' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l source-login -d 'Login for the source; wins over that of the manifest. None of these has a variable: what is set for the platform\'s registry must not go to another one' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l source-password -d 'Password for the source' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l source-password-file -d 'Read the password for the source from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -s l -l license -d 'Licence key: stands for login "license-token" with this password' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l license-file -d 'Read the licence key from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l include-module -d 'Pull this module and no other that is not named, whether or not the source lists it (repeatable): NAME for what its channels point to; with a range, as NAME@^1.2 or \'NAME@>=1.2 <2\', also the latest patch of each minor in it; NAME@=v1.3.5 for exactly that version, NAME@=v1.3.5+stable to let the channel point to it' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l exclude-module -d 'Leave this module out (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -s f -l modules-filter -d 'The older way to name modules: "NAME:v1.2.3" for every version from there upwards, "NAME:CHANNEL" for what that channel points to; several are separated by ";"' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -s c -l images-bundle-chunk-size -d 'Cut each archive into parts of this size, which none exceeds: a number of GiB, or as 200MB, 4GiB, fat32' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -s r -l registry -d 'Private registry to push to, as HOST[:PORT]/PATH, modules directly below; makes the command a push' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -s o -l out -d 'Where to write the `ModuleSource` manifest for the cluster; it holds the login' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -s u -l registry-login -d 'Login for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l parallel -d 'Maximum number of blobs in transfer at the same time [default: 16]; fewer while the network or the registry cannot keep up. If given, it also limits the number of small requests' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l retry-timeout -d 'How long to wait for a registry that rejects all requests (429, 503, read-only) before giving up, as 30s, 5m or 2h; each success starts it again' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l ca-file -d 'File with certificates (PEM) that are trusted beside the system\'s (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l progress -d 'Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere' -r -f -a "auto\t'A bar on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object a line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l gost-digest -d 'Write the GOST R 34.11-2012 sum of each archive, and of each part, to .gostsum files'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l no-pull-resume -d 'Start over: reuse neither what an interrupted pull left nor the archives that are there'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l dry-run -d 'Only tell what would be pulled'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l force -d 'Write --out over a file that is there'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l allow-incomplete -d 'Push modules that lack some of what their own lists name; the exit code is still 3'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l deep -d 'Download and hash every blob that the registry has, and upload again what is damaged'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l insecure -d 'Plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l verbose -d 'Tell about every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -l quiet -d 'Print only warnings, errors and the result'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and not __fish_seen_subcommand_from verify" -f -a "verify" -d 'Read a registry back against modules: every tag, manifest and blob'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -s d -l modules-dir -d 'The directory of the modules that the registry is compared with' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -s r -l registry -d 'Registry to read, as HOST[:PORT]/PATH' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -s u -l registry-login -d 'Login for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l parallel -d 'Maximum number of blobs in transfer at the same time [default: 16]; fewer while the network or the registry cannot keep up. If given, it also limits the number of small requests' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l retry-timeout -d 'How long to wait for a registry that rejects all requests (429, 503, read-only) before giving up, as 30s, 5m or 2h; each success starts it again' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l ca-file -d 'File with certificates (PEM) that are trusted beside the system\'s (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l progress -d 'Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere' -r -f -a "auto\t'A bar on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object a line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l deep -d 'Download and hash every blob instead of reading its last byte'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l insecure -d 'Plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l verbose -d 'Tell about every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -l quiet -d 'Print only warnings, errors and the result'
complete -c dhctl -n "__fish_dhctl_using_subcommand mirror-modules; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join" -f -a "inspect" -d 'Tell what is inside a bundle: releases, channels, modules, databases, sizes'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join" -f -a "verify" -d 'Read a whole bundle and tell what is damaged or missing: structure, digest of every blob, GOST sums, and all that the lists of its releases and modules name'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join" -f -a "split" -d 'Write a bundle in parts that fit a medium'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and not __fish_seen_subcommand_from inspect verify split join" -f -a "join" -d 'Join the parts of a bundle into one file, byte for byte'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l progress -d 'Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere' -r -f -a "auto\t'A bar on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object a line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l verbose -d 'Tell about every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l quiet -d 'Print only warnings, errors and the result'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -l expect-sum -d 'Fail unless the whole delivery has this sum, which the pull printed: 64 hexadecimal digits, blanks do not matter' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -l progress -d 'Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere' -r -f -a "auto\t'A bar on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object a line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -l verbose -d 'Tell about every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -l quiet -d 'Print only warnings, errors and the result'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -s c -l images-bundle-chunk-size -d 'Size of a part, which none exceeds: a number of GiB, or as 200MB, 4GiB, fat32' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -s o -l out -d 'Directory for the parts' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -l progress -d 'Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere' -r -f -a "auto\t'A bar on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object a line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -l gost-digest -d 'Write the GOST R 34.11-2012 sum of the bundle and of each part to .gostsum files, also where the input has none'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -l verbose -d 'Tell about every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -l quiet -d 'Print only warnings, errors and the result'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from split" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -s o -l out -d 'The file to write. Must end in .tar' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -l progress -d 'Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere' -r -f -a "auto\t'A bar on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object a line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -l gost-digest -d 'Write the GOST R 34.11-2012 sum of the bundle and of each part to .gostsum files, also where the input has none'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -l verbose -d 'Tell about every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -l quiet -d 'Print only warnings, errors and the result'
complete -c dhctl -n "__fish_dhctl_using_subcommand bundle; and __fish_seen_subcommand_from join" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source docker-cfg proxy" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source docker-cfg proxy" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source docker-cfg proxy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source docker-cfg proxy" -f -a "init-configuration" -d 'Print the InitConfiguration with which the platform is installed from the private registry'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source docker-cfg proxy" -f -a "module-source" -d 'Print a ModuleSource, ready for kubectl apply'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source docker-cfg proxy" -f -a "docker-cfg" -d 'Print the login of a registry as registryDockerCfg and dockerCfg hold it: one line of base64'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and not __fish_seen_subcommand_from init-configuration module-source docker-cfg proxy" -f -a "proxy" -d 'Print the proxy section of a ClusterConfiguration, and write a squid.conf for the proxy\'s host'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -s r -l registry -d 'Where the images are, as HOST[:PORT]/PATH: the platform itself, or the modules directly below' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -s u -l registry-login -d 'Login for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -l ca-file -d 'File with certificates (PEM) that the cluster is to trust beside the system\'s (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -s o -l out -d 'Write to this file (mode 0600) instead of standard output' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -l insecure -d 'The registry speaks plain HTTP'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -l force -d 'Replace a file that is there'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from init-configuration" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -l name -d 'Name of the ModuleSource; "deckhouse" is the platform\'s own' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -s r -l registry -d 'Where the images are, as HOST[:PORT]/PATH: the platform itself, or the modules directly below' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -s u -l registry-login -d 'Login for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -l ca-file -d 'File with certificates (PEM) that the cluster is to trust beside the system\'s (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -s o -l out -d 'Write to this file (mode 0600) instead of standard output' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -l insecure -d 'The registry speaks plain HTTP'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -l force -d 'Replace a file that is there'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from module-source" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -s r -l registry -d 'Registry that the login is for, as HOST[:PORT]; a path after it does not count' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -s u -l registry-login -d 'Login for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -s o -l out -d 'Write to this file (mode 0600) instead of standard output' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -l force -d 'Replace a file that is there'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from docker-cfg" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l http-proxy -d 'Proxy for plain HTTP, as http://HOST:PORT' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l https-proxy -d 'Proxy for HTTPS, as http://HOST:PORT; most proxies are the same for both' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l proxy-login -d 'Login at the proxies' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l proxy-password -d 'Password at the proxies, as it is: it is percent-encoded where the URL needs it' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l proxy-password-file -d 'Read the password at the proxies from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l no-proxy -d 'What is reached directly, separated by commas: hosts, .domains, subnets as 10.0.0.0/24 (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -s r -l registry -d 'Private registry, as HOST[:PORT]: added to what is reached directly; its port to what squid.conf allows' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l squid-conf -d 'Write a squid.conf for the proxy\'s host to this file: only those who log in are served' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -s o -l out -d 'Write to this file (mode 0600) instead of standard output' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -l force -d 'Replace a file that is there'
complete -c dhctl -n "__fish_dhctl_using_subcommand config; and __fish_seen_subcommand_from proxy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel rbac" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel rbac" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel rbac" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel rbac" -f -a "status" -d 'Tell where the cluster stands: releases and why they wait, queue, alerts, nodes, modules, registry'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel rbac" -f -a "plan" -d 'Tell what lies ahead: the releases one after another, what each requires, and what it may break'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel rbac" -f -a "prepare" -d 'Get the cluster ready: update mode, releases, release channel'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel rbac" -f -a "approve" -d 'Approve one release, the disruption of a release, or the disruption of nodes'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel rbac" -f -a "run" -d 'Approve the next release, wait until it is done, then the next'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel rbac" -f -a "watch" -d 'Watch an update until it is done'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel rbac" -f -a "doctor" -d 'Tell why an update does not go on, and what to do about it'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel rbac" -f -a "kernel" -d 'Upgrade the kernel on the nodes of chosen groups, or check that it has happened'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and not __fish_seen_subcommand_from status plan prepare approve run watch doctor kernel rbac" -f -a "rbac" -d 'Print the rights that the update commands need, as a manifest for kubectl apply'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the account of the pod that this runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l context -d 'Context of the kubeconfig (repeatable: one report for each); default: its current one' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l progress -d 'Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere' -r -f -a "auto\t'A bar on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object a line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l verbose -d 'Tell about every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -l quiet -d 'Print only warnings, errors and the result'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -s f -l file -d 'Releases of the delivery: deckhousereleases.yaml' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l to -d 'The last release that is wanted; default: the last that is known' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -s r -l registry -d 'Also look into this registry, as HOST[:PORT]/PATH: further releases, what the cluster\'s channel leads to, and whether the images have arrived' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -s u -l registry-login -d 'Login for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -s p -l registry-password -d 'Password for --registry' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l registry-password-file -d 'Read the password for --registry from a file; "-" is standard input' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l parallel -d 'Maximum number of blobs in transfer at the same time [default: 16]; fewer while the network or the registry cannot keep up. If given, it also limits the number of small requests' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l retry-timeout -d 'How long to wait for a registry that rejects all requests (429, 503, read-only) before giving up, as 30s, 5m or 2h; each success starts it again' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l ca-file -d 'File with certificates (PEM) that are trusted beside the system\'s (repeatable)' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the account of the pod that this runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l context -d 'Context of the kubeconfig (repeatable: one report for each); default: its current one' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l output -d 'Form of the result on standard output; "yaml": the releases that lie ahead, safe to apply' -r -f -a "text\t'For people'
json\t'One JSON document'
yaml\t'The releases of the chain as deckhousereleases.yaml, without `approved` and `status`'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l helm -d 'Also look into all Helm releases for Kubernetes APIs that go away; needs the right to read all Secrets'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l insecure -d 'Plain HTTP instead of HTTPS'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -l tls-skip-verify -d 'Accept any TLS certificate'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -s f -l file -d 'Releases to add to the cluster: the deckhousereleases.yaml that a pull writes next to the bundle' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l to -d 'The last release that is wanted; default: the last one in the file' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l channel -d 'Release channel to set at the end; default: as it is' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l mode -d 'Update mode' -r -f -a "Manual\t'Every release waits for an approval'
AutoPatch\t'Minor releases wait for an approval, patches do not'
Auto\t'No release waits for an approval'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l window -d 'When updates may begin, in UTC, as \'Mon,Tue 22:00-23:30\' (repeatable); not with the mode Manual, which has no windows' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the account of the pod that this runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l context -d 'Context of the kubeconfig; default: its current one' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l progress -d 'Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere' -r -f -a "auto\t'A bar on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object a line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -s y -l yes -d 'Do it without asking'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l verbose -d 'Tell about every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -l quiet -d 'Print only warnings, errors and the result'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from prepare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l module -d 'The release is one of this module' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l node -d 'Approve that this node is interrupted by its update (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the account of the pod that this runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l context -d 'Context of the kubeconfig; default: its current one' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l progress -d 'Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere' -r -f -a "auto\t'A bar on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object a line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l disruption -d 'Approve what the release interrupts, where disruptionApprovalMode is Manual'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l apply-now -d 'Do not wait for windows, notifications and waves of the rollout'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -s y -l yes -d 'Do it without asking'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l verbose -d 'Tell about every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -l quiet -d 'Print only warnings, errors and the result'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from approve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the account of the pod that this runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l context -d 'Context of the kubeconfig; default: its current one' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l to -d 'Last release to go to; default: the newest one that the cluster has' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l settle -d 'How long everything must be healthy before the update is done' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l stalled-after -d 'Report a stage as stuck after this time without progress; default: 15m for switching, 30m for later stages' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l patience -d 'End with exit code 7 after the update was failed or stuck for this time; until then it may recover' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l timeout -d 'End with exit code 7 if the update is not done after this time in all; default: no limit' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l progress -d 'Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere' -r -f -a "auto\t'A bar on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object a line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -s y -l yes -d 'Do it without asking'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l apply-now -d 'Do not wait for update windows, notification delays and gradual rollouts (apply-now), also where a release is approved already'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l verbose -d 'Tell about every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -l quiet -d 'Print only warnings, errors and the result'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the account of the pod that this runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l context -d 'Context of the kubeconfig; default: its current one' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l to -d 'Wait until this release, or a later one, is deployed and settled; default: whatever is deployed or approved' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l settle -d 'How long everything must be healthy before the update is done' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l stalled-after -d 'Report a stage as stuck after this time without progress; default: 15m for switching, 30m for later stages' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l patience -d 'End with exit code 7 after the update was failed or stuck for this time; until then it may recover' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l timeout -d 'End with exit code 7 if the update is not done after this time in all; default: no limit' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l progress -d 'Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere' -r -f -a "auto\t'A bar on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object a line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l verbose -d 'Tell about every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -l quiet -d 'Print only warnings, errors and the result'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the account of the pod that this runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l context -d 'Context of the kubeconfig (repeatable: one report for each); default: its current one' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l progress -d 'Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere' -r -f -a "auto\t'A bar on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object a line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l no-registry -d 'Do not ask the cluster\'s registry, with the login that the cluster has for it'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l verbose -d 'Tell about every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -l quiet -d 'Print only warnings, errors and the result'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l node-group -d 'Node group whose nodes get the kernel (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l version -d 'The kernel as `uname -r` is going to print it, such as 5.15.0-53-generic' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l kubeconfig -d 'Kubeconfig file; default: $KUBECONFIG, then ~/.kube/config, then the account of the pod that this runs in' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l context -d 'Context of the kubeconfig; default: its current one' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l progress -d 'Form of the progress on standard error; "auto" draws a bar on a terminal and prints lines elsewhere' -r -f -a "auto\t'A bar on a terminal, lines elsewhere'
plain\t'A line every few seconds'
json\t'One JSON object a line'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l check -d 'Change nothing: tell whether all nodes of the groups run it'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -s y -l yes -d 'Do it without asking'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l verbose -d 'Tell about every object'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -l quiet -d 'Print only warnings, errors and the result'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from kernel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l user -d 'Give the rights to this user, as the API server names it (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l group -d 'Give the rights to this group (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l service-account -d 'Give the rights to this service account, which is made too (repeatable)' -r
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l read-only -d 'Only the rights to look: status, plan, watch, doctor; without exec and without any Secret'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l queues -d 'With --read-only: also the right to read the task queues, which is exec in the platform\'s pods and in effect cluster-admin; without it `watch` cannot say that an update is done'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l secrets -d 'With --read-only: also the right to read the Secrets d8-system/deckhouse-registry (for the registry\'s part of doctor) and kube-system/d8-cluster-configuration (for requirements in plan)'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -l helm -d 'Also the right to read all Secrets of the cluster, for `plan --helm`'
complete -c dhctl -n "__fish_dhctl_using_subcommand update; and __fish_seen_subcommand_from rbac" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand version" -l output -d 'Form of the result on standard output' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c dhctl -n "__fish_dhctl_using_subcommand version" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand version" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dhctl -n "__fish_dhctl_using_subcommand completions" -l log -d 'Write a log to standard error, or to --log-file: "info" has decisions and retries, "debug" each request too' -r -f -a "off\t'Nothing'
error\t'Failures of what should not fail'
warn\t'What may be wrong'
info\t'Decisions and retries'
debug\t'Each request'
trace\t'Everything'"
complete -c dhctl -n "__fish_dhctl_using_subcommand completions" -l log-file -d 'File to append the log to, created for its owner only; without --log its level is "debug"' -r -F
complete -c dhctl -n "__fish_dhctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
