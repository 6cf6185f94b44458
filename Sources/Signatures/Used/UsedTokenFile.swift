import Basics
import Glibc

/// The file that used tokens are written to before a user is let in: a header, then records that are only ever
/// appended.
///
/// One process has it open: it holds flock(2) on the file for as long as this value lives. What a process
/// that was killed left unfinished is cut off at the next start, because no user was let in on it. Any other damage
/// refuses the file: a record that cannot be read is a token that could be used again.
struct UsedTokenFile: ~Copyable {
    /// The calls that make bytes durable; tests make them fail.
    struct Calls: Sendable {
        /// pwrite(2).
        var write: @Sendable (Int32, UnsafeRawBufferPointer, Int) -> Int = {
            pwrite($0, $1.baseAddress, $1.count, off_t($2))
        }
        /// fdatasync(2).
        var synchronize: @Sendable (Int32) -> Int32 = { fdatasync($0) }
    }

    static let header: [UInt8] = {
        let text = [UInt8]("authhost used tokens, version 1\n".utf8)
        return text + [UInt8](repeating: 0, count: UsedTokenRecord.byteCount - text.count)
    }()

    let path: String
    let calls: Calls
    var descriptor: Int32
    /// How many bytes are known to be good; what is behind them is not believed.
    var length: Int
    /// Why nothing can be written any more until the file is opened anew.
    var failure: UsedTokenError?

    deinit { close(descriptor) }

    /// How many records the file holds.
    var recordCount: Int { length / UsedTokenRecord.byteCount - 1 }

    /// Appends records and waits until the disk has them.
    mutating func append(_ records: [UsedTokenRecord]) throws(UsedTokenError) {
        if let failure { throw failure }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(records.count * UsedTokenRecord.byteCount)
        for record in records { record.encode(to: &bytes) }
        do throws(UsedTokenError) {
            try Self.write(bytes, at: length, to: descriptor, path, calls)
        } catch {
            // A part may have been written: it must not stand before what is written next.
            if ftruncate(descriptor, off_t(length)) != 0 { failure = error }
            throw error
        }
        guard calls.synchronize(descriptor) == 0 else {
            // After a failed fdatasync(2) it is not known what the disk has, and a second one would not say.
            let error = Self.system("cannot be written to disk", path)
            failure = error
            throw error
        }
        length += bytes.count
    }

    static func write(
        _ bytes: [UInt8], at offset: Int, to descriptor: Int32, _ path: String, _ calls: Calls
    ) throws(UsedTokenError) {
        var written = 0
        while written < bytes.count {
            // SAFETY: the call reads at most as many bytes as are left, and keeps none.
            let count = bytes.withUnsafeBytes {
                calls.write(descriptor, UnsafeRawBufferPointer(rebasing: $0[written...]), offset + written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw system("cannot be written", path) }
            written += count
        }
    }

    static func system(_ what: String, _ path: String, _ fault: Int32 = errno) -> UsedTokenError {
        UsedTokenError(.system, path, "\(what): \(SystemError(fault))")
    }
}
