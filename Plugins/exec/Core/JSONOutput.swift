import Basics
import Glibc
import JSONReading
import Rules

/// Understands output that is one JSON object, of one of three shapes. Unknown members are ignored, members given twice
/// are refused, and no error quotes the document.
///
/// - `{"version": 1, "user": …, "token" or "secret": …, "expires": …}`; all but the secret may be left out.
/// - Kubernetes' ExecCredential: the secret is `status.token`. A client certificate is refused.
/// - AWS' credential_process: the secret is the whole object as printed, the user the access key's id.
///
/// A time is RFC 3339 text or seconds since 1970, from 2000 to 9999. `{"success": false, "code": …, "message": …}` and
/// `{"error": {"code": …, "message": …}}` say that there is no credential.
struct JSONOutput {
    /// nil: the configured one.
    let user: String?
    let secret: SecretBytes
    let expiry: Int64?

    /// Reads an output.
    ///
    /// now: seconds since 1970; a credential that has ended by then is refused.
    static func read(_ output: SecretBytes, options: ExecOptions, now: Int64) throws -> JSONOutput {
        guard output.withBytes({ $0.contains { !(9...13).contains($0) && $0 != 32 } }) else {
            throw OutputRefusal(.empty, "printed nothing")
        }
        guard output.count <= options.maxLength + 2 else { throw RawOutput.tooLong(options) }
        let read = try document(output).withRoot { root throws -> JSONOutput in
            guard root.isObject else { throw malformed("is not an object") }
            return try Self.read(OutputObject(node: root), output)
        }
        guard let expiry = read.expiry, expiry <= now else { return read }
        throw OutputRefusal(.expired, "gave a credential that ended \(now - expiry) s ago")
    }

    private static func document(_ output: SecretBytes) throws(OutputRefusal) -> JSONDocument {
        switch output.withBytes({ JSONDocument.read($0, .strict, as: "output", isSecret: true) }) {
        case .success(let document): return document
        case .failure(let fault):
            throw OutputRefusal(
                .malformed,
                "printed what is not one JSON object without repeated members: line \(fault.line), column "
                    + "\(fault.column)")
        }
    }

    private static func read(_ root: OutputObject, _ output: SecretBytes) throws -> JSONOutput {
        try refuseReported(root)
        if try root.text("kind") == "ExecCredential" { return try execCredential(root) }
        if root.has("AccessKeyId") { return try credentialProcess(root, output) }
        try requireVersion(root, "version")
        guard let name = ["secret", "token"].first(where: root.has) else {
            throw malformed("has neither `token` nor `secret`")
        }
        if name == "secret", root.has("token") { throw malformed("has both `token` and `secret`") }
        return JSONOutput(
            user: try userName(root, "user"), secret: try root.secret(name), expiry: try expiry(root, "expires"))
    }

    private static func execCredential(_ root: OutputObject) throws -> JSONOutput {
        let version = try root.text("apiVersion")
        guard version == "client.authentication.k8s.io/v1" || version == "client.authentication.k8s.io/v1beta1" else {
            throw malformed(
                "is an ExecCredential whose `apiVersion` is neither `client.authentication.k8s.io/v1` nor "
                    + "`client.authentication.k8s.io/v1beta1`")
        }
        guard let status = try root.object("status") else { throw malformed("is an ExecCredential without `status`") }
        for name in ["clientCertificateData", "clientKeyData"] where status.has(name) {
            throw malformed("holds `status.\(name)`; only `status.token` can be used")
        }
        guard status.has("token") else { throw malformed("is an ExecCredential without `status.token`") }
        return JSONOutput(
            user: nil, secret: try status.secret("token"), expiry: try expiry(status, "expirationTimestamp"))
    }

    private static func credentialProcess(_ root: OutputObject, _ output: SecretBytes) throws -> JSONOutput {
        guard root.has("Version") else { throw malformed("has `AccessKeyId` and no `Version`") }
        try requireVersion(root, "Version")
        guard root.has("SecretAccessKey") else { throw malformed("has `AccessKeyId` and no `SecretAccessKey`") }
        _ = try root.secret("SecretAccessKey")
        if root.has("SessionToken") { _ = try root.secret("SessionToken") }
        let whole = try output.withBytes { bytes in
            let isSpace = { (byte: UInt8) in byte == 32 || (9...13).contains(byte) }
            let end = (bytes.lastIndex { !isSpace($0) } ?? -1) + 1
            return try SecretBytes(UnsafeRawBufferPointer(rebasing: bytes[..<end].drop(while: isSpace)))
        }
        return JSONOutput(
            user: try userName(root, "AccessKeyId"), secret: whole, expiry: try expiry(root, "Expiration"))
    }

