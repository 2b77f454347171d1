import Glibc

/// Bytes that end where unreadable memory begins: to read one too many ends the process.
final class GuardedBytes {
  private let start: UnsafeMutableRawPointer
  private let readable: Int
  private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

  /// Room for up to `capacity` bytes.
  init(capacity: Int) {
    readable = (capacity / Self.pageSize + 1) * Self.pageSize
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    start = mmap(nil, readable + Self.pageSize, PROT_READ | PROT_WRITE, flags, -1, 0)!
    precondition(start != MAP_FAILED && mprotect(start + readable, Self.pageSize, PROT_NONE) == 0)
  }

  deinit {
    munmap(start, readable + Self.pageSize)
  }

  /// Calls a function with a copy of the bytes.
  func with(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Bool) -> Bool {
    precondition(bytes.count <= readable)
    let place = start + (readable - bytes.count)
    let copy = UnsafeMutableRawBufferPointer(start: place, count: bytes.count)
    copy.copyBytes(from: bytes)
    return body(UnsafeRawBufferPointer(copy))
  }
}
