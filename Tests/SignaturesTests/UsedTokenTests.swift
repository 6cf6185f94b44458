import Foundation
import Synchronization
import Testing

@testable import Signatures

@Suite struct UsedTokenTests {
    private let folder: Folder
    private var path: String { folder.file("used-tokens") }

    init() throws { folder = try Folder() }

    private static let key = Digest128(of: Data("key".utf8))

    private func use(
        _ number: Int, issued: UInt32 = 1000, lifetime: UInt32 = 100, now: UInt32 = 1000, key: Digest128 = Self.key
    ) -> UsedTokenStore.Use {
        .init(
            token: Digest128(of: Data("token \(number)".utf8)), key: key, issued: issued, until: issued + lifetime,
            now: now)
    }

    private func store(limit: Int = 1000, calls: UsedTokenFile.Calls = .init()) throws -> UsedTokenStore {
        try UsedTokenStore(path: path, limit: limit, calls: calls)
    }

    private func bytes() throws -> Data { try Data(contentsOf: URL(filePath: path)) }

    /// What opening the store says, nil when it opens.
    private func refusal() -> UsedTokenError? {
        do throws(UsedTokenError) {
            _ = try UsedTokenStore(path: path, limit: 1000)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a token is good once, also after a restart`() throws {
        do {
            let store = try store()
            #expect(store.use(use(1)) == .first)
            #expect(store.use(use(1)) == .again)
            #expect(store.use(use(2)) == .first)
        }
        for _ in 0..<3 {
            let store = try store()
            #expect(store.count == 2)
            #expect(store.use(use(1)) == .again)
            #expect(store.use(use(2)) == .again)
        }
        #expect(try store().use(use(3)) == .first)
    }

    @Test func `the use is in the file before it is answered`() throws {
        let store = try store()
        for number in 1...5 {
            #expect(store.use(use(number)) == .first)
            #expect(try bytes().count == (number + 1) * UsedTokenRecord.byteCount)
        }
        #expect(store.use(use(1)) == .again)
        #expect(try bytes().count == 6 * UsedTokenRecord.byteCount)
    }

    @Test func `the file is for its owner alone, and its directory is made`() throws {
        let path = folder.file("var/used-tokens")
        _ = try UsedTokenStore(path: path, limit: 10)
        for (path, mode) in [(path, 0o600), (folder.file("var"), 0o700)] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == mode)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("var")) == ["used-tokens"])
    }

    @Test func `a second store on the same file is refused while the first is open`() throws {
        do {
            let first = try store()
            #expect(refusal()?.code == .inUse)
            #expect(first.use(use(1)) == .first)
        }
        #expect(refusal() == nil)
    }

    @Test func `another process cannot open the file, and is told when it has it`() throws {
        _ = try store()
        let output = Pipe()
        let holder = Process()
        holder.executableURL = URL(filePath: "/usr/bin/flock")
        holder.arguments = ["--nonblock", path, "sh", "-c", "echo held; exec cat"]
        holder.standardOutput = output
        let input = Pipe()
        holder.standardInput = input
        try holder.run()
        #expect(output.fileHandleForReading.availableData == Data("held\n".utf8))
        #expect(refusal()?.description.contains("another process has it open") == true)
        try input.fileHandleForWriting.close()
        holder.waitUntilExit()
        let store = try store()
        let second = try Process.run(URL(filePath: "/usr/bin/flock"), arguments: ["--nonblock", path, "true"])
        second.waitUntilExit()
        #expect(second.terminationStatus == 1)
        #expect(store.use(use(1)) == .first)
    }

    @Test func `a file that is cut at any byte keeps every whole record before the cut, or is refused`() throws {
        let count = 5
        do {
            let store = try store()
            for number in 0..<count { #expect(store.use(use(number)) == .first) }
        }
        let whole = try bytes()
        for length in 0...whole.count {
            try whole[..<length].write(to: URL(filePath: path))
            guard length >= UsedTokenRecord.byteCount else {
                #expect(refusal()?.code == .damaged)
                continue
            }
            let store = try store()
            let kept = length / UsedTokenRecord.byteCount - 1
            #expect(store.count == kept)
            for number in 0..<count { #expect(store.use(use(number)) == (number < kept ? .again : .first)) }
        }
    }

    @Test func `a file with a changed byte is refused wherever it is`() throws {
        do {
            let store = try store()
            for number in 0..<3 { #expect(store.use(use(number)) == .first) }
        }
        let whole = try bytes()
        for index in whole.indices {
            for flip in [UInt8(1), 0x80] {
                var changed = whole
                changed[index] ^= flip
                try changed.write(to: URL(filePath: path))
                #expect(refusal()?.code == .damaged)
            }
        }
        #expect(refusal()?.description.contains("the record at byte 192 is not as it was written") == true)
        try whole.write(to: URL(filePath: path))
        #expect(refusal() == nil)
    }

    @Test(arguments: [1, 64, 100, 4096, 3 << 20])
    func `room that never got its content is cut off`(zeros: Int) throws {
        #expect(try store().use(use(1)) == .first)
        let whole = try bytes()
        try (whole + Data(count: zeros)).write(to: URL(filePath: path))
        #expect(try store().use(use(1)) == .again)
        #expect(try bytes() == whole)
        try (whole + Data(count: zeros) + Data("x".utf8) + Data(count: 64)).write(to: URL(filePath: path))
        #expect(refusal()?.code == .damaged)
    }

    @Test func `refuses what is no file of used tokens`() throws {
        for content in [
            "", "SQLite format 3\0", String(repeating: "x", count: 64), String(repeating: "x", count: 9000),
        ] {
            _ = try folder.write(Data(content.utf8), to: "used-tokens")
            #expect(refusal()?.code == .damaged)
        }
        _ = try folder.write(Data(UsedTokenFile.header), to: "used-tokens", mode: 0o622)
        #expect(refusal()?.code == .untrusted)
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: folder.file("elsewhere"))
        #expect(refusal()?.code == .system)
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(refusal() != nil)
        #expect(throws: UsedTokenError.self) { try UsedTokenStore(path: folder.file("no/such/file"), limit: 1) }
    }

    @Test func `a full store denies until a token has expired`() throws {
        let store = try store(limit: 3)
        for number in 0..<3 { #expect(store.use(use(number, issued: 1000 + UInt32(number))) == .first) }
        #expect(store.use(use(3, now: 1050)) == .full(3))
        #expect(store.use(use(1, now: 1050)) == .again)
        #expect(store.use(use(4, issued: 1050, now: 1100)) == .first)
        #expect(store.use(use(5, issued: 1050, now: 1100)) == .full(3))
        #expect(store.count == 3)
    }

    @Test func `what was forgotten is not good again, not even when the clock goes back or a lifetime grows`() throws {
        do {
            let store = try store(limit: 2)
            #expect(store.use(use(0, issued: 1000)) == .first)
            #expect(store.use(use(1, issued: 1001)) == .first)
            #expect(store.use(use(2, issued: 1200, now: 1200)) == .first)
            #expect(store.count == 1)
            #expect(store.use(use(0, issued: 1000, now: 1000)) == .forgotten(1001))
            #expect(store.use(use(1, issued: 1001, lifetime: 100_000, now: 1200)) == .forgotten(1001))
        }
        let store = try store(limit: 2)
        #expect(store.use(use(1, issued: 1001, now: 1000)) == .forgotten(1001))
        #expect(store.use(use(2, issued: 1200, now: 1000)) == .again)
        let other = Digest128(of: Data("other key".utf8))
        #expect(store.use(use(3, issued: 1000, now: 1000, key: other)) == .first)
    }

    @Test func `the file is written anew when most of it has expired`() throws {
        do {
            let store = try store(limit: 100_000, calls: UsedTokenFile.Calls(synchronize: { _ in 0 }))
            for number in 0..<10_000 {
                let time = 1000 + UInt32(number)
                #expect(store.use(use(number, issued: time, now: time)) == .first)
            }
            #expect(try bytes().count < 7000 * UsedTokenRecord.byteCount)
            #expect(store.use(use(9999, issued: 10_999, now: 10_999)) == .again)
        }
        let store = try store(limit: 100_000)
        for number in [0, 5000, 9000] {
            let time = 1000 + UInt32(number)
            #expect(store.use(use(number, issued: time, now: time)) != .first)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["used-tokens"])
    }

    @Test func `a draft that a killed process left is of no account`() throws {
        #expect(try store().use(use(1)) == .first)
        _ = try folder.write(Data("half a fi".utf8), to: "used-tokens.new")
        let store = try store(limit: 1)
        #expect(store.use(use(2, issued: 1100, now: 1100)) == .first)
        #expect(store.use(use(1, now: 1000)) == .forgotten(1000))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["used-tokens"])
    }

    @Test func `of threads that use one token at once exactly one wins`() throws {
        let store = try store(limit: 100_000)
        let rounds = 50
        let wins = Mutex([Int](repeating: 0, count: rounds))
        let uses = (0..<rounds).map { use($0) }
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for (round, use) in uses.enumerated() where store.use(use) == .first {
                wins.withLock { $0[round] += 1 }
            }
        }
        #expect(wins.withLock { $0 } == [Int](repeating: 1, count: rounds))
        #expect(try bytes().count == (rounds + 1) * UsedTokenRecord.byteCount)
    }
}
