import Glibc

/// A file's bytes, mapped read-only into memory for as long as the object lives.
final class MappedFile: @unchecked Sendable {
  let path: String
  let bytes: UnsafeRawBufferPointer

  init(path: String) throws(LanguageModelError) {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw LanguageModelError("\(path): cannot be opened (\(lastSystemError()))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw LanguageModelError("\(path): cannot be read (\(lastSystemError()))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw LanguageModelError("\(path): is not a regular file; name a GGUF model file")
    }
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
      address != MAP_FAILED
    else {
      throw LanguageModelError("\(path): cannot be mapped into memory (\(lastSystemError()))")
    }
    bytes = UnsafeRawBufferPointer(start: address, count: count)
  }

  /// Lets the system take back the memory of what has been read; reading it again fetches it anew.
  func releasePages() {
    if let address = bytes.baseAddress {
      madvise(UnsafeMutableRawPointer(mutating: address), bytes.count, MADV_DONTNEED)
    }
  }

  deinit {
    if let address = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }
  }
}

/// What the system says about the last call that failed.
func lastSystemError() -> String {
  String(cString: strerror(errno))
}
