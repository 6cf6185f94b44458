//! As much of the header as this module needs: the beginnings of records, which never change.
use std::ffi::{c_char, c_int, c_void, CStr};

pub const OK: c_int = 0x5945_5321;
pub const DENY: c_int = 2;
pub const ERROR: c_int = 3;
pub const FALSE: c_int = 4;
pub const DELAYED: c_int = 6;
pub const INVALID_USER: c_int = 7;
pub const INVALID_PASS: c_int = 8;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Text {
    data: *const c_char,
    length: usize,
}

impl Text {
    /// The text must outlive every use of what is returned.
    pub fn of(text: &str) -> Text {
        Text { data: text.as_ptr().cast(), length: text.len() }
    }

    /// SAFETY: the host's texts are UTF-8 and live until the entry returns.
    pub unsafe fn get<'a>(self) -> &'a str {
        std::str::from_utf8(std::slice::from_raw_parts(self.data.cast(), self.length)).unwrap_or("")
    }
}

#[repr(C)]
pub struct Pair {
    pub size: u32,
    pub reserved: u32,
    pub name: Text,
    pub value: Text,
}

#[repr(C)]
pub struct Login {
    size_and_reserved: [u32; 2],
    session: u64,
    pub token: u64,
    deadline: i64,
    pub user: Text,
    pub password: Text,
}

#[repr(C)]
pub struct Mapping {
    size_and_reserved: [u32; 2],
    session_token_deadline: [u64; 3],
    pub user: Text,
    requested: Text,
    pub name: Text,
}

#[repr(C)]
pub struct Check {
    size_and_action: [u32; 2],
    session_token_deadline: [u64; 3],
    user_and_requested: [Text; 2],
    object_and_fields: [*const c_void; 2],
    field_count: usize,
    contribution_id: Text,
    flags_and_reserved: [u32; 2],
    pub session_data: u64,
}

#[repr(C)]
pub struct Answer {
    size: u32,
    status: c_int,
    pub reason_log: Text,
    reason_client: Text,
    pub user: Text,
    pub mapped: Text,
    expiry: i64,
    session_limit: u32,
    pub scratch_size: u32,
    pub scratch: *mut u8,
    application_session_limit: u32,
    serial: u32,
    explanation_and_secret: [Text; 2],
    pub session_data: u64,
    pub attributes: *const *const Pair,
    pub attribute_count: usize,
    challenge_and_cursor: [Text; 2],
    good_for: u32,
    reserved: u32,
}

impl Answer {
    pub fn new() -> Answer {
        // SAFETY: every member may be zero.
        let mut answer: Answer = unsafe { std::mem::zeroed() };
        answer.size = std::mem::size_of::<Answer>() as u32;
        answer
    }
}

#[repr(C)]
pub struct Host {
    what: [u32; 4],
    context: *mut c_void,
    log: *const c_void,
    option: extern "C" fn(&Host, *const c_char, usize) -> *const c_char,
    times: [*const c_void; 2],
    complete: extern "C" fn(&Host, u64, c_int, *const Answer) -> c_int,
}

// The host's table is constant, and its functions may be called on any thread.
unsafe impl Sync for Host {}

impl Host {
    pub fn option(&self, name: &CStr) -> &str {
        let value = (self.option)(self, name.as_ptr(), 0);
        // SAFETY: the host's values are NUL-terminated, and valid until auth_exit.
        if value.is_null() { "" } else { unsafe { CStr::from_ptr(value) }.to_str().unwrap_or("") }
    }

    pub fn complete(&self, token: u64, status: c_int, answer: &Answer) {
        (self.complete)(self, token, status, answer);
    }
}
