import CAuthModule
import Synchronization

/// An ability beside the interface, found by its id: what a module gives in its ``HostedModule/extension(_:)``.
public struct ModuleExtension: Sendable {
    enum Content: Sendable {
        case about(name: String, version: String)
        case record(Record)
    }

    /// The address of a record.
    struct Record: @unchecked Sendable {
        // The module promises that nothing changes it while the instance lives.
        let address: UnsafeRawPointer
    }

    let content: Content

    /// What the module is, such as the library that it asks: the record of ``ModuleExtension/aboutID``. It goes to the event log.
    public static func about(name: String, version: String) -> ModuleExtension {
        ModuleExtension(content: .about(name: name, version: version))
    }

    /// A record as the ability's own header describes it. It must stay valid, and as it is, until `exit` has returned.
    public static func record(at address: UnsafeRawPointer) -> ModuleExtension {
        ModuleExtension(content: .record(Record(address: address)))
    }

    /// The id of the ability by which a host and a module say what they are.
    public static let aboutID = AUTH_EXTENSION_ABOUT
}

extension HostInterface {
    /// Who the host is.
    public struct About: Hashable, Sendable {
        /// Such as `authhost`.
        public let name: String
        /// Of the host, not of the interface.
        public let version: String
    }

    /// Finds an ability of the host by its id, such as `authhost.about/1`: the address of a record that the ability's own header
    /// describes, valid until the process ends. nil for one that this host does not know.
    public func `extension`(_ id: String) -> UnsafeRawPointer? {
        id.holdsNUL ? nil : id.withCString { table.get_extension?(host, $0) }
    }

    /// Who the host is; nil for one that does not say it.
    public var about: About? {
        guard let address = `extension`(ModuleExtension.aboutID) else { return nil }
        // SAFETY: the id stands for this record, which says its own size first.
        let record = address.assumingMemoryBound(to: auth_about_t.self)
        guard record.pointee.size >= UInt32(MemoryLayout<auth_about_t>.size), record.pointee.name.isValid,
            record.pointee.version.isValid
        else { return nil }
        return About(name: record.pointee.name.span.text(), version: record.pointee.version.span.text())
    }
}

/// The records of abilities that the kit has made for an instance; they live as long as it does.
final class ExtensionRecords: Sendable {
    private struct Made: @unchecked Sendable {
        // Written once, before it is handed out; freed with the instance, which the host asks nothing any more.
        let record: UnsafeMutablePointer<auth_about_t>
        let texts: [UnsafeMutableBufferPointer<CChar>]
    }

    private let made = Mutex<[Made]>([])

    deinit {
        for made in made.withLock({ $0 }) {
            made.record.deallocate()
            for text in made.texts { text.deallocate() }
        }
    }

    /// The address of a record with what the module has said.
    func address(of said: ModuleExtension) -> UnsafeRawPointer {
        switch said.content {
        case .record(let record): return record.address
        case .about(let name, let version):
            let texts = [name, version].map(Self.terminated)
            let record = UnsafeMutablePointer<auth_about_t>.allocate(capacity: 1)
            var value = auth_about_t()
            value.size = UInt32(MemoryLayout<auth_about_t>.size)
            value.name = auth_string_t(data: texts[0].baseAddress, length: texts[0].count - 1)
            value.version = auth_string_t(data: texts[1].baseAddress, length: texts[1].count - 1)
            record.initialize(to: value)
            made.withLock { $0.append(Made(record: record, texts: texts)) }
            return UnsafeRawPointer(record)
        }
    }

    private static func terminated(_ text: String) -> UnsafeMutableBufferPointer<CChar> {
        let bytes = text.utf8.map { CChar(bitPattern: $0) } + [0]
        let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
        _ = copy.initialize(from: bytes)
        return copy
    }
}
