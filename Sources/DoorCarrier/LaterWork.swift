import Dispatch
import DoorProtocols

/// Does what conversations leave because it may take a while: operators' requests, which wait for each other.
enum LaterWork {
    private static let queue = DispatchQueue(label: "authhost.operators")

    /// Takes over what a turn has left.
    static func begin(_ turn: inout DoorTurn) {
        guard turn.hasLaterWork else { return }
        for work in turn.takeLaterWork() { queue.async(execute: work) }
    }
}
