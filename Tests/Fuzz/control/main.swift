import AuthCore
import Fuzzing
import JSONReading

@testable import DoorProtocols

/// Reads one input as what an operator asks over the control socket.
func read(_ bytes: UnsafeRawBufferPointer) {
    do throws(JSONFault) {
        let request = try JSONReader.read(bytes, within: .usual, as: "request") { node throws(JSONFault) in
            try node.read(ControlRequest.self)
        }
        let texts = [request.object, request.destination, request.server] + request.filter.given.map(\.value)
        for text in texts {
            precondition((text?.utf8.count ?? 0) <= bytes.count, "a text longer than the request")
        }
    } catch {
        expectReadable(error.description)
    }
}

fuzz { data, size in
    read(UnsafeRawBufferPointer(start: data, count: size))
    return 0
}
