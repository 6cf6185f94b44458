import AuthCore
import Metrics
import ModuleHost
import Tracing

/// How a host runs its module.
public struct HostConfiguration: Sendable {
    /// When the host answers for a module that has not answered.
    public var deadlines = Deadlines()
    /// Questions that may wait for a serial or blocking module.
    public var queueLimit = 1024
    /// Threads of a blocking module.
    public var blockingThreads = 4
    /// How long log-ins stay in the log-in cache; zero: not at all.
    public var loginCacheTime: Duration = .seconds(60)
    /// Most log-ins in the log-in cache.
    public var loginCacheLimit = 10_000
    /// Part of the key of kept log-ins, and what browsers are asked with.
    public var realm = "authhost"
    /// Checks a signed token (key id, token, user name) with the configured keys; nil without any. May block.
    public var signatureCheck: (@Sendable (_ key: String, _ token: String, _ user: String) -> SignatureOutcome)?
    /// Applied to every name, in this order and before the module's mapping: the first that matches.
    public var objectMaps: [ConfiguredMapping] = []
    /// Where every decision is recorded; nil: nowhere.
    public var audit: AuditLog?
    /// Whether the reasons of answers to checks are read; an audit log always reads them.
    public var readsReasons = false
    /// Is told of every decision as a span; nil for no spans.
    public var tracer: (any Tracer)?
    /// What follows wrong passwords; nil: nothing, for a host that asks questions of its own.
    public var penalties: PenaltySettings?
    /// The limits on sessions, and whether they eject.
    public var limits = SessionLimits()
    /// How long sessions of an application may be idle, by application id; those not named for ever.
    public var inactivityPeriods: [ExactText: Duration] = [:]
    /// Told of every log-in that has got its place, with the user and the application id ("" for none). Must not block.
    public var loginRecorder: (@Sendable (_ user: String, _ application: String) -> Void)?
    /// Stands between log-ins and the places of this host, where places are given out by more than this host.
    package var admission: (@Sendable (_ local: any HostPlaces) -> any Admission)?
    /// Whether sessions may be answered for; nil where that needs no look.
    package var fence: (any SessionFence)?
    /// Told what a module has this host do that concerns all hosts of a cluster, after it was done here. Must not block.
    package var clusterTeller: (@Sendable (ClusterWord) -> Void)?
    /// Told what other hosts of a cluster ought to know of a log-in, and how long wrong passwords count. Must not block.
    package var penaltyTeller: (@Sendable (PenaltyTable.Settlement, Duration) -> Void)?
    /// Has the oldest sessions, of a user or of anybody, ejected in a whole cluster, where it can be asked; where that turns out not to
    /// be so, those of this host, by `alone`, which returns how many. Must not block.
    package var clusterEjector:
        (
            @Sendable (
                _ oldest: Int, _ user: String?, _ application: String?, _ machine: String?,
                _ alone: @escaping @Sendable () -> Int
            ) -> Bool
        )?
    /// How the host stands in its cluster, for those who ask whether it is ready; nil without one.
    package var clusterStanding: (@Sendable () -> String)?
    /// The bounds of what is kept about objects, and whether anything is.
    public var objectLimits = ObjectLimits()
    /// The destinations of outgoing connections, and who gives their credentials.
    public var destinations: [CredentialDestination] = []
    /// How long an authenticator may take for its answer.
    public var credentialTimeout: Duration = .seconds(30)
    /// How long `auth_exit` may take.
    public var exitTimeout: Duration = .seconds(10)
    /// What happens where rules are older than those on disk.
    public var staleRules = StaleRules()
    /// What a swap of the module does with the sessions that there are.
    public var swap = SwapPolicy()
    /// What a module must answer before it is put in force by a swap.
    public var moduleTests: [ModuleTest] = []
    /// Whether no client asks this host, as where a module is tried: nothing that it answers is counted, and it does not look at
    /// what belongs to the whole process.
    package var isUnseen = false
    /// Users besides root and the running one whose files may decide something.
    public var trustedOwners: Set<UInt32> = []

    /// Makes the defaults of the configuration.
    public init() {}

    /// The same for a host that no client asks: nothing that it does is seen outside of it, and no limit on sessions or time without
    /// a use ends what another host has let in.
    var aside: HostConfiguration {
        var aside = self
        aside.isUnseen = true
        aside.audit = nil
        aside.tracer = nil
        aside.penalties = nil
        aside.limits = SessionLimits()
        aside.inactivityPeriods = [:]
        aside.loginRecorder = nil
        (aside.admission, aside.fence) = (nil, nil)
        (aside.clusterTeller, aside.clusterEjector, aside.clusterStanding) = (nil, nil, nil)
        aside.penaltyTeller = nil
        aside.destinations = []
        return aside
    }

    /// Where its figures are counted.
    var metrics: any MetricsFactory { isUnseen ? NOOPMetricsHandler.instance : MetricsSystem.factory }
}
