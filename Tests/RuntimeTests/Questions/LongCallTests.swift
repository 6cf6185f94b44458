import AuthCore
import ModuleHost
import Runtime
import Testing

@Suite struct `An entry point that does not return` {
    /// Asks on a thread of its own, as an event loop would.
    private func ask(_ test: TestHost, _ login: Login) -> AnswerBox {
        let box = AnswerBox()
        _ = PosixThread.start(name: "asker") { box.put(TestHost.wait(test.host.ask(.login(login)))) }
        return box
    }

    private func line(_ test: TestHost, _ text: String) -> String {
        #expect(test.lines.wait(for: text))
        return test.lines.all.last { $0.contains(text) } ?? ""
    }

    @Test func `on the thread that asks is told, makes the host not ready, and moves the module to threads of its own`()
        throws
    {
        let test = try TestHost("blocks_the_asker") { $0.blockingThreads = 2 }
        let login = try test.login("slow", address: "192.0.2.1")
        let blocked = ask(test, login)
        #expect(test.lines.wait(for: "waiting"))
        test.host.expireDeadlines()
        #expect(test.host.readiness.ready, "a call of no time is none that is too long")
        test.clock.advance(.seconds(2))
        test.host.expireDeadlines()
        let told = line(test, "has not returned for 2 s")
        #expect(told.contains("blocks_the_asker: auth_new_user on thread asker/"), "\(told)")
        let (ready, detail) = test.host.readiness
        #expect(!ready)
        #expect(detail.contains("auth_new_user on thread asker/"), "\(detail)")
        // Others are served meanwhile, and not on the thread that asks.
        #expect(test.ask(.login(try test.login("bob"))).verdict == .allow)
        #expect(test.lines.wait(for: "on thread <auth-blocking>"))
        test.clock.advance(.seconds(30))
        test.host.expireDeadlines()
        #expect(line(test, "has not returned by its deadline").contains("auth_new_user on thread asker/"))
        #expect(test.ask(.login(try test.login("go"))).verdict == .allow)
        // Its own yes came after its deadline: it does not count, and the module is told so.
        #expect(blocked.wait().reason == .deadline)
        #expect(test.lines.wait(for: "auth_new_user has returned at last"))
        #expect(test.lines.wait(for: "free_user for reason 5 of <slow> at <192.0.2.1>"))
        #expect(test.host.readiness.ready)
        #expect(test.lines.all.count { $0.contains("has not returned for") } == 1)
        let before = test.lines.all.count { $0.contains("on thread <auth-blocking>") }
        #expect(test.ask(.login(try test.login("carol"))).verdict == .allow)
        #expect(test.lines.all.count { $0.contains("on thread <auth-blocking>") } == before + 1)
    }

    @Test func `on the thread that asks but within the deadline keeps its answer`() throws {
        let test = try TestHost("blocks_the_asker")
        let blocked = ask(test, try test.login("slow"))
        #expect(test.lines.wait(for: "waiting"))
        test.clock.advance(.seconds(2))
        test.host.expireDeadlines()
        #expect(!test.host.readiness.ready)
        #expect(test.ask(.login(try test.login("go"))).verdict == .allow)
        #expect(blocked.wait().verdict == .allow)
        #expect(test.host.readiness.ready)
    }

    @Test func `on the thread that asks is a reason to replace the module when it is over its deadline`() throws {
        let test = try TestHost("blocks_the_asker")
        let blocked = ask(test, try test.login("slow"))
        #expect(test.lines.wait(for: "waiting"))
        test.clock.advance(.seconds(2))
        test.host.expireDeadlines()
        #expect(test.host.moduleHang == nil)
        test.clock.advance(.seconds(30))
        test.host.expireDeadlines()
        #expect(test.host.moduleHang?.contains("keeps a thread: auth_new_user on thread asker/") == true)
        #expect(test.ask(.login(try test.login("go"))).verdict == .allow)
        #expect(blocked.wait().reason == .deadline)
        #expect(test.host.moduleHang == nil)
    }

