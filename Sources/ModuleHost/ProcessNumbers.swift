import CFFI

/// Numbers that this process gives out once each. A thread takes them by the million, and waits for no other.
public enum ProcessNumbers {
    /// Returns a number that was not given out yet.
    public static func next() -> UInt64 { cffi_next_number() }
}
