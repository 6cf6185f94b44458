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

/// What a connection has received and nobody has read yet.
///
/// Whatever moves or is done with leaves no copy behind: passwords come in here first. What was read is let go, for a
/// buffer that is never quite empty would otherwise keep all that a client has ever sent.
struct ReceivedBytes {
    /// Its readable bytes are those that are not read yet.
    private(set) var buffer = ByteBuffer()
    /// Whether nobody else holds the memory: neither the network library nor a request that was read from it.
    private var isOwn = false

    var count: Int { buffer.readableBytes }
    var isEmpty: Bool { buffer.readableBytes == 0 }

    /// Adds what has come in.
    mutating func append(_ incoming: ByteBuffer) {
        if isEmpty {
            buffer = incoming
            isOwn = false
            return
        }
        makeRoom(incoming.readableBytes)
        buffer.writeImmutableBuffer(incoming)
        incoming.overwrite()
    }

    /// Moves past bytes that are done with, and overwrites them.
    mutating func discard(_ count: Int) {
        buffer.overwrite(0..<count)
        buffer.moveReaderIndex(forwardBy: count)
        if isEmpty { buffer = ByteBuffer() }
    }

    /// Moves past bytes that somebody else holds now, who overwrites them when they are done with.
    mutating func handOver(_ count: Int) {
        buffer.moveReaderIndex(forwardBy: count)
        isOwn = false
        if isEmpty { buffer = ByteBuffer() }
    }

    /// Overwrites everything.
    mutating func wipe() { discard(count) }

    private mutating func makeRoom(_ more: Int) {
        if isOwn, buffer.writableBytes >= more { return }
        var larger = ByteBufferAllocator().buffer(capacity: max(count + more, 2 * count))
        larger.writeImmutableBuffer(buffer)
        buffer.overwrite()
        buffer = larger
        isOwn = true
    }
}
