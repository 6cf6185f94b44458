/// Replies whose content comes in pieces (RFC 9112, section 7.1). Those behind one wait for its end.
extension HTTPConversation {
    /// Sends the head of the first waiting request's reply, and asks for its content.
    mutating func beginStream(_ stream: ReplyStream, _ reply: Reply, _ turn: inout DoorTurn) {
        var slot = waiting[0]
        // A client of HTTP/1.0 knows no chunks, and sees the end by that of the connection.
        if !slot.isHTTP11 { slot.keepsAlive = false }
        slot.stream = stream
        slot.reply = nil
        waiting[0] = slot
        if !slot.isHTTP11 { phase = .finishing(linger: false) }
        send(reply, slot, &turn)
        pull(&turn)
    }

    /// Asks for the next piece, if the client takes one and none is on its way.
    mutating func pull(_ turn: inout DoorTurn) {
        guard let mailbox, !turn.isFull, let slot = waiting.first, let stream = slot.stream, !slot.isPulling else {
            return
        }
        waiting[0].isPulling = true
        let number = firstWaiting
        stream.next { [post = mailbox.kept()] in post(.piece(number, $0)) }
    }

    mutating func take(_ piece: ReplyStream.Piece, _ number: UInt64, _ turn: inout DoorTurn) {
        guard number == firstWaiting, let slot = waiting.first, slot.stream != nil else { return }
        waiting[0].isPulling = false
        switch piece {
        case .bytes(let bytes):
            Self.writePiece(bytes, inChunks: slot.isHTTP11, &turn)
            pull(&turn)
        case .end: endStream(&turn)
        case .failure:
            waiting[0].stream = nil
            leave()
            turn.close(.written)
        }
    }

    private static func writePiece(_ bytes: [UInt8], inChunks: Bool, _ turn: inout DoorTurn) {
        // A chunk without bytes would be the last one.
        if bytes.isEmpty { return }
        if inChunks { turn.out.write(String(bytes.count, radix: 16) + "\r\n") }
        turn.out.write(bytes)
        if inChunks { turn.out.write("\r\n" as StaticString) }
    }

    /// Goes on behind the last piece.
    private mutating func endStream(_ turn: inout DoorTurn) {
        let slot = waiting.removeFirst()
        firstWaiting += 1
        if slot.isHTTP11 { turn.out.write("0\r\n\r\n" as StaticString) } else { abandonWaiting() }
        sendReady(&turn)
        readRequests(&turn)
    }

    /// Ends what may end anywhere, where the door stops.
    mutating func endOpenStream(_ turn: inout DoorTurn) {
        guard let stream = waiting.first?.stream, stream.isWholeAnywhere else { return }
        stream.abandon()
        endStream(&turn)
    }
}
