import Glibc

/// The files of this machine.
package struct SystemFiles: FileSystem {
  package init() {}

  package func open(_ path: String, _ access: FileAccess) throws(StorageFailure) -> any StoredFile {
    try SystemFile(path, access)
  }

  package func names(in folder: String) throws(StorageFailure) -> [String] {
    guard let stream = opendir(folder) else { throw StorageFailure("list", folder, errno: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
      let name = String(cString: (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self))
      if name != "." && name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw StorageFailure("list", folder, errno: errno) }
    return names.sorted()
  }

  package func createFolder(_ path: String) throws(StorageFailure) {
    if mkdir(path, 0o700) == 0 {
      try syncFolder(folder(of: path))
    } else if errno != EEXIST {
      throw StorageFailure("create", path, errno: errno)
    }
  }

  package func remove(_ path: String) throws(StorageFailure) {
    guard unlink(path) == 0 else { throw StorageFailure("remove", path, errno: errno) }
  }

  package func rename(_ path: String, to name: String) throws(StorageFailure) {
    guard Glibc.rename(path, name) == 0 else { throw StorageFailure("rename", path, errno: errno) }
  }

  package func syncFolder(_ path: String) throws(StorageFailure) {
    let folder = try SystemFile(path, .read)
    guard fsync(folder.descriptor) == 0 else { throw StorageFailure("sync", path, errno: errno) }
  }
}

/// An open file of this machine, closed with its last reference.
final class SystemFile: StoredFile {
  let descriptor: Int32
  let path: String

  init(_ path: String, _ access: FileAccess) throws(StorageFailure) {
    let descriptor = open(path, access.flags | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw StorageFailure("open", path, errno: errno) }
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  func byteCount() throws(StorageFailure) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw StorageFailure("examine", path, errno: errno) }
    return Int(status.st_size)
  }

  func read(_ count: Int) throws(StorageFailure) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(filled))
        if got > 0 {
          filled += got
        } else if got == 0 {
          return
        } else if errno != EINTR {
          code = errno
          return
        }
      }
    }
    guard code == 0 else { throw StorageFailure("read", path, errno: code) }
    return bytes
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(StorageFailure) {
    let code = bytes.withUnsafeBytes { buffer -> Int32 in
      var done = 0
      while done < buffer.count {
        let count = pwrite(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
        if count > 0 {
          done += count
        } else if count == 0 {
          return EIO  // a disk that takes nothing and gives no reason would be asked for ever
        } else if errno != EINTR {
          return errno
        }
      }
      return 0
    }
    guard code == 0 else { throw StorageFailure("write", path, errno: code) }
  }

  func sync() throws(StorageFailure) {
    guard fdatasync(descriptor) == 0 else { throw StorageFailure("sync", path, errno: errno) }
  }

  func truncate(to count: Int) throws(StorageFailure) {
    guard ftruncate(descriptor, off_t(count)) == 0 else { throw StorageFailure("truncate", path, errno: errno) }
  }
}

extension FileAccess {
  fileprivate var flags: Int32 {
    switch self {
    case .read: O_RDONLY
    case .readWrite: O_RDWR
    case .create: O_RDWR | O_CREAT | O_TRUNC
    case .createOrOpen: O_RDWR | O_CREAT
    }
  }
}
