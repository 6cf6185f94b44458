import AuthCore
import Basics
import Glibc
import Logging
import ModuleHost
import Synchronization
import Testing

@testable import Runtime

/// A host whose module runs in helper processes. The clock is the system's: helpers go by it.
struct HelperHost {
    let host: Host
    let lines = LogLines()

    static let program: String = {
        let built = getenv("AUTHHOST_BIN").map { String(cString: $0) }
        return (built ?? TestHost.fixtureFolder + "/..") + "/authhost-helper"
    }()

    static func request(
        _ fixture: String, _ configure: (inout ModuleIsolation) -> Void = { _ in }
    ) -> LoadRequest {
        var isolation = ModuleIsolation(program: program)
        isolation.crashLimit = 1_000_000
        isolation.firstDelay = .milliseconds(1)
        isolation.crashWindow = .zero
        configure(&isolation)
        var request = TestHost.request(fixture)
        request.initTimeout = .seconds(60)
        request.isolation = isolation
        return request
    }

    init(
        _ fixture: String, read: Duration = .seconds(60), queue: Int = 1024, threads: Int = 4,
        _ configure: (inout ModuleIsolation) -> Void = { _ in }
    ) throws {
        var configuration = HostConfiguration()
        configuration.readsReasons = true
        configuration.queueLimit = queue
        configuration.blockingThreads = threads
        configuration.deadlines = Deadlines(
            login: .seconds(60), map: .seconds(60), read: read, write: .seconds(60))
        let lines = lines
        host = Host(configuration, log: Logger(label: "test") { _ in LineHandler(lines: lines) })
        try host.load(Self.request(fixture, configure))
    }

    func ask(_ question: Question) -> Answer { TestHost.wait(host.ask(question)) }

    func session(_ user: String = "alice") throws -> SessionID {
        let login = try Login(user: user, password: Secret("secret"), door: "test")
        let answer = ask(.login(login))
        return try #require(answer.session, "\(answer) \(lines.all)")
    }

    func read(_ session: SessionID, _ name: String) throws -> Answer {
        ask(.check(session, Check(.read, try ObjectName(name))))
    }

    /// Asks until the module answers: a helper is being started again.
    func readAtLast(_ session: SessionID, _ name: String) throws -> Answer {
        let pause = ThreadSemaphore()
        for _ in 0..<24_000 {
            let answer = try read(session, name)
            if answer.verdict != .undecided { return answer }
            _ = pause.wait(for: .milliseconds(5))
        }
        return try read(session, name)
    }

}

@Suite struct `A module in a helper process` {
    @Test(arguments: ["good9", "good9_serial", "good9_blocking"])
    func `answers as it does in this process`(_ fixture: String) throws {
        let test = try HelperHost(fixture)
        let alice = try test.session()
        #expect(try test.read(alice, "/a").verdict == .allow)
        #expect(try test.read(alice, "/deny/a").verdict == .deny)
        #expect(try test.read(alice, "/error/a").verdict == .undecided)
        #expect(try test.read(alice, "/delay/a").verdict == .allow)
        let mapped = test.ask(.map(alice, try ObjectName("/m/x")))
        #expect(mapped.mappedName?.text == "/mapped/x")
        #expect(test.ask(.map(alice, try ObjectName("/dm/x"))).mappedName?.text == "/mapped/x")
        let batch = test.host.ask(
            [Check(.read, try ObjectName("/a")), Check(.read, try ObjectName("/deny/a"))], session: alice)
        #expect(batch.map { TestHost.wait($0).verdict } == [.allow, .deny])
        let login = try Login(user: "badpass", password: Secret("x"), door: "test")
        #expect(test.ask(.login(login)).verdict == .wrongCredentials)
        _ = test.ask(.logout(alice))
        #expect(test.lines.wait(for: "free_user"))
    }

    @Test func `is asked in one call what waits for it, by each session of its own`() throws {
        let test = try HelperHost("asks_alone") { $0.count = 2 }
        let sessions = try (0..<4).map { try test.session("user\($0)") }
        let names = ["/a", "/deny/b", "/late/c", "/later/d"]
        // How many wait at a moment is up to the processor; it takes one burst as a rule.
        for burst in 0..<10_000 where burst < 4 || !test.lines.all.contains(where: { $0.contains("batch of") }) {
            let asked = try sessions.flatMap { session in
                try names.map { SessionCheck(session, Check(.read, try ObjectName($0))) }
            }
            let answers = test.host.ask(asked + asked).map { TestHost.wait($0) }
            let expected: [Verdict] = [.allow, .deny, .allow, .allow]
            #expect(answers.map(\.verdict) == Array(repeating: expected, count: 8).flatMap(\.self), "burst \(burst)")
        }
        #expect(test.lines.all.contains { $0.contains("batch of") })
        #expect(test.host.openQuestions == 0)
    }

