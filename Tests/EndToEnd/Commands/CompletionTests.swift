import Foundation
import Testing

/// The completions that are installed, in the shells that they are for.
@Suite struct CompletionTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    /// Writes the script of a shell to a file of the test's folder.
    private func script(_ shell: String, to name: String) throws -> String {
        let ending = try AuthHost.run(["--generate-completion-script", shell])
        #expect(ending.status == 0 && ending.errors.isEmpty, "\(ending)")
        #expect(try AuthHost.run(["--generate-completion-script=\(shell)"]).output == ending.output)
        return try folder.write(ending.output, to: name)
    }

    /// What is typed, and what the shell must offer.
    static let cases = [
        ("authhost stat", "status"), ("authhost config sh", "show"), ("authhost session eject --us", "--user"),
        ("authhost status --con", "--config"), ("authhost config explain audit-ch", "audit-chain"),
        ("authhost credential get --for", "--format"),
    ]

    @Test(arguments: cases) func `bash completes commands and options`(typed: String, completed: String) throws {
        let words = typed.split(separator: " ")
        let script = try script("bash", to: "authhost.bash")
        let program = """
            source \(script)
            COMP_WORDS=(\(typed)); COMP_CWORD=\(words.count - 1); COMP_LINE='\(typed)'; COMP_POINT=${#COMP_LINE}
            _authhost authhost '\(words.last ?? "")' '\(words.dropLast().last ?? "")'
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let ending = try ChildProcess.run(
            ["bash", "-c", program], environment: ["PATH": "\(Place.binaries):/usr/bin:/bin"])
        #expect(
            ending.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) } == [completed],
            "\(ending)")
    }

    @Test(.needs(.fish), arguments: cases) func `fish completes commands and options`(
        typed: String, completed: String
    ) throws {
        let script = try script("fish", to: "authhost.fish")
        let ending = try ChildProcess.run(
            ["fish", "-N", "-c", "source \(script); complete -C '\(typed)'"],
            environment: ["PATH": "\(Place.binaries):/usr/bin:/bin", "HOME": folder.path])
        let offered = ending.output.split(separator: "\n").compactMap { $0.split(separator: "\t").first }
        #expect(offered.contains { $0 == completed }, "\(ending)")
    }

    /// Types into a shell on a terminal of its own, and shows the line that the shell makes of it.
    private static let typist = """
        import os, pty, select, sys, time
        folder, typed, wanted = sys.argv[1:]
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvp('zsh', ['zsh', '-f', '-i'])
        seen = b''
        def until(text):
            global seen
            end = time.monotonic() + 50
            while text not in seen and time.monotonic() < end:
                if select.select([terminal], [], [], 0.1)[0]:
                    try: seen += os.read(terminal, 65536)
                    except OSError: return
        def say(text): os.write(terminal, text.encode())
        say(f"PS1='READY'; unsetopt zle_bracketed_paste; fpath=({folder} $fpath); autoload -U compinit; compinit -u -D; echo LOA''DED\\n")
        until(b'LOADED')
        seen = b''
        say(typed + '\\t')
        until(wanted.encode())
        os.kill(pid, 9)
        print(seen.decode(errors='replace'))
        """

    @Test(.needs(.zsh, .python3), arguments: cases) func `zsh completes commands and options`(
        typed: String, completed: String
    ) throws {
        _ = try script("zsh", to: "functions/_authhost")
        let ending = try ChildProcess.run(
            ["python3", "-c", Self.typist, folder.path("functions"), typed, completed],
            environment: ["PATH": "\(Place.binaries):/usr/bin:/bin", "HOME": folder.path, "TERM": "dumb"])
        #expect(ending.output.contains(completed), "\(ending)")
    }
}
