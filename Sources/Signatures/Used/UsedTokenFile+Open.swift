import Basics
import Glibc

extension UsedTokenFile {
    /// Opens the file, or makes it, with mode 0600, and its directory where that is missing.
    ///
    /// - Parameter visit: takes each record, in the order in which they were written.
    /// - Throws: ``UsedTokenError``: the system refuses, another process has it open, others may write to it, or it is
    ///   damaged.
    static func open(
        _ path: String, calls: Calls = Calls(), visit: (UsedTokenRecord) -> Void
    ) throws(UsedTokenError) -> UsedTokenFile {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        if descriptor < 0 && errno == ENOENT { return try create(path, calls) }
        guard descriptor >= 0 else { throw system("cannot be opened", path) }
        var file = UsedTokenFile(path: path, calls: calls, descriptor: descriptor, length: 0)
        try file.checkTrust()
        try lock(descriptor, path)
        try file.checkPlace()
        try file.read(visit)
        return file
    }

    /// The file gets its name when it is complete, so that one without its header is a damaged one.
    private static func create(_ path: String, _ calls: Calls) throws(UsedTokenError) -> UsedTokenFile {
        let directory = directory(of: path)
        if mkdir(directory, 0o700) != 0 && errno != EEXIST {
            throw UsedTokenError(.system, path, "directory `\(directory)` cannot be made: \(SystemError())")
        }
        try checkDirectories(of: path)
        let file = UsedTokenFile(
            path: path, calls: calls, descriptor: try prepare(path, calls), length: header.count)
        // Unlike rename(2), link(2) does not replace what another process may have put there in the meantime.
        let fault = link(draft(of: path), path) == 0 ? 0 : errno
        unlink(draft(of: path))
        if fault == EEXIST { throw inUse(path) }
        if fault != 0 { throw system("cannot be made", path, fault) }
        try synchronizeDirectory(of: path)
        return file
    }

    /// Returns a new, locked file with the header at the path of drafts.
    static func prepare(_ path: String, _ calls: Calls) throws(UsedTokenError) -> Int32 {
        let draft = Glibc.open(Self.draft(of: path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard draft >= 0 else { throw system("cannot be made", path) }
        do throws(UsedTokenError) {
            try lock(draft, path)
        } catch {
            close(draft)
            throw error
        }
        do throws(UsedTokenError) {
            guard ftruncate(draft, 0) == 0 else { throw system("cannot be made", path) }
            try write(header, at: 0, to: draft, path, calls)
            guard calls.synchronize(draft) == 0 else { throw system("cannot be written to disk", path) }
            return draft
        } catch {
            close(draft)
            unlink(Self.draft(of: path))
            throw error
        }
    }

    static func draft(of path: String) -> String { path + ".new" }

    static func synchronizeDirectory(of path: String) throws(UsedTokenError) {
        let directory = Glibc.open(Self.directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw system("its directory cannot be opened", path) }
        defer { close(directory) }
        // Some file systems have no such call for directories, and order names by themselves.
        guard fsync(directory) == 0 || errno == EINVAL else { throw system("its directory cannot be written", path) }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// A user who can put another file in its place makes tokens good a second time.
    private static func checkDirectories(of path: String) throws(UsedTokenError) {
        if let fault = FileTrust().directoryFault(above: path) { throw UsedTokenError(.untrusted, path, fault) }
    }

    private static func lock(_ descriptor: Int32, _ path: String) throws(UsedTokenError) {
        switch FileLock.take(descriptor) {
        case .taken: return
        case .held: throw inUse(path)
        case .failed(let reason):
            errno = reason
            throw system("cannot be locked", path)
        }
    }

    private static func inUse(_ path: String) -> UsedTokenError {
        UsedTokenError(.inUse, path, "another process has it open: each host needs a `signature-store` of its own")
    }

    private func checkTrust() throws(UsedTokenError) {
        if let fault = FileTrust().fault(in: try status()) { throw UsedTokenError(.untrusted, path, fault) }
        try Self.checkDirectories(of: path)
    }

    /// Another process may have put a new file in its place between open(2) and flock(2).
    private func checkPlace() throws(UsedTokenError) {
        guard FileIdentity(path) == FileIdentity(try status()) else { throw Self.inUse(path) }
    }

    private func status() throws(UsedTokenError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.system("cannot be read", path) }
        return status
    }
}

// MARK: - Reading

extension UsedTokenFile {
    private static let chunk = 16_384 * UsedTokenRecord.byteCount

    private mutating func read(_ visit: (UsedTokenRecord) -> Void) throws(UsedTokenError) {
        let size = Int(try status().st_size)
        var buffer = [UInt8](repeating: 0, count: Self.chunk)
        repeat {
            let count = try fill(&buffer, from: length)
            if length == 0 { try checkHeader(buffer[..<count]) }
            let (end, isDamaged) = buffer.withUnsafeBytes {
                // SAFETY: only the `count` bytes that were read just now are looked at, in here.
                records(UnsafeRawBufferPointer(rebasing: $0[..<count]), visit)
            }
            if isDamaged { throw damaged("the record at byte \(length + end) is not as it was written") }
            length += end
            if end < count || count < Self.chunk { break }
        } while length < size
        if length < size { try cut(from: length, to: size, buffer.count) }
    }

    private func checkHeader(_ bytes: ArraySlice<UInt8>) throws(UsedTokenError) {
        if !bytes.starts(with: Self.header) { throw damaged("it does not begin like one") }
    }

    /// Returns how many bytes of `bytes` are records, up to the first that was never finished or is damaged.
    private func records(
        _ bytes: UnsafeRawBufferPointer, _ visit: (UsedTokenRecord) -> Void
    ) -> (end: Int, isDamaged: Bool) {
        var offset = length == 0 ? Self.header.count : 0
        while offset + UsedTokenRecord.byteCount <= bytes.count {
            let slot = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + UsedTokenRecord.byteCount])
            guard let record = UsedTokenRecord(slot) else { return (offset, slot.contains { $0 != 0 }) }
            visit(record)
            offset += UsedTokenRecord.byteCount
        }
        return (offset, false)
    }

    /// Cuts off what a killed process left: part of a record, or room that a lost power supply left without its
    /// content.
    private func cut(from length: Int, to size: Int, _ chunk: Int) throws(UsedTokenError) {
        var buffer = [UInt8](repeating: 0, count: chunk)
        var offset = length
        while offset < size, size - length >= UsedTokenRecord.byteCount {
            let count = try fill(&buffer, from: offset)
            guard count > 0 else { break }
            guard buffer[..<count].allSatisfy({ $0 == 0 }) else { throw damaged("there are zeros at byte \(length)") }
            offset += count
        }
        guard ftruncate(descriptor, off_t(length)) == 0, calls.synchronize(descriptor) == 0 else {
            throw Self.system("an unfinished record cannot be cut off", path)
        }
    }

    private func fill(_ buffer: inout [UInt8], from offset: Int) throws(UsedTokenError) -> Int {
        var count = 0
        while count < buffer.count {
            // SAFETY: the kernel writes at most as many bytes as the buffer has left.
            let part = buffer.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + count, $0.count - count, off_t(offset + count))
            }
            if part < 0 && errno == EINTR { continue }
            guard part >= 0 else { throw Self.system("cannot be read", path) }
            if part == 0 { break }
            count += part
        }
        return count
    }

    private func damaged(_ how: String) -> UsedTokenError {
        UsedTokenError(
            .damaged, path,
            "it is damaged: \(how); with it moved away a new one is begun, and tokens that were used in the last "
                + "`signature-validtime` could be used again until they expire")
    }
}
