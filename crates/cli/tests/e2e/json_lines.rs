//! `--progress json`: every line on standard error is an object, whatever a command ends in.

use serde_json::Value;

use crate::world::{Run, World, command, dhctl};

/// The lines of standard error; the test fails if one of them is not an event.
pub(crate) fn events(run: &Run) -> Vec<Value> {
    let event = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {run:?}"));
        assert!(value["event"].is_string(), "{value}");
        value
    };
    run.stderr.lines().map(event).collect()
}

/// The one error among them, which is the last.
fn error(run: &Run) -> Value {
    let events = events(run);
    let errors = events.iter().filter(|event| event["event"] == "error").count();
    let Some(last) = events.last().filter(|_| errors == 1) else { panic!("{run:?}") };
    assert_eq!((&last["event"], &last["exit_code"]), (&"error".into(), &run.code.unwrap().into()), "{run:?}");
    last.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_requests_that_are_wrong() {
    let folder = tempfile::tempdir().unwrap();
    for (words, message, hint) in [
        ("mirror --progress json --sourc r/x", "unexpected argument '--sourc' found", "'--source'"),
        ("mirror --progress=json --quiet --verbose", "'--quiet' cannot be used with '--verbose'", ""),
        ("update approve --progress json", "required arguments were not provided", ""),
        ("update status --progress json --output yaml", "invalid value 'yaml' for '--output", ""),
        ("mirror --progress json -i d8.zip", "d8.zip: the name of a bundle must end in .tar", ""),
        ("mirror --progress json -i a.tar -i b.tar", "a pull writes one bundle: name it with -i once", ""),
        ("bundle split d8.tar -c 0 -o . --progress json", "-c 0: a part needs a size", ""),
        (
            "update prepare --window 10:00-12:00 --mode Manual --progress json",
            "--window has no effect in Manual mode",
            "",
        ),
        ("update status --progress json --kubeconfig absent", "absent cannot be read", "--kubeconfig"),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let run = dhctl(folder.path(), &words);
        let error = error(&run);
        assert!(error["message"].as_str().unwrap().contains(message), "{words:?}: {error}");
        assert!(error["hints"].to_string().contains(hint), "{words:?}: {error}");
        assert_eq!(run.stdout, "");
    }
    // The form is not understood itself.
    let run = dhctl(folder.path(), &["mirror", "--progress", "jsn"]).expect(2);
    assert!(run.stderr.starts_with("error: invalid value 'jsn'"), "{}", run.stderr);
    // What comes from the environment is named as ever.
    let mut push = command(folder.path());
    push.args(["mirror", "--progress", "json", "--no-modules", "-i", "d8.tar"]);
    push.env("DHCTL_CLI_MIRROR_PRIVATE_REGISTRY", "r.example.com/x");
    let error = error(&Run::of(push.output().unwrap()));
    let hint = "DHCTL_CLI_MIRROR_PRIVATE_REGISTRY is set in the environment";
    assert_eq!(error["hints"], serde_json::json!([hint]), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_commands_that_work_and_of_those_that_fail() {
    let world = World::sample();
    let json = ["--progress", "json"];
    let with = |words: &[&str]| dhctl(world.folder.path(), &[words, &json].concat());
    events(
        &world.pull(&[&json[..], &["--release", "v1.58.3", "--no-modules", "--verbose"]].concat()).expect(0),
    );
    events(&world.push(&json).expect(0));
    events(&world.verify(&[&json[..], &["--deep"]].concat()).expect(0));
    events(&with(&["bundle", "inspect", "d8.tar"]).expect(0));
    events(&with(&["bundle", "verify", "d8.tar"]).expect(0));
    std::fs::create_dir(world.path("parts")).unwrap();
    events(&with(&["bundle", "split", "d8.tar", "-c", "300KB", "-o", "parts"]).expect(0));
    events(&with(&["bundle", "join", "parts/d8.tar", "-o", "again.tar"]).expect(0));

    for (code, words) in [
        (6, &["bundle", "inspect", "absent.tar"][..]),
        (6, &["bundle", "verify", "absent.tar"]),
        (6, &["bundle", "split", "absent.tar", "-c", "1", "-o", "parts"]),
        (6, &["bundle", "join", "absent.tar", "-o", "x.tar"]),
        (6, &["mirror", "-i", "absent.tar", "-r", "127.0.0.1:1/x", "--insecure"]),
        (5, &["mirror", "-i", "d8.tar", "-r", "127.0.0.1:1/x", "--insecure"]),
        (5, &["mirror", "verify", "-i", "d8.tar", "-r", "127.0.0.1:1/x", "--insecure"]),
        (5, &["mirror", "-i", "new.tar", "--source", "127.0.0.1:1/x", "--insecure"]),
        (6, &["mirror-modules", "-d", "mods", "-m", "absent.yml"]),
        (6, &["mirror-modules", "-d", "mods", "-r", "127.0.0.1:1/x"]),
        (6, &["mirror-modules", "verify", "-d", "mods", "-r", "127.0.0.1:1/x"]),
    ] {
        let run = with(words);
        error(&run.expect(code));
    }
}
