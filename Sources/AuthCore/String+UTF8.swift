extension String {
    /// Reads UTF-8; nil for any other bytes.
    ///
    /// `String(validating:as:)` is generic, and looks its types up at run time for each text: a thousand instructions.
    package init?(utf8 bytes: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: bytes) else { return nil }
        self.init(copying: text)
    }

    /// Reads UTF-8; nil for any other bytes.
    // NOTE: never inlined, for the optimiser of Swift 6.3 stops at spans of slices that throwing functions return.
    @inline(never)
    package init?(utf8 bytes: ArraySlice<UInt8>) { self.init(utf8: bytes.span) }
}
