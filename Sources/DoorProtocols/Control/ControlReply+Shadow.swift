extension ControlReply {
    /// The module that is asked beside the one in force, and what came of it.
    public struct Shadow: Codable, Sendable {
        /// Answers that differed in the same way.
        public struct Difference: Codable, Sendable {
            /// `login`, `resume`, `map`, `read`, `write`, `create`, or `realm` for an HTTP realm.
            public var question = ""
            /// `verdict`, `user`, `name`, `attributes`, or `undecided` where the shadow could not decide.
            public var what = ""
            /// How often.
            public var times = 0
            /// The verdict that clients got.
            public var was = ""
            /// The verdict of the shadow.
            public var now = ""
            /// Of the first: why the client was answered so.
            public var oldReason = ""
            /// Of the first: why the shadow has answered so.
            public var newReason = ""
            /// Of the first: who asked.
            public var user = ""
            /// Of the first: the object as the client has named it; nil for a log-in.
            public var object: String?
            /// Of the first: the door that the user came in by.
            public var door = ""
            /// Of the first: the id of the decision that the client got; "" for a session that was taken back.
            public var decision = ""
            /// Of the first: when that was.
            public var time = Moment(0)

            enum CodingKeys: String, CodingKey {
                case question, what, times, was, now, user, object, door, decision, time
                case oldReason = "old_reason"
                case newReason = "new_reason"
            }

            /// Makes one of nothing.
            public init() {}
        }

        /// `asked`, `loading`, `failed`, or `promoted` for one that has become the module.
        public var state = ""
        /// The module's name.
        public var module = ""
        /// The module's version; nil for one that is not loaded.
        public var version: String?
        /// The file that it was mapped from; nil for one that is not loaded.
        public var path: String?
        /// Why it cannot be asked; nil where it can.
        public var problem: String?
        /// When it was loaded.
        public var since: Moment?
        /// Questions whose answers were compared and are the same.
        public var same = 0
        /// Questions whose answers differ.
        public var different = 0
        /// Questions that it could not decide.
        public var undecided = 0
        /// Questions for which there was no room, or that waited for too long.
        public var dropped = 0
        /// Questions that the host has answered without its module, and those of sessions that the shadow does not know.
        public var unasked = 0
        /// Questions that have not been compared yet.
        public var waiting = 0
        /// Sessions that it has let in.
        public var sessions = 0
        /// How often its module has called `invalidate`, from which nothing follows.
        public var invalidations = 0
        /// The kinds of differences, those that were met most often first; nil in `status`.
        public var differences: [Difference]?

        /// Makes one of nothing.
        public init() {}
    }
}
