import AuthCore
import CAuthModule
import Glibc

/// The table of host functions that one instance is given. It lives as long as the process, as the header promises.
final class HostTable: @unchecked Sendable {
    // The table behind `pointer` is written before it is handed out and read-only afterwards; `services` is set once.
    private let module: String
    /// Which numbers the module speaks.
    private let generation: UInt32
    private let options: ModuleOptions
    private weak var services: (any ModuleServices)?
    let pointer: UnsafeMutablePointer<auth_host_t>

    static func make(
        module: String, generation: UInt32, options: ModuleOptions, services: any ModuleServices
    ) -> HostTable {
        let table = HostTable(module: module, generation: generation, options: options, services: services)
        table.pointer.pointee.context = Unmanaged.passRetained(table).toOpaque()
        return table
    }

    private init(module: String, generation: UInt32, options: ModuleOptions, services: any ModuleServices) {
        self.module = module
        self.generation = generation
        self.options = options
        self.services = services
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: HostTable.functions())
    }

    // NOTE: never deallocated. make() retains the table for the process' life, since a module's threads may use it at any time.

    private static func of(_ host: UnsafePointer<auth_host_t>?) -> HostTable? {
        guard let host, let context = host.pointee.context else { return nil }
        // SAFETY: the context was set by make() to a retained reference that is never released.
        return Unmanaged<HostTable>.fromOpaque(context).takeUnretainedValue()
    }

    private static func functions() -> auth_host_t {
        var table = auth_host_t()
        table.size = UInt32(MemoryLayout<auth_host_t>.size)
        table.generation = DeclarationRules.generation
        table.draft = DeclarationRules.draft
        table.log = { host, severity, text in HostTable.of(host)?.log(severity, text) }
        table.option = { host, name, index in HostTable.of(host)?.option(name, index) }
        table.time = { host in HostTable.of(host)?.services?.wallTime ?? 0 }
        table.monotonic_time = { host in HostTable.of(host)?.services?.monotonicTime ?? 0 }
        table.complete = { host, token, status, result in
            HostTable.of(host)?.complete(token, status, result).rawValue ?? CompletionOutcome.refused.rawValue
        }
        table.pending = { host, session in HostTable.pending(session) }
        table.event = { data, event, code in HostTable.event(data, event, code) }
        table.eject = { host, user, count, application, machine in
            HostTable.of(host)?.eject(user, count, application, machine) ?? -1
        }
        table.invalidate = { host, scope, name, session in
            HostTable.of(host)?.invalidate(scope, name, session) ?? -1
        }
        table.session_attribute = { host, session, attribute, buffer, size in
            HostTable.of(host)?.attribute(session, attribute, buffer, size) ?? -1
        }
        table.signature_check = { host, key, token, user, reason, size in
            let reason = UnsafeMutableBufferPointer(start: reason, count: reason == nil ? 0 : size)
            return HostTable.of(host)?.checkSignature(key, token, user, reason: reason) ?? AUTH_ERROR
        }
        table.object_get_value = { host, object, field, buffer, size in
            HostTable.of(host)?.value(object, field, buffer, size) ?? -1
        }
        table.credential = { host, destination, challenge, result in
            HostTable.of(host)?.credential(destination, challenge, result) ?? AUTH_ERROR
        }
        table.credential_completed = { host, destination, serial, outcome in
            HostTable.of(host)?.credentialCompleted(destination, serial, outcome)
        }
        table.eject_session = { host, session in HostTable.of(host)?.ejectSession(session) ?? -1 }
        table.trusts_owner = { host, user in HostTable.of(host)?.services?.trusts(owner: user) == true ? 1 : 0 }
        table.rules_state = { host, state, reason in HostTable.of(host)?.noteRules(state, reason) ?? -1 }
        table.get_extension = { _, id in id.flatMap(HostExtensions.record) }
        return table
    }

    private func log(_ severity: Int32, _ text: UnsafePointer<CChar>?) {
        guard let text else { return }
        services?.log(
            ModuleLogSeverity(rawValue: severity) ?? .error, AnswerReader.bounded(text, limit: 4096), module: module)
    }

    private func option(_ name: UnsafePointer<CChar>?, _ index: Int) -> UnsafePointer<CChar>? {
        guard let name, let value = options[String(cString: name), index] else { return nil }
        return TextPool.shared.terminated(value)
    }

    private func complete(
        _ token: auth_token_t, _ status: Int32, _ result: UnsafePointer<auth_result_t>?
    ) -> CompletionOutcome {
        guard let services else { return .late }
        let answer =
            status == AUTH_DELAYED
            ? ModuleAnswer.broken("completed with AUTH_DELAYED")
            : generation == 9
                ? AnswerReader.answer9(status, result) : AnswerReader.answer(Status(rawValue: status), result)
        let outcome = services.complete(token: token, answer)
        return outcome == .taken && answer.breach != nil ? .refused : outcome
    }

    private static func pending(_ session: UnsafeRawPointer?) -> auth_token_t {
        guard let question = CallContext.current().question,
            question.session == UInt64(UInt(bitPattern: session))
        else { return 0 }
        return question.token
    }

    /// Reads Liberator's event records; each begins with the host it is for.
    private static func event(_ data: UnsafeMutableRawPointer?, _ event: Int16, _ code: Int16) {
        guard let data, let kind = PendingKind(rawValue: event) else { return }
        // SAFETY: the three records begin with (host, session); the module says by `event` which one it is.
        let head = data.load(as: logininfo_t.self)
        guard let table = HostTable.of(head.host), let services = table.services else { return }
        var name: String?
        var extra: String?
        switch kind {
        case .login: break
        case .map:
            let info = data.load(as: mapinfo_t.self)
            name = info.name.map { AnswerReader.bounded($0, limit: 4096) }
            extra = info.mapped.map { AnswerReader.bounded($0, limit: 4096) }
        case .write:
            let info = data.load(as: checkwriteinfo_t.self)
            name = info.name.map { AnswerReader.bounded($0, limit: 4096) }
            extra = info.contrib_id.map { AnswerReader.bounded($0, limit: 4096) }
        }
        let session = UInt64(UInt(bitPattern: head.session))
        // A write without an id was shown an empty one.
        let contribution = kind == .write && extra != "" ? extra : nil
        guard
            let token = services.pendingToken(
                session: session, kind: kind, name: name, contributionID: contribution)
        else {
            services.log(
                .warn, "an event completes no pending question (kind \(event), code \(code))", module: table.module)
            return
        }
        var answer = ModuleAnswer(Status(rawValue: Int32(code)))
        if code == AUTH_DELAYED { answer = .broken("completed with AUTH_DELAYED") }
        if kind == .map, answer.status == .ok { answer.mapped = extra.map { Array($0.utf8) } }
        _ = services.complete(token: token, answer)
    }

    private func eject(
        _ user: UnsafePointer<CChar>?, _ count: Int32, _ application: UnsafePointer<CChar>?,
        _ machine: UnsafePointer<CChar>?
    ) -> Int32 {
        guard let services, count >= -1 else { return -1 }
        let wanted = [user, application, machine].map { $0.map(Self.name) }
        // Bytes that are not text are no user's name; a repaired name could be another user's.
        guard wanted.allSatisfy({ $0 == nil || $0 != .some(nil) }) else { return 0 }
        let names = wanted.map { $0.flatMap { $0 } }
        return Int32(
            clamping: services.eject(
                user: names[0], count: count < 0 ? nil : Int(count), applicationID: names[1], machineID: names[2]))
    }

    /// A name that a module gives; nil for what is not UTF-8.
    private static func name(_ bytes: UnsafePointer<CChar>) -> String? { String(validatingCString: bytes) }

    private func invalidate(_ scope: UInt32, _ name: UnsafePointer<CChar>?, _ session: auth_session_t) -> Int32 {
        guard let services else { return -1 }
        let name = name.flatMap(Self.name)
        switch (Int32(bitPattern: scope), name) {
        case (AUTH_SCOPE_ALL, _): services.invalidate(.all)
        case (AUTH_SCOPE_USER, let name?): services.invalidate(.user(name))
        case (AUTH_SCOPE_SESSION, _) where session != 0: services.invalidate(.session(handle: session))
        case (AUTH_SCOPE_OBJECT, let name?): services.invalidate(.object(name))
        default: return -1
        }
        return 0
    }

    private func attribute(
        _ session: auth_session_t, _ attribute: UInt32, _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int
    ) -> Int64 {
        guard let services, let attribute = SessionAttribute(rawValue: attribute),
            let text = services.attribute(attribute, ofSession: session)
        else { return -1 }
        Self.write(text, to: UnsafeMutableBufferPointer(start: buffer, count: buffer == nil ? 0 : size))
        return Int64(text.utf8.count)
    }

    private func checkSignature(
        _ key: UnsafePointer<CChar>?, _ token: UnsafePointer<CChar>?, _ user: UnsafePointer<CChar>?,
        reason: UnsafeMutableBufferPointer<CChar>
    ) -> Int32 {
        let outcome = signatureOutcome(key, token, user)
        switch outcome {
        case .valid: Self.write("", to: reason)
        case .refused(let text), .failed(let text): Self.write(text, to: reason)
        }
        return outcome.status
    }

    private func signatureOutcome(
        _ key: UnsafePointer<CChar>?, _ token: UnsafePointer<CChar>?, _ user: UnsafePointer<CChar>?
    ) -> SignatureOutcome {
        guard let key, let token, let user else { return .failed(reason: "the module gave no key, token or user") }
        guard let services else { return .failed(reason: "the host has stopped") }
        // SAFETY: the ABI says that the texts are NUL-terminated; no byte behind the longest token is looked at.
        guard strnlen(token, Self.longestToken + 1) <= Self.longestToken else {
            return .refused(reason: "the token is longer than \(Self.longestToken) bytes")
        }
        return services.checkSignature(
            key: AnswerReader.bounded(key, limit: 4096), token: AnswerReader.bounded(token, limit: Self.longestToken),
            user: AnswerReader.bounded(user, limit: 4096))
    }

    private static let longestToken = 65_536

    private func value(
        _ object: UnsafePointer<auth_object_t>?, _ field: UnsafePointer<CChar>?, _ buffer: UnsafeMutablePointer<CChar>?,
        _ size: Int
    ) -> Int64 {
        // The name stands at one place in the objects of all generations.
        guard let services, let name = object?.pointee.name.data, let field,
            let text = services.value(
                of: AnswerReader.bounded(field, limit: 4096),
                ofObject: AnswerReader.bounded(name, limit: ObjectName.maximumLength + 1))
        else { return -1 }
        Self.write(text, to: UnsafeMutableBufferPointer(start: buffer, count: buffer == nil ? 0 : size))
        return Int64(text.utf8.count)
    }

    /// Writes what a connection presents into the record that a module lends.
    private func credential(
        _ destination: UnsafePointer<CChar>?, _ challenge: UnsafePointer<CChar>?,
        _ result: UnsafeMutablePointer<auth_result_t>?
    ) -> Int32 {
        guard let services, let destination, let result,
            result.pointee.size >= UInt32(AnswerReader.sizeWithSecret), let scratch = result.pointee.scratch
        else { return AUTH_ERROR }
        // SAFETY: the ABI says that the challenge is NUL-terminated; no byte behind the longest is looked at.
        let presented = challenge.map {
            Secret(UnsafeRawBufferPointer(start: $0, count: strnlen($0, AnswerReader.longestSecret)))
        }
        let answer = services.credential(for: AnswerReader.bounded(destination, limit: 256), challenge: presented)
        // SAFETY: the module says that `scratch_size` bytes are its own to lend.
        var free = UnsafeMutableRawBufferPointer(start: scratch, count: Int(result.pointee.scratch_size))
        guard answer.status == .ok, let secret = answer.secret, free.count > secret.count + 258 else {
            let room = answer.secret.map { "; a scratch of \($0.count + 259) bytes holds this one" } ?? ""
            result.pointee.reason_log = Self.lend(
                Array(((answer.logText ?? "there are none") + room).utf8.prefix(1024)), &free)
            return AUTH_ERROR
        }
        result.pointee.user = Self.lend(Array((answer.user ?? "").utf8.prefix(256)), &free)
        result.pointee.secret = secret.withTerminatedBytes { Self.lend($0.dropLast(), &free) }
        result.pointee.expiry = answer.expiry
        result.pointee.serial = answer.serial
        return AUTH_OK
    }

    private func credentialCompleted(_ destination: UnsafePointer<CChar>?, _ serial: UInt32, _ outcome: Int32) {
        guard let destination else { return }
        services?.credentialCompleted(
            for: AnswerReader.bounded(destination, limit: 256), serial: serial, accepted: outcome == AUTH_OK)
    }

    private func ejectSession(_ handle: auth_session_t) -> Int32 {
        services?.eject(sessionHandle: handle) == true ? 0 : -1
    }

    private func noteRules(_ state: UInt32, _ reason: UnsafePointer<CChar>?) -> Int32 {
        guard let services else { return -1 }
        let text = reason.map { AnswerReader.bounded($0, limit: 4096) } ?? "the module does not say why"
        switch Int32(bitPattern: state) {
        case AUTH_RULES_CURRENT:
            services.noteRules(.current, module: module)
            services.noteDigest(reason == nil ? "" : text, module: module)
        case AUTH_RULES_UNREADABLE: services.noteRules(.unreadable(text), module: module)
        case AUTH_RULES_WRONG: services.noteRules(.wrong(text), module: module)
        default: return -1
        }
        return 0
    }

    /// Copies bytes and a NUL to the front of what is free; "not given" where they do not fit.
    private static func lend(
        _ bytes: some Collection<UInt8>, _ free: inout UnsafeMutableRawBufferPointer
    ) -> auth_string_t {
        guard bytes.count < free.count, let start = free.baseAddress else { return .empty }
        free.copyBytes(from: bytes)
        free[bytes.count] = 0
        free = UnsafeMutableRawBufferPointer(rebasing: free[(bytes.count + 1)...])
        return auth_string_t(data: UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self), length: bytes.count)
    }

    /// Copies text with its NUL into what a module lends, cut at a character where it does not fit.
    private static func write(_ text: String, to buffer: UnsafeMutableBufferPointer<CChar>) {
        guard buffer.baseAddress != nil, !buffer.isEmpty else { return }
        let bytes = Array(text.utf8)
        var count = min(bytes.count, buffer.count - 1)
        while count > 0, count < bytes.count, bytes[count] & 0xc0 == 0x80 { count -= 1 }
        for (index, byte) in bytes[..<count].enumerated() { buffer[index] = CChar(bitPattern: byte) }
        buffer[count] = 0
    }
}

extension SignatureOutcome {
    /// The number on the C interface.
    fileprivate var status: Int32 {
        switch self {
        case .valid: AUTH_OK
        case .refused: AUTH_DENY
        case .failed: AUTH_ERROR
        }
    }
}
