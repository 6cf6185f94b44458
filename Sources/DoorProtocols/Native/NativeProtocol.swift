import AuthCore

/// The native protocol, versions 1 to 4, as `docs/native-protocol.md` describes it.
enum NativeProtocol {
    static let versions: ClosedRange<UInt16> = 1...4
    /// The first version in which questions and answers may have attributes.
    static let withAttributes: UInt16 = 2
    /// The first version in which answers say which decision they are.
    static let withDecisions: UInt16 = 3
    /// The first version in which mappings and log-outs may have attributes as well.
    static let withAttributesOfAll: UInt16 = 4
    /// A frame begins with the length of what follows these four bytes.
    static let lengthSize = 4
    /// Type, flags, two bytes of nothing, and the number of the request.
    static let headerSize = 8
    /// The longest frame behind its length, either way.
    static let longestFrame = 1 << 20
    /// The longest before a client may ask: strangers are lent less memory.
    static let longestGreeting = 1 << 18
    /// The most checks of a batch.
    static let longestBatch = 1000
    /// The most contributed fields of a check.
    static let mostFields = 1024
    /// What a client sends; an answer has the same number with ``answerBit``.
    enum Kind: UInt8 {
        case hello = 1
        case logon, login, logout, map, check, batch, watch, ping
    }

    static let answerBit: UInt8 = 0x80
    /// The connection ends behind it.
    static let fault: UInt8 = 0xFF
    static let ended: UInt8 = 0xC1
    static let invalidated: UInt8 = 0xC2

    /// Flags of ``Kind/hello``.
    static let wantsPushes: UInt8 = 1
    /// Flags of ``Kind/login``: without a password; ends with the connection.
    static let resumes: UInt8 = 1
    static let bound: UInt8 = 2

    /// The flag of a request that attributes follow; 0 for one that has none in a version.
    static func attributesFlag(_ kind: Kind, version: UInt16) -> UInt8 {
        switch kind {
        case .login: version >= withAttributes ? 4 : 0
        case .check, .batch: version >= withAttributes ? 1 : 0
        case .logout, .map: version >= withAttributesOfAll ? 1 : 0
        case .hello, .logon, .watch, .ping: 0
        }
    }

    /// Whether answers may have them.
    static func answersHaveAttributes(_ kind: Kind, version: UInt16) -> Bool {
        switch kind {
        case .login, .check, .batch: version >= withAttributes
        case .hello, .logon, .logout, .map, .watch, .ping: false
        }
    }

    static let answerHasAttributes: UInt8 = 1
    static let answerHasDecision: UInt8 = 2

    /// Numbers of verdicts; 0 is none, so that nothing forgotten allows.
    static func number(of verdict: Verdict) -> UInt8 {
        switch verdict {
        case .allow: 1
        case .deny: 2
        case .wrongCredentials: 3
        case .overLimit: 4
        case .ejected: 5
        case .undecided: 6
        }
    }
}

/// What a frame of a client says.
struct NativeRequest {
    enum Body {
        case hello(lowest: UInt16, highest: UInt16, client: String, wantsPushes: Bool)
        case logon(user: String, secret: Secret)
        case login(NativeLogin)
        case logout(SessionID, attributes: [Field])
        case map(SessionID, ArraySlice<UInt8>, attributes: [Field])
        case check(SessionID, NativeCheck)
        case batch(SessionID, [NativeCheck], attributes: [Field])
        case watch(SessionID)
        case ping
        /// A question with attributes that no module may see, and why; rows: of a batch.
        case refused(NativeProtocol.Kind, rows: Int, String)
    }

    let number: UInt32
    let body: Body
}

/// A log-in as it was read: not checked yet.
struct NativeLogin {
    let user: String
    let password: Secret
    let address: String
    let applicationID: String
    let machineID: String
    let resumes: Bool
    let isBound: Bool
    /// What the client knows of its own client.
    var attributes: [Field] = []
}

/// A check as it was read: not checked yet.
struct NativeCheck {
    let action: Check.Action
    let name: ArraySlice<UInt8>
    let fields: [Field]
    let contributionID: String?
    var attributes: [Field] = []
}

