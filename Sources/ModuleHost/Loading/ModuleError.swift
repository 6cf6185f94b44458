import Basics

/// Why a module was not loaded. Every way of being wrong has a code of its own.
public struct ModuleError: Error, Sendable, CustomStringConvertible {
    /// The word for logs and for `--json`; more can be added.
    public typealias Code = ErrorCode<ModuleError>

    /// The kind of failure.
    public let code: Code
    /// The module as it was asked for.
    public let module: String
    /// What was tried, what was found, what would be accepted.
    public let detail: String
    /// Where the setting was written that is wrong, as its ``OptionSetting/source`` has it; nil for all else.
    public let place: String?

    package init(_ code: Code, _ module: String, _ detail: String, at place: String? = nil) {
        self.place = place
        self.code = code
        self.module = module
        self.detail = detail
    }

    /// Spells the failure on one line.
    public var description: String { (place.map { "\($0): " } ?? "") + text }

    /// The failure without its place.
    public var text: String { "module `\(module)`: \(detail) (\(code.rawValue))" }
}

extension ErrorCode<ModuleError> {
    /// The name of the module is no name, file name or absolute path.
    public static var badName: Self { "bad-module-name" }
    /// There is no such file.
    public static var notFound: Self { "module-not-found" }
    /// The file cannot be read.
    public static var unreadable: Self { "module-unreadable" }
    /// Another user may change the file.
    public static var untrustedFile: Self { "untrusted-file" }
    /// Another user may change a folder on the way to the file.
    public static var untrustedDirectory: Self { "untrusted-directory" }
    /// The file is not the one that its pin names, or has no pin where one is needed.
    public static var pinned: Self { "module-pinned" }
    /// The file is no ELF file.
    public static var notELF: Self { "not-elf" }
    /// The file is for another processor.
    public static var wrongArchitecture: Self { "wrong-architecture" }
    /// The file's tables contradict each other.
    public static var malformedELF: Self { "malformed-elf" }
    /// A search path of the file begins with `$ORIGIN`.
    public static var originRunpath: Self { "origin-runpath" }
    /// A search path names a folder that is not the system's.
    public static var foreignRunpath: Self { "foreign-runpath" }
    /// A library that it needs is not where the dynamic linker looks.
    public static var libraryMissing: Self { "needed-library-missing" }
    /// Another user may change a library that it needs.
    public static var untrustedLibrary: Self { "untrusted-library" }
    /// It asks for stacks that can be executed.
    public static var executableStack: Self { "executable-stack" }
    /// Its code has to be written to when it is loaded.
    public static var textRelocations: Self { "text-relocations" }
    /// It lies where nothing may be executed.
    public static var noexecFolder: Self { "noexec-folder" }
    /// No private copy could be made.
    public static var copyFailed: Self { "private-copy-failed" }
    /// The dynamic linker refused the file.
    public static var linkFailed: Self { "link-failed" }
    /// It could not be tried in a child process.
    public static var trialFailed: Self { "trial-failed" }
    /// Trying it ended the child process.
    public static var damaged: Self { "damaged-module" }
    /// It has no descriptor and no bare functions.
    public static var noDescriptor: Self { "no-descriptor" }
    /// It has no descriptor, and `allow-bare-modules` is off.
    public static var bareNotAllowed: Self { "bare-module-not-allowed" }
    /// It has no descriptor, and `bare-generation` is not set.
    public static var bareGeneration: Self { "bare-generation-unknown" }
    /// `auth_module` returned no descriptor.
    public static var nullDescriptor: Self { "null-descriptor" }
    /// The descriptor does not begin with the magic number.
    public static var wrongMagic: Self { "wrong-magic" }
    /// The descriptor is shorter than its generation's.
    public static var truncatedDescriptor: Self { "truncated-descriptor" }
    /// The host does not know the generation.
    public static var unknownGeneration: Self { "unknown-generation" }
    /// It was built for another draft of generation 9.
    public static var otherDraft: Self { "other-draft-revision" }
    /// Its name or version is empty, too long or no text.
    public static var badIdentity: Self { "bad-identity" }
    /// What it returns for an ability is no record of that ability.
    public static var badExtension: Self { "bad-extension" }
    /// It sets a member that has no meaning yet.
    public static var reservedMember: Self { "reserved-member-set" }
    /// It has a descriptor and no note.
    public static var noteMissing: Self { "note-missing" }
    /// Note and descriptor say different things.
    public static var noteDiffers: Self { "note-differs" }
    /// The descriptor has an entry point that the host does not know.
    public static var unknownEntry: Self { "unknown-entry" }
    /// An entry point is of a version that the host does not know.
    public static var unknownVersion: Self { "unknown-entry-version" }
    /// An entry point's signature is not its version's.
    public static var wrongSignature: Self { "wrong-signature" }
    /// An entry point has no function.
    public static var missingFunction: Self { "null-entry-function" }
    /// An entry point is there twice.
    public static var duplicateEntry: Self { "duplicate-entry" }
    /// `checkWrite` and `auth_check_write` are both there.
    public static var bothSpellings: Self { "both-write-spellings" }
    /// It lacks an entry point that its generation requires.
    public static var missingEntry: Self { "missing-required-entry" }
    /// The table of options is malformed.
    public static var badOptionTable: Self { "bad-option-table" }
    /// It could not be loaded in a helper process.
    public static var helperFailed: Self { "helper-failed" }
    /// It declares that it needs more system calls than a helper process may make.
    public static var badProfile: Self { "helper-profile" }
    /// An option is set that it does not declare.
    public static var unknownOption: Self { "unknown-option" }
    /// An option has a value that is not of its kind.
    public static var badOptionValue: Self { "bad-option-value" }
    /// An option that it requires is not set.
    public static var missingOption: Self { "missing-option" }
    /// `auth_init` did not succeed.
    public static var initFailed: Self { "init-failed" }
    /// `auth_init` did not return in time.
    public static var initHung: Self { "init-hung" }
}
