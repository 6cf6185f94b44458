import AuthCore

/// Makes the name of an object out of a forwarded request.
public struct ObjectTemplate: Sendable {
    private enum Piece: Sendable {
        case literal([UInt8])
        case path, method, host
    }

    private let pieces: [Piece]

    /// Reads a template: `%p` is the path, `%m` the method, `%h` the host, `%%` a per cent sign.
    ///
    /// - Throws: ``TemplateError`` where a `%` is followed by anything else.
    public init(_ text: String) throws(TemplateError) {
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                literal.append(byte)
                continue
            }
            let letter = rest.popFirst()
            if letter == UInt8(ascii: "%") {
                literal.append(byte)
                continue
            }
            if !literal.isEmpty { pieces.append(.literal(literal)) }
            literal = []
            switch letter {
            case UInt8(ascii: "p"): pieces.append(.path)
            case UInt8(ascii: "m"): pieces.append(.method)
            case UInt8(ascii: "h"): pieces.append(.host)
            default: throw TemplateError(template: text)
            }
        }
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        self.pieces = pieces
    }

    /// Puts the name together and checks it.
    ///
    /// - Parameters:
    ///   - path: decoded once. A slash at its end is dropped: names of objects have none.
    ///   - method: as the client sent it.
    ///   - host: without the port.
    func name(path: [UInt8], method: [UInt8], host: [UInt8]) throws(NameError) -> ObjectName {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(path.count + 16)
        // A template may name a part many times: a text too long already, with a slash at its end or without, need not grow.
        for piece in pieces where bytes.count <= ObjectName.maximumLength + 1 {
            switch piece {
            case .literal(let literal): bytes += literal
            case .path: bytes += path
            case .method: bytes += method
            case .host: bytes += host.map(RequestGrammar.lowercased)
            }
        }
        // Two slashes alone stay two, which no name has.
        if bytes.count > 2 && bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        return try ObjectName(bytes)
    }
}

/// Why a template is not one.
public struct TemplateError: Error, CustomStringConvertible, Sendable {
    let template: String

    /// Spells the mistake in words.
    public var description: String {
        "the template `\(template)` holds a `%` that is not followed by `p`, `m`, `h` or `%`"
    }
}
