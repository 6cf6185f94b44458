import AuthCore

/// Makes the name of an object out of the parts of a request: `%` and a letter stand for a part, `%%` for a per cent
/// sign.
struct TextTemplate: Sendable {
    private enum Piece: Sendable {
        case literal([UInt8])
        case part(Character)
    }

    /// Room for most names, so that they are put together in one place.
    private static let usualLength = 128

    private let pieces: [Piece]

    /// Reads a template.
    ///
    /// Throws: ``DoorProblem`` where a `%` is not followed by one of `letters` or `%`.
    init(_ text: String, letters: String) throws(DoorProblem) {
        guard text.hasPrefix("/") else {
            throw DoorProblem(
                .object, "the template `\(text.clippedForMessage)` does not begin with a slash, as names do")
        }
        var pieces: [Piece] = []
        var literal = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == "%" else {
                literal.append(character)
                continue
            }
            let letter = rest.popFirst()
            if letter == "%" {
                literal.append("%")
            } else if let letter, letters.contains(letter) {
                pieces += [.literal(Array(literal.utf8)), .part(letter)]
                literal = ""
            } else {
                let known = letters.map { "`%\($0)`" }.joined(separator: ", ")
                throw DoorProblem(
                    .object,
                    "the template `\(text.clippedForMessage)` holds a `%` that is not followed by a letter it knows: "
                        + "\(known) and `%%` are accepted")
            }
        }
        self.pieces = pieces + [.literal(Array(literal.utf8))]
    }

    /// Puts a name together and checks it.
    ///
    /// - Parameter write: writes what stands for a letter behind what is there.
    func name(_ write: (_ part: Character, _ bytes: inout [UInt8]) -> Void) throws(NameError) -> ObjectName {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.usualLength)
        // A template may name a part many times: a text that is too long already need not grow.
        for piece in pieces where bytes.count <= ObjectName.maximumLength {
            switch piece {
            case .literal(let literal): bytes += literal
            case .part(let letter): write(letter, &bytes)
            }
        }
        return try ObjectName(bytes)
    }

    /// The name of a template whose parts are known when the door is made.
    func constantName(_ parts: [Character: String]) throws(DoorProblem) -> ObjectName {
        do {
            return try name { part, bytes in bytes += (parts[part] ?? "").utf8 }
        } catch {
            throw DoorProblem(.object, "\(error)")
        }
    }
}
