import Accounts
import Glibc
import Testing

@testable import XMLAuthCore

/// A users file of its own for each test, gone with it.
final class UsersFile {
    let path: String

    init(_ text: String) {
        var template = Array("/tmp/xmlauth-test-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        close(file)
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        write(text)
    }

    deinit { unlink(path) }

    func write(_ text: String) {
        let file = open(path, O_WRONLY | O_TRUNC)
        _ = Glibc.write(file, text, text.utf8.count)
        close(file)
    }
}

@Suite struct XMLAuthTests {
    @Test func `refuses a file that everybody may write, a directory and a missing file`() throws {
        let users = UsersFile("<authhost-users version='1'/>")
        _ = try UsersReader.read(users.path, allowsPlain: true)
        chmod(users.path, 0o602)
        for path in [users.path, "/tmp", "/nonexistent/users.xml"] {
            let error = #expect(throws: UsersFileError.self) { try UsersReader.read(path, allowsPlain: true) }
            #expect(error?.code == .unreadable)
        }
    }
}