    @Test(arguments: ["gen6", "gen7", "bare7", "museum_gen7"])
    func `of an older generation answers too`(_ fixture: String) throws {
        let test = try HelperHost(fixture)
        let alice = try test.session()
        #expect(try test.read(alice, "/a").verdict == .allow)
        #expect(try test.read(alice, "/deny/a").verdict == .deny)
    }

    @Test func `that completes by the event callback is heard`() throws {
        let test = try HelperHost("delayed6")
        let alice = try test.session()
        #expect(try test.read(alice, "/a").verdict == .allow)
        #expect(test.ask(.map(alice, try ObjectName("/m/x"))).mappedName?.text == "/mapped/x")
        #expect(test.ask(.check(alice, Check(.write, try ObjectName("/w")))).verdict == .allow)
    }

    @Test(arguments: [
        ("kill", "signal 9 (SIGKILL)"), ("segv", "signal 11 (SIGSEGV)"), ("abort", "signal 6 (SIGABRT)"),
        ("exit", "exit()"), ("end", "_exit()"), ("zeros", "a malformed record into its ring"),
        ("ones", "a malformed record into its ring"),
    ])
    func `that ends is could not decide, is told once, and is started again`(_ way: String, _ says: String) throws {
        let test = try HelperHost("ends_its_process")
        let alice = try test.session()
        #expect(try test.read(alice, "/a").verdict == .allow)
        #expect(try test.read(alice, "/\(way)/a").verdict == .undecided)
        #expect(test.lines.wait(for: says), "\(test.lines.all)")
        let event = test.lines.all.filter { $0.hasPrefix("critical: ends_its_process: its helper process ") }
        #expect(event.count == 1, "\(test.lines.all)")
        #expect(event.first?.contains("1 in `auth_check_read`") == true && event.first?.contains("build ") == true)
        #expect(try test.readAtLast(alice, "/a").verdict == .allow, "\(test.lines.all)")
        #expect(try test.read(alice, "/deny/a").verdict == .deny)
    }

    @Test(arguments: ["stop", "hang"])
    func `that does not return is ended by the deadline`(_ way: String) throws {
        let test = try HelperHost("ends_its_process", read: .seconds(2))
        let alice = try test.session()
        #expect(try test.read(alice, "/\(way)/a").verdict == .undecided)
        #expect(test.lines.wait(for: "because `auth_check_read` had not returned by its deadline"))
        #expect(try test.readAtLast(alice, "/a").verdict == .allow, "\(test.lines.all)")
    }

    @Test func `whose queue is full says so at once, and is asked again when there is room`() throws {
        let test = try HelperHost("ends_its_process", read: .seconds(2), queue: 8)
        let alice = try test.session()
        let sessions = try (0..<40).map { try test.session("user\($0)") }
        let asked = try sessions.map { test.host.ask(.check($0, Check(.read, try ObjectName("/hang/a")))) }
        let answers = asked.map(TestHost.wait)
        #expect(answers.allSatisfy { $0.verdict == .undecided }, "\(answers)")
        // Each of the four threads waits for the process, eight questions wait for a thread.
        #expect(answers.count { $0.reason == .queueFull } >= 40 - 4 - 8, "\(answers)")
        // Those that the process had are answered at their deadline, or with the process, which is ended then.
        #expect(answers.contains { $0.reason != .queueFull })
        #expect(try test.readAtLast(alice, "/a").verdict == .allow, "\(test.lines.all)")
        #expect(try test.read(alice, "/deny/a").verdict == .deny)
    }

    @Test func `has the memory that it is given`() throws {
        let test = try HelperHost("ends_its_process") { $0.memory = 256 << 20 }
        let alice = try test.session()
        #expect(try test.read(alice, "/memory/a").verdict == .undecided)
        #expect(test.lines.wait(for: "signal 6 (SIGABRT)"), "\(test.lines.all)")
        #expect(try test.readAtLast(alice, "/a").verdict == .allow)
    }

    @Test func `that ends answers what it had left open`() throws {
        let test = try HelperHost("ends_its_process")
        let alice = try test.session()
        let open = test.host.ask(.check(alice, Check(.read, try ObjectName("/never/a"))))
        #expect(try test.read(alice, "/kill/a").verdict == .undecided)
        #expect(TestHost.wait(open).verdict == .undecided)
    }

