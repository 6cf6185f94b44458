extension [UInt8] {
    /// Overwrites secret bytes that are not needed any more.
    ///
    /// A best effort: the bytes of an array that somebody else holds as well are copied first.
    mutating func wipe() {
        for index in indices { self[index] = 0 }
        self = []
    }
}