    @Test func `makes the same file stay off such threads when it is loaded anew, and another one not`() throws {
        let test = try TestHost("blocks_the_asker")
        let blocked = ask(test, try test.login("slow"))
        #expect(test.lines.wait(for: "waiting"))
        test.clock.advance(.seconds(2))
        test.host.expireDeadlines()
        #expect(test.ask(.login(try test.login("go"))).verdict == .allow)
        #expect(blocked.wait().verdict == .allow)
        _ = try test.host.modules.swap(to: TestHost.request("blocks_the_asker"))
        #expect(ask(test, try test.login("bob")).wait().verdict == .allow)
        #expect(test.lines.all.last { $0.contains("on thread <") }?.contains("<auth-blocking>") == true)
    }

    @Test(arguments: [false, true])
    func `and then says yes is told of the end of a session that is still known`(isLate: Bool) throws {
        let test = try TestHost("blocking_slow") { $0.blockingThreads = 2 }
        let login = try test.login("slow", address: "192.0.2.1")
        guard case .delayed(let ticket) = test.host.ask(.login(login)) else {
            Issue.record("the log-in is decided at once")
            return
        }
        #expect(test.lines.wait(for: "waiting slow"))
        if isLate {
            test.clock.advance(.seconds(31))
            test.host.expireDeadlines()
        } else {
            ticket.abandon()
        }
        #expect(test.ask(.login(try test.login("go"))).verdict == .allow)
        #expect(test.lines.wait(for: "free_user for reason 5 of <slow> at <192.0.2.1>"))
    }

    @Test func `costs a blocking module one thread, and it is hung when none is left`() throws {
        let test = try TestHost("blocking_slow") { $0.blockingThreads = 2 }
        func lose(_ user: String) throws {
            let outcome = test.host.ask(.login(try test.login(user)))
            #expect(test.lines.wait(for: "waiting \(user)"))
            test.clock.advance(.seconds(31))
            test.host.expireDeadlines()
            #expect(TestHost.wait(outcome).reason == .deadline)
        }
        try lose("slow1")
        #expect(line(test, "the other 1 of its 2 threads").contains("auth_new_user on thread auth-blocking/"))
        #expect(test.host.readiness.ready)
        #expect(test.ask(.login(try test.login("bob"))).verdict == .allow)
        try lose("slow2")
        #expect(test.lines.wait(for: "the module is marked hung"))
        #expect(!test.host.readiness.ready)
        #expect(test.ask(.login(try test.login("carol"))).reason == .moduleHung)
    }

    @Test func `is noticed where it answers no question`() throws {
        let test = try TestHost("free_hangs")
        #expect(test.ask(.logout(try test.session())).verdict == .allow)
        #expect(test.lines.wait(for: "hanging"))
        test.clock.advance(.seconds(31))
        test.host.expireDeadlines()
        let told = line(test, "the module is marked hung")
        #expect(told.contains("auth_free_user on thread auth-serial/"), "\(told)")
        #expect(!test.host.readiness.ready)
        #expect(test.ask(.login(try test.login("bob"))).reason == .moduleHung)
    }

    @Test func `cannot keep a thread that is kept free of module code`() throws {
        let test = try TestHost("blocks_the_asker")
        let login = try test.login("alice")
        let box = AnswerBox()
        _ = PosixThread.start(name: "kept-free") {
            test.host.keepThreadFree()
            box.put(TestHost.wait(test.host.ask(.login(login))))
        }
        #expect(box.wait().verdict == .allow)
        #expect(test.lines.all.contains { $0.contains("on thread <auth-blocking>") })
        // Other threads ask for themselves.
        #expect(ask(test, try test.login("bob")).wait().verdict == .allow)
        #expect(test.lines.all.contains { $0.contains("on thread <asker>") })
    }
}
