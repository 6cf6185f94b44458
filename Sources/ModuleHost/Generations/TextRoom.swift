import AuthCore
import CAuthModule

/// Memory for the texts of one call: they stand in it one behind the other, each with a NUL behind it.
struct TextRoom {
    /// What no text has been put into yet.
    private var rest: UnsafeMutableBufferPointer<CChar>

    /// Lends room for so many bytes, for the length of the call.
    static func lend<Result>(_ size: Int, _ body: (inout TextRoom) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { memory in
            var room = TextRoom(rest: memory)
            return body(&room)
        }
    }

    /// Puts a text into the room, where it stays until ``lend(_:_:)`` returns. One that is "not given" is empty, and never null.
    mutating func place(_ text: String) -> auth_string_t {
        var text = text
        return text.withUTF8 { bytes in
            precondition(bytes.count < rest.count, "a text that no room was counted for")
            // SAFETY: there is room for the bytes and a NUL, as was just looked at, and no other text stands there.
            let length = bytes.withMemoryRebound(to: CChar.self) { rest.update(fromContentsOf: $0) }
            rest[length] = 0
            let placed = auth_string_t(data: rest.baseAddress, length: length)
            rest = UnsafeMutableBufferPointer(rebasing: rest[(length + 1)...])
            return placed
        }
    }
}

extension Login {
    /// How many bytes its texts take, each with a NUL behind it.
    var roomForTexts: Int {
        user.utf8.count + address.utf8.count + applicationID.utf8.count + machineID.utf8.count + door.utf8.count + 5
    }
}
