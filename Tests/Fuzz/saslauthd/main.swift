import AuthCore
import Conversing
import Fuzzing

@testable import DoorProtocols

/// Reads one input as a request of a client of saslauthd.
func read(_ bytes: [UInt8]) {
    do throws(DoorFault) {
        guard let request = try SaslauthdRequest.read(bytes.span) else { return }
        look(request, bytes)
    } catch {
        expectReadable(error.description)
    }
}

/// What was read is what was there: written again, it is the same.
func look(_ request: SaslauthdRequest, _ bytes: [UInt8]) {
    let password = request.password.withTerminatedBytes { Array($0.dropLast()) }
    let fields = [Array(request.user.utf8), password, Array(request.service.utf8), Array(request.realm.utf8)]
    func counted(_ field: [UInt8]) -> [UInt8] { [UInt8(field.count >> 8), UInt8(field.count & 255)] + field }
    let four = fields.flatMap(counted)
    precondition(bytes == four || bytes == four + counted(Array(request.address.utf8)))
    precondition(!request.user.utf8.contains(0) && !request.service.utf8.contains(0))
}

fuzz { data, size in
    read(Array(UnsafeBufferPointer(start: data, count: size)))
    converseWithProbe(SaslauthdDoor.self, Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
