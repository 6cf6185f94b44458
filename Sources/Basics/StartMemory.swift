import Glibc

/// Memory that only the start has needed.
package enum StartMemory {
    /// Gives it back: pages of programs and libraries that nothing has changed, which are read again where they are run again,
    /// and what the allocator holds free. Fails in silence where the system does not take it.
    package static func giveBack() {
        malloc_trim(0)
        dl_iterate_phdr(
            { object, _, _ in
                // SAFETY: dl_iterate_phdr(3) lends one object with its table of so many headers for the length of the call.
                guard let object = object?.pointee, let headers = object.dlpi_phdr else { return 0 }
                for header in UnsafeBufferPointer(start: headers, count: Int(object.dlpi_phnum))
                where header.p_type == UInt32(PT_LOAD) && header.p_flags & UInt32(PF_W) == 0 {
                    StartMemory.giveBack(object.dlpi_addr + header.p_vaddr, header.p_memsz)
                }
                return 0
            }, nil)
    }

    private static func giveBack(_ address: UInt, _ count: UInt) {
        let page = UInt(getpagesize())
        let start = address & ~(page - 1)
        // SAFETY: the segment is not writable, so that its pages are those of the file: whoever needs one finds it there again.
        _ = madvise(UnsafeMutableRawPointer(bitPattern: start), Int(address + count - start), MADV_DONTNEED)
    }
}
