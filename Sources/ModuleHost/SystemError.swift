import Glibc

/// The last system call's error in words.
func systemError(_ code: Int32 = errno) -> String {
    // SAFETY: strerror returns a NUL-terminated string that is copied before any other call.
    String(cString: strerror(code))
}
