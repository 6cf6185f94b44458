import NIOCore

/// Replies whose content comes in pieces (RFC 9112, section 7.1). Those behind one wait for its end.
extension HTTPConnection {
    /// Sends the head of the first waiting request's reply, and asks for its content.
    func beginStream(_ stream: ReplyStream, _ reply: Reply, _ context: ChannelHandlerContext) {
        var slot = waiting[offset: 0]
        // A client of HTTP/1.0 knows no chunks, and sees the end by that of the connection.
        if !slot.isHTTP11 { slot.keepsAlive = false }
        slot.stream = stream
        slot.reply = nil
        waiting[offset: 0] = slot
        if !slot.isHTTP11 { phase = .finishing(linger: false) }
        send(reply, slot)
        pull(context)
    }

    /// Asks for the next piece, if the client takes one and none is on its way.
    func pull(_ context: ChannelHandlerContext) {
        guard let slot = waiting.first, let stream = slot.stream, !slot.isPulling else { return }
        flush(context)
        guard context.channel.isWritable else { return }
        waiting[offset: 0].isPulling = true
        let (number, eventLoop) = (firstWaiting, context.eventLoop)
        let connection = NIOLoopBound(self, eventLoop: eventLoop)
        stream.next { piece in eventLoop.execute { connection.value.take(piece, number) } }
    }

    private func take(_ piece: ReplyStream.Piece, _ number: UInt64) {
        guard let context, number == firstWaiting, let slot = waiting.first, slot.stream != nil else { return }
        waiting[offset: 0].isPulling = false
        switch piece {
        case .bytes(let bytes):
            writePiece(bytes, inChunks: slot.isHTTP11)
            pull(context)
        case .end: endStream(context)
        case .failure:
            waiting[offset: 0].stream = nil
            flush(context)
            leave()
            context.close(promise: nil)
        }
    }

    private func writePiece(_ bytes: [UInt8], inChunks: Bool) {
        // A chunk without bytes would be the last one.
        if bytes.isEmpty { return }
        if out.readableBytes == 0 { out.clear() }
        if inChunks { out.writeString(String(bytes.count, radix: 16) + "\r\n") }
        out.writeBytes(bytes)
        if inChunks { out.writeStaticString("\r\n") }
    }

    /// Goes on behind the last piece.
    private func endStream(_ context: ChannelHandlerContext) {
        let slot = waiting.removeFirst()
        firstWaiting += 1
        if slot.isHTTP11 {
            if out.readableBytes == 0 { out.clear() }
            out.writeStaticString("0\r\n\r\n")
        } else {
            abandonWaiting()
        }
        sendReady()
        readRequests(context)
        settle(context)
    }

    /// Ends what may end anywhere, where the door stops.
    func endOpenStream(_ context: ChannelHandlerContext) {
        guard let stream = waiting.first?.stream, stream.isWholeAnywhere else { return }
        stream.abandon()
        endStream(context)
    }
}
