import AuthCore
import Basics

/// What a door tells beside a question, to modules that read it.
struct DoorAttributes {
    private(set) var fields: [Field]

    /// Begins with what the connection tells.
    init(_ peer: DoorPeer) { fields = peer.certificate?.attributes ?? [] }

    /// Adds an attribute; an empty one, one that no module may see, and one too many are left out.
    mutating func add(_ attribute: DoorAttribute, _ value: String) {
        guard !value.isEmpty, fields.count < DoorAttribute.maximumCount,
            let field = Field.attribute(attribute.rawValue, value)
        else { return }
        fields.append(field)
    }

    /// The same for a value that may not be UTF-8, which is left out.
    mutating func add(_ attribute: DoorAttribute, _ value: some Collection<UInt8>) {
        if let text = String(validating: value, as: UTF8.self) { add(attribute, text) }
    }

    /// Adds the place in a trace that a request says it has.
    mutating func addTrace(of request: StrictRequest) {
        if let value = request.traceParent { add(.traceParent, value) }
    }
}

extension StrictRequest {
    /// The place in a trace that the request says it has. One that is malformed, or there twice, is passed over, as
    /// the specification wants it (W3C Trace Context, section 3.2.2).
    var traceParent: [UInt8]? {
        guard let range = (try? field(.traceParent)).flatMap({ $0 }) else { return nil }
        let value = copy(range)
        return Self.isTraceParent(value) ? value : nil
    }

    private static func isTraceParent(_ bytes: [UInt8]) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count >= 4, zip(parts, [2, 32, 16, 2]).allSatisfy({ $0.count == $1 }),
            parts.prefix(4).allSatisfy({ $0.allSatisfy(isDigit) }), !parts[0].elementsEqual("ff".utf8),
            parts[1].contains(where: { $0 != UInt8(ascii: "0") }), parts[2].contains(where: { $0 != UInt8(ascii: "0") })
        else { return false }
        // Later versions may say more behind these.
        return parts.count == 4 || !parts[0].elementsEqual("00".utf8)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

extension QuestionAnswering {
    /// The attributes of a question; none, and `add` is not called, where no module reads them.
    func attributes<Failure: Error>(
        of peer: DoorPeer, _ add: (inout DoorAttributes) throws(Failure) -> Void
    ) throws(Failure) -> [Field] {
        guard readsAttributes else { return [] }
        var attributes = DoorAttributes(peer)
        try add(&attributes)
        return attributes.fields
    }
}

extension Field {
    /// An attribute as modules may see it; nil for any other. A name has 1 to 255 bytes, a value at most 4,095, and every
    /// character can be seen (`include/authhost/types.h`).
    static func attribute(_ name: String, _ value: String) -> Field? {
        guard (1...255).contains(name.utf8.count), value.utf8.count <= 4095,
            !name.unicodeScalars.contains(where: \.cannotBeSeen), !value.unicodeScalars.contains(where: \.cannotBeSeen)
        else { return nil }
        return Field(name, value)
    }
}

extension FieldName {
    fileprivate static let traceParent = FieldName("traceparent")
}

/// What a client's certificate says of it, which one of the authorities has signed.
public struct DoorCertificate: Sendable {
    /// The subject's common name, where it has one that is text.
    public let commonName: String?
    /// As modules are told it.
    let attributes: [Field]

    /// Most names that a module is told of.
    private static let mostNames = 32

    /// - Parameters:
    ///   - subject: as RFC 4514 writes it.
    ///   - names: of the certificate besides, by what they are.
    ///   - digest: SHA-256 of the certificate in DER.
    package init(
        commonName: String?, subject: String, names: [(kind: DoorAttribute, name: String)], digest: some Sequence<UInt8>
    ) {
        self.commonName = commonName
        let all =
            [(DoorAttribute.tlsSubject, subject)] + names.prefix(Self.mostNames) + [(.tlsDigest, digest.hexadecimal)]
        attributes = all.compactMap { $1.isEmpty ? nil : Field.attribute($0.rawValue, $1) }
    }
}
