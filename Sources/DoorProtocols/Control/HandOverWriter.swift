import AuthCore

/// Writes the members of messages between two processes of a host.
struct HandOverWriter {
    var bytes: [UInt8] = []

    mutating func write(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    mutating func write(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

    mutating func write(_ text: String) { write(Array(text.utf8)) }

    mutating func write(_ list: [UInt8]) {
        write(UInt32(list.count))
        bytes += list
    }

    mutating func write(_ id: SessionID) {
        write(id.high)
        write(id.low)
    }

    mutating func write(_ session: HandedSession) {
        write(session.id)
        for text in [
            session.user, session.typedUser, session.applicationID, session.machineID, session.address, session.door,
        ] { write(text) }
        for number in [session.connected, session.idle, session.expiry] { write(number) }
        write(UInt32(session.attributes.count))
        for field in session.attributes {
            write(field.name)
            write(field.value)
        }
    }
}
