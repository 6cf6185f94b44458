import CAuthModule
import Dispatch
import ModuleKit
import Synchronization
import Testing

@Suite struct CompletionTests {
    let host = FakeHost()

    private func login(_ instance: UnsafeMutableRawPointer, _ user: String, token: UInt64 = 7) -> Answered {
        withLogin(user, token: token) { login in answered { authkit_new_user(instance, &login, &$0) } }
    }

    @Test func `a kept completion answers once its function has returned`() throws {
        try host.withInstance { instance in
            #expect(login(instance, "late", token: 41).status == AUTH_DELAYED)
            #expect(host.completed.isEmpty)
            let completion = try #require(module(of: instance)?.kept.withLock { $0.first })
            #expect(completion.answer(.deny("too late for tea")) == .taken)
            #expect(completion.answer(.ok) == .twice)
        }
        #expect(host.completed.map(\.status) == [AUTH_DENY, AUTH_OK])
        #expect(host.completed.first?.reason == "too late for tea")
        #expect(host.completed.allSatisfy { $0.token == 41 })
    }

    @Test func `an answer may come before the function has returned`() {
        host.withInstance { #expect(login($0, "early").status == AUTH_DELAYED) }
        #expect(host.completed == [.init(token: 7, status: AUTH_OK, reason: "", user: "early")])
    }

    @Test func `a completion that is dropped without an answer could not decide`() {
        host.withInstance { #expect(login($0, "drops").status == AUTH_DELAYED) }
        #expect(
            host.completed == [
                .init(token: 7, status: AUTH_ERROR, reason: "the module dropped the question without an answer")
            ])
    }

    @Test func `a completion that is taken and then not needed answers nothing`() {
        host.withInstance { #expect(login($0, "unneeded").status == AUTH_INVALID_USER) }
        #expect(host.completed.isEmpty)
    }

    @Test func `delaying without taking the completion could not decide`() {
        host.withInstance { instance in
            #expect(
                login(instance, "forgets")
                    == Answered(
                        status: AUTH_ERROR, log: "the module delayed a question without taking its completion"))
        }
        #expect(host.completed.isEmpty)
    }

    @Test func `a cancelled question reaches the module`() {
        host.withInstance { instance in
            #expect(login(instance, "late", token: 5).status == AUTH_DELAYED)
            #expect(login(instance, "later", token: 6).status == AUTH_DELAYED)
            var cancel = auth_cancel_t()
            cancel.size = UInt32(MemoryLayout<auth_cancel_t>.size)
            cancel.token = 5
            authkit_cancel(instance, &cancel)
            #expect(module(of: instance)?.kept.withLock { $0.map(\.token.rawValue) } == [6])
        }
        #expect(host.completed.map(\.token) == [5, 6])
        #expect(host.completed.map(\.status) == [AUTH_ERROR, AUTH_ERROR])
    }

    @Test func `answers from many threads reach the host`() throws {
        try host.withInstance { instance in
            for token in 1...64 { #expect(login(instance, "late", token: UInt64(token)).status == AUTH_DELAYED) }
            let kept = try #require(module(of: instance)).kept.withLock { $0 }
            DispatchQueue.concurrentPerform(iterations: kept.count) { kept[$0].answer(.ok) }
        }
        #expect(Set(host.completed.map(\.token)) == Set(1...64))
        #expect(host.completed.count == 64)
        #expect(host.completed.allSatisfy { $0.status == AUTH_OK })
    }
}
