import AuthCore
import Synchronization

/// Texts that many sessions share, kept once. Bounded: when there are too many it starts anew, and sessions keep what they have.
final class SessionTexts: Sendable {
    private struct OriginKey: Hashable, Sendable {
        let applicationID: ExactText
        let door: ExactText
    }

    private struct State: Sendable {
        var origins: [OriginKey: SessionOrigin] = [:]
        /// The one that was asked for last: most often the next one as well.
        var last: SessionOrigin?
        var texts: Set<ExactText> = []
        var attributes: [[Field]: SessionAttributes] = [:]
        var idleLimits: [ExactText: Int64] = [:]
    }

    private static let limit = 8192
    private let state = Mutex(State())
    private let fence: (any SessionFence)?
    private let doors: DoorFigureTable

    init(fence: (any SessionFence)?, doors: DoorFigureTable) {
        self.fence = fence
        self.doors = doors
    }

    /// Sets how long sessions of an application may be idle, in nanoseconds; for sessions that come in from now on.
    func setIdleLimits(_ limits: [ExactText: Int64]) {
        state.withLock { state in
            state.idleLimits = limits
            state.origins = [:]
            state.last = nil
        }
    }

    func origin(applicationID: String, door: String) -> SessionOrigin {
        state.withLock { state in
            if let last = state.last, last.door.hasBytes(of: door), last.applicationID.hasBytes(of: applicationID) {
                return last
            }
            let origin = origin(applicationID, door, &state)
            state.last = origin
            return origin
        }
    }

    /// The attributes, in memory that equal ones share.
    func shared(_ attributes: [Field]) -> SessionAttributes {
        state.withLock { state in
            if let known = state.attributes[attributes] { return known }
            if state.attributes.count == Self.limit { state.attributes = [:] }
            let made = SessionAttributes(attributes)
            state.attributes[attributes] = made
            return made
        }
    }

    private func origin(_ applicationID: String, _ door: String, _ state: inout State) -> SessionOrigin {
        let key = OriginKey(applicationID: ExactText(applicationID), door: ExactText(door))
        if let known = state.origins[key] { return known }
        if state.origins.count == Self.limit { state.origins = [:] }
        let origin = SessionOrigin(
            applicationID: applicationID, door: door, figures: doors[door],
            idleLimit: state.idleLimits[key.applicationID] ?? 0, fence: fence)
        state.origins[key] = origin
        return origin
    }

    /// The text, in memory that equal ones share. Swift keeps up to 15 bytes in the value itself, with nothing to share.
    func shared(_ text: String) -> String {
        guard text.utf8.count > 15 else { return text }
        return state.withLock { state in
            if state.texts.count == Self.limit { state.texts = [] }
            return state.texts.insert(ExactText(text)).memberAfterInsert.text
        }
    }
}
