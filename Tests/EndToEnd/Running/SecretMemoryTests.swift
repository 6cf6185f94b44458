import Foundation
import Testing

/// Wrong passwords that a real authhost was given, looked for in its memory once they are answered.
@Suite struct SecretMemoryTests {
    private final class MailAndBrokers {
        let folder = try? Folder()
        let process: ChildProcess

        init() throws {
            guard let folder else { throw ChildError(description: "no folder") }
            let types = ["saslauthd", "dovecot", "native", "rabbitmq"]
            let doors = types.map { "add-door\n    type \($0)\n    socket %r/\($0).sock\nend-door\n" }.joined()
            let text =
                "application-root ${ccd}\nauth-module xmlauth\nadd-module-options xmlauth\n"
                + "    xmlauth-file %r/users.xml\nend-module-options\nhttp-listen none\nhttp-socket %r/http.sock\n"
                + doors
            let configuration = try folder.write(text, to: "authhost.conf")
            try folder.write(Place.text("examples/saslauthd/users.xml"), to: "users.xml")
            process = try ChildProcess([Place.binary("authhost"), "serve", "-c", configuration])
            try process.wait(for: "listening on the unix socket")
        }

        /// Sends bytes over a connection that stays open, and waits for an answer.
        func ask(_ door: String, _ bytes: [UInt8], until isAnswer: ([UInt8]) -> Bool) throws -> Int32 {
            let descriptor = try StreamSocket.connect(to: folder?.path("\(door).sock") ?? "")
            guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
                throw ChildError(description: "\(door) takes nothing")
            }
            var answer: [UInt8] = []
            while !isAnswer(answer) {
                var buffer = [UInt8](repeating: 0, count: 4096)
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { throw ChildError(description: "\(door) said only \(answer)") }
                answer += buffer[..<count]
            }
            return descriptor
        }
    }

    private static func counted(_ text: String) -> [UInt8] {
        [UInt8(text.utf8.count >> 8), UInt8(text.utf8.count & 255)] + Array(text.utf8)
    }
    private static func little(_ text: String) -> [UInt8] { counted(text)[..<2].reversed() + Array(text.utf8) }

    /// A request with a wrong password, and what an answer to it is.
    private static func request(
        _ door: String, _ password: String
    ) -> (bytes: [UInt8], isAnswer: ([UInt8]) -> Bool) {
        switch door {
        case "saslauthd":
            return (
                counted("alice") + counted(password) + counted("imap") + counted(""),
                { String(decoding: $0, as: UTF8.self).contains("NO") }
            )
        case "dovecot":
            let plain = Data("\0alice\0\(password)".utf8).base64EncodedString()
            return (
                Array("VERSION\t1\t2\nCPID\t1\nAUTH\t1\tPLAIN\tservice=imap\tsecured\tresp=\(plain)\n".utf8),
                { String(decoding: $0, as: UTF8.self).contains("FAIL\t1") }
            )
        case "native":
            func frame(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
                let frame = [type, 0, 0, 0, 1, 0, 0, 0] + body
                return withUnsafeBytes(of: UInt32(frame.count).littleEndian) { Array($0) } + frame
            }
            let login = little("alice") + little(password) + little("") + little("app") + little("box")
            return (
                frame(1, [1, 0, 1, 0] + little("test")) + frame(3, login),
                { $0.firstRange(of: Array("invalid-".utf8)) != nil }
            )
        default:
            let body = "username=alice&password=\(password)&vhost=%2F"
            let head =
                "POST /auth/user HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n"
            return (Array((head + body).utf8), { String(decoding: $0, as: UTF8.self).contains("deny") })
        }
    }

    @Test(arguments: ["saslauthd", "dovecot", "native", "rabbitmq"])
    func `a wrong password is in no memory once it is answered`(door: String) throws {
        let server = try MailAndBrokers()
        var open: [Int32] = []
        defer { for descriptor in open { close(descriptor) } }
        var passwords: [String] = []
        for _ in 0..<5 {
            let password =
                "wrong-" + (0..<4).map { _ in String(UInt32.random(in: 1 << 28 ... .max), radix: 16) }.joined()
            let (bytes, isAnswer) = Self.request(door, password)
            open.append(try server.ask(door, bytes, until: isAnswer))
            passwords.append(password)
        }
        // The module's threads may still be about to let go.
        for password in passwords {
            for text in [password, String(Data("\0alice\0\(password)".utf8).base64EncodedString().dropLast(4))] {
                try server.process.wait(until: {
                    (try? ProcessMemory.count(of: text.utf8, in: server.process.pid)) == 0
                })
            }
        }
        server.process.terminate()
        _ = try server.process.finish()
    }
}
