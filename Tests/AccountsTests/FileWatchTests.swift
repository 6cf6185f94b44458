import Glibc
import Synchronization
import Testing

@testable import Accounts

private func status(_ number: Int) -> FileStatus { FileStatus(inode: 1, size: number, modified: .zero) }

/// A file that never was, a clock that never goes, and what a watch does with them.
private final class World: Sendable {
    struct State {
        var status: FileStatus? = FileStatus(inode: 1, size: 0, modified: .zero)
        var content: UInt64? = 0
        var time = Duration.zero
        var error: String?
        /// Whether the error is of a file that could not be read.
        var isUnreadable = false
        var states: [WatchState] = []
        var reads = 0
        var reports: [String] = []
        /// The status of a file that the first one includes.
        var included: FileStatus??
    }

    struct Broken: ReadingFault, CustomStringConvertible {
        let description: String
        var isUnreadable = false
    }

    let state = Mutex(State())

    func watch(followsChanges: Bool = true) -> FileWatch {
        FileWatch(
            environment: WatchEnvironment(
                status: { path in
                    self.state.withLock { path == "users" ? $0.status : $0.included.flatMap { $0 } }
                },
                content: { _ in self.state.withLock { $0.content } },
                time: { self.state.withLock { $0.time } },
                wallTime: { self.state.withLock { $0.time + .seconds(1_000) } }),
            followsChanges: followsChanges,
            files: { self.state.withLock { $0.included == nil ? ["users"] : ["users", "more"] } },
            read: {
                try self.state.withLock { state in
                    state.reads += 1
                    if let error = state.error { throw Broken(description: error, isUnreadable: state.isUnreadable) }
                }
            }, report: { message in self.state.withLock { $0.reports.append(message) } },
            tell: { state in self.state.withLock { $0.states.append(state) } })
    }

    /// Lets the time between two looks go by, and looks.
    func look(_ watch: FileWatch) {
        state.withLock { $0.time += .milliseconds(Int(FileWatch.pause)) }
        watch.look()
    }

    func change(to number: Int, error: String? = nil) {
        state.withLock { state in
            state.status = status(number)
            state.content = UInt64(number)
            state.error = error
        }
    }

    var reads: Int { state.withLock { $0.reads } }
    var reports: [String] { state.withLock { $0.reports } }
}

@Suite struct FileWatchTests {
    /// Times of files move in steps: a change right after another one leaves no trace in the status.
    @Test func `reads again what was changed a moment before it was read`() throws {
        let world = World()
        let watch = world.watch()
        world.state.withLock { state in
            state.status = FileStatus(inode: 1, size: 1, modified: state.time + .seconds(1_000) - .milliseconds(50))
        }
        try watch.readNow()
        world.look(watch)
        #expect(world.reads == 2)
        for _ in 0..<4 { world.look(watch) }
        #expect(world.reads == 2)
    }

    @Test func `reads a file with a time of the future once`() throws {
        let world = World()
        let watch = world.watch()
        world.state.withLock { state in
            state.status = FileStatus(inode: 1, size: 1, modified: state.time + .seconds(90_000))
        }
        for _ in 0..<8 { world.look(watch) }
        #expect(world.reads == 1)
    }

    @Test func `looks at what a reading that failed asked for, and reads it once it is repaired`() throws {
        let world = World()
        let watch = world.watch()
        world.change(to: 1, error: "broken")
        world.state.withLock { $0.included = .some(nil) }
        for _ in 0..<4 { world.look(watch) }
        #expect(world.reports == ["broken"])
        let reads = world.reads
        world.state.withLock { state in
            state.included = status(7)
            state.error = nil
        }
        for _ in 0..<4 { world.look(watch) }
        #expect(world.reads == reads + 1)
        #expect(world.reports == ["broken"])
    }

    /// As when no descriptor is left: the file itself shows no further change.
    @Test(arguments: [true, false])
    func `tries again what could not be read until it has been, and says how it stands`(followsChanges: Bool) throws {
        let world = World()
        let watch = world.watch(followsChanges: followsChanges)
        world.change(to: 1, error: "too many open files")
        world.state.withLock { $0.isUnreadable = true }
        if followsChanges {
            for _ in 0..<8 { world.look(watch) }
        } else {
            #expect(throws: World.Broken.self) { try watch.readNow() }
            for _ in 0..<8 { world.look(watch) }
        }
        #expect(world.reads >= 7)
        #expect(world.reports == (followsChanges ? ["too many open files"] : []))
        world.state.withLock { $0.error = nil }
        let reads = world.reads
        for _ in 0..<8 { world.look(watch) }
        #expect(world.reads == reads + 1)
        #expect(world.state.withLock { $0.states } == [.unreadable("too many open files"), .current])
    }

