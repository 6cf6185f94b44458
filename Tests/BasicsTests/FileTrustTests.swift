import Glibc
import Testing

@testable import Basics

/// A folder with files that somebody else may own: where the tests run as root they are given away, else the rule is asked
/// as if another user ran it.
private final class Place: Sendable {
    static let stranger: UInt32 = 65_534
    private static let isRoot = geteuid() == 0
    let path: String

    init() throws {
        var template = Array("/tmp/authhost-trust-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { _ = system("rm -rf '\(path)'") }

    /// The number of the user that owns what is given away.
    var owner: UInt32 { Self.isRoot ? Self.stranger : geteuid() }

    func file(_ name: String, mode: mode_t = 0o600) throws -> String {
        let file = open("\(path)/\(name)", O_CREAT | O_WRONLY, 0o600)
        try #require(file >= 0 && write(file, "text", 4) == 4 && fchmod(file, mode) == 0)
        close(file)
        return "\(path)/\(name)"
    }

    func folder(_ name: String, mode: mode_t) throws -> String {
        try #require(mkdir("\(path)/\(name)", 0o700) == 0 && chmod("\(path)/\(name)", mode) == 0)
        return "\(path)/\(name)"
    }

    func link(_ name: String, to target: String) throws -> String {
        try #require(symlink(target, "\(path)/\(name)") == 0)
        return "\(path)/\(name)"
    }

    /// Gives an entry to somebody else; the rule that then sees a stranger there, and everybody else trusted.
    func giveAway(_ entry: String, trusting owners: Set<UInt32> = []) throws -> FileTrust {
        guard Self.isRoot else { return FileTrust(owners: owners, running: 4711) }
        try #require(lchown(entry, Self.stranger, Self.stranger) == 0)
        return FileTrust(owners: owners)
    }
}

private func refusal(_ path: String, _ trust: FileTrust = FileTrust()) -> FileTrustError? {
    do throws(FileTrustError) {
        _ = try TrustedFile(path, trust)
        return nil
    } catch {
        return error
    }
}

@Suite struct `A file that decides something` {
    @Test func `is read where no other user can have written it or put it there`() throws {
        let place = try Place()
        let file = try place.file("users.xml", mode: 0o644)
        #expect(try TrustedFile.contents(of: file, limit: 10).bytes == Array("text".utf8))
        #expect(try TrustedFile(file).path == file)
    }

    @Test(arguments: [0o620, 0o602, 0o666] as [mode_t]) func `is refused where others may write to it`(mode: mode_t)
        throws
    {
        let place = try Place()
        let error = try #require(refusal(try place.file("f", mode: mode)))
        #expect(error.kind == .untrustedFile)
        #expect(error.reason.contains("others may write to it (mode 0\(String(mode, radix: 8)))"))
    }

    @Test func `is refused where it is somebody else's, unless that is a trusted owner`() throws {
        let place = try Place()
        let file = try place.file("f")
        let error = try #require(refusal(file, try place.giveAway(file)))
        #expect(error.kind == .untrustedFile && error.reason.contains("it belongs to user \(place.owner)"))
        #expect(refusal(file, try place.giveAway(file, trusting: [place.owner])) == nil)
        #expect(refusal(file, FileTrust(asking: { $0 == place.owner })) == nil)
    }

    @Test(arguments: [0o777, 0o775, 0o757] as [mode_t])
    func `is refused in a folder that others may write to, by whichever way`(mode: mode_t) throws {
        let place = try Place()
        let open = try place.folder("open", mode: mode)
        let below = try place.folder("open/below", mode: 0o700)
        let file = try place.file("open/below/f")
        let good = try place.file("good")
        let link = try place.link("link", to: "open/below/f")
        for path in [file, link, "\(below)/../../good"] {
            let error = try #require(refusal(path), "\(path)")
            #expect(error.kind == .untrustedPlace)
            #expect(error.reason.contains("others may write to `\(open)`"), "\(error)")
        }
        #expect(refusal(good) == nil)
    }

    @Test func `is read in a sticky folder, where only its owner can replace it`() throws {
        let place = try Place()
        _ = try place.folder("sticky", mode: 0o1777)
        #expect(refusal(try place.file("sticky/f")) == nil)
    }

    @Test func `is read through links of trusted owners, to wherever they lead`() throws {
        let place = try Place()
        let file = try place.file("f")
        let folder = try place.link("folder", to: ".")
        let link = try place.link("link", to: "folder/../\(place.path.split(separator: "/").last ?? "")/f")
        #expect(try TrustedFile(link).path == file)
        #expect(try TrustedFile("\(folder)/f").path == file)
    }

    @Test func `is refused through a link that a stranger made`() throws {
        let place = try Place()
        _ = try place.folder("sticky", mode: 0o1777)
        let target = "/etc/passwd"
        let link = try place.link("sticky/link", to: target)
        #expect(refusal(link) == nil)
        let trust = try place.giveAway(link)
        let error = try #require(refusal(link, trust))
        #expect(error.kind == .untrustedPlace)
        #expect(error.reason.contains("belongs to user \(place.owner)"), "\(error)")
        #expect(refusal(target, trust) == nil)
    }

    @Test func `is refused where it is not a file`() throws {
        let place = try Place()
        #expect(refusal(place.path)?.reason == "it is a directory, not a regular file")
        #expect(refusal("/dev/null")?.reason == "it is a character device, not a regular file")
        let pipe = "\(place.path)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(refusal(pipe)?.reason == "it is a FIFO, not a regular file")
        #expect(refusal("\(place.path)/none")?.kind == .missing)
        let loop = try place.link("loop", to: "loop")
        #expect(refusal(loop)?.kind == .unreadable)
        #expect(throws: FileTrustError.self) { try TrustedFile.contents(of: try place.file("f"), limit: 3) }
    }

    @Test func `can be put nowhere between two looks unnoticed`() throws {
        let place = try Place()
        let file = try place.file("f")
        // What a directory's rule says of the place alone.
        #expect(FileTrust().directoryFault(above: file) == nil)
        _ = try place.folder("open", mode: 0o777)
        #expect(FileTrust().directoryFault(above: "\(place.path)/open/none")?.contains("others may write") == true)
    }
}

@Suite struct `A user of the system` {
    @Test func `is found by name and by number`() throws {
        #expect(try SystemUser.number(of: "root") == 0)
        #expect(try SystemUser.number(of: "4711") == 4711)
        #expect(try SystemUser.number(of: "no-such-user-here") == nil)
    }
}
