//! Layers as builders make them, and what is found in them.

use std::io::{self, Write as _};

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use tar::{Builder, EntryType, Header};

use super::*;

const LIST: &str = "deckhouse/candi/images_digests.json";
const TYPE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// An entry of a test layer: its path as spelled, and what it is.
enum Item<'a> {
    File(&'a str, &'a str),
    Directory(&'a str),
    Symlink(&'a str, &'a str),
    Hardlink(&'a str, &'a str),
    Fifo(&'a str),
}
use Item::{Directory, Fifo, File, Hardlink, Symlink};

fn tar(items: &[Item<'_>]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for item in items {
        let (path, kind, content, target) = match *item {
            File(path, content) => (path, EntryType::Regular, content, None),
            Directory(path) => (path, EntryType::Directory, "", None),
            Symlink(path, target) => (path, EntryType::Symlink, "", Some(target)),
            Hardlink(path, target) => (path, EntryType::Link, "", Some(target)),
            Fifo(path) => (path, EntryType::Fifo, "", None),
        };
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // Spelled as it is: the library would clean the path.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        if let Some(target) = target {
            header.set_link_name(target).unwrap();
        }
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

/// Searches layers, the topmost first, as far as needed.
fn search(wanted: &[&str], layers: &[Vec<u8>]) -> Result<BTreeMap<String, Vec<u8>>, ImageFileError> {
    let mut search = FileSearch::new(wanted);
    for layer in layers {
        if search.is_complete() {
            break;
        }
        search.scan_layer(TYPE, &layer[..])?;
    }
    Ok(search.into_found())
}

/// The list's content as searched for in layers, the topmost first.
fn list_in(layers: &[&[Item<'_>]]) -> Option<String> {
    let layers: Vec<Vec<u8>> = layers.iter().map(|items| tar(items)).collect();
    let found = search(&[LIST], &layers).unwrap().remove(LIST);
    found.map(|content| String::from_utf8(content).unwrap())
}

#[test]
fn every_compression_and_spelling_of_paths() {
    for path in [LIST, "./deckhouse/candi/images_digests.json", "/deckhouse//candi/./images_digests.json"] {
        let plain =
            tar(&[File("a", "x"), Directory("deckhouse/"), File(path, "{}"), File("version.json", "v")]);
        let two_members = [gzip(&plain[..700]), gzip(&plain[700..])].concat();
        let two_frames = [zstd(&plain[..700]), zstd(&plain[700..])].concat();
        for layer in [plain.clone(), gzip(&plain), zstd(&plain), two_members, two_frames] {
            let found = search(&[LIST, "version.json", "absent"], &[layer]).unwrap();
            let found: Vec<_> = found.iter().map(|(path, content)| (path.as_str(), &content[..])).collect();
            assert_eq!(found, [(LIST, &b"{}"[..]), ("version.json", b"v")], "{path}");
        }
    }
}

#[test]
fn long_names_of_either_kind() {
    let path = format!("{}/images_digests.json", "d".repeat(150));
    let mut gnu = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_size(2);
    gnu.append_data(&mut header, &path, &b"{}"[..]).unwrap();
    let gnu = gnu.into_inner().unwrap();

    let mut pax = Builder::new(Vec::new());
    pax.append_pax_extensions([
        ("path", path.as_bytes()),
        ("mtime", b"-1.5"),
        ("SCHILY.xattr.user.x", &[0xff, 0][..]),
    ])
    .unwrap();
    let mut header = Header::new_ustar();
    header.set_path("cut").unwrap();
    header.set_size(2);
    header.set_cksum();
    pax.append(&header, &b"{}"[..]).unwrap();
    let pax = pax.into_inner().unwrap();

    for layer in [gnu, pax] {
        assert_eq!(search(&[path.as_str()], &[layer]).unwrap()[&path], b"{}");
    }
}

#[test]
fn the_topmost_copy_wins() {
    assert_eq!(list_in(&[&[File(LIST, "new")], &[File(LIST, "old")]]).unwrap(), "new");
    assert_eq!(list_in(&[&[File("other", "x")], &[File(LIST, "old")]]).unwrap(), "old");
    assert_eq!(list_in(&[&[File(LIST, "first"), File(LIST, "last")]]).unwrap(), "last");
    assert_eq!(list_in(&[&[], &[]]), None);
}

#[test]
fn whiteouts_hide_what_is_below() {
    let hidden: &[&[Item<'_>]] = &[
        &[File("deckhouse/candi/.wh.images_digests.json", "")],
        &[File("./deckhouse/.wh.candi", "")],
        &[File(".wh.deckhouse", "")],
        &[File("deckhouse/candi/.wh..wh..opq", "")],
        &[File("deckhouse/.wh..wh..opq", "")],
        &[File(".wh..wh..opq", "")],
        &[File("deckhouse", "a file now")],
        &[Directory("deckhouse/candi/images_digests.json/")],
        &[Fifo(LIST)],
        &[Directory("deckhouse"), File("deckhouse/.wh.candi", ""), Directory("deckhouse/candi")],
    ];
    for (index, top) in hidden.iter().enumerate() {
        assert_eq!(list_in(&[top, &[File(LIST, "old")]]), None, "{index}");
        assert_eq!(list_in(&[&[], top, &[File(LIST, "old")]]), None, "{index}");
        assert_eq!(list_in(&[&[File(LIST, "new")], top, &[File(LIST, "old")]]).unwrap(), "new", "{index}");
    }
}

#[test]
fn whiteouts_do_not_hide_other_files() {
    let shown: &[&[Item<'_>]] = &[
        &[File("deckhouse/candi/.wh.images_digests", "")],
        &[File("deckhouse/candi/.wh.images_digests.json.old", "")],
        &[File("candi/.wh.images_digests.json", "")],
        &[File("deckhouse/candi/images_digests.json/.wh..wh..opq", "")],
        &[File("deckhouse/candid/.wh..wh..opq", "")],
        &[File(".wh..wh.plnk", "")],
        &[File("deck", "")],
        &[Directory("deckhouse/"), Directory("deckhouse/candi")],
        &[Symlink("deckhouse/other", "candi")],
        &[Symlink("deckhouse/candi", "x"), Directory("deckhouse/candi")],
    ];
    for (index, top) in shown.iter().enumerate() {
        assert_eq!(list_in(&[top, &[File(LIST, "old")]]).as_deref(), Some("old"), "{index}");
    }
}

#[test]
fn a_whiteout_leaves_alone_its_own_layer_whatever_the_order() {
    for whiteout in ["deckhouse/candi/.wh.images_digests.json", "deckhouse/.wh..wh..opq", ".wh.deckhouse"] {
        let before = [File(whiteout, ""), File(LIST, "new")];
        let after = [File(LIST, "new"), File(whiteout, "")];
        assert_eq!(list_in(&[&before, &[File(LIST, "old")]]).unwrap(), "new", "{whiteout}");
        assert_eq!(list_in(&[&after, &[File(LIST, "old")]]).unwrap(), "new", "{whiteout}");
    }
}

#[test]
fn a_link_instead_of_the_file_is_an_error_and_not_absence() {
    let tables: &[(&[Item<'_>], &str)] = &[
        (&[Symlink(LIST, "../lists/images.json")], LIST),
        (&[Hardlink(LIST, "lists/images.json")], LIST),
        (&[Symlink("deckhouse/candi", "/opt/candi")], "deckhouse/candi"),
        (&[Directory("deckhouse"), Symlink("deckhouse", "opt"), Directory("deckhouse/x")], "deckhouse"),
    ];
    for (items, link) in tables {
        match search(&[LIST], &[tar(items), tar(&[File(LIST, "old")])]) {
            Err(ImageFileError::Link { path, .. }) => assert_eq!(path, *link),
            other => panic!("{link}: {other:?}"),
        }
    }
    assert_eq!(list_in(&[&[File(LIST, "new")], &[Symlink(LIST, "elsewhere")]]).unwrap(), "new");
}

#[test]
fn a_sparse_file_is_an_error() {
    let mut header = Header::new_gnu();
    header.set_path(LIST).unwrap();
    header.set_entry_type(EntryType::GNUSparse);
    header.set_size(0);
    header.set_cksum();
    let mut builder = Builder::new(Vec::new());
    builder.append(&header, io::empty()).unwrap();
    let error = search(&[LIST], &[builder.into_inner().unwrap()]).unwrap_err();
    assert!(matches!(error, ImageFileError::Sparse { .. }), "{error}");
}

#[test]
fn a_cut_or_damaged_layer_is_an_error_and_never_absence() {
    let plain = tar(&[File("a", "content"), File(LIST, "{}")]);
    for whole in [plain.clone(), gzip(&plain), zstd(&plain)] {
        for end in 0..whole.len() {
            // The last of the two zero blocks that end a tar may be missing.
            let may_end = whole == plain && end == plain.len() - 512;
            let mut search = FileSearch::new(&["absent"]);
            let cut = search.scan_layer(TYPE, &whole[..end]);
            assert_eq!(cut.is_ok(), may_end, "{end} of {}", whole.len());
            if cut.is_err() {
                assert!(!search.is_complete());
                search.scan_layer(TYPE, &whole[..]).unwrap();
            }
        }
    }
    for damaged in [&b"{}"[..], b"", b"BZh91AY&SY", &[0x5a; 2000], &gzip(b"no tar")] {
        let error = FileSearch::new(&[LIST]).scan_layer(TYPE, damaged).unwrap_err();
        assert!(matches!(error, ImageFileError::Layer { .. }), "{error}");
        assert!(error.to_string().contains(TYPE), "{error}");
    }
    let mut wrong_sum = gzip(&plain);
    let sum = wrong_sum.len() - 8;
    wrong_sum[sum] ^= 1;
    assert!(FileSearch::new(&[LIST]).scan_layer(TYPE, &wrong_sum[..]).is_err());
}

#[test]
fn an_error_of_the_source_keeps_its_kind() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let plain = tar(&[File("a", &"content".repeat(50_000))]);
    for whole in [plain.clone(), gzip(&plain), zstd(&plain)] {
        let broken = whole[..whole.len() / 2].chain(Failing);
        let error = FileSearch::new(&[LIST]).scan_layer(TYPE, broken).unwrap_err();
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        let mut kind = None;
        while let Some(inner) = cause {
            kind = kind.or(inner.downcast_ref::<io::Error>().map(io::Error::kind));
            cause = inner.source();
        }
        assert_eq!(kind, Some(io::ErrorKind::ConnectionReset), "{error:?}");
    }
}

#[test]
fn the_source_is_read_to_its_end() {
    let plain = [tar(&[File(LIST, "{}")]), vec![0; 100_000]].concat();
    for whole in [plain.clone(), gzip(&plain), zstd(&plain)] {
        let mut source = &whole[..];
        let mut search = FileSearch::new(&[LIST]);
        search.scan_layer(TYPE, &mut source).unwrap();
        assert!(search.is_complete());
        assert_eq!(source.len(), 0);
        let mut unread = &whole[..];
        search.scan_layer(TYPE, &mut unread).unwrap();
        assert_eq!(unread.len(), whole.len());
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let layer = tar(&[File("a", "123456789"), File(LIST, "12345")]);
    let mut within = FileSearch::with_limits(&[LIST], 5, layer.len() as u64);
    within.scan_layer(TYPE, &layer[..]).unwrap();
    assert_eq!(within.into_found()[LIST], b"12345");
    let error = FileSearch::with_limits(&[LIST], 4, u64::MAX).scan_layer(TYPE, &layer[..]).unwrap_err();
    assert!(matches!(error, ImageFileError::FileTooLarge { size: 5, limit: 4, .. }), "{error}");
    let bomb = gzip(&[&layer[..2048], &vec![0; 10_000_000]].concat());
    let error = FileSearch::with_limits(&[LIST], 4096, 1_000_000).scan_layer(TYPE, &bomb[..]).unwrap_err();
    assert!(matches!(error, ImageFileError::LayerTooLarge { limit: 1_000_000, .. }), "{error}");
}

#[test]
fn an_empty_layer_of_an_artifact_has_no_files() {
    let mut search = FileSearch::new(&[LIST]);
    search.scan_layer(EMPTY_LAYER, &b"{}"[..]).unwrap();
    assert!(!search.is_complete() && search.into_found().is_empty());
}

proptest! {
    #[test]
    fn no_layer_makes_the_search_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        magic in prop::sample::select(vec![&b""[..], b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x5a\x2a\x4d\x18"]),
    ) {
        let _ = FileSearch::new(&[LIST]).scan_layer(TYPE, &[magic, &bytes].concat()[..]);
    }

    #[test]
    fn a_damaged_byte_never_panics_and_never_shows_another_content(at in 0..2560_usize, bit in 0..8_u8) {
        let mut layer = tar(&[File("a", "content"), File(LIST, "{}")]);
        layer[at] ^= 1 << bit;
        let mut search = FileSearch::new(&[LIST]);
        if search.scan_layer(TYPE, &layer[..]).is_ok() && at < 1536 {
            let found = search.into_found();
            prop_assert_eq!(found.get(LIST).map(Vec::as_slice), Some(&b"{}"[..]));
        }
    }
}