    @Test func `tries a wrong file again only when it changes, and says that it is wrong`() {
        let world = World()
        let watch = world.watch()
        world.change(to: 1, error: "broken")
        for _ in 0..<8 { world.look(watch) }
        #expect(world.reads == 1)
        #expect(world.state.withLock { $0.states } == [.wrong("broken")])
    }

    @Test func `reads a changed file once it stands still`() {
        let world = World()
        let watch = world.watch()
        for _ in 0..<3 { world.look(watch) }
        #expect(world.reads == 0)
        world.change(to: 1)
        world.look(watch)
        #expect(world.reads == 0)
        world.look(watch)
        #expect(world.reads == 1)
        for _ in 0..<3 { world.look(watch) }
        #expect(world.reads == 1)
    }

    @Test func `reads a file that keeps changing half a second after it began to`() {
        let world = World()
        let watch = world.watch()
        for number in 1...6 {
            world.change(to: number)
            world.look(watch)
        }
        #expect(world.reads == 2)
    }

    /// What is left of the second that the manual pages give is for reading the file.
    @Test(arguments: [1, 100]) func `begins to read within three quarters of a second of a change`(changes: Int) {
        let world = World()
        let watch = world.watch()
        world.look(watch)
        let start = world.state.withLock { $0.time }
        for number in 1...8 where world.reads == 0 {
            if number <= changes { world.change(to: number) }
            world.look(watch)
        }
        #expect(world.reads == 1)
        #expect(world.state.withLock { $0.time } - start <= .milliseconds(750))
    }

    @Test func `does not read a file that is as it was when it was read`() {
        let world = World()
        let watch = world.watch()
        world.change(to: 1)
        world.look(watch)
        world.change(to: 0)
        for _ in 0..<3 { world.look(watch) }
        #expect(world.reads == 0)
    }

    @Test func `reports a broken content once`() throws {
        let world = World()
        let watch = world.watch()
        func settle() { for _ in 0..<2 { world.look(watch) } }
        world.change(to: 1, error: "broken")
        settle()
        #expect(world.reports == ["broken"])
        // Touched: the same content at another time.
        world.state.withLock { $0.status = status(9) }
        settle()
        #expect(world.reads == 2)
        #expect(world.reports == ["broken"])
        world.change(to: 2, error: "broken")
        settle()
        #expect(world.reports == ["broken", "broken"])
        world.change(to: 3)
        settle()
        world.change(to: 2, error: "broken")
        settle()
        #expect(world.reports == ["broken", "broken", "broken"])
        world.state.withLock { state in
            state.status = nil
            state.content = nil
            state.error = "not there"
        }
        settle()
        #expect(world.reports.last == "not there")
    }

    @Test func `takes a reading that somebody asked for as its own`() throws {
        let world = World()
        let watch = world.watch()
        world.change(to: 1)
        world.look(watch)
        try watch.readNow()
        for _ in 0..<3 { world.look(watch) }
        #expect(world.reads == 1)
        world.change(to: 2, error: "broken")
        #expect(throws: World.Broken.self) { try watch.readNow() }
        world.state.withLock { $0.status = status(9) }
        for _ in 0..<3 { world.look(watch) }
        #expect(world.reads == 3)
        #expect(world.reports.isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func `notices a file that is replaced, from a thread that ends with it`()
        async throws
    {
        var template = Array("/tmp/accounts-watch-XXXXXX".utf8CString)
        close(mkstemp(&template))
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { unlink(path) }
        let (changes, change) = AsyncStream.makeStream(of: Void.self)
        let watch = FileWatch(files: { [path] }, read: { change.yield() }, report: { _ in })
        try watch.start()
        let fresh = path + ".new"
        close(open(fresh, O_CREAT | O_WRONLY, 0o600))
        #expect(rename(fresh, path) == 0)
        for await _ in changes { break }
        watch.close()
        watch.close()
    }

    @Test func `tells contents apart`() throws {
        var template = Array("/tmp/accounts-content-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        defer { close(file) }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { unlink(path) }
        let empty = FileContent.fingerprint(path)
        write(file, "abc", 3)
        let full = FileContent.fingerprint(path)
        #expect(empty != nil && full != nil && empty != full)
        #expect(FileContent.fingerprint(path) == full)
        #expect(FileContent.fingerprint("/nonexistent/users") == nil)
    }
}
