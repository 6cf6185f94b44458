import AuthCore

/// Writes what a connection of the native door is answered.
enum NativeWriter {
    static func hello(_ number: UInt32, to out: inout OutgoingBytes) {
        frame(.hello, number, to: &out) { out in
            out.write(little: NativeProtocol.version)
            out.write(little: UInt32(NativeProtocol.longestFrame))
            Self.text("authhost", &out)
        }
    }

    /// Answers with a verdict, its reason and what the client may read.
    static func verdict(_ answer: Answer, _ kind: NativeProtocol.Kind, _ number: UInt32, to out: inout OutgoingBytes) {
        frame(kind, number, to: &out) { out in
            Self.verdict(answer, &out)
            guard answer.verdict == .allow else { return }
            switch kind {
            case .login:
                guard let session = answer.session else { return }
                out.write(little: session.high)
                out.write(little: session.low)
                Self.text(answer.user ?? "", &out)
            case .map: Self.text(answer.mappedName?.text ?? "", &out)
            default: break
            }
        }
    }

    /// Answers a batch; what is missing could not be decided.
    static func batch(_ answers: [Answer?], _ number: UInt32, to out: inout OutgoingBytes) {
        frame(.batch, number, to: &out) { out in
            out.write(little: UInt16(answers.count))
            for answer in answers {
                out.write(little: NativeProtocol.number(of: answer?.verdict ?? .undecided))
                word((answer?.reason ?? .brokenAnswer).rawValue, &out)
            }
        }
    }

    static func pong(_ number: UInt32, to out: inout OutgoingBytes) { frame(.ping, number, to: &out) { _ in } }

    /// Says why the connection ends.
    static func fault(_ fault: DoorFault, to out: inout OutgoingBytes) {
        frame(type: NativeProtocol.fault, 0, to: &out) { out in
            Self.word(fault.kind, &out)
            Self.text(fault.description, &out)
        }
    }

    static func ended(_ session: SessionID, _ reason: SessionEnd, to out: inout OutgoingBytes) {
        frame(type: NativeProtocol.ended, 0, to: &out) { out in
            out.write(little: session.high)
            out.write(little: session.low)
            out.write(little: UInt8(truncatingIfNeeded: reason.rawValue))
        }
    }

    static func invalidated(_ invalidation: Invalidation, to out: inout OutgoingBytes) {
        frame(type: NativeProtocol.invalidated, 0, to: &out) { out in
            switch invalidation {
            case .everything: out.write(little: UInt8(0))
            case .user(let user):
                out.write(little: UInt8(1))
                Self.text(user, &out)
            case .session(let session):
                out.write(little: UInt8(2))
                out.write(little: session.high)
                out.write(little: session.low)
            case .object(let name):
                out.write(little: UInt8(3))
                Self.text(name, &out)
            }
        }
    }

    private static func frame(
        _ kind: NativeProtocol.Kind, _ number: UInt32, to out: inout OutgoingBytes,
        _ body: (inout OutgoingBytes) -> Void
    ) {
        frame(type: kind.rawValue | NativeProtocol.answerBit, number, to: &out, body)
    }

    private static func frame(
        type: UInt8, _ number: UInt32, to out: inout OutgoingBytes, _ body: (inout OutgoingBytes) -> Void
    ) {
        let start = out.count
        out.write(little: UInt32(0))
        out.write(little: type)
        // Flags, and two bytes of nothing.
        out.write(little: UInt8(0))
        out.write(little: UInt16(0))
        out.write(little: number)
        body(&out)
        out.writeLength(at: start)
    }

    private static func verdict(_ answer: Answer, _ out: inout OutgoingBytes) {
        out.write(little: NativeProtocol.number(of: answer.verdict))
        word(answer.reason.rawValue, &out)
        text(answer.clientText ?? "", &out)
    }

    /// At most 255 bytes, of which there are never more.
    private static func word(_ word: String, _ out: inout OutgoingBytes) {
        out.write(little: UInt8(truncatingIfNeeded: word.utf8.count))
        out.write(word)
    }

    private static func text(_ text: String, _ out: inout OutgoingBytes) {
        out.write(little: UInt16(truncatingIfNeeded: text.utf8.count))
        out.write(text)
    }
}
