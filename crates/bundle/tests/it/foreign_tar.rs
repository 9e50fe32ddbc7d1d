//! Archives of strangers: hostile ones are refused with the reason, odd ones are read as `tar` reads them.

use bytes::Bytes;

use crate::tar_bytes::{archive, entry, header, index, octal, record};

/// A name for the case, the archive, and what the error must say.
type Case = (&'static str, Bytes, &'static str);

fn assert_refused(cases: Vec<Case>) {
    for (name, bytes, reason) in cases {
        match index(&bytes) {
            Ok(found) => panic!("{name}: {found:?}"),
            Err(error) => assert!(error.to_string().contains(reason), "{name}: {error}"),
        }
    }
}

fn plain() -> Vec<u8> {
    entry(b"index.json", b'0', b"{}")
}

#[test]
fn malicious_paths() {
    assert_refused(vec![
        ("absolute", archive(&[entry(b"/etc/passwd", b'0', b"x")]), "/etc/passwd: the path is absolute"),
        ("absolute after dot", archive(&[entry(b".//etc", b'0', b"x")]), "absolute"),
        ("dot dot", archive(&[entry(b"a/../../b", b'0', b"x")]), "leads outside"),
        ("leading dot dot", archive(&[entry(b"../b", b'0', b"x")]), "leads outside"),
        (
            "dot dot by long name",
            archive(&[entry(b"././@LongLink", b'L', b"a/../b\0"), plain()]),
            "leads outside",
        ),
        ("dot dot by pax", archive(&[entry(b"x", b'x', &record("path", "../b")), plain()]), "leads outside"),
        ("double slash", archive(&[entry(b"a//b", b'0', b"x")]), "empty segment"),
        ("dot within", archive(&[entry(b"a/./b", b'0', b"x")]), "empty segment"),
        ("not UTF-8", archive(&[entry(b"a\xff", b'0', b"x")]), "not UTF-8"),
        ("zero in a pax path", archive(&[entry(b"x", b'x', &record("path", "a\0b")), plain()]), "zero byte"),
        (
            "path too long",
            archive(&[entry(b"././@LongLink", b'L', &[b'a'; 5000]), plain()]),
            "path exceeds limit",
        ),
    ]);
}

#[test]
fn wrong_sizes() {
    assert_refused(vec![
        ("size beyond the end", archive(&[header(b"a", b'0', &octal(4096))]), "the archive ends after 1024"),
        (
            "largest size",
            archive(&[header(b"a", b'0', b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff")]),
            "size",
        ),
        ("negative size", archive(&[header(b"a", b'0', &[0xff; 12])]), "offset 0"),
        ("size is no number", archive(&[header(b"a", b'0', b"12x45678901\0")]), "offset 0"),
        ("two sizes", archive(&[entry(b"x", b'x', &record("size", "1")), plain()]), "two sizes"),
        ("a directory with content", archive(&[entry(b"d/", b'5', b"hidden")]), "no regular file"),
        ("a link with content", archive(&[entry(b"l", b'2', b"hidden")]), "no regular file"),
        ("sparse", archive(&[entry(b"s", b'S', b"")]), "sparse"),
        (
            "sparse by pax",
            archive(&[
                entry(
                    b"x",
                    b'x',
                    &[record("GNU.sparse.map", "0,1"), record("GNU.sparse.size", "9")].concat(),
                ),
                plain(),
            ]),
            "sparse",
        ),
        (
            "sparse map without an end",
            archive(&[
                entry(
                    b"x",
                    b'x',
                    &[
                        record("GNU.sparse.major", "1"),
                        record("GNU.sparse.minor", "0"),
                        record("GNU.sparse.realsize", "9"),
                    ]
                    .concat(),
                ),
                entry(b"s", b'0', &[b'1'; 8192]),
            ]),
            "have no end",
        ),
    ]);
}

#[test]
fn misleading_extensions() {
    assert_refused(vec![
        ("huge extension", archive(&[entry(b"x", b'x', &[b' '; 70_000]), plain()]), "metadata exceeds limit"),
        (
            "stated extension",
            archive(&[header(b"x", b'x', &octal(1 << 32)), plain()]),
            "metadata exceeds limit",
        ),
        (
            "long name twice",
            archive(&[entry(b"l", b'L', b"a\0"), entry(b"l", b'L', b"b\0"), plain()]),
            "duplicate",
        ),
        ("long name of nothing", archive(&[entry(b"l", b'L', b"a\0")]), "without a following"),
        ("global size", archive(&[entry(b"g", b'g', &record("size", "1")), plain()]), "sets 'size'"),
        ("global path", archive(&[entry(b"g", b'g', &record("path", "b")), plain()]), "sets 'path'"),
        (
            "global between",
            archive(&[entry(b"l", b'L', b"a\0"), entry(b"g", b'g', &record("comment", "b")), plain()]),
            "between",
        ),
    ]);
}

#[test]
fn wrong_ends() {
    assert_refused(vec![
        ("lone zero block", archive(&[plain(), vec![0; 512], plain()]), "single block"),
        ("more after the end", archive(&[plain(), vec![0; 1024], plain()]), "there is data after"),
        ("much after the end", archive(&[plain(), vec![0; 2 << 20]]), "bytes follow"),
        ("no end", entry(b"a", b'0', b"x").into(), "ends within or before a header"),
        ("half an end", [plain(), vec![0; 512]].concat().into(), "end mark is cut off"),
        ("bad checksum", archive(&[plain(), vec![b'a'; 512]]), "offset 1024"),
        ("nothing", Bytes::new(), "offset 0"),
    ]);
}

#[test]
fn unusual_archives_are_read() {
    let content = b"content".as_slice();
    let cases: Vec<(&str, Bytes)> = vec![
        ("dot slash", archive(&[entry(b"./a", b'0', content)])),
        ("old type", archive(&[entry(b"a", 0, content)])),
        ("links and directories", {
            let mut pieces: Vec<_> = (b'1'..=b'6').map(|kind| entry(b"l", kind, b"")).collect();
            pieces.push(entry(b"./", b'5', b""));
            pieces.push(entry(b"../outside", b'2', b""));
            pieces.push(entry(b"a", b'0', content));
            archive(&pieces)
        }),
        ("long name", archive(&[entry(b"././@LongLink", b'L', b"a\0"), entry(b"b", b'0', content)])),
        ("pax", archive(&[entry(b"x", b'x', &record("path", "a")), entry(b"b", b'0', content)])),
        ("comment", archive(&[entry(b"g", b'g', &record("comment", "b")), entry(b"a", b'0', content)])),
        ("padded to a record", archive(&[entry(b"a", b'0', content), vec![0; 9000]])),
    ];
    for (name, bytes) in cases {
        let found = index(&bytes).unwrap();
        let [(path, offset, size)] = found.as_slice() else { panic!("{name}: {found:?}") };
        assert_eq!((path.as_str(), *size), ("a", 7), "{name}");
        let offset = usize::try_from(*offset).unwrap();
        assert_eq!(&bytes[offset..offset + 7], content, "{name}");
    }
}
