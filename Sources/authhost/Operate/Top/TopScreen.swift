import Dispatch
import Glibc
import ModuleHost

/// A terminal that shows one page after another, and is given back as it was.
///
/// Keys come one by one and unseen, Ctrl-C among them; TERM, HUP and INT wake the wait for a key.
final class TopScreen {
    private var before = termios()
    private var wakes: (reading: CInt, writing: CInt) = (-1, -1)
    private var sources: [any DispatchSourceSignal] = []

    /// Takes the terminal; nil where standard input or output is not one.
    init?() {
        guard isatty(STDOUT_FILENO) == 1, isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &before) == 0 else {
            return nil
        }
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        wakes = (ends[0], ends[1])
        var raw = before
        raw.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw)
        let wake = ends[1]
        sources = [SIGTERM, SIGHUP, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { _ = Glibc.write(wake, "q", 1) }
            source.activate()
            return source
        }
        // The other page, without a cursor.
        Self.write("\u{1b}[?1049h\u{1b}[?25l")
    }

    /// Gives the terminal back.
    func end() {
        Self.write("\u{1b}[?25h\u{1b}[?1049l")
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
        for source in sources { source.cancel() }
        close(wakes.reading)
        close(wakes.writing)
    }

    /// Shows a page in place of the last one.
    func show(_ text: String) {
        var size = winsize()
        let rows = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 1 ? Int(size.ws_row) : 24
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(rows - 1)
        // Each line to its end, and the rest of the screen.
        Self.write("\u{1b}[H" + lines.map { "\($0)\u{1b}[K\r\n" }.joined() + "\u{1b}[J")
    }

    /// Waits for so long; returns whether the user has had enough.
    func isOver(after milliseconds: CInt) -> Bool {
        var wanted = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakes.reading, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&wanted, 2, milliseconds) > 0 else { return false }
        if wanted[1].revents != 0 { return true }
        var key: UInt8 = 0
        guard read(STDIN_FILENO, &key, 1) == 1 else { return true }
        // q, Ctrl-C, Ctrl-D
        return [UInt8(ascii: "q"), UInt8(ascii: "Q"), 3, 4].contains(key)
    }

    private static func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
