/// The entry points of the ABI, by the names of the Liberator SDK.
enum EntryPoint: String, CaseIterable {
    case initialise = "auth_init"
    case exit = "auth_exit"
    case reload = "auth_reload"
    case cancel = "auth_cancel"
    case getExtension = "auth_get_extension"
    case newUser = "auth_new_user"
    case resumeUser = "auth_resume_user"
    case continueLogin = "auth_continue"
    case freeUser = "auth_free_user"
    case mapObject = "auth_map_object"
    case newObject = "auth_new_object"
    case freeObject = "auth_free_object"
    case requestObject = "auth_request_object"
    case discardObject = "auth_discard_object"
    case checkRead = "auth_check_read"
    case checkWrite = "auth_check_write"
    case checkWriteJava = "checkWrite"
    case checkCreate = "auth_check_create"
    case checkWriteExtended = "auth_check_write_extended"
    case checkBatch = "auth_check_batch"
    case explain = "auth_explain"
    case checkUpdate = "auth_check_update"
    case permissionUpdate = "auth_global_permission_update"
    case permissions = "auth_permissions"
    case httpRequest = "auth_http_request"
    case authenticate = "auth_authenticate"
    case retry = "auth_retry"
    case completed = "auth_completed"

    /// The parameter list of every version that the host speaks: `include/authhost/entries6.h`, `7` and `9`, and
    /// `authenticators9.h`.
    var signatures: [UInt32: String] {
        switch self {
        case .initialise: [6: "i(p)", 7: "i(p)", 9: "i(Tp)"]
        case .exit: [6: "v()", 7: "v()", 9: "v(p)"]
        case .reload: [9: "i(pF)"]
        case .cancel: [9: "v(pX)"]
        case .getExtension: [9: "p(ps)"]
        case .newUser: [6: "i(ppp)", 7: "i(ppp)", 9: "i(pLR)"]
        case .resumeUser: [9: "i(pLR)"]
        case .continueLogin: [9: "i(pNR)"]
        case .freeUser: [6: "i(p)", 7: "i(p)", 9: "i(pE)"]
        case .mapObject: [6: "i(pppp)", 7: "i(ppppp)", 9: "i(pMR)"]
        case .newObject: [6: "i(pp)", 7: "i(pp)"]
        case .freeObject: [6: "i(p)", 7: "i(p)"]
        case .requestObject, .discardObject: [6: "i(pp)", 7: "i(pp)"]
        case .checkRead, .checkWrite, .checkWriteJava: [6: "i(pp)", 7: "i(ppp)", 9: "i(pCR)"]
        case .checkCreate: [9: "i(pCR)"]
        case .checkWriteExtended: [6: "i(ppipp)", 7: "i(pppipp)"]
        case .checkBatch: [9: "i(pczr)"]
        case .explain: [9: "i(pCR)"]
        case .checkUpdate: [6: "i(ppp)", 7: "i(ppp)"]
        case .permissionUpdate: [6: "v(ppipu)", 7: "v(ppipu)"]
        case .httpRequest: [6: "i(ppup)", 7: "i(ppup)", 9: "i(pHR)"]
        case .permissions: [9: "i(pWR)"]
        case .authenticate, .retry: [9: "i(pDR)"]
        case .completed: [9: "v(pO)"]
        }
    }
}

/// An entry that was found in a module and agreed on.
struct BoundEntry: Sendable {
    let version: UInt32
    let call: CallInterface
    /// Where it is called, if elsewhere than its module.
    var threads: ModuleIdentity.Threads?
}

/// The entries of one module: for each name the highest version that the host knows.
struct EntryTable: Sendable {
    private(set) var entries: [EntryPoint: BoundEntry] = [:]

    subscript(_ point: EntryPoint) -> BoundEntry? { entries[point] }

    /// The write check, under either of its names.
    var write: BoundEntry? { entries[.checkWrite] ?? entries[.checkWriteJava] }

    /// Whether the module gives credentials, and need not let users in.
    var isAuthenticator: Bool { entries[.authenticate] != nil }

    /// Where the entries are called that are not called as their module is.
    var threads: [String: ModuleIdentity.Threads] {
        Dictionary(
            uniqueKeysWithValues: entries.compactMap { point, entry in entry.threads.map { (point.rawValue, $0) } })
    }

    var names: [String] { points.map(\.rawValue) }

    /// In the order of their names.
    var points: [EntryPoint] { entries.keys.sorted { $0.rawValue < $1.rawValue } }

    mutating func add(_ point: EntryPoint, _ entry: BoundEntry) { entries[point] = entry }
}
