//! Sizes of files as they are typed: `4`, `200MB`, `4GiB`, `fat32`.

/// The largest file that FAT32 holds, in bytes: its directory entry has 32 bits for the size.
const FAT32: u64 = 4_294_967_295;

/// The units, as products of bytes.
const UNITS: [(&str, u64); 9] = [
    ("", 1024 * 1024 * 1024),
    ("B", 1),
    ("KB", 1000),
    ("MB", 1000 * 1000),
    ("GB", 1000 * 1000 * 1000),
    ("KiB", 1024),
    ("MiB", 1024 * 1024),
    ("GiB", 1024 * 1024 * 1024),
    ("TiB", 1024 * 1024 * 1024 * 1024),
];

/// A size in bytes. A bare number counts GiB, as the platform documents it; 0 stands for no parts.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("fat32") {
        return Ok(FAT32);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start();
    let factor = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).filter(|_| digits > 0);
    let Some((_, factor)) = factor else {
        return Err("expected a whole number of GiB, or a size such as 200MB, 4GiB or fat32".to_owned());
    };
    let size = number.parse::<u64>().ok().and_then(|it| it.checked_mul(*factor));
    size.ok_or_else(|| "the size is larger than any file".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let cases = [
            ("0", 0),
            ("1", 1_073_741_824),
            ("25", 26_843_545_600),
            ("512B", 512),
            ("3KB", 3000),
            ("3KiB", 3072),
            ("200MB", 200_000_000),
            ("200 MB", 200_000_000),
            ("200mb", 200_000_000),
            ("1MiB", 1_048_576),
            ("2GB", 2_000_000_000),
            ("4GiB", 4_294_967_296),
            ("1TiB", 1_099_511_627_776),
            ("fat32", 4_294_967_295),
            ("FAT32", 4_294_967_295),
            (" 4 ", 4_294_967_296),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn edited_sizes_never_panic() {
        fuzzing::fuzz!(["200MB", "17179869183", " 4 GiB", "fat32"], |bytes: &[u8]| {
            drop(std::str::from_utf8(bytes).map(parse));
        });
    }

    #[test]
    fn invalid_sizes_are_refused() {
        for text in ["", "-1", "+1", "1.5", "1.5GiB", "GB", "4G", "4M", "4 GiB x", "fat", "fat33", "١"] {
            assert!(parse(text).unwrap_err().contains("4GiB"), "{text}");
        }
        for text in ["17179869184", "99999999999999999999B"] {
            assert!(parse(text).unwrap_err().contains("larger"), "{text}");
        }
    }
}