    @Test func `answers for its copy by fork no question`() throws {
        let test = try HelperHost("ends_its_process")
        let alice = try test.session()
        #expect(try test.read(alice, "/fork/a").verdict == .allow)
        #expect(try test.read(alice, "/deny/a").verdict == .deny)
    }

    @Test func `is not started again where it ends too often, before it is released`() throws {
        let test = try HelperHost("ends_its_process") {
            $0.crashLimit = 2
            $0.crashWindow = .seconds(3600)
        }
        let alice = try test.session()
        #expect(try test.read(alice, "/kill/a").verdict == .undecided)
        #expect(try test.readAtLast(alice, "/a").verdict == .allow)
        #expect(try test.read(alice, "/kill/a").verdict == .undecided)
        #expect(test.lines.wait(for: "`authhost module release`"))
        #expect(!test.host.readiness.ready && test.host.readiness.detail.contains("quarantine"))
        #expect(try test.read(alice, "/a").verdict == .undecided)
        #expect(test.host.modules.release() == 1)
        #expect(try test.readAtLast(alice, "/a").verdict == .allow)
        #expect(test.host.readiness.ready && test.host.modules.release() == 0)
    }

    @Test(arguments: [
        ("crashes_in_constructor", "ended while it started"), ("init_fails", "`auth_init` returned"),
        ("note_other_version", "the version is `1.0` in the note and `1.1` in the descriptor"),
        ("note_other_default", "of option 1, `one`, the default is `1` in the note and `2` in the descriptor"),
        ("reserved_entry", "its auth_entry_t.reserved of `auth_init` is 7; 0 is accepted"),
        ("reserved_entry_second", "its auth_entry_t.reserved2 of `auth_init` is 7; 0 is accepted"),
        ("reserved_option", "its auth_option_t.reserved of `one` is 7; 0 is accepted"),
        ("note_other_threads", "the descriptor"),
        ("wrong_magic", "its descriptor starts with"),
    ])
    func `that cannot be started is refused with what was found`(_ fixture: String, _ says: String) throws {
        let error = #expect(throws: ModuleError.self) { try HelperHost(fixture) }
        #expect(error?.description.contains(says) == true, "\(String(describing: error))")
    }

