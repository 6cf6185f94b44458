import AuthCore
import Basics
import Synchronization

/// What a shadow is to do, in the order in which it came. Clients can fill it up to its limit.
final class ShadowQueue: Sendable {
    /// One thing to do.
    enum Item: Sendable {
        case asked(ShadowQuestion)
        /// A client's session has ended.
        case ended(SessionID)
        /// The shadow has said whether it lets a client's session in: as which one of its own; nil where it does not.
        ///
        /// - Parameter again: whether to ask once more at the session's next question.
        case opened(SessionID, as: SessionID?, again: Bool)
        /// The shadow's session for a client's session is gone.
        case lost(SessionID, was: SessionID)
    }

    private struct State {
        var items: [Item] = []
        /// Other content of objects: the last of each.
        var contents: [ObjectName: ObjectContent?] = [:]
        /// Questions that have not been compared yet, wherever they are.
        var held = 0
        let limit: Int
        var isAwaited = false
        var isStopped = false
    }

    private let state: Mutex<State>
    private let filled = ThreadSemaphore()

    /// - Parameter limit: how many questions there may be that have not been compared yet.
    init(limit: Int) { state = Mutex(State(limit: limit)) }

    /// How many questions have not been compared yet.
    var held: Int { state.withLock { $0.held } }

    /// How many there may be.
    var limit: Int { state.withLock { $0.limit } }

    /// Takes a question, where there is room for it; it has its room until ``release()``.
    func offer(_ question: ShadowQuestion) -> Bool {
        let (isTaken, wakes) = state.withLock { state -> (Bool, Bool) in
            guard !state.isStopped, state.held < state.limit else { return (false, false) }
            state.held += 1
            state.items.append(.asked(question))
            return (true, state.isAwaited.exchanged(for: false))
        }
        if wakes { filled.signal() }
        return isTaken
    }

    /// Gives the room of a question back.
    func release() { state.withLock { $0.held -= 1 } }

    /// Takes what is no question, and comes of those that were taken.
    func post(_ item: Item) {
        wake { $0.items.append(item) }
    }

    /// Takes other content of an object.
    func put(_ content: ObjectContent?, of name: ObjectName) {
        wake { $0.contents[name] = .some(content) }
    }

    /// Takes content of objects that none has come for yet.
    func put(_ known: [ObjectName: ObjectContent]) {
        if known.isEmpty { return }
        wake { state in state.contents.merge(known.mapValues { .some($0) }) { newer, _ in newer } }
    }

    private func wake(_ change: (inout State) -> Void) {
        let wakes = state.withLock { state in
            if state.isStopped { return false }
            change(&state)
            return state.isAwaited.exchanged(for: false)
        }
        if wakes { filled.signal() }
    }

    /// Waits for something to do; nil at the end.
    func take() -> (items: [Item], contents: [ObjectName: ObjectContent?])? {
        while true {
            let (taken, isOver) = state.withLock {
                state -> ((items: [Item], contents: [ObjectName: ObjectContent?])?, Bool) in
                if state.isStopped { return (nil, true) }
                guard !state.items.isEmpty || !state.contents.isEmpty else {
                    state.isAwaited = true
                    return (nil, false)
                }
                defer { (state.items, state.contents) = ([], [:]) }
                return ((state.items, state.contents), false)
            }
            if let taken { return taken }
            if isOver { return nil }
            filled.wait()
        }
    }

    /// Takes nothing any more, and forgets what there is.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            (state.items, state.contents) = ([], [:])
        }
        filled.signal()
    }
}

extension Bool {
    /// Sets another value; returns the one before.
    fileprivate mutating func exchanged(for other: Bool) -> Bool {
        defer { self = other }
        return self
    }
}
