import AuthCore

/// Writes what a connection of the native door is answered.
enum NativeWriter {
    static func hello(_ number: UInt32, _ version: UInt16, to out: inout OutgoingBytes) {
        frame(.hello, number, to: &out) { out in
            out.write(little: version)
            out.write(little: UInt32(NativeProtocol.longestFrame))
            Self.text("authhost", &out)
        }
    }

    /// Answers with a verdict, its reason and what the client may read.
    ///
    /// - Parameter version: that the connection has agreed on; parts that it has no place for are left out.
    static func verdict(
        _ answer: Answer, _ kind: NativeProtocol.Kind, _ number: UInt32,
        version: UInt16 = NativeProtocol.versions.upperBound, to out: inout OutgoingBytes
    ) {
        let hasAttributes =
            NativeProtocol.answersHaveAttributes(kind, version: version) && !answer.attributes.isEmpty
        let hasDecision = version >= NativeProtocol.withDecisions && !answer.decision.isNone
        frame(kind, number, flags(hasAttributes, hasDecision), to: &out) { out in
            Self.verdict(answer, &out)
            if answer.verdict == .allow { Self.gift(answer, kind, &out) }
            if hasDecision { Self.decision(answer.decision, &out) }
            guard hasAttributes else { return }
            out.write(little: UInt16(answer.attributes.count))
            for attribute in answer.attributes { pair(attribute, &out) }
        }
    }

    private static func flags(_ hasAttributes: Bool, _ hasDecision: Bool) -> UInt8 {
        (hasAttributes ? NativeProtocol.answerHasAttributes : 0)
            | (hasDecision ? NativeProtocol.answerHasDecision : 0)
    }

    private static func decision(_ id: DecisionID, _ out: inout OutgoingBytes) {
        out.write(little: id.high)
        out.write(little: id.low)
    }

    /// Writes what comes with an allowance.
    private static func gift(_ answer: Answer, _ kind: NativeProtocol.Kind, _ out: inout OutgoingBytes) {
        switch kind {
        case .login:
            guard let session = answer.session else { return }
            out.write(little: session.high)
            out.write(little: session.low)
            text(answer.user ?? "", &out)
        case .map: text(answer.mappedName?.text ?? "", &out)
        default: break
        }
    }

    /// Answers a batch.
    ///
    /// - Parameter version: that the connection has agreed on.
    static func batch(
        _ answers: consuming [Answer], _ number: UInt32, version: UInt16 = NativeProtocol.versions.upperBound,
        to out: inout OutgoingBytes
    ) {
        let count = version >= NativeProtocol.withAttributes ? fitAttributes(of: &answers) : 0
        let hasDecisions = version >= NativeProtocol.withDecisions
        // Answers are looked at in their place: a copy of one costs a reference count for each of its parts.
        let rows = answers
        frame(.batch, number, flags(count > 0, hasDecisions), to: &out) { out in
            out.write(little: UInt16(rows.count))
            for row in rows.indices {
                out.write(little: NativeProtocol.number(of: rows[row].verdict))
                word(rows[row].reason.told.rawValue, &out)
            }
            if hasDecisions { for row in rows.indices { decision(rows[row].decision, &out) } }
            guard count > 0 else { return }
            out.write(little: UInt32(count))
            for row in rows.indices {
                for attribute in rows[row].attributes {
                    out.write(little: UInt16(row))
                    pair(attribute, &out)
                }
            }
        }
    }

    /// Most bytes of the attributes of a batch: the rest of a frame is more than its verdicts need.
    private static let mostOfAttributes = 900_000

    /// Counts the attributes of a batch. An answer whose attributes find no room in the frame is not given: it might be good with
    /// them alone.
    private static func fitAttributes(of answers: inout [Answer]) -> Int {
        var (count, size) = (0, 0)
        for index in answers.indices {
            let attributes = answers[index].attributes
            if attributes.isEmpty { continue }
            let more = attributes.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 6 }
            if size + more > mostOfAttributes {
                let decision = answers[index].decision
                answers[index] = Answer(.undecided, .brokenAnswer)
                answers[index].decision = decision
            } else {
                size += more
                count += attributes.count
            }
        }
        return count
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
        _ kind: NativeProtocol.Kind, _ number: UInt32, _ flags: UInt8 = 0, to out: inout OutgoingBytes,
        _ body: (inout OutgoingBytes) -> Void
    ) {
        frame(type: kind.rawValue | NativeProtocol.answerBit, flags: flags, number, to: &out, body)
    }

    private static func frame(
        type: UInt8, flags: UInt8 = 0, _ number: UInt32, to out: inout OutgoingBytes,
        _ body: (inout OutgoingBytes) -> Void
    ) {
        let start = out.count
        out.write(little: UInt32(0))
        out.write(little: type)
        out.write(little: flags)
        // Two bytes of nothing.
        out.write(little: UInt16(0))
        out.write(little: number)
        body(&out)
        out.writeLength(at: start)
    }

    private static func verdict(_ answer: Answer, _ out: inout OutgoingBytes) {
        out.write(little: NativeProtocol.number(of: answer.verdict))
        word(answer.reason.told.rawValue, &out)
        text(answer.clientText ?? "", &out)
    }

    private static func pair(_ attribute: Field, _ out: inout OutgoingBytes) {
        text(attribute.name, &out)
        text(attribute.value, &out)
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