/// Reads one frame behind its length.
///
/// Numbers are little-endian; a text is a u16 length and so many bytes of UTF-8, a name the same with any bytes.
struct NativeReader {
    private let bytes: ArraySlice<UInt8>
    private let version: UInt16
    private var position: Int

    private init(_ bytes: ArraySlice<UInt8>, _ version: UInt16) {
        self.bytes = bytes
        self.version = version
        position = bytes.startIndex
    }

    /// Whether a frame is of a kind that holds a password.
    static func holdsSecret(_ frame: [UInt8]) -> Bool {
        frame.first == NativeProtocol.Kind.logon.rawValue || frame.first == NativeProtocol.Kind.login.rawValue
    }

    /// Reads a request.
    ///
    /// - Parameters:
    ///   - frame: everything behind the length.
    ///   - version: that the connection has agreed on.
    static func request(_ frame: ArraySlice<UInt8>, version: UInt16) throws(DoorFault) -> NativeRequest {
        var reader = NativeReader(frame, version)
        let type = try reader.byte()
        let flags = try reader.byte()
        guard try reader.u16() == 0 else { throw DoorFault("reserved", "bytes 2 and 3 of a header are not 0") }
        let number = try reader.u32()
        guard let kind = NativeProtocol.Kind(rawValue: type) else {
            throw DoorFault("type", "there is no request of type \(type)")
        }
        let body = try reader.question(kind, flags)
        guard reader.position == frame.endIndex else {
            throw DoorFault("surplus", "a request has \(frame.endIndex - reader.position) bytes too many")
        }
        return NativeRequest(number: number, body: body)
    }

    private mutating func question(
        _ kind: NativeProtocol.Kind, _ flags: UInt8
    ) throws(DoorFault) -> NativeRequest.Body {
        let attributesFlag = NativeProtocol.attributesFlag(kind, version: version)
        let known: UInt8 =
            switch kind {
            case .hello: NativeProtocol.wantsPushes
            case .login: NativeProtocol.resumes | NativeProtocol.bound
            default: 0
            }
        guard flags & ~(known | attributesFlag) == 0 else {
            throw DoorFault("flags", "a request has flags that are not known")
        }
        let body = try body(kind, flags)
        return flags & attributesFlag == 0 ? body : try attributes(of: body, kind)
    }

    private mutating func body(_ kind: NativeProtocol.Kind, _ flags: UInt8) throws(DoorFault) -> NativeRequest.Body {
        switch kind {
        case .hello:
            return .hello(
                lowest: try u16(), highest: try u16(), client: try text(),
                wantsPushes: flags & NativeProtocol.wantsPushes != 0)
        case .logon: return .logon(user: try text(), secret: try secret())
        case .login:
            return .login(
                NativeLogin(
                    user: try text(), password: try secret(), address: try text(), applicationID: try text(),
                    machineID: try text(), resumes: flags & NativeProtocol.resumes != 0,
                    isBound: flags & NativeProtocol.bound != 0))
        case .logout: return .logout(try session(), attributes: [])
        case .map: return .map(try session(), try name(), attributes: [])
        case .check: return .check(try session(), try check(withFields: true))
        case .batch:
            let session = try session()
            let count = Int(try u16())
            guard (1...NativeProtocol.longestBatch).contains(count) else {
                throw DoorFault(
                    "batch", "a batch has \(count) checks; 1 to \(NativeProtocol.longestBatch) are accepted")
            }
            var checks: [NativeCheck] = []
            checks.reserveCapacity(count)
            for _ in 0..<count { checks.append(try check(withFields: false)) }
            return .batch(session, checks, attributes: [])
        case .watch: return .watch(try session())
        case .ping: return .ping
        }
    }

