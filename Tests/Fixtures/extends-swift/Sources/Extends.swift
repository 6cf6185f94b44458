import Glibc
import ModuleKit

/// Good: looks for abilities of its host, and has one of its own; its log-ins may block, and all else runs on the thread that asks.
/// Expected: the host says who it is and knows no other, the module's own is in the event log, and each is called on its thread.
final class Extends: AuthModule {
    private let host: HostInterface

    init(host: HostInterface) throws {
        self.host = host
        let others = ["authhost.about/2", "authhost.about/1\0", ""].compactMap { host.extension($0) }
        let record = host.extension(ModuleExtension.aboutID) == nil ? "none" : "there"
        host.log(.info, "host \(host.about?.name ?? "none"), record \(record), others \(others.count)")
    }

    func `extension`(_ id: String) -> ModuleExtension? {
        id == ModuleExtension.aboutID ? .about(name: "a directory client", version: "2.6") : nil
    }

    func newUser(_ login: borrowing LoginQuestion) -> Answer {
        tell("log-in")
        return .ok
    }

    func checkRead(_ check: borrowing CheckQuestion) -> Answer {
        tell("check")
        return .ok
    }

    private func tell(_ what: String) {
        guard let file = fopen("/proc/thread-self/comm", "re") else { return }
        defer { fclose(file) }
        var name = [CChar](repeating: 0, count: 32)
        guard fgets(&name, 32, file) != nil else { return }
        let bytes = name.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
        host.log(.info, "\(what) on <\(String(decoding: bytes, as: UTF8.self))>")
    }
}

/// Makes the type known to the kit.
@c(authkit_module_type) public func moduleType() -> UnsafeMutableRawPointer? { exported(Extends.self) }
