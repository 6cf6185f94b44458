import Accounts

// Entries as the attributes of one element give them.

extension RestrictionEntry {
    init(_ values: AttributeValues) {
        self.init(addresses: values[.addresses], hours: values[.hours], applications: values[.applications])
    }
}

extension UserEntry {
    init(_ values: AttributeValues) {
        self.init(name: values.required(.name))
        password = values[.password]
        keyID = values[.keyID]
        groups = values[.groups]
        roles = values[.roles]
        notBefore = values[.notBefore]
        expires = values[.expires]
        restrictions = RestrictionEntry(values)
        maxSessions = values[.maxSessions]
    }
}

extension GroupEntry {
    init(_ values: AttributeValues) {
        self.init(name: values.required(.name))
        groups = values[.groups]
        roles = values[.roles]
        restrictions = RestrictionEntry(values)
    }
}

extension RoleEntry {
    init(_ values: AttributeValues) { self.init(name: values.required(.name), roles: values[.roles]) }
}

extension EverybodyEntry {
    init(_ values: AttributeValues) {
        self.init()
        roles = values[.roles]
        restrictions = RestrictionEntry(values)
        maxSessions = values[.maxSessions]
    }
}

extension ConditionEntry {
    init(_ values: AttributeValues) {
        self.init(field: values.required(.field))
        equals = values[.equals]
        oneOf = values[.oneOf]
        minimum = values[.min]
        maximum = values[.max]
        matches = values[.matches]
    }
}
