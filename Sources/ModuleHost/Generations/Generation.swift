import AuthCore

/// How one generation of the ABI is asked. Each generation is one file; nothing else knows its parameter lists.
protocol Generation: Sendable {
    func initialise(_ host: HostTable) -> Status
    func exit()
    func reload() -> Status?
    func cancel(_ token: UInt64)
    func newUser(_ login: Login, resuming: Bool, session: UInt64, _ terms: CallTerms) -> ModuleAnswer?
    func freeUser(_ session: ModuleSession, _ reason: SessionEnd) -> Status?
    /// - Parameter attributes: of the question that the name is mapped for.
    func map(
        _ name: ObjectName, requested: ObjectName, attributes: [Field], _ session: ModuleSession, _ terms: CallTerms
    ) -> ModuleAnswer?
    /// - Parameter content: what is known of the object, nil for nothing.
    func check(
        _ check: Check, object: ObjectName, content: ObjectContent?, _ session: ModuleSession, _ terms: CallTerms
    ) -> ModuleAnswer?
    /// The objects that the module knows; nil for one that wants to know of none.
    var objects: HeldObjects? { get }
    /// nil where the generation or the module has no batch entry.
    func checkBatch(_ batch: [BatchedCheck], _ terms: CallTerms) -> [ModuleAnswer]?
    /// nil where the generation or the module has no entry for it.
    func explain(
        _ check: Check, object: ObjectName, content: ObjectContent?, _ session: ModuleSession, _ terms: CallTerms
    ) -> ModuleAnswer?
    /// nil where the module has no entry for it.
    func httpRequest(_ request: RealmRequest, _ session: ModuleSession, _ terms: CallTerms) -> ModuleAnswer?
    var maps: Bool { get }
    /// nil where the generation or the module has no entry for it.
    func credential(
        _ destination: Destination, challenge: (text: Secret, round: UInt32)?, serial: UInt32, _ terms: CallTerms
    ) -> ModuleAnswer?
    func completed(_ destination: Destination, serial: UInt32, accepted: Bool)
    /// The address of the record of an ability of the module, as it says; 0 where it has none of the name.
    func extensionRecord(_ id: String) -> UInt
}

extension Generation {
    var objects: HeldObjects? { nil }

    func credential(
        _ destination: Destination, challenge: (text: Secret, round: UInt32)?, serial: UInt32, _ terms: CallTerms
    ) -> ModuleAnswer? { nil }

    func completed(_ destination: Destination, serial: UInt32, accepted: Bool) {}

    func extensionRecord(_ id: String) -> UInt { 0 }
}
