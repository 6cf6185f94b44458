/// How much a JSON text may hold, counted in one pass over its bytes before anything is made of them.
///
/// The pass is no reader: what is not JSON is left to the reader that follows, which then has no more to do than this allows.
struct JSONBounds: Sendable {
    /// Most objects and lists inside one another.
    var depth = 32
    /// Most values: texts, numbers, words, objects and lists, those inside others too; an empty one counts twice.
    var values = 16_384

    /// Refuses a text that holds more, with the status 413.
    func check(_ bytes: Span<UInt8>) throws(RequestRefusal) {
        var open = 0
        var count = 1
        var isInText = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if isInText {
                switch byte {
                case UInt8(ascii: "\\"): index += 1
                case UInt8(ascii: "\""): isInText = false
                default: break
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInText = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                open += 1
                count += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): open -= 1
            case UInt8(ascii: ","): count += 1
            default: continue
            }
            if open > depth { throw RequestRefusal(413, "the body has more than \(depth) objects inside one another") }
            if count > values { throw RequestRefusal(413, "the body has more than \(values) values") }
        }
    }
}
