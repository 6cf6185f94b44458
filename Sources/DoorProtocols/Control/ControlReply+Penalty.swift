extension ControlReply {
    /// A subject whose wrong passwords are counted.
    public struct Penalty: Codable, Sendable {
        /// `user`, `usual` or `network`.
        public let by: String
        /// The user's name in lower case; nil for a network.
        public let user: String?
        /// Of a network, and of a source from which the user has logged in before: the network, or `door:NAME`.
        public let from: String?
        /// Wrong passwords that count.
        public let wrong: Int
        /// At which number log-ins are refused.
        public let limit: Int
        /// Whether they are refused now.
        public let refused: Bool
        /// When the wrong passwords are forgotten.
        public let until: Moment

        /// Describes a subject; `until` is in seconds since 1970.
        public init(by: String, user: String?, from: String?, wrong: Int, limit: Int, refused: Bool, until: Int64) {
            self.by = by
            self.user = user
            self.from = from
            self.wrong = wrong
            self.limit = limit
            self.refused = refused
            self.until = Moment(until)
        }
    }
}
