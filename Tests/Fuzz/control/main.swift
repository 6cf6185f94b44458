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

/// Reads it as what another process says while it takes over: whole and in pieces it is the same, and is written as it was read.
func takeOver(_ bytes: [UInt8]) {
    func frames(in pieces: [ArraySlice<UInt8>]) -> (frames: [HandOverFrame], error: String?) {
        var (stream, frames) = (HandOverStream(), [HandOverFrame]())
        for piece in pieces {
            stream.receive(Array(piece))
            do throws(HandOverFault) {
                while let frame = try stream.next() { frames.append(frame) }
            } catch {
                expectReadable(error.description)
                return (frames, error.description)
            }
        }
        return (frames, nil)
    }
    let whole = frames(in: [bytes[...]])
    let half = bytes.count / 2
    let pieces = frames(in: [bytes[..<half], bytes[half...]])
    precondition(whole.frames == pieces.frames && whole.error == pieces.error)
    let written = whole.frames.flatMap(\.bytes)
    precondition(bytes.starts(with: written), "not as it was read")
}

fuzz { data, size in
    let bytes = UnsafeRawBufferPointer(start: data, count: size)
    read(bytes)
    takeOver(Array(bytes))
    return 0
}
