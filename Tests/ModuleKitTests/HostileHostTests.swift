import CAuthModule
import Synchronization
import Testing

@testable import ModuleKit

/// Whatever the host passes, an entry returns, and says AUTH_ERROR where the record is not what the header promises.
@Suite struct HostileHostTests {
    let host = FakeHost()

    @Test func `null pointers are errors`() {
        #expect(authkit_init(nil, nil) == AUTH_ERROR)
        #expect(authkit_reload(nil, nil) == AUTH_ERROR)
        #expect(authkit_free_user(nil, nil) == AUTH_ERROR)
        authkit_cancel(nil, nil)
        authkit_exit(nil)
        withLogin("bob") { login in #expect(answered { authkit_new_user(nil, &login, &$0) }.status == AUTH_ERROR) }
        host.withInstance { instance in
            #expect(withLogin("bob") { authkit_new_user(instance, &$0, nil) } == AUTH_ERROR)
            #expect(answered { authkit_new_user(instance, nil, &$0) }.status == AUTH_ERROR)
            #expect(answered { authkit_resume_user(instance, nil, &$0) }.status == AUTH_ERROR)
            #expect(answered { authkit_map_object(instance, nil, &$0) }.status == AUTH_ERROR)
            #expect(answered { authkit_check_read(instance, nil, &$0) }.status == AUTH_ERROR)
            #expect(answered { authkit_check_write(instance, nil, &$0) }.status == AUTH_ERROR)
            #expect(answered { authkit_check_create(instance, nil, &$0) }.status == AUTH_ERROR)
            #expect(answered { authkit_http_request(instance, nil, &$0) }.status == AUTH_ERROR)
            #expect(authkit_check_batch(instance, nil, 1, nil) == AUTH_ERROR)
        }
    }

    @Test func `a text with a NUL inside is refused, and never cut into another one`() {
        let heard = Mutex<[String]>([])
        host.withTable {
            $0.eject = { _, user, _, _, _ in user == nil ? 1 : 2 }
            $0.invalidate = { _, _, _, _ in 0 }
            $0.get_extension = { _, _ in UnsafeRawPointer(bitPattern: 8) }
        } _: { table in
            guard let interface = HostInterface(&table) else {
                Issue.record("the table is refused")
                return
            }
            #expect(interface.eject(user: "ann") == 2)
            #expect(interface.eject(user: "ann\0") == nil)
            #expect(interface.eject(applicationID: "a\0b") == nil)
            #expect(interface.eject(machineID: "\0") == nil)
            #expect(interface.invalidate(.user("ann")))
            #expect(!interface.invalidate(.user("ann\0")))
            #expect(!interface.invalidate(.object("/a\0")))
            #expect(interface.option("refuse\0") == nil)
            #expect(interface.extension("x") != nil)
            #expect(interface.extension("x\0") == nil)
            interface.log(.info, "one\0two")
            heard.withLock { $0 = host.log }
        }
        #expect(heard.withLock { $0 } == ["one\\0two"])
    }

    @Test func `an ability is asked for by its id alone`() {
        host.withInstance { instance in
            #expect(authkit_get_extension(instance, "authhost.about/1") == nil)
            #expect(authkit_get_extension(instance, nil) == nil)
            #expect(authkit_get_extension(nil, "authhost.about/1") == nil)
        }
    }

    @Test func `records of a later host, which are longer, are read as far as they are known`() {
        host.withInstance { instance in
            let login = withLogin("bob") { login in
                login.size += 64
                return answered { result in
                    result.size += 64
                    return authkit_new_user(instance, &login, &result)
                }
            }
            #expect(login == Answered(status: AUTH_OK, user: "bob"))
            let check = withCheck("/open", AUTH_ACTION_WRITE) { check in
                check.size += 64
                return answered { authkit_check_write(instance, &check, &$0) }
            }
            #expect(check.status == AUTH_OK)
        }
    }

    @Test func `a login whose strings do not fit together is an error`() {
        let broken: [(inout auth_login_t) -> Void] = [
            { $0.size = 8 },
            { $0.user = auth_string_t(data: nil, length: 3) },
            { $0.password.length = -1 },
            { $0.door.length = .min },
        ]
        host.withInstance { instance in
            for change in broken {
                let answer = withLogin("bob") { login in
                    change(&login)
                    return answered { authkit_new_user(instance, &login, &$0) }
                }
                #expect(answer == Answered(status: AUTH_ERROR, log: "the host's record breaks the contract"))
            }
        }
    }

    @Test func `a check whose record breaks the contract is an error`() {
        let broken: [(inout auth_check_t) -> Void] = [
            { $0.size -= 1 },
            { $0.action = 0 },
            { $0.action = .max },
            { $0.object = nil },
            { UnsafeMutablePointer(mutating: $0.object).pointee.name.data = nil },
            { UnsafeMutablePointer(mutating: $0.object).pointee.size = 4 },
            { $0.attribute_count = 1 },
            { $0.attribute_count = 65 },
            { $0.field_count = 1 },
            { $0.field_count = -1 },
            { $0.field_count = 1025 },
        ]
        host.withInstance { instance in
            for change in broken {
                let status = withCheck("/open", AUTH_ACTION_WRITE) { check in
                    change(&check)
                    return answered { authkit_check_write(instance, &check, &$0) }.status
                }
                #expect(status == AUTH_ERROR)
            }
        }
    }

    @Test func `a short result record is an error and is not written to`() {
        host.withInstance { instance in
            withLogin("literal") { login in
                var result = auth_result_t()
                result.size = 16
                #expect(authkit_new_user(instance, &login, &result) == AUTH_ERROR)
                #expect(result.reason_log.data == nil)
            }
        }
    }

    @Test(arguments: [0, -1, 1001, .max, .min])
    func `a batch outside of 1 to 1000 rows is an error`(count: Int) {
        host.withInstance { instance in
            let status = withCheck("/open", AUTH_ACTION_READ) { answeredBatch(instance, [$0], count: count) }
            #expect(status == [AUTH_ERROR, AUTH_NONE])
        }
    }

    @Test func `a batch with a row that has no result, or a short one, is an error and is not written to`() {
        host.withInstance { instance in
            withCheck("/open", AUTH_ACTION_READ) { check in
                #expect(answeredBatch(instance, [check, check], size: 16) == [AUTH_ERROR, AUTH_NONE, AUTH_NONE])
                withUnsafePointer(to: &check) { check in
                    #expect(authkit_check_batch(instance, [check], 1, [nil]) == AUTH_ERROR)
                }
            }
        }
    }

    @Test func `what init throws is logged and refuses the module`() {
        host.state.withLock { $0.options["refuse"] = "no users file" }
        #expect(host.withInstance { _ in true } == nil)
        #expect(host.log == ["no users file"])
    }

    @Test func `what reload throws is logged and the instance stays`() {
        host.withInstance { instance in
            #expect(authkit_reload(instance, nil) == AUTH_ERROR)
            withLogin("bob") { login in #expect(answered { authkit_new_user(instance, &login, &$0) }.status == AUTH_OK)
            }
        }
        #expect(host.log == ["cannot read it again"])
    }

    @Test func `functions behind the size of the host's table are not called`() {
        let status = host.withTable({ $0.size = 24 }) { table in
            var instance: UnsafeMutableRawPointer?
            let status = authkit_init(&table, &instance)
            _ = authkit_reload(instance, nil)
            authkit_exit(instance)
            return status
        }
        #expect(status == AUTH_OK)
        #expect(host.log.isEmpty)
    }

    @Test func `a table too short to say what it is refuses`() {
        host.withTable({ $0.size = 8 }) { table in
            var instance: UnsafeMutableRawPointer?
            #expect(authkit_init(&table, &instance) == AUTH_ERROR)
            #expect(instance == nil)
        }
    }

    @Test func `tells the module which session ended and why`() throws {
        try host.withInstance { instance in
            var end = auth_end_t()
            end.size = UInt32(MemoryLayout<auth_end_t>.size)
            (end.session, end.reason, end.session_data) = (12, 77, 5)
            let status = withText("bob") { user in
                end.user = user
                return authkit_free_user(instance, &end)
            }
            #expect(status == AUTH_OK)
            let ended = try #require(module(of: instance)).ended.withLock { $0.first }
            #expect(ended?.session == SessionID(rawValue: 12))
            #expect(ended?.reason == SessionEnd(rawValue: 77))
            #expect(ended?.user == "bob")
            #expect(ended?.data == 5)
            end.size -= 1
            #expect(authkit_free_user(instance, &end) == AUTH_ERROR)
        }
    }
}
