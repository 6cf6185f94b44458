import AuthCore
import Basics
import CAuthModule
import CFFI

/// Fields and attributes as generation 9 has them: the addresses of records, each a name with a value.
enum PairRecords {
    /// Most attributes of a question or an answer.
    static let maximumCount = 64
    private static let longestName = 255
    private static let longestValue = 4095
    /// What every such record has had from the start.
    private static let firstSize = MemoryLayout<auth_pair_t>.offset(of: \.value)! + MemoryLayout<auth_string_t>.size

    /// Lends the pairs; without any nothing is allocated.
    static func withPairs<Result>(
        _ fields: [Field], _ body: (UnsafePointer<UnsafePointer<auth_pair_t>?>?, Int) -> Result
    ) -> Result {
        if fields.isEmpty { return body(nil, 0) }
        let length = fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 2 }
        let text = UnsafeMutableBufferPointer<CChar>.allocate(capacity: length)
        let pairs = UnsafeMutableBufferPointer<auth_pair_t>.allocate(capacity: fields.count)
        let addresses = UnsafeMutableBufferPointer<UnsafePointer<auth_pair_t>?>.allocate(capacity: fields.count)
        defer {
            text.deallocate()
            pairs.deallocate()
            addresses.deallocate()
        }
        var used = 0
        func lend(_ value: String) -> auth_string_t {
            let start = text.baseAddress! + used
            var count = 0
            for byte in value.utf8 {
                start[count] = CChar(bitPattern: byte)
                count += 1
            }
            start[count] = 0
            used += count + 1
            return auth_string_t(data: start, length: count)
        }
        for (index, field) in fields.enumerated() {
            var pair = auth_pair_t()
            pair.size = UInt32(MemoryLayout<auth_pair_t>.size)
            pair.name = lend(field.name)
            pair.value = lend(field.value)
            pairs.initializeElement(at: index, to: pair)
            addresses.initializeElement(at: index, to: pairs.baseAddress! + index)
        }
        return body(UnsafePointer(addresses.baseAddress), fields.count)
    }

    /// Copies the attributes that a module gives.
    ///
    /// - Throws: ``PairFault`` for more than there may be, and for one that is not text: doors hand attributes on.
    static func read(
        _ addresses: UnsafePointer<UnsafePointer<auth_pair_t>?>?, _ count: Int
    ) throws(PairFault) -> [Field] {
        guard count <= maximumCount else {
            throw PairFault("\(count) attributes; at most \(maximumCount) are accepted")
        }
        guard let addresses else { throw PairFault("\(count) attributes at no address") }
        var fields: [Field] = []
        for index in 0..<count { fields.append(try read(addresses[index], number: index + 1)) }
        return fields
    }

    private static func read(_ pair: UnsafePointer<auth_pair_t>?, number: Int) throws(PairFault) -> Field {
        // SAFETY: the module says that an address is there; each record says its own size first.
        guard let pair, pair.pointee.size >= UInt32(firstSize) else {
            throw PairFault("attribute \(number) is at no address, or smaller than an auth_pair_t")
        }
        guard let name = text(pair.pointee.name, 1...longestName) else {
            throw PairFault(
                "the name of attribute \(number) is \(shown(pair.pointee.name)); 1 to \(longestName) bytes of text without "
                    + "NULs and other control characters are accepted")
        }
        guard pair.pointee.reserved == 0 else {
            throw PairFault(
                "auth_pair_t.reserved of attribute \(number), `\(name)`, is \(pair.pointee.reserved); 0 is accepted")
        }
        guard let value = text(pair.pointee.value, 0...longestValue) else {
            throw PairFault(
                "the value of attribute \(number), `\(name)`, is \(shown(pair.pointee.value)); at most \(longestValue) bytes of "
                    + "text without NULs and other control characters are accepted")
        }
        return Field(name, value)
    }

    /// What is no text, as far as it can be shown.
    private static func shown(_ string: auth_string_t) -> String {
        // A size_t above Int.max arrives as a negative number.
        guard string.length >= 0 else { return "of more bytes than there can be" }
        guard let data = string.data, string.length > 0 else {
            return "of \(string.length) bytes\(string.length > 0 ? " at no address" : "")"
        }
        // SAFETY: the module says that `length` bytes are readable.
        let bytes = UnsafeRawBufferPointer(start: data, count: min(string.length, 64))
        let text = String(decoding: bytes, as: UTF8.self).controlsEscaped
        return string.length > 64 ? "`\(text)…` of \(string.length) bytes" : "`\(text)`"
    }

    private static func text(_ string: auth_string_t, _ lengths: ClosedRange<Int>) -> String? {
        guard lengths.contains(string.length) else { return nil }
        guard string.length > 0 else { return "" }
        guard let data = string.data else { return nil }
        // SAFETY: the module says that `length` bytes are readable.
        return data.withMemoryRebound(to: UInt8.self, capacity: string.length) { data in
            let bytes = UnsafeBufferPointer(start: data, count: string.length)
            guard let text = String(utf8: bytes.span) else { return nil }
            // What is ASCII and can be seen, as most is, needs no look at each of its characters.
            return bytes.allSatisfy { 0x20...0x7e ~= $0 } || text == text.controlsEscaped ? text : nil
        }
    }
}

/// What is wrong with the attributes of an answer.
struct PairFault: Error {
    let text: String
    init(_ text: String) { self.text = text }
}
