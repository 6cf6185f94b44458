import Basics

/// The pages of the door as HTML: no scripts, nothing from elsewhere, and fit for keyboards and screen readers.
struct FormPage: Sendable {
    /// What the page is for.
    enum Purpose: Sendable {
        /// With the user name that was typed before.
        case logIn(user: String)
        case logOut
        /// Nothing is left to do.
        case loggedOut
    }

    let purpose: Purpose
    /// What people log in to, in words.
    let title: String
    /// The path that the pages have in common.
    let path: String
    /// What the form must hold to be taken.
    let token: String
    let returnPath: ReturnPath?
    /// What went wrong before, for people.
    var problem: String?

    /// The page, and the policy that lets nothing in but its own style (Content Security Policy Level 3).
    func html(styleNonce nonce: String) -> String {
        let what = heading
        let error = problem.map { #"<p id="problem" class="problem" role="alert">\#($0.markupEscaped)</p>"# } ?? ""
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="robots" content="noindex">
            <title>\(problem == nil ? "" : "Error: ")\(what) – \(title.markupEscaped)</title>
            <style nonce="\(nonce)">\(Self.style)</style>
            </head>
            <body>
            <main>
            <h1>\(what)</h1>
            <p class="place">\(title.markupEscaped)</p>
            \(error)
            \(content)
            </main>
            </body>
            </html>

            """
    }

    static func policy(styleNonce nonce: String) -> String {
        "default-src 'none'; style-src 'nonce-\(nonce)'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    }

    private var heading: String {
        switch purpose {
        case .logIn: "Log in"
        case .logOut: "Log out"
        case .loggedOut: "Logged out"
        }
    }

    private var content: String {
        switch purpose {
        case .logIn(let user): logInForm(user)
        case .logOut:
            """
            <form method="post" action="\(path.markupEscaped)/logout">
            <input type="hidden" name="token" value="\(token)">
            <button type="submit">Log out</button>
            </form>
            """
        case .loggedOut:
            """
            <p>Your session has ended.</p>
            <p><a href="\(path.markupEscaped)/login">Log in again</a></p>
            """
        }
    }

    private func logInForm(_ user: String) -> String {
        let described = problem == nil ? "" : #" aria-describedby="problem""#
        let (userFocus, passwordFocus) = user.isEmpty ? (" autofocus", "") : ("", " autofocus")
        return """
            <form method="post" action="\(path.markupEscaped)/login">
            <input type="hidden" name="token" value="\(token)">
            <input type="hidden" name="rd" value="\((returnPath?.text ?? "").markupEscaped)">
            <label for="user">User name</label>
            <input id="user" name="user" type="text" value="\(user.markupEscaped)" autocomplete="username" \
            autocapitalize="none" spellcheck="false" maxlength="255" required\(described)\(userFocus)>
            <label for="password">Password</label>
            <input id="password" name="password" type="password" autocomplete="current-password" maxlength="4096" \
            required\(described)\(passwordFocus)>
            <button type="submit">Log in</button>
            </form>
            """
    }

    /// Contrasts are at least 4.5 to 1 for text and 3 to 1 for the borders of fields (WCAG 2.2, 1.4.3 and 1.4.11).
    private static let style = """
        :root{font:1rem/1.5 system-ui,sans-serif;color:#1b1f24;background:#f3f4f6}
        body{margin:0;min-height:100vh;display:grid;place-items:center}
        main{box-sizing:border-box;width:min(24rem,100vw);padding:2rem;background:#fff;border:1px solid #d0d5dc;\
        border-radius:.5rem}
        h1{margin:0;font-size:1.5rem}
        .place{margin:0 0 1.5rem;color:#4b5563;overflow-wrap:anywhere}
        .problem{margin:0 0 1rem;padding:.5rem .75rem;border-left:.25rem solid #b91c1c;background:#fdf2f2;color:#7f1d1d}
        label{display:block;margin:0 0 .25rem;font-weight:600}
        input{box-sizing:border-box;width:100%;margin:0 0 1rem;padding:.5rem .75rem;font:inherit;color:inherit;\
        background:#fff;border:1px solid #6b7280;border-radius:.25rem}
        button{width:100%;padding:.625rem;font:inherit;font-weight:600;color:#fff;background:#1d4ed8;border:0;\
        border-radius:.25rem;cursor:pointer}
        button:hover{background:#1e40af}
        a{color:#1d4ed8}
        :focus-visible{outline:.1875rem solid #1d4ed8;outline-offset:.125rem}
        @media(prefers-color-scheme:dark){:root{color:#e5e7eb;background:#111418}
        main{background:#1b1f24;border-color:#374151}.place{color:#9ca3af}
        input{background:#111418;border-color:#8b95a5}.problem{background:#3b1212;color:#fecaca}
        a{color:#93c5fd}:focus-visible{outline-color:#93c5fd}}
        """
}
