import AuthCore
import NIOCore

/// Writes what a connection of the native door is answered.
struct NativeWriter {
    private(set) var out = ByteBuffer()

    var isEmpty: Bool { out.readableBytes == 0 }

    /// Gives what was written away.
    mutating func take() -> ByteBuffer {
        defer { out = ByteBuffer() }
        return out
    }

    mutating func hello(_ number: UInt32) {
        frame(.hello, number) { out in
            out.writeInteger(NativeProtocol.version, endianness: .little)
            out.writeInteger(UInt32(NativeProtocol.longestFrame), endianness: .little)
            Self.text("authhost", &out)
        }
    }

    /// Answers with a verdict, its reason and what the client may read.
    mutating func verdict(_ answer: Answer, _ kind: NativeProtocol.Kind, _ number: UInt32) {
        frame(kind, number) { out in
            Self.verdict(answer, &out)
            guard answer.verdict == .allow else { return }
            switch kind {
            case .login:
                guard let session = answer.session else { return }
                out.writeInteger(session.high, endianness: .little)
                out.writeInteger(session.low, endianness: .little)
                Self.text(answer.user ?? "", &out)
            case .map: Self.text(answer.mappedName?.text ?? "", &out)
            default: break
            }
        }
    }

    mutating func batch(_ answers: [Answer], _ number: UInt32) {
        frame(.batch, number) { out in
            out.writeInteger(UInt16(answers.count), endianness: .little)
            for answer in answers {
                out.writeInteger(NativeProtocol.number(of: answer.verdict))
                Self.word(answer.reason.rawValue, &out)
            }
        }
    }

    mutating func pong(_ number: UInt32) { frame(.ping, number) { _ in } }

    /// Says why the connection ends.
    mutating func fault(_ fault: DoorFault) {
        frame(type: NativeProtocol.fault, 0) { out in
            Self.word(fault.kind, &out)
            Self.text(fault.description, &out)
        }
    }

    mutating func ended(_ session: SessionID, _ reason: SessionEnd) {
        frame(type: NativeProtocol.ended, 0) { out in
            out.writeInteger(session.high, endianness: .little)
            out.writeInteger(session.low, endianness: .little)
            out.writeInteger(UInt8(truncatingIfNeeded: reason.rawValue))
        }
    }

    mutating func invalidated(_ invalidation: Invalidation) {
        frame(type: NativeProtocol.invalidated, 0) { out in
            switch invalidation {
            case .everything: out.writeInteger(UInt8(0))
            case .user(let user):
                out.writeInteger(UInt8(1))
                Self.text(user, &out)
            case .session(let session):
                out.writeInteger(UInt8(2))
                out.writeInteger(session.high, endianness: .little)
                out.writeInteger(session.low, endianness: .little)
            case .object(let name):
                out.writeInteger(UInt8(3))
                Self.text(name, &out)
            }
        }
    }

    private mutating func frame(_ kind: NativeProtocol.Kind, _ number: UInt32, _ body: (inout ByteBuffer) -> Void) {
        frame(type: kind.rawValue | NativeProtocol.answerBit, number, body)
    }

    private mutating func frame(type: UInt8, _ number: UInt32, _ body: (inout ByteBuffer) -> Void) {
        let start = out.writerIndex
        out.writeMultipleIntegers(UInt32(0), type, UInt8(0), UInt16(0), number, endianness: .little)
        body(&out)
        out.setInteger(
            UInt32(out.writerIndex - start - NativeProtocol.lengthSize), at: start, endianness: .little)
    }

    private static func verdict(_ answer: Answer, _ out: inout ByteBuffer) {
        out.writeInteger(NativeProtocol.number(of: answer.verdict))
        word(answer.reason.rawValue, &out)
        text(answer.clientText ?? "", &out)
    }

    /// At most 255 bytes, of which there are never more.
    private static func word(_ word: String, _ out: inout ByteBuffer) {
        out.writeInteger(UInt8(truncatingIfNeeded: word.utf8.count))
        out.writeString(word)
    }

    private static func text(_ text: String, _ out: inout ByteBuffer) {
        out.writeInteger(UInt16(truncatingIfNeeded: text.utf8.count), endianness: .little)
        out.writeString(text)
    }
}
