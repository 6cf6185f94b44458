import AuthCore

extension NativeDoor {
    /// Greets, logs on where the door asks for it, and logs in.
    public static func probe(_ settings: DoorSettings) -> DoorProbe? {
        func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count), 0] + Array(text.utf8) }
        func frame(_ kind: NativeProtocol.Kind, _ number: UInt8, _ body: [UInt8]) -> [UInt8] {
            [UInt8(NativeProtocol.headerSize + body.count), 0, 0, 0, kind.rawValue, 0, 0, 0, number, 0, 0, 0] + body
        }
        var request = frame(.hello, 1, [1, 0, 1, 0] + text("doctor"))
        if settings.flag("logon", of: Self.self) { request += frame(.logon, 2, text("doctor") + text("doctor")) }
        request += frame(.login, 3, text("doctor") + text("doctor") + text("") + text("") + text(""))
        return DoorProbe(request: request) { bytes in
            var rest = bytes[...]
            while rest.count >= NativeProtocol.lengthSize {
                let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
                guard (NativeProtocol.headerSize...NativeProtocol.longestFrame).contains(length) else { return false }
                guard rest.count >= NativeProtocol.lengthSize + length else { return nil }
                let frame = rest.dropFirst(4).prefix(length)
                let type = frame[frame.startIndex]
                if type == NativeProtocol.fault { return false }
                if type == NativeProtocol.Kind.login.rawValue | NativeProtocol.answerBit {
                    let verdict = frame.dropFirst(NativeProtocol.headerSize).first
                    return verdict == NativeProtocol.number(of: .allow)
                }
                rest = rest.dropFirst(NativeProtocol.lengthSize + length)
            }
            return nil
        }
    }
}
