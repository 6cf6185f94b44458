/// Why a module was not loaded. Every way of being wrong has a code of its own.
public struct ModuleError: Error, Sendable, CustomStringConvertible {
    /// The word for logs and for `--json`; more can be added.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The code's name, stable across versions.
        public let rawValue: String
        /// Makes a code from its name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The name of the module is no name, file name or absolute path.
        public static let badName = Code(rawValue: "bad-module-name")
        /// There is no such file.
        public static let notFound = Code(rawValue: "module-not-found")
        /// The file cannot be read.
        public static let unreadable = Code(rawValue: "module-unreadable")
        /// Another user may change the file.
        public static let untrustedFile = Code(rawValue: "untrusted-file")
        /// Another user may change a folder on the way to the file.
        public static let untrustedDirectory = Code(rawValue: "untrusted-directory")
        /// The file is no ELF file.
        public static let notELF = Code(rawValue: "not-elf")
        /// The file is for another processor.
        public static let wrongArchitecture = Code(rawValue: "wrong-architecture")
        /// The file's tables contradict each other.
        public static let malformedELF = Code(rawValue: "malformed-elf")
        /// A search path of the file begins with `$ORIGIN`.
        public static let originRunpath = Code(rawValue: "origin-runpath")
        /// A search path names a folder that is not the system's.
        public static let foreignRunpath = Code(rawValue: "foreign-runpath")
        /// A library that it needs is not where the dynamic linker looks.
        public static let libraryMissing = Code(rawValue: "needed-library-missing")
        /// Another user may change a library that it needs.
        public static let untrustedLibrary = Code(rawValue: "untrusted-library")
        /// It asks for stacks that can be executed.
        public static let executableStack = Code(rawValue: "executable-stack")
        /// Its code has to be written to when it is loaded.
        public static let textRelocations = Code(rawValue: "text-relocations")
        /// It lies where nothing may be executed.
        public static let noexecFolder = Code(rawValue: "noexec-folder")
        /// No private copy could be made.
        public static let copyFailed = Code(rawValue: "private-copy-failed")
        /// The dynamic linker refused the file.
        public static let linkFailed = Code(rawValue: "link-failed")
        /// It could not be tried in a child process.
        public static let trialFailed = Code(rawValue: "trial-failed")
        /// Trying it ended the child process.
        public static let damaged = Code(rawValue: "damaged-module")
        /// It has no descriptor and no bare functions.
        public static let noDescriptor = Code(rawValue: "no-descriptor")
        /// It has no descriptor, and `allow-bare-modules` is off.
        public static let bareNotAllowed = Code(rawValue: "bare-module-not-allowed")
        /// It has no descriptor, and `bare-generation` is not set.
        public static let bareGeneration = Code(rawValue: "bare-generation-unknown")
        /// `auth_module` returned no descriptor.
        public static let nullDescriptor = Code(rawValue: "null-descriptor")
        /// The descriptor does not begin with the magic number.
        public static let wrongMagic = Code(rawValue: "wrong-magic")
        /// The descriptor is shorter than its generation's.
        public static let truncatedDescriptor = Code(rawValue: "truncated-descriptor")
        /// The host does not know the generation.
        public static let unknownGeneration = Code(rawValue: "unknown-generation")
        /// It was built for another draft of generation 9.
        public static let otherDraft = Code(rawValue: "other-draft-revision")
        /// Its name or version is empty, too long or no text.
        public static let badIdentity = Code(rawValue: "bad-identity")
        /// It sets a member that has no meaning yet.
        public static let reservedMember = Code(rawValue: "reserved-member-set")
        /// It has a descriptor and no note.
        public static let noteMissing = Code(rawValue: "note-missing")
        /// Note and descriptor say different things.
        public static let noteDiffers = Code(rawValue: "note-differs")
        /// The descriptor has an entry point that the host does not know.
        public static let unknownEntry = Code(rawValue: "unknown-entry")
        /// An entry point is of a version that the host does not know.
        public static let unknownVersion = Code(rawValue: "unknown-entry-version")
        /// An entry point's signature is not its version's.
        public static let wrongSignature = Code(rawValue: "wrong-signature")
        /// An entry point has no function.
        public static let missingFunction = Code(rawValue: "null-entry-function")
        /// An entry point is there twice.
        public static let duplicateEntry = Code(rawValue: "duplicate-entry")
        /// `checkWrite` and `auth_check_write` are both there.
        public static let bothSpellings = Code(rawValue: "both-write-spellings")
        /// It lacks an entry point that its generation requires.
        public static let missingEntry = Code(rawValue: "missing-required-entry")
        /// The table of options is malformed.
        public static let badOptionTable = Code(rawValue: "bad-option-table")
        /// An option is set that it does not declare.
        public static let unknownOption = Code(rawValue: "unknown-option")
        /// An option has a value that is none of its kind.
        public static let badOptionValue = Code(rawValue: "bad-option-value")
        /// An option that it requires is not set.
        public static let missingOption = Code(rawValue: "missing-option")
        /// `auth_init` did not succeed.
        public static let initFailed = Code(rawValue: "init-failed")
        /// `auth_init` did not return in time.
        public static let initHung = Code(rawValue: "init-hung")
    }

    /// The kind of failure.
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

    /// Spells the failure on one line.
    public var description: String { "module `\(module)`: \(detail) (\(code.rawValue))" }
}
