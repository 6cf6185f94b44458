/// One run of the script that is asked for. It names its session, so that it may be sent again when its answer is lost.
struct Request: Sendable {
    enum Purpose: Sendable {
        case reserve(UInt64)
        case commit(UInt64)
        case end
        case register([UInt64])
        case live
        case renew
        case expel(epoch: String, beat: String)
        case leave
        case inbox
        case waiting(UInt64, isLast: Bool)
        case say(UInt64)
        case answer
        case heard
        case purge(String)
        case used
        case people(UInt64)
        /// Has the registry choose sessions that an order ejects, by the number of the slice.
        case eject(UInt64)
        case guess
        case use
        case forgive
        /// Asks for a page of what is counted, or of where users log in.
        case penalties(String)
        /// Asks who of them has not ended.
        case ejecting(UInt64)
    }

    let purpose: Purpose
    let arguments: [[UInt8]]
    /// When it was sent last; 0 before.
    var sent: Int64 = 0
    /// When it was sent for the first time; 0 before.
    var sentFirst: Int64 = 0
    /// Whether the server did not know the script by its digest.
    var needsText = false

    init(_ purpose: Purpose, _ arguments: [[UInt8]] = []) {
        self.purpose = purpose
        self.arguments = arguments
    }

    init(_ purpose: Purpose, words: [String]) { self.init(purpose, words.map { Array($0.utf8) }) }

    /// The script's name for it.
    var operation: String {
        switch purpose {
        case .reserve: "reserve"
        case .commit: "commit"
        case .end: "end"
        case .register: "register"
        case .live: "live"
        case .renew: "renew"
        case .expel: "expel"
        case .leave: "leave"
        case .inbox: "inbox"
        case .waiting: "waiting"
        case .say: "say"
        case .answer: "answer"
        case .heard: "heard"
        case .purge: "purge"
        case .used: "used"
        case .people: "people"
        case .eject: "eject"
        case .guess: "guess"
        case .use: "use"
        case .forgive: "forgive"
        case .penalties: "penalties"
        case .ejecting: "waiting"
        }
    }

    /// Whether a server without memory is to run it all the same.
    var runsWhenFull: Bool {
        switch purpose {
        case .reserve, .register, .say: false
        default: true
        }
    }
}

/// What the next value on the command line answers.
enum Expectation: Sendable {
    case authentication, selection, information, loading, loadingWhenFull, join, attach
    case request(Request)
    /// The reply is no longer wanted.
    case nothing
}

/// What the registry knows of a session.
enum Registration: Sendable {
    /// It was never asked to count it.
    case unasked
    /// It could not, wholly or partly.
    case refused
    /// It does, or will have answered soon.
    case asked
}

/// A session of this host, or a log-in that may become one.
struct HeldSession: Sendable {
    enum Phase: Sendable { case reserving, reserved, committing, waiting, open }
    let user: [UInt8]
    let application: [UInt8]
    var machine: [UInt8] = []
    /// In microseconds of the registry's clock; "0" where the registry has given none.
    var age: [UInt8] = [48]
    var phase: Phase
    var registration = Registration.unasked
    var isEjected = false
    var limits: ClusterLimits?
}

/// A committed log-in that waits for ends on other hosts.
struct WaitingLogin: Sendable {
    var victims: Set<String>
    let due: Int64
    var nextPoll: Int64
    var isLast = false
}
