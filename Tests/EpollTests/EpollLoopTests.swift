import Dispatch
import Glibc
import Testing

@testable import Epoll

@Suite struct `An event loop` {
    /// Sends back what comes, on the loop's thread, and counts what it was told.
    private final class Echo: LoopMember {
        let loop: EpollLoop
        let descriptor: CInt
        let told: Told
        var place: EpollLoop.Place?

        init(_ loop: EpollLoop, _ descriptor: CInt, _ told: Told) {
            self.loop = loop
            self.descriptor = descriptor
            self.told = told
        }

        func isReady(_ events: LoopEvents) {
            told.note("ready")
            let count = recv(descriptor, loop.bytes.baseAddress, loop.bytes.count, 0)
            if count > 0 { _ = send(descriptor, loop.bytes.baseAddress, count, CInt(MSG_NOSIGNAL)) }
            if count == 0 { end() }
        }

        func timeIsUp() { told.note("time") }

        func loopEnds() {
            told.note("loop ends")
            end()
        }

        func end() {
            if let place { loop.remove(place, closing: descriptor) }
            place = nil
        }
    }

    private final class Told: Sendable {
        private let texts = Guarded<[String]>([])
        var all: [String] { texts.withLock { $0 } }
        func note(_ text: String) { texts.withLock { $0.append(text) } }
    }

    private static func pair() -> (CInt, CInt) {
        var ends: [CInt] = [0, 0]
        #expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
        return (ends[0], ends[1])
    }

    private static func said(_ text: String, over descriptor: CInt) -> String {
        _ = text.withCString { send(descriptor, $0, strlen($0), CInt(MSG_NOSIGNAL)) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    private static func member(_ loop: EpollLoop, _ descriptor: CInt, _ told: Told) async -> OnThread<Echo>? {
        await loop.run {
            let echo = Echo(loop, descriptor, told)
            echo.place = try? loop.add(echo, descriptor, .readable)
            return OnThread(echo)
        }
    }

    @Test func `serves a descriptor until its member leaves, and the next with the same number`() async throws {
        let loop = try EpollLoop("test")
        let told = Told()
        for _ in 0..<100 {
            let (near, far) = Self.pair()
            _ = try #require(await Self.member(loop, far, told))
            #expect(Self.said("hello", over: near) == "hello")
            close(near)
        }
        await loop.end()
    }

    @Test func `can be cut off from its sockets while its thread does not come back, and from no others`() async throws
    {
        let loop = try EpollLoop("test")
        let told = Told()
        let (near, far) = Self.pair()
        let (gone, left) = Self.pair()
        let echo = try #require(await Self.member(loop, far, told))
        let other = try #require(await Self.member(loop, left, told))
        _ = await loop.run { other.value.end() }
        #expect(Self.said("hello", over: near) == "hello")
        let (isKept, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        loop.execute {
            isKept.signal()
            gate.wait()
        }
        isKept.wait()
        // The number of the one that has left is another's by now.
        let (next, third) = Self.pair()
        #expect(loop.cut() == 1)
        #expect(Self.said("anybody?", over: near) == "")
        #expect(send(next, "x", 1, CInt(MSG_NOSIGNAL)) == 1)
        gate.signal()
        _ = await loop.run { _ = echo }
        await loop.end()
        for descriptor in [near, gone, next, third] { close(descriptor) }
    }

    @Test func `does work in the order in which each thread handed it over`() async throws {
        let loop = try EpollLoop("test")
        let told = Told()
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    for number in 0..<2000 { loop.execute { told.note("\(thread) \(number)") } }
                }
            }
        }
        await loop.run {}
        for thread in 0..<8 {
            #expect(told.all.filter { $0.hasPrefix("\(thread) ") } == (0..<2000).map { "\(thread) \($0)" })
        }
        await loop.end()
    }

    @Test func `wakes up for work that comes while it falls asleep`() async throws {
        let loop = try EpollLoop("test")
        for number in 0..<3000 { #expect(await loop.run { number } == number) }
        await loop.end()
    }

    @Test func `rings at the time of a member, and not for one that has left`() async throws {
        let loop = try EpollLoop("test")
        let told = Told()
        let (near, far) = Self.pair()
        let (other, gone) = Self.pair()
        let echo = try #require(await Self.member(loop, far, told))
        let leaving = try #require(await Self.member(loop, gone, told))
        await loop.run {
            for member in [echo.value, leaving.value] {
                if let place = member.place { loop.setTime(place, loop.now + 5_000_000) }
            }
            leaving.value.end()
        }
        while told.all.isEmpty { await Task.yield() }
        // Behind the time of the other one.
        await loop.run {
            if let place = echo.value.place { loop.setTime(place, loop.now) }
        }
        while told.all.count < 2 { await Task.yield() }
        #expect(told.all == ["time", "time"])
        close(near)
        close(other)
        await loop.end()
    }

    @Test func `ends its members, and takes no work any more`() async throws {
        let loop = try EpollLoop("test")
        let told = Told()
        let (near, far) = Self.pair()
        _ = await Self.member(loop, far, told)
        await loop.end()
        #expect(told.all == ["loop ends"])
        var byte: UInt8 = 0
        #expect(recv(near, &byte, 1, 0) == 0)
        #expect(await loop.run { 1 } == nil)
        await loop.end()
        close(near)
    }

    @Test func `does what was handed over before its end`() async throws {
        for _ in 0..<200 {
            let loop = try EpollLoop("test")
            let told = Told()
            for number in 0..<10 { loop.execute { told.note("\(number)") } }
            await loop.end()
            #expect(told.all == (0..<10).map { "\($0)" })
        }
    }
}
