/// What may be asked of an instance of a module, and when: the one table of it.
public enum ModuleLifecycle {
    /// Where an instance is in its life.
    public enum State: UInt8, Sendable, CaseIterable {
        /// Its file is mapped and its descriptor accepted; none of its entries has run.
        case mapped
        /// `auth_init` runs, or has not returned by its deadline.
        case initialising
        /// `auth_init` has returned AUTH_OK.
        case serving
        /// `auth_exit` was called, or `auth_init` refused.
        case ended
    }

    /// What the host calls.
    public enum Call: String, Sendable, CaseIterable {
        case initialise = "auth_init"
        case login = "auth_new_user, auth_resume_user"
        case logout = "auth_free_user"
        case question = "auth_map_object, checks, auth_explain, auth_http_request"
        case object = "auth_new_object, auth_request_object, auth_discard_object, auth_free_object"
        case update = "auth_check_update, auth_global_permission_update"
        case credential = "auth_authenticate, auth_retry, auth_completed"
        case reload = "auth_reload"
        case cancel = "auth_cancel"
        case exit = "auth_exit"
    }

    /// Says whether a call is allowed in a state.
    @inlinable public static func allows(_ call: Call, in state: State) -> Bool {
        switch state {
        case .mapped: call == .initialise
        case .initialising, .ended: false
        case .serving: call != .initialise
        }
    }

    /// The state after a call has begun; nil where the call changes nothing.
    public static func state(afterBeginning call: Call) -> State? {
        switch call {
        case .initialise: .initialising
        case .exit: .ended
        default: nil
        }
    }

    /// Where one object of generations 6 and 7 is in its life.
    public enum ObjectState: UInt8, Sendable, CaseIterable {
        /// The module does not know it.
        case unknown
        /// `auth_new_object` was told, and no session asks about it.
        case known
        /// A session has it: `auth_request_object` was told.
        case requested
    }

    /// What is told of an object, and asked about it.
    public enum ObjectCall: String, Sendable, CaseIterable {
        case new = "auth_new_object"
        case request = "auth_request_object"
        case check = "auth_check_read, auth_check_write, auth_check_write_extended"
        case update = "auth_check_update"
        case discard = "auth_discard_object"
        case free = "auth_free_object"
    }

    /// Says whether a call about an object is allowed in its state.
    public static func allows(_ call: ObjectCall, in state: ObjectState) -> Bool {
        switch (call, state) {
        case (.new, .unknown), (.request, .known), (.request, .requested), (.check, .known), (.check, .requested),
            (.update, .requested), (.discard, .requested), (.free, .known):
            true
        default: false
        }
    }
}