    private mutating func check(withFields: Bool) throws(DoorFault) -> NativeCheck {
        let action: Check.Action
        switch try byte() {
        case 1: action = .read
        case 2: action = .write
        case 3: action = .create
        case let other: throw DoorFault("action", "there is no action \(other)")
        }
        let name = try name()
        guard withFields else { return NativeCheck(action: action, name: name, fields: [], contributionID: nil) }
        let contribution = try text()
        let count = Int(try u16())
        guard count <= NativeProtocol.mostFields else {
            throw DoorFault("fields", "a check has \(count) fields; \(NativeProtocol.mostFields) are accepted")
        }
        var fields: [Field] = []
        if count > 0 { fields.reserveCapacity(count) }
        for _ in 0..<count {
            let field = Field(try text(), try text())
            guard !field.name.utf8.contains(0), !field.value.utf8.contains(0) else {
                throw DoorFault("nul", "a field holds a NUL")
            }
            fields.append(field)
        }
        return NativeCheck(
            action: action, name: name, fields: fields, contributionID: contribution.isEmpty ? nil : contribution)
    }

    /// Adds the attributes that end a question. One that no module may see refuses the question that has it, and no other.
    private mutating func attributes(
        of body: NativeRequest.Body, _ kind: NativeProtocol.Kind
    ) throws(DoorFault) -> NativeRequest.Body {
        let count = Int(try u16())
        let most = DoorAttribute.maximumCount
        var problem = count > most ? "a request has \(count) attributes; \(most) are accepted" : nil
        var attributes: [Field] = []
        for _ in 0..<count {
            let texts = (name: String(utf8: try name()), value: String(utf8: try name()))
            if problem != nil { continue }
            if let name = texts.name, let value = texts.value, let attribute = Field.attribute(name, value) {
                attributes.append(attribute)
            } else {
                problem = "an attribute is empty, too long, no UTF-8, or holds what cannot be seen"
            }
        }
        switch (problem, body) {
        case (let problem?, .batch(_, let checks, _)): return .refused(kind, rows: checks.count, problem)
        case (let problem?, _): return .refused(kind, rows: 0, problem)
        case (nil, .login(var login)):
            login.attributes = attributes
            return .login(login)
        case (nil, .check(let session, var check)):
            check.attributes = attributes
            return .check(session, check)
        case (nil, .batch(let session, let checks, _)): return .batch(session, checks, attributes: attributes)
        case (nil, .logout(let session, _)): return .logout(session, attributes: attributes)
        case (nil, .map(let session, let name, _)): return .map(session, name, attributes: attributes)
        case (nil, _): return body
        }
    }

    private mutating func take(_ count: Int) throws(DoorFault) -> ArraySlice<UInt8> {
        guard bytes.endIndex - position >= count else {
            throw DoorFault("short", "a request ends before what it says it holds")
        }
        defer { position += count }
        return bytes[position..<position + count]
    }

    private mutating func byte() throws(DoorFault) -> UInt8 {
        guard position < bytes.endIndex else {
            throw DoorFault("short", "a request ends before what it says it holds")
        }
        defer { position += 1 }
        return bytes[position]
    }

    /// Reads a number with its lowest byte first.
    private mutating func number<Number: FixedWidthInteger & BitwiseCopyable>() throws(DoorFault) -> Number {
        let size = MemoryLayout<Number>.size
        guard bytes.endIndex - position >= size else {
            throw DoorFault("short", "a request ends before what it says it holds")
        }
        defer { position += size }
        let start = position - bytes.startIndex
        // SAFETY: the guard has seen that so many bytes are there.
        return bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: Number.self)) }
    }

    private mutating func u16() throws(DoorFault) -> UInt16 { try number() }

    private mutating func u32() throws(DoorFault) -> UInt32 { try number() }

    private mutating func u64() throws(DoorFault) -> UInt64 { try number() }

    private mutating func session() throws(DoorFault) -> SessionID {
        SessionID(high: try u64(), low: try u64())
    }

    private mutating func name() throws(DoorFault) -> ArraySlice<UInt8> { try take(Int(try u16())) }

    private mutating func text() throws(DoorFault) -> String {
        let bytes = try name()
        if bytes.isEmpty { return "" }
        guard let text = String(utf8: bytes) else {
            throw DoorFault("text", "a text is not UTF-8")
        }
        return text
    }

    private mutating func secret() throws(DoorFault) -> Secret { Secret(try name()) }
}
