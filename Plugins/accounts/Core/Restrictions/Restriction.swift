import Glibc
import Rules

/// Says where a log-in comes from, as the host tells it.
package struct LoginClient: Sendable {
    /// As text; empty when it is not known.
    package let address: [UInt8]
    /// The application's id, which the client supplied.
    package let application: [UInt8]

    /// Takes both as they are.
    package init(address: [UInt8] = [], application: [UInt8] = []) {
        self.address = address
        self.application = application
    }
}

/// Says why a log-in with the right password is not permitted.
package struct LoginRefusal: Error, Sendable, Hashable {
    /// What is against the log-in.
    package enum Cause: Sendable, Hashable {
        /// The account has expired, or is not valid yet.
        case expired
        /// The client's address.
        case address
        /// The client's application.
        case application
        /// The hour of the week.
        case hours
    }

    /// What is against the log-in.
    package let cause: Cause
    /// Why, for the log.
    package let reason: String
}

/// Holds what must be true of every log-in that it binds; nil is no restriction.
struct Restriction: Sendable {
    private var addresses: AddressRanges?
    private var hours: WeekHours?
    private var applications: Set<[UInt8]>?

    init(_ entry: RestrictionEntry) throws(EntryFault) {
        if let text = entry.addresses { addresses = try AddressRanges(text) }
        if let text = entry.hours { hours = try WeekHours(text) }
        guard let text = entry.applications else { return }
        let ids = Set(text.split(separator: 0x20).map { Array($0) })
        if ids.isEmpty {
            throw EntryFault(
                .badValue, .applications, "no application, expected application ids with spaces between")
        }
        applications = ids
    }

    /// Says whether the hours hold a moment: seconds since 1970.
    func isOpen(at now: Int64, zone: (Int64) -> tm) -> Bool {
        guard let hours else { return true }
        if case .outside = hours.answer(at: now, zone) { return false }
        return true
    }

    /// Returns until when a log-in may last: seconds since 1970, `Int64.max` for ever. Throws what is against it.
    ///
    /// owner: who has the restriction, for the reason.
    func end(
        for client: LoginClient, at now: Int64, zone: (Int64) -> tm, owner: () -> String
    ) throws(LoginRefusal) -> Int64 {
        if let addresses, !addresses.contains(client.address) {
            throw LoginRefusal(
                cause: .address, reason: "the address \(shown(client.address)) is not permitted for \(owner())")
        }
        if let applications, !applications.contains(client.application) {
            throw LoginRefusal(
                cause: .application,
                reason: "the application \(shown(client.application)) is not permitted for \(owner())")
        }
        guard let hours else { return .max }
        switch hours.answer(at: now, zone) {
        case .inside(let end): return end ?? .max
        case .outside: throw LoginRefusal(cause: .hours, reason: "this hour is not permitted for \(owner())")
        }
    }
}

/// Numbers the distinct restrictions of all accounts, so that many users may have one in common.
struct RestrictionTable: ~Copyable, Sendable {
    private var texts = NameTable()
    private var restrictions: [Restriction] = []
    private var scratch: [UInt8] = []

    /// Returns a number from 1 on; 0 for an entry without restrictions.
    mutating func add(_ entry: RestrictionEntry) throws(EntryFault) -> UInt32 {
        if entry.addresses == nil && entry.hours == nil && entry.applications == nil { return 0 }
        var key: [UInt8] = []
        swap(&key, &scratch)
        defer { swap(&key, &scratch) }
        key.removeAll(keepingCapacity: true)
        for text in [entry.addresses, entry.hours, entry.applications] {
            // What is empty is not what is not there: an empty list is refused below.
            key.append(text == nil ? 0 : 1)
            if let text { key.append(contentsOf: text) }
        }
        let (index, isNew) = texts.insert(key.span)
        if isNew { restrictions.append(try Restriction(entry)) }
        return UInt32(index + 1)
    }

    /// number: not 0.
    subscript(number: UInt32) -> Restriction { restrictions[Int(number) - 1] }
}