    private static func requireVersion(_ root: OutputObject, _ name: String) throws {
        guard root.has(name) else { return }
        guard try root.integer(name) == 1 else { throw malformed("has a `\(name)` that is not 1") }
    }

    private static func refuseReported(_ root: OutputObject) throws {
        let error = root.has("error") ? try root.object("error") : nil
        guard let said = try error ?? (root.boolean("success") == false ? root : nil) else { return }
        let code = try said.text("code") ?? "no code"
        let message = try said.text("message") ?? "no message"
        throw OutputRefusal(.reported, "reports `\(shown(code))`: `\(shown(message))`")
    }

    private static func shown(_ text: String) -> String {
        String(Redaction.redact(text, secrets: []).prefix(256)).controlsEscaped
    }

    private static func userName(_ object: OutputObject, _ name: String) throws -> String? {
        guard let text = try object.text(name) else { return nil }
        guard (1...255).contains(text.utf8.count), !text.utf8.contains(where: { $0 < 32 || $0 == 127 }) else {
            throw malformed("has a `\(name)` that is not 1...255 bytes without control characters")
        }
        return text
    }

    private static func expiry(_ object: OutputObject, _ name: String) throws -> Int64? {
        guard object.has(name) else { return nil }
        let given = (try? object.integer(name)) ?? (try? object.text(name)).flatMap { RFC3339.seconds($0) }
        guard let given else {
            throw malformed("has a `\(name)` that is neither a time of RFC 3339 nor seconds since 1970")
        }
        guard AcceptedTimes.seconds.contains(given) else {
            throw malformed("has a `\(name)` that is not \(AcceptedTimes.text): \(given)")
        }
        return given
    }

    static func malformed(_ text: String) -> OutputRefusal {
        OutputRefusal(.malformed, "printed JSON that cannot be used: it \(text)")
    }
}

/// An object within a document, valid as long as that.
private struct OutputObject {
    let node: JSONNode

    func has(_ name: String) -> Bool { member(name) != nil }

    /// A string; nil where there is none or null.
    func text(_ name: String) throws(OutputRefusal) -> String? {
        try read(name, "a string") { $0.withText { String(decoding: $0, as: UTF8.self) } }
    }

    func integer(_ name: String) throws(OutputRefusal) -> Int64? { try read(name, "a whole number") { $0.whole } }

    func boolean(_ name: String) throws(OutputRefusal) -> Bool? { try read(name, "a boolean") { try? $0.flag() } }

    func object(_ name: String) throws(OutputRefusal) -> OutputObject? {
        try read(name, "an object") { $0.isObject ? OutputObject(node: $0) : nil }
    }

    /// A string as a secret: not empty, without NUL, CR and LF.
    func secret(_ name: String) throws -> SecretBytes {
        let taken = member(name)?.withText { bytes in Result { try Self.secret(bytes, name) } }
        guard let taken else { throw JSONOutput.malformed("has a `\(name)` that is not a string") }
        return try taken.get()
    }

    private static func secret(_ bytes: UnsafeRawBufferPointer, _ name: String) throws -> SecretBytes {
        guard !bytes.isEmpty else { throw OutputRefusal(.empty, "printed an empty `\(name)`") }
        guard !bytes.contains(where: { $0 == 0 || $0 == 10 || $0 == 13 }) else {
            throw OutputRefusal(.forbiddenByte, "printed a `\(name)` that holds NUL, CR or LF")
        }
        return try SecretBytes(bytes)
    }

    private func read<Value>(
        _ name: String, _ accepted: String, _ body: (JSONNode) -> Value?
    ) throws(OutputRefusal) -> Value? {
        guard let member = member(name) else { return nil }
        guard let value = body(member) else {
            throw JSONOutput.malformed("has a `\(name)` that is not \(accepted)")
        }
        return value
    }

    private func member(_ name: String) -> JSONNode? {
        guard let member = node.member(name), !member.isNull else { return nil }
        return member
    }
}
