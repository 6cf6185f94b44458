import CAuthModule
import Testing

@testable import ModuleKit

@Suite struct AnswerTests {
    let host = FakeHost()

    private func login(_ user: String) -> Answered? {
        host.withInstance { instance in
            withLogin(user) { login in answered { authkit_new_user(instance, &login, &$0) } }
        }
    }

    @Test(arguments: [
        ("anybody", Answered(status: AUTH_OK, user: "anybody")),
        ("literal", Answered(status: AUTH_DENY, log: "a literal", client: "for you")),
        ("composed", Answered(status: AUTH_DENY, log: "composed of 6", client: "at http")),
        ("guest", Answered(status: AUTH_OK, expiry: 1_800_000_000, limit: 3, user: "guest")),
        ("terminal", Answered(status: AUTH_OK, limit: 3, applicationLimit: 1, user: "terminal")),
        ("signed", Answered(status: AUTH_OK, user: "signed")),
        (
            "alias",
            Answered(
                status: AUTH_OK, user: "canonical", sessionData: 77, attributes: [Attribute("group", "traders")])
        ),
        ("signed-wrong", Answered(status: AUTH_INVALID_PASS, log: "k secret signed-wrong")),
        ("signed-odd", Answered(status: AUTH_ERROR, log: "k secret signed-odd")),
    ])
    func `writes what the module says into the host's record`(user: String, expected: Answered) {
        #expect(login(user) == expected)
    }

    @Test func `cuts a long reason at a whole character`() throws {
        #expect(try #require(login("long")).log == String(repeating: "ä", count: 512))
    }

    @Test func `leaves reasons out where the host lends no room`() {
        let answer = host.withInstance { instance in
            withLogin("literal") { login in answered(scratchSize: 0) { authkit_new_user(instance, &login, &$0) } }
        }
        #expect(answer == Answered(status: AUTH_DENY))
    }

    @Test(arguments: [
        ("/FX/EURUSD", Answered(status: AUTH_OK, mapped: "/for/bob/FX/EURUSD")),
        ("/other", Answered(status: AUTH_FALSE)),
        ("/long", Answered(status: AUTH_ERROR, log: "the mapped name is longer than 4095 bytes")),
    ])
    func `maps a name, leaves it, or refuses one that is too long`(name: String, expected: Answered) {
        let answer = host.withInstance { instance in
            withText("bob") { user in
                withText(name) { name in
                    var mapping = auth_mapping_t()
                    mapping.size = UInt32(MemoryLayout<auth_mapping_t>.size)
                    (mapping.user, mapping.requested, mapping.name) = (user, name, name)
                    return answered { authkit_map_object(instance, &mapping, &$0) }
                }
            }
        }
        #expect(answer == expected)
    }

    @Test func `a host that checks no signatures cannot say`() throws {
        let answer = host.withTable({ $0.signature_check = nil }) { table -> SignatureCheck? in
            HostInterface(&table)?.checkSignature(key: "k", token: [1].span, user: [2].span)
        }
        #expect(answer == .failed("the host checks no signatures"))
    }

    @Test func `a token with a NUL inside is refused, and never cut`() throws {
        let answer = host.withTable { table -> SignatureCheck? in
            HostInterface(&table)?.checkSignature(
                key: "k", token: Array("secret\0x".utf8).span, user: Array("signed".utf8).span)
        }
        #expect(answer == .refused("the key, the token or the user's name holds a NUL"))
    }

    @Test(arguments: [
        (UInt32(0), 81_920, "first\nnot asked\n"), (UInt32(AUTH_CHECK_REASON), 81_920, "first\nsecond\n"),
        (0, 8192, ""),
    ])
    func `explains a check into the room that the host lends`(
        _ flags: UInt32, _ scratchSize: Int, _ explanation: String
    ) throws {
        let answer = host.withInstance { instance in
            withCheck("/closed", AUTH_ACTION_WRITE) { check in
                check.flags = flags
                return answered(scratchSize: scratchSize) { authkit_explain(instance, &check, &$0) }
            }
        }
        #expect(answer == Answered(status: AUTH_DENY, explanation: explanation))
    }

    @Test func `an explanation is cut at a whole character`() throws {
        let answer = host.withInstance { instance in
            withCheck("/long", AUTH_ACTION_WRITE) { check in
                answered(scratchSize: 65_536) { authkit_explain(instance, &check, &$0) }
            }
        }
        #expect(try #require(answer).explanation == String(repeating: "ä", count: (65_536 - 8192 - 1) / 2))
    }

    @Test func `answers each row of a batch by its action, and has one asked alone that it would delay`() {
        let statuses = host.withInstance { instance in
            withCheck("/open", AUTH_ACTION_WRITE) { write in
                withCheck("/closed", AUTH_ACTION_CREATE) { create in
                    withCheck("/closed", AUTH_ACTION_READ) { read in
                        withCheck("/delayed", AUTH_ACTION_WRITE) { delayed in
                            var broken = read
                            broken.action = 9
                            return answeredBatch(instance, [write, create, read, delayed, broken])
                        }
                    }
                }
            }
        }
        #expect(statuses == [AUTH_OK, AUTH_OK, AUTH_DENY, AUTH_OK, AUTH_ASK_ALONE, AUTH_ERROR])
        #expect(host.completed.isEmpty)
    }

    @Test func `lends the contributed fields of a write`() {
        let status = host.withInstance { instance in
            withCheck("/open", AUTH_ACTION_WRITE) { check in
                withPairs([("a", "b"), ("a", "b"), ("a", "b")]) { pairs, count in
                    (check.fields, check.field_count) = (pairs, count)
                    return answered { authkit_check_write(instance, &check, &$0) }.status
                }
            }
        }
        #expect(status == AUTH_OK)
    }

    @Test func `attributes come in and go out, and more than there may be are refused`() {
        host.withInstance { instance in
            let told = withLogin("told") { login in
                withPairs([("subject", "CN=ann"), ("empty", "")]) { pairs, count in
                    (login.attributes, login.attribute_count) = (pairs, count)
                    return answered { authkit_new_user(instance, &login, &$0) }
                }
            }
            #expect(told.attributes == [Attribute("subject", "CN=ann"), Attribute("empty", "")])
            let most = withLogin("grouped") { login in answered { authkit_new_user(instance, &login, &$0) } }
            #expect(most.attributes.count == 64)
            #expect(most.attributes.last == Attribute("group", "63"))
            let more = withLogin("grouped") { login in
                login.password = auth_string_t()
                return answered { authkit_new_user(instance, &login, &$0) }
            }
            #expect(more.status == AUTH_ERROR)
            #expect(more.attributes.isEmpty)
        }
    }

    @Test func `a module with open reads allows nothing else that it does not decide`() {
        host.withInstance { instance in
            withCheck("/closed", AUTH_ACTION_READ) { check in
                #expect(answered { authkit_check_read(instance, &check, &$0) }.status == AUTH_OK)
                #expect(answered { authkit_check_write(instance, &check, &$0) }.status == AUTH_DENY)
                #expect(answered { authkit_check_create(instance, &check, &$0) }.status == AUTH_DENY)
            }
            withLogin("bob") { login in
                #expect(answered { authkit_resume_user(instance, &login, &$0) } == Answered(status: AUTH_NO_ENTRY))
            }
            var request = auth_http_t()
            request.size = UInt32(MemoryLayout<auth_http_t>.size)
            #expect(answered { authkit_http_request(instance, &request, &$0) }.status == AUTH_DENY)
        }
    }
}
