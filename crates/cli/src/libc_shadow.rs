//! Keeps the name service of the machine that we run on out of the static binary.
//!
//! `getaddrinfo` and `getpwuid_r` of a static glibc load the `libnss_*.so` and the `libc.so.6` of the
//! host into the process, which crashes where versions differ (rust-lang/rust#100711, #115723). Nothing
//! here needs them: names are resolved by `egress`. Defining the symbols keeps glibc's out of the link;
//! a forgotten caller gets a clean failure.
#![expect(unsafe_code, reason = "replaces C functions of the same name")]

use libc::{addrinfo, c_char, c_int, passwd, size_t, uid_t};

/// # Safety
/// As `getaddrinfo(3)`; reads and writes nothing.
#[unsafe(no_mangle)]
unsafe extern "C" fn getaddrinfo(
    _node: *const c_char,
    _service: *const c_char,
    _hints: *const addrinfo,
    _result: *mut *mut addrinfo,
) -> c_int {
    libc::EAI_FAIL
}

/// # Safety
/// Never called with a list, since the shadowed `getaddrinfo` makes none.
#[unsafe(no_mangle)]
unsafe extern "C" fn freeaddrinfo(_list: *mut addrinfo) {}

/// # Safety
/// As `getpwuid_r(3)`: `result` points to a pointer that may be written. Always "no such user".
#[unsafe(no_mangle)]
unsafe extern "C" fn getpwuid_r(
    _uid: uid_t,
    _entry: *mut passwd,
    _buffer: *mut c_char,
    _length: size_t,
    result: *mut *mut passwd,
) -> c_int {
    // SAFETY: the caller of getpwuid_r passes a valid pointer here.
    unsafe { *result = std::ptr::null_mut() };
    0
}
