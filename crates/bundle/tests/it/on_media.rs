//! Bundles whose names a disc has changed: upper case and versions (ISO 9660).

use std::{fs, path::Path};

use bundle::{Bundle, BundleError, WriteSums, archives_in, finished, join, split, verify};

use crate::sample;

/// Gives every file of a directory the name that a disc gives it.
fn as_on_a_disc(directory: &Path, version: &str) {
    for name in sample::names(directory) {
        let spelled = format!("{}{version}", name.to_uppercase());
        fs::rename(directory.join(name), directory.join(spelled)).unwrap();
    }
}

#[test]
fn a_bundle_is_found_under_the_names_of_a_disc() {
    let (layout, store) = sample::sample();
    for (part_size, version) in [(None, ""), (None, ";1"), (Some(20_000), ""), (Some(20_000), ";1")] {
        let (plain, disc) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let whole = plain.path().join("d8.tar");
        sample::write(&whole, &layout, &store, None);
        let bytes = fs::read(&whole).unwrap();
        let out = disc.path().join("d8.tar");
        match part_size {
            Some(size) => drop(split(&[whole], disc.path(), size, WriteSums::Always, &()).unwrap()),
            None => drop(join(&[whole], &out, WriteSums::Always, &()).unwrap()),
        }
        let files = bytes.len().div_ceil(usize::try_from(part_size.unwrap_or(u64::MAX)).unwrap());
        let sums = if part_size.is_some() { files + 1 } else { 1 };
        as_on_a_disc(disc.path(), version);
        for name in ["d8.tar".to_owned(), "D8.TAR".to_owned(), format!("D8.TAR{version}")] {
            let paths = [disc.path().join(&name)];
            let bundle = Bundle::open(&paths).unwrap();
            assert_eq!(bundle.parts(), files, "{name}");
            let report = verify(&paths, &()).unwrap();
            assert_eq!((report.damages.len(), report.sums.len()), (0, sums), "{name}");
            let copy = tempfile::tempdir().unwrap();
            let joined = join(&paths, &copy.path().join("d8.tar"), WriteSums::IfInputHasThem, &()).unwrap();
            assert_eq!(joined.checked, sums, "{name}");
            assert_eq!(fs::read(copy.path().join("d8.tar")).unwrap(), bytes);
            // It would lie beside what is read, under another spelling of the same name.
            let error = join(&paths, &out, WriteSums::IfInputHasThem, &()).unwrap_err();
            assert!(matches!(error, BundleError::OntoItself { .. }), "{error}");
        }
        // What is to be written under the usual names is not there.
        assert_eq!(finished(&out, &layout, part_size), None);
    }
}

#[test]
fn damage_and_gaps_are_reported_with_the_names_on_the_disc() {
    let (layout, store) = sample::sample();
    let disc = tempfile::tempdir().unwrap();
    let path = disc.path().join("d8.tar");
    sample::write(&path, &layout, &store, Some(20_000));
    as_on_a_disc(disc.path(), "");
    let part = disc.path().join("D8.TAR.0001.CHUNK");
    let bytes = fs::read(&part).unwrap();
    fs::write(&part, &bytes[..5000]).unwrap();
    let error = Bundle::open(std::slice::from_ref(&path)).unwrap_err();
    assert!(error.to_string().contains("D8.TAR.0001.CHUNK: the part is truncated"), "{error}");
    fs::remove_file(&part).unwrap();
    let error = Bundle::open(std::slice::from_ref(&path)).unwrap_err();
    assert!(matches!(error, BundleError::MissingPart { .. }), "{error}");
    // A copy under the usual name makes the bundle whole again, and both together are a question.
    fs::write(disc.path().join("d8.tar.0001.chunk"), &bytes).unwrap();
    Bundle::open(std::slice::from_ref(&path)).unwrap();
    fs::write(&part, &bytes).unwrap();
    let error = Bundle::open(std::slice::from_ref(&path)).unwrap_err();
    let BundleError::Ambiguous { first, second } = &error else { panic!("{error}") };
    assert_eq!((first, second), (&disc.path().join("d8.tar.0001.chunk"), &part));
}

#[test]
fn parts_are_read_from_discs_and_from_directories_side_by_side() {
    let (layout, store) = sample::sample();
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    sample::write(&one.path().join("d8.tar"), &layout, &store, Some(40_000));
    fs::rename(one.path().join("d8.tar.0001.chunk"), other.path().join("D8.TAR.0001.CHUNK;1")).unwrap();
    let paths = [one.path().join("d8.tar"), other.path().join("D8.TAR")];
    assert_eq!(Bundle::open(&paths).unwrap().size(), layout.size());
}

#[test]
fn archives_of_a_directory_are_found_under_the_names_of_a_disc() {
    let (layout, store) = sample::sample();
    let disc = tempfile::tempdir().unwrap();
    sample::write(&disc.path().join("platform.tar"), &layout, &store, Some(40_000));
    let mut more = sample::Store::new();
    let module = vec![sample::repository("", &[vec![(9, 100)]], &mut more)];
    let module = bundle::Layout::new(module).unwrap();
    sample::write(&disc.path().join("module-a.tar"), &module, &more, None);
    as_on_a_disc(disc.path(), ";1");
    let archives = archives_in(disc.path()).unwrap();
    assert_eq!(archives.iter().collect::<Vec<_>>(), ["MODULE-A.TAR", "PLATFORM.TAR"]);
    let bundle = Bundle::open(&[disc.path().to_owned()]).unwrap();
    assert_eq!(bundle.archives(), 2);
    assert!(bundle.repository("modules/a").is_some(), "{:?}", bundle.repositories());
    sample::write(&disc.path().join("module-a.tar"), &module, &more, None);
    let error = Bundle::open(&[disc.path().to_owned()]).unwrap_err();
    assert!(matches!(error, BundleError::Ambiguous { .. }), "{error}");
}
