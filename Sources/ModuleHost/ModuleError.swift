/// Why a module was not loaded. Every way of being wrong has a code of its own.
public struct ModuleError: Error, Sendable, CustomStringConvertible {
    /// The word for logs and for `--json`; more can be added.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        public static let badName = Code(rawValue: "bad-module-name")
        public static let notFound = Code(rawValue: "module-not-found")
        public static let unreadable = Code(rawValue: "module-unreadable")
        public static let untrustedFile = Code(rawValue: "untrusted-file")
        public static let untrustedDirectory = Code(rawValue: "untrusted-directory")
        public static let notELF = Code(rawValue: "not-elf")
        public static let wrongArchitecture = Code(rawValue: "wrong-architecture")
        public static let malformedELF = Code(rawValue: "malformed-elf")
        public static let originRunpath = Code(rawValue: "origin-runpath")
        public static let foreignRunpath = Code(rawValue: "foreign-runpath")
        public static let libraryMissing = Code(rawValue: "needed-library-missing")
        public static let untrustedLibrary = Code(rawValue: "untrusted-library")
        public static let copyFailed = Code(rawValue: "private-copy-failed")
        public static let linkFailed = Code(rawValue: "link-failed")
        public static let trialFailed = Code(rawValue: "trial-failed")
        public static let damaged = Code(rawValue: "damaged-module")
        public static let noDescriptor = Code(rawValue: "no-descriptor")
        public static let bareNotAllowed = Code(rawValue: "bare-module-not-allowed")
        public static let bareGeneration = Code(rawValue: "bare-generation-unknown")
        public static let nullDescriptor = Code(rawValue: "null-descriptor")
        public static let wrongMagic = Code(rawValue: "wrong-magic")
        public static let truncatedDescriptor = Code(rawValue: "truncated-descriptor")
        public static let unknownGeneration = Code(rawValue: "unknown-generation")
        public static let otherDraft = Code(rawValue: "other-draft-revision")
        public static let badIdentity = Code(rawValue: "bad-identity")
        public static let noteMissing = Code(rawValue: "note-missing")
        public static let noteDiffers = Code(rawValue: "note-differs")
        public static let unknownEntry = Code(rawValue: "unknown-entry")
        public static let unknownVersion = Code(rawValue: "unknown-entry-version")
        public static let wrongSignature = Code(rawValue: "wrong-signature")
        public static let missingFunction = Code(rawValue: "null-entry-function")
        public static let duplicateEntry = Code(rawValue: "duplicate-entry")
        public static let bothSpellings = Code(rawValue: "both-write-spellings")
        public static let missingEntry = Code(rawValue: "missing-required-entry")
        public static let badOptionTable = Code(rawValue: "bad-option-table")
        public static let unknownOption = Code(rawValue: "unknown-option")
        public static let badOptionValue = Code(rawValue: "bad-option-value")
        public static let missingOption = Code(rawValue: "missing-option")
        public static let initFailed = Code(rawValue: "init-failed")
        public static let initHung = Code(rawValue: "init-hung")
    }

    public let code: Code
    /// The module as it was asked for.
    public let module: String
    /// What was tried, what was found, what would be accepted.
    public let detail: String

    package init(_ code: Code, _ module: String, _ detail: String) {
        self.code = code
        self.module = module
        self.detail = detail
    }

    public var description: String { "module `\(module)`: \(detail) (\(code.rawValue))" }
}