    @Test(arguments: 0..<4)
    func `whose second process cannot be initialised is refused`(_ round: Int) throws {
        let file = "/tmp/authhost-one-succeeds-\(getpid())-\(round)"
        defer { unlink(file) }
        let host = Host(HostConfiguration(), log: Logger(label: "test") { _ in LineHandler(lines: LogLines()) })
        var request = HelperHost.request("one_succeeds") { $0.count = 2 }
        request.settings = [OptionSetting(name: "file", value: file, source: "test:1:1")]
        let error = #expect(throws: ModuleError.self) { try host.load(request) }
        #expect(
            error?.code == .initFailed && error?.detail.contains("`auth_init` returned 1;") == true, "\(error as Any)")
        #expect(access(file, F_OK) == 0)
    }

    @Test(arguments: ["extends", "../libextends-fixture"])
    func `finds abilities of its host, and gives its own`(_ fixture: String) throws {
        let test = try HelperHost(fixture)
        #expect(test.lines.wait(for: ": host authhost,"), "\(test.lines.all)")
        #expect(test.lines.wait(for: ": is a directory client 2.6"), "\(test.lines.all)")
    }

    @Test(arguments: [
        ("extends_wrongly", "returned 0x43 for `authhost.about/1`, where no record of 40 bytes is"),
        ("extends_wrongly_odd", "an address that is a multiple of 8 is accepted"),
        ("extends_wrongly_long", "the member `name` of its `authhost.about/1` has 1099511627776 bytes; at most 256"),
        ("extends_wrongly_reserved", "has 40 bytes and 7 in its member `reserved`; 40 and 0 are accepted"),
    ])
    func `whose ability is no record is refused, with what was found in the log`(_ fixture: String, _ says: String)
        throws
    {
        let lines = LogLines()
        let host = Host(HostConfiguration(), log: Logger(label: "test") { _ in LineHandler(lines: lines) })
        let error = #expect(throws: ModuleError.self) { try host.load(HelperHost.request(fixture)) }
        #expect(error?.code == .initFailed, "\(error as Any)")
        #expect(lines.wait(for: says), "\(lines.all)")
    }

    @Test func `whose program is not there is refused`() throws {
        let error = #expect(throws: ModuleError.self) { try HelperHost("good9") { $0.program = "/nowhere/helper" } }
        #expect(error?.code == .helperFailed && error?.description.contains("/nowhere/helper") == true)
    }

    @Test func `makes no system call that its profile forbids`() throws {
        let test = try HelperHost("profile_pure")
        let alice = try test.session()
        #expect(try test.read(alice, "/a").verdict == .allow)
        #expect(try test.read(alice, "/socket/a").verdict == .undecided)
        #expect(test.lines.wait(for: "signal 31 (SIGSYS)"), "\(test.lines.all)")
        #expect(test.lines.all.contains { $0.contains("system call 41") || $0.contains("system call 198") })
        #expect(try test.readAtLast(alice, "/a").verdict == .allow)
    }

    @Test func `that declares to need more than the operator allows is refused`() throws {
        let error = #expect(throws: ModuleError.self) { try HelperHost("profile_network") { $0.profile = .pure } }
        #expect(error?.code == .badProfile)
        #expect(error?.description.contains("`network`") == true && error?.description.contains("`pure`") == true)
        let unknown = #expect(throws: ModuleError.self) { try HelperHost("profile_unknown") }
        #expect(unknown?.description.contains("`everything`") == true)
    }

    @Test func `has no descriptor of the host's`() throws {
        let test = try HelperHost("ends_its_process")
        let alice = try test.session()
        let answer = try test.read(alice, "/descriptor/a")
        #expect(answer.verdict == .undecided && answer.logText?.contains("Bad file descriptor") == true, "\(answer)")
    }

    @Test func `takes over from one in this process, and gives back to it`() throws {
        let test = try HelperHost("swapped")
        let alice = try test.session()
        _ = try test.host.modules.swap(to: TestHost.request("swapped"))
        #expect(try test.read(alice, "/a").verdict == .allow)
        _ = try test.host.modules.swap(to: HelperHost.request("swapped"))
        #expect(try test.read(alice, "/a").verdict == .allow)
        test.host.modules.awaitRetirement(within: .seconds(120))
        #expect(test.lines.all.filter { $0.contains("is retired") }.count == 2, "\(test.lines.all)")
    }

    /// What became of questions under load.
    private final class Tally: Sendable {
        let asked = Atomic<Int>(0)
        let allowed = Atomic<Int>(0)
        let undecided = Atomic<Int>(0)
        let wrong = Atomic<Int>(0)
    }

    /// How often helpers are ended under load; a long run sets it higher.
    private static let ends = getenv("AUTHHOST_HELPER_ENDS").flatMap { Int(String(cString: $0)) } ?? 24

    @Test func `that is ended again and again under load allows nothing that it would not`() throws {
        let test = try HelperHost("ends_its_process", read: .seconds(2)) {
            $0.count = 2
            $0.memory = 256 << 20
        }
        let sessions = try (0..<16).map { try test.session("user\($0)") }
        let tally = Tally()
        let isOver = Atomic<Bool>(false)
        let threads = DispatchedThreads(4) { number in
            var round = 0
            while !isOver.load(ordering: .relaxed) {
                round += 1
                let denies = round % 4 == 0
                let name = denies ? "/deny/\(round)" : "/a/\(round)"
                guard let answer = try? test.read(sessions[(number + round) % 16], name) else { continue }
                tally.asked.add(1, ordering: .relaxed)
                switch answer.verdict {
                case .allow where !denies: tally.allowed.add(1, ordering: .relaxed)
                case .deny where denies: break
                case .undecided: tally.undecided.add(1, ordering: .relaxed)
                default: tally.wrong.add(1, ordering: .relaxed)
                }
            }
        }
        let ways = ["kill", "segv", "abort", "exit", "memory", "zeros", "stop", "hang"]
        var before = 0
        for end in 0..<Self.ends {
            let session = sessions[end % 16]
            #expect(try test.read(session, "/\(ways[end % ways.count])/x").verdict == .undecided)
            #expect(try test.readAtLast(session, "/a").verdict == .allow)
            if end == min(8, Self.ends / 2) { before = Self.residentKilobytes }
        }
        isOver.store(true, ordering: .relaxed)
        threads.join()
        let growth = Self.residentKilobytes - before
        let (all, lost) = (tally.asked.load(ordering: .relaxed), tally.undecided.load(ordering: .relaxed))
        print("\(Self.ends) ends of 2 helpers: \(all) questions, \(lost) could not decide, \(growth) KiB more")
        #expect(tally.wrong.load(ordering: .relaxed) == 0)
        #expect(tally.allowed.load(ordering: .relaxed) > 0)
        // Beside other tests the process grows for their sake.
        if getenv("AUTHHOST_HELPER_ENDS") != nil { #expect(growth < 32_768, "the host has grown by \(growth) KiB") }
    }

    private static var residentKilobytes: Int {
        guard let file = fopen("/proc/self/statm", "re") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let bytes = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024
    }
}
