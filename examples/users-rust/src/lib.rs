//! The same module as users-c, in Rust: users from a CSV file, a delayed answer, a mapping, and a group.
//!
//!     cargo build --release --offline
//!     cc -shared -fPIC $(pkg-config --cflags authhost) module.c target/release/libusers.a -o libusers.so -Wl,--exclude-libs,ALL -lpthread
mod authhost;
use authhost::*;
use std::ffi::{c_int, c_void};
use std::fs::read_to_string;

fn look_up(path: &str, user: &str, password: &str) -> (c_int, String) {
    let Ok(text) = read_to_string(path) else { return (ERROR, String::new()) };
    for line in text.lines() {
        // Each line has three fields with something in each; others are passed over.
        if let [name, secret, group] = line.split(',').collect::<Vec<_>>()[..] {
            if name != user || secret.is_empty() || group.is_empty() { continue; }
            return (if secret == password { OK } else { INVALID_PASS }, group.to_string());
        }
    }
    (INVALID_USER, String::new())
}

fn answer(host: &Host, token: u64, user: String, password: String) {
    let (status, group) = look_up(host.option(c"file"), &user, &password);
    let pair = Pair { size: size_of::<Pair>() as u32, reserved: 0, name: Text::of("group"), value: Text::of(&group) };
    let pairs = [&pair as *const Pair];
    let mut answer = Answer::new();
    answer.user = Text::of(&user); // who was authenticated: a yes takes this and OK
    answer.session_data = (group == "writers") as u64; // comes back with every check
    answer.attributes = pairs.as_ptr();
    answer.attribute_count = 1;
    host.complete(token, status, &answer);
    // A module that is more than an example wipes the password, and keeps hashes in its file.
}

#[no_mangle]
pub extern "C" fn users_init(host: &'static Host, instance: &mut *const Host) -> c_int {
    *instance = host;
    OK
}

// SAFETY of the entries: the host lends each record until the entry returns, and passes what users_init has returned.
#[no_mangle]
pub unsafe extern "C" fn users_new_user(host: &'static Host, login: &Login, result: &mut Answer) -> c_int {
    let (token, user, password) = (login.token, login.user.get().to_string(), login.password.get().to_string());
    let thread = std::thread::Builder::new().spawn(move || answer(host, token, user, password));
    if thread.is_ok() { return DELAYED; }
    result.reason_log = Text::of("there is no thread to look the user up");
    ERROR
}

#[no_mangle]
pub unsafe extern "C" fn users_map(_: *mut c_void, mapping: &Mapping, result: &mut Answer) -> c_int {
    let Some(rest) = mapping.name.get().strip_prefix("/me/") else { return FALSE };
    let name = format!("/users/{}/{rest}", mapping.user.get());
    if name.len() > result.scratch_size as usize { return ERROR; }
    let scratch = std::slice::from_raw_parts_mut(result.scratch, name.len());
    scratch.copy_from_slice(name.as_bytes());
    result.mapped = Text::of(std::str::from_utf8_unchecked(scratch));
    OK
}

#[no_mangle]
pub extern "C" fn users_check_write(_: *mut c_void, check: &Check, result: &mut Answer) -> c_int {
    if check.session_data != 0 { return OK; }
    result.reason_log = Text::of("only writers write");
    DENY
}
