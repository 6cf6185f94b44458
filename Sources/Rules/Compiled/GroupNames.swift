/// Numbers groups and roles together, each kind in a name space of its own.
struct GroupNames: ~Copyable {
    enum Kind: UInt8 {
        case group
        case role
    }

    /// Each name behind a byte for its kind, which keeps the name spaces apart.
    private var names = NameTable()

    var count: Int { names.count }

    mutating func insert(_ name: Span<UInt8>, _ kind: Kind) -> (index: Int, isNew: Bool) {
        let marked = [kind.rawValue] + name.withBytes { $0.array }
        return names.insert(marked.span)
    }

    func view(_ index: Int) -> Bytes { Self.view(index, in: lent) }

    /// Lends the marked names, for `view(_:in:)`.
    @inline(__always)
    var lent: LentNames { names.lent }

    @inline(__always)
    static func view(_ index: Int, in lent: LentNames) -> Bytes {
        let marked = lent.view(index)
        return marked.slice(1, marked.count &- 1)
    }

    func isRole(_ index: Int) -> Bool {
        // SAFETY: every name has its kind before it.
        names.view(index).base[0] == Kind.role.rawValue
    }
}
