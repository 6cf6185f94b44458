import AuthCore
import ModuleHost
import Runtime
import Testing

@Suite struct `Kept credentials` {
    @Test func `are asked anew after every reload that the module made`() throws {
        let test = try TestHost("good9")
        let login = try test.login("alice")
        let kept = try #require(test.ask(.authenticate(login)).session)
        #expect(test.ask(.authenticate(login)).session == kept)
        let done = Semaphore()
        test.host.reload {
            #expect($0 == true); done.signal()
        }
        #expect(done.wait(for: .seconds(60)))
        let fresh = test.ask(.authenticate(login)).session
        #expect(fresh != nil && fresh != kept)
        #expect(test.ask(.authenticate(login)).session == fresh)
    }
}
