import AuthCore
import ModuleHost
import Synchronization

/// One login that is in, or on its way in.
final class Session: Sendable {
    enum State: Sendable, Equatable {
        /// The module has not said yes; no client knows the session.
        case pending
        case open
        case ended(SessionEnd)
    }

    let id: SessionID
    /// What modules know it by.
    let handle: UInt64
    let user: String
    let applicationID: String
    let machineID: String
    let address: String
    let door: String
    /// Nanoseconds since 1970.
    let connected: Int64
    let moduleSession: ModuleSession
    private let mutable: Mutex<(state: State, expiry: Int64)>

    init(handle: UInt64, login: Login, connected: Int64) {
        id = .random()
        self.handle = handle
        user = login.user
        applicationID = login.applicationID
        machineID = login.machineID
        address = login.address
        door = login.door
        self.connected = connected
        moduleSession = ModuleSession(handle: handle, user: TerminatedText(login.user))
        mutable = Mutex((.pending, 0))
    }

    var state: State { mutable.withLock { $0.state } }

    /// Opens a pending session; false when it was ended meanwhile.
    func open(expiry: Int64) -> Bool {
        mutable.withLock { mutable in
            guard mutable.state == .pending else { return false }
            mutable = (.open, expiry)
            return true
        }
    }

    /// Ends it; false when it had ended before.
    func end(_ reason: SessionEnd) -> Bool {
        mutable.withLock { mutable in
            if case .ended = mutable.state { return false }
            mutable.state = .ended(reason)
            return true
        }
    }

    /// Whether it is open, and if so whether its expiry has passed; `wall` in nanoseconds since 1970.
    func standing(at wall: Int64) -> (isOpen: Bool, hasExpired: Bool) {
        let (state, expiry) = mutable.withLock { $0 }
        return (state == .open, expiry != 0 && wall / 1_000_000_000 >= expiry)
    }

    func description() -> SessionDescription {
        SessionDescription(
            id: id, user: user, applicationID: applicationID, machineID: machineID, address: address, door: door,
            connected: connected / 1_000_000_000)
    }
}
