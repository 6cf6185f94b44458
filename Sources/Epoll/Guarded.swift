import Glibc

/// A value behind a lock of the C library, which the thread sanitizer sees; it does not see those of Swift's own library.
package final class Guarded<Value>: @unchecked Sendable {
    // The value is touched under the lock alone, which stands at one address from init to deinit.
    private var value: Value
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    package init(_ value: sending Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Calls `body`, which does not call this again, under the lock.
    package func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }
}
