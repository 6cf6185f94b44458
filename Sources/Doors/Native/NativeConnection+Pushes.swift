import AuthCore
import NIOCore

// What a client is told unasked.
extension NativeConnection {
    /// Bytes that nobody asked for and that a client lets lie, behind those that are on their way to it.
    static let mostUnread = 64 * 1024

    /// Tells the client when a session ends, and what is no longer so of it; false when there is none.
    func follow(_ session: SessionID, user: String? = nil) -> Bool {
        if interest.knows(session) { return true }
        let watch = watchEnd(of: session) { connection, reason in
            connection.interest.remove(session)
            connection.own.remove(session)
            connection.noteUse()
            if reason != .logout { connection.push { $0.ended(session, reason) } }
        }
        guard let watch else { return false }
        let names = [user, door.host.describe(session)?.user].compactMap { $0.map { ExactText($0) } }
        interest.add(session, of: Set(names), watch)
        watchInvalidations()
        noteUse()
        return true
    }

    /// A connection that asks about a session has answers about it.
    func noteQuestion(about session: SessionID, _ names: [ObjectName]) {
        guard wantsPushes else { return }
        if !interest.knows(session) {
            if interest.isFull { interest.noteManySessions() } else if !follow(session) { return }
        }
        for name in names { interest.noteQuestion(name) }
    }

    func watchEnd(
        of session: SessionID, _ body: @escaping (NativeConnection, SessionEnd) -> Void
    ) -> HostWatch? {
        let me = NIOLoopBound((connection: Weak(self), body: body), eventLoop: connection.channel.eventLoop)
        let loop = connection.channel.eventLoop
        return door.host.watchEnd(of: session) { reason in
            loop.execute {
                guard let connection = me.value.connection.value, !connection.isOver else { return }
                me.value.body(connection, reason)
            }
        }
    }

    /// Begins to hear of invalidations, once there may be answers here.
    func watchInvalidations() {
        guard watch == nil, wantsPushes else { return }
        let me = NIOLoopBound(Weak(self), eventLoop: connection.channel.eventLoop)
        let (loop, mailbox) = (connection.channel.eventLoop, PushMailbox())
        watch = door.host.whenInvalidated { invalidation in
            guard mailbox.put(invalidation) else { return }
            loop.execute {
                let invalidations = mailbox.take()
                guard let connection = me.value.value, !connection.isOver else { return }
                connection.tell(invalidations)
            }
        }
    }

    private func tell(_ invalidations: [Invalidation]) {
        let told = invalidations.compactMap { interest.told($0) }
        if told.isEmpty { return }
        push { writer in
            if told.contains(.everything) { return writer.invalidated(.everything) }
            for invalidation in told { writer.invalidated(invalidation) }
        }
    }

    /// Writes what nobody asked for. A client that does not read it is let go.
    ///
    /// One write is on its way at a time, and what comes meanwhile waits in one piece: small writes would hold many times
    /// their bytes.
    private func push(_ body: (inout NativeWriter) -> Void) {
        let before = writer.out.readableBytes
        body(&writer)
        guard let context else { return }
        if isPushing {
            unread += writer.out.readableBytes - before
            if unread > Self.mostUnread { letGo(context) }
            return
        }
        isPushing = true
        context.writeAndFlush(wrapOutboundOut(writer.take())).assumeIsolated().whenComplete { [weak self] _ in
            self?.isPushing = false
            self?.unread = 0
            self?.flush()
        }
    }

    private func letGo(_ context: ChannelHandlerContext) {
        connection.countFault("unread")
        connection.log.warning(
            "door \(door.settings.name): a client that does not read what it is told is let go: \(peer.described)")
        context.close(promise: nil)
    }
}
