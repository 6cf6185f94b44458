import NIOCore

extension ByteBuffer {
    /// Adds what has come in behind what is not read yet. What was read is let go: a buffer that is never quite empty would
    /// otherwise keep all that a client has ever sent.
    mutating func append(_ incoming: inout ByteBuffer) {
        if readableBytes == 0 {
            self = incoming
        } else {
            discardReadBytes()
            writeBuffer(&incoming)
        }
    }
}
