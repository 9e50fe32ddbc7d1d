//! Both implementations against the examples of the standard, and the kernel against the portable code.

use proptest::prelude::*;
use streebog::{Digest as _, Streebog256, digest::common::hazmat::SerializableState as _};

use crate::{
    hasher::{Implementation, Streebog},
    words::Words,
};

/// The kernel, on a machine where `build.rs` found that the CPU supports it.
fn kernel() -> Implementation {
    Implementation::kernel()
        .expect("built on another machine: touch crates/gost-hash/build.rs and build again")
}

/// The sum of `bytes`, taken in pieces of these lengths in turn.
fn sum(implementation: Implementation, bytes: &[u8], lengths: &[usize]) -> [u8; 32] {
    let mut hasher = Streebog(implementation);
    let mut rest = bytes;
    for length in lengths.iter().cycle() {
        let (now, later) = rest.split_at(rest.len().min(*length));
        hasher.update(now);
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    hasher.finish()
}

/// The bytes of a text of hex digits.
fn bytes(hex: &str) -> [u8; 32] {
    std::array::from_fn(|index| u8::from_str_radix(&hex[2 * index..][..2], 16).unwrap())
}

/// The examples M1 and M2 of RFC 6986, section 10, in the order of the tools, and of the platform's own test.
fn examples(implementation: impl Fn() -> Implementation) {
    let cases: [(&[u8], &str); 4] = [
        (b"", "3f539a213e97c802cc229d474c6aa32a825a360b2a933a949fd925208d9ce1bb"),
        (
            b"012345678901234567890123456789012345678901234567890123456789012",
            "9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500",
        ),
        (
            b"\xd1\xe5 \xe2\xe5\xf2\xf0\xe8, \xd1\xf2\xf0\xe8\xe1\xee\xe6\xe8 \xe2\xed\xf3\xf6\xe8, \
              \xe2\xe5\xfe\xf2\xfa \xf1 \xec\xee\xf0\xff \xf1\xf2\xf0\xe5\xeb\xe0\xec\xe8 \xed\xe0 \
              \xf5\xf0\xe0\xe1\xf0\xfb\xff \xef\xeb\xfa\xea\xfb \xc8\xe3\xee\xf0\xe5\xe2\xfb",
            "9dd2fe4e90409e5da87f53976d7405b0c0cac628fc669a741d50063c557e8f50",
        ),
        (
            b"The quick brown fox jumps over the lazy dog",
            "3e7dea7f2384b6c5a3d0e24aaa29c05e89ddd762145030ec22c71a6db8b2c1f4",
        ),
    ];
    for (text, expected) in cases {
        for lengths in [&[1000], &[1]] {
            assert_eq!(sum(implementation(), text, lengths), bytes(expected));
        }
    }
}

#[test]
fn examples_of_the_standard_portable() {
    examples(Implementation::portable);
}

#[test]
#[cfg_attr(not(avx512_streebog), ignore = "not run: needs AVX-512 VBMI and GFNI")]
fn examples_of_the_standard_avx512() {
    examples(kernel);
}

#[test]
#[cfg_attr(not(avx512_streebog), ignore = "not run: needs AVX-512 VBMI and GFNI")]
fn the_kernel_is_used_where_the_cpu_supports_it() {
    assert!(matches!(Streebog::new().0, Implementation::Kernel(_)));
}

#[test]
#[cfg_attr(avx512_streebog, ignore = "not run: this machine has AVX-512 VBMI and GFNI")]
fn without_the_kernel_the_portable_code_is_used() {
    assert!(matches!(Streebog::new().0, Implementation::Portable(_)));
}

/// Texts of any length; of bytes that are all 0xff too, which carry through the whole of their sum.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let any_bytes = proptest::collection::vec(any::<u8>(), 0..2000);
    let full_bytes = (0_usize..2000).prop_map(|length| vec![0xff; length]);
    prop_oneof![3 => any_bytes, 1 => full_bytes]
}

fn lengths() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(prop_oneof![1_usize..200, Just(64), Just(128)], 1..12)
}

/// 512 bits, with words often at their limit.
fn words() -> impl Strategy<Value = Words> {
    proptest::array::uniform8(prop_oneof![any::<u64>(), Just(u64::MAX), Just(u64::MAX - 511)])
}

proptest! {
    #[test]
    fn any_text_in_any_pieces_portable(text in text(), lengths in lengths()) {
        let expected: [u8; 32] = Streebog256::digest(&text).into();
        prop_assert_eq!(sum(Implementation::portable(), &text, &lengths), expected);
    }

    #[test]
    #[cfg_attr(not(avx512_streebog), ignore = "not run: needs AVX-512 VBMI and GFNI")]
    fn any_text_in_any_pieces_avx512(text in text(), lengths in lengths()) {
        let expected: [u8; 32] = Streebog256::digest(&text).into();
        prop_assert_eq!(sum(kernel(), &text, &lengths), expected);
    }

    /// States that no text of a testable length leads to, such as a count of bits that needs a second word.
    #[test]
    #[cfg_attr(not(avx512_streebog), ignore = "not run: needs AVX-512 VBMI and GFNI")]
    fn any_state_continues_as_in_the_portable_code(h in words(), n in words(), sigma in words(), text in text()) {
        // The rest is the block begun, which is empty.
        let mut state = [0; 256];
        for (bytes, word) in state.as_chunks_mut().0.iter_mut().zip(h.iter().chain(&n).chain(&sigma)) {
            *bytes = word.to_le_bytes();
        }
        let mut theirs = Streebog256::deserialize(&state.into()).unwrap();
        theirs.update(&text);
        let expected: [u8; 32] = theirs.finalize().into();
        let mut ours = kernel();
        if let Implementation::Kernel(chain) = &mut ours {
            (chain.h, chain.n, chain.sigma) = (h, n, sigma);
        }
        prop_assert_eq!(sum(ours, &text, &[100]), expected);
    }
}
