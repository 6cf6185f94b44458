import AuthCore
import ModuleHost

extension Host {
    /// Replaces what is known of an object; nil is nothing any more. Reads that wait for it are asked again, and nothing
    /// that was kept of decisions about it is used after the return.
    ///
    /// - Throws: ``ObjectRefusal``; nothing has changed then.
    public func setContent(_ content: ObjectContent?, of name: ObjectName) throws(ObjectRefusal) {
        guard objects.limits.isOpen else { throw .closed }
        if let content, content.size > objects.limits.size { throw .tooLarge(limit: objects.limits.size) }
        let decider = decider
        // A module learns of changes in the order in which they were made.
        let waiting: Set<UInt64>? = objects.changing.withLock { _ in
            guard let (old, waiting) = objects.replace(name, with: content) else { return nil }
            guard let decider, decider.tracksObjects else { return waiting }
            tell(decider, of: name, from: old, to: content, waiting)
            return []
        }
        guard let waiting else { throw .tooMany(limit: objects.limits.total) }
        invalidate(.object(name.text))
        for token in waiting { _ = decider?.complete(token, .contentCame) }
    }

    /// Tells a module of new content on its own thread, and then asks again for the reads that waited for it.
    private func tell(
        _ decider: ModuleDecider, of name: ObjectName, from old: ObjectContent?, to content: ObjectContent?,
        _ waiting: Set<UInt64>
    ) {
        decider.tell("auth_check_update") { module in
            let refused = module.change(name, from: old, to: content, text: content?.lines ?? "")
            for token in waiting {
                let session = decider.session(of: token)
                _ = decider.complete(token, session.flatMap { refused[$0] }.map { ModuleAnswer($0) } ?? .contentCame)
            }
        }
    }

    /// What is known of an object.
    public func content(of name: ObjectName) -> ObjectContent? { objects.content(of: name) }

    public func value(of field: String, ofObject name: String) -> String? {
        (try? ObjectName(name)).flatMap { objects.content(of: $0) }?.value(of: field)
    }
}

extension ObjectContent {
    /// A line `name=value` for each field; what would end a line or a name is escaped with a backslash.
    fileprivate var lines: String {
        fields.map { field in
            Self.escaped(field.name).replacing("=", with: "\\=") + "=" + Self.escaped(field.value)
        }.joined(separator: "\n")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n").replacing("\r", with: "\\r")
    }
}
