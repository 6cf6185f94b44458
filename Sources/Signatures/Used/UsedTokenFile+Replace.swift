import Glibc

extension UsedTokenFile {
    /// Puts a new file with `records` in place of the old one; any failure before that leaves the old one in use.
    mutating func replace(with records: some Sequence<UsedTokenRecord>) throws(UsedTokenError) {
        if let failure { throw failure }
        let draft = try Self.prepare(path, calls)
        let end: Int
        do throws(UsedTokenError) {
            end = try Self.write(records, to: draft, path, calls)
            guard rename(Self.draft(of: path), path) == 0 else { throw Self.system("cannot be replaced", path) }
        } catch {
            close(draft)
            unlink(Self.draft(of: path))
            throw error
        }
        // The draft is locked like the file it replaces, which is let go only now.
        close(descriptor)
        descriptor = draft
        length = end
        do throws(UsedTokenError) {
            try Self.synchronizeDirectory(of: path)
        } catch {
            // The old file could come back with the next start, without what will be written from here on.
            failure = error
            throw error
        }
    }

    /// Returns how long the file is then.
    private static func write(
        _ records: some Sequence<UsedTokenRecord>, to draft: Int32, _ path: String, _ calls: Calls
    ) throws(UsedTokenError) -> Int {
        var end = header.count
        var bytes: [UInt8] = []
        func flush() throws(UsedTokenError) {
            try write(bytes, at: end, to: draft, path, calls)
            end += bytes.count
            bytes.removeAll(keepingCapacity: true)
        }
        for record in records {
            record.encode(to: &bytes)
            if bytes.count >= 1 << 20 { try flush() }
        }
        try flush()
        guard calls.synchronize(draft) == 0 else { throw system("cannot be written to disk", path) }
        return end
    }
}
